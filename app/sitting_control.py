"""A sitting: who reads, what is shown of the model, pauses; and the review, in which all readers' work is open."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.desk import Desk
from app.main_window import MainWindow
from app.project_dialog import ReaderDialog
from app.session import Session
from app.settings import Settings
from app.translation import tr
from core.domain import Arm
from storage.changes import Changes
from storage.project import Project

PLANE_TAB = 1


class SittingControl(QObject):
    """Connects the reader and the arm of the session to what the window shows.

    begun: called whenever another reader or arm is in force.
    """

    def __init__(
        self, window: MainWindow, desk: Desk, settings: Settings, *, begun: Callable[[], object]
    ) -> None:
        super().__init__(window)
        self._window, self._desk, self._settings, self._begun = window, desk, settings, begun
        self._session: Session | None = None
        actions = window.actions_by_name
        actions["pause"].triggered.connect(lambda _checked=False: desk.recorder.toggle_pause())
        actions["show_model"].triggered.connect(lambda _checked=False: desk.request_model())
        actions["review"].toggled.connect(self._review)
        actions["change_reader"].triggered.connect(lambda _checked=False: self._change())
        desk.recorder.paused.connect(self._show_pause)
        desk.recorder.failed.connect(window.messages.warn)

    @property
    def arm(self) -> Arm:
        """What this sitting shows of the model."""
        return self._settings.arm

    def ask(self, project: Project) -> str:
        """Who reads: asked where nobody is known on this desk, and where several readers are known to the project."""
        known = project.store.readers()
        if self._settings.reader and len(known) < 2:
            return self._settings.reader
        return self._ask(known)

    def set_session(self, session: Session | None) -> None:
        """Another project; its reader sits down."""
        self._session = session
        self._window.actions_by_name["review"].setChecked(False)
        if session is not None:
            self._begin(session)

    def _ask(self, known: list[str]) -> str:
        dialog = ReaderDialog(self._settings.reader, self._window, known=known, arm=self._settings.arm)
        if not dialog.exec():
            return ""
        self._settings.reader, self._settings.arm = dialog.reader, dialog.arm.chosen
        return dialog.reader

    def _change(self) -> None:
        session = self._session
        if session is None or session.is_read_only:
            return
        reader = self._ask(session.store.readers())
        if reader:
            if reader != session.reader:
                session.forget_steps()  # another's work is not undone
            session.reader = reader
            self._begin(session)
            self._begun()
            session.announce(Changes(everything=True))

    def _begin(self, session: Session) -> None:
        arm = Arm.SHOWN if session.is_read_only else self.arm
        self._desk.sit_down(arm)
        self._hide_model(arm is not Arm.SHOWN and not session.is_reviewing)

    def _hide_model(self, is_hidden: bool) -> None:
        """In a sitting that does not show the model at once, no list and no plane shows it either."""
        window = self._window
        window.worklist.hide_model(is_hidden)
        window.tabs.setTabEnabled(PLANE_TAB, not is_hidden)
        window.tabs.setTabToolTip(
            PLANE_TAB, tr("Not in a sitting in which the model is hidden") if is_hidden else ""
        )
        window.actions_by_name["plane_page"].setEnabled(not is_hidden)
        if is_hidden and window.tabs.currentIndex() == PLANE_TAB:
            window.tabs.setCurrentIndex(0)

    def _show_pause(self, is_paused: bool) -> None:
        window = self._window
        window.actions_by_name["pause"].setChecked(is_paused)
        window.tabs.setEnabled(not is_paused)
        window.right.setEnabled(not is_paused)
        if is_paused:
            window.messages.inform(tr("Paused: no time is counted. Choose Image, Pause to go on."))
        else:
            window.messages.clear()

    def _review(self, is_on: bool) -> None:
        """Open every reader's contours and decisions, or go back to the reader's own."""
        session = self._session
        if session is None:
            return
        session.is_reviewing = is_on
        self._window.viewer.set_names_visible(is_on)
        self._desk.review(is_on)
        self._hide_model(not is_on and self.arm is not Arm.SHOWN and not session.is_read_only)
        session.announce(Changes(everything=True))
        if is_on:
            self._window.messages.inform(
                tr(
                    "Review: the contours of all readers. What you draw now settles the image; theirs stay as they are."
                )
            )
