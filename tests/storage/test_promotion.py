"""Which model is in use changes by promotion alone, and every decision about it stays."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from core.domain import FindingClass, FindingType, Label, Split
from core.errors import UserError
from core.gate import GateResult, GateSettings, Verdict
from core.job import Job, Step, write_result
from core.recipe import Method, Recipe
from storage.jobs import (
    discard_training,
    import_results,
    interrupted_training,
    prepare_job,
    read_results,
    resume_job,
    sweep_jobs,
    take_leftovers,
)
from storage.project import Project
from storage.promotion import (
    ModelState,
    candidate_text,
    go_back,
    keep_model,
    model_rows,
    open_candidate,
    promoted_by,
    use_model,
    verdict_text,
)
from storage.records import EventKind, PromotionKind, PromotionRules

FIT = (Step.FEATURES, Step.FIT, Step.SCORE)


def train(project, p, *, recipe=None, folder=None):
    """What a worker leaves for a fit that gives these p(M) by image, taken in."""
    return import_results(project, finish(folder or prepare_job(project, steps=FIT, recipe=recipe), p))


def finish(folder, p):
    (folder / "model").mkdir()
    (folder / "model" / "weights.safetensors").write_bytes(b"weights")
    (folder / "model" / "metrics.json").write_text(json.dumps({"calibration": None}))
    with np.load(folder / "arrays.npz") as arrays:
        counts = np.diff(arrays["offsets"])
    ids = [image.image_id for image in Job.read(folder).images]
    total = int(counts.sum())
    np.savez(
        folder / "predictions.npz",
        image_id=np.array(ids),
        offsets=np.concatenate([[0], np.cumsum(counts)]),
        probability=np.array([[0.2, p[i]] for i in ids]),
        cls=np.full((total, 3), 1 / 3, np.float32),
        score=np.linspace(0, 1, 2 * total, dtype=np.float32).reshape(-1, 2),
    )
    write_result(folder, ["model/weights.safetensors", "model/metrics.json", "predictions.npz"])
    return folder


def flat(images, value=0.5):
    return dict.fromkeys(images, value)


@pytest.fixture
def four(project, add_images):
    """A training patient, malignant, and two test patients: one malignant, one normal."""
    images = add_images(
        project, Label.MALIGNANT, Label.MALIGNANT, Label.MALIGNANT, Label.NORMAL, per_patient=1
    )
    patients = [project.store.image(image).patient_id for image in images]
    splits = (Split.TRAIN, Split.TRAIN, Split.TEST, Split.TEST)
    project.store.set_splits(dict(zip(patients, splits, strict=True)))
    return images


@pytest.fixture
def ten(project, add_images):
    """Two training patients, malignant, and eight test patients: every other one malignant."""
    labels = [Label.MALIGNANT] * 2 + [Label.MALIGNANT, Label.NORMAL] * 4
    images = add_images(project, *labels, per_patient=1)
    patients = [project.store.image(image).patient_id for image in images]
    project.store.set_splits(
        {patient: Split.TRAIN if n < 2 else Split.TEST for n, patient in enumerate(patients)}
    )
    return images


def told_apart(images, low, high):
    """p(M) of `ten`: malignant test images high, all others low."""
    return {**flat(images, low), **flat(images[2::2], high)}


@pytest.fixture
def eager(project):
    """A gate that few patients can pass: one chance in two is sure enough, and half may be lost."""
    project.store.set_promotion_rules(PromotionRules(margin=0.5, level=0.5))
    return project


def test_the_first_model_is_in_use_at_once_and_recorded_as_the_first(project, four):
    imported = train(project, flat(four))
    assert imported.is_promoted
    [promotion] = project.store.promotions()
    assert (promotion.model_id, promotion.former_id, promotion.kind) == (1, None, PromotionKind.FIRST)
    assert promoted_by(promotion) == "the first model"


def test_a_later_model_that_is_not_shown_to_be_as_good_changes_nothing_on_screen(project, four):
    train(project, flat(four, 0.3))
    before, order = project.store.images(), project.store.ranking()
    imported = train(project, {**flat(four, 0.6), four[2]: 0.9})
    assert not imported.is_promoted
    assert imported.gate.verdict is Verdict.NOT_SHOWN
    assert (imported.gate.patients, imported.gate.malignant_patients) == (2, 1)
    assert (project.store.images(), project.store.ranking()) == (before, order)
    assert open_candidate(project.store).id == 2
    assert "Model 2 is a candidate: AUROC 0.50 \u2192 1.00" in imported.summary
    assert "Model 1 stays in use." in imported.summary


def test_a_model_that_is_shown_not_to_be_worse_is_promoted_by_the_gate_with_its_evidence(eager, ten):
    train(eager, told_apart(ten, 0.5, 0.9))
    imported = train(eager, told_apart(ten, 0.4, 0.8))
    assert imported.is_promoted
    assert "not worse by 0.5 or more. It is in use from now on." in imported.summary
    promotion = eager.store.promotions()[-1]
    assert (promotion.kind, promotion.reader, promotion.former_id) == (PromotionKind.GATE, None, 1)
    evidence = GateResult.from_json(promotion.evidence)
    assert (evidence.verdict, evidence.settings) == (Verdict.NOT_WORSE, GateSettings(margin=0.5, level=0.5))
    assert eager.store.image(ten[0]).p_malignant == 0.4


def test_the_gate_promotes_nothing_where_it_is_told_not_to(eager, ten):
    eager.store.set_promotion_rules(replace(eager.store.promotion_rules(), is_automatic=False), reader="A")
    train(eager, told_apart(ten, 0.5, 0.9))
    imported = train(eager, told_apart(ten, 0.4, 0.8))
    assert (imported.is_promoted, imported.gate.verdict) == (False, Verdict.NOT_WORSE)
    assert eager.store.events()[-1].kind != EventKind.MODEL_CHOSEN
    assert "not worse by 0.5" in candidate_text(open_candidate(eager.store))


def test_results_left_lying_are_a_candidate_however_good_they_are(eager, ten):
    left = finish(prepare_job(eager, steps=FIT), told_apart(ten, 0.5, 1.0))
    train(eager, flat(ten))
    imported = import_results(eager, left)
    assert (imported.is_promoted, imported.gate.verdict) == (False, Verdict.NOT_WORSE)
    assert eager.store.current_model().id == 1


def test_results_judged_before_another_model_came_into_use_are_judged_anew(eager, ten):
    train(eager, flat(ten, 0.1))
    folder = finish(prepare_job(eager, steps=FIT), told_apart(ten, 0.4, 0.6))
    read = read_results(eager.folder, folder)
    train(eager, told_apart(ten, 0.2, 0.9))
    assert eager.store.current_model().id == 2
    import_results(eager, folder, results=read)
    assert read.judgement.against == 1
    assert eager.store.model(3).judged_against == 2


def test_without_test_images_of_both_kinds_it_cannot_be_measured(project, add_images):
    images = add_images(project, Label.MALIGNANT, Label.NORMAL)
    train(project, flat(images))
    imported = train(project, flat(images))
    assert imported.gate.verdict is Verdict.NOT_MEASURED
    assert not imported.is_promoted
    assert "cannot be measured" in imported.summary


def test_contours_of_test_patients_measure_and_leave_for_training_by_no_door(project, four, square):
    project.store.add_finding(
        four[2],
        reader="A",
        finding_class=FindingClass.MALIGNANT,
        finding_type=FindingType.MASS,
        contour=square(20, 20),
    )
    train(project, flat(four))
    folder = prepare_job(project, steps=FIT)
    assert not any(image.is_annotated for image in Job.read(folder).images)
    imported = train(project, flat(four), folder=folder)
    assert [measure.name for measure in imported.gate.measures] == ["AUROC", "FROC sensitivity at 1 FPPI"]
    assert project.store.models()[1].annotated_images == 0


def test_a_reader_puts_a_candidate_to_use_and_the_worklist_is_ranked_by_it(project, four):
    train(project, {**flat(four), four[0]: 0.9, four[1]: 0.1})
    train(project, {**flat(four), four[0]: 0.2, four[1]: 0.7})
    changes = use_model(project.store, project.store.models()[1].id, reader="Dr A")
    assert changes.models
    assert changes.ranking
    promotion = project.store.promotions()[-1]
    assert (promotion.kind, promotion.reader, promotion.former_id) == (PromotionKind.BY_HAND, "Dr A", 1)
    assert promotion.evidence["verdict"] == "not shown"
    assert project.store.image(four[0]).p_malignant == 0.2
    assert project.store.image(four[1]).rank_reason.endswith("0.70")
    with pytest.raises(UserError, match="in use already"):
        use_model(project.store, promotion.model_id, reader="Dr A")


def test_keeping_the_model_in_use_refuses_the_candidate_in_the_readers_name(project, four):
    train(project, flat(four))
    train(project, flat(four, 0.7))
    keep_model(project.store, open_candidate(project.store).id, reader="Dr A")
    assert open_candidate(project.store) is None
    promotion = project.store.promotions()[-1]
    assert (promotion.model_id, promotion.kind, promotion.reader) == (2, PromotionKind.REFUSED, "Dr A")
    assert promoted_by(promotion) == "Dr A, kept model 1"
    assert project.store.current_model().id == 1
    assert project.store.events()[-1].kind == EventKind.MODEL_REFUSED
    with pytest.raises(UserError, match="the one in use"):
        keep_model(project.store, project.store.current_model().id, reader="Dr A")


def test_going_back_uses_the_former_model_and_going_back_again_the_one_before(project, four):
    for p in (0.1, 0.2, 0.3):
        imported = train(project, flat(four, p))
        if not imported.is_promoted:
            use_model(project.store, imported.model_id, reader="A")
    former, _ = go_back(project.store, reader="B")
    assert (former.id, project.store.current_model().id) == (2, 2)
    assert project.store.image(four[0]).p_malignant == 0.2
    assert project.store.promotions()[-1].kind == PromotionKind.ROLLED_BACK
    assert project.store.former_model().id == 1
    with pytest.raises(UserError, match="cleared away"):  # two models back: it must score anew
        go_back(project.store, reader="B")
    assert project.store.current_model().id == 2


def test_without_a_former_model_there_is_nothing_to_go_back_to(project, four):
    train(project, flat(four))
    with pytest.raises(UserError, match="nothing to go back to"):
        go_back(project.store, reader="A")


def test_a_promotion_that_fails_half_way_changes_nothing(project, four, monkeypatch):
    train(project, flat(four))
    train(project, flat(four, 0.7))

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("in the middle")

    with monkeypatch.context() as patch:
        patch.setattr("storage.promotion.rank_worklist", fail)
        with pytest.raises(RuntimeError):
            use_model(project.store, project.store.models()[1].id, reader="A")
    assert project.store.current_model().id == 1
    assert len(project.store.promotions()) == 1


def test_promotions_cannot_be_changed_or_deleted_even_by_sql(project, four):
    train(project, flat(four))
    project.close()
    with closing(sqlite3.connect(project.folder / "project.db")) as connection:
        for statement in ("UPDATE promotion SET kind = 'gate'", "DELETE FROM promotion"):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                connection.execute(statement)


@pytest.mark.parametrize(
    "row",
    [
        "(1, NULL, 'by hand', 1, '{}', '')",
        "(1, NULL, 'gate', NULL, '{}', '')",
        "(2, 1, 'by hand', NULL, '{}', '')",
        "(2, 1, 'gate', 1, '{}', '')",
        "(1, 1, 'by hand', 1, '{}', '')",
        "(2, 1, 'by dice', 1, '{}', '')",
        "(9, 1, 'by hand', 1, '{}', '')",
        "(2, 1, 'by hand', 1, '{', '')",
    ],
)
def test_the_database_refuses_decisions_that_make_no_sense(project, four, row):
    for _ in range(2):
        train(project, flat(four))
    project.store.add_reader("A")
    columns = "model_id, former_id, kind, reader_id, evidence, created_at"
    with pytest.raises(sqlite3.IntegrityError), project.store.transaction():
        project.store._write(f"INSERT INTO promotion ({columns}) VALUES {row}")


def test_what_no_screen_shows_is_let_go_and_figures_and_weights_stay(project, four):
    for p in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        train(project, flat(four, p))
    scored = [row.model.id for row in model_rows(project.store) if row.has_predictions]
    assert scored == [6, 5, 4, 1]  # the newest candidates, and the model in use
    use_model(project.store, project.store.models()[5].id, reader="A")
    scored = [row.model.id for row in model_rows(project.store) if row.has_predictions]
    assert scored == [6, 1]
    assert all((model.folder / "weights.safetensors").exists() for model in project.store.models())
    assert all(model.figures["patients"] == 2 for model in project.store.models())


def test_the_ledger_of_models_tells_where_each_stands(project, four):
    for p in (0.1, 0.2, 0.3):
        train(project, flat(four, p))
    models = project.store.models()
    use_model(project.store, models[1].id, reader="A")
    train(project, flat(four, 0.4))
    train(project, flat(four, 0.5))
    keep_model(project.store, project.store.models()[3].id, reader="A")
    assert [(row.model.id, row.state) for row in model_rows(project.store)] == [
        (5, ModelState.CANDIDATE),
        (4, ModelState.REFUSED),
        (3, ModelState.NEVER),
        (2, ModelState.IN_USE),
        (1, ModelState.FORMER),
    ]
    assert verdict_text(project.store.models()[4]).startswith("Compared with model 2: AUROC")
    assert "no model in use" in verdict_text(project.store.models()[0])


def test_the_snapshot_changes_with_what_training_sees_and_with_nothing_else(project, four, square):
    def snapshot():
        train(project, flat(four))
        return project.store.models()[-1].trained_on

    first = snapshot()
    assert (first.train_images, first.validation_images, first.test_images) == (2, 0, 2)
    project.store.set_label(four[2], Label.BENIGN, source="reader", reader="A")  # of a test patient
    assert snapshot() == first
    project.store.set_label(four[0], Label.BOTH, source="reader", reader="A")
    relabelled = snapshot()
    project.store.add_finding(
        four[0],
        reader="A",
        finding_class=FindingClass.MALIGNANT,
        finding_type=FindingType.MASS,
        contour=square(20, 20),
    )
    drawn = snapshot()
    assert len({first.snapshot, relabelled.snapshot, drawn.snapshot}) == 3
    assert drawn.split_hash == first.split_hash
    project.store.set_splits({project.store.image(four[1]).patient_id: Split.VALIDATION})
    assert snapshot().split_hash != first.split_hash


def test_rules_that_make_no_sense_are_refused_and_others_are_kept(project):
    for values in ({"margin": 0}, {"margin": 0.6}, {"level": 1}, {"level": 0.4}):
        with pytest.raises(ValueError, match="no gate"):
            PromotionRules(**values)
    project.store.set_promotion_rules(PromotionRules(margin=0.02, level=0.9, is_automatic=False), reader="A")
    project.close()
    with Project.open(project.folder) as again:
        assert again.store.promotion_rules() == PromotionRules(margin=0.02, level=0.9, is_automatic=False)
        assert again.store.events()[-1].kind == EventKind.GATE_SET


# Interrupted trainings


def interrupt(project, *, epoch=7, recipe=None):
    folder = prepare_job(project, steps=FIT, recipe=recipe or Recipe(method=Method.CLS_DET_RS, epochs=40))
    (folder / "checkpoint").mkdir()
    (folder / "checkpoint" / "checkpoint.json").write_text(json.dumps({"plain": {"epoch": epoch}}))
    (folder / "log.txt").write_text("killed")
    return folder


def test_an_interrupted_training_is_kept_by_a_sweep_and_told(project, four):
    older, folder = interrupt(project), interrupt(project)
    older, folder = sorted([older, folder])
    report = sweep_jobs(project)
    assert report.interrupted == folder
    assert (folder / "checkpoint" / "checkpoint.json").exists()
    assert [path.name for path in older.iterdir()] == ["log.txt"]
    found = take_leftovers(project).interrupted
    assert (found.folder, found.epoch, found.epochs) == (folder, 7, 40)
    assert str(found) == "A training (Cls-Det-RS) was interrupted at epoch 7 of 40."


def test_a_training_that_was_given_up_is_swept_away(project, four):
    folder = interrupt(project)
    discard_training(project, folder)
    assert interrupted_training(project) is None
    sweep_jobs(project)
    assert [path.name for path in folder.iterdir()] == ["log.txt"]


def test_a_checkpoint_that_does_not_say_its_epoch_is_told_without_one(project, four):
    folder = interrupt(project)
    (folder / "checkpoint" / "checkpoint.json").write_text("{")
    assert str(interrupted_training(project)) == "A training (Cls-Det-RS) was interrupted."


def test_an_interrupted_training_goes_on_as_of_today_in_a_project_that_was_moved(project, four, tmp_path):
    train(project, flat(four))
    folder = interrupt(project)
    assert resume_job(project, folder) == ""
    project.close()
    moved = project.folder.rename(tmp_path / "elsewhere")
    with Project.open(moved) as opened:
        resume_job(opened, moved / "jobs" / folder.name)
        job = Job.read(moved / "jobs" / folder.name)
    assert (job.features_folder, job.current_model) == (str(moved / "features"), 1)


def test_what_was_drawn_or_labelled_since_is_told_when_it_goes_on(project, four, square):
    folder = interrupt(project)
    project.store.add_finding(
        four[0],
        reader="A",
        finding_class=FindingClass.MALIGNANT,
        finding_type=FindingType.MASS,
        contour=square(20, 20),
    )
    assert resume_job(project, folder).startswith("1 image has other labels or contours since it began")
    project.store.set_label(four[1], Label.NORMAL, source="reader", reader="A")
    assert resume_job(project, folder).startswith("2 images have")


def test_a_contour_that_was_drawn_anew_since_is_told_when_it_goes_on(project, four, square):
    def draw(x, y):
        return project.store.add_finding(
            four[0],
            reader="A",
            finding_class=FindingClass.MALIGNANT,
            finding_type=FindingType.MASS,
            contour=square(x, y),
        )

    draw(20, 20)
    folder = interrupt(project)
    assert resume_job(project, folder) == ""
    drawn = project.store.findings(four[0])[0]
    boxes = project.store.grid(four[0])
    x, y = boxes[-1, :2] + 1
    project.store.delete_finding(drawn.id, reader="A")
    draw(x, y)
    assert resume_job(project, folder).startswith("1 image has other labels or contours since it began")


def test_a_training_with_an_unlabelled_image_of_a_test_patient_does_not_go_on_to_be_refused(project, four):
    project.store.set_label(four[1], None, source="reader", reader="A")
    folder = interrupt(project)
    project.store.set_splits({project.store.image(four[1]).patient_id: Split.TEST})
    with pytest.raises(UserError, match="is a test patient now"):
        resume_job(project, folder)


def test_a_training_on_somebody_who_is_a_test_patient_now_does_not_go_on(project, four):
    folder = interrupt(project)
    before = (folder / "job.json").read_bytes()
    project.store.set_splits({project.store.image(four[1]).patient_id: Split.TEST})
    with pytest.raises(UserError, match="is a test patient now"):
        resume_job(project, folder)
    assert (folder / "job.json").read_bytes() == before
