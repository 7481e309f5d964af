"""One image at full bit depth in several sizes, halved by area mean so that small bright dots stay."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint16]
SMALLEST_SIDE = 128
STRIP_ROWS = 128
SMOOTH_UP_TO = 2.0  # device pixels per image pixel above which pixels are shown as squares
BORDER = 2  # pixels around a part that its own edge pixels are made of


class Pyramid:
    """Stored values (rows, columns) uint16 at 1, 1/2, 1/4, ...; levels are made when first wanted.

    Level l has ceil(rows / 2^l) by ceil(columns / 2^l) pixels, each the rounded mean of its block; at the far
    edge of an odd size the last row or column counts twice.
    """

    def __init__(self, stored: Pixels) -> None:
        if stored.ndim != 2 or stored.dtype != np.uint16 or stored.size == 0:
            raise ValueError(f"not a grey image of 16 bits: {stored.shape}, {stored.dtype}")
        self._levels = [stored]

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of the image itself."""
        return self._levels[0].shape

    def level(self, index: int) -> Pixels:
        """The image at 1 / 2^index, or at the smallest size there is."""
        while len(self._levels) <= index and min(self._levels[-1].shape) > SMALLEST_SIDE:
            self._levels.append(_halved(self._levels[-1]))
        return self._levels[min(index, len(self._levels) - 1)]

    def depth_for(self, zoom: float) -> int:
        """The coarsest level that still has at least one pixel for each device pixel at this zoom."""
        wanted = max(math.floor(math.log2(1 / zoom) + 1e-9), 0)
        depth = 0
        while depth < wanted and min(self.level(depth).shape) > SMALLEST_SIDE:
            depth += 1
        return depth

    def depth_at(self, zoom: float) -> int:
        """The level that a picture at this zoom is made from."""
        return self.depth_for(zoom) if zoom < 1 else 0

    def resampled(self, *, zoom: float, x0: int, y0: int, x1: int, y1: int) -> Pixels:
        """A rectangle of the image at any zoom, in whole device pixels from the image's corner.

        Device pixel (row y, column x) covers [x, x + 1] / zoom by [y, y + 1] / zoom image pixels. Below 1:1 a
        Hamming window with the support of that area: nothing is skipped, so nothing aliases. Up to 2:1 linear
        between pixels; above, pixels are squares.
        Returns (y1 - y0, x1 - x0) uint16.
        """
        depth = self.depth_at(zoom)
        source, step = self.level(depth), 1 / (zoom * 2**depth)
        if abs(step - 1) < 1e-9:
            return _crop(source, x0=x0, y0=y0, x1=x1, y1=y1)
        if zoom > SMOOTH_UP_TO:
            rows, columns = _nearest(y0, y1, step=step), _nearest(x0, x1, step=step)
            return source[np.minimum(rows, len(source) - 1)][:, np.minimum(columns, source.shape[1] - 1)]
        left, top = math.floor(x0 * step) - BORDER, math.floor(y0 * step) - BORDER
        right, bottom = math.ceil(x1 * step) + BORDER, math.ceil(y1 * step) + BORDER
        crop = _crop(source, x0=left, y0=top, x1=right, y1=bottom).astype(np.float32)
        box = (x0 * step - left, y0 * step - top, x1 * step - left, y1 * step - top)
        window = Image.Resampling.HAMMING if zoom < 1 else Image.Resampling.BILINEAR
        scaled = Image.fromarray(crop).resize((x1 - x0, y1 - y0), window, box=box)
        values = np.asarray(scaled) + np.float32(0.5)
        return np.clip(values, 0, 65535, out=values).astype(np.uint16)


class ReducedPyramid(Pyramid):
    """A small version of an image in the place of the whole: levels finer than it are it.

    reduced: (ceil(rows / 2^depth), ceil(columns / 2^depth)). shape: (rows, columns) of the whole.
    """

    def __init__(self, reduced: Pixels, *, depth: int, shape: tuple[int, int]) -> None:
        super().__init__(reduced)
        self._depth, self._shape = depth, shape

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of the whole image."""
        return self._shape

    def level(self, index: int) -> Pixels:
        """The whole at 1 / 2^index, or the small version where that would be finer."""
        return super().level(max(index - self._depth, 0))

    def depth_for(self, zoom: float) -> int:
        """As of the whole, and never finer than what is there."""
        wanted, depth = math.floor(math.log2(1 / zoom) + 1e-9), self._depth
        while depth < wanted and min(self.level(depth).shape) > SMALLEST_SIDE:
            depth += 1
        return depth

    def depth_at(self, zoom: float) -> int:
        """The level that a picture at this zoom is made from."""
        return self.depth_for(min(zoom, 1.0))


def _crop(source: Pixels, *, x0: int, y0: int, x1: int, y1: int) -> Pixels:
    """A rectangle of an array; what lies past an edge repeats the edge."""
    rows, columns = source.shape
    part = source[max(y0, 0) : y1, max(x0, 0) : x1]
    down = (max(-y0, 0), max(y1 - rows, 0))
    across = (max(-x0, 0), max(x1 - columns, 0))
    return np.pad(part, (down, across), mode="edge") if any((*down, *across)) else part


def _nearest(start: int, stop: int, *, step: float) -> NDArray[np.intp]:
    """Index of the pixel that holds the middle of each device pixel."""
    return np.floor((np.arange(start, stop) + 0.5) * step).astype(np.intp)


def _halved(source: Pixels) -> Pixels:
    rows, columns = source.shape
    if rows % 2 or columns % 2:
        source = np.pad(source, [(0, rows % 2), (0, columns % 2)], mode="edge")
    half = np.empty((source.shape[0] // 2, source.shape[1] // 2), np.uint16)
    for row in range(0, source.shape[0], STRIP_ROWS):  # strips stay in the cache
        strip = source[row : row + STRIP_ROWS]
        pairs = np.add(strip[0::2], strip[1::2], dtype=np.uint32)
        half[row // 2 : (row + STRIP_ROWS) // 2] = (pairs[:, 0::2] + pairs[:, 1::2] + 2) >> 2
    return half
