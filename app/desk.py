"""The image on the desk: brings its pixels, contours and predictions together and turns gestures into edits."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.findings_panel import FindingsPanel
from app.hung_study import HungStudy, shown_image, wanted_image
from app.image_loader import ImageLoader, Pixels
from app.live_regions import LiveRegions
from app.model_view import ModelView
from app.reading_clock import ReadingClock
from app.reading_recorder import ReadingRecorder
from app.review import review_lines
from app.session import Session
from app.translation import tr
from app.viewer import Tool, Viewer
from app.viewer.contour_edit import check_sound
from app.worklist import image_name, view_name
from core.agreement import match_contours
from core.domain import (
    Arm,
    Contour,
    Decision,
    Finding,
    FindingClass,
    FindingId,
    FindingType,
    ImageId,
    Laterality,
    Role,
    Suggestion,
    View,
)
from core.errors import UserError
from core.outlines import centre, joined, point_count, scaled, with_fewer_points
from storage.changes import Changes
from storage.edits import (
    AddFinding,
    ChangeFinding,
    DeleteFinding,
    Edit,
    LinkFindings,
    PlaceImage,
    SetAssessment,
    SetDecision,
    Together,
    UnlinkFinding,
)
from storage.records import EventKind, ImageRecord, ReadingKind

SIMPLER_BY = 1.0  # device pixels at the present zoom, image pixels at most


class Desk(QObject):
    """One open image at a time.

    Signals:
        opened: the ImageRecord now on the desk, or None.
        shown: the ImageId of the open image, once its pixels are in sight.
        advised: a sentence for the reader about what was not done and what to do first.
        noticed: a sentence about something the reader should look at.
        model_shown: the ImageId whose view by the model may have changed.
        done: the reader is done with the image and wants the next.
    """

    opened = Signal(object)
    shown = Signal(object)
    advised = Signal(str)
    model_shown = Signal(object)
    noticed = Signal(str)
    done = Signal()

    def __init__(
        self, *, viewer: Viewer, panel: FindingsPanel, loader: ImageLoader, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._viewer, self._panel, self._loader = viewer, panel, loader
        self._session: Session | None = None
        self._image_id: ImageId | None = None
        self._has_pixels = False
        self._place = (Laterality.UNKNOWN, View.UNKNOWN)
        self._clock = ReadingClock(self)
        self._clock.watch([viewer])
        viewer.canvas_made.connect(lambda canvas: self._clock.watch([canvas]))
        self.model = ModelView()
        self.recorder = ReadingRecorder(self)
        self._clock.input_heard.connect(self.recorder.note_input)
        self._clock.stroke_begun.connect(self._note_stroke)
        self._clock.stroke_given_up.connect(lambda: self._end_stroke(None))
        self._is_editing = False
        self.study = HungStudy(viewer=viewer, loader=loader, model=self.model, parent=self)
        self.new_class = FindingClass.MALIGNANT
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
        self.model.renew()
        self._show_panel()
        beside = self.study.hang(record)
        if record.failure:
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
                ahead=[wanted_image(other) for other in others if not other.failure],
            )
        self.opened.emit(record)

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
        if not record.failure:
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

    def delete_selected(self) -> None:
        """Delete the selected finding."""
        if self._panel.selected is not None:
            self._delete(self._panel.selected)

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

    def _note_stroke(self) -> None:
        self._is_editing = self._viewer.tool is Tool.EDIT
        self.recorder.note(ReadingKind.EDIT_BEGUN if self._is_editing else ReadingKind.STROKE_BEGUN)

    def _end_stroke(self, finding_id: FindingId | None) -> None:
        kind = ReadingKind.EDIT_ENDED if self._is_editing else ReadingKind.STROKE_ENDED
        self.recorder.note(kind, finding_id=finding_id)

    def _note_tool(self, tool: Tool) -> None:
        self._clock.set_tool_draws(tool.draws or tool is Tool.EDIT)

    def _connect(self) -> None:
        viewer, panel = self._viewer, self._panel
        self._loader.loaded.connect(self._show_pixels)
        self._loader.failed.connect(self._show_failure)
        viewer.contour_drawn.connect(self._add)
        viewer.contour_changed.connect(self._change_contour)
        viewer.contour_split.connect(self._split)
        viewer.finding_selected.connect(panel.select)
        viewer.delete_requested.connect(self._delete)
        viewer.tool_changed.connect(self._note_tool)
        viewer.refused.connect(self.advised)
        viewer.noticed.connect(self.noticed)
        panel.finding_selected.connect(viewer.select_finding)
        panel.delete_requested.connect(self._delete)
        panel.class_changed.connect(self._change_class)
        panel.type_changed.connect(self._change_type)
        panel.decision_requested.connect(self.decide)
        panel.birads_changed.connect(self._change_birads)
        panel.assessed.connect(self._assess)
        panel.reason_given.connect(self._give_reason)
        panel.finding_selected.connect(lambda _found: self._show_details())
        viewer.finding_selected.connect(lambda _found: self._show_details())
        panel.details.note_changed.connect(self._change_note)
        panel.details.link_requested.connect(self._link)
        panel.details.unlink_requested.connect(self._unlink)
        panel.next_requested.connect(self.finish)

    def _record(self) -> ImageRecord | None:
        if self._session is None or self._image_id is None:
            return None
        return self._session.image(self._image_id)

    def _show_panel(self) -> None:
        record = self._record()
        if record is None or self._session is None:
            self._panel.show_image(None, [], is_allowed=False)
            return
        is_allowed = not self._session.is_read_only and not record.failure
        birads = self._session.store.assessment(record.id, reader=self._session.reader)
        self._panel.show_image(
            record,
            self._session.findings(record.id),
            is_allowed=is_allowed,
            birads=birads,
            shows_model=self.model.is_visible(record.id),
        )
        is_reviewing = self._session.is_reviewing
        self._panel.show_readers(review_lines(self._session.store, record.id) if is_reviewing else ())
        self._show_details()

    def _show_details(self) -> None:
        """What more there is to say of the selected finding."""
        session, found, image_id = self._session, self._panel.selected, self._image_id
        if session is None or image_id is None or found is None:
            self._panel.details.show_finding(None, is_allowed=False)
            return
        finding = session.store.finding(found)
        lesion = [] if finding.lesion_id is None else session.store.lesion(finding.lesion_id)
        linked = {each.id for each in lesion} - {finding.id}
        self._panel.details.show_finding(
            finding,
            others=[pair for pair in self._same_patient(finding) if pair[0] not in linked],
            linked=[view_name(session.image(each.image_id)) for each in lesion if each.id in linked],
            is_allowed=not session.is_read_only,
        )

    def _same_patient(self, finding: Finding) -> list[tuple[FindingId, str]]:
        """Findings in the other images of the study that may be the same lesion, with names."""
        session = self._session
        assert session is not None
        record = session.image(finding.image_id)
        pairs = []
        for image in session.study_images(record.study_id):
            if image.id != record.id:
                for number, other in enumerate(session.findings(image.id), start=1):
                    if (other.owner, other.role) == (finding.owner, finding.role):
                        what = f"{other.finding_class.value}, {other.finding_type.value}"
                        pairs.append((other.id, f"{view_name(image)}, {number}: {what}"))
        return pairs

    def _show_pixels(self, image_id: ImageId, pixels: Pixels) -> None:
        record = self._record()
        if record is None or record.id != image_id:
            return  # the reader has left that image
        self._viewer.show_image(shown_image(record, pixels))
        is_new, self._has_pixels = not self._has_pixels, True
        self._show_findings()
        self._show_prediction()
        if is_new:
            self._clock.open_image()
            self.recorder.open_image(image_id)
            self._note_model()
        self.shown.emit(image_id)

    def _show_failure(self, image_id: ImageId, reason: str) -> None:
        if image_id == self._image_id:
            self._viewer.show_failure(reason)

    def _show_findings(self) -> None:
        if self._session is None or self._image_id is None:
            return
        store = self._session.store
        findings = self._session.findings(self._image_id)
        self._viewer.set_findings(findings)
        self._viewer.select_finding(self._panel.selected)
        boxes, live = store.grid(self._image_id), None
        if len(boxes):
            shape = store.shape(self._image_id)
            live = LiveRegions(boxes, findings, shape=shape, new_class=lambda: self.new_class)
        self._viewer.set_live(live)

    def _show_prediction(self) -> None:
        if self._session is None or self._image_id is None:
            return
        store = self._session.store
        prediction = self.model.prediction(self._image_id)
        boxes = None if prediction is None else store.grid(self._image_id)
        self._viewer.set_prediction(prediction, boxes)
        self._viewer.set_model_hidden(not self.model.is_visible(self._image_id))
        self.model_shown.emit(self._image_id)

    def _add(self, contour: Contour) -> None:
        session, image_id = self._session, self._image_id
        if session is None or image_id is None:
            return
        edit = AddFinding(
            image_id,
            reader=session.reader,
            finding_class=self.new_class,
            finding_type=FindingType.UNSPECIFIED,
            contour=contour,
            seconds=self._clock.finish_drawing(),
            role=Role.ADJUDICATED if session.is_reviewing else Role.READER,
        )
        if session.do(edit):
            self._end_stroke(edit.finding_id)
            self._panel.select(edit.finding_id)
            self._viewer.select_finding(edit.finding_id)
            self._show_details()
        else:
            self._end_stroke(None)
            self._viewer.restore_drawing(contour)  # nothing that was drawn is lost

    def accept_box(self) -> None:
        """Make a finding of the model's box that is pointed at, as it is; it can be edited afterwards."""
        session, image_id, box = self._session, self._image_id, self._viewer.box_in_hand
        if session is None or image_id is None or self.model.model_id is None:
            return
        if box is None:
            self.advised.emit(tr("Point at a box of the model first, or go to the next mark."))
            return
        x0, y0, x1, y1 = box.rect
        edit = AddFinding(
            image_id,
            reader=session.reader,
            finding_class=box.finding_class,
            finding_type=FindingType.UNSPECIFIED,
            contour=Contour.from_points([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]),
            suggestion=Suggestion(self.model.model_id, box.rect),
        )
        if session.do(edit):
            self._panel.select(edit.finding_id)
            self._viewer.select_finding(edit.finding_id)
            self._show_details()

    def _change_contour(self, finding_id: FindingId, contour: Contour) -> None:
        if self._session is not None:
            seconds = self._clock.finish_drawing()
            if not self._may_change(finding_id):
                self._end_stroke(None)
                self._show_findings()
                return
            edit = ChangeFinding(finding_id, reader=self._session.reader, contour=contour, seconds=seconds)
            self._end_stroke(finding_id)
            if not self._session.do(edit):
                self._show_findings()  # the outline goes back to where the store has it

    def _split(self, finding_id: FindingId, parts: list[Contour]) -> None:
        """A contour that was cut through: the largest part stays the finding, the others are new ones like it."""
        session = self._session
        if session is None or not self._may_change(finding_id):
            return
        finding, seconds = session.store.finding(finding_id), self._clock.finish_drawing()
        largest, *others = parts
        edits: list[Edit] = [ChangeFinding(finding_id, session.reader, contour=largest, seconds=seconds)]
        edits += [
            AddFinding(
                finding.image_id,
                session.reader,
                finding.finding_class,
                finding.finding_type,
                other,
                role=finding.role,
            )
            for other in others
        ]
        self._end_stroke(finding_id)
        self._do_or_show(Together(tuple(edits), "split contour"))

    def join(self) -> None:
        """Make one finding of the selected one and the reader's others that it touches."""
        session, finding = self._session, self._selected()
        if session is None or finding is None:
            return
        others = [
            other
            for other in session.findings(finding.image_id)
            if other.id != finding.id
            and (other.finding_class, other.owner, other.role)
            == (finding.finding_class, finding.owner, finding.role)
            and match_contours([finding.contour], [other.contour])
        ]
        if not others:
            self.advised.emit(
                "The selected contour touches no other of its class: there is nothing to join it with."
            )
            return
        try:
            whole = joined([finding.contour, *(other.contour for other in others)])
        except UserError as error:
            self.advised.emit(str(error))
            return
        edits: list[Edit] = [ChangeFinding(finding.id, session.reader, contour=whole)]
        edits += [DeleteFinding(other.id, session.reader) for other in others]
        self._do_or_show(Together(tuple(edits), "join contours"))

    def simplify(self) -> None:
        """Leave out points of the selected contour that can hardly be seen to be missing."""
        finding = self._selected()
        if finding is None:
            return
        simple = with_fewer_points(finding.contour, tolerance=SIMPLER_BY / min(self._viewer.zoom, 1.0))
        before, after = point_count(finding.contour), point_count(simple)
        if after < before and self._reshape(finding, simple):
            self.noticed.emit(f"{after} of {before} points are left.")
        elif after >= before:
            self.noticed.emit(f"The contour has {before} points, and none can be left out.")

    def scale(self, factor: float) -> None:
        """Make the selected contour larger or smaller about its middle."""
        finding = self._selected()
        if finding is not None:
            self._reshape(finding, scaled(finding.contour, factor, about=centre(finding.contour)))

    def _reshape(self, finding: Finding, contour: Contour) -> bool:
        session = self._session
        if session is None or not self._may_change(finding.id):
            return False
        rows, columns = session.store.shape(finding.image_id)
        try:
            check_sound(contour, rows=rows, columns=columns)
        except UserError as error:
            self.advised.emit(str(error))
            return False
        return session.do(ChangeFinding(finding.id, session.reader, contour=contour))

    def _selected(self) -> Finding | None:
        session, found = self._session, self._panel.selected
        if session is None or session.is_read_only or found is None:
            self.advised.emit("Select a contour first.")
            return None
        return session.store.finding(found)

    def _may_change(self, finding_id: FindingId) -> bool:
        """A reader's own work is changed by nobody else, in the review either."""
        session = self._session
        assert session is not None
        finding = session.store.finding(finding_id)
        if finding.role is Role.READER and finding.owner != session.reader:
            self.advised.emit(
                tr(
                    "This contour is {owner}'s and stays as it is. In the review, draw your own: it settles the "
                    "image."
                ).format(owner=finding.owner)
            )
            return False
        return True

    def _change_class(self, finding_id: FindingId, finding_class: FindingClass) -> None:
        if self._session is not None:
            self._do_or_show(
                ChangeFinding(finding_id, reader=self._session.reader, finding_class=finding_class)
            )

    def _change_type(self, finding_id: FindingId, finding_type: FindingType) -> None:
        if self._session is not None:
            self._do_or_show(
                ChangeFinding(finding_id, reader=self._session.reader, finding_type=finding_type)
            )

    def _change_birads(self, finding_id: FindingId, birads: str) -> None:
        if self._session is not None:
            self._do_or_show(ChangeFinding(finding_id, reader=self._session.reader, birads=birads))

    def _change_note(self, finding_id: FindingId, note: str) -> None:
        if self._session is not None and not self._session.is_read_only:
            self._do_or_show(ChangeFinding(finding_id, reader=self._session.reader, note=note))

    def _link(self, one: FindingId, other: FindingId) -> None:
        if self._session is not None:
            self._do_or_show(LinkFindings((one, other), reader=self._session.reader))

    def _unlink(self, finding_id: FindingId) -> None:
        if self._session is not None:
            self._do_or_show(UnlinkFinding(finding_id, reader=self._session.reader))

    def _delete(self, finding_id: FindingId) -> None:
        if self._session is not None:
            self._do_or_show(DeleteFinding(finding_id, reader=self._session.reader))

    def _do_or_show(self, edit: Edit) -> None:
        """Do it; if it is refused, the panel shows again what is so."""
        changed = getattr(edit, "finding_id", None)
        is_refused = changed is not None and not self._may_change(changed)
        if self._session is not None and (is_refused or not self._session.do(edit)):
            self._show_panel()
