"""What lies under the points: the panels' frames, decision areas, grid, ticks and titles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from app import theme
from app.plane.geometry import Frame, PlaneView, tick_text, ticks
from core.plane import PLANE_CLASSES, DecisionAreas

SHADE = 0.26  # of an area's class colour over the ground
PAPER = "#d3d6da"  # the plane itself, a little lighter than what is around it
GRID = "#b3b8be"
ACROSS, UP = "p(malignant)", "p(benign)"


def margins(metrics: QFontMetricsF) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) around each panel for its title, ticks and axis names."""
    line = metrics.height()
    return line * 1.25 + metrics.horizontalAdvance("0.00") + 6, line + 10, 14, line * 2 + 8


def areas_image(areas: DecisionAreas) -> QImage:
    """One pixel a cell, y up, each class in a light shade of its colour."""
    ground = np.array(QColor(PAPER).getRgb()[:3], float)
    colours = np.array([QColor(theme.LABEL_COLOURS[label]).getRgb()[:3] for label in PLANE_CLASSES], float)
    shades = np.round(ground + SHADE * (colours - ground)).astype(np.uint32)
    packed = shades[:, 0] << 16 | shades[:, 1] << 8 | shades[:, 2] | np.uint32(0xFF000000)
    cells: NDArray[np.uint32] = np.ascontiguousarray(packed[areas.cells[::-1]], np.uint32)
    rows, columns = cells.shape
    return QImage(cells.data, columns, rows, columns * 4, QImage.Format.Format_RGB32).copy()


def paint_ground(
    painter: QPainter,
    frames: Sequence[Frame],
    titles: Sequence[str],
    *,
    view: PlaneView,
    areas: QImage | None,
) -> None:
    """Paint all panels; the painter works in logical pixels."""
    for frame, title in zip(frames, titles, strict=True):
        painter.save()
        _paint_panel(painter, frame, view=view, areas=areas)
        painter.restore()
        _paint_words(painter, frame, title, view=view)


def _paint_panel(painter: QPainter, frame: Frame, *, view: PlaneView, areas: QImage | None) -> None:
    painter.setClipRect(QRectF(frame.left, frame.top, frame.width, frame.height))
    left, bottom = view.to_pixel(0, 0, frame)
    whole = QRectF(left, bottom - view.scale, view.scale, view.scale)
    painter.fillRect(whole, QColor(PAPER))
    if areas is not None:
        painter.drawImage(whole, areas)
    painter.setPen(QPen(QColor(GRID), 1))
    for across in _shown_ticks(frame, view, vertical=False)[0]:
        x = view.to_pixel(across, 0, frame)[0]
        painter.drawLine(QPointF(x, whole.top()), QPointF(x, whole.bottom()))
    for up in _shown_ticks(frame, view, vertical=True)[0]:
        y = view.to_pixel(0, up, frame)[1]
        painter.drawLine(QPointF(whole.left(), y), QPointF(whole.right(), y))
    painter.setPen(QPen(QColor("#8a9097"), 1))
    painter.drawRect(whole)


def _paint_words(painter: QPainter, frame: Frame, title: str, *, view: PlaneView) -> None:
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    painter.setPen(QColor(theme.PLANE_INK))
    elided = metrics.elidedText(title, Qt.TextElideMode.ElideRight, frame.width)
    painter.drawText(
        QRectF(frame.left, frame.top - line - 5, frame.width, line), Qt.AlignmentFlag.AlignHCenter, elided
    )
    right, bottom = frame.left + frame.width, frame.top + frame.height
    values, step = _shown_ticks(frame, view, vertical=False)
    for value in values:
        x = view.to_pixel(value, 0, frame)[0]
        painter.drawText(
            QRectF(x - 40, bottom + 2, 80, line), Qt.AlignmentFlag.AlignHCenter, tick_text(value, step)
        )
    values, step = _shown_ticks(frame, view, vertical=True)
    for value in values:
        y = view.to_pixel(0, value, frame)[1]
        box = QRectF(frame.left - 84, y - line / 2, 80, line)
        painter.drawText(
            box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, tick_text(value, step)
        )
    painter.drawText(
        QRectF(frame.left - 60, bottom + line + 2, right - frame.left + 120, line),
        Qt.AlignmentFlag.AlignHCenter,
        ACROSS,
    )
    painter.save()
    painter.translate(frame.left - metrics.horizontalAdvance("0.00") - 8 - line, frame.top + frame.height / 2)
    painter.rotate(-90)
    painter.drawText(QRectF(-frame.height / 2, 0, frame.height, line), Qt.AlignmentFlag.AlignHCenter, UP)
    painter.restore()


def _shown_ticks(frame: Frame, view: PlaneView, *, vertical: bool) -> tuple[list[float], float]:
    """Ticks within the plane and the panel, and the step between them."""
    length = frame.height if vertical else frame.width
    middle = view.y if vertical else view.x
    low, high = max(0.0, middle - length / 2 / view.scale), min(1.0, middle + length / 2 / view.scale)
    if high - low < 1e-9:
        return [], 1.0
    values = ticks(low, high, about=min(5, max(2, int((high - low) * view.scale / 60))))
    return values, (values[1] - values[0]) if len(values) > 1 else 0.1
