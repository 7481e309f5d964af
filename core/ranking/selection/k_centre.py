"""Greedy k-centre: each pick is the point farthest from all points chosen so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK = 4096  # rows whose distances to the chosen ones are held at once


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
    points = np.asarray(x, np.float64)
    if n == 0:
        return KCentre(np.zeros(0, np.intp), np.zeros(0), np.zeros(0))
    if already is None or len(already) == 0:
        left = ((points - points.mean(axis=0)) ** 2).sum(axis=1)
        is_first = True
    else:
        left = _squared_distances(points, np.asarray(already, np.float64))
        is_first = False
    picks, at_pick = [], []
    squares = (points**2).sum(axis=1)
    taken = np.zeros(n, bool)
    for _ in range(min(count, n)):
        pick = int(np.argmax(np.where(taken, -1.0, left)))
        picks.append(pick)
        at_pick.append(left[pick])
        taken[pick] = True
        distance = np.maximum(squares + squares[pick] - 2.0 * (points @ points[pick]), 0.0)
        left = distance if is_first else np.minimum(left, distance)
        is_first = False
        left[pick] = 0.0
    return KCentre(np.array(picks, np.intp), np.sqrt(at_pick), np.sqrt(left))


def _squared_distances(x: NDArray[np.float64], chosen: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) to the nearest chosen one."""
    squares = (chosen**2).sum(axis=1)
    nearest = np.empty(len(x))
    for start in range(0, len(x), BLOCK):
        block = x[start : start + BLOCK]
        table = (block**2).sum(axis=1)[:, None] + squares - 2.0 * (block @ chosen.T)
        nearest[start : start + BLOCK] = np.maximum(table.min(axis=1), 0.0)
    return nearest
