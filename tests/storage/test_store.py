"""What the store keeps of images, findings, models and events."""

from __future__ import annotations

import numpy as np
import pytest

from core.domain import (
    Contour,
    Decision,
    FindingClass,
    FindingType,
    Label,
    RegionLabel,
    Split,
)
from core.errors import UserError
from core.prediction import Prediction
from core.recipe import GridSettings, Method, Recipe
from storage.records import (
    EventKind,
    FindingAction,
    NewImage,
    NewModel,
    PromotionKind,
    RankingItem,
)


def draw(project, image_id, contour, *, finding_class=FindingClass.MALIGNANT, reader="Reader A"):
    return project.store.add_finding(
        image_id,
        reader=reader,
        finding_class=finding_class,
        finding_type=FindingType.MASS,
        contour=contour,
    )


def prediction(regions: int, p_malignant: float, seed: int = 0) -> Prediction:
    random = np.random.default_rng(seed)
    cls = random.random((regions, 3), dtype=np.float32)
    return Prediction(np.array([0.25, p_malignant]), cls, random.random((regions, 2), dtype=np.float32))


def add_model(project, name="m", **changes):
    number = project.store.next_model_id()
    model = NewModel(name, Recipe(**changes), str(number), "0" * 64, {"auroc": 0.5}, annotated_images=0)
    return project.store.add_model(model)[0]


def test_an_image_is_known_by_a_pseudonym_and_never_by_its_patient(project, add_images):
    [image_id] = add_images(project, Label.MALIGNANT)
    image = project.store.image(image_id)
    assert image.patient_key == "P0001"
    assert "SECRET" not in repr(image)
    assert image.name == f"P0001_R_CC_{image_id}"


def test_a_new_image_has_its_label_grid_and_split(project, add_images, boxes):
    [image_id] = add_images(project, Label.BOTH)
    image = project.store.image(image_id)
    assert (image.label, image.regions, image.split, image.failure) == (Label.BOTH, 12, Split.TRAIN, "")
    np.testing.assert_array_equal(project.store.grid(image_id), boxes)


def test_an_image_that_does_not_exist_is_a_key_error(project):
    for ask in (project.store.image, project.store.shape, project.store.finding, project.store.model):
        with pytest.raises(KeyError):
            ask(99)


def test_images_that_cannot_be_used_are_listed_with_their_reason(project, tmp_path):
    broken = NewImage(tmp_path / "b.dcm", "", "p", failure="The file is cut short.")
    ids, _ = project.store.add_inspected([broken], grid=GridSettings())
    [image] = project.store.images()
    assert (image.failure, image.regions, image.split) == ("The file is cut short.", 0, Split.TEST)
    with pytest.raises(UserError, match="cannot be annotated"):
        draw(project, ids[broken.path], Contour.from_points([(0, 0), (1, 0), (0, 1)]))


def test_a_failed_image_takes_its_place_when_it_can_be_read(project, tmp_path, boxes):
    path = tmp_path / "b.dcm"
    project.store.add_inspected([NewImage(path, "", "p", failure="cut")], grid=GridSettings())
    whole = NewImage(
        path, "a" * 64, "p", rows=600, columns=400, boxes=boxes, label=Label.NORMAL, label_source="csv"
    )
    project.store.add_inspected([whole], grid=GridSettings())
    [image] = project.store.images()
    assert (image.failure, image.regions, image.label, image.split) == ("", 12, Label.NORMAL, Split.TRAIN)


def test_an_import_that_fails_half_way_adds_nothing(project, tmp_path, boxes):
    good = NewImage(tmp_path / "a", "a" * 64, "p", rows=600, columns=400, boxes=boxes)
    bad = NewImage(tmp_path / "b", "b" * 64, "p", rows=600, columns=400, boxes=np.full((2, 4), np.nan))
    with pytest.raises(ValueError, match="boxes"):
        project.store.add_inspected([good, bad], grid=GridSettings())
    assert project.store.images() == []
    assert project.store.events() == []


def test_a_part_of_a_transaction_that_fails_takes_only_itself_back(project):
    store = project.store

    def fail() -> None:
        with store.transaction():
            store.add_reader("part")
            with store.transaction():
                store.add_reader("part of the part")
            raise RuntimeError

    with store.transaction():
        store.add_reader("first")
        with pytest.raises(RuntimeError):
            fail()
        store.add_reader("last")
    assert store.readers() == ["first", "last"]


def test_a_label_keeps_its_history(project, add_images):
    [image_id] = add_images(project, Label.NORMAL)
    changes = project.store.set_label(image_id, Label.MALIGNANT, source="reader", reader="A")
    assert changes.touches(image_id)
    assert project.store.image(image_id).label == Label.MALIGNANT
    history = [(record.label, record.source, record.is_current) for record in project.store.labels(image_id)]
    assert history == [(Label.NORMAL, "csv", False), (Label.MALIGNANT, "reader", True)]


def test_a_decision_can_be_made_and_taken_back(project, add_images):
    [image_id] = add_images(project, Label.NORMAL)
    project.store.set_decision(image_id, reader="A", decision=Decision.SKIPPED)
    assert project.store.image(image_id).decision == Decision.SKIPPED
    project.store.set_decision(image_id, reader="A", decision=None)
    assert project.store.image(image_id).decision is None
    kinds = [
        event.details["after"] for event in project.store.events() if event.kind == EventKind.DECISION_SET
    ]
    assert kinds == ["skipped", None]


def test_a_finding_comes_back_as_it_was_drawn(project, add_images, square):
    [image_id] = add_images(project, Label.MALIGNANT)
    finding_id, changes = draw(project, image_id, square(10.25, 20.5))
    [finding] = project.store.findings(image_id)
    assert (finding.id, finding.reader, finding.version) == (finding_id, "Reader A", 1)
    assert finding.contour == square(10.25, 20.5)
    assert changes.findings
    assert changes.images == {image_id}
    assert project.store.image(image_id).malignant_findings == 1
    assert project.store.readers() == ["Reader A"]


def test_what_leaves_the_image_is_cut_off(project, add_images, square):
    [image_id] = add_images(project, Label.MALIGNANT)
    draw(project, image_id, square(-25, -25))
    assert project.store.findings(image_id)[0].contour.bounds == (0, 0, 25, 25)


def test_a_contour_outside_the_image_is_refused_and_nothing_is_kept(project, add_images, square):
    [image_id] = add_images(project, Label.MALIGNANT)
    before = len(project.store.events())
    with pytest.raises(UserError, match="lies outside P0001"):
        draw(project, image_id, square(1000, 1000))
    assert project.store.findings(image_id) == []
    assert project.store.readers() == []
    assert len(project.store.events()) == before


def test_a_contour_without_area_is_refused(project, add_images):
    [image_id] = add_images(project, Label.MALIGNANT)
    with pytest.raises(UserError, match="no area"):
        draw(project, image_id, Contour.from_points([(5, 5), (9, 9), (7, 7)]))


def test_a_reader_without_a_name_is_refused_and_nothing_is_kept(project, add_images, square):
    [image_id] = add_images(project, Label.MALIGNANT)
    with pytest.raises(UserError, match="reader's name is empty"):
        draw(project, image_id, square(5, 5), reader="  ")
    assert project.store.findings(image_id) == []


def test_region_labels_come_with_the_contour(project, add_images, square):
    [image_id] = add_images(project, Label.MALIGNANT)
    assert project.store.region_labels(image_id) is None
    draw(project, image_id, square(20, 20))  # wholly in window 0, touches no other
    labels = project.store.region_labels(image_id)
    assert labels is not None
    assert labels.tolist() == [RegionLabel.M] + [RegionLabel.BN] * 11


def test_region_labels_are_written_in_the_contours_own_transaction(project, add_images, square, monkeypatch):
    [image_id] = add_images(project, Label.MALIGNANT)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr("storage.store.findings.region_labels", fail)
    with pytest.raises(RuntimeError):
        draw(project, image_id, square(20, 20))
    assert project.store.findings(image_id) == []
    assert [event.kind for event in project.store.events()].count(EventKind.FINDING_ADDED) == 0


def test_benign_contours_make_no_region_labels(project, add_images, square):
    [image_id] = add_images(project, Label.BENIGN)
    draw(project, image_id, square(20, 20), finding_class=FindingClass.BENIGN)
    assert project.store.region_labels(image_id) is None
    assert project.store.image(image_id).benign_findings == 1


def test_another_alpha_gives_other_region_labels(project, add_images, square):
    [image_id] = add_images(project, Label.MALIGNANT)
    draw(project, image_id, square(94, 20, side=60))  # window 0: all; window 1 (from x = 112): 42 of 60 = 0.7
    usual, strict = (project.store.region_labels(image_id, alpha=alpha) for alpha in (0.5, 0.8))
    assert usual is not None
    assert strict is not None
    assert usual[:2].tolist() == [1, 1]
    assert strict[:2].tolist() == [1, -1]


def test_every_version_of_a_finding_is_kept(project, add_images, square):
    [image_id] = add_images(project, Label.MALIGNANT)
    finding_id, _ = draw(project, image_id, square(20, 20))
    store = project.store
    store.change_finding(finding_id, reader="B", contour=square(30, 30))
    store.change_finding(finding_id, reader="B", finding_class=FindingClass.BENIGN)
    store.delete_finding(finding_id, reader="A")
    store.restore_finding(finding_id, reader="A")
    history = store.history(finding_id)
    assert [version.action for version in history] == [
        FindingAction.ADDED,
        FindingAction.CHANGED,
        FindingAction.CHANGED,
        FindingAction.DELETED,
        FindingAction.RESTORED,
    ]
    assert [version.contour == square(20, 20) for version in history] == [True, False, False, False, False]
    assert [version.reader for version in history] == ["Reader A", "B", "B", "A", "A"]
    assert store.findings(image_id)[0].finding_class == FindingClass.BENIGN


def test_a_deleted_finding_is_off_its_image_and_cannot_be_changed(project, add_images, square):
    [image_id] = add_images(project, Label.MALIGNANT)
    finding_id, _ = draw(project, image_id, square(20, 20))
    project.store.delete_finding(finding_id, reader="A")
    assert project.store.findings(image_id) == []
    assert project.store.region_labels(image_id) is None
    with pytest.raises(UserError, match="was deleted"):
        project.store.change_finding(finding_id, reader="A", contour=square(0, 0))
    assert not project.store.delete_finding(finding_id, reader="A")


def test_malignant_contours_against_the_weak_label_are_told(project, add_images, square):
    normal, malignant = add_images(project, Label.NORMAL, Label.MALIGNANT)
    for image_id in (normal, malignant):
        draw(project, image_id, square(20, 20))
    assert project.store.label_conflicts() == [normal]


def test_predictions_come_back_bit_for_bit(project, add_images):
    first, second = add_images(project, Label.MALIGNANT, Label.NORMAL)
    model = add_model(project)
    given = prediction(12, 0.75)
    project.store.add_predictions(model, {first: given})
    assert project.store.prediction(first) is None  # not the current model yet
    project.store.promote(model, kind=PromotionKind.BY_HAND, reader="A")
    stored = project.store.prediction(first)
    assert stored is not None
    for name in ("probability", "cls", "score"):
        np.testing.assert_array_equal(getattr(stored, name), getattr(given, name))
    assert project.store.prediction(second) is None
    assert project.store.image(first).p_malignant == 0.75
    assert project.store.probabilities() == {first: (0.25, 0.75)}


def test_a_former_models_predictions_stay(project, add_images):
    [image_id] = add_images(project, Label.MALIGNANT)
    old, new = add_model(project, "old"), add_model(project, "new", seed=5)
    for model, p in ((old, 0.1), (new, 0.9)):
        project.store.add_predictions(model, {image_id: prediction(12, p)})
        project.store.promote(model, kind=PromotionKind.BY_HAND, reader="A")
    assert project.store.image(image_id).p_malignant == 0.9
    former = project.store.prediction(image_id, old)
    assert former is not None
    assert former.p_malignant == 0.1
    assert [(m.name, m.is_current, m.recipe.seed) for m in project.store.models()] == [
        ("old", False, 0),
        ("new", True, 5),
    ]


def test_a_model_comes_back_with_its_recipe_and_metrics(project):
    add_model(project, "m", method=Method.CLS_DET, grid=GridSettings(stride=56))
    [model] = project.store.models()
    assert model.recipe == Recipe(method=Method.CLS_DET, grid=GridSettings(stride=56))
    assert model.metrics == {"auroc": 0.5}
    assert model.folder == project.models_folder / "1"


def test_the_worklist_is_in_ranked_order(project, add_images):
    a, b, c = add_images(project, *[Label.MALIGNANT] * 3)
    project.store.set_ranking("test", [RankingItem(c, 0.9, "first"), RankingItem(a, 0.5, "second")])
    assert [image.id for image in project.store.images()] == [c, a, b]
    assert [image.rank for image in project.store.images()] == [1, 2, None]
    assert project.store.ranking() == [(c, 0.9, "first"), (a, 0.5, "second")]
    project.store.set_ranking("other", [RankingItem(b, 1.0, "")])
    assert [image.id for image in project.store.images()] == [b, a, c]


def test_events_keep_their_order_reader_and_seconds(project, add_images):
    [image_id] = add_images(project, Label.NORMAL)
    project.store.log_event(
        EventKind.IMAGE_READ, reader="A", image_id=image_id, seconds=3.5, details={"zoom": 2}
    )
    event = project.store.events()[-1]
    assert (event.kind, event.reader, event.image_id, event.seconds, event.details) == (
        EventKind.IMAGE_READ,
        "A",
        image_id,
        3.5,
        {"zoom": 2},
    )
    assert event.at.endswith("+00:00")


def test_no_patient_identifier_is_in_the_ledger(project, add_images, square):
    [image_id] = add_images(project, Label.MALIGNANT)
    draw(project, image_id, square(20, 20))
    assert "SECRET" not in repr(project.store.events())
