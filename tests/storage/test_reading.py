"""Whose a contour is, what it was made from, what belongs together, and what a reader did when."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import shapely

from core.domain import (
    Arm,
    Contour,
    Decision,
    FindingClass,
    FindingType,
    Label,
    Laterality,
    Provenance,
    Role,
    Suggestion,
    View,
)
from core.errors import UserError
from core.recipe import GridSettings, Recipe
from storage.edits import LinkFindings, PlaceImage, SetAssessment, SetDecision, UnlinkFinding
from storage.records import NewImage, NewModel, ReadingEvent, ReadingKind

BOXES = np.array([[0, 0, 224, 224], [112, 112, 336, 336]], float)
M, MASS = FindingClass.MALIGNANT, FindingType.MASS


def square(low: float, high: float) -> Contour:
    return Contour.from_points([(low, low), (high, low), (high, high), (low, high)])


@pytest.fixture
def images(project):
    """Two views of one breast in one study, an earlier study of the same patient, and another patient's image."""
    rows = [
        ("a", "new", "20250301", Laterality.LEFT, View.CC),
        ("a", "new", "20250301", Laterality.LEFT, View.MLO),
        ("a", "old", "20230301", Laterality.LEFT, View.CC),
        ("b", "x", "", Laterality.UNKNOWN, View.UNKNOWN),
    ]
    new = [
        NewImage(
            Path(f"/x/{n}"),
            f"{n:064x}",
            patient,
            study=study,
            study_date=date,
            laterality=side,
            view=view,
            rows=400,
            columns=400,
            boxes=BOXES,
            label=Label.MALIGNANT,
        )
        for n, (patient, study, date, side, view) in enumerate(rows)
    ]
    ids, _ = project.store.add_inspected(new, grid=GridSettings())
    return [ids[image.path] for image in new]


def draw(store, image, contour=None, *, reader="A", **more):
    found, _ = store.add_finding(
        image, reader=reader, finding_class=M, finding_type=MASS, contour=contour or square(10, 60), **more
    )
    return found


def test_a_box_that_is_accepted_is_told_apart_from_one_that_was_changed_with_its_iom(project, images):
    store = project.store
    model, _ = store.add_model(NewModel("m", Recipe(), "1", "0" * 64, {}, 0))
    box = (100.0, 100.0, 200.0, 200.0)
    found = draw(store, images[0], square(100, 200), suggestion=Suggestion(model, box))
    first = store.finding(found)
    assert (first.provenance, first.suggestion) == (Provenance.ACCEPTED, Suggestion(model, box, 1.0))
    store.change_finding(found, reader="A", finding_type=FindingType.OTHER)
    assert store.finding(found).provenance is Provenance.ACCEPTED
    store.change_finding(found, reader="A", contour=square(150, 260))
    now = store.finding(found)
    assert now.provenance is Provenance.EDITED
    one, other = shapely.box(*box), shapely.box(150, 150, 260, 260)
    assert now.suggestion.iom == pytest.approx(one.intersection(other).area / min(one.area, other.area))
    drawn = store.finding(draw(store, images[0]))
    assert (drawn.provenance, drawn.suggestion) == (Provenance.DRAWN, None)


def test_two_views_of_one_lesion_are_linked_and_a_third_joins_them(project, images):
    store = project.store
    cc, mlo, prior = (draw(store, image) for image in images[:3])
    edit = LinkFindings((cc, mlo), "A")
    assert edit.apply(store).images == {images[0], images[1]}
    assert [each.id for each in store.lesion(store.finding(cc).lesion_id)] == [cc, mlo]
    second = LinkFindings((mlo, prior), "A")
    second.apply(store)
    assert {store.finding(each).lesion_id for each in (cc, mlo, prior)} == {cc}
    second.revert(store)
    assert [store.finding(each).lesion_id for each in (cc, mlo, prior)] == [cc, cc, None]
    out = UnlinkFinding(cc, "A")
    out.apply(store)
    assert store.finding(cc).lesion_id is None
    out.revert(store)
    assert store.finding(cc).lesion_id == cc
    edit.revert(store)
    assert {store.finding(each).lesion_id for each in (cc, mlo)} == {None}


def test_a_link_that_makes_no_sense_is_refused_with_a_sentence(project, images):
    store = project.store
    one, same_view = draw(store, images[0]), draw(store, images[0], square(100, 150))
    stranger, others = draw(store, images[3]), draw(store, images[1], reader="B")
    for pair, why in (
        ((one,), "needs two"),
        ((one, one), "needs two"),
        ((one, same_view), "one image"),
        ((one, stranger), "different patients"),
        ((one, others), "different readers"),
    ):
        with pytest.raises(UserError, match=why):
            store.link_findings(pair, reader="A")
    assert store.finding(one).version == 1


def test_an_adjudicated_contour_settles_an_image_and_leaves_the_readers_own(project, images):
    store, image = project.store, images[0]
    first, second = draw(store, image, square(0, 200)), draw(store, image, square(150, 330), reader="B")
    both = store.region_labels(image)
    settled = draw(store, image, square(0, 190), reader="C", role=Role.ADJUDICATED)
    assert [each.id for each in store.counting_findings(image)] == [settled]
    assert [each.id for each in store.findings(image)] == [first, second, settled]
    assert [each.id for each in store.findings(image, reader="B")] == [second]
    assert store.findings(image, reader="C") == []
    assert not np.array_equal(store.region_labels(image), both)
    assert store.image(image).malignant_findings == 1
    store.delete_finding(settled, reader="C")
    assert np.array_equal(store.region_labels(image), both)
    assert store.readers_of(image) == ["A", "B"]


def test_each_reader_has_a_decision_with_a_reason_and_an_assessment(project, images):
    store, image = project.store, images[0]
    store.set_decision(image, reader="A", decision=Decision.SKIPPED, reason="  motion ")
    skipped = SetDecision(image, "B", Decision.UNREADABLE, reason="half of the breast is missing")
    skipped.apply(store)
    assert store.image(image, reader="A").decision is Decision.SKIPPED
    assert store.image(image, reader="A").decision_reason == "motion"
    assert store.decisions(image) == {
        "A": (Decision.SKIPPED, "motion"),
        "B": (Decision.UNREADABLE, "half of the breast is missing"),
    }
    skipped.revert(store)
    assert store.image(image, reader="B").decision is None
    assert store.image(image).decision is Decision.SKIPPED
    assert store.image(image, reader="nobody yet").decision is None
    edit = SetAssessment(image, "A", "4b")
    edit.apply(store)
    SetAssessment(image, "B", "2").apply(store)
    assert store.assessments(image) == {"A": "4b", "B": "2"}
    edit.revert(store)
    assert store.assessment(image, reader="A") == ""


def test_side_and_view_that_a_reader_states_are_kept_and_can_be_taken_back(project, images):
    store, image = project.store, images[3]
    edit = PlaceImage(image, "A", Laterality.RIGHT, View.MLO)
    edit.apply(store)
    record = store.image(image)
    assert (record.laterality, record.view) == (Laterality.RIGHT, View.MLO)
    edit.revert(store)
    record = store.image(image)
    assert (record.laterality, record.view) == (Laterality.UNKNOWN, View.UNKNOWN)
    assert store._row("SELECT count(*) FROM placement") == (2,)


def test_earlier_studies_of_a_patient_come_the_latest_first(project, images):
    store = project.store
    new, old, other = (store.image(images[n]).study_id for n in (0, 2, 3))
    assert store.prior_studies(new) == [old]
    assert store.prior_studies(old) == store.prior_studies(other) == []


def test_what_is_stated_in_a_sitting_belongs_to_it_and_to_its_arm(project, images):
    store = project.store
    before = draw(store, images[0])
    number = store.begin_sitting(reader="A", arm=Arm.HIDDEN)
    found = draw(store, images[0], square(100, 140))
    store.set_decision(images[0], reader="A", decision=Decision.ANNOTATED)
    store.end_sitting()
    [sitting] = store.sittings()
    assert (sitting.id, sitting.reader, sitting.arm) == (number, "A", Arm.HIDDEN)
    rows = store._rows("SELECT finding_id, sitting_id FROM finding_version ORDER BY finding_id")
    assert rows == [(before, None), (found, number)]
    assert store._rows("SELECT sitting_id FROM decision") == [(number,)]


def test_what_a_reader_did_is_kept_in_order_and_never_changed(project, images):
    store = project.store
    number = store.begin_sitting(reader="A", arm=Arm.ON_REQUEST)
    events = [
        ReadingEvent(number, 0.0, ReadingKind.OPENED, images[0]),
        ReadingEvent(number, 1.5, ReadingKind.MODEL_REQUESTED, images[0], details={"model": 3}),
        ReadingEvent(number, 9.25, ReadingKind.CLOSED, images[0]),
    ]
    store.add_reading(events)
    kept = store.reading(reader="A")
    assert [(e.seconds, e.kind, e.image_id, e.details) for e in kept] == [
        (e.seconds, e.kind, e.image_id, e.details) for e in events
    ]
    assert store.reading(reader="B") == []
    with closing(sqlite3.connect(project.folder / "project.db")) as connection:
        for sql in ("UPDATE reading_event SET seconds = 0", "DELETE FROM reading_event"):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                connection.execute(sql)


def test_events_that_cannot_be_kept_are_not_kept_in_part(project, images):
    store = project.store
    number = store.begin_sitting(reader="A", arm=Arm.SHOWN)
    with pytest.raises(sqlite3.IntegrityError):
        store.add_reading(
            [
                ReadingEvent(number, 0.0, ReadingKind.OPENED, images[0]),
                ReadingEvent(number, -1.0, ReadingKind.CLOSED, images[0]),
            ]
        )
    assert store.reading() == []
