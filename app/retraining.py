"""Retrain: from the button to a worker, and from its results to a new model, new scores and a new order."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication

from app.jobs import JobOutcome, JobRunner
from app.session import Session
from app.settings import Settings
from app.training_panel import TrainingPanel
from core.domain import Decision, Label, Split
from core.errors import UserError
from core.events import Failed, Notice
from core.job import Step
from storage.jobs import ImportedJob, import_results, mark_imported, prepare_job, take_leftovers
from storage.records import ImageRecord

SHOWN_LOG_LINES = 3


class Retraining(QObject):
    """Runs the training job of the open project.

    Signals:
        said: what was done, in one sentence.
        warned: what was not done and why, and details to copy ('' if there are none).
        running_changed: whether a job is at work.
    """

    said = Signal(str)
    warned = Signal(str, str)
    running_changed = Signal(bool)

    def __init__(self, *, panel: TrainingPanel, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel, self._settings = panel, settings
        self._session: Session | None = None
        self._notices: list[str] = []
        self.runner = JobRunner(self)
        self.runner.told.connect(self._hear)
        self.runner.ended.connect(self._end)
        panel.retrain_requested.connect(self.start)
        panel.stop_requested.connect(self.runner.stop_early)
        panel.cancel_requested.connect(self.runner.cancel)

    @property
    def is_running(self) -> bool:
        """Whether a job is at work."""
        return self.runner.is_running

    def set_session(self, session: Session | None) -> None:
        """Train another project; a job of the former one is ended."""
        self.close()
        self._session = session
        self.refresh()
        if session is not None and not session.is_read_only:
            self._take_in_leftovers(session)

    def refresh(self) -> None:
        """Show the current model, and whether there is anything to train."""
        session = self._session
        self._panel.show_model(None if session is None else session.store.current_model())
        if not self.is_running:
            self._panel.set_allowed(
                session is not None and not session.is_read_only and bool(session.store.images())
            )

    def start(self) -> None:
        """Train on what is drawn so far."""
        if self._session is None or self.is_running:
            return
        annotated = sum(is_annotated(record) for record in self._session.store.images())
        steps = (Step.FEATURES, Step.FIT, Step.SCORE)
        try:
            recipe = self._settings.recipe(annotated_images=annotated)
            folder = prepare_job(self._session.project, steps=steps, recipe=recipe)
        except UserError as error:
            self.warned.emit(str(error), "")
            return
        self._notices.clear()
        self._panel.begin(f"Starting {recipe.method.value} on {_images(annotated)} ...")
        self.runner.start(folder)
        self.running_changed.emit(True)

    def close(self) -> None:
        """End a running job and wait for its process. What it has not finished is dropped."""
        was_running = self.is_running
        self.runner.close()
        if was_running:
            self._panel.end("")
            self.running_changed.emit(False)

    def _hear(self, event: object) -> None:
        if isinstance(event, Notice):
            self._notices.append(event.text)
        self._panel.hear(event)  # type: ignore[arg-type]

    def _end(self, outcome: JobOutcome) -> None:
        if outcome.has_results and not outcome.was_cancelled:
            self._panel.show_taking_in()
            self._take_in(outcome.folder)
        else:
            if outcome.was_cancelled:
                self._dismiss(outcome.folder)
            self._panel.end("")
            self._tell_ending(outcome)
        self.refresh()
        self.running_changed.emit(False)

    def _tell_ending(self, outcome: JobOutcome) -> None:
        last = outcome.last
        if outcome.was_cancelled:
            self.said.emit("Training was cancelled. Nothing was changed.")
        elif outcome.ended_unexpectedly:
            lines = "  /  ".join(outcome.log_tail.splitlines()[-SHOWN_LOG_LINES:])
            tail = f" Last lines: {lines}" if lines else ""
            text = f"Training ended unexpectedly. Nothing was changed.{tail}"
            self.warned.emit(text, outcome.log_tail)
        elif isinstance(last, Failed):
            text = (
                last.text
                if last.is_user_error
                else "Training failed by a mistake of Lesionloop's own. Nothing was changed."
            )
            self.warned.emit(text, "" if last.is_user_error else f"{last.text}\n\n{outcome.log_tail}")
        else:
            self.said.emit("Training was stopped before there was anything to keep. Nothing was changed.")

    def _take_in(self, folder: Path) -> None:
        session = self._session
        if session is None:
            return
        QGuiApplication.setOverrideCursor(Qt.CursorShape.BusyCursor)
        try:
            imported = import_results(session.project, folder)
        except UserError as error:
            self._panel.end("")
            self.warned.emit(str(error), "")
            return
        finally:
            QGuiApplication.restoreOverrideCursor()
        text = self._sentence(imported)
        self._panel.end(" ".join(self._notices))
        session.announce(imported.changes)
        self.said.emit(text)

    def _sentence(self, imported: ImportedJob) -> str:
        if self._session is None or imported.model_id is None:
            return imported.summary
        model = self._session.store.model(imported.model_id)
        drawn = _images(model.annotated_images) if model.annotated_images else "weak labels only"
        return f"Model {model.id} is trained on {drawn}. {imported.summary}"

    def _take_in_leftovers(self, session: Session) -> None:
        """Results that were whole when the window last closed are not thrown away."""
        try:
            found = take_leftovers(session.project)
        except UserError as error:
            self.warned.emit(str(error), "")
            return
        for imported in found.taken:
            session.announce(imported.changes)
            self.said.emit(self._sentence(imported))
        for trouble in found.troubles:
            self.warned.emit(trouble, "")
        self.refresh()

    def _dismiss(self, folder: Path) -> None:
        """Results that came although the reader had cancelled are not taken in later either."""
        if self._session is None or not (folder / "result.json").exists():
            return
        try:
            mark_imported(self._session.project, folder)
        except UserError as error:
            self.warned.emit(str(error), "")


def is_annotated(record: ImageRecord) -> bool:
    """Whether an image's contours take part in training (it is in F, and of a training patient)."""
    is_malignant = record.label in (Label.MALIGNANT, Label.BOTH)
    is_used = record.decision is not Decision.UNREADABLE
    return is_malignant and is_used and record.malignant_findings > 0 and record.split is Split.TRAIN


def _images(number: int) -> str:
    return "1 annotated image" if number == 1 else f"{number} annotated images"
