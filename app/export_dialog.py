"""Export of a labelled subset: what, in which format, where to; with a count that follows the choice."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from app.choice import Choice
from app.project_dialog import FolderField
from app.session import Session
from app.translation import counted, tr
from app.worklist import LABEL_WORDS
from core.domain import Decision, FindingClass, FindingType, ImageId, Label, Split
from core.errors import UserError
from storage.exporting import ExportQuery, ExportReport, export_coco, export_csv, select

ANY = "any"
T = TypeVar("T")


class ExportFormat(StrEnum):
    """What is written."""

    COCO = "COCO (contours.json)"
    CSV = "CSV tables (images, findings, regions)"


class ExportDialog(QDialog):
    """Asks, shows the count, writes, reports. `images`: exactly these, whether drawn on or not; None: of all."""

    def __init__(
        self, session: Session, parent: QWidget | None = None, *, images: frozenset[ImageId] | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._images = images
        self.setWindowTitle(tr("Export annotations"))
        self.setMinimumWidth(600)
        self.reader = _choice(tr("Reader"), [(name, name) for name in session.store.readers()])
        self.finding_class = _choice(tr("Class"), [(which.value, which) for which in FindingClass])
        self.finding_type = _choice(tr("Type"), [(which.value, which) for which in FindingType])
        self.label = _choice(tr("Label"), [(LABEL_WORDS[which], which) for which in Label])
        self.split = _choice(tr("Split"), [(which.value, which) for which in Split])
        self.decision = _choice(tr("Decision"), [(which.value, which) for which in Decision])
        self.with_empty = QCheckBox(tr("With images on which there is nothing to draw"))
        self.with_empty.setChecked(True)
        self.with_undrawn = QCheckBox(tr("With images on which nothing is drawn yet"))
        self.with_undrawn.setChecked(images is not None)
        self.format = Choice(tr("Format"), [(which.value, which) for which in ExportFormat])
        self.target = FolderField(title=tr("Folder to export to"), hint=tr("a new or empty folder"))
        self.count = QLabel()
        self.result = QLabel()
        self.result.setWordWrap(True)
        self.result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.export = self.buttons.addButton(tr("Export"), QDialogButtonBox.ButtonRole.ActionRole)
        self.export.setObjectName("primary")
        self._arrange()
        self._connect()
        self._show_count()

    @property
    def query(self) -> ExportQuery:
        """What is asked for."""
        return ExportQuery(
            reader=self.reader.chosen,
            finding_class=self.finding_class.chosen,
            finding_type=self.finding_type.chosen,
            label=self.label.chosen,
            split=self.split.chosen,
            decision=self.decision.chosen,
            annotated_only=not self.with_undrawn.isChecked(),
            include_verified_empty=self.with_empty.isChecked(),
            images=self._images,
        )

    def _connect(self) -> None:
        for box in (
            self.reader,
            self.finding_class,
            self.finding_type,
            self.label,
            self.split,
            self.decision,
        ):
            box.currentIndexChanged.connect(self._show_count)
        for box in (self.with_empty, self.with_undrawn):
            box.toggled.connect(self._show_count)
        self.target.text.textChanged.connect(self._show_count)
        self.export.clicked.connect(self._export)
        self.buttons.rejected.connect(self.reject)

    def _show_count(self) -> None:
        chosen = select(self._session.store, self.query)
        text = tr("{count} with {count2}").format(
            count=counted(len(chosen.images), "image"), count2=counted(chosen.finding_count, "finding")
        )
        empty = (
            tr(", {empty_count} without any").format(empty_count=chosen.empty_count)
            if chosen.empty_count
            else ""
        )
        unusable = (
            tr("; {count} cannot be used").format(count=counted(chosen.unusable, "image"))
            if chosen.unusable
            else ""
        )
        self.count.setText(text + empty + unusable)
        self.export.setEnabled(bool(chosen.images) and self.target.path is not None)

    def _export(self) -> None:
        target = self.target.path
        if target is None:
            return
        write = export_coco if self.format.chosen is ExportFormat.COCO else export_csv
        try:
            report = write(self._session.project, target, self.query)
        except UserError as error:
            self.result.setText(str(error))
            return
        self.result.setText(_report_text(report))

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight)
        rows: Sequence[tuple[str, QWidget]] = (
            (tr("Findings drawn by"), self.reader),
            (tr("Class of findings"), self.finding_class),
            (tr("Type of findings"), self.finding_type),
            (tr("Label of images"), self.label),
            (tr("Split"), self.split),
            (tr("Decision"), self.decision),
            ("", self.with_empty),
            ("", self.with_undrawn),
            (tr("Chosen"), self.count),
            (tr("Format"), self.format),
            (tr("Folder"), self.target),
        )
        if self._images is not None:
            form.addRow(
                tr("Images"),
                QLabel(
                    tr("only the {count} selected in the plane").format(
                        count=counted(len(self._images), "image")
                    )
                ),
            )
        for text, widget in rows:
            form.addRow(text, widget)
        note = QLabel(
            tr(
                "Images are named by their pseudonymous keys, never by file name or patient. The images "
                "themselves are not copied."
            )
        )
        note.setObjectName("dim")
        note.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.addLayout(form)
        layout.addWidget(note)
        layout.addWidget(self.result)
        layout.addWidget(self.buttons)


def _choice(name: str, choices: Sequence[tuple[str, T]]) -> Choice[T | None]:
    return Choice(name, [(ANY, None), *choices])


def _report_text(report: ExportReport) -> str:
    written = tr("Written to {folder}: {count}, {count2}, {verified_empty} without any.").format(
        folder=report.folder,
        count=counted(report.images, "image"),
        count2=counted(report.findings, "finding"),
        verified_empty=report.verified_empty,
    )
    return "\n".join([written, *report.notes])
