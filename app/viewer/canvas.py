"""The reader's hand on one image: mouse, keys and painting, with the tool under the left button."""

from __future__ import annotations

import math
from typing import cast

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QCursor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.translation import tr_data
from app.viewer.loupe import paint_loupe
from app.viewer.outlined_text import draw_message
from app.viewer.scene import paint_focus, paint_texts
from app.viewer.shown import Drafts
from app.viewer.surface import Surface
from app.viewer.tools import Pointer
from core.domain import Point

ARROWS = {
    Qt.Key.Key_Left: (1, 0),
    Qt.Key.Key_Right: (-1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
ZOOM_KEYS = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}
MAGNIFIER = Qt.Key.Key_Z
NOT_ON_FRAMES = (
    "Nothing can be drawn on this image: it has many frames and is not used in training. "
    "Draw on the 2D view of the same breast."
)
NUDGE = 0.1  # of the canvas, for one press of an arrow key


class Canvas(Surface):
    """A surface that the reader works on."""

    def __init__(self, drafts: Drafts, parent: QWidget | None = None) -> None:
        super().__init__(drafts, parent)
        self._magnified: Point | None = None  # the place under the magnifier while its key is held

    # Painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The image and the heatmap from a copy kept of them, and everything thin anew."""
        painter = QPainter(self)
        if self.picture is None:
            painter.fillRect(self.rect(), QColor(0, 0, 0))
            draw_message(painter, QRectF(self.rect()), title=self._message[0], text=self._message[1])
        else:
            view = self._view(self.picture)
            self._scene.paint(painter, view)
            if self.is_active:
                painter.save()
                view.turn(painter)
                self._tool.paint(painter)
                painter.restore()
            paint_texts(painter, view)
            if self._magnified is not None:
                paint_loupe(painter, view, at=self._magnified)
        if self.hasFocus() or (self.is_one_of_several and self.is_active):
            paint_focus(painter, self.rect(), is_wide=self.is_one_of_several)
        painter.end()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """A fitted image stays fitted."""
        self._size_was_changed()
        self.resized.emit()

    # The mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The left button belongs to the tool, the others to navigation."""
        if not self.is_active and event.button() is Qt.MouseButton.LeftButton:
            self.chosen.emit()
            return
        if self.picture is None:
            return
        if self._navigation.takes(event.button()):
            self._navigation.press(event.button(), self._pointer(event))
        elif self._is_drawing_refused:
            self.refused.emit(tr_data(NOT_ON_FRAMES))
        elif not self.picture.shown.is_reduced:  # nothing is stated about a picture that is not all there
            self._tool.press(self._pointer(event))
        self.update_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Comes in place of the second press."""
        if self.picture is None or not self.is_active or self._navigation.takes(event.button()):
            self.mousePressEvent(event)
        elif not self.picture.shown.is_reduced and not self._is_drawing_refused:
            self._tool.double_click(self._pointer(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """One of: pan, window and level, the tool."""
        if self.picture is None:
            return
        at = self._pointer(event)
        if self._magnified is not None:
            self._magnified = at.view
            self.update()
        if not self._navigation.move(at) and self.is_active:
            self._tool.move(at)
        self.hover(at.image if event.buttons() == Qt.MouseButton.NoButton else None)
        self.cursor_moved.emit(*at.image, self.picture.value_at(at.image))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End what this button began."""
        if self.picture is None:
            return
        at = self._pointer(event)
        if not self._navigation.release(event.button(), at) and self.is_active:
            self._tool.release(at)
        self.update_cursor()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the cursor."""
        steps = event.angleDelta().y() / 120
        if self.picture is not None and steps:
            self.zoom_by(steps, at=self.turned((event.position().x(), event.position().y())))
        event.accept()

    def leaveEvent(self, _event: QEvent) -> None:
        """No place, no value."""
        self.hover(None)
        self.cursor_moved.emit(math.nan, math.nan, math.nan)

    # Keys and focus

    def event(self, event: QEvent) -> bool:
        """Keys that mean something here right now go here before any shortcut of the window."""
        if event.type() == QEvent.Type.ShortcutOverride and self._wants(cast(QKeyEvent, event)):
            event.accept()
            return True
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._size_was_changed()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """First the tool, then panning and zooming by keys."""
        key = event.key()
        if self.picture is None:
            super().keyPressEvent(event)
        elif self._tool.handles(key):
            self._tool.key(key)
        elif key == Qt.Key.Key_Space:
            self._navigation.is_space_held = True
            self.update_cursor()
        elif key == MAGNIFIER and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self._magnify(self._place(QPointF(self.mapFromGlobal(QCursor.pos()))))
        elif key in ARROWS and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            dx, dy = ARROWS[Qt.Key(key)]
            self.pan(self.mirror * dx * NUDGE * self.width(), dy * NUDGE * self.height())
        elif key in ZOOM_KEYS:
            self.zoom_by(ZOOM_KEYS[Qt.Key(key)])
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space or the magnifier's key let go."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._navigation.is_space_held = False
            self.update_cursor()
        elif event.key() == MAGNIFIER and not event.isAutoRepeat():
            self._magnify(None)
        else:
            super().keyReleaseEvent(event)

    def focusInEvent(self, _event: QFocusEvent) -> None:
        """Show the frame."""
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:
        """A key that is let go elsewhere is never heard of here."""
        self._navigation.is_space_held = False
        self._magnified = None
        self.update_cursor()
        self.update()

    # Inside

    @property
    def _is_drawing_refused(self) -> bool:
        shown = self.shown
        return shown is not None and self.tool.draws and shown.mammogram.header.frames > 1

    def _magnify(self, at: Point | None) -> None:
        self._magnified = at
        self.update()

    def _wants(self, event: QKeyEvent) -> bool:
        key = event.key()
        if self.picture is None:
            return False
        if key == MAGNIFIER:
            return event.modifiers() == Qt.KeyboardModifier.NoModifier
        if self._tool.handles(key):
            return True
        is_plain = not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        return is_plain and key in (*ARROWS, Qt.Key.Key_Space)

    def _place(self, at: QPointF) -> Point:
        """The middle of the device pixel under the mouse, so that a click on a pixel means that pixel."""
        ratio = self.devicePixelRatioF()
        x, y = ((math.floor(value * ratio) + 0.5) / ratio for value in (at.x(), at.y()))
        return self.turned((x, y))

    def _pointer(self, event: QMouseEvent) -> Pointer:
        view = self._place(event.position())
        return Pointer(view, self.transform.to_image(view), event.modifiers())
