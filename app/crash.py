"""What happens when we are wrong: the log gets it all, the reader gets one dialog with details to copy."""

from __future__ import annotations

import faulthandler
import logging
import platform
import sys
import threading
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import IO

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QMessageBox

from app.translation import tr
from core.faults import describe

LOG_BYTES = 500_000
OLD_LOGS = 3
_logger = logging.getLogger("lesionloop")


class CrashHook(QObject):
    """Catches what nothing else caught, in every thread. `install` and `uninstall` come in pairs.

    Only tracebacks of our code and the type of the error are kept, never its text: a text may quote a
    file name or a value read from a file, and those may identify a patient.
    """

    _caught = Signal(str)

    def __init__(self, folder: Path, show: Callable[[str, Path], None] | None = None) -> None:
        super().__init__()
        self.log_path = folder / "lesionloop.log"
        self._show = show or show_crash
        self._is_showing = False
        self._handler: RotatingFileHandler | None = None
        self._fault_file: IO[str] | None = None
        self._had_faulthandler = False
        self._before = (sys.excepthook, threading.excepthook)
        self._caught.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Begin to catch."""
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        self._handler = RotatingFileHandler(
            self.log_path, maxBytes=LOG_BYTES, backupCount=OLD_LOGS, encoding="utf-8"
        )
        self._handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        _logger.addHandler(self._handler)
        self._fault_file = self.log_path.with_name("fault.log").open("w", encoding="utf-8")
        self._had_faulthandler = faulthandler.is_enabled()
        faulthandler.enable(self._fault_file)
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._catch
        threading.excepthook = self._catch_in_thread

    def uninstall(self) -> None:
        """Leave everything as it was before `install`."""
        sys.excepthook, threading.excepthook = self._before
        faulthandler.disable()
        if self._had_faulthandler:
            faulthandler.enable()
        if self._fault_file is not None:
            self._fault_file.close()
        if self._handler is not None:
            _logger.removeHandler(self._handler)
            self._handler.close()

    def _catch(self, kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        details = f"{_versions()}\n{describe(error)}"
        _logger.error("%s", details)
        self._caught.emit(details)

    def _catch_in_thread(self, caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            self._catch(caught.exc_type, caught.exc_value, caught.exc_traceback)

    def _tell(self, details: str) -> None:
        if self._is_showing:
            return  # one dialog at a time; the log has them all
        self._is_showing = True
        try:
            self._show(details, self.log_path)
        finally:
            self._is_showing = False


def show_crash(details: str, log_path: Path) -> None:
    """The one dialog: what it means for the reader's work, and what to send."""
    box = QMessageBox(QApplication.activeWindow())
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(tr("Something went wrong"))
    box.setText(
        tr(
            "Lesionloop made a mistake and could not finish the last action. Everything that was finished "
            "before is saved; you can go on working."
        )
    )
    box.setInformativeText(
        tr("If it happens again, please send the details. They are also in {log_path}.").format(
            log_path=log_path
        )
    )
    box.setDetailedText(details)
    copy = box.addButton(tr("Copy details"), QMessageBox.ButtonRole.ActionRole)
    copy.clicked.connect(lambda: QApplication.clipboard().setText(details))
    box.addButton("Go on", QMessageBox.ButtonRole.AcceptRole)
    box.exec()


def _versions() -> str:
    try:
        ours = version("lesionloop")
    except PackageNotFoundError:
        ours = "unknown"
    return f"Lesionloop {ours}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
