"""Edits: undo and redo through the store, with the reader's seconds counted once."""

from __future__ import annotations

import pytest

from core.domain import Decision, FindingClass, FindingType, Label
from core.errors import UserError
from storage.edits import AddFinding, ChangeFinding, DeleteFinding, SetDecision, SetLabel


def test_a_finding_redone_has_the_id_it_had(project, add_images, square):
    [image] = add_images(project, Label.MALIGNANT)
    edit = AddFinding(image, "A", FindingClass.MALIGNANT, FindingType.MASS, square(5, 5), seconds=12.0)
    edit.apply(project.store)
    first = edit.finding_id
    edit.revert(project.store)
    edit.apply(project.store)
    assert [finding.id for finding in project.store.findings(image)] == [first]


def test_seconds_are_counted_once_over_undo_and_redo(project, add_images, square):
    [image] = add_images(project, Label.MALIGNANT)
    for edit in (
        AddFinding(image, "A", FindingClass.MALIGNANT, FindingType.MASS, square(5, 5), seconds=12.0),
        SetDecision(image, "A", Decision.ANNOTATED, seconds=3.0),
    ):
        edit.apply(project.store)
        edit.revert(project.store)
        edit.apply(project.store)
    assert sum(event.seconds or 0 for event in project.store.events()) == 15.0


def test_a_refused_edit_remembers_nothing(project, add_images, square):
    [image] = add_images(project, Label.MALIGNANT)
    edit = AddFinding(image, "A", FindingClass.MALIGNANT, FindingType.MASS, square(5000, 5000))
    with pytest.raises(UserError):
        edit.apply(project.store)
    assert edit.finding_id is None


def test_an_edit_that_changes_moves_back_contour_class_and_type(project, add_images, square):
    [image] = add_images(project, Label.MALIGNANT)
    add = AddFinding(image, "A", FindingClass.MALIGNANT, FindingType.MASS, square(5, 5))
    add.apply(project.store)
    assert add.finding_id is not None
    edit = ChangeFinding(
        add.finding_id,
        "A",
        contour=square(50, 50),
        finding_class=FindingClass.BENIGN,
        finding_type=FindingType.ASYMMETRY,
    )
    edit.apply(project.store)
    [finding] = project.store.findings(image)
    assert (finding.contour, finding.finding_class, finding.finding_type) == (
        square(50, 50),
        FindingClass.BENIGN,
        FindingType.ASYMMETRY,
    )
    edit.revert(project.store)
    [finding] = project.store.findings(image)
    assert (finding.contour, finding.finding_class, finding.finding_type) == (
        square(5, 5),
        FindingClass.MALIGNANT,
        FindingType.MASS,
    )


def test_delete_label_and_decision_go_back_to_what_was(project, add_images, square):
    [image] = add_images(project, Label.MALIGNANT)
    add = AddFinding(image, "A", FindingClass.MALIGNANT, FindingType.MASS, square(5, 5))
    add.apply(project.store)
    assert add.finding_id is not None
    project.store.set_decision(image, reader="A", decision=Decision.SKIPPED)
    edits = [
        DeleteFinding(add.finding_id, "A"),
        SetLabel(image, "A", Label.NORMAL),
        SetDecision(image, "A", None),
    ]
    for edit in edits:
        edit.apply(project.store)
    record = project.store.image(image)
    assert (record.malignant_findings, record.label, record.decision) == (0, Label.NORMAL, None)
    for edit in reversed(edits):
        edit.revert(project.store)
    record = project.store.image(image)
    assert (record.malignant_findings, record.label, record.decision) == (
        1,
        Label.MALIGNANT,
        Decision.SKIPPED,
    )


def test_each_edit_has_a_name_for_the_undo_menu(square):
    assert (
        AddFinding(1, "A", FindingClass.BENIGN, FindingType.MASS, square(0, 0)).text == "draw benign finding"
    )
    assert ChangeFinding(1, "A", contour=square(0, 0)).text == "change contour"
    assert SetDecision(1, "A", Decision.SKIPPED).text == "decide 'skipped'"
