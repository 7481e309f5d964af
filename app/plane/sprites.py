"""Small pictures of the symbols, painted once and then stamped for every point."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from app import theme

HALO = "#f2f4f6"
CHOSEN = "#c800b4"  # stands out from every class and from the shades of the areas


@lru_cache(maxsize=512)
def sprite(
    symbol: str, colour: str, *, size: int, is_hollow: bool, is_chosen: bool, is_smooth: bool
) -> NDArray[np.uint32]:
    """(size, size) uint32, premultiplied ARGB; size is odd, in device pixels."""
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, is_smooth)
    _draw(painter, symbol, colour, size=size, is_hollow=is_hollow, is_chosen=is_chosen)
    painter.end()
    whole = np.frombuffer(image.constBits(), np.uint32).reshape(size, image.bytesPerLine() // 4)
    return whole[:, :size].copy()


def symbol_icon(symbol: str, colour: str, *, size: int, ratio: float) -> QIcon:
    """For the legend: the symbol on the plane's ground."""
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(QColor(theme.PLANE_GROUND))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw(painter, symbol, colour, size=size, is_hollow=False, is_chosen=False)
    painter.end()
    return QIcon(pixmap)


def _draw(
    painter: QPainter, symbol: str, colour: str, *, size: int, is_hollow: bool, is_chosen: bool
) -> None:
    width = max(1.0, size / 9)
    edge = QColor(CHOSEN) if is_chosen else QColor(colour if is_hollow else HALO)
    fill = QColor(theme.PLANE_GROUND) if is_hollow else QColor(colour)
    if is_chosen and is_hollow:
        fill = QColor(colour).lighter(170)
    inner = size - width - (0.0 if size > 7 else 0.4)
    painter.translate(size / 2, size / 2)
    painter.scale(inner / 2, inner / 2)
    stroke = width * (1.6 if is_chosen else 1.0) * 2 / inner
    if symbol in ("x", "+"):
        painter.setPen(QPen(edge if is_chosen else QColor(colour), 0.5))
        if symbol == "x":
            painter.rotate(45)
        painter.drawLine(QPointF(-0.9, 0), QPointF(0.9, 0))
        painter.drawLine(QPointF(0, -0.9), QPointF(0, 0.9))
        return
    painter.setPen(QPen(edge, stroke) if size > 5 or is_hollow or is_chosen else Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawPath(_path(symbol))


def _path(symbol: str) -> QPainterPath:
    """In [-1, 1] x [-1, 1], y down."""
    path = QPainterPath()
    match symbol:
        case "o":
            path.addEllipse(QRectF(-0.9, -0.9, 1.8, 1.8))
        case "s":
            path.addRect(QRectF(-0.8, -0.8, 1.6, 1.6))
        case "t1":
            path.addPolygon(_ring(3, turn=-90))
        case "t":
            path.addPolygon(_ring(3, turn=90))
        case "d":
            path.addPolygon(_ring(4, turn=0))
        case "p":
            path.addPolygon(_ring(5, turn=-90))
        case _:
            path.addPolygon(_ring(6, turn=0))
    path.closeSubpath()
    return path


def _ring(corners: int, *, turn: float) -> QPolygonF:
    angles = [math.radians(turn + 360 * i / corners) for i in range(corners)]
    return QPolygonF([QPointF(math.cos(angle), math.sin(angle)) for angle in angles])
