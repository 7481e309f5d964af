"""Questions about projects: a new one, an open one elsewhere, and who reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.choice import Choice
from app.translation import tr
from core.domain import Arm
from storage.records import SplitSettings


class FolderField(QWidget):
    """A path with a button to look for it. `is_file`: a file of this kind instead of a folder."""

    def __init__(self, *, title: str, is_file: bool = False, kinds: str = "", hint: str = "") -> None:
        super().__init__()
        self._title, self._is_file, self._kinds = title, is_file, kinds
        self.text = QLineEdit()
        self.text.setPlaceholderText(hint)
        self.text.setAccessibleName(title)
        self.browse = QPushButton(tr("Browse..."))
        self.browse.clicked.connect(self._browse)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.browse)

    @property
    def path(self) -> Path | None:
        """The path named, None while empty."""
        text = self.text.text().strip()
        return Path(text).expanduser() if text else None

    def _browse(self) -> None:
        before = str(self.path or Path.home())
        if self._is_file:
            chosen, _ = QFileDialog.getOpenFileName(self, self._title, before, self._kinds)
        else:
            chosen = QFileDialog.getExistingDirectory(self, self._title, before)
        if chosen:
            self.text.setText(chosen)


class NewProjectDialog(QDialog):
    """Where a new project shall lie, and how its patients are dealt to training, validation and test."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("New project"))
        self.setMinimumWidth(560)
        defaults = SplitSettings()
        self.folder = FolderField(title=tr("Folder of the new project"), hint=tr("a new or empty folder"))
        self.test = _percent(defaults.test_fraction)
        self.validation = _percent(defaults.validation_fraction)
        self.seed = QSpinBox()
        self.seed.setRange(0, 999_999)
        self.seed.setValue(defaults.seed)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setText(tr("Make project"))
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._arrange()
        for signal in (self.folder.text.textChanged, self.test.valueChanged, self.validation.valueChanged):
            signal.connect(self._allow)
        self._allow()

    @property
    def splits(self) -> SplitSettings:
        """How patients are dealt."""
        return SplitSettings(
            seed=self.seed.value(),
            test_fraction=self.test.value() / 100,
            validation_fraction=self.validation.value() / 100,
        )

    def _allow(self) -> None:
        leaves_some = self.test.value() + self.validation.value() < 100
        allowed = self.folder.path is not None and leaves_some
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(allowed)

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight)
        form.addRow(tr("Folder"), self.folder)
        form.addRow(tr("Test patients"), self.test)
        form.addRow(tr("Validation patients"), self.validation)
        form.addRow(tr("Seed of the dealing"), self.seed)
        note = QLabel(
            tr(
                "Test patients are never trained on. Patients are dealt whole, once, when they are imported. "
                "Your images stay where they are."
            )
        )
        note.setObjectName("dim")
        note.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.addLayout(form)
        layout.addWidget(note)
        layout.addWidget(self._buttons)


ARM_WORDS = {
    Arm.SHOWN: "shown from the start",
    Arm.ON_REQUEST: "shown on request (Ctrl+H)",
    Arm.HIDDEN: "hidden until you have decided about the image",
}


class ReaderDialog(QDialog):
    """Who reads at this desk. There is no password: it is a name beside each contour, not a lock."""

    def __init__(
        self,
        before: str,
        parent: QWidget | None = None,
        *,
        known: Sequence[str] = (),
        arm: Arm = Arm.SHOWN,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Reader"))
        self.setMinimumWidth(380)
        self.name = QLineEdit(before)
        self.name.setPlaceholderText(tr("your name or initials"))
        self.name.setMaxLength(60)
        self.name.setAccessibleName(tr("Reader's name"))
        completer = QCompleter(list(known), self.name)
        completer.setCompletionMode(QCompleter.CompletionMode.InlineCompletion)  # a list would take the Enter
        self.name.setCompleter(completer)
        self.name.returnPressed.connect(self._accept_name)
        self.arm = Choice(
            tr("What is shown of the model"), [(text, each) for each, text in ARM_WORDS.items()]
        )
        self.arm.choose(arm)
        text = QLabel(
            tr(
                "Who is reading? The name is kept with every contour and decision. There is no password: it says "
                "whose work this is, and keeps nobody out."
            )
        )
        text.setWordWrap(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.name.textChanged.connect(self._allow)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.addWidget(text)
        layout.addWidget(self.name)
        layout.addSpacing(8)
        layout.addWidget(QLabel(tr("The model is")))
        layout.addWidget(self.arm)
        layout.addSpacing(8)
        layout.addWidget(buttons)
        self._allow()

    @property
    def reader(self) -> str:
        """The name given."""
        return self.name.text().strip()

    def _allow(self) -> None:
        self._ok.setEnabled(bool(self.reader))

    def _accept_name(self) -> None:
        """One Enter, with a name that was completed too; Qt would want two."""
        if self.reader and self.isVisible():
            self.accept()


def ask_read_only(sentence: str, parent: QWidget | None = None) -> bool:
    """Tell why a project cannot be opened for writing, and offer to look at it only."""
    box = QMessageBox(parent)
    box.setObjectName("ask_read_only")
    box.setIcon(QMessageBox.Icon.Information)
    box.setWindowTitle(tr("Open project"))
    box.setText(sentence)
    look = box.addButton(tr("Open read-only"), QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.exec()
    return box.clickedButton() is look


def _percent(fraction: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setDecimals(0)
    box.setRange(0, 90)
    box.setSuffix(" %")
    box.setValue(fraction * 100)
    return box
