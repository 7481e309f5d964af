"""Weighted facility location: each pick is the row that covers most of what no earlier one covers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
FRESHENED = 256  # rows of the highest bounds that are measured anew together


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
    picks: list[int] = []
    gains: list[float] = []
    # Gains only fall: what was measured before is a bound (Minoux 1978), and few rows are measured anew for a pick.
    gain = _gain(likeness, weight, covered)
    counted = np.zeros(len(likeness), np.intp)
    while len(picks) < min(count, len(likeness)):
        top = int(np.argmax(gain))
        if counted[top] < len(picks):
            block = (
                np.argpartition(gain, -FRESHENED)[-FRESHENED:]
                if len(gain) > FRESHENED
                else np.arange(len(gain))
            )
            stale = block[counted[block] < len(picks)]
            gain[stale] = _gain(likeness[stale], weight, covered)
            counted[stale] = len(picks)
            continue
        picks.append(top)
        gains.append(float(gain[top]))
        covered = np.maximum(covered, likeness[top])
        gain[top], counted[top] = -1.0, len(likeness) + 1  # never again
    left = counted < len(picks)
    gain[left] = _gain(likeness[left], weight, covered)
    gain[picks] = 0.0
    return Cover(np.array(picks, np.intp), np.array(gains), gain)


def _gain(likeness: FloatArray, weight: FloatArray, covered: FloatArray) -> FloatArray:
    found: FloatArray = np.maximum(likeness - covered, 0.0) @ weight
    return found
