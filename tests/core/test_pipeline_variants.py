"""A job on an augmenting recipe: variants are made, kept, and trained on with their contours."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from PIL import Image

from core.augmentation import apply, variants_of
from core.breast import tissue_mask
from core.control import Control
from core.domain import Contour, Label, RegionLabel, Split
from core.events import Failed, Finished, Notice, Progress, Stopped
from core.feature_store import FeatureStore, variant_key
from core.job import ImageContours, Job, JobImage, Step, contours_json
from core.pipeline import run_job
from core.pixels import content_hash, model_input, read_mammogram
from core.recipe import Augmentation, GridSettings, Recipe
from core.regions import region_grid
from core.trunks import trunk_dimension, trunk_key

D = trunk_dimension(Recipe().trunk)
GRID = GridSettings(window=96, stride=48)
SHAPE = (330, 220)
COUNT = 3
RECIPE = Recipe(
    epochs=3,
    components=8,
    hidden=16,
    threads=1,
    grid=GRID,
    augmentation=Augmentation.ALL,
    variants=COUNT,
)
LESION = Contour.from_points([(30, 120), (90, 120), (90, 200), (30, 200)])
N, M = Label.NORMAL, Label.MALIGNANT
PLAN = [
    (N, Split.TRAIN),
    (M, Split.TRAIN),
    (N, Split.VALIDATION),
    (M, Split.VALIDATION),
    (M, Split.TEST),
    (N, Split.TRAIN),
]
TRAIN = [1, 2, 6]


def region_means(trunk, image01, boxes, *, scale, grid):
    """Stands in for the trunk: the mean of each region, and where the picture and the region end."""
    means = [image01[int(y0) : int(y1), int(x0) : int(x1)].mean() for x0, y0, x1, y1 in boxes]
    features = np.zeros((len(boxes), D), np.float32)
    features[:, 0] = means
    features[:, 1:5] = boxes / 1000
    features[:, 5:7] = np.array(image01.shape) / 1000
    return features


@pytest.fixture(autouse=True)
def a_trunk_of_means(monkeypatch):
    """Seen pictures are counted."""
    seen = []

    def count(trunk, image01, boxes, **settings):
        seen.append(image01.shape)
        return region_means(trunk, image01, boxes, **settings)

    monkeypatch.setattr("core.feature_making.region_features", count)
    monkeypatch.setattr("core.pipeline.run.loaded_trunk", lambda *_, **__: SimpleNamespace(notice=""))
    return seen


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Six half discs of tissue: (path, tissue, picture as the model sees it)."""
    folder, made = tmp_path_factory.mktemp("pictures"), []
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    for seed in range(len(PLAN)):
        inside = (x / 170) ** 2 + ((y - 165) / 145) ** 2 < 1
        noise = np.random.default_rng(seed).normal(0, 2000, SHAPE)
        pixels = np.where(inside, np.clip(24_000 + noise + 8000 * np.cos(x / 30), 1000, 65_000), 0)
        path = folder / f"breast{seed}.png"
        Image.fromarray(pixels.astype(np.uint16)).save(path)
        mammogram = read_mammogram(path)
        tissue = tissue_mask(mammogram)
        made.append((path, tissue, model_input(mammogram, tissue)))
    return made


def write_job(folder, pictures, *, recipe=RECIPE, steps=(Step.FEATURES, Step.FIT), contours=None, **job):
    folder.mkdir(parents=True)
    images, boxes = [], []
    for number, ((path, tissue, _), (label, split)) in enumerate(zip(pictures, PLAN, strict=True), start=1):
        is_annotated = label.is_malignant and split is not Split.TEST
        images.append(JobImage(number, str(path), content_hash(path), 1.0, label, split, is_annotated))
        boxes.append(region_grid(tissue, scale=1.0, settings=GRID))
    sizes = [len(b) for b in boxes]
    np.savez(
        folder / "arrays.npz",
        boxes=np.concatenate(boxes),
        region_labels=np.full(sum(sizes), RegionLabel.BN, np.int8),
        offsets=np.cumsum([0, *sizes]),
    )
    known = {2: ImageContours(*SHAPE, (LESION,))} if contours is None else contours
    (folder / "contours.json").write_bytes(contours_json(known))
    features = str(folder.parent / "features")
    Job(steps=steps, recipe=recipe, images=tuple(images), features_folder=features, **job).write(folder)
    return folder


def events_of(folder, control=None):
    return list(run_job(folder, control or Control()))


def notices(events):
    return [event.text for event in events if isinstance(event, Notice)]


def open_store(folder):
    key = trunk_key(RECIPE.trunk)
    return FeatureStore(folder.parent / "features", trunk_key=key, grid=GRID, dimension=D)


@pytest.fixture
def bags(monkeypatch):
    """What the trainer was given, kept; it trains all the same."""
    import core.training

    given, fit = [], core.training.fit

    def keep(bags, recipe, **how):
        given[:] = bags
        return fit(bags, recipe, **how)

    monkeypatch.setattr(core.training, "fit", keep)
    return given


def test_training_images_alone_have_variants_and_a_whole_job_ends_well(tmp_path, pictures, bags):
    folder = write_job(tmp_path / "job", pictures)
    events = events_of(folder)
    assert isinstance(events[-1], Finished)
    assert {bag.image_id: len(bag.variants) for bag in bags} == {1: 3, 2: 3, 3: 0, 4: 0, 6: 3}
    summary = events[-1].summary
    assert (summary["features_made"], summary["variants_made"], summary["variants_reused"]) == (6, 9, 0)


def test_features_and_regions_of_a_variant_are_those_of_the_turned_picture(tmp_path, pictures, bags):
    folder = write_job(tmp_path / "job", pictures)
    events_of(folder)
    with open_store(folder) as store:
        for number, bag in zip(TRAIN, [b for b in bags if b.split is Split.TRAIN], strict=True):
            path, tissue, picture = pictures[number - 1]
            digest = content_hash(path)
            for variant, shown in zip(variants_of(digest, COUNT), bag.variants, strict=True):
                turned, mask = apply(variant, picture, tissue, stride=GRID.stride)
                regions = region_grid(mask, scale=1.0, settings=GRID)
                expected = region_means(None, turned, regions, scale=1.0, grid=GRID)
                features, boxes = store.read_variant(variant_key(digest, 1.0, variant))
                np.testing.assert_array_equal(boxes, regions)
                np.testing.assert_array_equal(features, expected.astype(np.float16))
                np.testing.assert_array_equal(shown.features, features)


def test_region_labels_of_a_variant_come_from_the_contour_turned_with_it(tmp_path, pictures, bags):
    events_of(write_job(tmp_path / "job", pictures))
    annotated = next(bag for bag in bags if bag.image_id == 2)
    with open_store(tmp_path / "job") as store:
        digest = content_hash(pictures[1][0])
        for variant, shown in zip(variants_of(digest, COUNT), annotated.variants, strict=True):
            lesion = np.zeros(SHAPE, np.float32)
            lesion[120:200, 30:90] = 1.0
            turned, _ = apply(variant, lesion, lesion > 0, stride=GRID.stride)
            _, boxes = store.read_variant(variant_key(digest, 1.0, variant))
            for box, label in zip(boxes, shown.region_labels, strict=True):
                share = _painted(turned, box) / min(96 * 96, 60 * 80)
                if label == RegionLabel.BN:
                    assert share < 0.02
                elif label == RegionLabel.M:
                    assert share > 0.48
                else:
                    assert 0 < share < 0.52
            assert (shown.region_labels == RegionLabel.M).any()
    assert all(v.region_labels is None for bag in bags if bag.image_id != 2 for v in bag.variants)


def _painted(picture, box):
    """Area of paint in a box that may begin between two pixels."""
    total = 0.0
    for row, column in itertools.product(
        range(int(box[1]), int(np.ceil(box[3]))), range(int(box[0]), int(np.ceil(box[2])))
    ):
        if picture[row, column]:
            pixel = shapely.box(column, row, column + 1, row + 1)
            total += picture[row, column] * pixel.intersection(shapely.box(*box)).area
    return total


def test_only_the_rarer_side_has_variants_where_the_recipe_says_so(tmp_path, pictures, bags):
    recipe = replace(RECIPE, augmentation=Augmentation.RARE)
    events_of(write_job(tmp_path / "job", pictures, recipe=recipe))
    assert {bag.image_id for bag in bags if bag.variants} == {2}


def test_the_second_job_makes_nothing_and_a_larger_count_only_what_is_more(
    tmp_path, pictures, a_trunk_of_means
):
    events_of(write_job(tmp_path / "first", pictures, steps=(Step.FEATURES,)))
    assert len(a_trunk_of_means) == 15
    last = events_of(write_job(tmp_path / "second", pictures, steps=(Step.FEATURES,)))[-1]
    assert len(a_trunk_of_means) == 15
    assert (last.summary["variants_made"], last.summary["variants_reused"]) == (0, 9)
    more = replace(RECIPE, variants=COUNT + 1)
    last = events_of(write_job(tmp_path / "third", pictures, recipe=more, steps=(Step.FEATURES,)))[-1]
    assert len(a_trunk_of_means) == 18
    assert (last.summary["features_made"], last.summary["variants_made"]) == (0, 3)


def test_progress_counts_every_variant_and_tells_the_time_left(tmp_path, pictures):
    events = events_of(write_job(tmp_path / "job", pictures, steps=(Step.FEATURES,)))
    progress = [e for e in events if isinstance(e, Progress) and e.stage == "features"]
    assert [e.done for e in progress] == list(range(16))
    assert {e.total for e in progress} == {15}
    assert all(e.seconds_left is not None and "s a picture" in e.note for e in progress[1:])
    assert progress[-1].seconds_left == 0


def test_a_job_that_was_killed_goes_on_in_its_folder_with_what_is_missing(
    tmp_path, pictures, a_trunk_of_means
):
    folder = write_job(tmp_path / "job", pictures)
    running = run_job(folder, Control())
    for event in running:
        if isinstance(event, Progress) and event.done == 8:
            break
    running.close()
    assert len(a_trunk_of_means) == 8
    assert isinstance(events_of(folder)[-1], Finished)
    assert len(a_trunk_of_means) == 15


def test_the_fit_is_given_a_checkpoint_in_the_folder_of_the_job(tmp_path, pictures, monkeypatch):
    import core.training

    fit, given = core.training.fit, []
    monkeypatch.setattr(
        core.training, "fit", lambda *a, **how: given.append(how["checkpoint"]) or fit(*a, **how)
    )
    folder = write_job(tmp_path / "job", pictures)
    events_of(folder)
    assert given == [folder / "checkpoint"]


def test_a_stop_between_two_variants_keeps_what_is_made(tmp_path, pictures):
    folder, control, events = write_job(tmp_path / "job", pictures, steps=(Step.FEATURES,)), Control(), []
    for event in run_job(folder, control):
        events.append(event)
        if isinstance(event, Progress) and event.done == 3:
            control.cancel()
    assert isinstance(events[-1], Stopped)
    last = events_of(folder)[-1]
    assert last.summary["features_reused"] + last.summary["variants_reused"] == 3


def test_an_image_whose_file_is_gone_still_trains_without_its_variants_and_that_is_told(
    tmp_path, pictures, bags
):
    plain = replace(RECIPE, augmentation=Augmentation.NONE)
    events_of(write_job(tmp_path / "plain", pictures, recipe=plain, steps=(Step.FEATURES,)))
    folder = write_job(tmp_path / "job", pictures)
    job = Job.read(folder)
    gone = replace(job.images[0], path=str(tmp_path / "gone.png"))
    replace(job, images=(gone, *job.images[1:])).write(folder)
    events = events_of(folder)
    assert isinstance(events[-1], Finished)
    assert events[-1].summary["failed"] == []
    assert [(bag.image_id, len(bag.variants)) for bag in bags][:2] == [(1, 0), (2, 3)]
    told = notices(events)
    assert any("gone.png is no longer where it was" in text for text in told)
    assert any(text.startswith("3 of 9 turned, mirrored or shifted copies") for text in told)


@pytest.mark.parametrize("content", [b"{", b'{"2": {"rows": 0, "columns": 3, "malignant": []}}', b"[]"])
def test_damaged_contours_end_in_a_sentence(tmp_path, pictures, content):
    folder = write_job(tmp_path / "job", pictures)
    (folder / "contours.json").write_bytes(content)
    last = events_of(folder)[-1]
    assert isinstance(last, Failed)
    assert last.is_user_error
    assert "contours.json is damaged" in last.text


def test_an_annotated_image_without_its_contours_is_not_trained_on_silently(tmp_path, pictures):
    last = events_of(write_job(tmp_path / "job", pictures, contours={}))[-1]
    assert isinstance(last, Failed)
    assert "contours.json is missing or incomplete" in last.text


def test_a_second_run_waits_for_the_first_and_uses_what_it_made(tmp_path, pictures, a_trunk_of_means):
    events_of(write_job(tmp_path / "first", pictures, steps=(Step.FEATURES,)))
    folder = write_job(
        tmp_path / "job", pictures, recipe=replace(RECIPE, variants=COUNT + 1), steps=(Step.FEATURES,)
    )
    code = (
        "import sys; from pathlib import Path; from core.recipe import GridSettings;"
        "from core.feature_store import FeatureStore;"
        f"store = FeatureStore(Path(sys.argv[1]), trunk_key={trunk_key(RECIPE.trunk)!r},"
        f" grid=GridSettings(window=96, stride=48), dimension={D});"
        "store.claim(); print('claimed', flush=True); sys.stdin.readline()"
    )
    arguments = [sys.executable, "-c", code, str(tmp_path / "features")]
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout.readline() == "claimed\n"
        events = []
        for event in run_job(folder, Control()):
            events.append(event)
            if isinstance(event, Notice) and "waits until it has ended" in event.text:
                assert len(a_trunk_of_means) == 15
                other.communicate("go\n")
    assert [e for e in events if isinstance(e, Notice)] == events[:1]
    assert isinstance(events[-1], Finished)
    assert len(a_trunk_of_means) == 18


def test_a_run_that_waits_can_be_cancelled(tmp_path, pictures):
    folder, control = write_job(tmp_path / "job", pictures), Control()
    with open_store(folder) as other:
        assert other.claim()
        events = []
        for event in run_job(folder, control):
            events.append(event)
            control.cancel()
    assert isinstance(events[-1], Stopped)


def test_the_limit_of_the_job_is_told_before_anything_is_made(tmp_path, pictures, a_trunk_of_means):
    last = events_of(write_job(tmp_path / "job", pictures, features_limit_gb=0.0001))[-1]
    assert isinstance(last, Failed)
    assert "its limit is 100.0 kB" in last.text
    assert a_trunk_of_means == []


def test_the_room_that_is_asked_for_is_about_what_the_features_take(tmp_path, pictures):
    asked = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FeatureStore, "make_room", lambda _, *, wanted, **__: asked.append(wanted) or [])
        folder = write_job(tmp_path / "job", pictures, steps=(Step.FEATURES,))
        events_of(folder)
    used = sum(path.stat().st_size for path in (tmp_path / "features").iterdir())
    assert used <= asked[0] < 1.3 * used


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("recipe", "threads"), "many", "threads"),
        (("recipe", "variants"), 500, "variants"),
        (("recipe", "no such setting"), 1, "no such setting"),
        (("images", 0, "image_id"), "one", "job.json"),
        (("images", 0, "scale"), 0, "job.json"),
        (("images", 0, "scale"), "1", "job.json"),
        (("images", 0, "is_annotated"), "yes", "job.json"),
        (("images", 0, "path"), 7, "job.json"),
        (("images", 0, "split"), "exam", "job.json"),
        (("features_folder",), None, "job.json"),
        (("features_limit_gb",), "all", "job.json"),
        (("steps",), ["dance"], "job.json"),
    ],
)
def test_a_value_of_a_wrong_type_in_a_job_ends_in_a_sentence(tmp_path, pictures, place, value, said):
    folder = write_job(tmp_path / "job", pictures)
    content = json.loads((folder / "job.json").read_bytes())
    inner = content
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    (folder / "job.json").write_text(json.dumps(content))
    [last] = events_of(folder)
    assert isinstance(last, Failed)
    assert last.is_user_error
    assert said in last.text


def test_a_features_folder_that_is_a_file_ends_in_a_sentence(tmp_path, pictures):
    folder = write_job(tmp_path / "job", pictures)
    Path(tmp_path / "features").write_text("")
    last = events_of(folder)[-1]
    assert isinstance(last, Failed)
    assert "is not a folder" in last.text
