"""The line under the wall: how many images the study has, and those that do not hang, one button each."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.hanging import Hanging, is_unplaced
from app.translation import tr
from app.worklist import view_name
from storage.records import ImageRecord


class StudyStrip(QWidget):
    """Hidden where the study has one image only.

    Signals:
        image_chosen: the ImageId of an image that does not hang.
    """

    image_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = QLabel()
        self._buttons: list[QPushButton] = []
        self._room = QHBoxLayout(self)
        self._room.setContentsMargins(8, 3, 8, 3)
        self._room.setSpacing(6)
        self._room.addWidget(self._words)
        self._room.addStretch(1)
        self.setAccessibleName(tr("Images of the study"))
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._words.text()

    @property
    def buttons(self) -> list[QPushButton]:
        """One for each image that does not hang."""
        return list(self._buttons)

    def show_hanging(self, hanging: Hanging | None) -> None:
        """Show what is left beside a wall."""
        for button in self._buttons:
            self._room.removeWidget(button)
            button.deleteLater()
        self._buttons = [] if hanging is None else [self._button(image) for image in hanging.rest]
        for i, button in enumerate(self._buttons):
            self._room.insertWidget(1 + i, button)
        self._words.setText("" if hanging is None else hanging.text)
        self.setVisible(hanging is not None and len(hanging.images) + len(hanging.rest) > 1)

    def _button(self, image: ImageRecord) -> QPushButton:
        button = QPushButton(view_name(image))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        told = (
            tr("Its side or view is not known, so it hangs alone.") if is_unplaced(image) else tr("Open it.")
        )
        button.setToolTip(f"{image.name}. {told}")
        button.setAccessibleName(tr("Open {image}").format(image=image.name))
        button.clicked.connect(lambda _checked=False: self.image_chosen.emit(image.id))
        return button
