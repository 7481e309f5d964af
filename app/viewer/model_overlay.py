"""What the model says, drawn over the image: a tint for the heatmap, thin dashed boxes with rank and score."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from app.viewer.inks import USUAL, Inks
from app.viewer.outlined_text import draw_outlined
from app.viewer.shown import Layers
from app.viewer.transform import ViewTransform
from core.domain import FindingClass, Point
from core.heatmap import HeatmapPart, heatmap, region_values, top_boxes
from core.prediction import Prediction

# Order of Prediction.score's columns.
COLUMN = {FindingClass.BENIGN: 0, FindingClass.MALIGNANT: 1}
BOX_LETTER = {FindingClass.MALIGNANT: "M", FindingClass.BENIGN: "B"}
LOW, HIGH = 0.15, 0.65  # map values between which the tint fades in
LEAST_SCORE = 0.05  # a region below it has no box: normal images stay free of boxes, as in the paper's Fig. 4
FULL_SCORE = 0.2  # an image whose best region scores less has a fainter heatmap, not the same one
EDGE = 2  # cells without a tint around those with one, between which it fades
GLOW = 0.3  # share of the tint that is added as light, so that it is seen on dark tissue


@dataclass(frozen=True, slots=True)
class RankedBox:
    """One of the best boxes of a class. rank: 1 is the best. score: Eq. 13, of p_cls and p_det."""

    finding_class: FindingClass
    rank: int
    score: float
    rect: tuple[float, float, float, float]
    p_cls: float = 0.0
    p_det: float = 0.0

    @property
    def text(self) -> str:
        """Rank and score, as in 'M1 0.83'."""
        return f"{BOX_LETTER[self.finding_class]}{self.rank} {self.score:.2f}"

    @property
    def details(self) -> str:
        """What the score is made of."""
        return f"d {self.score:.3f}  p_cls {self.p_cls:.3f}  p_det {self.p_det:.3f}"

    @property
    def row(self) -> str:
        """The line of a list."""
        return f"{BOX_LETTER[self.finding_class]}{self.rank}   {self.details}"

    def holds(self, point: Point) -> bool:
        """Whether a point, in image pixels, lies in the box."""
        x0, y0, x1, y1 = self.rect
        return x0 <= point[0] <= x1 and y0 <= point[1] <= y1


@dataclass(frozen=True, eq=False, slots=True)
class _Tint:
    """Two small images to colour a picture with, and the part of them in which there is anything."""

    multiply: QImage
    glow: QImage
    part: QRectF


class ModelOverlay:
    """The prediction for one image, ready to be drawn."""

    def __init__(
        self, prediction: Prediction, boxes: NDArray[np.float64], *, rows: int, columns: int
    ) -> None:
        if len(boxes) != len(prediction.score):
            raise ValueError(f"{len(prediction.score)} scores do not fit {len(boxes)} boxes")
        self._prediction = prediction
        self._boxes = boxes
        self._size = (rows, columns)
        self._maps: dict[tuple[FindingClass, HeatmapPart], tuple[NDArray[np.float32], float]] = {}
        self._best: dict[int, list[RankedBox]] = {}
        self._tinted: tuple[object, _Tint | None] | None = None

    def best(self, top_k: int) -> list[RankedBox]:
        """The top boxes of both classes that score enough, benign first so that malignant ones lie over them."""
        if top_k not in self._best:
            self._best[top_k] = list(self._ranked(top_k))
        return self._best[top_k]

    def paint_heatmap(self, painter: QPainter, transform: ViewTransform, layers: Layers) -> None:
        """Tint the image under it. White stays the brightest: calcifications keep their contrast."""
        tint = self._tint(layers)
        if tint is None:
            return
        rows, columns = self._size
        across, down = columns * transform.scale, rows * transform.scale
        part = tint.part
        target = QRectF(
            transform.x + part.x() * across / tint.multiply.width(),
            transform.y + part.y() * down / tint.multiply.height(),
            part.width() * across / tint.multiply.width(),
            part.height() * down / tint.multiply.height(),
        )
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for mode, image in (
            (QPainter.CompositionMode.CompositionMode_Multiply, tint.multiply),
            (QPainter.CompositionMode.CompositionMode_Screen, tint.glow),
        ):
            painter.setCompositionMode(mode)
            painter.drawImage(target, image, part)
        painter.restore()

    def paint_boxes(self, painter: QPainter, transform: ViewTransform, layers: Layers) -> None:
        """Dashed, so that no box is taken for a reader's contour, whatever its colour looks like."""
        for box in self.best(layers.top_k):
            x0, y0 = transform.to_view(box.rect[:2])
            x1, y1 = transform.to_view(box.rect[2:])
            area = QRectF(QPointF(x0, y0), QPointF(x1, y1))
            colour = QColor(*layers.inks.box[box.finding_class])
            painter.setPen(QPen(QColor(0, 0, 0, 150), 3))
            painter.drawRect(area)
            pen = QPen(colour, 1.5)
            pen.setDashPattern([5, 3])
            painter.setPen(pen)
            painter.drawRect(area)

    def paint_box_texts(
        self,
        painter: QPainter,
        transform: ViewTransform,
        layers: Layers,
        *,
        on_screen: Callable[[QRectF], QRectF],
    ) -> None:
        """Rank and score above each box, over every line; below its edge where there is no room.

        on_screen: where a box of the canvas is seen.
        """
        height = QFontMetricsF(painter.font()).height()
        for box in self.best(layers.top_k):
            corners = QPointF(*transform.to_view(box.rect[:2])), QPointF(*transform.to_view(box.rect[2:]))
            seen = on_screen(QRectF(*corners))
            x, y = seen.left(), seen.top()
            if 0 <= y < height + 2:
                y += height + 4
            colour = QColor(*layers.inks.box[box.finding_class]).lighter(125)
            draw_outlined(painter, QPointF(x, y - height - 2), box.text, colour=colour)

    def full_value(self, layers: Layers) -> float:
        """The value that has the strongest tint."""
        return self._map(layers.heatmap_class, layers.part)[1]

    def box_at(self, point: Point, *, top_k: int) -> RankedBox | None:
        """The smallest of the best boxes that holds a point, in image pixels; of equal ones the malignant."""
        hits = [box for box in self.best(top_k) if box.holds(point)]
        return min(reversed(hits), key=lambda box: _area(box.rect), default=None)

    def _tint(self, layers: Layers) -> _Tint | None:
        """The tint in force, kept until another one is; None where there is nothing to be seen of it."""
        key = (layers.heatmap_class, layers.part, layers.opacity, layers.inks)
        if self._tinted is None or self._tinted[0] != key:
            coarse, _ = self._map(layers.heatmap_class, layers.part)
            seen = np.argwhere(coarse > LOW)
            tint = None
            if len(seen):
                height, width = coarse.shape
                top, left = np.maximum(seen.min(axis=0) - EDGE, 0).tolist()
                bottom, right = np.minimum(seen.max(axis=0) + 1 + EDGE, (height, width)).tolist()
                images = tints(coarse, opacity=layers.opacity, inks=layers.inks)
                tint = _Tint(*images, QRectF(left, top, right - left, bottom - top))
            self._tinted = key, tint
        return self._tinted[1]

    def _map(self, which: FindingClass, part: HeatmapPart) -> tuple[NDArray[np.float32], float]:
        """The tint's strength over the image, 0 to 1, and the value that is 1."""
        if (which, part) not in self._maps:
            rows, columns = self._size
            values = region_values(self._prediction, COLUMN[which], part)
            mean = heatmap(self._boxes, values, rows=rows, columns=columns, maximum=1.0)
            full = 1.0
            if part in (HeatmapPart.SCORE, HeatmapPart.DETECTION):
                full = float(mean.max(initial=0.0)) or 1.0
            if part is HeatmapPart.SCORE:  # an image whose best region scores little is not made to look hot
                full /= min(1.0, max(float(values.max(initial=0.0)), 1e-6) / FULL_SCORE)
            self._maps[which, part] = mean / np.float32(full), full
        return self._maps[which, part]

    def _ranked(self, top_k: int) -> Iterator[RankedBox]:
        for finding_class, column in COLUMN.items():
            score = self._prediction.score[:, column]
            det = region_values(self._prediction, column, HeatmapPart.DETECTION)
            for rank, index in enumerate(top_boxes(self._boxes, score, top_k), start=1):
                if score[index] < LEAST_SCORE:
                    break
                x0, y0, x1, y1 = (float(value) for value in self._boxes[index])
                p_cls = float(self._prediction.cls[index, column + 1])
                yield RankedBox(
                    finding_class, rank, float(score[index]), (x0, y0, x1, y1), p_cls, float(det[index])
                )


def _area(rect: tuple[float, float, float, float]) -> float:
    return (rect[2] - rect[0]) * (rect[3] - rect[1])


def tints(coarse: NDArray[np.float32], *, opacity: float, inks: Inks = USUAL) -> tuple[QImage, QImage]:
    """Two small premultiplied images that colour a picture: one to multiply by, one to add as light.

    coarse: (h, w) in [0, 1]. Multiplying keeps each pixel's brightness relative to its neighbours.
    """
    ramp = np.clip((coarse.astype(np.float64) - LOW) / (HIGH - LOW), 0, 1)
    alpha = opacity * ramp * ramp * (3 - 2 * ramp)
    colour = inks.heat_colours(coarse)
    return _premultiplied(colour, alpha), _premultiplied(colour, GLOW * alpha)


def _premultiplied(colour: NDArray[np.float64], alpha: NDArray[np.float64]) -> QImage:
    red, green, blue = (np.rint(colour[..., i] * alpha).astype(np.uint32) for i in range(3))
    whole = np.rint(alpha * 255).astype(np.uint32)
    packed = np.ascontiguousarray(whole << 24 | red << 16 | green << 8 | blue)
    height, width = packed.shape
    view = QImage(packed.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied)
    return view.copy()  # the array ends with this function
