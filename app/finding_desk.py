"""What the reader does to the findings of the open image, and what the panel beside it says of them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.findings_panel import FindingsPanel
from app.live_regions import LiveRegions
from app.model_view import ModelView
from app.reading_clock import ReadingClock
from app.reading_recorder import ReadingRecorder
from app.review import review_lines
from app.session import Session
from app.translation import tr
from app.viewer import Tool, Viewer
from app.viewer.contour_edit import check_sound
from app.worklist import view_name
from core.agreement import match_contours
from core.domain import (
    Contour,
    Finding,
    FindingClass,
    FindingId,
    FindingType,
    ImageId,
    Role,
    Suggestion,
)
from core.errors import UserError
from core.outlines import centre, joined, point_count, scaled, with_fewer_points
from storage.edits import (
    AddFinding,
    ChangeFinding,
    DeleteFinding,
    Edit,
    LinkFindings,
    Together,
    UnlinkFinding,
)
from storage.records import ImageRecord, ReadingKind

SIMPLER_BY = 1.0  # device pixels at the present zoom, image pixels at most


class FindingDesk(QObject):
    """The findings of one open image; which image that is, Desk says.

    Signals:
        advised: a sentence for the reader about what was not done and what to do first.
        noticed: a sentence about something the reader should look at.
    """

    advised = Signal(str)
    noticed = Signal(str)

    def __init__(self, *, viewer: Viewer, panel: FindingsPanel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer, self._panel = viewer, panel
        self._session: Session | None = None
        self._image_id: ImageId | None = None
        self._clock = ReadingClock(self)
        self._clock.watch([viewer])
        viewer.canvas_made.connect(lambda canvas: self._clock.watch([canvas]))
        self.model = ModelView()
        self.recorder = ReadingRecorder(self)
        self._clock.input_heard.connect(self.recorder.note_input)
        self._clock.stroke_begun.connect(self._note_stroke)
        self._clock.stroke_given_up.connect(lambda: self._end_stroke(None))
        self._is_editing = False
        self.new_class = FindingClass.MALIGNANT
        self._connect_findings()

    def _connect_findings(self) -> None:
        viewer, panel = self._viewer, self._panel
        viewer.contour_drawn.connect(self._add)
        viewer.contour_changed.connect(self._change_contour)
        viewer.contour_split.connect(self._split)
        viewer.finding_selected.connect(panel.select)
        viewer.delete_requested.connect(self._delete)
        viewer.refused.connect(self.advised)
        viewer.noticed.connect(self.noticed)
        viewer.finding_selected.connect(lambda _found: self._show_details())
        panel.finding_selected.connect(viewer.select_finding)
        panel.finding_selected.connect(lambda _found: self._show_details())
        panel.delete_requested.connect(self._delete)
        panel.class_changed.connect(self._change_class)
        panel.type_changed.connect(self._change_type)
        panel.birads_changed.connect(self._change_birads)
        panel.details.note_changed.connect(self._change_note)
        panel.details.link_requested.connect(self._link)
        panel.details.unlink_requested.connect(self._unlink)

    def delete_selected(self) -> None:
        """Delete the selected finding."""
        if self._panel.selected is not None:
            self._delete(self._panel.selected)

    def _note_stroke(self) -> None:
        self._is_editing = self._viewer.tool is Tool.EDIT
        self.recorder.note(ReadingKind.EDIT_BEGUN if self._is_editing else ReadingKind.STROKE_BEGUN)

    def _end_stroke(self, finding_id: FindingId | None) -> None:
        kind = ReadingKind.EDIT_ENDED if self._is_editing else ReadingKind.STROKE_ENDED
        self.recorder.note(kind, finding_id=finding_id)

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
            role=Role.ADJUDICATED if session.is_reviewing else Role.READER,
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
                tr("The selected contour touches no other of its class: there is nothing to join it with.")
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
            self.noticed.emit(tr("{after} of {before} points are left.").format(after=after, before=before))
        elif after >= before:
            self.noticed.emit(
                tr("The contour has {before} points, and none can be left out.").format(before=before)
            )

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
            self.advised.emit(tr("Select a contour first."))
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
        is_refused = not all(self._may_change(finding_id) for finding_id in _changed_by(edit))
        if self._session is not None and (is_refused or not self._session.do(edit)):
            self._show_panel()


def _changed_by(edit: Edit) -> tuple[FindingId, ...]:
    """The findings that an edit about to be done gets new versions of."""
    match edit:
        case Together(edits=edits):
            return tuple(finding_id for each in edits for finding_id in _changed_by(each))
        case LinkFindings(finding_ids=finding_ids):
            return finding_ids
        case ChangeFinding(finding_id=finding_id) | DeleteFinding(finding_id=finding_id):
            return (finding_id,)
        case UnlinkFinding(finding_id=finding_id):
            return (finding_id,)
        case _:
            return ()
