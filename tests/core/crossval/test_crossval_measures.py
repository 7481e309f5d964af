"""Figures of a cell against slow loops and scikit-learn; averages, intervals and tests against hand-worked numbers."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from core.crossval.cells import CellResult
from core.crossval.measures import CellMeasures, Key, Level, Truth, froc_key, measure_cell
from core.crossval.summary import averaged, bootstrap_p, compare_all, holm, summarise
from core.domain import Label
from core.evaluation import Task
from core.metrics import patient_weights
from tests.core.crossval.conftest import GRID, make_cohort

AUROC = Key(Task.MALIGNANT, Level.IMAGE, "auroc")


@pytest.fixture(scope="module")
def cell():
    """Twelve patients held out, with random probabilities and region scores that know a little."""
    cohort = make_cohort(12)
    rng = np.random.default_rng(5)
    truth = {image.image_id: Truth.of(image, grid_key=GRID) for image in cohort.images}
    probability, score = {}, {}
    for image in cohort.images:
        found = truth[image.image_id]
        rows = rng.random((len(found.malignant), 2)) * 0.1
        rows[:, 1] += 0.08 * found.malignant
        rows[:, 0] += 0.08 * found.benign
        malignant, benign = image.label.targets
        probability[image.image_id] = np.clip(
            rng.normal((0.3 + 0.2 * benign, 0.3 + 0.2 * malignant), 0.15), 0, 1
        )
        score[image.image_id] = rows.astype(np.float32)
    role = dict.fromkeys(probability, "test")
    figures = {"seed": 0, "fold": 2, "notices": []}
    return cohort, CellResult(figures, probability, role, score), truth


def measured(cell, resamples=0):
    cohort, result, truth = cell
    return measure_cell(result, cohort.by_id(), truth, resamples=resamples)


def slow_froc(cell, task, fppi):
    """Every threshold, image by image, in plain Python."""
    cohort, result, truth = cell
    rows = []
    for image in cohort.images:
        p_benign, p_malignant = result.probability[image.image_id]
        scores = result.score[image.image_id].astype(float)
        if task is Task.MALIGNANT:
            rows.append(
                (p_malignant, image.label.is_malignant, scores[:, 1], truth[image.image_id].malignant)
            )
        else:
            either = truth[image.image_id].malignant | truth[image.image_id].benign
            rows.append(
                (max(p_benign, p_malignant), image.label is not Label.NORMAL, scores.max(axis=1), either)
            )
    positives = sorted((p for p, is_positive, _, _ in rows if is_positive), reverse=True)
    threshold = positives[int(np.ceil(0.85 * len(positives))) - 1]
    called = [row for row in rows if row[0] >= threshold]
    best = 0.0
    for cut in sorted({float(s) for _, _, scores, _ in called for s in scores}):
        false = sum(
            1
            for _, is_positive, scores, hit in called
            for s, h in zip(scores, hit, strict=True)
            if s >= cut and not (h and is_positive)
        )
        true = sum(1 for _, is_positive, scores, hit in called if is_positive and any(scores[hit] >= cut))
        if false / len(called) <= fppi:
            best = max(best, true / sum(row[1] for row in called))
    return best


def test_auroc_is_scikit_learns_by_image_and_by_breast(cell):
    cohort, result, _ = cell
    values = measured(cell).values
    malignant = [image.label.is_malignant for image in cohort.images]
    p = [result.probability[image.image_id][1] for image in cohort.images]
    assert values[AUROC] == pytest.approx(roc_auc_score(malignant, p))
    abnormal = [image.label is not Label.NORMAL for image in cohort.images]
    highest = [result.probability[image.image_id].max() for image in cohort.images]
    key = Key(Task.ABNORMAL, Level.BREAST, "auroc")  # one view a breast here
    assert values[key] == pytest.approx(roc_auc_score(abnormal, highest))


@pytest.mark.parametrize("task", list(Task))
@pytest.mark.parametrize("fppi", [0.25, 1.0, 2.0])
def test_froc_of_either_task_is_that_of_a_plain_loop(cell, task, fppi):
    assert measured(cell).values[froc_key(task, fppi)] == pytest.approx(slow_froc(cell, task, fppi))


def test_an_image_whose_findings_are_not_all_drawn_is_left_out_of_that_tasks_froc(cell):
    from dataclasses import replace

    cohort, result, truth = cell
    both = next(image for image in cohort.images if image.label is Label.BOTH)
    images = cohort.by_id() | {both.image_id: replace(both, benign=())}
    counts = measure_cell(result, images, truth, resamples=0).froc_counts
    assert counts[Task.MALIGNANT].left_out == 0
    assert counts[Task.ABNORMAL].left_out == 1


def test_resamples_are_measured_on_the_patients_drawn_with_replacement(cell):
    cohort, result, _ = cell
    found = measured(cell, resamples=20)
    seed = int(np.random.default_rng([0, 2]).integers(2**31))
    owner = [image.patient for image in cohort.images]
    weights = patient_weights(owner, resamples=20, seed=seed).astype(int)
    malignant = np.array([image.label.is_malignant for image in cohort.images])
    p = np.array([result.probability[image.image_id][1] for image in cohort.images])
    slow = [roc_auc_score(np.repeat(malignant, w), np.repeat(p, w)) for w in weights]
    np.testing.assert_allclose(found.drawn[AUROC], slow)


def cells(values, *, drawn=None, patients=(5, 5), seeds=(0, 1)):
    """Cells of two folds a seed with given values, and (c, r) resampled ones."""
    made = []
    for index, value in enumerate(values):
        one = CellMeasures(seeds[index // 2], index % 2)
        one.values[AUROC] = value
        one.drawn[AUROC] = np.full(100, value, float) if drawn is None else np.asarray(drawn[index], float)
        one.patients[AUROC] = patients
        made.append(one)
    return made


def test_mean_and_deviation_are_over_runs_and_between_seeds():
    found = summarise(cells([0.6, 0.8, 0.7, 0.9]), AUROC, planned=4)
    assert found.mean == pytest.approx(0.75)
    assert found.sd == pytest.approx(np.sqrt((0.15**2 + 0.05**2 + 0.05**2 + 0.15**2) / 3))
    assert found.sd_seeds == pytest.approx(0.1 / np.sqrt(2))
    assert (found.cells, found.planned) == (4, 4)


def test_a_run_that_could_not_measure_is_counted_and_not_averaged():
    found = summarise(cells([0.6, None, 0.8, 0.7]), AUROC, planned=5)
    assert found.mean == pytest.approx(0.7)
    assert (found.cells, found.planned) == (3, 5)
    assert summarise(cells([None] * 4), AUROC, planned=4).mean is None


def test_a_fold_with_one_patient_of_a_class_leaves_no_interval():
    assert summarise(cells([0.6, 0.8]), AUROC, planned=2).low is not None
    found = summarise(cells([0.6, 0.8], patients=(1, 9)), AUROC, planned=2)
    assert (found.mean, found.low, found.high) == (pytest.approx(0.7), None, None)


def test_resamples_are_averaged_over_the_runs_that_could_measure():
    nan = np.nan
    np.testing.assert_array_equal(
        averaged([np.array([1.0, nan, nan]), np.array([3.0, 5.0, nan])]), [2.0, 5.0, nan]
    )


def test_holms_correction_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, None, 0.9]) == [1.0, None, 1.0]
    assert holm([]) == []


def test_p_is_twice_the_smaller_tail_and_never_zero():
    assert bootstrap_p(np.array([1.0] * 97 + [-1.0] * 2)) == pytest.approx(2 * 3 / 100)
    assert bootstrap_p(np.ones(99)) == pytest.approx(2 / 100)
    assert bootstrap_p(np.zeros(99)) == 1.0
    assert bootstrap_p(np.full(10, np.nan)) is None


def test_a_recipe_compared_with_itself_differs_by_nothing():
    same = cells([0.6, 0.8])
    (found,) = compare_all({"a": same, "b": same}, AUROC)
    assert (found.difference, found.low, found.high, found.p, found.p_holm) == (0, 0, 0, 1, 1)


def test_recipes_are_compared_on_the_runs_that_both_have_resample_by_resample():
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.1, (3, 200))
    before = cells([0.6, 0.8, 0.7], drawn=0.7 + noise)
    after = cells([0.7, 0.9, None], drawn=0.8 + noise + 0.001 * rng.random((3, 200)))
    (found,) = compare_all({"a": before, "b": after}, AUROC)
    assert found.difference == pytest.approx(0.1)
    assert found.cells == 2
    # The noise is shared, so it is gone from the difference.
    assert 0.09 < found.low < found.high < 0.11
    assert found.p == pytest.approx(2 / 201)


def test_all_pairs_are_more_than_those_with_a_reference_and_are_corrected_for_more():
    arms = {name: cells([0.5 + d, 0.6 + d]) for name, d in (("a", 0.0), ("b", 0.1), ("c", 0.2))}
    pairs = compare_all(arms, AUROC)
    assert [(one.before, one.after) for one in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    against = compare_all(arms, AUROC, reference="b")
    assert [(one.before, one.after) for one in against] == [("b", "a"), ("b", "c")]
    assert [one.p_holm for one in pairs] == pytest.approx([6 / 101] * 3)
    assert [one.p_holm for one in against] == pytest.approx([4 / 101] * 2)
