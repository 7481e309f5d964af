"""The card beside the pointer: a small picture of the image, and its numbers."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

GAP = 16  # pixels between the point and the card


class HoverCard(QFrame):
    """Lies over the canvas and lets the mouse through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.picture = QLabel()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.picture)
        layout.addWidget(self.text)
        self.hide()

    def show_at(self, place: QPoint, text: str, picture: QImage | None) -> None:
        """Show beside a place of the parent, inside it."""
        self.text.setText(text)
        self.show_picture(picture)
        self._put(place)
        self.show()
        self.raise_()

    def show_picture(self, picture: QImage | None, *, says: str = "") -> None:
        """Put in the picture when it has come; or say why there is none."""
        if picture is None:
            self.picture.setPixmap(QPixmap())
            self.picture.setText(says)
            self.picture.setVisible(bool(says))
        else:
            self.picture.setPixmap(QPixmap.fromImage(picture))
            self.picture.show()
        self.picture.setWordWrap(bool(says))
        self.adjustSize()
        self._put(self._place)

    _place = QPoint(0, 0)

    def _put(self, place: QPoint) -> None:
        self._place = place
        self.adjustSize()
        around = self.parentWidget().rect()
        box = QRect(place + QPoint(GAP, GAP), self.size())
        if box.right() > around.right():
            box.moveRight(place.x() - GAP)
        if box.bottom() > around.bottom():
            box.moveBottom(place.y() - GAP)
        self.move(max(box.left(), 0), max(box.top(), 0))
