"""Replays on a small cohort with a planted answer: contours alone tell which of two striking regions is malignant."""

import csv
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.control import Control
from core.crossval import Cohort, CohortImage, KnownFinding
from core.crossval.cells import read_cell
from core.crossval.inputs import feature_keys, open_store
from core.domain import Contour, Label
from core.errors import UserError
from core.events import Finished, Progress, Stopped
from core.ranking import all_strategies
from core.recipe import Normalisation, Recipe
from core.study.curves import Curves
from core.study.plan import Budget, StudyPlan, Unit, parse_budgets
from core.study.record import StudyRecord, cells_csv, read_study
from core.study.replay import fit_seed
from core.study.run import run_study
from core.study.work import Pace

RECIPE = Recipe(
    normalisation=Normalisation.STANDARDISE,
    epochs=30,
    components=0,
    hidden=8,
    batch_images=64,
    dense_epochs=10,
    threads=1,
    learning_rate=1e-2,
    k=4,
)
GRID = RECIPE.grid.key
REGIONS, WIDTH = 5, 100


def square(index: int) -> Contour:
    x = index * WIDTH + 30.0
    return Contour.from_points([(x, 30), (x + 40, 30), (x + 40, 70), (x, 70)])


def make_cohort(*, patients: int = 24, drawn_at_random: bool = False, seed: int = 0) -> tuple[Cohort, dict]:
    """Half of the patients malignant, two images each; and where the finding and its double are, by image."""
    rng = np.random.default_rng(seed)
    other = np.random.default_rng(seed + 1)
    left = np.arange(REGIONS) * float(WIDTH)
    boxes = np.column_stack([left, np.zeros(REGIONS), left + WIDTH, np.full(REGIONS, float(WIDTH))])
    images, places = [], {}
    for number in range(2 * patients):
        label = Label.MALIGNANT if number // 2 % 2 else Label.NORMAL
        finding, double, elsewhere = rng.permutation(REGIONS)[:3]
        places[number + 1] = (finding, double)
        drawn = int(other.choice([finding, double, elsewhere])) if drawn_at_random else int(finding)
        images.append(
            CohortImage(
                image_id=number + 1,
                patient=number // 2,
                breast=number,
                label=label,
                content_hash=f"{number:064x}",
                scale=1.0,
                shape=(WIDTH, REGIONS * WIDTH),
                boxes={GRID: boxes},
                malignant=(KnownFinding(square(drawn)),) if label is Label.MALIGNANT else (),
                spacing_mm=0.1,
            )
        )
    return Cohort(tuple(images)), places


def write_features(folder: Path, cohort: Cohort, places: dict) -> None:
    """A malignant image has two regions that no other image has: its finding, and a double beside it."""
    rng = np.random.default_rng(5)
    with open_store(folder, RECIPE) as store:
        for image in cohort.images:
            features = rng.normal(size=(REGIONS, store.dimension)).astype(np.float32)
            features[:, 6:] = 0.0
            if image.label.is_malignant:
                finding, double = places[image.image_id]
                features[finding, :2] += (4.0, 2.5)
                features[double, :2] += (4.0, -2.5)
            store.images.put(feature_keys(cohort, RECIPE)[image.image_id], features)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    cohort, places = make_cohort()
    folder = tmp_path_factory.mktemp("features")
    write_features(folder, cohort, places)
    return cohort, folder


def plan(*strategies: str, budgets: str = "2,5", seeds: Sequence[int] = (0,), **changes: object) -> StudyPlan:
    return StudyPlan(
        strategies or ("random",),
        parse_budgets(budgets),
        RECIPE,
        folds=2,
        seeds=tuple(seeds),
        resamples=changes.pop("resamples", 0),
        **changes,
    )


def ran(made, what: StudyPlan, out: Path, *, cohort: Cohort | None = None, control: Control | None = None):
    events = run_study(
        cohort or made[0], what, out=out, features_folder=made[1], jobs=1, control=control or Control()
    )
    told = []
    while True:
        try:
            told.append(next(events))
        except StopIteration as end:
            return told, end.value


@pytest.fixture(scope="module")
def studied(made, tmp_path_factory) -> tuple[Path, StudyRecord]:
    out = tmp_path_factory.mktemp("study") / "out"
    told, record = ran(made, plan("random", "value", seeds=(0, 1), resamples=150), out)
    assert isinstance(told[-1], Finished)
    return out, record


def annotated(out: Path, name: str) -> list[int]:
    found = read_cell(out / "cells" / name)
    assert found is not None
    return found.figures["annotated"]


def test_every_budget_is_measured_once_for_each_fold_and_seed(studied):
    _, record = studied
    keys = [(p.strategy, p.images, p.fold, p.seed) for p in record.points]
    assert len(set(keys)) == len(keys) == 2 * 2 * (2 + 2 * 2)
    assert {p.images for p in record.points if p.strategy == "random"} == {2, 5}
    assert {p.budget for p in record.points if not p.strategy} == {0.0, 1.0}


def test_contours_tell_the_finding_from_its_double(studied):
    _, record = studied
    curves = Curves(record.points, measure="sensitivity_at_1")
    assert curves.floor.figure.value < 0.9
    assert curves.ceiling.figure.value > 0.95
    assert curves.steps("random")[1].figure.value > curves.floor.figure.value


def test_a_larger_budget_keeps_what_a_smaller_one_revealed(studied):
    out, _ = studied
    for strategy in ("random", "value"):
        small, large = annotated(out, f"{strategy}_2_s0_f0"), annotated(out, f"{strategy}_5_s0_f0")
        assert large[:2] == small
        assert len(set(large)) == 5


def test_held_out_patients_lend_no_contour(studied, made):
    out, _ = studied
    patient = {image.image_id: image.patient for image in made[0].images}
    for folder in (out / "cells").iterdir():
        found = read_cell(folder)
        held_out = {patient[i] for role in ("test", "validation") for i in found.images(role)}
        assert not held_out & {patient[i] for i in found.figures["annotated"]}
        assert set(found.figures["annotated"]) <= set(found.images("train"))


@pytest.fixture(scope="module")
def first_reveals(made, tmp_path_factory) -> dict[str, Path]:
    """All strategies on two data sets that differ in their contours alone."""
    elsewhere, _ = make_cohort(drawn_at_random=True)
    found = {}
    for name, cohort in (("true", made[0]), ("other", elsewhere)):
        found[name] = tmp_path_factory.mktemp(name) / "out"
        ran(made, plan(*all_strategies(), budgets="3"), found[name], cohort=cohort)
    return found


@pytest.mark.parametrize("strategy", sorted(all_strategies()))
def test_what_is_revealed_first_does_not_depend_on_contours_that_are_hidden(strategy, first_reveals):
    """Without any drawn, every strategy asks for the same images, whatever the contours that it has not seen."""
    name = f"{strategy}_3_s0_f0"
    assert annotated(first_reveals["true"], name) == annotated(first_reveals["other"], name)


def test_with_contours_drawn_at_random_the_curve_stays_flat(made, tmp_path):
    elsewhere, _ = make_cohort(drawn_at_random=True)
    _, record = ran(made, plan("random", "value", seeds=(0, 1)), tmp_path / "out", cohort=elsewhere)
    for strategy in ("random", "value"):
        steps = Curves(record.points, measure="sensitivity_at_1").steps(strategy)
        assert max(step.figure.value for step in steps) < steps[0].figure.value + 0.15


def test_a_study_read_back_is_the_same(studied):
    out, record = studied
    again = read_study(out)
    assert cells_csv(again.points) == cells_csv(record.points)
    for one, other in zip(again.points, record.points, strict=True):
        assert set(one.drawn) == set(other.drawn)
        for name, drawn in one.drawn.items():
            np.testing.assert_array_equal(drawn, other.drawn[name])
    assert again.provenance == record.provenance
    with (out / "cells.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(record.points)


def test_a_changed_study_is_refused(studied, tmp_path):
    shutil.copytree(studied[0], tmp_path / "copy")
    with (tmp_path / "copy" / "cells.csv").open("a") as file:
        file.write("random,1,0,0,1,1,1,1,1,1,1,1,1\n")
    with pytest.raises(UserError, match="missing or changed"):
        read_study(tmp_path / "copy")


def test_finished_cells_are_not_done_again(studied, made):
    out, record = studied
    before = {path: path.stat().st_mtime_ns for path in (out / "cells").rglob("*")}
    told, again = ran(made, plan("random", "value", seeds=(0, 1), resamples=150), out)
    assert {path: path.stat().st_mtime_ns for path in (out / "cells").rglob("*")} == before
    assert cells_csv(again.points) == cells_csv(record.points)
    assert [e for e in told if isinstance(e, Progress) and e.stage == "study"]


def test_one_cell_made_again_alone_is_the_same(studied, made):
    out, _ = studied
    lost = out / "cells" / "value_5_s1_f1"
    before = (lost / "predictions.npz").read_bytes()
    shutil.rmtree(lost)
    ran(made, plan("random", "value", seeds=(0, 1), resamples=150), out)
    assert (lost / "predictions.npz").read_bytes() == before


def test_the_seed_of_a_fit_is_the_same_for_every_strategy_and_budget(studied):
    out, _ = studied
    seeds = {
        (figures["seed"], figures["fold"], figures["settings"]["seed"])
        for folder in (out / "cells").iterdir()
        for figures in [read_cell(folder).figures]
    }
    assert seeds == {(s, f, fit_seed(seed=s, fold=f)) for s in (0, 1) for f in (0, 1)}


def test_a_study_that_is_stopped_goes_on_with_what_it_has(made, tmp_path):
    control = Control()
    what = plan("random", budgets="2")
    events = run_study(made[0], what, out=tmp_path / "out", features_folder=made[1], jobs=1, control=control)
    for event in events:
        if isinstance(event, Progress) and event.done == 2:
            control.cancel()
    assert isinstance(event, Stopped)
    kept = {path.name for path in (tmp_path / "out" / "cells").iterdir()}
    assert 0 < len(kept) < what.fits
    _, record = ran(made, what, tmp_path / "out")
    assert len(record.points) == what.fits


def test_provenance_names_no_patient_and_changes_with_the_contours(studied, made, tmp_path):
    elsewhere, _ = make_cohort(drawn_at_random=True)
    _, other = ran(made, plan("random", budgets="2"), tmp_path / "out", cohort=elsewhere)
    own = studied[1].provenance
    assert own["split"] == other.provenance["split"]
    assert own["snapshot"] != other.provenance["snapshot"]


def test_budgets_are_read_in_four_units_and_refused_in_words():
    assert [str(b) for b in parse_budgets("50%, 25%,100%")] == ["25%", "50%"]
    assert Budget.parse("12c") == Budget(12, Unit.CONTOURS)
    assert Budget.parse("30min").unit is Unit.MINUTES
    for wrong in ("", "-3", "0", "120%", "many"):
        with pytest.raises(UserError):
            Budget.parse(wrong)
    with pytest.raises(UserError, match="alike"):
        parse_budgets("4,25%")


def test_a_budget_of_minutes_is_spent_at_the_readers_pace(made, tmp_path):
    events = run_study(
        made[0],
        plan("random", budgets="3min"),
        out=tmp_path / "out",
        features_folder=made[1],
        jobs=1,
        control=Control(),
        pace=Pace(image_seconds=20, contour_seconds=40),
    )
    list(events)
    points = [p for p in read_study(tmp_path / "out").points if p.strategy == "random"]
    assert {(p.images, p.minutes) for p in points} == {(3, 3.0)}


def test_a_weak_recipe_and_an_unknown_strategy_are_refused():
    from core.recipe import Method

    with pytest.raises(UserError, match="learns nothing from contours"):
        StudyPlan(("random",), (), replace(RECIPE, method=Method.CLS_DET_RS))
    with pytest.raises(UserError, match="no ranking strategy"):
        plan("best-of-all")
