"""Vertices and rubber lines: the small marks that say where an outline can be taken hold of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.viewer.contour_edit import Corner, corners
from app.viewer.transform import ViewTransform
from core.domain import Contour, Point

DRAFT_COLOUR = QColor(255, 205, 80)
HALO = QColor(0, 0, 0, 170)
HANDLE = 2.6  # half side of a vertex, logical pixels
DOT = 1.5
SEE_THROUGH = QColor(0, 0, 0, 90)


def paint_vertices(
    painter: QPainter,
    transform: ViewTransform,
    contour: Contour,
    *,
    colour: QColor,
    active: Corner | None,
    handles: bool,
) -> None:
    """Vertices: open squares to drag with `handles`, dots without; the active one is filled and larger.

    Where vertices lie close together on the screen they are drawn smaller, so that they hide no tissue.
    """
    placed = {corner: transform.to_view(point) for corner, point in corners(contour)}
    steps = [math.dist(start, end) for start, end in pairwise(placed.values())]
    half = min(HANDLE if handles else DOT, max(0.8, 0.3 * sum(steps) / len(steps)))
    squares = [_square(at, half) for at in placed.values()]
    if half < 2:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRects(squares)
    else:
        _open_squares(painter, squares, colour=colour)
    if active in placed:
        _filled_square(painter, _square(placed[active], HANDLE + 1), colour=colour)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_draft_corners(
    painter: QPainter, transform: ViewTransform, points: Sequence[Point], *, first_only: bool
) -> None:
    """Corners of an open outline; the first one, which closes it, is filled. points: image pixels."""
    if not first_only:
        squares = [_square(transform.to_view(point), HANDLE) for point in points[1:]]
        _open_squares(painter, squares, colour=DRAFT_COLOUR)
    _filled_square(painter, _square(transform.to_view(points[0]), HANDLE + 1), colour=DRAFT_COLOUR)


def paint_rubber_line(
    painter: QPainter, transform: ViewTransform, points: Sequence[Point], *, cursor: Point
) -> None:
    """From the last point to the cursor, and fainter on to the first. points, cursor: image pixels."""
    at, last, first = (QPointF(*transform.to_view(point)) for point in (cursor, points[-1], points[0]))
    faint = QColor(DRAFT_COLOUR)
    faint.setAlpha(130)
    painter.setPen(QPen(DRAFT_COLOUR, 1.4, Qt.PenStyle.DashLine))
    painter.drawLine(last, at)
    painter.setPen(QPen(faint, 1, Qt.PenStyle.DotLine))
    painter.drawLine(at, first)


def _square(at: Point, half: float) -> QRectF:
    return QRectF(at[0] - half, at[1] - half, 2 * half, 2 * half)


def _open_squares(painter: QPainter, squares: list[QRectF], *, colour: QColor) -> None:
    painter.setPen(QPen(HALO, 2))
    painter.setBrush(SEE_THROUGH)
    painter.drawRects(squares)
    painter.setPen(QPen(colour, 1.2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRects(squares)


def _filled_square(painter: QPainter, square: QRectF, *, colour: QColor) -> None:
    painter.setPen(QPen(HALO, 2))
    painter.setBrush(colour)
    painter.drawRect(square)
    painter.setBrush(Qt.BrushStyle.NoBrush)
