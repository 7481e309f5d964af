"""The image on the desk: brings its pixels, contours and predictions together and turns gestures into edits."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.finding_desk import FindingDesk
from app.findings_panel import FindingsPanel
from app.hung_study import HungStudy, shown_image, wanted_image
from app.image_loader import ImageLoader, Pixels
from app.session import Session
from app.translation import tr
from app.viewer import Tool, Viewer
from app.worklist import image_name
from core.domain import (
    Arm,
    Decision,
    ImageId,
    Laterality,
    View,
)
from core.errors import UserError
from storage.changes import Changes
from storage.edits import (
    PlaceImage,
    SetAssessment,
    SetDecision,
)
from storage.records import EventKind, ReadingKind


class Desk(FindingDesk):
    """One open image at a time.

    Signals:
        opened: the ImageRecord now on the desk, or None.
        shown: the ImageId of the open image, once its pixels are in sight.
        model_shown: the ImageId whose view by the model may have changed.
        done: the reader is done with the image and wants the next.
    """

    opened = Signal(object)
    shown = Signal(object)
    model_shown = Signal(object)
    done = Signal()

    def __init__(
        self, *, viewer: Viewer, panel: FindingsPanel, loader: ImageLoader, parent: QObject | None = None
    ) -> None:
        super().__init__(viewer=viewer, panel=panel, parent=parent)
        self._loader = loader
        self._has_pixels = False
        self._place = (Laterality.UNKNOWN, View.UNKNOWN)
        self._frame, self._frames = 0, 1  # the frame wanted last, from 0, and how many there are
        self.study = HungStudy(viewer=viewer, loader=loader, model=self.model, parent=self)
        self._connect()

    @property
    def image_id(self) -> ImageId | None:
        """The open image."""
        return self._image_id

    def set_session(self, session: Session | None) -> None:
        """Work on another project, with nothing open."""
        self.leave()
        self.recorder.end()
        self._viewer.clear()
        self._loader.forget()
        self._session = session
        self.model.set_store(None if session is None else session.store)
        self.study.set_session(session)
        self._show_panel()

    def open(self, image_id: ImageId, *, ahead: Sequence[ImageId] = ()) -> None:
        """Put an image on the desk; `ahead` are loaded after it."""
        if self._session is None or image_id == self._image_id:
            return
        self.leave()
        self._image_id = image_id
        record = self._session.image(image_id)
        self._place = record.laterality, record.view
        self._frame, self._frames = 0, 1
        self.model.renew()
        self._show_panel()
        beside = self.study.hang(record)
        if not record.can_be_shown:
            self._viewer.show_failure(record.failure)
        else:
            if not self._viewer.shows(image_id):
                self._viewer.show_loading(
                    tr("Loading {image_name} ...").format(image_name=image_name(record))
                )
            others = [self._session.image(other) for other in ahead]
            self._loader.request(
                wanted_image(record),
                beside=[wanted_image(other) for other in beside],
                ahead=[wanted_image(other) for other in others if other.can_be_shown],
            )
        self.opened.emit(record)

    def step_frame(self, step: int) -> None:
        """Show the next (1) or the previous (-1) frame of the open image."""
        record = self._record()
        if record is None:
            return
        frame = self._frame + step
        if self._frames == 1:
            self.noticed.emit(tr("{image_name} has one frame.").format(image_name=image_name(record)))
        elif not 0 <= frame < self._frames:
            self.noticed.emit(tr("This is the last frame.") if step > 0 else tr("This is the first frame."))
        else:
            self._frame = frame
            self._loader.request_frame(wanted_image(record), frame)

    def show_newest_model(self) -> None:
        """Show the model that came into use while the image was open: the reader asked for it."""
        self.model.renew()
        self._show_prediction()
        self.study.refresh_model()

    @property
    def may_write(self) -> bool:
        """Whether the reader may state anything here."""
        return self._session is not None and not self._session.is_read_only

    def place_image(self, side: Laterality, view: View) -> None:
        """State side and view of the open image; it hangs accordingly."""
        session, image_id = self._session, self._image_id
        if session is not None and image_id is not None:
            session.do(PlaceImage(image_id, session.reader, side, view))

    def hang_again(self) -> None:
        """Hang the study of the open image after the layout was changed."""
        image_id = self._image_id
        if self._session is None or image_id is None:
            return
        record = self._session.image(image_id)
        beside = self.study.hang(record)
        if record.can_be_shown:
            self._loader.request(wanted_image(record), beside=[wanted_image(other) for other in beside])

    def leave(self) -> None:
        """Take the image off the desk, in sight or not; its reading time goes to the ledger."""
        if self._image_id is None:
            return
        self._panel.details.finish()
        self.recorder.close_image()
        seconds = self._clock.leave_image()
        session, image_id = self._session, self._image_id
        self._image_id, self._has_pixels = None, False
        if session is None or seconds is None or session.is_read_only:
            return
        try:
            session.store.log_event(
                EventKind.IMAGE_READ, reader=session.reader, image_id=image_id, seconds=seconds
            )
        except UserError as error:  # the reader must be able to leave all the same
            self.advised.emit(
                tr("The reading time of the last image was not kept. {error}").format(error=error)
            )

    def refresh(self, changes: Changes) -> None:
        """Show what changed, if it is of the open image."""
        if self._session is None or self._image_id is None:
            return
        self.study.refresh(changes)
        if not changes.touches(self._image_id):
            return
        self._show_panel()
        self._hang_if_placed()
        if self._has_pixels:
            self._show_findings()
            if changes.models or changes.everything:
                if self.model.model is None:
                    self.model.renew()
                self._show_prediction()

    def _hang_if_placed(self) -> None:
        """Hang the study anew after side or view of the open image were stated, or that was taken back."""
        record = self._record()
        if record is not None and self._place != (record.laterality, record.view):
            self._place = record.laterality, record.view
            self.hang_again()
            self.opened.emit(record)

    def decide(self, decision: Decision | None, *, reason: str = "") -> None:
        """State what the reader decided about the open image, and why; None takes it back."""
        session, image_id = self._session, self._image_id
        if session is None or image_id is None or session.is_read_only:
            return
        record = session.image(image_id)
        if (record.decision, record.decision_reason) != (decision, reason):
            was_visible = self.model.is_visible(image_id)
            if session.do(SetDecision(image_id, reader=session.reader, decision=decision, reason=reason)):
                self.recorder.note(ReadingKind.DECISION, decision=decision and decision.value)
            if self.model.is_visible(image_id) != was_visible:
                self._show_again()
        self._show_panel()

    def _give_reason(self, reason: str) -> None:
        record = self._record()
        if record is not None and record.decision is not None and reason != record.decision_reason:
            self.decide(record.decision, reason=reason)

    def _assess(self, birads: str) -> None:
        session, image_id = self._session, self._image_id
        if session is not None and image_id is not None and not session.is_read_only:
            session.do(SetAssessment(image_id, reader=session.reader, birads=birads))

    def toggle(self, decision: Decision) -> None:
        """State a decision, or take it back if it stands."""
        record = self._record()
        if record is not None:
            self.decide(None if record.decision is decision else decision)

    def finish(self) -> None:
        """Keep the image as annotated and ask for the next; without contours the reader must say why."""
        record, session = self._record(), self._session
        if record is None or session is None:
            return
        contours = record.malignant_findings + record.benign_findings
        if not contours and record.decision is None and not record.failure and not session.is_read_only:
            self.advised.emit(
                tr(
                    "Nothing is drawn on {image_name}. Choose 'Nothing to draw' or 'Skip', or go on to the "
                    "next image without a decision."
                ).format(image_name=image_name(record))
            )
            return
        if contours and record.decision is None:
            self.decide(Decision.ANNOTATED)
        self.done.emit()

    def sit_down(self, arm: Arm) -> None:
        """The reader begins a sitting in which the model is shown as the arm says."""
        session = self._session
        if session is None:
            return
        self.model.begin(reader=session.reader, arm=arm)
        self.recorder.begin(session, arm)
        if self._image_id is not None and self._has_pixels:
            self.recorder.open_image(self._image_id)
            self._show_again()

    def review(self, is_on: bool) -> None:
        """All readers' work is in sight, or the reader's own again. The model is shown as the arm says after that."""
        self.model.is_reviewing = is_on

    def request_model(self) -> None:
        """Show the model on the open image, where the sitting shows it on request."""
        if self._image_id is None:
            return
        if self.model.request(self._image_id):
            self.recorder.note(ReadingKind.MODEL_REQUESTED)
            self._show_again()
        elif not self.model.is_visible(self._image_id):
            self.advised.emit(
                tr("The model is hidden in this sitting until you have decided about the image.")
            )

    def _show_again(self) -> None:
        self._show_panel()
        if self._has_pixels:
            self._show_prediction()
            self.study.refresh_model()
            self._note_model()

    def _note_model(self) -> None:
        if self._image_id is None:
            return
        is_seen = self.model.prediction(self._image_id) is not None
        kind = ReadingKind.MODEL_SHOWN if is_seen else ReadingKind.MODEL_HIDDEN
        self.recorder.note(kind, model=self.model.model_id)

    def _note_tool(self, tool: Tool) -> None:
        self._clock.set_tool_draws(tool.draws or tool is Tool.EDIT)

    def _connect(self) -> None:
        self._loader.loaded.connect(self._show_pixels)
        self._loader.previewed.connect(self._show_preview)
        self._loader.failed.connect(self._show_failure)
        self._viewer.tool_changed.connect(self._note_tool)
        self._panel.decision_requested.connect(self.decide)
        self._panel.next_requested.connect(self.finish)
        self._panel.assessed.connect(self._assess)
        self._panel.reason_given.connect(self._give_reason)

    def _show_pixels(self, image_id: ImageId, pixels: Pixels) -> None:
        record = self._record()
        if record is None or record.id != image_id:
            return  # the reader has left that image
        self._viewer.show_image(shown_image(record, pixels))
        header = pixels.mammogram.header
        if not self._has_pixels:
            self._frame = header.frame
        self._frames = header.frames
        is_new, self._has_pixels = not self._has_pixels, True
        self._show_findings()
        self._show_prediction()
        if is_new:
            self._clock.open_image()
            self.recorder.open_image(image_id)
            self._note_model()
        self.shown.emit(image_id)

    def _show_preview(self, image_id: ImageId, pixels: Pixels) -> None:
        """A small version to look at; nothing can be stated about it before the whole is there."""
        record = self._record()
        if record is not None and record.id == image_id and not self._has_pixels:
            self._viewer.show_image(shown_image(record, pixels))

    def _show_failure(self, image_id: ImageId, reason: str) -> None:
        if image_id == self._image_id:
            self._viewer.show_failure(reason)

    def _show_prediction(self) -> None:
        if self._session is None or self._image_id is None:
            return
        store = self._session.store
        prediction = self.model.prediction(self._image_id)
        boxes = None if prediction is None else store.grid(self._image_id)
        self._viewer.set_prediction(prediction, boxes)
        self._viewer.set_model_hidden(not self.model.is_visible(self._image_id))
        self.model_shown.emit(self._image_id)
