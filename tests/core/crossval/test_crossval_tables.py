"""Table III, calibration, errors by kind of image, and the nested choice."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC

from core.crossval.breakdown import breakdown, groups_of, worst
from core.crossval.calibrated import calibration
from core.crossval.cells import CellResult
from core.crossval.folds import deal_folds
from core.crossval.measures import CellMeasures, Truth
from core.crossval.nested import CRITERION, choose, inner_folds, outer_cells
from core.crossval.plane import confusion
from core.domain import Label
from tests.core.crossval.conftest import GRID, make_cohort


def result_of(cohort, *, fold=0, seed=0, train=0.5, noise=0.2):
    """Probabilities around the truth; the first share of the images trains, the rest are held out."""
    rng = np.random.default_rng([seed, fold])
    probability, score = {}, {}
    for image in cohort.images:
        malignant, benign = image.label.targets
        probability[image.image_id] = np.clip(
            rng.normal((0.2 + 0.6 * benign, 0.2 + 0.6 * malignant), noise), 0, 1
        )
        score[image.image_id] = rng.random((6, 2)).astype(np.float32)
    cut = int(train * len(cohort.images))
    role = {i: "train" if n < cut else "test" for n, i in enumerate(probability)}
    return CellResult({"seed": seed, "fold": fold, "notices": []}, probability, role, score)


def test_the_confusion_matrix_is_scikit_learns_on_the_plane():
    cohort = make_cohort(24)
    result = result_of(cohort)
    images = cohort.by_id()
    names = {Label.NORMAL: 0, Label.BENIGN: 1, Label.MALIGNANT: 2, Label.BOTH: 2}
    (train, train_class), (test, test_class) = (
        (
            [result.probability[i][::-1] for i in result.images(role)],
            [names[images[i].label] for i in result.images(role)],
        )
        for role in ("train", "test")
    )
    model = OneVsRestClassifier(SVC(kernel="rbf", class_weight="balanced")).fit(train, train_class)
    expected = confusion_matrix(test_class, model.predict(test), labels=[0, 1, 2])
    value = confusion([result], images).to_json()
    assert value["counts"] == expected.tolist()
    assert value["accuracy"] == pytest.approx(np.trace(expected) / expected.sum())
    assert value["classes"] == ["N", "B", "M"]


def test_counts_add_up_over_folds_and_are_averaged_over_seeds():
    cohort = make_cohort(24)
    results = [result_of(cohort, fold=fold, seed=seed) for seed in (0, 1) for fold in (0, 1)]
    value = confusion(results, cohort.by_id()).to_json()
    assert np.sum(value["by_seed"]["0"]) == np.sum(value["by_seed"]["1"]) == np.sum(value["counts"]) == 48


def test_a_fold_whose_training_images_lack_a_class_is_counted_and_skipped():
    cohort = make_cohort(24)
    images = cohort.by_id()
    result = result_of(cohort)
    role = {i: "train" if images[i].label is Label.NORMAL else "test" for i in result.role}
    found = confusion([CellResult(result.figures, result.probability, role, result.score)], images)
    assert (found.cells, found.skipped) == (0, 1)
    assert found.to_json()["accuracy"] is None


def test_brier_and_calibration_error_by_hand():
    cohort = make_cohort(2)  # labels N, M, B, MB
    ids = [image.image_id for image in cohort.images]
    p = dict(zip(ids, np.array([[0.0, 0.25], [0.0, 0.75], [1.0, 0.25], [1.0, 0.75]]), strict=True))
    result = CellResult({"seed": 0, "fold": 0}, p, dict.fromkeys(ids, "test"), {})
    malignant, benign = calibration([result], cohort.by_id())
    assert (malignant["class"], malignant["brier"]) == ("M", pytest.approx(0.0625))
    assert malignant["brier_of_prevalence"] == pytest.approx(0.25)
    assert malignant["ece"] == pytest.approx(0.25)
    assert [b["images"] for b in malignant["bins"]] == [2, 2]
    assert (benign["class"], benign["brier"], benign["ece"]) == ("B", 0, 0)


def test_groups_are_by_type_and_by_thirds_of_size_and_say_why_there_are_none():
    groups, notes = groups_of(make_cohort(16))
    assert {group.by for group in groups} == {"finding type", "size"}
    sizes = [len(group.members) for group in groups if group.by == "size"]
    assert sum(sizes) == 16
    assert max(sizes) - min(sizes) <= 1
    assert any("density" in note for note in notes)


def test_sensitivity_of_a_group_counts_its_images_called_at_the_folds_operating_point():
    cohort = make_cohort(8)
    images = cohort.by_id()
    malignant = [i.image_id for i in cohort.images if i.label.is_malignant]
    others = [i.image_id for i in cohort.images if not i.label.is_malignant]
    chance = dict(zip(malignant, np.linspace(0.9, 0.2, len(malignant)), strict=True))
    chance |= dict.fromkeys(others, 0.5)
    truth = {i: Truth.of(images[i], grid_key=GRID) for i in images}
    score = {i: np.column_stack([np.zeros(6), truth[i].malignant]).astype(np.float32) for i in images}
    result = CellResult(
        {"seed": 0, "fold": 0},
        {i: np.array([0.1, p]) for i, p in chance.items()},
        dict.fromkeys(chance, "test"),
        score,
    )
    groups, _ = groups_of(cohort)
    rows = {(row.by, row.group): row for row in breakdown([result], images, truth, groups=groups)}
    # Of 8 malignant images, 0.85 x 8 = 6.8: the seven most suspicious are called.
    called = set(malignant[:7])
    for group in groups:
        row = rows[group.by, group.name]
        assert row.sensitivity == pytest.approx(len(called & group.members) / len(group.members))
        assert row.first_region == 1.0


def test_the_worst_images_are_told_by_number_alone():
    cohort = make_cohort(16)
    results = [result_of(cohort, train=0.0)]
    found = worst(results, cohort.by_id())
    p = results[0].probability
    others = [i.image_id for i in cohort.images if not i.label.is_malignant]
    malignant = [i.image_id for i in cohort.images if i.label.is_malignant]
    assert found["false_positives"][0]["image_id"] == max(others, key=lambda i: p[i][1])
    assert found["misses"][0]["image_id"] == min(malignant, key=lambda i: p[i][1])
    assert set(found["misses"][0]) == {"image_id", "label", "fold", "place_in_fold", "p_malignant"}


def inner(froc, paucr):
    cell = CellMeasures(0, 0)
    cell.values.update(dict(zip(CRITERION, (froc, paucr), strict=True)))
    return cell


def test_the_choice_is_the_best_mean_of_froc_and_paucr():
    names = {"a": [inner(0.5, 0.5), inner(0.7, 0.3)], "b": [inner(0.9, 0.2), inner(0.9, 0.2)]}
    choice = choose(names, seed=3, fold=1, planned=2)
    assert choice.criteria == {"a": pytest.approx(0.5), "b": pytest.approx(0.55)}
    assert choice.chosen == "b"


def test_a_recipe_with_a_lost_inner_run_is_not_chosen_and_without_contours_paucr_decides():
    names = {"a": [inner(0.9, 0.9)], "b": [inner(None, 0.2), inner(None, 0.4)]}
    choice = choose(names, seed=0, fold=0, planned=2)
    assert (choice.chosen, choice.criteria["a"]) == ("b", None)
    assert choice.criteria["b"] == pytest.approx(0.3)


def test_the_outer_figure_is_that_of_the_recipe_chosen_in_each_fold():
    outer = {name: [CellMeasures(0, 0), CellMeasures(0, 1)] for name in "ab"}
    choices = [
        choose({"a": [inner(1, 1)], "b": [inner(0, 0)]}, seed=0, fold=0, planned=1),
        choose({"a": [inner(0, 0)], "b": [inner(1, 1)]}, seed=0, fold=1, planned=1),
    ]
    assert outer_cells(choices, outer) == [outer["a"][0], outer["b"][1]]


def test_inner_folds_hold_no_held_out_patient_of_their_outer_fold():
    cohort = make_cohort(30)
    for outer in deal_folds(cohort, count=3, seed=0):
        there = {*outer.train, *outer.validation}
        for fold in inner_folds(cohort, outer, count=2, seed=0):
            assert {*fold.train, *fold.validation, *fold.test} == there
