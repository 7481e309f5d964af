"""Import of images: names the files, inspects them in a worker process, and lists what failed and why."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.jobs import JobOutcome, JobRunner
from app.project_dialog import FolderField
from app.session import Session
from app.training_panel import duration
from app.translation import counted, tr
from core.errors import UserError
from core.events import Failed, FileInspected, Progress
from core.job import Step
from storage.importing import ImportPlan, ImportReport, finish_import, plan_import
from storage.jobs import prepare_job


class ImportDialog(QDialog):
    """Asks for a folder, a CSV of labels and perhaps contours; works in the background; reports."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._plan: ImportPlan | None = None
        self._began = 0.0
        self._runner = JobRunner(self)
        self.setWindowTitle(tr("Import images"))
        self.setMinimumSize(680, 300)
        self.folder = FolderField(
            title=tr("Folder of images"), hint=tr("DICOM, PNG, TIFF or PGM files, subfolders included")
        )
        self.csv = FolderField(
            title=tr("Table of labels"),
            is_file=True,
            kinds=tr("Tables (*.csv *.tsv *.txt)"),
            hint=tr("CSV with the columns file and patient"),
        )
        self.contours = FolderField(
            title=tr("Contours"),
            is_file=True,
            kinds="COCO (*.json)",
            hint=tr("COCO file of known contours; may stay empty"),
        )
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.says = QLabel()
        self.says.setWordWrap(True)
        self.says.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.failures = _failure_table()
        self.start = QPushButton(tr("Import"))
        self.start.setObjectName("primary")
        self.cancel = QPushButton(tr("Close"))
        self._arrange()
        self._connect()
        self._show_running(False)
        self.failures.hide()

    @property
    def is_running(self) -> bool:
        """Whether files are being inspected."""
        return self._runner.is_running

    def begin(self) -> None:
        """Plan the import, then inspect what is new."""
        folder = self.folder.path
        if folder is None or self.is_running:
            return
        self.failures.hide()
        QGuiApplication.setOverrideCursor(Qt.CursorShape.BusyCursor)
        try:
            plan = plan_import(folder, self.csv.path, self.contours.path, project=self._session.project)
            self._plan = plan
            if plan.to_inspect:
                self._inspect(plan)
            else:
                self._take_in(None)
        except UserError as error:
            self._say(str(error))
        finally:
            QGuiApplication.restoreOverrideCursor()

    def reject(self) -> None:
        """Close; a running inspection is ended first and nothing is imported."""
        self._runner.close()
        super().reject()

    def _inspect(self, plan: ImportPlan) -> None:
        job = prepare_job(
            self._session.project, steps=(Step.INSPECT,), files=plan.to_inspect, spacing_mm=plan.spacing_mm
        )
        self._began = time.monotonic()
        self.progress.setRange(0, len(plan.to_inspect))
        self.progress.setValue(0)
        self._say(tr("Reading {to_inspect} files ...").format(to_inspect=len(plan.to_inspect)))
        self._runner.start(job)
        self._show_running(True)

    def _hear(self, event: object) -> None:
        if isinstance(event, FileInspected):
            self.progress.setValue(self.progress.value() + 1)
        elif isinstance(event, Progress):
            self.progress.setRange(0, max(1, event.total))
            self.progress.setValue(event.done)
        else:
            return
        done, total = self.progress.value(), self.progress.maximum()
        seconds = time.monotonic() - self._began
        left = (
            tr(", {duration} left").format(duration=duration((total - done) * seconds / done))
            if done and seconds > 1
            else ""
        )
        self._say(tr("Reading file {done} of {total}{left}").format(done=done, total=total, left=left))

    def _end(self, outcome: JobOutcome) -> None:
        self._show_running(False)
        if outcome.has_results:
            self._take_in(outcome.folder)
        elif outcome.was_cancelled:
            self._say(tr("The import was cancelled. Nothing was imported."))
        elif isinstance(outcome.last, Failed) and outcome.last.is_user_error:
            self._say(tr("{last} Nothing was imported.").format(last=outcome.last.text))
        else:
            tail = "\n".join(outcome.log_tail.splitlines()[-5:])
            self._say(
                tr("The import ended unexpectedly. Nothing was imported. Last lines:\n{tail}").format(
                    tail=tail
                )
            )

    def _take_in(self, job_folder: Path | None) -> None:
        plan = self._plan
        if plan is None:
            return
        self._say(tr("Storing ..."))
        self.says.repaint()
        try:
            report = finish_import(self._session.project, plan, job_folder)
        except UserError as error:
            self._say(str(error))
            return
        self._show_report(report)
        self._session.announce(report.changes)

    def _show_report(self, report: ImportReport) -> None:
        parts = [
            tr("{count} added").format(count=counted(report.added, "image")),
            tr("{already_there} already there").format(already_there=report.already_there)
            if report.already_there
            else "",
            tr("{count} changed").format(count=counted(report.labels_changed, "label"))
            if report.labels_changed
            else "",
            tr("{count} added").format(count=counted(report.contours, "contour")) if report.contours else "",
            tr("{not_inspected} not read yet: import again to go on").format(
                not_inspected=report.not_inspected
            )
            if report.not_inspected
            else "",
            tr("{failed} failed").format(failed=len(report.failed)) if report.failed else tr("none failed"),
        ]
        self._say("\n".join([", ".join(part for part in parts if part) + ".", *report.notes]))
        self.failures.setRowCount(len(report.failed))
        for row, (name, reason) in enumerate(report.failed):
            for column, text in enumerate((name, reason)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.failures.setItem(row, column, item)
        self.failures.setVisible(bool(report.failed))
        if report.failed:
            self.failures.resizeRowsToContents()
            self.resize(self.width(), max(self.height(), 560))

    def _say(self, text: str) -> None:
        self.says.setText(text)

    def _show_running(self, is_running: bool) -> None:
        self.progress.setVisible(is_running)
        for field in (self.folder, self.csv, self.contours):
            field.setEnabled(not is_running)
        self.start.setEnabled(not is_running and self.folder.path is not None)
        self.cancel.setText(tr("Cancel") if is_running else tr("Close"))

    def _stop_or_close(self) -> None:
        if self.is_running:
            self._runner.cancel()
            self._say(tr("Cancelling ..."))
        else:
            self.reject()

    def _connect(self) -> None:
        self._runner.told.connect(self._hear)
        self._runner.ended.connect(self._end)
        self.start.clicked.connect(self.begin)
        self.cancel.clicked.connect(self._stop_or_close)
        self.folder.text.textChanged.connect(lambda: self._show_running(self.is_running))

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight)
        form.addRow(tr("Images"), self.folder)
        form.addRow(tr("Labels"), self.csv)
        form.addRow(tr("Contours"), self.contours)
        note = QLabel(
            tr(
                "Images stay where they are. The table has one row a file; its columns are file, patient and, "
                "where known, laterality, view, label (N, B, M, MB), birads, spacing_mm. Without a table, "
                "nothing is labelled."
            )
        )
        note.setObjectName("dim")
        note.setWordWrap(True)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.start)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        layout.addLayout(form)
        layout.addWidget(note)
        layout.addWidget(self.says)
        layout.addWidget(self.progress)
        layout.addWidget(self.failures, 1)
        layout.addStretch(0)
        layout.addLayout(buttons)


def _failure_table() -> QTableWidget:
    table = QTableWidget(0, 2)
    table.setHorizontalHeaderLabels([tr("File"), tr("Why it failed")])
    table.setAccessibleName(tr("Files that failed"))
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setWordWrap(True)
    table.setShowGrid(False)
    table.verticalHeader().hide()
    table.setColumnWidth(0, 200)
    table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
    return table
