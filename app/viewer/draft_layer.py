"""The unfinished outline on a canvas: a stroke of thousands of points costs only its newest ones a move."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from app.viewer.transform import ViewTransform
from app.viewer.vertices import DRAFT_COLOUR, HALO
from core.domain import Point


class DraftLayer:
    """Keeps what is drawn of an outline, and adds to it while the view and the points before stay the same."""

    def __init__(self) -> None:
        self._pixmap = QPixmap()
        self._key: Hashable = None
        self._drawn: list[Point] = []

    def current(
        self, size: QSize, ratio: float, *, points: Sequence[Point], transform: ViewTransform
    ) -> QPixmap:
        """The outline so far. size: logical pixels. points: image pixels."""
        key = (size.width(), size.height(), ratio, transform)
        before = len(self._drawn)
        is_longer = len(points) >= before > 0 and points[before - 1] == self._drawn[-1]
        if key != self._key or not is_longer or points[0] != self._drawn[0]:
            self._clear(size, ratio)
            self._key, self._drawn, before = key, [], 0
        self._add(points[max(before - 1, 0) :], transform)
        self._drawn.extend(points[before:])
        return self._pixmap

    def _clear(self, size: QSize, ratio: float) -> None:
        if self._pixmap.size() != size * ratio:
            self._pixmap = QPixmap(size * ratio)
        self._pixmap.setDevicePixelRatio(ratio)
        self._pixmap.fill(Qt.GlobalColor.transparent)

    def _add(self, points: Sequence[Point], transform: ViewTransform) -> None:
        lines = [
            QLineF(QPointF(*transform.to_view(start)), QPointF(*transform.to_view(end)))
            for start, end in pairwise(points)
        ]
        if not lines:
            return
        painter = QPainter(self._pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(_pen(DRAFT_COLOUR, 1.6))
        painter.drawLines(lines)
        # The halo goes under what is there, or each new piece would darken the end of the one before.
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOver)
        painter.setPen(_pen(HALO, 3.5))
        painter.drawLines(lines)
        painter.end()


def _pen(colour: QColor, width: float) -> QPen:
    return QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
