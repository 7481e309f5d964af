"""Editing the selected contour: drag vertices, insert and remove them, move the whole outline."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QCursor, QPainter

from app.viewer.contour_edit import (
    Corner,
    check_sound,
    contains,
    corner_near,
    corners,
    edge_near,
    moved,
    with_corner_after,
    with_corner_at,
    without_corner,
)
from app.viewer.shown import Tool
from app.viewer.tools import CanvasTool, Pointer
from app.viewer.vertices import paint_vertices
from core.domain import Contour, Finding, Point
from core.errors import UserError

CORNER_GRAB = 7.0  # logical pixels
EDGE_GRAB = 6.0
REMOVING = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ControlModifier


class EditTool(CanvasTool):
    """Changes a copy while the button is down; only its release reports the new contour."""

    tool = Tool.EDIT

    def __init__(self, canvas: object) -> None:
        super().__init__(canvas)  # type: ignore[arg-type]
        self._active: Corner | None = None  # the vertex pressed last
        self._hovered: Corner | None = None
        self._before: Contour | None = None
        self._grabbed: Corner | None = None
        self._moving_from: Point | None = None
        self._panning_from: Point | None = None
        self._hover_shape = Qt.CursorShape.ArrowCursor

    def cursor(self) -> QCursor:
        """What a press would do here."""
        return QCursor(self._hover_shape)

    def press(self, at: Pointer) -> None:
        """Take hold of the selected contour, or select another one."""
        finding = self.canvas.selected
        if finding is None or not self._grab(finding.contour, at):
            self._begin_elsewhere(at)

    def move(self, at: Pointer) -> None:
        """Change the copy, or show what could be taken hold of."""
        if self._panning_from is not None:
            x, y = self._panning_from
            self.canvas.pan(at.view[0] - x, at.view[1] - y)
            self._panning_from = at.view
        elif self._before is not None and self._grabbed is not None:
            self.canvas.set_preview(with_corner_at(self._shown(), self._grabbed, at.image))
        elif self._before is not None and self._moving_from is not None:
            x, y = self._moving_from
            self.canvas.set_preview(moved(self._before, at.image[0] - x, at.image[1] - y))
        else:
            self._hover(at)

    def release(self, _at: Pointer) -> None:
        """Report the new contour, if it is sound and changed."""
        before, after = self._before, self.canvas.preview
        self._forget_gesture()
        if before is not None and after is not None and after != before:
            self._report(after)
        self.canvas.set_preview(None)

    def double_click(self, at: Pointer) -> None:
        """A quick second press; on nothing, 1:1 or the whole image."""
        finding = self.canvas.selected
        if finding is not None and self._grab(finding.contour, at):
            return
        self.canvas.toggle_one_to_one(at.view)

    def handles(self, key: int) -> bool:
        """With a contour selected."""
        if self._before is not None:
            return key in (Qt.Key.Key_Escape, Qt.Key.Key_Delete)
        return key in (Qt.Key.Key_Delete, Qt.Key.Key_Escape) and self.canvas.selected is not None

    def key(self, key: int) -> None:
        """Escape undoes the drag or selects nothing; Delete removes a vertex or asks to delete."""
        if self._before is not None:  # in the middle of a drag: only Escape means something
            if key == Qt.Key.Key_Escape:
                self.interrupt()
        elif key == Qt.Key.Key_Escape:
            self.canvas.select(None)
        else:
            self._delete()

    def interrupt(self) -> None:
        """The contour snaps back."""
        self._forget_gesture()
        self._active = self._hovered = None
        self.canvas.set_preview(None)

    def findings_were_changed(self) -> None:
        """A change in the middle of a gesture ends it; a vertex that is gone is no longer active."""
        finding = self.canvas.selected
        there = {corner for corner, _ in corners(finding.contour)} if finding is not None else set()
        if self._before is not None:
            self.interrupt()
        self._active = self._active if self._active in there else None
        self._hovered = self._hovered if self._hovered in there else None

    def paint(self, painter: QPainter) -> None:
        """Vertices to take hold of."""
        finding = self.canvas.selected
        if finding is None:
            return
        paint_vertices(
            painter,
            self.canvas.transform,
            self._shown(),
            colour=QColor(*self.canvas.layers.inks.contour[finding.finding_class]),
            active=self._hovered if self._hovered is not None else self._active,
            handles=True,
        )

    def _grab(self, contour: Contour, at: Pointer) -> bool:
        """Take hold of a vertex, an edge or the inside. False where there is none of them."""
        corner = corner_near(contour, at.image, within=CORNER_GRAB / self.canvas.transform.scale)
        if corner is not None and at.modifiers & REMOVING:
            self._remove(corner)
            return True
        if corner is not None:
            self._take(contour, corner)
            return True
        edge = edge_near(contour, at.image, within=EDGE_GRAB / self.canvas.transform.scale)
        if edge is not None:
            added, corner = with_corner_after(contour, *edge)
            self._take(contour, corner)
            self.canvas.set_preview(added)
            return True
        if contains(contour, at.image):
            self._before, self._moving_from = contour, at.image
            self._active = None
            return True
        return False

    def _take(self, contour: Contour, corner: Corner) -> None:
        self._before = contour
        self._grabbed = self._active = self._hovered = corner
        self.canvas.update()

    def _begin_elsewhere(self, at: Pointer) -> None:
        """Another contour is selected by a press on it; anywhere else, the drag pans."""
        self._active = self._hovered = None
        hit = self.canvas.finding_at(at.image)
        selected = self.canvas.selected
        if hit is not None and (selected is None or hit.id != selected.id):
            self.canvas.select(hit.id)
        else:
            self._panning_from = at.view

    def _delete(self) -> None:
        corner = self._hovered if self._hovered is not None else self._active
        if corner is None:
            self.canvas.ask_to_delete()
        else:
            self._remove(corner)

    def _remove(self, corner: Corner) -> None:
        finding = self.canvas.selected
        assert finding is not None
        try:
            less = without_corner(finding.contour, corner)
        except UserError as refusal:
            self.canvas.refused.emit(str(refusal))
            return
        # The vertex before it is next, so that Delete again never means the whole finding.
        self._hovered = None
        self._active = replace(corner, index=max(corner.index - 1, 0))
        self._report(less)

    def _report(self, contour: Contour) -> None:
        finding = self.canvas.selected
        assert finding is not None
        rows, columns = self.canvas.image_size()
        try:
            check_sound(contour, rows=rows, columns=columns)
        except UserError as refusal:
            self._active = self._hovered = None
            self.canvas.refused.emit(str(refusal))
            return
        self.canvas.contour_changed.emit(finding.id, contour)

    def _hover(self, at: Pointer) -> None:
        finding = self.canvas.selected
        hovered, shape = self._target(finding, at)
        if hovered != self._hovered:
            self._hovered = hovered
            self.canvas.update()
        if shape != self._hover_shape:
            self._hover_shape = shape
            self.canvas.update_cursor()

    def _target(self, finding: Finding | None, at: Pointer) -> tuple[Corner | None, Qt.CursorShape]:
        """The vertex under the mouse, and the cursor that tells what a press would do."""
        if finding is None:
            return None, Qt.CursorShape.ArrowCursor
        scale = self.canvas.transform.scale
        corner = corner_near(finding.contour, at.image, within=CORNER_GRAB / scale)
        if corner is not None:
            return corner, Qt.CursorShape.PointingHandCursor
        if edge_near(finding.contour, at.image, within=EDGE_GRAB / scale) is not None:
            return None, Qt.CursorShape.CrossCursor
        if contains(finding.contour, at.image):
            return None, Qt.CursorShape.SizeAllCursor
        return None, Qt.CursorShape.ArrowCursor

    def _shown(self) -> Contour:
        preview, finding = self.canvas.preview, self.canvas.selected
        assert finding is not None
        return preview if preview is not None else finding.contour

    def _forget_gesture(self) -> None:
        self._before = self._grabbed = self._moving_from = self._panning_from = None
