"""The colour bar beside an image: which tint of the heatmap is which value."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.viewer.model_overlay import ModelOverlay, tints
from app.viewer.outlined_text import draw_outlined
from app.viewer.shown import Layers

WIDTH, HEIGHT = 12.0, 150.0  # logical pixels
LEAST_ROOM = 420.0  # of the canvas, below which the bar would crowd the image
GROUND = QColor(110, 110, 110)  # a middle grey, as of tissue


def paint_colour_bar(
    painter: QPainter, area: QRectF, *, model: ModelOverlay, layers: Layers, is_left: bool
) -> None:
    """The bar at the middle of one edge: its name above, its highest and lowest value beside it."""
    if area.height() < LEAST_ROOM:
        return
    ramp = np.linspace(1.0, 0.0, 64, dtype=np.float32)[:, None]
    multiply, glow = tints(ramp, opacity=layers.opacity, inks=layers.inks)
    left = area.left() + 10 if is_left else area.right() - 10 - WIDTH
    bar = QRectF(left, area.center().y() - HEIGHT / 2, WIDTH, HEIGHT)
    painter.save()
    painter.fillRect(bar, GROUND)
    for mode, image in (
        (QPainter.CompositionMode.CompositionMode_Multiply, multiply),
        (QPainter.CompositionMode.CompositionMode_Screen, glow),
    ):
        painter.setCompositionMode(mode)
        painter.drawImage(bar, image, QRectF(image.rect()))
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
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
