"""Retrain: from the button to a worker, and from its results to a new model, new scores and a new order."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication

from app.background import Background
from app.jobs import JobOutcome, JobRunner
from app.question_bar import QuestionBar
from app.session import Session
from app.settings import Settings
from app.training_panel import TrainingPanel
from app.translation import tr
from app.trunk_list import with_weights
from core.domain import Decision, Label, ModelId, Split
from core.errors import UserError
from core.events import Failed, Notice
from core.job import Step
from storage.jobs import (
    ImportedJob,
    JobResults,
    discard_training,
    import_results,
    interrupted_training,
    mark_imported,
    prepare_job,
    read_results,
    resume_job,
    take_leftovers,
)
from storage.records import ImageRecord, PromotionKind

SHOWN_LOG_LINES = 3


class Retraining(QObject):
    """Runs the training job of the open project.

    Signals:
        said: what was done, in one sentence.
        warned: what was not done and why, and details to copy ('' if there are none).
        running_changed: whether a job is at work.
        scored: a ModelId and a PromotionKind: the model has scored the images so that it can be used.
    """

    said = Signal(str)
    warned = Signal(str, str)
    running_changed = Signal(bool)
    scored = Signal(object, object)

    def __init__(
        self,
        *,
        panel: TrainingPanel,
        interrupted: QuestionBar,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel, self._interrupted, self._settings = panel, interrupted, settings
        self._session: Session | None = None
        self._notices: list[str] = []
        self._reading: Background | None = None  # of results, beside the window's thread
        self._wanted: tuple[ModelId, PromotionKind] | None = None  # what is being scored, and what for
        self.runner = JobRunner(self)
        self.runner.told.connect(self._hear)
        self.runner.ended.connect(self._end)
        panel.retrain_requested.connect(self.start)
        panel.stop_requested.connect(self.runner.stop_early)
        panel.cancel_requested.connect(self.runner.cancel)
        interrupted.accepted.connect(self.go_on)
        interrupted.refused.connect(self._discard)

    @property
    def is_running(self) -> bool:
        """Whether a job is at work, or its results are on their way in."""
        return self.runner.is_running or self._reading is not None

    def set_session(self, session: Session | None) -> None:
        """Train another project; a job of the former one is ended."""
        self.close()
        self._session = session
        self.refresh()
        if session is not None and not session.is_read_only:
            self._take_in_leftovers(session)

    def refresh(self) -> None:
        """Show the model in use, and whether there is anything to train or to go on with."""
        session = self._session
        self._panel.show_model(None if session is None else session.store.current_model())
        former = None if session is None or session.is_read_only else session.store.former_model()
        self._panel.show_former(former)
        self._ask_about_interrupted()
        if not self.is_running:
            self._panel.set_allowed(
                session is not None and not session.is_read_only and session.store.has_images()
            )

    def start(self) -> None:
        """Train on what is drawn so far."""
        if self._session is None or self.is_running:
            return
        annotated = sum(is_annotated(record) for record in self._session.store.images())
        steps = (Step.FEATURES, Step.FIT, Step.SCORE)
        try:
            recipe = self._settings.recipe(annotated_images=annotated)
            recipe, weights = with_weights(recipe)
            folder = prepare_job(self._session.project, steps=steps, recipe=recipe, weights_file=weights)
        except UserError as error:
            self.warned.emit(str(error), "")
            return
        self._run(
            folder,
            tr("Starting {method} on {images} ...").format(
                method=recipe.method.value, images=_images(annotated)
            ),
        )

    def go_on(self) -> None:
        """Go on with the training that was interrupted."""
        session = self._session
        found = None if session is None or self.is_running else interrupted_training(session.project)
        if session is None or found is None:
            return
        try:
            note = resume_job(session.project, found.folder)
        except UserError as error:
            self.warned.emit(str(error), "")
            return
        self._run(found.folder, tr("Going on with {method} ...").format(method=found.method.value))
        if note:
            self._notices.append(note)

    def score_with(self, model_id: ModelId, kind: PromotionKind) -> None:
        """Let a model score the images, so that it can be used: `scored` tells when it has."""
        session = self._session
        if session is None or self.is_running:
            self.warned.emit(tr("A training is at work: use another model when it has ended."), "")
            return
        steps = (Step.FEATURES, Step.SCORE)
        try:
            recipe, weights = with_weights(session.store.model(model_id).recipe)
            folder = prepare_job(
                session.project, steps=steps, recipe=recipe, model_id=model_id, weights_file=weights
            )
        except UserError as error:
            self.warned.emit(str(error), "")
            return
        self._wanted = (model_id, kind)
        self._run(folder, tr("Model {model_id} scores the images ...").format(model_id=model_id))

    def _run(self, folder: Path, text: str) -> None:
        self._notices.clear()
        self._panel.begin(text)
        self.runner.start(folder)
        self._ask_about_interrupted()
        self.running_changed.emit(True)

    def close(self) -> None:
        """End a running job and wait for its process. What it has not finished is dropped."""
        was_running = self.is_running
        self.runner.close()
        self._end_reading()
        self._wanted = None
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
            return
        self._wanted = None
        if outcome.was_cancelled:
            self._dismiss(outcome.folder)
        self._over("")
        self._tell_ending(outcome)

    def _over(self, text: str) -> None:
        """Nothing is at work any more; `text` says what is left to say of it."""
        self._end_reading()
        self._panel.end(text)
        self.refresh()
        self.running_changed.emit(False)

    def _end_reading(self) -> None:
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.close()
            reading.deleteLater()

    def _tell_ending(self, outcome: JobOutcome) -> None:
        last = outcome.last
        if outcome.was_cancelled:
            self.said.emit(tr("Training was cancelled. Nothing was changed."))
        elif outcome.ended_unexpectedly:
            lines = "  /  ".join(outcome.log_tail.splitlines()[-SHOWN_LOG_LINES:])
            tail = tr(" Last lines: {lines}").format(lines=lines) if lines else ""
            text = tr("Training ended unexpectedly. Nothing was changed.{tail}").format(tail=tail)
            self.warned.emit(text, outcome.log_tail)
        elif isinstance(last, Failed):
            text = (
                last.text
                if last.is_user_error
                else tr("Training failed by a mistake of Lesionloop's own. Nothing was changed.")
            )
            self.warned.emit(text, "" if last.is_user_error else f"{last.text}\n\n{outcome.log_tail}")
        else:
            self.said.emit(tr("Training was stopped before there was anything to keep. Nothing was changed."))

    def _take_in(self, folder: Path) -> None:
        """Read and judge the results in a thread, then store them in this one."""
        session = self._session
        if session is None:
            return
        self._reading = Background(self)
        self._reading.run(
            partial(_read, session.project.folder, folder),
            done=partial(self._store, folder),
            failed=self._refuse_results,
        )

    def _refuse_results(self, text: str) -> None:
        self._wanted = None
        self._over("")
        self.warned.emit(text, "")

    def _store(self, folder: Path, results: JobResults | Exception) -> None:
        session = self._session
        if session is None:
            return
        if isinstance(results, Exception):
            self._refuse_results(tr("The results could not be read by a mistake of Lesionloop's own."))
            raise results
        QGuiApplication.setOverrideCursor(Qt.CursorShape.BusyCursor)
        try:
            imported = import_results(session.project, folder, results=results)
        except UserError as error:
            self._refuse_results(str(error))
            return
        finally:
            QGuiApplication.restoreOverrideCursor()
        wanted, self._wanted = self._wanted, None
        text = self._sentence(imported)
        self._over(" ".join(self._notices))
        session.announce(imported.changes)
        if wanted is None:
            self.said.emit(text)
        else:
            self.scored.emit(*wanted)

    def _sentence(self, imported: ImportedJob) -> str:
        if self._session is None or imported.model_id is None:
            return imported.summary
        model = self._session.store.model(imported.model_id)
        drawn = _images(model.annotated_images) if model.annotated_images else tr("weak labels only")
        told = imported.summary
        if imported.gate is not None and not imported.is_promoted:
            told = tr(
                "{images_scored} images scored. Nothing on screen has changed: it is a candidate."
            ).format(images_scored=imported.images_scored)
        return tr("Model {model} is trained on {drawn}. {told}").format(
            model=model.id, drawn=drawn, told=told
        )

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
        """What came although the reader had cancelled is not taken in later, and not gone on with either."""
        if self._session is None:
            return
        try:
            if (folder / "result.json").exists():
                mark_imported(self._session.project, folder)
            discard_training(self._session.project, folder)
        except UserError as error:
            self.warned.emit(str(error), "")

    def _ask_about_interrupted(self) -> None:
        session = self._session
        can_run = session is not None and not session.is_read_only and not self.is_running
        found = interrupted_training(session.project) if session is not None and can_run else None
        if found is None:
            self._interrupted.clear()
        else:
            self._interrupted.ask(str(found), yes="Go on", no=tr("Discard"))

    def _discard(self) -> None:
        session = self._session
        found = None if session is None else interrupted_training(session.project)
        if session is not None and found is not None:
            discard_training(session.project, found.folder)
            self.said.emit(tr("The interrupted training was discarded."))
        self._ask_about_interrupted()


def _read(project_folder: Path, folder: Path) -> JobResults | Exception:
    """As read_results; a mistake of ours is given back, so that it rises in the window's thread with the work ended."""
    try:
        return read_results(project_folder, folder)
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001 - raised again by the one who gets it
        return error


def is_annotated(record: ImageRecord) -> bool:
    """Whether an image's contours take part in training (it is in F, and of a training patient)."""
    is_malignant = record.label in (Label.MALIGNANT, Label.BOTH)
    is_used = record.decision is not Decision.UNREADABLE
    return is_malignant and is_used and record.malignant_findings > 0 and record.split is Split.TRAIN


def _images(number: int) -> str:
    return tr("1 annotated image") if number == 1 else tr("{number} annotated images").format(number=number)
