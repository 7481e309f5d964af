"""The ruler: a line between two places, with its length in millimetres where the image knows its spacing."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QCursor, QPainter, QPen

from app.translation import tr
from app.viewer.cursors import cross_cursor
from app.viewer.shown import ShownImage, Tool
from app.viewer.tools import CanvasTool, Pointer
from app.viewer.transform import ViewTransform
from app.viewer.vertices import HALO
from core.domain import Point

COLOUR = QColor(120, 225, 225)
TICK = 5.0  # logical pixels to each side of an end


@dataclass(frozen=True, slots=True)
class Ruler:
    """A line, ends in image pixels."""

    start: Point
    end: Point

    def text(self, shown: ShownImage) -> str:
        """Its length: '12.3 mm', said to be at the detector where nothing tells the magnification; else '340 px'."""
        length = math.dist(self.start, self.end)
        if shown.spacing_mm is None:
            return f"{length:.0f} px"
        where = tr(" at detector") if shown.mammogram.header.is_at_detector else ""
        return f"{length * shown.spacing_mm:.1f} mm{where}"

    def paint(self, painter: QPainter, transform: ViewTransform) -> None:
        """The line with a tick across each end."""
        start, end = transform.to_view(self.start), transform.to_view(self.end)
        length = math.dist(start, end) or 1.0
        across = (start[1] - end[1]) / length * TICK, (end[0] - start[0]) / length * TICK
        lines = [(start, end)]
        lines += [((x - across[0], y - across[1]), (x + across[0], y + across[1])) for x, y in (start, end)]
        for pen in (QPen(HALO, 3.5), QPen(COLOUR, 1.4)):
            painter.setPen(pen)
            for one, other in lines:
                painter.drawLine(QPointF(*one), QPointF(*other))


class RulerTool(CanvasTool):
    """Drag from one place to another; the line stays until the next drag, Esc, or another image."""

    tool = Tool.RULER
    _start: Point | None = None

    def cursor(self) -> QCursor:
        """A cross."""
        return cross_cursor()

    def press(self, at: Pointer) -> None:
        """One end."""
        self._start = at.image
        self.canvas.set_ruler(None)

    def move(self, at: Pointer) -> None:
        """The other end, live."""
        if self._start is not None and at.image != self._start:
            self.canvas.set_ruler(Ruler(self._start, at.image))

    def release(self, _at: Pointer) -> None:
        """It stays."""
        self._start = None

    def double_click(self, at: Pointer) -> None:
        """The beginning of another line, as a press."""
        self.press(at)

    def handles(self, key: int) -> bool:
        """Esc, while there is a line."""
        return key == Qt.Key.Key_Escape and self.canvas.ruler is not None

    def key(self, _key: int) -> None:
        """Take the line away."""
        self._start = None
        self.canvas.set_ruler(None)

    def interrupt(self) -> None:
        """The line is as long as it is."""
        self._start = None
