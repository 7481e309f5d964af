"""The probability plane: every image at (p malignant, p benign), as in the paper's Fig. 6."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import pyqtgraph
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app import theme
from app.worklist import LABEL_WORDS, image_name
from core.domain import ImageId, Label, Split
from storage.records import ImageRecord

POINT_PX = 11
OPEN_POINT_PX = 17
UNKNOWN_COLOUR = "#8a9097"


class PlaneSplit(StrEnum):
    """Which images are in the plane."""

    ALL = "All images"
    TRAIN = "Train"
    VALIDATION = "Validation"
    TEST = "Test"


class PlanePage(QWidget):
    """A scatter plot whose points open images.

    Signals:
        image_chosen: an ImageId, on a click.
    """

    image_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._records: Sequence[ImageRecord] = ()
        self._current: ImageId | None = None
        self.which = QComboBox()
        self.which.addItems([which.value for which in PlaneSplit])
        self.which.setAccessibleName("Which images are in the plane")
        self.which.currentTextChanged.connect(self._redraw)
        self.says = QLabel()
        self.says.setObjectName("dim")
        self.plot = _plane_plot()
        self.scatter = pyqtgraph.ScatterPlotItem(
            hoverable=True, tip=None, hoverPen=pyqtgraph.mkPen("w", width=2)
        )
        self.scatter.sigHovered.connect(self._tell)
        self.scatter.sigClicked.connect(self._choose)
        self.plot.addItem(self.scatter)
        self._arrange()

    def set_records(self, records: Sequence[ImageRecord]) -> None:
        """Show these images where they have been scored."""
        self._records = tuple(records)
        self._redraw()

    def set_current(self, image_id: ImageId | None) -> None:
        """Mark the open image."""
        if image_id != self._current:
            self._current = image_id
            self._redraw()

    def position_of(self, image_id: ImageId) -> QPointF | None:
        """Where an image's point is, in the plot widget's pixels; None if it is not shown."""
        for point in self.scatter.points():
            if point.data() == image_id:
                scene = self.plot.getViewBox().mapViewToScene(point.pos())
                return QPointF(self.plot.mapFromScene(scene))
        return None

    @property
    def shown(self) -> list[ImageId]:
        """The images in the plane."""
        return [point.data() for point in self.scatter.points()]

    def _arrange(self) -> None:
        line = QHBoxLayout()
        line.setContentsMargins(10, 6, 10, 0)
        line.addWidget(self.which)
        line.addWidget(_legend(), 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(line)
        layout.addWidget(self.plot, 1)
        self.says.setContentsMargins(12, 0, 12, 6)
        layout.addWidget(self.says)

    def _listed(self) -> list[ImageRecord]:
        splits = {
            PlaneSplit.ALL: tuple(Split),
            PlaneSplit.TRAIN: (Split.TRAIN,),
            PlaneSplit.VALIDATION: (Split.VALIDATION,),
            PlaneSplit.TEST: (Split.TEST,),
        }[PlaneSplit(self.which.currentText())]
        scored = [r for r in self._records if r.p_malignant is not None and r.p_benign is not None]
        return [record for record in scored if record.split in splits]

    def _redraw(self) -> None:
        listed = self._listed()
        listed.sort(key=lambda record: record.id == self._current)  # the open image lies on top
        self.scatter.setData(
            x=[record.p_malignant for record in listed],
            y=[record.p_benign for record in listed],
            data=[record.id for record in listed],
            brush=[pyqtgraph.mkBrush(_colour(record.label)) for record in listed],
            symbol=[_symbol(record.label) for record in listed],
            size=[_size(record, is_open=record.id == self._current) for record in listed],
            pen=[_pen(is_open=record.id == self._current) for record in listed],
        )
        self.says.setText(
            f"{len(listed)} of {len(self._records)} images. Point at one to read it, click to open it."
            if listed
            else "No image has been scored yet. Press Retrain."
        )

    def _tell(self, _item: object, points: Sequence[pyqtgraph.SpotItem], _event: object) -> None:
        ids = [point.data() for point in points]
        texts = [_tells(record) for record in self._records if record.id in ids]
        if texts:
            self.says.setText(
                "   |   ".join(texts[:3]) + (f"   and {len(texts) - 3} more" if len(texts) > 3 else "")
            )
            self.plot.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.plot.unsetCursor()

    def _choose(self, _item: object, points: Sequence[pyqtgraph.SpotItem], _event: object) -> None:
        if len(points):
            self.image_chosen.emit(points[0].data())


def _plane_plot() -> pyqtgraph.PlotWidget:
    plot = pyqtgraph.PlotWidget(background=theme.PLANE_GROUND)
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.setAspectLocked(True)
    plot.setRange(xRange=(0, 1), yRange=(0, 1), padding=0.04)
    plot.setLimits(xMin=-0.6, xMax=1.6, yMin=-0.3, yMax=1.3)
    for side, text in (("bottom", "p(malignant)"), ("left", "p(benign)")):
        axis = plot.getAxis(side)
        axis.setPen(theme.PLANE_INK)
        axis.setTextPen(theme.PLANE_INK)
        axis.setLabel(text, color=theme.PLANE_INK)
    plot.showGrid(x=True, y=True, alpha=0.15)
    return plot


def _legend() -> QLabel:
    signs = {
        Label.NORMAL: "&#9679;",
        Label.BENIGN: "&#9632;",
        Label.MALIGNANT: "&#9650;",
        Label.BOTH: "&#9670;",
    }
    parts = [
        f"<span style='color:{theme.LABEL_COLOURS[label]}'>{sign}</span>"
        f"<span style='color:{theme.PLANE_INK}'> {label.value} {LABEL_WORDS[label]}</span>"
        for label, sign in signs.items()
    ]
    legend = QLabel(" &nbsp;&nbsp; ".join(parts))
    legend.setStyleSheet(f"background: {theme.PLANE_GROUND}; padding: 4px 10px; border-radius: 4px;")
    legend.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return legend


def _colour(label: Label | None) -> str:
    return UNKNOWN_COLOUR if label is None else theme.LABEL_COLOURS[label]


def _symbol(label: Label | None) -> str:
    return "x" if label is None else theme.LABEL_SYMBOLS[label]


def _size(record: ImageRecord, *, is_open: bool) -> float:
    size = OPEN_POINT_PX if is_open else POINT_PX
    return size * (1.35 if record.label is Label.BOTH else 1.0)  # a diamond fills less of its square


def _pen(*, is_open: bool) -> object:
    return pyqtgraph.mkPen("#e07b00" if is_open else "#f2f4f6", width=3 if is_open else 1)


def _tells(record: ImageRecord) -> str:
    return (
        f"{image_name(record)}, {LABEL_WORDS[record.label]}, {record.split.value}: "
        f"p(M) {record.p_malignant:.2f}, p(B) {record.p_benign:.2f}"
    )
