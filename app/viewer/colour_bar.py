"""The colour bar beside an image: which tint of the heatmap is which value."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from app.viewer.inks import Inks
from app.viewer.model_overlay import ModelOverlay, tints
from app.viewer.outlined_text import draw_outlined
from app.viewer.shown import Layers

STEPS = 64
WIDTH, HEIGHT = 12.0, 150.0  # logical pixels
LEAST_ROOM = 420.0  # of the canvas, below which the bar would crowd the image
GROUND = QColor(110, 110, 110)  # a middle grey, as of tissue


@lru_cache(maxsize=4)
def _colours(opacity: float, inks: Inks) -> QImage:
    """A column of what the tint makes of tissue, the strongest at the top."""
    ramp = np.linspace(1.0, 0.0, STEPS, dtype=np.float32)[:, None]
    column = QImage(1, STEPS, QImage.Format.Format_RGB32)
    column.fill(GROUND)
    painter = QPainter(column)
    modes = QPainter.CompositionMode.CompositionMode_Multiply, QPainter.CompositionMode.CompositionMode_Screen
    for mode, image in zip(modes, tints(ramp, opacity=opacity, inks=inks), strict=True):
        painter.setCompositionMode(mode)
        painter.drawImage(0, 0, image)
    painter.end()
    return column


def paint_colour_bar(
    painter: QPainter, area: QRectF, *, model: ModelOverlay, layers: Layers, is_left: bool
) -> None:
    """The bar at the middle of one edge: its name above, its highest and lowest value beside it."""
    if area.height() < LEAST_ROOM:
        return
    left = area.left() + 10 if is_left else area.right() - 10 - WIDTH
    bar = QRectF(left, area.center().y() - HEIGHT / 2, WIDTH, HEIGHT)
    painter.save()
    colours = _colours(layers.opacity, layers.inks)
    painter.drawImage(bar, colours, QRectF(colours.rect()))
    painter.setPen(QPen(QColor(0, 0, 0, 200), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(bar)
    painter.restore()
    metrics = QFontMetricsF(painter.font())
    highest = f"{model.full_value(layers):.2g}"
    for text, y in (
        (f"{layers.part.symbol}({layers.heatmap_class.value[0].upper()})", bar.top() - metrics.height() - 4),
        (highest, bar.top() - metrics.height() / 2 + 6),
        ("0", bar.bottom() - metrics.height() / 2 - 6),
    ):
        is_title = y < bar.top() - metrics.height()
        room = metrics.horizontalAdvance(text)
        if is_title:
            x = bar.left() if is_left else bar.right() - room
        else:
            x = bar.right() + 5 if is_left else bar.left() - room - 5
        draw_outlined(painter, QPointF(x, y), text)
