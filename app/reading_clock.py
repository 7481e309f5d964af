"""How long a reader looked at an image and how long a contour took, told from the hand's movements."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from storage.ledger import ActiveTime

_INPUTS = frozenset(
    {QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.Wheel}
    | {QEvent.Type.KeyPress, QEvent.Type.HoverMove}
)


class ReadingClock(QObject):
    """Watches the widgets on which an image is read. Each active second counts once: as reading or as drawing.

    A contour begins when a button goes down with a drawing tool in hand. What was spent on a contour that
    was given up is reading.

    Signals:
        input_heard: the hand did something.
        stroke_begun: it began to draw or to change a contour.
        stroke_given_up: it gave that up.
    """

    input_heard = Signal()
    stroke_begun = Signal()
    stroke_given_up = Signal()

    def __init__(self, parent: QObject | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._clock = clock
        self._active: ActiveTime | None = None
        self._reading = 0.0
        self._is_drawing = False
        self._tool_draws = False

    def watch(self, widgets: Iterable[QWidget]) -> None:
        """Hear the input of these widgets and of those inside them."""
        for widget in widgets:
            for each in (widget, *widget.findChildren(QWidget)):
                each.installEventFilter(self)

    def set_tool_draws(self, tool_draws: bool) -> None:
        """Whether the left button now draws or changes contours; a contour begun is given up."""
        self._tool_draws = tool_draws
        self._give_up()

    def open_image(self) -> None:
        """An image came on screen."""
        self._active = ActiveTime()
        self._active.touch(self._clock())
        self._reading, self._is_drawing = 0.0, False

    def leave_image(self) -> float | None:
        """Active seconds of reading (without drawing) on the image that is left; None if none was open."""
        active, self._active = self._active, None
        return None if active is None else self._reading + active.take(self._clock())

    def finish_drawing(self) -> float | None:
        """Active seconds on the contour just finished; None if nobody was seen to begin one."""
        if self._active is None or not self._is_drawing:
            return None
        self._is_drawing = False
        return self._active.take(self._clock())

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Hear, never take."""
        if self._active is not None and event.type() in _INPUTS:
            self._hear(self._active, event)
        return False

    def _hear(self, active: ActiveTime, event: QEvent) -> None:
        active.touch(self._clock())
        self.input_heard.emit()
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            self._give_up()
        elif self._tool_draws and not self._is_drawing and _is_left_press(event):
            self._reading += active.take(self._clock())
            self._is_drawing = True
            self.stroke_begun.emit()

    def _give_up(self) -> None:
        if self._is_drawing:
            self._is_drawing = False
            self.stroke_given_up.emit()


def _is_left_press(event: QEvent) -> bool:
    return (
        event.type() is QEvent.Type.MouseButtonPress
        and isinstance(event, QMouseEvent)
        and event.button() is Qt.MouseButton.LeftButton
    )
