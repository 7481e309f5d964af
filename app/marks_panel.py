"""What the model marks on the open image: a list of its boxes, or the reason why there is none. Never silence."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from app.training_panel import when
from app.translation import tr
from app.viewer.model_overlay import LEAST_SCORE, RankedBox
from core.domain import Arm, FindingClass
from storage.records import ModelRecord

ROWS = 4  # shown at once; more scroll


class MarksPanel(QWidget):
    """The model's boxes on one image.

    Signals:
        mark_chosen: a RankedBox that the reader wants to look at.
        newer_requested: the reader wants the view of the model that is in use by now.
    """

    mark_chosen = Signal(object)
    newer_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._boxes: list[RankedBox] = []
        self._whose = QLabel()
        self._whose.setObjectName("dim")
        self._whose.setWordWrap(True)
        self._list = QListWidget()
        self._list.setAccessibleName(tr("Boxes of the model on this image"))
        self._newer = QPushButton()
        self._newer.hide()
        self._list.itemClicked.connect(self._choose)
        self._list.itemActivated.connect(self._choose)
        self._newer.clicked.connect(self.newer_requested)
        heading = QLabel(tr("What the model marks"))
        heading.setObjectName("heading")
        room = QVBoxLayout(self)
        room.setContentsMargins(0, 0, 0, 0)
        room.setSpacing(4)
        for widget in (heading, self._whose, self._list, self._newer):
            room.addWidget(widget)
        self.show_marks(None, None)

    @property
    def text(self) -> str:
        """What is said about the model and its boxes."""
        return self._whose.text()

    @property
    def rows(self) -> list[str]:
        """The lines of the list."""
        return [self._list.item(i).text() for i in range(self._list.count())]

    def show_hidden(self, arm: Arm = Arm.HIDDEN) -> None:
        """The model is not to be seen on this image yet."""
        if arm is Arm.ON_REQUEST:
            self._show(tr("The model is shown on request."), [])
        else:
            self._show(tr("The model is hidden until you have decided about this image."), [])
        self._newer.hide()

    def show_marks(
        self,
        model: ModelRecord | None,
        boxes: Sequence[RankedBox] | None,
        *,
        newer: ModelRecord | None = None,
    ) -> None:
        """boxes: the best ones of both classes; None where the model has not scored the image.

        newer: the model that came into use while the image was open.
        """
        if model is None:
            self._show(tr("No model yet: nothing is scored."), [])
        elif boxes is None:
            self._show(
                tr("Model {number}, {date}: not scored.").format(
                    number=model.id, date=when(model.created_at)
                ),
                [],
            )
        else:
            said = tr("Model {number}, {date}").format(number=model.id, date=when(model.created_at))
            if not boxes:
                said = tr("{model}: every region is below the threshold of {least}.").format(
                    model=said, least=LEAST_SCORE
                )
            self._show(said, boxes)
        self._newer.setVisible(newer is not None)
        if newer is not None:
            self._newer.setText(tr("Show what model {number} marks").format(number=newer.id))

    def _show(self, said: str, boxes: Sequence[RankedBox]) -> None:
        self._whose.setText(said)
        ordered = sorted(boxes, key=lambda box: (box.finding_class is not FindingClass.MALIGNANT, box.rank))
        self._boxes = ordered
        self._list.clear()
        for box in ordered:
            row = QListWidgetItem(box.row)
            row.setToolTip(tr("d = p_cls x p_det (Eq. 13). Press to look at it."))
            self._list.addItem(row)
        self._list.setVisible(bool(ordered))
        height = self._list.sizeHintForRow(0) if ordered else 0
        frame = 2 * self._list.frameWidth()
        self._list.setFixedHeight(min(len(ordered), ROWS) * height + frame)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _choose(self, item: QListWidgetItem) -> None:
        self.mark_chosen.emit(self._boxes[self._list.row(item)])
