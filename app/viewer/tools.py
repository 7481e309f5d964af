"""What the left button does on a canvas: browse, window and level, freehand, polygon."""

from __future__ import annotations

import math
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


class DrawingTool(CanvasTool):
    """What freehand and polygon share: a draft in image pixels that survives panning, zooming and leaving."""

    def __init__(self, canvas: Surface) -> None:
        super().__init__(canvas)
        self._cursor: Point | None = None

    def cursor(self) -> QCursor:
        """A cross with an open middle."""
        return cross_cursor()

    def move(self, at: Pointer) -> None:
        """The rubber line follows."""
        self._cursor = at.image

    def double_click(self, at: Pointer) -> None:
        """A quick second press is a press."""
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

    def take_back(self) -> None:
        """Remove the newest part of the draft."""
        self.canvas.set_draft(self.tool, self.canvas.draft_points()[:-1])

    def close(self) -> None:
        """Make a contour of the draft, or say in one sentence why not."""
        self.interrupt()
        rows, columns = self.canvas.image_size()
        points = self.canvas.draft_points()
        try:
            closed = close_outline(points, zoom=self.canvas.zoom, rows=rows, columns=columns)
        except UserError as refusal:
            self.refuse(str(refusal))
            return
        self.canvas.discard_drawing()
        self.canvas.contour_drawn.emit(closed.contour)
        if closed.notice:
            self.canvas.noticed.emit(closed.notice)

    def refuse(self, sentence: str) -> None:
        """Say why there is no contour. The draft stays: nothing that was drawn is lost."""
        self.canvas.refused.emit(sentence)

    def interrupt(self) -> None:
        """The rubber line goes; the draft stays."""
        self._cursor = None


class FreehandTool(DrawingTool):
    """Press, draw around the finding, let go: the outline closes itself."""

    tool = Tool.FREEHAND

    def __init__(self, canvas: Surface) -> None:
        super().__init__(canvas)
        self._is_drawing = False
        self._last: Point = (0.0, 0.0)

    def press(self, at: Pointer) -> None:
        """Begin, or go on from where an interrupted stroke ended."""
        self._is_drawing = True
        self._extend(at)

    def move(self, at: Pointer) -> None:
        """The stroke follows the mouse."""
        super().move(at)
        if self._is_drawing and math.dist(at.view, self._last) >= STEP:
            self._extend(at)

    def release(self, at: Pointer) -> None:
        """Close the outline."""
        if self._is_drawing:
            self.move(at)
            self.close()

    def take_back(self) -> None:
        """Only between strokes."""
        if not self._is_drawing:
            super().take_back()

    def refuse(self, sentence: str) -> None:
        """A stroke too small to be a contour leaves nothing behind that anyone would miss."""
        self.canvas.discard_drawing()
        super().refuse(TOO_SMALL if sentence == TOO_FEW else sentence)

    def interrupt(self) -> None:
        """The stroke waits."""
        super().interrupt()
        self._is_drawing = False

    def _extend(self, at: Pointer) -> None:
        self._last = at.view
        self.canvas.extend_draft(self.tool, at.image)


class PolygonTool(DrawingTool):
    """Click corner after corner; close with the first corner, a double click or Enter."""

    tool = Tool.POLYGON

    def press(self, at: Pointer) -> None:
        """A corner; on the first corner, the end."""
        points = self.canvas.draft_points()
        if len(points) >= 3 and self._is_at(points[0], at):
            self.close()
            return
        self._cursor = at.image
        self.canvas.extend_draft(self.tool, at.image)

    def move(self, at: Pointer) -> None:
        """The rubber line follows."""
        super().move(at)
        if self.canvas.draft_points():
            self.canvas.update()

    def double_click(self, at: Pointer) -> None:
        """The first of the two presses has set the last corner."""
        points = self.canvas.draft_points()
        if len(points) >= 3 and self._is_at(points[-1], at):
            self.close()
        elif points and not self._is_at(points[-1], at):  # two quick clicks at two places are two corners
            self.press(at)

    def paint(self, painter: QPainter) -> None:
        """Corners and the rubber line."""
        points = self.canvas.draft_points()
        if points:
            paint_draft_corners(painter, self.canvas.transform, points, first_only=False)
        if points and self._cursor is not None:
            paint_rubber_line(painter, self.canvas.transform, points, cursor=self._cursor)

    def _is_at(self, point: Point, at: Pointer) -> bool:
        return math.dist(self.canvas.transform.to_view(point), at.view) <= GRAB


_DRAWING_KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Backspace, Qt.Key.Key_Return, Qt.Key.Key_Enter)


def _drag_distance() -> int:
    return QGuiApplication.styleHints().startDragDistance()
