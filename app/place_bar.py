"""The question which side and view an image shows, above an image whose file does not tell."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.hanging import is_unplaced
from app.translation import tr
from core.domain import Laterality, View
from storage.records import ImageRecord

PLACES = (
    (Laterality.RIGHT, View.CC),
    (Laterality.LEFT, View.CC),
    (Laterality.RIGHT, View.MLO),
    (Laterality.LEFT, View.MLO),
)


class PlaceBar(QFrame):
    """Hidden where side and view are known, and where nothing may be changed.

    Signals:
        placed: the Laterality and the View that the reader sees.
    """

    placed = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message")
        self._text = QLabel(tr("The file does not tell side and view of this image. Which are they?"))
        self._text.setWordWrap(True)
        self.buttons = []
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 6)
        layout.setSpacing(8)
        layout.addWidget(self._text, 1)
        for side, view in PLACES:
            button = QPushButton(f"{side.value} {view.value}")
            button.setAccessibleName(tr("This image is {place}").format(place=button.text()))
            button.clicked.connect(lambda _checked=False, side=side, view=view: self.placed.emit(side, view))
            layout.addWidget(button)
            self.buttons.append(button)
        self.hide()

    def show_image(self, record: ImageRecord | None, *, is_allowed: bool) -> None:
        """Ask about an image, where there is something to ask."""
        self.setVisible(record is not None and is_allowed and not record.failure and is_unplaced(record))
