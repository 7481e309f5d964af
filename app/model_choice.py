"""Which model the screen shows: asks about a candidate, and carries out what the reader decides."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication

from app.question_bar import QuestionBar
from app.session import Session
from app.translation import tr
from core.domain import ModelId
from core.errors import UserError
from storage.promotion import candidate_text, former_model, keep_model, open_candidate, use_model
from storage.records import ModelRecord, PromotionKind


class ModelChoice(QObject):
    """Promotion by hand, refusal and going back, in the reader's name.

    Signals:
        said: what was done, in one sentence.
        warned: what was not done and why.
        scores_wanted: a ModelId and a PromotionKind: the model must score the images before it can be used so.
    """

    said = Signal(str)
    warned = Signal(str)
    scores_wanted = Signal(object, object)

    def __init__(self, bar: QuestionBar, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bar = bar
        self._session: Session | None = None
        self._candidate: ModelRecord | None = None
        bar.accepted.connect(self._use_candidate)
        bar.refused.connect(self._keep)

    def set_session(self, session: Session | None) -> None:
        """Choose among the models of another project."""
        self._session = session
        self.refresh()

    def refresh(self) -> None:
        """Ask about the newest candidate, if one waits."""
        session = self._session
        can_decide = session is not None and not session.is_read_only
        self._candidate = open_candidate(session.store) if session is not None and can_decide else None
        current = None if session is None or self._candidate is None else session.store.current_model()
        if self._candidate is None or current is None:
            self._bar.clear()
            return
        self._bar.ask(
            candidate_text(self._candidate),
            yes=tr("Use it"),
            no=tr("Keep model {current}").format(current=current.id),
        )

    def use(self, model_id: ModelId, kind: PromotionKind = PromotionKind.BY_HAND) -> None:
        """Put a model to use; one whose predictions were let go scores the images first."""
        session = self._session
        if session is None:
            return
        if not session.store.probabilities(model_id):
            self.scores_wanted.emit(model_id, kind)
            return
        QGuiApplication.setOverrideCursor(Qt.CursorShape.BusyCursor)
        try:
            changes = use_model(session.store, model_id, reader=session.reader, kind=kind)
        except UserError as error:
            self.warned.emit(str(error))
            return
        finally:
            QGuiApplication.restoreOverrideCursor()
        session.announce(changes)
        again = tr(" again") if kind is PromotionKind.ROLLED_BACK else ""
        self.said.emit(
            tr("Model {model_id} is in use{again}. The worklist is ranked by it.").format(
                model_id=model_id, again=again
            )
        )

    def go_back(self) -> None:
        """Use the model again that was in use before this one."""
        if self._session is None:
            return
        try:
            former = former_model(self._session.store)
        except UserError as error:
            self.warned.emit(str(error))
            return
        self.use(former.id, PromotionKind.ROLLED_BACK)

    def _use_candidate(self) -> None:
        if self._candidate is not None:
            self.use(self._candidate.id)

    def _keep(self) -> None:
        session, candidate = self._session, self._candidate
        if session is None or candidate is None:
            return
        try:
            changes = keep_model(session.store, candidate.id, reader=session.reader)
        except UserError as error:
            self.warned.emit(str(error))
            return
        session.announce(changes)
        self.refresh()
        self.said.emit(
            tr("Model {candidate} was not taken. It stays in the list of models.").format(
                candidate=candidate.id
            )
        )
