"""A question above the image that waits as long as it must: one sentence, two answers."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget


class QuestionBar(QFrame):
    """Hidden while there is nothing to ask.

    Signals: accepted (the first answer), refused (the second). The bar stays until what it asks is answered elsewhere
    or clear() is called.
    """

    accepted = Signal()
    refused = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.yes, self.no = QPushButton(), QPushButton()
        self.yes.clicked.connect(self.accepted)
        self.no.clicked.connect(self.refused)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 6)
        layout.setSpacing(8)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.yes)
        layout.addWidget(self.no)
        self.hide()

    @property
    def text(self) -> str:
        """The question on screen, or ''."""
        return "" if self.isHidden() else self._text.text()

    def ask(self, text: str, *, yes: str, no: str) -> None:
        """Show a question and its two answers."""
        self._text.setText(text)
        self.yes.setText(yes)
        self.no.setText(no)
        self.show()

    def clear(self) -> None:
        """There is nothing to ask."""
        self.hide()
