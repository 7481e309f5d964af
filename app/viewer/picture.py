"""One image ready to be painted: its grey scale, the model's view of it, and a copy at device resolution."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QPainter, QPixmap

from app.viewer.display import Display
from app.viewer.image_layer import ImageLayer
from app.viewer.model_overlay import ModelOverlay
from app.viewer.pyramid import Pyramid
from app.viewer.shown import Layers, ShownImage
from app.viewer.transform import ViewTransform
from core.domain import Point
from core.prediction import Prediction


class Picture:
    """What a canvas shows of one image, besides contours."""

    def __init__(self, shown: ShownImage, *, is_inverted: bool) -> None:
        self.shown = shown
        self.display = Display(shown.mammogram)
        self.display.is_inverted = is_inverted
        self.model: ModelOverlay | None = None
        self._layer = ImageLayer(shown.pyramid or Pyramid(shown.mammogram.stored))
        self._base = QPixmap()
        self._base_key: tuple[object, ...] = ()
        self._model_version = 0
        self.refresh()

    @property
    def size(self) -> tuple[int, int]:
        """(rows, columns) of the image."""
        return self._layer.pyramid.shape

    def refresh(self) -> None:
        """Take over the grey scale that is now in force."""
        self._layer.set_table(self.display.table())

    def set_prediction(self, prediction: Prediction | None, boxes: NDArray[np.float64] | None) -> None:
        """The model's view, or none. boxes: (m, 4), image pixels."""
        self._model_version += 1
        self.model = None
        if prediction is not None and boxes is not None:
            rows, columns = self.size
            self.model = ModelOverlay(prediction, boxes, rows=rows, columns=columns)

    def value_at(self, point: Point) -> float:
        """The value in the file's units of the pixel under a point; not a number outside the image."""
        rows, columns = self.size
        column, row = math.floor(point[0]), math.floor(point[1])
        if not (0 <= row < rows and 0 <= column < columns):
            return math.nan
        return self.shown.mammogram.value_at(row, column)

    def base(self, size: QSize, ratio: float, *, transform: ViewTransform, layers: Layers) -> QPixmap:
        """Image and heatmap for a canvas of this size in logical pixels; painted anew only when changed."""
        tint = (layers.opacity, layers.heatmap_class, self._model_version) if layers.heatmap else None
        key = (size.width(), size.height(), ratio, transform, self._layer.version, tint)
        if key != self._base_key:
            self._paint_base(size, ratio, transform=transform, layers=layers)
            self._base_key = key
        return self._base

    def _paint_base(self, size: QSize, ratio: float, *, transform: ViewTransform, layers: Layers) -> None:
        if self._base.size() != size * ratio:
            self._base = QPixmap(size * ratio)
        self._base.setDevicePixelRatio(ratio)
        self._base.fill(QColor(0, 0, 0))
        painter = QPainter(self._base)
        self._layer.paint(painter, transform, width=size.width(), height=size.height(), device_ratio=ratio)
        if layers.heatmap and self.model is not None:
            self.model.paint_heatmap(painter, transform, layers)
        painter.end()
