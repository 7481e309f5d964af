"""What the left button does on a canvas: browse, window and level, contour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor, QGuiApplication, QPainter

from app.viewer.contour_edit import TOO_FEW, TOO_SMALL, close_outline
from app.viewer.cursors import cross_cursor, window_cursor
from app.viewer.shown import Tool
from app.viewer.vertices import paint_draft_corners, paint_rubber_line
from core.domain import Point
from core.errors import UserError

if TYPE_CHECKING:
    from app.viewer.surface import Surface

GRAB = 9.0  # logical pixels within which a click means an existing point
STEP = 1.0  # logical pixels between points of a stroke


@dataclass(frozen=True, slots=True)
class Pointer:
    """A mouse position. view: logical pixels. image: image pixels."""

    view: Point
    image: Point
    modifiers: Qt.KeyboardModifier


class CanvasTool:
    """One tool of one canvas. Methods get the left button only; panning and zooming go on around it."""

    tool: Tool

    def __init__(self, canvas: Surface) -> None:
        self.canvas = canvas

    def cursor(self) -> QCursor:
        """The mouse cursor over the image."""
        return QCursor(Qt.CursorShape.ArrowCursor)

    def press(self, at: Pointer) -> None:
        """The button went down."""

    def move(self, at: Pointer) -> None:
        """The mouse moved, with the button down or up."""

    def release(self, at: Pointer) -> None:
        """The button went up."""

    def double_click(self, at: Pointer) -> None:
        """The button went down for the second time in quick succession."""
        self.canvas.toggle_one_to_one(at.view)

    def handles(self, _key: int) -> bool:
        """Whether this key means something to the tool right now, and so must not go to a shortcut."""
        return False

    def key(self, key: int) -> None:
        """A key that `handles` said yes to."""

    def interrupt(self) -> None:
        """The button is no longer ours (another image, another tool): forget the gesture, keep the draft."""

    def findings_were_changed(self) -> None:
        """The findings are no longer those that the tool may hold a part of."""

    def paint(self, painter: QPainter) -> None:
        """Draw what the tool is doing, over everything else."""


class BrowseTool(CanvasTool):
    """Drag pans, click selects a contour, double click changes between 1:1 and the whole image."""

    tool = Tool.BROWSE

    def __init__(self, canvas: Surface) -> None:
        super().__init__(canvas)
        self._pressed: Point | None = None
        self._last: Point | None = None

    def cursor(self) -> QCursor:
        """An open hand, closed while it pulls."""
        is_panning = self._last is not None
        return QCursor(Qt.CursorShape.ClosedHandCursor if is_panning else Qt.CursorShape.OpenHandCursor)

    def press(self, at: Pointer) -> None:
        """Not yet known to be a click or a drag."""
        self._pressed = at.view

    def move(self, at: Pointer) -> None:
        """Past a few pixels it is a drag."""
        if self._pressed is None:
            return
        if self._last is None and math.dist(at.view, self._pressed) >= _drag_distance():
            self._last = self._pressed
            self.canvas.update_cursor()
        if self._last is not None:
            self.canvas.pan(at.view[0] - self._last[0], at.view[1] - self._last[1])
            self._last = at.view

    def release(self, at: Pointer) -> None:
        """A click selects."""
        if self._pressed is not None and self._last is None:
            hit = self.canvas.finding_at(at.image)
            self.canvas.select(hit.id if hit is not None else None)
        self.interrupt()

    def handles(self, key: int) -> bool:
        """With a contour selected."""
        return key in (Qt.Key.Key_Delete, Qt.Key.Key_Escape) and self.canvas.selected is not None

    def key(self, key: int) -> None:
        """Delete asks to delete; Escape selects nothing."""
        if key == Qt.Key.Key_Delete:
            self.canvas.ask_to_delete()
        else:
            self.canvas.select(None)

    def interrupt(self) -> None:
        """Let go of the image."""
        self._pressed = self._last = None
        self.canvas.update_cursor()


class WindowTool(CanvasTool):
    """Drag changes window (left and right) and level (up and down); the right button always does this."""

    tool = Tool.WINDOW

    def __init__(self, canvas: Surface) -> None:
        super().__init__(canvas)
        self._start: tuple[Point, tuple[float, float]] | None = None

    def cursor(self) -> QCursor:
        """A half-light disc."""
        return window_cursor()

    def press(self, at: Pointer) -> None:
        """Remember the window that the drag starts from."""
        self._start = at.view, self.canvas.window_numbers()

    def move(self, at: Pointer) -> None:
        """Live."""
        if self._start is not None and at.view != self._start[0]:
            (x, y), numbers = self._start
            self.canvas.drag_window(at.view[0] - x, at.view[1] - y, start=numbers)

    def release(self, _at: Pointer) -> None:
        """What is in force stays."""
        self.interrupt()

    def interrupt(self) -> None:
        """What is in force stays."""
        self._start = None


class ContourTool(CanvasTool):
    """One tool for outlines: click corner after corner, or drag to draw freehand, or both in turn.

    A contour drawn in one drag closes itself when the button is let go; one with corners closes with its first corner,
    a double click or Enter. The draft, in image pixels, survives panning, zooming and leaving.
    """

    tool = Tool.CONTOUR

    def __init__(self, canvas: Surface) -> None:
        super().__init__(canvas)
        self._cursor: Point | None = None
        self._pressed: Point | None = None  # where the button went down, while it is not yet a drag
        self._is_stroking = False
        self._last: Point = (0.0, 0.0)
        self._parts: list[int] = []  # how long the draft was before each corner or stroke of this tool
        self._corners = 0
        self._has_closed = False  # by the press before

    def cursor(self) -> QCursor:
        """A cross with an open middle."""
        return cross_cursor()

    def press(self, at: Pointer) -> None:
        """A corner, or the beginning of a stroke; on the first corner, the end."""
        points = self.canvas.draft_points()
        if not points:
            self._parts, self._corners = [], 0
        self._has_closed = len(points) >= 3 and self._is_at(points[0], at)
        if self._has_closed:
            self.close()
            return
        self._pressed, self._last, self._cursor = at.view, at.view, at.image
        self._parts.append(len(points))
        self.add_corner(at)

    def move(self, at: Pointer) -> None:
        """The rubber line follows, or the stroke does."""
        self._cursor = at.image
        if self._pressed is not None and math.dist(at.view, self._pressed) >= _drag_distance():
            self._pressed, self._is_stroking = None, True
        if self._is_stroking:
            if math.dist(at.view, self._last) >= STEP:
                self._last = at.view
                self.canvas.extend_draft(self.tool, at.image)
        elif self.canvas.draft_points():
            self.canvas.update()

    def release(self, at: Pointer) -> None:
        """The end of a corner or of a stroke."""
        if self._pressed is not None:
            self._corners += 1
        elif self._is_stroking:
            self.move(at)
            self._is_stroking = False
            points = self.canvas.draft_points()
            if self._corners == 0 or (len(points) >= 3 and self._is_at(points[0], at)):
                self.close()
        self._pressed = None

    def double_click(self, at: Pointer) -> None:
        """The first of the two presses has set the last corner."""
        points = self.canvas.draft_points()
        if len(points) >= 3 and self._is_at(points[-1], at):
            self.close()
        elif self._has_closed and not points:
            self._has_closed = False
        elif not points or not self._is_at(points[-1], at):  # two quick clicks at two places are two corners
            self.press(at)

    def handles(self, key: int) -> bool:
        """Only while there is something unfinished."""
        return key in _DRAWING_KEYS and bool(self.canvas.draft_points())

    def key(self, key: int) -> None:
        """Escape abandons, Backspace takes back, Enter closes."""
        if key == Qt.Key.Key_Escape:
            self.interrupt()
            self.canvas.discard_drawing()
        elif key == Qt.Key.Key_Backspace:
            self.take_back()
        else:
            self.close()

    def add_corner(self, at: Pointer) -> None:
        """Lengthen the draft to a place that was pressed."""
        self.canvas.extend_draft(self.tool, at.image)

    def take_back(self) -> None:
        """Remove the last corner or stroke; nothing in the middle of a stroke."""
        if self._is_stroking:
            return
        points = self.canvas.draft_points()
        start = self._parts.pop() if self._parts else len(points) - 1
        self._corners = max(self._corners - 1, 0)
        self.canvas.set_draft(self.tool, points[: min(start, len(points) - 1)])

    def close(self) -> None:
        """Make a contour of the draft, or say in one sentence why not."""
        is_stroke = self._corners == 0
        self.interrupt()
        rows, columns = self.canvas.image_size()
        points = self.canvas.draft_points()
        try:
            closed = close_outline(points, zoom=self.canvas.zoom, rows=rows, columns=columns)
        except UserError as refusal:
            self._refuse(str(refusal), is_stroke=is_stroke)
            return
        self._parts, self._corners = [], 0
        self.canvas.discard_drawing()
        self.canvas.contour_drawn.emit(closed.contour)
        if closed.notice:
            self.canvas.noticed.emit(closed.notice)

    def _refuse(self, sentence: str, *, is_stroke: bool) -> None:
        """Say why there is no contour. The draft stays, but for a stroke too small to be one, which nobody would miss."""
        if is_stroke:
            self.canvas.discard_drawing()
            sentence = TOO_SMALL if sentence == TOO_FEW else sentence
        self.canvas.refused.emit(sentence)

    def interrupt(self) -> None:
        """The rubber line goes; the draft stays."""
        self._cursor = self._pressed = None
        self._is_stroking = False

    def paint(self, painter: QPainter) -> None:
        """Corners and the rubber line."""
        points = self.canvas.draft_points()
        if not points or self._is_stroking:
            return
        starts = {start for start in self._parts if start < len(points)} or {0}
        paint_draft_corners(
            painter, self.canvas.transform, [points[i] for i in sorted(starts | {0})], first_only=False
        )
        if self._cursor is not None:
            self.paint_way(painter, points, cursor=self._cursor)

    def paint_way(self, painter: QPainter, points: Sequence[Point], *, cursor: Point) -> None:
        """Where a press here would lead."""
        paint_rubber_line(painter, self.canvas.transform, points, cursor=cursor)

    def _is_at(self, point: Point, at: Pointer) -> bool:
        return math.dist(self.canvas.transform.to_view(point), at.view) <= GRAB


_DRAWING_KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Backspace, Qt.Key.Key_Return, Qt.Key.Key_Enter)


def _drag_distance() -> int:
    return QGuiApplication.styleHints().startDragDistance()
