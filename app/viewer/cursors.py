"""Mouse cursors that can be seen on black, grey and white: light lines with a dark outline."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QCursor, QPainter, QPen, QPixmap

SIDE = 25
MIDDLE = SIDE // 2


def cross_cursor() -> QCursor:
    """A cross with an open middle, so that the pixel under it stays in sight."""
    picture, painter = _begin()
    arms = [(0, MIDDLE, MIDDLE - 4, MIDDLE), (MIDDLE + 4, MIDDLE, SIDE - 1, MIDDLE)]
    arms += [(y0, x0, y1, x1) for x0, y0, x1, y1 in arms]
    for colour, width in ((QColor(0, 0, 0), 3), (QColor(255, 255, 255), 1)):
        painter.setPen(QPen(colour, width))
        for x0, y0, x1, y1 in arms:
            painter.drawLine(QPointF(x0, y0), QPointF(x1, y1))
    painter.end()
    return QCursor(picture, MIDDLE, MIDDLE)


def window_cursor() -> QCursor:
    """A disc, half light and half dark: the usual sign for window and level."""
    picture, painter = _begin()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    disc = QRectF(5, 5, SIDE - 10, SIDE - 10)
    painter.setPen(QPen(QColor(0, 0, 0), 3))
    painter.setBrush(QColor(20, 20, 20))
    painter.drawEllipse(disc)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(255, 255, 255))
    painter.drawPie(disc, 90 * 16, 180 * 16)
    painter.setPen(QPen(QColor(255, 255, 255), 1.2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(disc)
    painter.end()
    return QCursor(picture, MIDDLE, MIDDLE)


def _begin() -> tuple[QPixmap, QPainter]:
    picture = QPixmap(SIDE, SIDE)
    picture.fill(Qt.GlobalColor.transparent)
    return picture, QPainter(picture)
