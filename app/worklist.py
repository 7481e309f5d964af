"""The worklist: every image of the project in ranked order, with what is known and what is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.translation import tr, tr_data
from core.domain import Decision, ImageId, Label, Laterality, Split, View
from storage.records import ImageRecord
from storage.worklist import is_in_pool

Index = QModelIndex | QPersistentModelIndex
ROLE_IMAGE = Qt.ItemDataRole.UserRole
COLUMNS = ("#", "Patient", "View", "Label", "p(M)", "State")
RANK, PATIENT, VIEW, LABEL, PROBABILITY, STATE = range(6)
LABEL_WORDS = {
    Label.NORMAL: "normal",
    Label.BENIGN: "benign",
    Label.MALIGNANT: "malignant",
    Label.BOTH: "malignant and benign",
    None: "unknown",
}


class WorklistFilter(StrEnum):
    """Which images are listed."""

    TO_ANNOTATE = "To annotate"
    ALL = "All images"
    WITH_CONTOURS = "With contours"
    TEST = "Test images"


def view_name(record: ImageRecord) -> str:
    """Side and projection, as radiologists write it: R-MLO."""
    side = "?" if record.laterality is Laterality.UNKNOWN else record.laterality.value
    view = "?" if record.view is View.UNKNOWN else record.view.value
    return f"{side}-{view}"


def image_name(record: ImageRecord) -> str:
    """How an image is called on screen: pseudonymous patient key, side and projection."""
    return f"{record.patient_key} {view_name(record)}"


def state_text(record: ImageRecord) -> str:
    """What has been done with an image, in a word or two."""
    contours = record.malignant_findings + record.benign_findings
    if record.failure:
        return tr("to look at only") if record.can_be_shown else tr("cannot be used")
    if record.decision is Decision.SKIPPED:
        return tr("skipped")
    if record.decision is Decision.UNREADABLE:
        return tr("unusable")
    if contours:
        drawn = tr("1 contour") if contours == 1 else tr("{contours} contours").format(contours=contours)
        return f"{drawn} ✓" if record.decision is Decision.ANNOTATED else drawn
    if record.decision is Decision.NOTHING_TO_DRAW:
        return tr("nothing to draw")
    return tr("done") if record.decision is Decision.ANNOTATED else ""


def tells(record: ImageRecord, *, is_model_hidden: bool = False) -> str:
    """One line about an image: its label, its part of the study, and why it has its rank."""
    if record.failure:
        return f"{image_name(record)}: {record.failure}"
    known = f"{image_name(record)}, {tr_data(LABEL_WORDS[record.label])}, {tr_data(record.split.value)}"
    if record.rank is not None and record.rank_reason and not is_model_hidden:
        return tr("{known}. Rank {rank}: {rank_reason}").format(
            known=known, rank=record.rank, rank_reason=record.rank_reason
        )
    return known


def is_listed(record: ImageRecord, which: WorklistFilter) -> bool:
    """Whether an image belongs to a filter's list."""
    match which:
        case WorklistFilter.TO_ANNOTATE:
            return is_in_pool(record)
        case WorklistFilter.WITH_CONTOURS:
            return record.malignant_findings + record.benign_findings > 0
        case WorklistFilter.TEST:
            return record.split is Split.TEST
        case WorklistFilter.ALL:
            return True


class WorklistModel(QAbstractTableModel):
    """The images as a table, in ranked order: ranked ones first, the others as they were imported."""

    def __init__(self) -> None:
        super().__init__()
        self._records: list[ImageRecord] = []
        self._rows: dict[ImageId, int] = {}
        self.is_calibrated = False  # whether the probabilities of the model in use are

    def set_records(self, records: Iterable[ImageRecord]) -> None:
        """Show these images instead."""
        self.beginResetModel()
        self._records = sorted(records, key=_order)
        self._rows = {record.id: row for row, record in enumerate(self._records)}
        self.endResetModel()

    def update_record(self, record: ImageRecord) -> None:
        """Show one image's new state where it stands; its rank has not changed."""
        row = self._rows[record.id]
        self._records[row] = record
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def record(self, image_id: ImageId) -> ImageRecord | None:
        """One image, if it is in the project."""
        row = self._rows.get(image_id)
        return None if row is None else self._records[row]

    @property
    def records(self) -> Sequence[ImageRecord]:
        """All images, in order."""
        return self._records

    def row_of(self, image_id: ImageId) -> int | None:
        """Row of an image, before filtering."""
        return self._rows.get(image_id)

    def rowCount(self, parent: Index | None = None) -> int:
        """Number of images."""
        return 0 if parent is not None and parent.isValid() else len(self._records)

    def columnCount(self, parent: Index | None = None) -> int:
        """Number of columns."""
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Column titles and what they mean."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return tr_data(COLUMNS[section])
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                tr("Rank: 1 is worth your time most"),
                tr("Pseudonymous key of the patient"),
                tr("Side and projection"),
                tr("Label of the whole image: N, B, M or both"),
                tr("Probability of a malignant finding, by the model in use; calibrated")
                if self.is_calibrated
                else tr("Probability of a malignant finding, by the model in use; not calibrated"),
                tr("What has been done; ✓ where a reader says that all is drawn"),
            )[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """One cell."""
        record = self._records[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _cell(record, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return tells(record)
        if role == ROLE_IMAGE:
            return record.id
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in (RANK, PROBABILITY):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ForegroundRole:
            return _colour(record, index.column())
        return None


class WorklistProxy(QSortFilterProxyModel):
    """The part of the worklist that is listed now."""

    def __init__(self, model: WorklistModel) -> None:
        super().__init__()
        self._model = model
        self._which = WorklistFilter.TO_ANNOTATE
        self._words: list[str] = []
        self._kept: ImageId | None = None
        self._only: frozenset[ImageId] | None = None
        self.setSourceModel(model)

    def choose(self, which: WorklistFilter, text: str) -> None:
        """List the images of a filter whose patient, view, label or state holds every word."""
        self.beginFilterChange()
        self._which = which
        self._words = text.lower().split()
        self.endFilterChange()

    def restrict(self, images: frozenset[ImageId] | None) -> None:
        """List none but these; None: of all."""
        self.beginFilterChange()
        self._only = images
        self.endFilterChange()

    def keep(self, image_id: ImageId | None) -> None:
        """Keep the open image listed until the reader leaves it, so that finishing it does not hide it."""
        if image_id != self._kept:
            self.beginFilterChange()
            self._kept = image_id
            self.endFilterChange()

    def filterAcceptsRow(self, source_row: int, _source_parent: Index) -> bool:
        """Whether a row is listed."""
        record = self._model.records[source_row]
        if record.id == self._kept:
            return True
        if self._only is not None and record.id not in self._only:
            return False
        text = f"{image_name(record)} {tr_data(LABEL_WORDS[record.label])} {state_text(record)}".lower()
        return is_listed(record, self._which) and all(word in text for word in self._words)


class Worklist(QWidget):
    """The list with its filters.

    Signals:
        image_chosen: an ImageId, when the reader opens another image.
    """

    image_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.model = WorklistModel()
        self._proxy = WorklistProxy(self.model)
        self._is_moving = False  # the table's current row is moved by us, not by the reader
        self._open: ImageId | None = None
        self.is_model_hidden = False
        self.which = QComboBox()
        self.which.setAccessibleName(tr("Which images are listed"))
        self.which.addItems([tr_data(which.value) for which in WorklistFilter])
        self.text = QLineEdit()
        self.text.setPlaceholderText(tr("Find patient, view, state"))
        self.text.setClearButtonEnabled(True)
        self.text.setAccessibleName(tr("Text that a listed image must contain"))
        self.table = _table(self._proxy)
        self._count = QLabel()
        self._count.setObjectName("dim")
        self._only: frozenset[ImageId] | None = None
        self._which_before = WorklistFilter.TO_ANNOTATE
        self.chip = QPushButton()
        self.chip.setToolTip(tr("List all images again"))
        self.chip.clicked.connect(lambda: self.show_only(None))
        self.chip.hide()
        self._arrange()
        self.which.currentTextChanged.connect(self._choose_filter)
        self.text.textChanged.connect(self._choose_filter)
        self.table.selectionModel().currentRowChanged.connect(self._tell_chosen)
        for signal in (self._proxy.rowsInserted, self._proxy.rowsRemoved, self._proxy.modelReset):
            signal.connect(self._show_count)
        self._show_count()

    def hide_model(self, is_hidden: bool) -> None:
        """Show nothing that comes from the model: no probability, no reason of the rank."""
        self.table.setColumnHidden(PROBABILITY, is_hidden)
        self.is_model_hidden = is_hidden

    @property
    def current_image(self) -> ImageId | None:
        """The image that is open."""
        return self._open

    @property
    def listed(self) -> list[ImageId]:
        """The images listed now, from the top."""
        return [self._proxy.index(row, 0).data(ROLE_IMAGE) for row in range(self._proxy.rowCount())]

    def set_records(self, records: Iterable[ImageRecord]) -> None:
        """Show these images; the open one stays open if it is still there."""
        current = self.current_image
        self._is_moving = True
        self.model.set_records(records)
        self._is_moving = False
        is_there = current is not None and self.model.record(current) is not None
        self.select(current if is_there else None, quietly=True)

    def show_only(self, images: frozenset[ImageId] | None) -> None:
        """List the images of a selection alone, with a chip to leave it; None: all again, filtered as before."""
        if images is not None and self._only is None:
            self._which_before = list(WorklistFilter)[self.which.currentIndex()]
        if images is not None or self._only is not None:
            which = self._which_before if images is None else WorklistFilter.ALL
            self.which.setCurrentText(tr_data(which.value))
        self._only = images
        self._is_moving = True
        self._proxy.restrict(images)
        self._is_moving = False
        if images is not None:
            self.text.clear()
            count = tr("1 image") if len(images) == 1 else tr("{images:,} images").format(images=len(images))
            self.chip.setText(tr("{count} selected in the plane  ×").format(count=count))
            self.chip.setAccessibleName(
                tr("{count} selected in the plane. Press to list all images again").format(count=count)
            )
        self.chip.setVisible(images is not None)
        self._show_count()

    def update_record(self, record: ImageRecord) -> None:
        """Show one image's new state."""
        self.model.update_record(record)

    def select(self, image_id: ImageId | None, *, quietly: bool = False) -> None:
        """Open an image, listed from now on whatever the filter. `quietly`: without telling."""
        is_another = image_id != self._open
        self._open = image_id
        self._is_moving = True
        self._proxy.keep(image_id)
        row = None if image_id is None else self.model.row_of(image_id)
        if row is None:
            self.table.selectionModel().clear()
        else:
            index = self._proxy.mapFromSource(self.model.index(row, 0))
            self.table.setCurrentIndex(index)
            self.table.scrollTo(index)
        self._is_moving = False
        if is_another and image_id is not None and not quietly:
            self.image_chosen.emit(image_id)

    def neighbour(self, step: int) -> ImageId | None:
        """The listed image so many rows further down (or up), if there is one; the first when none is open."""
        row = self.table.currentIndex().row()
        is_open = row >= 0
        target = row + step if is_open else min(0, step - 1)
        index = self._proxy.index(target, 0)
        return index.data(ROLE_IMAGE) if index.isValid() else None

    def move(self, step: int) -> bool:
        """Open the next or previous listed image. Returns whether there was one."""
        target = self.neighbour(step)
        if target is None:
            return False
        self.select(target)
        return True

    def _arrange(self) -> None:
        filters = QHBoxLayout()
        filters.setSpacing(6)
        filters.addWidget(self.which)
        filters.addWidget(self.text, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 4, 4)
        layout.setSpacing(6)
        layout.addLayout(filters)
        layout.addWidget(self.chip)
        layout.addWidget(self.table, 1)
        layout.addWidget(self._count)

    def _choose_filter(self) -> None:
        self._is_moving = True  # rows that come and go are no choice of the reader's
        self._proxy.choose(list(WorklistFilter)[self.which.currentIndex()], self.text.text())
        self._is_moving = False
        self._show_count()

    def _tell_chosen(self, current: QModelIndex) -> None:
        if self._is_moving or not current.isValid():
            return
        self._open = current.data(ROLE_IMAGE)
        # The image left behind may now go from the list; not in the middle of the view's own move.
        QTimer.singleShot(0, self, self._keep_current)
        self.image_chosen.emit(self._open)

    def _keep_current(self) -> None:
        self._is_moving = True
        self._proxy.keep(self._open)
        self._is_moving = False

    def _show_count(self) -> None:
        listed, total = self._proxy.rowCount(), self.model.rowCount()
        self._count.setText(tr("{listed} of {total} images").format(listed=listed, total=total))


def _table(model: QSortFilterProxyModel) -> QTableView:
    table = QTableView()
    table.setModel(model)
    table.setAccessibleName(tr("Worklist"))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(26)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setMinimumSectionSize(28)
    for column, width in ((RANK, 34), (PATIENT, 64), (VIEW, 60), (LABEL, 50), (PROBABILITY, 46)):
        table.setColumnWidth(column, width)
    header.setSectionResizeMode(STATE, QHeaderView.ResizeMode.Stretch)
    return table


def _order(record: ImageRecord) -> tuple[bool, int, int]:
    return record.rank is None, record.rank or 0, record.id


def _cell(record: ImageRecord, column: int) -> str:
    match column:
        case 0:
            return "" if record.rank is None else str(record.rank)
        case 1:
            return record.patient_key
        case 2:
            return view_name(record)
        case 3:
            return "?" if record.label is None else record.label.value
        case 4:
            return "" if record.p_malignant is None else f"{record.p_malignant:.2f}"
        case _:
            return state_text(record)


def _colour(record: ImageRecord, column: int) -> QColor | None:
    if record.failure:
        return QColor(theme.colours.warning if column == STATE else theme.colours.dim_text)
    if column in (RANK, STATE):
        return QColor(theme.colours.dim_text)
    return None
