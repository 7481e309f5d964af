"""The model ledger: every model, what it is worth, who put it to use, and the rules of the gate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QDoubleSpinBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.model_choice import ModelChoice
from app.session import Session
from app.training_panel import when
from app.translation import tr, tr_data
from core.errors import UserError
from core.gate import AUROC, FROC
from storage.changes import Changes
from storage.promotion import ModelRow, ModelState, figure_text, model_rows, promoted_by, verdict_text
from storage.records import TrainedOn

COLUMNS = (
    ("Model", "Number of the model; the newest stands first"),
    ("State", "Which model is in use, and which wait for a decision"),
    ("Trained", "When its results came in"),
    ("Method", "Of the paper's family, and the recipe's name"),
    ("Contours", "Images whose contours it learnt from"),
    ("AUROC", "Malignant against the rest on test patients, with 95 % interval, when it came in"),
    (
        "FROC at 1 FPPI",
        "Sensitivity at one false positive region an image, with 95 % interval, where contours were known",
    ),
    ("Calibrated", "Whether its probabilities were calibrated on validation images"),
    ("Decided by", "Who put it to use or did not, and when"),
)
HASH = 8  # characters of a fingerprint that are shown


class ModelLedger(QDialog):
    """Shows all models; one can be put to use, or the one before the current one again."""

    def __init__(self, session: Session, choice: ModelChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._choice = session, choice
        self._rows: list[ModelRow] = []
        self._is_filling = False
        self.setWindowTitle(tr("Models"))
        self.resize(1240, 600)
        self.table = _table()
        self.verdict = QLabel()
        self.verdict.setWordWrap(True)
        self.verdict.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.recipe = QPlainTextEdit()
        self.recipe.setReadOnly(True)
        self.recipe.setAccessibleName(tr("Recipe of the selected model"))
        self.use, self.back, self.close_button = QPushButton(), QPushButton(), QPushButton(tr("Close"))
        self.margin = _spin(0.01, 0.5, tip=tr("A new model may be less than this much worse"))
        self.level = _spin(0.5, 0.99, tip=tr("How sure that must be: level of the one-sided test"))
        self.automatic = QCheckBox(tr("use such a model without asking"))
        self.gate_says = QLabel(tr("A new model is not worse if it is shown to lose less than"))
        self._arrange()
        self.table.itemSelectionChanged.connect(self._show_selected)
        self.use.clicked.connect(self._use)
        self.back.clicked.connect(self._go_back)
        self.close_button.clicked.connect(self.reject)
        for spin in (self.margin, self.level):
            spin.editingFinished.connect(self._set_rules)
        self.automatic.clicked.connect(self._set_rules)
        session.changed.connect(self._hear)
        self.refresh()

    @property
    def selected(self) -> ModelRow | None:
        """The selected model."""
        row = self.table.currentRow()
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def refresh(self) -> None:
        """Show what the store holds; the selected model stays selected."""
        chosen = None if self.selected is None else self.selected.model.id
        store = self._session.store
        self._rows = model_rows(store)
        self._is_filling = True
        self.table.setRowCount(len(self._rows))
        for number, row in enumerate(self._rows):
            for column, text in enumerate(_cells(row)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(number, column, item)
        rules = store.promotion_rules()
        self.margin.setValue(rules.margin)
        self.level.setValue(rules.level)
        self.automatic.setChecked(rules.is_automatic)
        self._is_filling = False
        ids = [row.model.id for row in self._rows]
        self.table.setCurrentCell(ids.index(chosen) if chosen in ids else 0, 0)
        self._show_selected()

    def _hear(self, changes: Changes) -> None:
        if changes.models or changes.everything:
            self.refresh()

    def _show_selected(self) -> None:
        if self._is_filling:
            return
        row, can_decide = self.selected, not self._session.is_read_only
        former = self._session.store.former_model()
        self.back.setVisible(former is not None)
        self.back.setText("" if former is None else tr("Go back to model {former}").format(former=former.id))
        self.back.setEnabled(can_decide)
        for widget in (self.margin, self.level, self.automatic):
            widget.setEnabled(can_decide)
        self.use.setEnabled(row is not None and can_decide and row.state is not ModelState.IN_USE)
        self.use.setText(tr("Use") if row is None else tr("Use model {model}").format(model=row.model.id))
        if row is None:
            self.verdict.setText(tr("There is no model yet: press Retrain."))
            self.recipe.clear()
            return
        scores_first = "" if row.has_predictions else tr(" To be used, it must score the images anew.")
        self.verdict.setText(
            tr("<b>Model {model}.</b> {verdict_text}{scores_first}<br>{data}").format(
                model=row.model.id,
                verdict_text=verdict_text(row.model),
                scores_first=scores_first,
                data=_data(row.model.trained_on),
            )
        )
        self.recipe.setPlainText(tr("Recipe: {flowing}").format(flowing=_flowing(row.model.recipe.to_json())))

    def _use(self) -> None:
        row = self.selected
        if row is None:
            return
        self._choice.use(row.model.id)
        if not row.has_predictions:
            self.accept()  # it scores now, and the panel tells how far it is

    def _go_back(self) -> None:
        former = self._session.store.former_model()
        has_predictions = former is not None and bool(self._session.store.probabilities(former.id))
        self._choice.go_back()
        if not has_predictions:
            self.accept()

    def _set_rules(self) -> None:
        if self._is_filling:
            return
        before = self._session.store.promotion_rules()
        rules = replace(
            before,
            margin=round(self.margin.value(), 4),
            level=round(self.level.value(), 4),
            is_automatic=self.automatic.isChecked(),
        )
        if rules == before:
            return
        try:
            self._session.store.set_promotion_rules(rules, reader=self._session.reader)
        except UserError as error:
            self.verdict.setText(str(error))

    def _arrange(self) -> None:
        rules = QHBoxLayout()
        for widget in (self.gate_says, self.margin, QLabel(tr("at level")), self.level, self.automatic):
            rules.addWidget(widget)
        rules.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.use)
        buttons.addWidget(self.back)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        layout.addWidget(self.table, 3)
        layout.addWidget(self.verdict)
        layout.addWidget(self.recipe, 1)
        layout.addLayout(rules)
        layout.addLayout(buttons)


def _cells(row: ModelRow) -> list[str]:
    model, decided = row.model, row.decided
    said = promoted_by(decided)
    name = "" if model.recipe.name == "default" else f" ({model.recipe.name})"
    return [
        str(model.id),
        tr_data(row.state.value),
        when(model.created_at),
        f"{model.recipe.method.value}{name}",
        str(model.annotated_images),
        figure_text(model.figures, AUROC),
        figure_text(model.figures, FROC),
        tr("yes") if model.is_calibrated else tr("no"),
        f"{said}, {when(decided.created_at)}" if decided is not None else "-",
    ]


def _data(trained_on: TrainedOn) -> str:
    """What a model learnt from: counts, and fingerprints that are equal where the data were."""
    if not trained_on.snapshot:
        return tr("What it learnt from was not recorded: it was made by an older Lesionloop.")
    return tr(
        "Learnt from {train_images} training images, chosen on {validation_images} validation images, "
        "with {test_images} test images apart. Data {snapshot}, split {split_hash}."
    ).format(
        train_images=trained_on.train_images,
        validation_images=trained_on.validation_images,
        test_images=trained_on.test_images,
        snapshot=trained_on.snapshot[:HASH],
        split_hash=trained_on.split_hash[:HASH],
    )


def _flowing(value: dict[str, Any]) -> str:
    """Names and values one after the other, inner ones in brackets."""
    parts = [
        f"{name} {f'({_flowing(v)})' if isinstance(v, dict) else _plain(v)}" for name, v in value.items()
    ]
    return ", ".join(parts)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value != "" else "-"


def _table() -> QTableWidget:
    table = QTableWidget(0, len(COLUMNS))
    for column, (name, tip) in enumerate(COLUMNS):
        item = QTableWidgetItem(tr_data(name))
        item.setToolTip(tr_data(tip))
        table.setHorizontalHeaderItem(column, item)
    table.setAccessibleName(tr("All models"))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setStretchLastSection(True)
    return table


def _spin(low: float, high: float, *, tip: str) -> QDoubleSpinBox:
    spin = QDoubleSpinBox()
    spin.setRange(low, high)
    spin.setDecimals(2)
    spin.setSingleStep(0.01)
    spin.setToolTip(tip)
    spin.setAccessibleName(tip)
    return spin
