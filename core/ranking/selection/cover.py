"""Weighted facility location: each pick is the row that covers most of what no earlier one covers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Cover:
    """picks: (k,) in their order. gain_at_pick: (k,), falling. gain_left: (n,) of each row once all picks are made."""

    picks: NDArray[np.intp]
    gain_at_pick: FloatArray
    gain_left: FloatArray


def cover(likeness: FloatArray, weight: FloatArray, *, covered: FloatArray, count: int) -> Cover:
    """Greedily pick up to `count` rows; ties go to the lowest. Within 1 - 1/e of the best set (Nemhauser et al. 1978).

    likeness: (n, t) in [0, 1] of each row to each target. weight: (t,) >= 0 of targets. covered: (t,) likeness of what was
    chosen before. The gain of a row is sum_j weight_j max(likeness_ij - covered_j, 0).
    """
    covered = covered.copy()
    taken = np.zeros(len(likeness), bool)
    picks: list[int] = []
    gains: list[float] = []
    gain = _gain(likeness, weight, covered)
    for _ in range(min(count, len(likeness))):
        pick = int(np.argmax(np.where(taken, -1.0, gain)))
        picks.append(pick)
        gains.append(float(gain[pick]))
        taken[pick] = True
        covered = np.maximum(covered, likeness[pick])
        gain = _gain(likeness, weight, covered)
    return Cover(np.array(picks, np.intp), np.array(gains), np.where(taken, 0.0, gain))


def _gain(likeness: FloatArray, weight: FloatArray, covered: FloatArray) -> FloatArray:
    found: FloatArray = np.maximum(likeness - covered, 0.0) @ weight
    return found
