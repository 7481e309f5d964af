"""Beside the plane: the confusion matrix, the ROC and FROC curves, and the operating point that they share."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.choice import Choice
from app.plane.confusion_table import ConfusionTable
from app.plane.curve_plot import CurvePlot
from app.translation import tr
from core.domain import Split
from core.metrics import OPERATING_SENSITIVITY, RocCurve
from core.plane import FrocPoints, OperatingPoint

FARTHEST_FPPI = 5.0  # where the FROC's axis ends at the latest
MEASURED = (
    ("test images", Split.TEST),
    ("validation images", Split.VALIDATION),
    ("training images", Split.TRAIN),
)


class SidePanel(QScrollArea):
    """What the points amount to.

    Signals:
        threshold_chosen: p(y_M = 1) from which an image is called.
        region_threshold_chosen: score from which a region is shown.
        usual_asked: back to the operating point of the paper.
        split_chosen: a Split or None, what is measured on.
        cell_chosen: row and column of the confusion.
        froc_asked: FROC is in sight and needs its regions.
    """

    threshold_chosen = Signal(float)
    region_threshold_chosen = Signal(float)
    usual_asked = Signal()
    split_chosen = Signal(object)
    cell_chosen = Signal(int, int)
    froc_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.measured = Choice[Split | None](
            tr("Images that are measured on"), [*MEASURED, (tr("all images"), None)]
        )
        self.calibration = QLabel()
        self.calibration.setWordWrap(True)
        self.calibration.setObjectName("dim")
        self.threshold = QDoubleSpinBox()
        self.threshold.setRange(0.0, 1.0)
        self.threshold.setDecimals(4)
        self.threshold.setSingleStep(0.01)
        self.threshold.setKeyboardTracking(False)
        self.threshold.setAccessibleName(tr("Probability of malignancy from which an image is called"))
        self.threshold.setToolTip(tr("Images at this p(malignant) or above are called malignant"))
        self.usual = QPushButton(
            tr("At {operating_sensitivity:.0%} sensitivity").format(
                operating_sensitivity=OPERATING_SENSITIVITY
            )
        )
        self.usual.setToolTip(tr("The paper's operating point: the highest threshold that reaches it"))
        self.readout = QLabel()
        self.readout.setWordWrap(True)
        self.confusion = ConfusionTable()
        self.roc = CurvePlot(tr("ROC curve"), across=tr("1 - specificity"), up=tr("sensitivity"))
        self.froc = CurvePlot(
            tr("FROC curve"), across=tr("false positive regions a called image"), up=tr("sensitivity")
        )
        self.froc_says = QLabel()
        self.froc_says.setObjectName("dim")
        self.froc_says.setWordWrap(True)
        self.tabs = QTabWidget()
        self._roc_curve: RocCurve | None = None
        self._froc_curve: FrocPoints | None = None
        self._arrange()
        self._connect()

    @property
    def is_froc_shown(self) -> bool:
        """Whether the FROC curve is in sight."""
        return self.tabs.currentIndex() == 2 and self.isVisible()

    def show_roc(self, curve: RocCurve | None) -> None:
        """Show a curve, or say that there is none."""
        self._roc_curve = curve
        if curve is None:
            self.roc.show_nothing(
                tr("No ROC curve: it needs scored images that are malignant, and others that are not.")
            )
        else:
            self.roc.show_curve(1.0 - curve.specificity, curve.sensitivity, right=1.0, has_diagonal=True)

    def show_froc(self, curve: FrocPoints | None, *, region_threshold: float | None, says: str) -> None:
        """Show a curve and its point; without one, `says` tells why."""
        self._froc_curve = curve
        self.froc_says.setText(says if curve is not None else "")
        if curve is None:
            self.froc.show_nothing(says)
            return
        right = float(min(max(curve.fppi[-1], 1.0), FARTHEST_FPPI))
        self.froc.show_curve(curve.fppi, curve.sensitivity, right=right)
        index = curve.index_within(1.0) if region_threshold is None else curve.index_at(region_threshold)
        self.froc.show_index(index)

    def show_point(self, point: OperatingPoint | None) -> None:
        """Say what the operating point does."""
        self.threshold.setEnabled(point is not None)
        self.usual.setEnabled(point is not None)
        if point is None:
            self.readout.setText(tr("No image of this choice has been scored."))
            return
        self.threshold.blockSignals(True)
        self.threshold.setValue(point.threshold)
        self.threshold.blockSignals(False)
        self.readout.setText(_readout(point, self._froc_text()))
        if self._roc_curve is not None:
            reached = np.flatnonzero(self._roc_curve.threshold >= point.threshold)
            self.roc.show_index(int(reached[-1]))

    def _froc_text(self) -> str:
        curve = self._froc_curve
        if curve is None:
            return ""
        index = self.froc.index
        return tr(
            "FROC: sensitivity {sensitivity:.3f} at {fppi:.2f} FPPI (regions from {threshold:.3f})"
        ).format(
            sensitivity=curve.sensitivity[index], fppi=curve.fppi[index], threshold=curve.threshold[index]
        )

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.addRow(tr("Measured on"), self.measured)
        form.addRow(tr("Called from p(M)"), self.threshold)
        froc = QWidget()
        inside = QVBoxLayout(froc)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.froc, 1)
        inside.addWidget(self.froc_says)
        self.tabs.addTab(self.confusion, tr("Confusion"))
        self.tabs.addTab(self.roc, "ROC")
        self.tabs.addTab(froc, "FROC")
        self.tabs.setDocumentMode(True)
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.setSpacing(6)
        layout.addLayout(form)
        layout.addWidget(self.usual)
        layout.addWidget(self.readout)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.calibration)
        self.setWidget(whole)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumHeight(160)

    def _connect(self) -> None:
        self.threshold.valueChanged.connect(self.threshold_chosen)
        self.usual.clicked.connect(self.usual_asked)
        self.measured.currentIndexChanged.connect(lambda: self.split_chosen.emit(self.measured.chosen))
        self.confusion.cell_chosen.connect(self.cell_chosen)
        self.roc.moved.connect(self._move_on_roc)
        self.froc.moved.connect(self._move_on_froc)
        self.tabs.currentChanged.connect(self._ask_froc)

    def _ask_froc(self) -> None:
        if self.tabs.currentIndex() == 2:
            self.froc_asked.emit()

    def _move_on_roc(self, index: int) -> None:
        if self._roc_curve is not None:
            self.threshold_chosen.emit(float(min(self._roc_curve.threshold[index], 1.0)))

    def _move_on_froc(self, index: int) -> None:
        if self._froc_curve is not None:
            self.region_threshold_chosen.emit(float(self._froc_curve.threshold[index]))


def _readout(point: OperatingPoint, froc: str) -> str:
    total = point.positive + point.negative
    parts = [tr("{called:,} of {total:,} images called").format(called=point.called, total=total)]
    if point.sensitivity is not None:
        parts.append(
            tr("sensitivity {sensitivity:.3f} ({true_positive:,} of {positive:,})").format(
                sensitivity=point.sensitivity, true_positive=point.true_positive, positive=point.positive
            )
        )
    if point.specificity is not None:
        parts.append(tr("specificity {specificity:.3f}").format(specificity=point.specificity))
    return ", ".join(parts) + (f".\n{froc}" if froc else ".")
