"""The grey image on a canvas: the visible part of a pyramid at device resolution, through a lookup table."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter

from app.viewer.pyramid import Pixels, Pyramid
from app.viewer.transform import ViewTransform

MARGIN = 64  # device pixels kept around the visible part, so that a small pan needs no new part
STRIP_ROWS = 64


@dataclass(frozen=True, slots=True)
class _Part:
    """A rectangle of the image at a zoom, in device pixels from the image's corner."""

    zoom: float
    x0: int
    y0: int
    x1: int
    y1: int

    def covers(self, other: _Part) -> bool:
        """Whether the other rectangle lies in this one."""
        is_around = (
            self.x0 <= other.x0 and self.y0 <= other.y0 and self.x1 >= other.x1 and self.y1 >= other.y1
        )
        return self.zoom == other.zoom and is_around


class ImageLayer:
    """Draws one pyramid; keeps the last part drawn, so that a new window costs one lookup a device pixel.

    Scaling is done here and not by Qt, whose fixed-point steps drift by a pixel over a wide image.
    """

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
        part = self._hold(wanted)
        rows, columns = self._shown.shape
        image = QImage(self._shown.data, columns, rows, columns * 4, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(device_ratio)
        x, y = transform.x + part.x0 / device_ratio, transform.y + part.y0 / device_ratio
        painter.drawImage(QPointF(x, y), image)

    def _size(self, zoom: float) -> tuple[int, int]:
        """(rows, columns) of the whole image in device pixels."""
        rows, columns = (math.ceil(side * zoom - 1e-6) for side in self.pyramid.shape)
        return rows, columns

    def _visible(
        self, transform: ViewTransform, *, width: int, height: int, device_ratio: float
    ) -> _Part | None:
        zoom = transform.scale * device_ratio
        rows, columns = self._size(zoom)
        left, top = round(transform.x * device_ratio), round(transform.y * device_ratio)
        x0, y0 = max(-left, 0), max(-top, 0)
        x1 = min(math.ceil(width * device_ratio) - left, columns)
        y1 = min(math.ceil(height * device_ratio) - top, rows)
        return _Part(zoom, x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None

    def _hold(self, wanted: _Part) -> _Part:
        """Make sure that the shown array covers the wanted part, through the present table."""
        if self._part is None or not self._part.covers(wanted):
            self._part = self._with_margin(wanted)
            part = self._part
            self._values = self.pyramid.resampled(
                zoom=part.zoom, x0=part.x0, y0=part.y0, x1=part.x1, y1=part.y1
            )
            self._shown = np.empty(self._values.shape, np.uint32)
            self._is_stale = True
        if self._is_stale:
            for row in range(0, len(self._values), STRIP_ROWS):  # strips stay in the cache
                rows = slice(row, row + STRIP_ROWS)
                np.take(self._table, self._values[rows], out=self._shown[rows], mode="clip")
            self._is_stale = False
        return self._part

    def _with_margin(self, part: _Part) -> _Part:
        rows, columns = self._size(part.zoom)
        return _Part(
            part.zoom,
            max(part.x0 - MARGIN, 0),
            max(part.y0 - MARGIN, 0),
            min(part.x1 + MARGIN, columns),
            min(part.y1 + MARGIN, rows),
        )
