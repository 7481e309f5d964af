"""The window's front door: makes the application, opens the window on a project, and leaves nothing behind."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSocketNotifier, Signal
from PySide6.QtWidgets import QApplication

from app.crash import CrashHook
from app.main_window import MainWindow
from app.preferences import dress
from app.settings import Settings, log_folder
from app.workplace import Workplace


def run(project_folder: Path | None = None, *, read_only: bool = False) -> int:
    """Show the window on a project (or on none) until it is closed. Returns the exit code."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("lesionloop")
    application.setApplicationDisplayName("Lesionloop")
    hook = CrashHook(log_folder())
    hook.install()
    try:
        window = open_window(project_folder, read_only=read_only)
        with _polite_signals():
            code = application.exec()
        window.deleteLater()
        QApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)
        return code
    finally:
        hook.uninstall()


def open_window(project_folder: Path | None = None, *, read_only: bool = False) -> MainWindow:
    """A window on screen, with the project opened in it."""
    application, settings = QApplication.instance(), Settings()
    assert isinstance(application, QApplication)
    dress(application, settings)
    window = MainWindow()
    workplace = Workplace(window, settings)
    window.workplace = workplace
    window.show()
    if project_folder is not None:
        workplace.open_project(project_folder, read_only=read_only)
    return window


class _Wake(QObject):
    """Lets Python run its signal handlers while Qt waits: a byte arrives on a socket."""

    came = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._read, self._write = socket.socketpair()
        for end in (self._read, self._write):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._hear)
        self._before = signal.set_wakeup_fd(self._write.fileno())

    def close(self) -> None:
        """Give the signals back."""
        signal.set_wakeup_fd(self._before)
        self._notifier.setEnabled(False)
        self._read.close()
        self._write.close()

    def _hear(self) -> None:
        self._read.recv(64)
        self.came.emit()


@contextmanager
def _polite_signals() -> Iterator[None]:
    """Ctrl+C and a system that shuts down close the window as its own button does."""
    wake = _Wake()
    asked: list[int] = []
    wake.came.connect(lambda: QApplication.closeAllWindows() if asked else None)
    before = {
        number: signal.signal(number, lambda number, _frame: asked.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        wake.close()
