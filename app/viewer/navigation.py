"""What the other buttons do, with any tool: the middle one and space pan, the right one windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor

from app.viewer.tools import Pointer, WindowTool
from core.domain import Point

if TYPE_CHECKING:
    from app.viewer.surface import Surface


class Navigation:
    """Panning and windowing that go on in the middle of whatever the left button draws."""

    def __init__(self, canvas: Surface) -> None:
        self._canvas = canvas
        self._window = WindowTool(canvas)
        self._panning: tuple[Qt.MouseButton, Point] | None = None
        self._is_windowing = False
        self.is_space_held = False

    def takes(self, button: Qt.MouseButton) -> bool:
        """Whether a press of this button is not the tool's."""
        return button is not Qt.MouseButton.LeftButton or self.is_space_held

    def press(self, button: Qt.MouseButton, at: Pointer) -> None:
        """A button that `takes` said yes to went down."""
        if button is Qt.MouseButton.RightButton:
            self._is_windowing = True
            self._window.press(at)
        elif button in (Qt.MouseButton.MiddleButton, Qt.MouseButton.LeftButton):
            self._panning = (button, at.view)

    def move(self, at: Pointer) -> bool:
        """The mouse moved. Returns whether that was ours."""
        if self._panning is not None:
            button, (x, y) = self._panning
            self._panning = (button, at.view)
            self._canvas.pan(at.view[0] - x, at.view[1] - y)
        elif self._is_windowing:
            self._window.move(at)
        return self._panning is not None or self._is_windowing

    def release(self, button: Qt.MouseButton, at: Pointer) -> bool:
        """A button went up. Returns whether it was ours."""
        if self._panning is not None and self._panning[0] is button:
            self._panning = None
            return True
        if button is Qt.MouseButton.RightButton and self._is_windowing:
            self._is_windowing = False
            self._window.release(at)
        return button is not Qt.MouseButton.LeftButton

    def interrupt(self) -> None:
        """Whatever button is down, it is no longer ours."""
        self._panning = None
        self._is_windowing = False
        self._window.interrupt()

    def cursor(self) -> QCursor | None:
        """What the mouse looks like, or None where the tool decides."""
        if self._panning is not None:
            return QCursor(Qt.CursorShape.ClosedHandCursor)
        if self.is_space_held:
            return QCursor(Qt.CursorShape.OpenHandCursor)
        return self._window.cursor() if self._is_windowing else None
