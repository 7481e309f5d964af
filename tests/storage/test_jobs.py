"""Job folders hold what a worker may know, and results come in whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from core.domain import Decision, FindingClass, FindingType, Label, RegionLabel, Split
from core.errors import UserError
from core.job import Job, Step, write_result
from core.recipe import GridSettings, Method, Recipe
from storage.jobs import import_results, prepare_job, sweep_jobs, take_leftovers
from storage.project import Project
from storage.records import EventKind
from storage.worklist import rank_worklist

FIT = (Step.FEATURES, Step.FIT, Step.SCORE)


def draw(project, image, contour, finding_class=FindingClass.MALIGNANT):
    return project.store.add_finding(
        image, reader="A", finding_class=finding_class, finding_type=FindingType.MASS, contour=contour
    )[0]


def finish(folder, *, model=True, p_malignant=None, weights=b"weights", skip=()):
    """Leave in a job folder what a worker leaves: model, predictions, seal."""
    job = Job.read(folder)
    names = []
    if model:
        (folder / "model").mkdir()
        (folder / "model" / "weights.safetensors").write_bytes(weights)
        (folder / "model" / "metrics.json").write_text(json.dumps({"validation_auroc": 0.7}))
        (folder / "model" / "recipe.json").write_text(json.dumps(job.recipe.to_json()))
        names += ["model/weights.safetensors", "model/metrics.json", "model/recipe.json"]
    if p_malignant is not None:
        random = np.random.default_rng(0)
        with np.load(folder / "arrays.npz") as arrays:
            counts = np.diff(arrays["offsets"])
        images = [(i.image_id, n) for i, n in zip(job.images, counts, strict=True) if i.image_id not in skip]
        ids, counts = [i for i, _ in images], [n for _, n in images]
        np.savez(
            folder / "predictions.npz",
            image_id=np.array(ids),
            offsets=np.concatenate([[0], np.cumsum(counts)]),
            probability=np.array([[0.2, p_malignant[i]] for i in ids]),
            cls=random.random((sum(counts), 3), dtype=np.float32),
            score=random.random((sum(counts), 2), dtype=np.float32),
        )
        names.append("predictions.npz")
    write_result(folder, names)
    return folder


def deal(project, images, *splits):
    patients = [project.store.image(image).patient_id for image in images]
    project.store.set_splits(dict(zip(patients, splits, strict=True)))


@pytest.fixture
def three(project, add_images, square):
    """A malignant image with a malignant contour in each split: train, validation, test."""
    images = add_images(project, *[Label.MALIGNANT] * 3, per_patient=1)
    deal(project, images, Split.TRAIN, Split.VALIDATION, Split.TEST)
    for image in images:
        draw(project, image, square(20, 20))
    return images


def test_a_job_holds_every_usable_image_with_its_regions_and_labels(project, three, boxes):
    folder = prepare_job(project, steps=FIT)
    job = Job.read(folder)
    assert [image.image_id for image in job.images] == three
    assert [image.label for image in job.images] == [Label.MALIGNANT] * 3
    assert job.features_folder == str(project.features_folder)
    with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["offsets"], [0, 12, 24, 36])
        np.testing.assert_array_equal(arrays["boxes"], np.concatenate([boxes] * 3))
        np.testing.assert_array_equal(arrays["region_labels"][:12], project.store.region_labels(three[0]))


def test_contours_of_test_patients_leave_by_no_door(project, three, square):
    store, test = project.store, three[2]
    doors = [
        lambda: None,
        lambda: store.set_decision(test, reader="A", decision=Decision.ANNOTATED),
        lambda: store.set_label(test, Label.BOTH, source="reader", reader="A"),
        lambda: draw(project, test, square(300, 300)),
        lambda: store.change_finding(store.findings(test)[0].id, reader="B", contour=square(200, 300)),
    ]
    recipes = [Recipe(), Recipe(alpha=0.9, method=Method.SS_BASELINE_RS), Recipe(method=Method.CLS_DET)]
    for open_door in doors:
        open_door()
        for recipe in recipes:
            for steps in (FIT, (Step.FIT,)):
                folder = prepare_job(project, steps=steps, recipe=recipe)
                job = Job.read(folder)
                [position] = [i for i, image in enumerate(job.images) if image.image_id == test]
                assert job.images[position].split == Split.TEST
                assert not job.images[position].is_annotated
                assert job.images[0].is_annotated
                with np.load(folder / "arrays.npz") as arrays:
                    start, end = arrays["offsets"][position : position + 2]
                    assert set(arrays["region_labels"][start:end]) == {RegionLabel.IGNORED}
                shutil.rmtree(folder)


def test_a_patient_moved_to_test_takes_the_contours_along(project, three):
    deal(project, three[:1], Split.TEST)
    job = Job.read(prepare_job(project, steps=FIT))
    assert [image.is_annotated for image in job.images] == [False, True, False]


def test_only_malignant_images_with_malignant_contours_are_annotated(project, add_images, square):
    m, mb, n, bare, benign_only = add_images(
        project, Label.MALIGNANT, Label.BOTH, Label.NORMAL, Label.MALIGNANT, Label.MALIGNANT
    )
    for image in (m, mb, n):
        draw(project, image, square(20, 20))
    draw(project, benign_only, square(20, 20), FindingClass.BENIGN)
    found = {i.image_id: i.is_annotated for i in Job.read(prepare_job(project, steps=FIT)).images}
    assert found == {m: True, mb: True, n: False, bare: False, benign_only: False}


def test_the_recipes_alpha_makes_the_region_labels(project, add_images, square):
    [image] = add_images(project, Label.MALIGNANT)
    draw(project, image, square(94, 20, side=60))
    for alpha in (0.5, 0.8):
        folder = prepare_job(project, steps=FIT, recipe=Recipe(alpha=alpha))
        with np.load(folder / "arrays.npz") as arrays:
            np.testing.assert_array_equal(
                arrays["region_labels"], project.store.region_labels(image, alpha=alpha)
            )


def test_unreadable_images_are_left_out_and_without_images_there_is_no_job(project, add_images):
    with pytest.raises(UserError, match="no images"):
        prepare_job(project, steps=FIT)
    first, second = add_images(project, Label.MALIGNANT, Label.NORMAL)
    project.store.set_decision(second, reader="A", decision=Decision.UNREADABLE)
    assert [image.image_id for image in Job.read(prepare_job(project, steps=FIT)).images] == [first]


def test_another_window_grid_than_the_imported_one_is_refused(project, add_images):
    add_images(project, Label.MALIGNANT)
    with pytest.raises(UserError, match="1 of 1 images have no regions"):
        prepare_job(project, steps=FIT, recipe=Recipe(grid=GridSettings(stride=56)))


def test_scoring_without_a_model_is_refused(project, add_images):
    add_images(project, Label.MALIGNANT)
    with pytest.raises(UserError, match="no model to score with"):
        prepare_job(project, steps=(Step.SCORE,))


def test_results_become_a_model_its_predictions_and_a_new_order(project, add_images, square):
    images = add_images(project, *[Label.MALIGNANT] * 4, per_patient=1)
    draw(project, images[0], square(20, 20))
    folder = prepare_job(project, steps=FIT)
    p = dict(zip(images, (0.9, 0.6, 0.5, 0.1), strict=True))
    imported = import_results(project, finish(folder, p_malignant=p))
    model = project.store.current_model()
    assert model is not None
    assert (imported.model_id, imported.images_scored, imported.dropped) == (model.id, 4, 0)
    assert (model.annotated_images, model.metrics) == (1, {"validation_auroc": 0.7})
    assert (model.folder / "weights.safetensors").read_bytes() == b"weights"
    assert {image.id: image.p_malignant for image in project.store.images()} == p
    assert set(images[1:]) == {image for image, _, _ in project.store.ranking()[:3]}
    assert project.store.ranking()[3][0] == images[0]
    assert imported.changes.models
    assert imported.changes.ranking
    assert "4 images scored" in imported.summary


def test_auroc_before_and_after_is_of_test_patients(project, add_images):
    images = add_images(project, *[Label.MALIGNANT, Label.NORMAL] * 2, per_patient=2)
    deal(project, images[::2], Split.TRAIN, Split.TEST)
    first = {images[0]: 0.1, images[1]: 0.9, images[2]: 0.2, images[3]: 0.8}
    imported = import_results(project, finish(prepare_job(project, steps=FIT), p_malignant=first))
    assert (imported.before, imported.after) == (None, 0.0)
    second = {image: 1 - value for image, value in first.items()}
    imported = import_results(project, finish(prepare_job(project, steps=FIT), p_malignant=second))
    assert (imported.before, imported.after) == (0.0, 1.0)
    assert project.store.models()[1].parent_id == project.store.models()[0].id


def test_results_of_images_that_changed_or_went_are_left_out_and_counted(project, add_images):
    images = add_images(project, *[Label.MALIGNANT] * 3)
    folder = finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, 0.5))
    with project.store.transaction():
        project.store._write("UPDATE image SET content_hash = ? WHERE id = ?", ("f" * 64, images[0]))
        for table in ("region_grid", "image_label"):
            project.store._write(f"DELETE FROM {table} WHERE image_id = ?", (images[1],))
        project.store._write("DELETE FROM image WHERE id = ?", (images[1],))
    imported = import_results(project, folder)
    assert (imported.images_scored, imported.dropped) == (1, 2)
    assert project.store.prediction(images[0]) is None
    assert "2 images that changed" in imported.summary


def test_a_job_is_imported_once(project, add_images):
    images = add_images(project, Label.MALIGNANT)
    folder = finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, 0.5))
    import_results(project, folder)
    with pytest.raises(UserError, match="in the project already"):
        import_results(project, folder)
    assert len(project.store.models()) == 1


@pytest.mark.parametrize("damage", ["flip", "cut", "missing", "no seal"])
def test_damaged_results_are_refused_and_change_nothing(project, add_images, damage):
    images = add_images(project, Label.MALIGNANT)
    folder = finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, 0.5))
    target = folder / "model" / "weights.safetensors"
    match damage:
        case "flip":
            target.write_bytes(b"Weights")
        case "cut":
            target.write_bytes(b"")
        case "missing":
            target.unlink()
        case _:
            (folder / "result.json").unlink()
    with pytest.raises(UserError, match="incomplete or damaged"):
        import_results(project, folder)
    assert project.store.models() == []
    assert list(project.models_folder.iterdir()) == []


@pytest.mark.parametrize("probability", [1.5, np.nan])
def test_predictions_that_are_no_probabilities_are_refused(project, add_images, probability):
    images = add_images(project, Label.MALIGNANT)
    folder = finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, probability))
    with pytest.raises(UserError, match="cannot be read"):
        import_results(project, folder)
    assert project.store.models() == []
    assert list(project.models_folder.iterdir()) == []


def test_an_import_that_fails_half_way_leaves_no_model_and_can_be_repeated(project, add_images, monkeypatch):
    images = add_images(project, Label.MALIGNANT)
    folder = finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, 0.5))

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("in the middle")

    with monkeypatch.context() as patch:
        patch.setattr("storage.jobs.results.rank_worklist", fail)
        with pytest.raises(RuntimeError):
            import_results(project, folder)
    assert project.store.models() == []
    assert list(project.models_folder.iterdir()) == []
    assert import_results(project, folder).images_scored == 1


def test_a_crash_between_the_files_and_the_rows_is_swept_and_the_results_still_come_in(
    project, add_images, monkeypatch
):
    images = add_images(project, Label.MALIGNANT)
    folder = finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, 0.5))

    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("storage.jobs.results.rank_worklist", die)
        patch.setattr("storage.jobs.results.shutil.rmtree", lambda *_, **__: None)
        with pytest.raises(Killed):
            import_results(project, folder)
    assert [path.name for path in project.models_folder.iterdir()] == ["1"]
    report = sweep_jobs(project)
    assert (report.pending, report.removed) == ((folder,), 1)
    assert list(project.models_folder.iterdir()) == []
    assert import_results(project, folder).model_id == 1


def test_a_sweep_keeps_logs_of_old_jobs_and_leaves_running_ones_alone(project, add_images):
    images = add_images(project, Label.MALIGNANT)
    done, broken, running = (prepare_job(project, steps=FIT) for _ in range(3))
    for folder in (done, broken, running):
        (folder / "log.txt").write_text("what happened")
    import_results(project, finish(done, p_malignant=dict.fromkeys(images, 0.5)))
    half = project.jobs_folder / ".20260101-000000-abcdef.tmp"
    half.mkdir()
    report = sweep_jobs(project, running=[running])
    assert report.pending == ()
    assert [path.name for path in done.iterdir()] == ["log.txt"]
    assert [path.name for path in broken.iterdir()] == ["log.txt"]
    assert (running / "job.json").exists()
    assert not half.exists()
    assert len(list(project.models_folder.iterdir())) == 1


@pytest.mark.skipif(os.name != "posix", reason="links need no right there")
def test_a_sweep_leaves_alone_what_is_not_of_the_program(project, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("one")
    (project.jobs_folder / "20260101-000000-abcdef").symlink_to(tmp_path / "thesis")
    (project.jobs_folder / "notes").mkdir()
    for path in (project.jobs_folder / "notes" / "a.txt", project.models_folder / "readme.txt"):
        path.write_text("mine")
    assert sweep_jobs(project).removed == 0
    assert (tmp_path / "thesis" / "chapter.txt").exists()
    assert (project.jobs_folder / "notes" / "a.txt").exists()
    assert (project.models_folder / "readme.txt").exists()


def test_a_sweep_trims_finished_jobs_whose_results_are_damaged_and_counts_them(project, add_images):
    images = add_images(project, Label.MALIGNANT)
    folders = [
        finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, 0.5)) for _ in range(3)
    ]
    (folders[0] / "predictions.npz").write_bytes(b"damaged")
    (folders[1] / "job.json").unlink()
    (folders[1] / "log.txt").write_text("what happened")
    report = sweep_jobs(project)
    assert (report.pending, report.damaged) == ((folders[2],), 2)
    assert not folders[0].exists()  # nothing worth keeping was in it
    assert [path.name for path in folders[1].iterdir()] == ["log.txt"]


def test_leftovers_come_in_where_they_are_whole_and_the_others_are_told(project, add_images):
    images = add_images(project, Label.MALIGNANT)
    inspection = prepare_job(project, steps=[Step.INSPECT])
    write_result(inspection, [])
    whole, damaged, odd = (
        finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, p)) for p in (0.5, 0.5, 2.0)
    )
    (damaged / "predictions.npz").unlink()
    found = take_leftovers(project)
    assert [imported.images_scored for imported in found.taken] == [1]
    assert project.store.is_job_imported(inspection.name)
    assert any("cannot be read" in trouble for trouble in found.troubles)
    assert any("The results of 1 finished jobs are damaged" in trouble for trouble in found.troubles)
    assert not whole.exists()
    assert not odd.exists()
    assert take_leftovers(project).troubles == ()
    assert len(project.store.models()) == 1


def test_results_that_a_full_disk_kept_out_come_in_later(project, add_images, monkeypatch):
    images = add_images(project, Label.MALIGNANT)
    finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, 0.5))

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("storage.jobs.results.write_atomically", fail)
        assert "No space left" in take_leftovers(project).troubles[0]
    assert take_leftovers(project).taken[0].images_scored == 1


def test_a_sweep_keeps_no_names_of_files(project, add_images):
    images = add_images(project, Label.MALIGNANT)
    folder = finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, 0.5))
    (folder / "events.jsonl").write_text('{"event": "FileInspected", "path": "/images/Doe_Jane.dcm"}')
    (folder / "log.txt").write_text("")
    import_results(project, folder)
    sweep_jobs(project)
    assert [path.name for path in folder.iterdir()] == ["log.txt"]


def test_scoring_alone_updates_the_model_it_was_told(project, add_images):
    images = add_images(project, *[Label.MALIGNANT] * 2)
    first = finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, 0.5), skip=images[1:])
    import_results(project, first)
    assert project.store.prediction(images[1]) is None
    folder = prepare_job(project, steps=(Step.FEATURES, Step.SCORE))
    imported = import_results(project, finish(folder, model=False, p_malignant=dict.fromkeys(images, 0.25)))
    assert (imported.model_id, imported.images_scored) == (None, 2)
    assert project.store.image(images[1]).p_malignant == 0.25
    assert len(project.store.models()) == 1


def test_scoring_with_another_model_than_the_one_in_use_changes_nothing_on_screen(project, add_images):
    images = add_images(project, Label.MALIGNANT)
    for _ in range(2):
        import_results(
            project, finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, 0.5))
        )
    first, second = project.store.models()
    folder = prepare_job(project, steps=(Step.SCORE,), model_id=second.id)
    assert Job.read(folder).model_folder == str(second.folder)
    order = project.store.ranking()
    imported = import_results(project, finish(folder, model=False, p_malignant=dict.fromkeys(images, 0.9)))
    assert project.store.current_model().id == first.id
    assert project.store.image(images[0]).p_malignant == 0.5
    assert project.store.prediction(images[0], second.id).p_malignant == 0.9
    assert project.store.ranking() == order
    assert "Model 1 stays in use" in imported.summary


def test_results_that_were_left_lying_do_not_replace_a_model_made_since(project, add_images):
    images = add_images(project, Label.MALIGNANT)
    left = finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, 0.1))
    newer = finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, 0.9))
    assert import_results(project, newer).model_id == 1
    imported = import_results(project, left)
    assert imported.model_id == 2
    assert project.store.current_model().id == 1
    assert project.store.image(images[0]).p_malignant == 0.9
    assert "stays" in imported.summary


def test_scoring_anew_with_the_current_model_chooses_no_model(project, add_images):
    images = add_images(project, Label.MALIGNANT)
    import_results(project, finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, 0.5)))
    again = prepare_job(project, steps=(Step.SCORE,))
    import_results(project, finish(again, model=False, p_malignant=dict.fromkeys(images, 0.6)))
    chosen = [event for event in project.store.events() if event.kind == EventKind.MODEL_CHOSEN]
    assert len(chosen) == 1


def test_a_project_that_was_moved_still_knows_the_model_a_job_scored_with(project, add_images, tmp_path):
    images = add_images(project, Label.MALIGNANT)
    import_results(project, finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, 0.5)))
    folder = prepare_job(project, steps=(Step.SCORE,))
    finish(folder, model=False, p_malignant=dict.fromkeys(images, 0.75))
    project.close()
    moved = project.folder.rename(tmp_path / "elsewhere")
    with Project.open(moved) as opened:
        assert import_results(opened, moved / "jobs" / folder.name).images_scored == 1
        assert opened.store.image(images[0]).p_malignant == 0.75


@pytest.mark.parametrize("how", ["the job says they train", "dealt anew", "under another number"])
def test_a_model_that_was_fitted_on_a_test_patient_is_refused(project, three, how):
    if how == "dealt anew":
        folder = prepare_job(project, steps=FIT)
        deal(project, three[:1], Split.TEST)
    else:
        folder = prepare_job(project, steps=FIT)
        job = Job.read(folder)
        shift = 100 if how == "under another number" else 0
        replace(
            job,
            images=tuple(replace(i, split=Split.TRAIN, image_id=i.image_id + shift) for i in job.images),
        ).write(folder)
    with pytest.raises(UserError, match="images of test patients"):
        import_results(
            project, finish(folder, p_malignant={i.image_id: 0.5 for i in Job.read(folder).images})
        )
    assert project.store.models() == []
    assert list(project.models_folder.iterdir()) == []


def test_the_first_ranking_by_a_model_is_told_as_the_first(project, add_images):
    images = add_images(project, *[Label.MALIGNANT] * 3)
    first = finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, 0.5))
    summary = import_results(project, first).summary
    assert "by a model for the first time" in summary
    assert "places of the worklist" not in summary
    again = prepare_job(project, steps=(Step.SCORE,))
    finish(again, model=False, p_malignant=dict.fromkeys(images, 0.5))
    assert (
        "0 of the first 10 places of the worklist hold another image"
        in import_results(project, again).summary
    )


def test_results_are_ranked_by_the_strategy_of_the_last_ranking(project, add_images):
    images = add_images(project, *[Label.MALIGNANT] * 3)
    rank_worklist(project.store, strategy="random")
    import_results(project, finish(prepare_job(project, steps=FIT), p_malignant=dict.fromkeys(images, 0.5)))
    assert project.store.ranking_strategy() == "random"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"steps": ["dance"]}', b'{"steps": [], "recipe": {}}', None]
)
def test_a_job_file_that_is_not_as_it_was_written_is_one_sentence(project, add_images, content):
    add_images(project, Label.MALIGNANT)
    path = prepare_job(project, steps=FIT) / "job.json"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(UserError, match=r"job\.json is missing or damaged"):
        Job.read(path.parent)


@pytest.mark.parametrize("seal", [b"[]", b"null", b'{"files": ["a"]}', b'{"files": {"a": 1}}', b"\xff"])
def test_a_seal_that_is_none_is_refused(project, add_images, seal):
    add_images(project, Label.MALIGNANT)
    folder = prepare_job(project, steps=FIT)
    (folder / "result.json").write_bytes(seal)
    with pytest.raises(UserError, match="incomplete or damaged"):
        import_results(project, folder)


def test_features_alone_change_nothing_but_are_taken_note_of(project, add_images):
    add_images(project, Label.MALIGNANT)
    folder = prepare_job(project, steps=(Step.FEATURES,))
    write_result(folder, [])
    imported = import_results(project, folder)
    assert not imported.changes
    assert sweep_jobs(project).pending == ()


def test_no_work_starts_in_a_project_open_read_only(project, add_images):
    add_images(project, Label.MALIGNANT)
    project.close()
    with (
        closing(Project.open(project.folder, read_only=True)) as reader,
        pytest.raises(UserError, match="read-only"),
    ):
        prepare_job(reader, steps=FIT)


def test_a_result_that_names_a_file_elsewhere_is_refused(project, add_images):
    add_images(project, Label.MALIGNANT)
    folder = prepare_job(project, steps=FIT)
    (project.folder / "elsewhere").write_bytes(b"x")
    write_result(folder, ["../../elsewhere"])
    with pytest.raises(UserError, match="outside their folder"):
        import_results(project, folder)
