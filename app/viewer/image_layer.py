"""The grey image on a canvas: the visible part of a pyramid at device resolution, through a lookup table."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from app.viewer.pyramid import Pixels, Pyramid
from app.viewer.transform import ViewTransform

MARGIN = 64  # device pixels kept around the visible part, so that a small pan needs no new part
SMOOTH_UP_TO = 2.0  # device pixels per image pixel above which pixels are shown as squares
STRIP_ROWS = 64


@dataclass(frozen=True, slots=True)
class _Part:
    """A rectangle of the image: in device pixels from its corner below 1:1, in image pixels from 1:1 on.

    unit: image pixels per pixel of the part.
    """

    zoom: float
    unit: float
    x0: int
    y0: int
    x1: int
    y1: int

    def covers(self, other: _Part) -> bool:
        return (
            self.zoom == other.zoom
            and self.x0 <= other.x0
            and self.y0 <= other.y0
            and self.x1 >= other.x1
            and self.y1 >= other.y1
        )


class ImageLayer:
    """Draws one pyramid; keeps the last part drawn, so that a new window costs one lookup a pixel."""

    def __init__(self, pyramid: Pyramid) -> None:
        self.pyramid = pyramid
        self.version = 0
        self._table = np.zeros(65536, np.uint32)
        self._part: _Part | None = None
        self._values: Pixels = np.zeros((1, 1), np.uint16)
        self._shown: NDArray[np.uint32] = np.zeros((1, 1), np.uint32)
        self._is_stale = True

    def set_table(self, table: NDArray[np.uint32]) -> None:
        """table: (65536,) uint32, 0xffRRGGBB for each stored value."""
        self._table = table
        self._is_stale = True
        self.version += 1

    def paint(
        self, painter: QPainter, transform: ViewTransform, *, width: int, height: int, device_ratio: float
    ) -> None:
        """Draw what lies on a canvas of this size in logical pixels."""
        wanted = self._visible(transform, width=width, height=height, device_ratio=device_ratio)
        if wanted is None:
            return
        self._hold(wanted)
        part = self._part
        assert part is not None
        rows, columns = self._shown.shape
        image = QImage(self._shown.data, columns, rows, columns * 4, QImage.Format.Format_RGB32)
        # Up to 1:1 a pixel of the part is exactly one device pixel, free of rounding.
        size = 1 / device_ratio if part.zoom < 1 + 1e-9 else transform.scale
        x, y = transform.x + part.x0 * size, transform.y + part.y0 * size
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, 1.0 < part.zoom <= SMOOTH_UP_TO)
        painter.drawImage(QRectF(x, y, columns * size, rows * size), image, QRectF(0, 0, columns, rows))
        painter.restore()

    def _visible(
        self, transform: ViewTransform, *, width: int, height: int, device_ratio: float
    ) -> _Part | None:
        zoom = transform.scale * device_ratio
        unit = 1 / zoom if zoom < 1 - 1e-9 else 1.0
        rows, columns = (math.ceil(side / unit - 1e-6) for side in self.pyramid.shape)
        left, top = transform.to_image((0, 0))
        right, bottom = transform.to_image((width, height))
        x0, y0 = (max(math.floor(value / unit + 1e-6), 0) for value in (left, top))
        x1 = min(math.ceil(right / unit - 1e-6), columns)
        y1 = min(math.ceil(bottom / unit - 1e-6), rows)
        return _Part(zoom, unit, x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None

    def _hold(self, wanted: _Part) -> None:
        """Make sure that the shown array covers the wanted part, through the present table."""
        if self._part is None or not self._part.covers(wanted):
            self._part = self._with_margin(wanted)
            self._values = self._cut(self._part)
            self._shown = np.empty(self._values.shape, np.uint32)
            self._is_stale = True
        if self._is_stale:
            for row in range(0, len(self._values), STRIP_ROWS):  # strips stay in the cache
                rows = slice(row, row + STRIP_ROWS)
                np.take(self._table, self._values[rows], out=self._shown[rows], mode="clip")
            self._is_stale = False

    def _with_margin(self, part: _Part) -> _Part:
        rows, columns = (math.ceil(side / part.unit - 1e-6) for side in self.pyramid.shape)
        return _Part(
            part.zoom,
            part.unit,
            max(part.x0 - MARGIN, 0),
            max(part.y0 - MARGIN, 0),
            min(part.x1 + MARGIN, columns),
            min(part.y1 + MARGIN, rows),
        )

    def _cut(self, part: _Part) -> Pixels:
        if part.unit == 1.0:
            return np.ascontiguousarray(self.pyramid.level(0)[part.y0 : part.y1, part.x0 : part.x1])
        return self.pyramid.resampled(zoom=part.zoom, x0=part.x0, y0=part.y0, x1=part.x1, y1=part.y1)
