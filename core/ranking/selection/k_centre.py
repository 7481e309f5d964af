"""Greedy k-centre: each pick is the point farthest from all points chosen so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK = 4096  # rows whose distances to the chosen ones are held at once
FRESHENED = 1024  # points of the highest bounds that are measured anew together
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class KCentre:
    """picks: (k,) in their order. distance_at_pick: (k,). distance_left: (n,) to the nearest chosen one; 0 of picks."""

    picks: NDArray[np.intp]
    distance_at_pick: NDArray[np.float64]
    distance_left: NDArray[np.float64]


def k_centre(x: NDArray[np.float32], *, already: NDArray[np.float32] | None = None, count: int) -> KCentre:
    """Pick up to `count` rows of x. Ties go to the lowest row.

    x: (n, d); already: (a, d) chosen before. Without any, the first pick is the point farthest from the mean.
    Raises ValueError for values that are not numbers.
    """
    n = len(x)
    if not np.isfinite(x).all() or (already is not None and not np.isfinite(already).all()):
        raise ValueError("a point has a coordinate that is not a number")
    if n == 0:
        return KCentre(np.zeros(0, np.intp), np.zeros(0), np.zeros(0))
    if already is None or len(already) == 0:
        left = _to_mean(x)
    else:
        left = _squared_distances(x, np.asarray(already, np.float64))
    return _picked(x, left, count=min(count, n), has_already=already is not None and len(already) > 0)


def _picked(x: NDArray[np.float32], left: FloatArray, *, count: int, has_already: bool) -> KCentre:
    """Distances only shrink: what was measured before is a bound, and most points never reach the top again."""
    n = len(x)
    counted = np.zeros(n, np.intp)  # picks that `left` of a point has seen
    picks: list[int] = []
    at_pick: list[float] = []
    while len(picks) < count:
        top = int(np.argmax(left))
        if counted[top] == len(picks):
            picks.append(top)
            at_pick.append(float(left[top]))
            if not has_already and len(picks) == 1:
                left = _squared_distances(x, np.asarray(x[[top]], np.float64))
                counted[:] = 1
            left[top] = -1.0  # never again
            counted[top] = n + 1
            continue
        block = np.argpartition(left, n - FRESHENED)[n - FRESHENED :] if n > FRESHENED else np.arange(n)
        _freshen(x, left, counted, picks, block[counted[block] < len(picks)])
    _freshen(x, left, counted, picks, np.flatnonzero(counted < len(picks)))
    left[picks] = 0.0
    return KCentre(np.array(picks, np.intp), np.sqrt(at_pick), np.sqrt(left))


def _freshen(
    x: NDArray[np.float32],
    left: FloatArray,
    counted: NDArray[np.intp],
    picks: list[int],
    stale: NDArray[np.intp],
) -> None:
    """Let the distances of some points count every pick."""
    if len(stale) == 0:
        return
    missing = np.asarray(x[picks[int(counted[stale].min()) :]], np.float64)
    left[stale] = np.minimum(left[stale], _squared_distances(x[stale], missing))
    counted[stale] = len(picks)


def _to_mean(x: NDArray[np.float32]) -> FloatArray:
    return _squared_distances(x, x.mean(axis=0, dtype=np.float64)[None])


def _squared_distances(x: NDArray[np.float32], chosen: FloatArray) -> FloatArray:
    """(n,) to the nearest chosen one, in float64 block by block."""
    squares = (chosen**2).sum(axis=1)
    nearest = np.empty(len(x))
    for start in range(0, len(x), BLOCK):
        block = np.asarray(x[start : start + BLOCK], np.float64)
        table = squares - 2.0 * (block @ chosen.T)
        nearest[start : start + BLOCK] = table.min(axis=1) + (block**2).sum(axis=1)
    return np.maximum(nearest, 0.0)
