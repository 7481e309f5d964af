"""Which stored values are the air around the breast, so that inversion can leave it black."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAMPLES_A_SIDE = 4096
SPREADS = 5.0  # noise of film scanners reaches this many spreads above the level of air


def background_level(stored: NDArray[np.uint16], *, high_is_dark: bool) -> int | None:
    """The brightest stored value that is air, judged from the four borders of the image.

    stored: (rows, columns). high_is_dark: air has high stored values (MONOCHROME1); the level is then the
    lowest value that is air. Returns None where no border is darker than the image's middle value range,
    as in a crop that holds nothing but breast.
    """
    values = 65535 - stored if high_is_dark else stored
    sample = values[:: max(1, stored.shape[0] // 256), :: max(1, stored.shape[1] // 256)]
    low, high = (float(value) for value in np.percentile(sample, (0.5, 99.5)))
    ceiling = low + 0.25 * (high - low)
    levels = [_level(border) for border in _borders(values)]
    dark = [level for level in levels if level <= ceiling]
    if not dark or high <= low:
        return None
    level = round(min(dark))
    return 65535 - level if high_is_dark else level


def _borders(values: NDArray[np.uint16]) -> list[NDArray[np.uint16]]:
    depth = max(1, min(values.shape) // 100)
    sides = (values[:depth], values[-depth:], values[:, :depth], values[:, -depth:])
    return [side.ravel()[:: max(1, side.size // SAMPLES_A_SIDE)] for side in sides]


def _level(border: NDArray[np.uint16]) -> float:
    """Median plus the noise above it, by the spread below and around the median (labels do not count)."""
    values = border.astype(np.float64)
    middle = float(np.median(values))
    return middle + SPREADS * 1.4826 * float(np.median(np.abs(values - middle)))
