"""Writes down what a reader does, second by second, into the sitting that began with them."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from app.session import Session
from app.translation import tr
from core.domain import Arm, FindingId, ImageId
from core.errors import UserError
from storage.records import ReadingEvent, ReadingKind

KEEP_EVERY_MS = 1000  # a crash takes no more than this
INPUT_EVERY_S = 1.0  # of the hand's movements no more is kept


class ReadingRecorder(QObject):
    """One sitting at a time. Nothing is recorded in a project that is open read-only.

    Signals:
        failed: a sentence, when what was done could not be kept. It is tried again.
        paused: whether the reader has paused.
    """

    failed = Signal(str)
    paused = Signal(bool)

    def __init__(self, parent: QObject | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._clock = clock
        self._session: Session | None = None
        self._sitting: int | None = None
        self._began = 0.0
        self._image_id: ImageId | None = None
        self._last_input = -INPUT_EVERY_S
        self._waiting: list[ReadingEvent] = []
        self._has_failed = False
        self.is_paused = False
        self._timer = QTimer(self, interval=KEEP_EVERY_MS)
        self._timer.timeout.connect(self.keep)

    def begin(self, session: Session, arm: Arm) -> None:
        """A reader sits down."""
        self.end()
        if session.is_read_only:
            return
        try:
            self._sitting = session.store.begin_sitting(reader=session.reader, arm=arm)
        except UserError as error:
            self.failed.emit(tr("This sitting is not recorded. {error}").format(error=error))
            return
        self._session, self._began = session, self._clock()
        self._timer.start()

    def end(self) -> None:
        """The reader gets up: the open image is closed and everything is kept."""
        self.close_image()
        self.keep()
        self._timer.stop()
        if self._session is not None:
            self._session.store.end_sitting()
        self._session, self._sitting, self._waiting = None, None, []
        self._last_input = -INPUT_EVERY_S
        self._set_paused(False)

    def open_image(self, image_id: ImageId) -> None:
        """An image is in sight."""
        self.close_image()
        self._image_id = image_id
        self.note(ReadingKind.OPENED)

    def close_image(self) -> None:
        """It is no longer."""
        if self._image_id is not None:
            self.note(ReadingKind.CLOSED)
            self._image_id = None

    def note_input(self) -> None:
        """The hand moved."""
        moment = self._clock()
        if moment - self._last_input >= INPUT_EVERY_S and not self.is_paused:
            self._last_input = moment
            self.note(ReadingKind.INPUT)

    def note(self, kind: ReadingKind, *, finding_id: FindingId | None = None, **details: object) -> None:
        """Something happened on the open image."""
        if self._sitting is None or self._image_id is None:
            return
        seconds = max(self._clock() - self._began, 0.0)
        self._waiting.append(
            ReadingEvent(self._sitting, seconds, kind, self._image_id, finding_id, dict(details))
        )

    def toggle_pause(self) -> None:
        """The reader leaves, or is back."""
        self.note(ReadingKind.RESUMED if self.is_paused else ReadingKind.PAUSED)
        self._set_paused(not self.is_paused)
        self.keep()

    def keep(self) -> None:
        """Write what waits into the project."""
        if self._session is None or not self._waiting:
            return
        try:
            self._session.store.add_reading(self._waiting)
        except UserError as error:
            if not self._has_failed:
                self.failed.emit(
                    tr("What you do is not being recorded at the moment. {error}").format(error=error)
                )
            self._has_failed = True
            return
        self._waiting, self._has_failed = [], False

    def _set_paused(self, is_paused: bool) -> None:
        if is_paused != self.is_paused:
            self.is_paused = is_paused
            self.paused.emit(is_paused)
