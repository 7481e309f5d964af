"""k-means++ on outer products that are never formed: <p (x) x, q (x) y> = <p, q> <x, y>."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def k_means_plus_plus_factored(
    p: NDArray[np.floating], x: NDArray[np.floating], *, count: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Up to `count` rows, the first of the largest norm, then by chance in proportion to the squared distance (BADGE).

    p: (n, c) and x: (n, h): row i stands for the vector p_i (x) x_i. Ends early where nothing has a distance left.
    Raises ValueError for values that are not numbers.
    """
    if not (np.isfinite(p).all() and np.isfinite(x).all()):
        raise ValueError("a gradient holds a value that is not a number")
    if len(x) == 0 or count < 1:
        return np.zeros(0, np.intp)
    p, x = np.asarray(p, np.float64), np.asarray(x, np.float64)
    squares = (p**2).sum(axis=1) * (x**2).sum(axis=1)
    picks = [int(squares.argmax())]
    left = np.full(len(x), np.inf)
    while len(picks) < min(count, len(x)):
        last = picks[-1]
        distance = squares + squares[last] - 2.0 * (p @ p[last]) * (x @ x[last])
        left = np.minimum(left, np.maximum(distance, 0.0))
        left[picks] = 0.0
        if left.sum() <= 0:
            break
        reached = np.cumsum(left)
        picks.append(int(np.searchsorted(reached, rng.random() * reached[-1], side="right")))
    return np.array(picks, np.intp)
