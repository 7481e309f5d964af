"""One image ready to be painted: its grey scale, its pixels through it, and the model's view of it."""

from __future__ import annotations

import itertools
import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter

from app.viewer.chest_wall import chest_wall
from app.viewer.display import Display
from app.viewer.image_layer import ImageLayer
from app.viewer.model_overlay import ModelOverlay
from app.viewer.pyramid import Pyramid
from app.viewer.shown import ShownImage
from app.viewer.transform import ViewTransform
from core.domain import Laterality, Point
from core.prediction import Prediction

COARSE = 3  # level of the pyramid that tells where the chest wall is


class Picture:
    """What a canvas shows of one image, besides contours.

    serial: a number that no other picture ever has (an address in memory is used again).
    model_version grows with each set_prediction.
    """

    _serials = itertools.count(1)

    def __init__(self, shown: ShownImage, *, is_inverted: bool) -> None:
        self.serial = next(self._serials)
        self.shown = shown
        self.display = Display(shown.mammogram)
        self.display.is_inverted = is_inverted
        self.model: ModelOverlay | None = None
        self.model_version = 0
        self._layer = ImageLayer(shown.pyramid or Pyramid(shown.mammogram.stored))
        self._loupe = ImageLayer(self._layer.pyramid)
        self.refresh()

    def follow(self, before: Picture) -> None:
        """Show this as the reader had set another picture of the same image: its small version, or another frame."""
        self.display.follow(before.display)
        self.refresh()

    def is_of_same_image(self, other: Picture) -> bool:
        """Whether this is another picture of the same image and size: a small version and the whole, or two frames."""
        one, two = self.shown, other.shown
        differ = one.is_reduced != two.is_reduced or one.mammogram.header.frame != two.mammogram.header.frame
        return differ and one.image_id == two.image_id and self.size == other.size

    @property
    def pyramid(self) -> Pyramid:
        """Stored values in several sizes."""
        return self._layer.pyramid

    @property
    def size(self) -> tuple[int, int]:
        """(rows, columns) of the image."""
        return self._layer.pyramid.shape

    @cached_property
    def is_wrong_way_round(self) -> bool:
        """Whether the chest wall lies at the side where that of the other breast belongs.

        Of a right breast it belongs to the right of the screen, of a left breast to the left.
        """
        mammogram, side = self.shown.mammogram, self.shown.laterality
        if side is Laterality.UNKNOWN:
            return False
        small = self._layer.pyramid.level(COARSE)
        found = chest_wall(small, high_is_dark=mammogram.header.is_inverted)
        return found not in (side, Laterality.UNKNOWN)

    @property
    def version(self) -> int:
        """Grows with each change of the grey scale."""
        return self._layer.version

    def refresh(self) -> None:
        """Take over the grey scale that is now in force."""
        table = self.display.table()
        self._layer.set_table(table)
        self._loupe.set_table(table)

    def set_prediction(self, prediction: Prediction | None, boxes: NDArray[np.float64] | None) -> None:
        """The model's view, or none. boxes: (m, 4), image pixels."""
        self.model_version += 1
        self.model = None
        if prediction is not None and boxes is not None:
            rows, columns = self.size
            self.model = ModelOverlay(prediction, boxes, rows=rows, columns=columns)

    def value_at(self, point: Point) -> float:
        """The value in the file's units of the pixel under a point; not a number outside the image or while it is reduced."""
        rows, columns = self.size
        if self.shown.is_reduced:
            return math.nan
        column, row = math.floor(point[0]), math.floor(point[1])
        if not (0 <= row < rows and 0 <= column < columns):
            return math.nan
        return self.shown.mammogram.value_at(row, column)

    def paint(
        self,
        painter: QPainter,
        transform: ViewTransform,
        *,
        size: QSize,
        device_ratio: float,
        is_moving: bool,
    ) -> None:
        """Draw the image on a canvas of this size in logical pixels; coarsely while it is moving."""
        self._layer.paint(
            painter,
            transform,
            size=(math.ceil(size.width() * device_ratio), math.ceil(size.height() * device_ratio)),
            device_ratio=device_ratio,
            is_moving=is_moving,
        )

    def paint_loupe(
        self, painter: QPainter, transform: ViewTransform, *, size: QSize, device_ratio: float
    ) -> None:
        """Draw a part of the image at another zoom, without giving up what is kept for the canvas."""
        self._loupe.paint(
            painter,
            transform,
            size=(math.ceil(size.width() * device_ratio), math.ceil(size.height() * device_ratio)),
            device_ratio=device_ratio,
            is_moving=False,
        )
