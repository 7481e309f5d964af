"""The quiet bar above the image: what happened, in one sentence, without stopping the reader."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.translation import tr, tr_data

INFORMATION_MS = 15_000


class MessageKind(StrEnum):
    """What was done, or what was not done and why."""

    INFORMATION = "information"
    WARNING = "warning"


class MessageBar(QFrame):
    """One message at a time; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message")
        self._details = ""
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._copy = QPushButton(tr("Copy details"))
        self._copy.setObjectName("flat")
        self._copy.clicked.connect(self._copy_details)
        close = QPushButton(tr("Close"))
        close.setObjectName("flat")
        close.clicked.connect(self.clear)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 5, 6, 5)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._copy)
        layout.addWidget(close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.clear)
        self.hide()

    @property
    def text(self) -> str:
        """The message on screen, or ''."""
        return "" if self.isHidden() else self._text.text()

    @property
    def details(self) -> str:
        """What 'Copy details' copies, or ''."""
        return self._details

    def inform(self, text: str) -> None:
        """Say what was done; leaves after a while."""
        self._show(text, MessageKind.INFORMATION, details="")
        self._timer.start(INFORMATION_MS)

    def report(self, text: str) -> None:
        """Say how long work ended; stays, for the reader may be looking elsewhere."""
        self._show(text, MessageKind.INFORMATION, details="")

    def warn(self, text: str, *, details: str = "") -> None:
        """Say what was not done and why; stays until closed or replaced."""
        self._show(text, MessageKind.WARNING, details=details)

    def clear(self) -> None:
        """Take the message away."""
        self._timer.stop()
        self.hide()

    def _show(self, text: str, kind: MessageKind, *, details: str) -> None:
        self._details = details
        self._text.setText(tr_data(text))
        self._copy.setVisible(bool(details))
        self.setProperty("kind", kind.value)
        self.style().unpolish(self)
        self.style().polish(self)
        self.show()
        self._timer.stop()

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(f"{self._text.text()}\n\n{self._details}")
