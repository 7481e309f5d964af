"""A job from its folder to sealed results, in this process."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.control import Control
from core.domain import Label, RegionLabel, Split
from core.events import Epoch, Failed, FileInspected, Finished, Notice, Progress, Stopped
from core.feature_file import FeatureFile, feature_file_name, feature_key
from core.inspection import Inspected
from core.job import Job, JobImage, Step, read_result
from core.model import load_model
from core.pipeline import run_job
from core.recipe import GridSettings, Recipe, TrunkMode, TrunkSettings
from core.scoring import score
from core.trunks import trunk_dimension, trunk_key

D = trunk_dimension(Recipe().trunk)
GRID = GridSettings()
QUICK = Recipe(epochs=3, components=8, hidden=16, threads=1)


def write_job(folder, job, boxes=(), region_labels=None):
    """A job folder as the store prepares it."""
    folder.mkdir(parents=True)
    job.write(folder)
    sizes = [len(rows) for rows in boxes]
    labels = region_labels or [np.full(m, RegionLabel.IGNORED, np.int8) for m in sizes]
    np.savez(
        folder / "arrays.npz",
        boxes=np.concatenate([*boxes, np.empty((0, 4))]),
        region_labels=np.concatenate([*labels, np.empty(0, np.int8)]),
        offsets=np.cumsum([0, *sizes]),
    )
    return folder


def ready_cohort(tmp_path, *, images=16, recipe=QUICK, steps=(Step.FIT, Step.SCORE), **job):
    """A job on images whose features are in the store already. Every fourth patient is kept for the test."""
    rng = np.random.default_rng(0)
    features_folder = tmp_path / "features"
    features_folder.mkdir(exist_ok=True)
    labels = [Label.NORMAL, Label.MALIGNANT, Label.BENIGN, Label.BOTH]
    rows, boxes, region_labels = [], [], []
    with FeatureFile.open(
        features_folder, feature_file_name(trunk_key(recipe.trunk), recipe.grid), dimension=D
    ) as store:
        for i in range(images):
            label, split = labels[i % 4], [Split.TRAIN, Split.VALIDATION, Split.TRAIN, Split.TEST][i // 4 % 4]
            m = 3 + i % 5
            rows.append(JobImage(i + 1, f"image{i}.dcm", f"{i:064x}", 1.0, label, split, label.is_malignant))
            boxes.append(np.tile([0.0, 0.0, 224.0, 224.0], (m, 1)) + np.arange(m)[:, None])
            region_labels.append(np.array([1, -1] + [0] * (m - 2), np.int8))
            key = feature_key(rows[-1].content_hash, 1.0, boxes[-1])
            if key not in store:
                store.append(key, rng.normal(size=(m, D)) + 4.0 * label.is_malignant)
    job = Job(steps=steps, recipe=recipe, images=tuple(rows), features_folder=str(features_folder), **job)
    return write_job(tmp_path / f"job{len(list(tmp_path.iterdir()))}", job, boxes, region_labels)


def events_of(folder, control=None):
    return list(run_job(folder, control or Control()))


def draw_breast(path, *, seed=0):
    """A half disc of tissue on black, as a 16-bit picture of 900 by 600 pixels."""
    y, x = np.mgrid[:900, :600]
    inside = (x / 450) ** 2 + ((y - 450) / 400) ** 2 < 1
    noise = np.random.default_rng(seed).normal(0, 2000, (900, 600))
    pixels = np.where(inside, np.clip(24_000 + noise + 8000 * np.cos(x / 60), 1000, 65_000), 0)
    Image.fromarray(pixels.astype(np.uint16)).save(path)
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """One whole job on ready features: its folder and its events."""
    folder = ready_cohort(tmp_path_factory.mktemp("cohort"))
    return folder, events_of(folder)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Three pictures inspected, then a job to make features of them, twice: (job folder, first, second)."""
    root = tmp_path_factory.mktemp("real")
    good = [draw_breast(root / f"breast{i}.png", seed=i) for i in range(2)]
    foreign = root / "notes.png"
    foreign.write_text("not a picture")
    files = (*good, foreign)
    spacing = {str(path): 0.14 for path in files}
    job = Job(
        steps=(Step.INSPECT,), recipe=QUICK, files=tuple(map(str, files)), spacing_mm=spacing, grid=GRID
    )
    inspection = write_job(root / "inspection", job)
    inspection_events = events_of(inspection)
    inspected = [
        Inspected.from_json(json.loads(line))
        for line in (inspection / "inspected.jsonl").read_text().splitlines()
    ]
    rows = [
        JobImage(i + 1, row.path, row.content_hash, row.scale, Label.NORMAL, Split.TRAIN, False)
        for i, row in enumerate(inspected[:2])
    ]
    changed = draw_breast(root / "changed.png", seed=9)
    rows.append(replace(rows[0], image_id=3, path=str(changed)))
    rows.append(replace(rows[0], image_id=4, path=str(root / "gone.png"), content_hash="0" * 64))
    boxes = [np.array(inspected[i].boxes) for i in (0, 1, 0, 0)]
    boxes[2] = boxes[2] + 1.0
    features = Job(
        steps=(Step.FEATURES, Step.FIT, Step.SCORE),
        recipe=QUICK,
        images=tuple(rows),
        features_folder=str(root / "features"),
    )
    first = write_job(root / "first", features, boxes)
    second = write_job(root / "second", features, boxes)
    return inspection, inspection_events, inspected, (first, events_of(first)), (second, events_of(second))


def test_a_whole_job_ends_with_finished_and_sealed_results(trained):
    folder, events = trained
    assert isinstance(events[-1], Finished)
    assert set(read_result(folder)) == {
        "model/weights.safetensors",
        "model/recipe.json",
        "model/metrics.json",
        "model/result.json",
        "model/curves.csv",
        "evidence.npz",
        "predictions.npz",
    }


def test_the_model_folder_of_a_job_loads_as_it_is(trained):
    folder, events = trained
    saved = load_model(folder / "model")
    assert saved.recipe == QUICK
    assert saved.trunk_key == trunk_key(QUICK.trunk)
    assert saved.metrics == events[-1].summary["metrics"]


def test_predictions_are_the_models_scores_of_every_image(trained):
    folder, _ = trained
    model = load_model(folder / "model").model
    job = Job.read(folder)
    with (
        np.load(folder / "predictions.npz") as said,
        np.load(folder / "arrays.npz") as arrays,
        FeatureFile.open(
            folder.parent / "features", feature_file_name(trunk_key(QUICK.trunk), GRID), dimension=D
        ) as store,
    ):
        assert said["image_id"].tolist() == [image.image_id for image in job.images]
        assert said["offsets"].tolist() == arrays["offsets"].tolist()
        for i, image in enumerate(job.images):
            rows = slice(*said["offsets"][i : i + 2])
            expected = score(model, store.read(feature_key(image.content_hash, 1.0, arrays["boxes"][rows])))
            assert said["probability"][i] == pytest.approx(expected.probability, abs=1e-6)
            assert said["cls"][rows] == pytest.approx(expected.cls, abs=1e-6)
            assert said["score"][rows] == pytest.approx(expected.score, abs=1e-6)


def test_curves_hold_one_row_an_epoch(trained):
    folder, events = trained
    with (folder / "model" / "curves.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    epochs = [event for event in events if isinstance(event, Epoch)]
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3]
    assert [float(row["train_loss"]) for row in rows] == pytest.approx(
        [e.train_loss for e in epochs], rel=1e-5
    )


def test_test_patients_are_scored_but_do_not_train(trained):
    _, events = trained
    metrics = events[-1].summary["metrics"]
    assert (metrics["train_images"], metrics["validation_images"]) == (8, 4)
    assert events[-1].summary["images_scored"] == 16


def test_the_summary_tells_seconds_a_stage(trained):
    assert set(trained[1][-1].summary["seconds"]) == {"fit", "score"}


def test_the_same_job_gives_the_same_weights(trained, tmp_path):
    folder, _ = trained
    again = ready_cohort(tmp_path)
    events_of(again)
    assert (again / "model" / "weights.safetensors").read_bytes() == (
        folder / "model" / "weights.safetensors"
    ).read_bytes()


def test_a_job_without_a_fit_scores_with_the_model_it_names(trained, tmp_path):
    folder, _ = trained
    scoring = ready_cohort(tmp_path, steps=(Step.SCORE,), model_folder=str(folder / "model"))
    assert isinstance(events_of(scoring)[-1], Finished)
    assert read_result(scoring) == ["predictions.npz", "evidence.npz"]
    with np.load(scoring / "predictions.npz") as ours, np.load(folder / "predictions.npz") as theirs:
        assert np.array_equal(ours["score"], theirs["score"])


def test_a_model_of_other_features_is_refused(trained, tmp_path):
    folder, _ = trained
    recipe = replace(QUICK, trunk=TrunkSettings(tap="stride16"))
    job = Job(
        steps=(Step.SCORE,),
        recipe=recipe,
        features_folder=str(tmp_path / "features"),
        model_folder=str(folder / "model"),
    )
    last = events_of(write_job(tmp_path / "job", job))[-1]
    assert isinstance(last, Failed)
    assert last.is_user_error
    assert "another kind" in last.text


def windows_of(recipe):
    """The same recipe on features made window by window."""
    return replace(recipe, trunk=replace(recipe.trunk, mode=TrunkMode.WINDOWS))


def test_a_dense_recipe_does_not_train_on_features_made_window_by_window(tmp_path):
    folder = ready_cohort(tmp_path, recipe=windows_of(QUICK))
    replace(Job.read(folder), recipe=QUICK).write(folder)
    events = events_of(folder)
    assert sum(isinstance(event, Notice) for event in events) == 12  # each image that is not a test patient's
    assert isinstance(events[-1], Failed)
    assert "nothing to train on" in events[-1].text
    assert not (folder / "result.json").exists()


def test_features_of_both_modes_in_one_folder_stay_apart(trained, tmp_path):
    for recipe in (windows_of(QUICK), QUICK):
        folder = ready_cohort(tmp_path, recipe=recipe)
    assert len(list((tmp_path / "features").glob("*.features"))) == 2
    assert isinstance(events_of(folder)[-1], Finished)
    alone, _ = trained
    assert (folder / "model" / "weights.safetensors").read_bytes() == (
        alone / "model" / "weights.safetensors"
    ).read_bytes()


def test_a_file_of_the_other_mode_under_this_modes_name_is_put_aside_and_never_used(tmp_path):
    folder = ready_cohort(tmp_path, recipe=windows_of(QUICK))
    (features,) = (tmp_path / "features").glob("*.features")
    name = feature_file_name(trunk_key(QUICK.trunk), QUICK.grid)
    features.rename(features.with_name(name))
    replace(Job.read(folder), recipe=QUICK).write(folder)
    first, *_, last = events_of(folder)
    assert first == Notice(
        f"The region features in {name} are damaged or of another version: they were put aside and are made anew."
    )
    assert isinstance(last, Failed)
    assert "no image has region features" in last.text
    assert (tmp_path / "features" / f"{name}.aside").is_file()


def test_a_dense_model_does_not_score_features_made_window_by_window(trained, tmp_path):
    folder, _ = trained
    model = str(folder / "model")
    scoring = ready_cohort(tmp_path, recipe=windows_of(QUICK), steps=(Step.SCORE,), model_folder=model)
    last = events_of(scoring)[-1]
    assert isinstance(last, Failed)
    assert "another kind" in last.text
    assert not (scoring / "result.json").exists()


def test_a_model_of_another_grid_is_refused(trained, tmp_path):
    folder, _ = trained
    recipe = replace(QUICK, grid=replace(GRID, stride=56))
    scoring = ready_cohort(tmp_path, recipe=recipe, steps=(Step.SCORE,), model_folder=str(folder / "model"))
    assert "another kind" in events_of(scoring)[-1].text


@pytest.mark.parametrize("steps", [(Step.FEATURES, Step.FIT, Step.SCORE), (Step.FEATURES, Step.SCORE)])
def test_the_trunk_is_not_loaded_where_all_features_are_there(trained, tmp_path, monkeypatch, steps):
    def refuse(*_, **__):
        raise AssertionError("the trunk was loaded")

    monkeypatch.setattr("core.pipeline.run.loaded_trunk", refuse)
    folder = ready_cohort(tmp_path, steps=steps, model_folder=str(trained[0] / "model"))
    events = events_of(folder)
    assert isinstance(events[-1], Finished)
    assert events[-1].summary["features_reused"] == 16


def test_unknown_trunk_settings_end_in_a_sentence_before_any_work(tmp_path):
    folder = ready_cohort(tmp_path, recipe=replace(QUICK, trunk=TrunkSettings(tap="middle")))
    last = events_of(folder)[-1]
    assert isinstance(last, Failed)
    assert "not known to this version" in last.text


def test_a_model_that_is_not_there_ends_in_a_sentence(tmp_path):
    scoring = ready_cohort(tmp_path, steps=(Step.SCORE,), model_folder=str(tmp_path / "nowhere"))
    last = events_of(scoring)[-1]
    assert isinstance(last, Failed)
    assert last.is_user_error
    assert not (scoring / "result.json").exists()


def test_images_without_features_are_told_and_left_out(tmp_path):
    folder = ready_cohort(tmp_path)
    job = Job.read(folder)
    strange = replace(job.images[0], content_hash="f" * 64)
    replace(job, images=(strange, *job.images[1:])).write(folder)
    events = events_of(folder)
    assert [e.text for e in events if isinstance(e, Notice)] == [
        "image0.dcm has no region features: it was left out."
    ]
    summary = events[-1].summary
    assert [failed["image_id"] for failed in summary["failed"]] == [1]
    assert (summary["images_scored"], summary["metrics"]["train_images"]) == (15, 7)


def test_cancel_in_a_fit_leaves_no_results(tmp_path):
    folder, control = ready_cohort(tmp_path), Control()
    events = []
    for event in run_job(folder, control):
        events.append(event)
        if isinstance(event, Epoch):
            control.cancel()
    assert isinstance(events[-1], Stopped)
    assert not events[-1].kept
    assert not (folder / "result.json").exists()


def test_cancel_while_scoring_leaves_no_results(tmp_path):
    folder, control = ready_cohort(tmp_path), Control()
    events = []
    for event in run_job(folder, control):
        events.append(event)
        if isinstance(event, Progress) and event.stage == "scoring":
            control.cancel()
    assert events[-1] == Stopped(kept=False, summary=events[-1].summary)
    assert not (folder / "result.json").exists()


def test_stop_early_keeps_the_model_so_far_and_scores_with_it(tmp_path):
    folder, control = ready_cohort(tmp_path, recipe=replace(QUICK, epochs=1000)), Control()
    events = []
    for event in run_job(folder, control):
        events.append(event)
        if isinstance(event, Epoch) and event.number == 2:
            control.stop_early()
    assert isinstance(events[-1], Stopped)
    assert events[-1].kept
    assert "predictions.npz" in read_result(folder)
    assert load_model(folder / "model").metrics["epochs"] == 2


def test_nothing_to_train_on_ends_in_a_sentence(tmp_path):
    folder = ready_cohort(tmp_path)
    job = Job.read(folder)
    replace(job, images=tuple(replace(image, label=None) for image in job.images)).write(folder)
    last = events_of(folder)[-1]
    assert isinstance(last, Failed)
    assert last.is_user_error
    assert "nothing to train on" in last.text


@pytest.mark.parametrize("name", ["job.json", "arrays.npz"])
@pytest.mark.parametrize("content", [b"", b"{", b"PK junk", None])
def test_a_job_folder_that_is_damaged_ends_in_a_sentence(tmp_path, name, content):
    folder = ready_cohort(tmp_path, images=4)
    (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
    [event] = events_of(folder)
    assert isinstance(event, Failed)
    assert event.is_user_error
    assert f"{name} is missing or damaged" in event.text


def test_a_fault_of_the_program_rises(tmp_path):
    folder = ready_cohort(tmp_path)
    np.savez(
        folder / "arrays.npz", boxes=np.zeros((1, 4)), region_labels=np.zeros(1), offsets=np.array([0, 1])
    )
    with pytest.raises(ValueError, match="not one set of regions an image"):
        events_of(folder)


def test_inspection_tells_each_file_and_keeps_a_row_of_it(real):
    inspection, events, inspected, _, _ = real
    told = [event for event in events if isinstance(event, FileInspected)]
    assert [bool(event.reason) for event in told] == [False, False, True]
    assert [row.reason for row in inspected] == [event.reason for event in told]
    assert isinstance(events[-1], Finished)
    assert read_result(inspection) == ["inspected.jsonl"]
    assert all(row.scale == pytest.approx(2.0) and row.boxes for row in inspected[:2])


def test_a_stopped_inspection_keeps_what_it_has(tmp_path):
    files = tuple(str(draw_breast(tmp_path / f"{i}.png")) for i in range(2))
    folder = write_job(tmp_path / "job", Job(steps=(Step.INSPECT,), recipe=QUICK, files=files, grid=GRID))
    control = Control()
    events = []
    for event in run_job(folder, control):
        events.append(event)
        control.stop_early()
    assert events[-1] == Stopped(kept=True, summary=events[-1].summary)
    assert len((folder / "inspected.jsonl").read_text().splitlines()) == 1


def test_features_are_made_of_the_good_images_and_the_others_are_told_by_name(real):
    (_, events) = real[3]
    notices = [event.text for event in events if isinstance(event, Notice)]
    assert any("changed.png was changed since it was imported" in text for text in notices)
    assert any("gone.png" in text for text in notices)
    summary = events[-1].summary
    assert isinstance(events[-1], Finished)
    assert (summary["features_made"], summary["features_reused"]) == (2, 0)
    assert [failed["image_id"] for failed in summary["failed"]] == [3, 4]
    assert summary["images_scored"] == 2


def test_features_in_the_store_are_not_made_again(real):
    summary = real[4][1][-1].summary
    assert (summary["features_made"], summary["features_reused"]) == (0, 2)
    assert summary["images_scored"] == 2


def test_feature_progress_reaches_its_total_with_a_rate(real):
    progress = [e for e in real[3][1] if isinstance(e, Progress) and e.stage == "features"]
    assert [e.done for e in progress] == [0, 1, 2, 3, 4]
    assert progress[-1].total == 4
    assert progress[1].seconds_left is not None
    assert "s an image" in progress[1].note


def test_features_in_the_store_are_those_of_the_trunk(real, tmp_path):
    from core.breast import tissue_mask
    from core.features import region_features
    from core.pixels import model_input, read_mammogram
    from core.trunks import load_trunk

    folder = real[3][0]
    image = Job.read(folder).images[1]
    boxes = np.array(real[2][1].boxes)
    mammogram = read_mammogram(folder.parent / "breast1.png")
    expected = region_features(
        load_trunk(QUICK.trunk, threads=1),
        model_input(mammogram, tissue_mask(mammogram)),
        boxes,
        scale=image.scale,
        grid=GRID,
    )
    name = feature_file_name(trunk_key(QUICK.trunk), GRID)
    with FeatureFile.open(folder.parent / "features", name, dimension=D) as store:
        found = store.read(feature_key(image.content_hash, image.scale, boxes))
        assert np.array_equal(found, expected.astype(np.float16))
