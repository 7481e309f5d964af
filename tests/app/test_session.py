from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.session import Session
from core.domain import Contour, Decision, FindingClass, FindingType, ImageId
from storage.edits import AddFinding, ChangeFinding, DeleteFinding, SetDecision
from storage.project import Project

SQUARE = Contour.from_points([(50, 200), (150, 200), (150, 300), (50, 300)])
OUTSIDE = Contour.from_points([(5000, 5000), (5100, 5000), (5100, 5100)])


@pytest.fixture
def session(project: Project, qapp: object) -> Session:
    return Session(project, reader="Dr Test")


def add(image_id: ImageId, contour: Contour = SQUARE) -> AddFinding:
    return AddFinding(
        image_id,
        reader="Dr Test",
        finding_class=FindingClass.MALIGNANT,
        finding_type=FindingType.MASS,
        contour=contour,
    )


def first_image(session: Session) -> ImageId:
    return session.store.images()[0].id


def test_a_finished_edit_is_in_the_store_and_told_before_anything_else(session: Session, qtbot: QtBot):
    image_id = first_image(session)
    with qtbot.waitSignal(session.changed) as told:
        assert session.do(add(image_id))
    assert told.args[0].images == {image_id}
    assert session.store.image(image_id).malignant_findings == 1
    assert session.undo_stack.undoText() == "draw malignant finding"


def test_a_refused_edit_is_not_remembered_and_the_reason_is_told(session: Session, qtbot: QtBot):
    with qtbot.waitSignal(session.refused) as told:
        assert not session.do(add(first_image(session), OUTSIDE))
    assert "outside" in told.args[0]
    assert session.undo_stack.count() == 0
    assert session.store.findings(first_image(session)) == []


def test_undo_and_redo_bring_back_the_same_finding(session: Session):
    image_id = first_image(session)
    session.do(add(image_id))
    finding = session.store.findings(image_id)[0]
    assert session.undo() == {image_id}
    assert session.store.findings(image_id) == []
    assert session.redo() == {image_id}
    assert [again.id for again in session.store.findings(image_id)] == [finding.id]


def test_a_new_edit_forgets_what_was_undone(session: Session):
    image_id = first_image(session)
    session.do(add(image_id))
    session.undo()
    session.do(SetDecision(image_id, reader="Dr Test", decision=Decision.SKIPPED))
    assert session.redo() == frozenset()
    assert session.undo() == {image_id}
    assert session.store.image(image_id).decision is None
    assert session.undo() == frozenset()


def test_an_undo_that_the_store_refuses_leaves_stack_and_store_in_agreement(session: Session, qtbot: QtBot):
    image_id = first_image(session)
    session.do(add(image_id))
    finding_id = session.store.findings(image_id)[0].id
    session.do(ChangeFinding(finding_id, reader="Dr Test", finding_class=FindingClass.BENIGN))
    session.store.delete_finding(finding_id, reader="Dr Other")  # behind the session's back
    with qtbot.waitSignal(session.refused):
        assert session.undo() == frozenset()
    assert session.undo_stack.index() == 2
    session.store.restore_finding(finding_id, reader="Dr Other")
    assert session.undo() == {image_id}
    assert session.store.findings(image_id)[0].finding_class is FindingClass.MALIGNANT
    assert session.undo_stack.index() == 1


def test_every_kind_of_edit_can_be_taken_back_one_by_one(session: Session):
    image_id = first_image(session)
    session.do(add(image_id))
    finding = session.store.findings(image_id)[0]
    session.do(ChangeFinding(finding.id, reader="Dr Test", finding_type=FindingType.DISTORTION))
    session.do(SetDecision(image_id, reader="Dr Test", decision=Decision.ANNOTATED))
    session.do(DeleteFinding(finding.id, reader="Dr Test"))
    states = []
    while session.undo():
        found = session.store.findings(image_id)
        states.append((len(found), session.store.image(image_id).decision))
    assert states == [(1, Decision.ANNOTATED), (1, None), (1, None), (0, None)]


def test_a_read_only_session_changes_nothing_and_says_why(project_folder, qtbot: QtBot):
    with Project.open(project_folder, read_only=True) as looked_at:
        session = Session(looked_at, reader="")
        assert session.is_read_only
        with qtbot.waitSignal(session.refused) as told:
            assert not session.do(add(first_image(session)))
        assert "read-only" in told.args[0]
