"""What the reader says about the open image: a decision on the whole, and the list of findings."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.choice import Choice
from app.finding_details import FindingDetails
from app.translation import tr, tr_data
from app.worklist import LABEL_WORDS, image_name
from core.domain import BIRADS, Decision, Finding, FindingClass, FindingId, FindingType
from storage.records import ImageRecord

TYPE_WORDS = {
    FindingType.UNSPECIFIED: "unspecified",
    FindingType.MASS: "mass",
    FindingType.CALCIFICATION: "calcification",
    FindingType.DISTORTION: "distortion",
    FindingType.ASYMMETRY: "asymmetry",
    FindingType.OTHER: "other",
}
REASONS = {
    Decision.SKIPPED: ("not sure", "other views are needed", "a prior study is needed", "implant", "later"),
    Decision.UNREADABLE: ("motion blur", "positioning", "artefact", "exposure", "not a mammogram"),
}
NUMBER, CLASS, TYPE, BIRADS_COLUMN = range(4)
DRAW_HINT = "No contours yet. Choose a drawing tool and draw around a lesion."


class FindingsPanel(QWidget):
    """Decision and findings of one image.

    Signals:
        decision_requested: a Decision, or None to take it back.
        next_requested: the reader is done with the image and wants the next.
        class_changed: FindingId, FindingClass.
        type_changed: FindingId, FindingType.
        finding_selected: a FindingId or None.
        delete_requested: a FindingId.
        birads_changed: FindingId, category or ''.
        assessed: the category of the whole image, or ''.
        reason_given: why the image is skipped or cannot be used.
    Of the selected finding more is said in `details`.
    """

    decision_requested = Signal(object)
    next_requested = Signal()
    class_changed = Signal(object, object)
    type_changed = Signal(object, object)
    finding_selected = Signal(object)
    delete_requested = Signal(object)
    birads_changed = Signal(object, str)
    assessed = Signal(str)
    reason_given = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._findings: list[Finding] = []
        self._is_filling = False
        self._shows_model = True
        self._is_allowed = False
        self.is_calibrated = False  # whether the probabilities of the model in use are
        self.caption = QLabel()
        self.caption.setWordWrap(True)
        self.caption.setTextFormat(Qt.TextFormat.RichText)
        self.nothing = _decision_button(
            tr("Nothing to draw"), tr("You looked, and there is nothing malignant to draw")
        )
        self.skip = _decision_button(tr("Skip"), tr("Leave this image undecided; it is not listed again"))
        self.unusable = _decision_button(
            tr("Unusable"), tr("This image cannot be read and is not to be learned from; say why")
        )
        self._decisions = {
            Decision.NOTHING_TO_DRAW: self.nothing,
            Decision.SKIPPED: self.skip,
            Decision.UNREADABLE: self.unusable,
        }
        self.reason = QComboBox()
        self.reason.setEditable(True)
        self.reason.setAccessibleName(tr("Why"))
        self.reason.lineEdit().setPlaceholderText(tr("Why?"))
        self.reason.hide()
        self.birads = Choice(tr("BI-RADS of this image"), _categories())
        self.birads.setToolTip(tr("BI-RADS category of this image"))
        self.details = FindingDetails()
        self.readers = QLabel()
        self.readers.setWordWrap(True)
        self.readers.setAccessibleName(tr("What the readers say of this image"))
        self.readers.hide()
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        for button in self._decisions.values():
            self._group.addButton(button)
        self.done = QPushButton(tr("Done, next"))
        self.done.setToolTip(tr("Keep this image as annotated and open the next one"))
        self.table = _findings_table()
        self.delete = QPushButton(tr("Delete"))
        self.delete.setToolTip(tr("Delete the selected finding; it can be undone"))
        self.hint = QLabel()
        self.hint.setObjectName("dim")
        self.hint.setWordWrap(True)
        self._arrange()
        self._connect()
        self.show_image(None, [], is_allowed=False)

    @property
    def selected(self) -> FindingId | None:
        """The selected finding."""
        row = self.table.currentRow()
        return self._findings[row].id if 0 <= row < len(self._findings) and self._is_selected() else None

    def show_image(
        self,
        record: ImageRecord | None,
        findings: Sequence[Finding],
        *,
        is_allowed: bool,
        birads: str = "",
        shows_model: bool = True,
    ) -> None:
        """Show another image, or the open one's new state; the selected finding stays selected.

        birads: the reader's category of the image. shows_model: whether the model's probability may be seen.
        """
        selected = self.selected
        self._shows_model = shows_model
        self.birads.choose(birads)
        self.birads.setEnabled(record is not None and is_allowed)
        self._is_allowed = is_allowed
        self._show_record(record)
        self._fill(findings)
        self.select(selected)

    def show_readers(self, lines: Sequence[str]) -> None:
        """What all readers say of the image, in the review; nothing otherwise."""
        self.readers.setText("\n".join(lines))
        self.readers.setVisible(bool(lines))

    def select(self, finding_id: FindingId | None) -> None:
        """Select a finding without telling anyone."""
        rows = [row for row, finding in enumerate(self._findings) if finding.id == finding_id]
        self._is_filling = True
        self.table.setCurrentCell(rows[0], NUMBER) if rows else self.table.setCurrentCell(-1, -1)
        self._is_filling = False
        self.delete.setEnabled(bool(rows) and self._is_allowed)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A choice of a row that gets the keyboard selects its finding."""
        if event.type() is QEvent.Type.FocusIn and not self._is_filling:
            for row in range(self.table.rowCount()):
                if any(
                    self.table.cellWidget(row, column) is watched for column in (CLASS, TYPE, BIRADS_COLUMN)
                ):
                    self.table.setCurrentCell(row, NUMBER)
        return super().eventFilter(watched, event)

    def _show_record(self, record: ImageRecord | None) -> None:
        if record is None:
            self.caption.setText(tr("No image is open"))
        else:
            label = tr_data(LABEL_WORDS[record.label])
            text = tr("<b>{image_name}</b> &middot; label: {label} &middot; {split} set").format(
                image_name=image_name(record), label=label, split=tr_data(record.split.value)
            )
            if record.p_malignant is not None and self._shows_model:
                how = tr("calibrated") if self.is_calibrated else tr("not calibrated")
                text += f"<br><span style='color:{theme.colours.dim_text}'>p(malignant) {record.p_malignant:.2f}, {how}</span>"
            self.caption.setText(text)
        decision = None if record is None else record.decision
        for which, button in self._decisions.items():
            button.setChecked(decision is which)
            button.setEnabled(record is not None and self._is_allowed)
        self.done.setEnabled(record is not None)
        self._show_reason(decision, "" if record is None else record.decision_reason)

    def _show_reason(self, decision: Decision | None, reason: str) -> None:
        reasons = REASONS.get(decision, ()) if decision is not None else ()
        self.reason.setVisible(bool(reasons))
        if self.reason.lineEdit().hasFocus() and reasons == self._reasons():
            return
        self.reason.blockSignals(True)
        self.reason.clear()
        self.reason.addItems([tr_data(each) for each in reasons])
        self.reason.setCurrentText(reason)
        if not reason:
            self.reason.setCurrentIndex(-1)
        self.reason.setEnabled(self._is_allowed)
        self.reason.blockSignals(False)

    def _reasons(self) -> tuple[str, ...]:
        return tuple(self.reason.itemText(i) for i in range(self.reason.count()))

    def _fill(self, findings: Sequence[Finding]) -> None:
        """The rows; those of the same findings stay, so that the keyboard stays where it is."""
        self._is_filling = True
        is_same = [finding.id for finding in findings] == [finding.id for finding in self._findings]
        self._findings = list(findings)
        if not is_same:
            self.table.setRowCount(0)
            self.table.setRowCount(len(self._findings))
        for row, finding in enumerate(self._findings):
            if not is_same:
                self._make_row(row, finding.id)
            self._fill_row(row, finding)
        self._is_filling = False
        self.hint.setVisible(not self._findings)
        self.hint.setText(tr_data(DRAW_HINT) if self._is_allowed else tr("No contours."))

    def _make_row(self, row: int, finding_id: FindingId) -> None:
        classes = Choice(tr("Class"), [(which.value, which) for which in FindingClass])
        types = Choice(tr("Type"), [(TYPE_WORDS[which], which) for which in FindingType])
        classes.activated.connect(lambda: self.class_changed.emit(finding_id, classes.chosen))
        types.activated.connect(lambda: self.type_changed.emit(finding_id, types.chosen))
        number = QTableWidgetItem(str(row + 1))
        self.table.setItem(row, NUMBER, number)
        for choice in (classes, types):
            choice.installEventFilter(self)
        self.table.setCellWidget(row, CLASS, classes)
        self.table.setCellWidget(row, TYPE, types)
        birads = Choice("BI-RADS", _categories(none="–"))
        birads.activated.connect(lambda: self.birads_changed.emit(finding_id, birads.chosen))
        birads.installEventFilter(self)
        self.table.setCellWidget(row, BIRADS_COLUMN, birads)

    def _fill_row(self, row: int, finding: Finding) -> None:
        for column, value in (
            (CLASS, finding.finding_class),
            (TYPE, finding.finding_type),
            (BIRADS_COLUMN, finding.birads),
        ):
            choice = self.table.cellWidget(row, column)
            assert isinstance(choice, Choice)
            choice.choose(value)
            choice.setEnabled(self._is_allowed)

    def _arrange(self) -> None:
        heading = QLabel(tr("Findings"))
        heading.setObjectName("heading")
        decisions = QHBoxLayout()
        decisions.setSpacing(6)
        decisions.addWidget(self.nothing, 1)
        decisions.addWidget(self.skip)
        decisions.addWidget(self.unusable)
        end = QHBoxLayout()
        end.setSpacing(6)
        end.addWidget(self.birads)
        end.addWidget(self.done, 1)
        findings_line = QHBoxLayout()
        findings_line.addWidget(heading, 1)
        findings_line.addWidget(self.delete)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.caption)
        layout.addLayout(decisions)
        layout.addWidget(self.readers)
        layout.addWidget(self.reason)
        layout.addLayout(end)
        layout.addSpacing(6)
        layout.addLayout(findings_line)
        layout.addWidget(self.hint)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.details)

    def _connect(self) -> None:
        for which, button in self._decisions.items():
            button.clicked.connect(
                lambda is_checked, which=which: self.decision_requested.emit(which if is_checked else None)
            )
        self.done.clicked.connect(self.next_requested)
        self.reason.activated.connect(lambda _index: self._tell_reason())
        self.reason.lineEdit().editingFinished.connect(self._tell_reason)
        self.birads.activated.connect(lambda _index: self.assessed.emit(self.birads.chosen))
        self.table.itemSelectionChanged.connect(self._tell_selected)
        self.table.currentCellChanged.connect(self._tell_selected)
        self.delete.clicked.connect(self._request_delete)

    def _tell_reason(self) -> None:
        if self.reason.isVisible():
            self.reason_given.emit(self.reason.currentText().strip())

    def _is_selected(self) -> bool:
        return self.table.currentRow() >= 0

    def _tell_selected(self) -> None:
        if not self._is_filling:
            self.delete.setEnabled(self.selected is not None and self._is_allowed)
            self.finding_selected.emit(self.selected)

    def _request_delete(self) -> None:
        if self.selected is not None:
            self.delete_requested.emit(self.selected)


def _categories(*, none: str = "BI-RADS") -> list[tuple[str, str]]:
    return [(none, ""), *((category, category) for category in BIRADS)]


def _decision_button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setCheckable(True)
    button.setToolTip(tip)
    return button


def _findings_table() -> QTableWidget:
    table = QTableWidget(0, 4)
    table.setHorizontalHeaderLabels(["", tr("Class"), tr("Type"), "BI-RADS"])
    table.setAccessibleName(tr("Findings of this image"))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(32)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setMinimumSectionSize(20)
    table.setColumnWidth(NUMBER, 20)
    table.setColumnWidth(CLASS, 105)
    table.setColumnWidth(TYPE, 112)
    header.setSectionResizeMode(BIRADS_COLUMN, QHeaderView.ResizeMode.Stretch)
    table.setMinimumHeight(96)
    return table
