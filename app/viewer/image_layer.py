"""The grey image on a canvas: the visible part of a pyramid at device resolution, through a lookup table."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from app.viewer.pyramid import SMOOTH_UP_TO, Pixels, Pyramid
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

    @property
    def is_costly(self) -> bool:
        """Whether its values must be interpolated, which takes longer than one frame."""
        return abs(self.zoom - 1) > 1e-9 and self.zoom <= SMOOTH_UP_TO

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
        self,
        painter: QPainter,
        transform: ViewTransform,
        *,
        size: tuple[int, int],
        device_ratio: float,
        is_moving: bool,
    ) -> None:
        """Draw what lies on a canvas. size: (width, height) in device pixels.

        is_moving: where an exact picture would have to be made anew, a coarser one will do for a moment.
        """
        wanted = self._visible(transform, size=size, device_ratio=device_ratio)
        if wanted is None:
            return
        if is_moving and wanted.is_costly and not self._holds(wanted):
            self._paint_coarsely(painter, wanted, transform)
            return
        part = self._hold(wanted)
        image = _image(self._shown)
        image.setDevicePixelRatio(device_ratio)
        x, y = transform.x + part.x0 / device_ratio, transform.y + part.y0 / device_ratio
        painter.drawImage(QPointF(x, y), image)

    def _paint_coarsely(self, painter: QPainter, wanted: _Part, transform: ViewTransform) -> None:
        """The next smaller level that is there, scaled by Qt."""
        depth = 0 if wanted.zoom > 1 else math.ceil(math.log2(1 / wanted.zoom))
        level = self.pyramid.level(depth)
        unit = self.pyramid.shape[0] / level.shape[0]  # image pixels per pixel of the level
        x0, y0 = (math.floor(value / wanted.zoom / unit) for value in (wanted.x0, wanted.y0))
        x1, y1 = (math.ceil(value / wanted.zoom / unit) for value in (wanted.x1, wanted.y1))
        shown = _through(self._table, np.ascontiguousarray(level[y0:y1, x0:x1]))
        rows, columns = shown.shape
        step = unit * transform.scale
        area = QRectF(transform.x + x0 * step, transform.y + y0 * step, columns * step, rows * step)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area, _image(shown), QRectF(0, 0, columns, rows))
        painter.restore()

    def _size(self, zoom: float) -> tuple[int, int]:
        """(rows, columns) of the whole image in device pixels."""
        rows, columns = (math.ceil(side * zoom - 1e-6) for side in self.pyramid.shape)
        return rows, columns

    def _visible(
        self, transform: ViewTransform, *, size: tuple[int, int], device_ratio: float
    ) -> _Part | None:
        zoom = transform.scale * device_ratio
        rows, columns = self._size(zoom)
        left, top = round(transform.x * device_ratio), round(transform.y * device_ratio)
        x0, y0 = max(-left, 0), max(-top, 0)
        x1, y1 = min(size[0] - left, columns), min(size[1] - top, rows)
        return _Part(zoom, x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None

    def _holds(self, wanted: _Part) -> bool:
        return self._part is not None and self._part.covers(wanted)

    def _hold(self, wanted: _Part) -> _Part:
        """Make sure that the shown array covers the wanted part, through the present table."""
        if self._part is None or not self._part.covers(wanted):
            self._part = part = self._with_margin(wanted)
            self._values = self.pyramid.resampled(
                zoom=part.zoom, x0=part.x0, y0=part.y0, x1=part.x1, y1=part.y1
            )
            self._is_stale = True
        if self._is_stale:
            self._shown = _through(self._table, self._values)
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


def _through(table: NDArray[np.uint32], values: Pixels) -> NDArray[np.uint32]:
    """Each value's entry of a table, of the shape of the values."""
    shown = np.empty(values.shape, np.uint32)
    for row in range(0, len(values), STRIP_ROWS):  # strips stay in the cache
        rows = slice(row, row + STRIP_ROWS)
        np.take(table, values[rows], out=shown[rows], mode="clip")
    return shown


def _image(shown: NDArray[np.uint32]) -> QImage:
    """A view on packed pixels; it must not outlive them."""
    rows, columns = shown.shape
    return QImage(shown.data, columns, rows, columns * 4, QImage.Format.Format_RGB32)
