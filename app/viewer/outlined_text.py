"""Text that can be read over any pixel: light letters with a dark outline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

OUTLINE = QColor(0, 0, 0, 220)
LIGHT = QColor(236, 236, 230)
PAD = 2  # around a line, for its outline
AROUND = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if (dx, dy) != (0, 0)]


def draw_outlined(
    painter: QPainter, top_left: QPointF, text: str, *, colour: QColor = LIGHT, font: QFont | None = None
) -> None:
    """Draw one line of text with its upper left corner at a point in logical pixels.

    A line is drawn once and kept: most of what stands in the corners is the same from frame to frame.
    """
    ratio = painter.device().devicePixelRatioF()
    image = _line(text, colour.rgba(), (font or painter.font()).toString(), ratio)
    x, y = (round(value * ratio) / ratio - PAD for value in (top_left.x(), top_left.y()))
    painter.drawImage(QPointF(x, y), image)


@lru_cache(maxsize=256)
def _line(text: str, rgba: int, font_text: str, ratio: float) -> QImage:
    """A line of text with its outline on nothing, PAD logical pixels larger on each side."""
    font = QFont()
    font.fromString(font_text)
    metrics = QFontMetricsF(font)
    width = math.ceil(max(metrics.horizontalAdvance(text), metrics.boundingRect(text).right()) + 2 * PAD)
    height = math.ceil(metrics.height() + 2 * PAD)
    image = QImage(
        math.ceil(width * ratio), math.ceil(height * ratio), QImage.Format.Format_ARGB32_Premultiplied
    )
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setFont(font)
    base = QPointF(PAD, PAD + metrics.ascent())
    painter.setPen(OUTLINE)
    for dx, dy in AROUND:
        painter.drawText(base + QPointF(dx, dy), text)
    painter.setPen(QColor.fromRgba(rgba))
    painter.drawText(base, text)
    painter.end()
    return image


def draw_message(painter: QPainter, area: QRectF, *, title: str, text: str) -> None:
    """A calm tile in the middle of an area: a title, and under it a wrapped sentence."""
    width = min(area.width() - 32, 460.0)
    if width <= 0:
        return
    painter.save()
    title_font = QFont(painter.font())
    title_font.setBold(True)
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
    room = QRectF(0, 0, width, 10_000)
    title_height = QFontMetricsF(title_font).boundingRect(room, flags, title).height()
    text_height = QFontMetricsF(painter.font()).boundingRect(room, flags, text).height() if text else 0.0
    left = area.center().x() - width / 2
    top = area.center().y() - (title_height + 8 + text_height) / 2
    painter.setPen(QColor(214, 214, 208))
    body = painter.font()
    painter.setFont(title_font)
    painter.drawText(QRectF(left, top, width, title_height), flags, title)
    painter.setFont(body)
    painter.setPen(QColor(165, 165, 160))
    painter.drawText(QRectF(left, top + title_height + 8, width, text_height), flags, text)
    painter.restore()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of corner text."""

    text: str
    colour: QColor = field(default_factory=lambda: LIGHT)
    font: QFont | None = None


def draw_corner(
    painter: QPainter, area: QRectF, lines: Sequence[Line], *, is_top: bool, is_left: bool
) -> None:
    """Lines from the top down, the group against one corner of an area. Empty texts take no room."""
    shown = [(line, QFontMetricsF(line.font or painter.font())) for line in lines if line.text]
    y = area.top() if is_top else area.bottom() - sum(metrics.height() + 2 for _, metrics in shown)
    for line, metrics in shown:
        x = area.left() if is_left else area.right() - metrics.horizontalAdvance(line.text)
        draw_outlined(painter, QPointF(x, y), line.text, colour=line.colour, font=line.font)
        y += metrics.height() + 2
