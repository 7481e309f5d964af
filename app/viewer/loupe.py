"""The magnifier: while its key is held, what lies under the pointer is seen at twice the size."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app.viewer.scene import View
from app.viewer.transform import ViewTransform
from core.domain import Point

SIDE = 280  # logical pixels
TIMES = 2.0
RIM = QColor(210, 210, 205)


def loupe_scale(view: View) -> float:
    """Logical pixels per image pixel under the magnifier: twice the canvas's, and never below 1:1."""
    return max(TIMES * view.transform.scale, 1 / view.device_ratio)


def paint_loupe(painter: QPainter, view: View, *, at: Point) -> None:
    """The image and its contours around a place. at: logical pixels on the unturned canvas.

    Nothing of the model is drawn in it: it is for looking at tissue.
    """
    place = view.transform.to_image(at)
    left, top = (math.floor(value * view.device_ratio) / view.device_ratio - SIDE // 2 for value in at)
    scale = loupe_scale(view)
    inner = ViewTransform(scale, SIDE / 2 - scale * place[0], SIDE / 2 - scale * place[1]).snapped(
        view.device_ratio
    )
    disc = QPainterPath()
    disc.addEllipse(QRectF(0, 0, SIDE, SIDE))
    painter.save()
    view.turn(painter)
    painter.translate(left, top)
    painter.save()
    painter.setClipPath(disc)
    painter.fillRect(QRectF(0, 0, SIDE, SIDE), QColor(0, 0, 0))
    view.picture.paint_loupe(painter, inner, size=QSize(SIDE, SIDE), device_ratio=view.device_ratio)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if view.layers.contours:
        view.contours.paint_others(painter, inner)
        view.contours.paint_selected(painter, inner, with_vertices=False)
    painter.restore()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(QColor(0, 0, 0), 4), QPen(RIM, 1.5)):
        painter.setPen(pen)
        painter.drawEllipse(QPointF(SIDE / 2, SIDE / 2), SIDE / 2 - 1, SIDE / 2 - 1)
    painter.restore()
