"""The demo from the window: makes synthetic mammograms beside it, then a project to import them into."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.background import Background
from app.project_dialog import FolderField
from app.translation import tr
from core.errors import UserError

if TYPE_CHECKING:
    from core.phantom import Cohort

IMAGES = 60


class DemoDialog(QDialog):
    """Makes a cohort of synthetic mammograms. Accepted once `cohort` is there."""

    _told = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cohort: Cohort | None = None
        self._background = Background(self)
        self._stop = threading.Event()
        self._is_running = False
        self.setWindowTitle(tr("Make the demo"))
        self.setMinimumWidth(580)
        self.folder = FolderField(title=tr("Folder of the demo"), hint=tr("a new or empty folder"))
        self.folder.text.setText(str(platformdirs.user_documents_path() / "lesionloop-demo"))
        self.images = QSpinBox()
        self.images.setRange(8, 400)
        self.images.setSingleStep(4)
        self.images.setValue(IMAGES)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.hide()
        self.says = QLabel()
        self.says.setWordWrap(True)
        self.start = QPushButton(tr("Make the demo"))
        self.start.setObjectName("primary")
        self.cancel = QPushButton(tr("Cancel"))
        self._arrange()
        self.start.clicked.connect(self._begin)
        self.cancel.clicked.connect(self.reject)
        self._told.connect(self._show_progress, Qt.ConnectionType.QueuedConnection)

    @property
    def project_folder(self) -> Path:
        """Where the demo's project shall lie."""
        return self._chosen / "project"

    def reject(self) -> None:
        """Stop what runs and close."""
        self._put_away()
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop what runs and close."""
        self._put_away()
        event.accept()

    @property
    def _chosen(self) -> Path:
        return self.folder.path or Path()

    def _begin(self) -> None:
        folder = self._chosen
        if self._is_running or self.folder.path is None:
            return
        try:
            if folder.exists() and any(folder.iterdir()):
                raise UserError(
                    tr("{folder} holds other files. Choose a new or empty folder.").format(folder=folder.name)
                )
        except (UserError, OSError) as error:
            self.says.setText(str(error))
            return
        self._is_running = True
        self.start.setEnabled(False)
        self.folder.setEnabled(False)
        self.images.setEnabled(False)
        self.progress.show()
        self.says.setText(tr("Drawing synthetic mammograms ..."))
        make = partial(_make, folder / "cohort", images=self.images.value(), tell=self._tell, stop=self._stop)
        self._background.run(make, done=self._done, failed=self._failed)

    def _tell(self, done: int, total: int) -> None:
        self._told.emit(done, total)

    def _show_progress(self, done: int, total: int) -> None:
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        self.says.setText(tr("Drawing synthetic mammogram {done} of {total}").format(done=done, total=total))

    def _done(self, cohort: Cohort) -> None:
        self.cohort = cohort
        self._background.close()
        self.accept()

    def _failed(self, text: str) -> None:
        self._is_running = False
        self.progress.hide()
        for widget in (self.start, self.folder, self.images):
            widget.setEnabled(True)
        self.says.setText(text)

    def _put_away(self) -> None:
        self._stop.set()
        self._background.close()

    def _arrange(self) -> None:
        note = QLabel(
            tr(
                "The demo is synthetic: computed pictures with the parts of a mammogram, not anyone's. No number "
                "seen on it says anything about real breasts. It takes about a second an image."
            )
        )
        note.setObjectName("dim")
        note.setWordWrap(True)
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight)
        form.addRow(tr("Folder"), self.folder)
        form.addRow(tr("Images"), self.images)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.start)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.addWidget(note)
        layout.addLayout(form)
        layout.addWidget(self.says)
        layout.addWidget(self.progress)
        layout.addLayout(buttons)


def _make(folder: Path, *, images: int, tell: Callable[[int, int], None], stop: threading.Event) -> Cohort:
    from core.phantom import make_cohort  # in the thread: what draws images takes a moment to load

    def progress(done: int, total: int) -> None:
        if stop.is_set():
            raise UserError(tr("The demo was not finished."))
        tell(done, total)

    try:
        return make_cohort(folder, images=images, progress=progress)
    except OSError as error:
        raise UserError(
            tr("The demo cannot be made: {value}.").format(
                value=error.strerror or "its folder cannot be written"
            )
        ) from error
