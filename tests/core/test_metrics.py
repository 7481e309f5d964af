"""Measures against scikit-learn, against slow loops, and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as sklearn_roc_curve

from core import metrics
from core.metrics import FrocImage


@st.composite
def scored(draw):
    """Scores with many ties and both classes."""
    n = draw(st.integers(2, 40))
    score = np.array(draw(st.lists(st.integers(0, 12), min_size=n, max_size=n))) / 12
    positive = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    positive[:2] = [True, False]
    return score, positive


def lowest_positives_oracle(score, positive, *, low=0.8):
    """Mann-Whitney over the lowest-scored share (1 - low) of the positives, parts of one included.

    Positives that tie share their place, and a tie with a negative counts one half along the slanted
    segment: each positive of a tie group takes the group's segment in equal slices.
    """
    negatives = score[~positive]
    total, wanted = 0.0, (1 - low) * positive.sum()
    left = wanted
    for value in np.unique(score[positive]):
        group = (score[positive] == value).sum()
        below, equal = (negatives < value).sum(), (negatives == value).sum()
        taken = min(float(group), left)
        # specificity falls linearly from (below + equal) to below over the group, seen from its low end
        total += taken * (below + equal * taken / group / 2) / len(negatives)
        left -= taken
        if left <= 0:
            break
    return total / wanted


def naive_specificity(score, positive, at):
    false, true, _ = sklearn_roc_curve(positive, score, drop_intermediate=False)
    for i in range(1, len(true)):
        if true[i] >= at - 1e-9:
            share = (at - true[i - 1]) / (true[i] - true[i - 1])
            return 1 - (false[i - 1] + share * (false[i] - false[i - 1]))
    raise AssertionError


@settings(deadline=None)
@given(scored())
def test_auroc_equals_scikit_learn_whatever_the_ties(case):
    assert metrics.auroc(*case) == pytest.approx(roc_auc_score(case[1], case[0]), abs=1e-12)


@settings(deadline=None)
@given(scored())
def test_paucr_equals_the_partial_area_of_scikit_learn_with_the_classes_exchanged(case):
    score, positive = case
    # sklearn standardises: s = (1 + (area - lowest) / (highest - lowest)) / 2 (McClish)
    standard = roc_auc_score(~positive, -score, max_fpr=0.2)
    lowest, highest = 0.2**2 / 2, 0.2
    area = (2 * standard - 1) * (highest - lowest) + lowest
    assert metrics.paucr(score, positive) == pytest.approx(area / 0.2, abs=1e-9)


@settings(deadline=None)
@given(scored())
def test_paucr_is_mann_whitney_over_the_lowest_scored_fifth_of_the_positives(case):
    assert metrics.paucr(*case) == pytest.approx(lowest_positives_oracle(*case), abs=1e-12)


@settings(deadline=None)
@given(scored(), st.sampled_from([0.5, 0.85, 0.9, 1.0]))
def test_specificity_is_where_the_curve_first_reaches_the_sensitivity(case, at):
    assert metrics.specificity_at(*case, sensitivity=at) == pytest.approx(naive_specificity(*case, at))


@settings(deadline=None)
@given(scored())
def test_the_curve_has_the_points_of_scikit_learn(case):
    curve = metrics.roc_curve(*case)
    false, true, threshold = sklearn_roc_curve(case[1], case[0], drop_intermediate=False)
    np.testing.assert_allclose(curve.sensitivity, true)
    np.testing.assert_allclose(1 - curve.specificity, false, atol=1e-15)
    np.testing.assert_allclose(curve.threshold, threshold)


def test_a_perfect_and_a_useless_score_have_the_areas_that_one_expects():
    positive = np.array([False, False, True, True])
    assert metrics.auroc([0, 0.1, 0.2, 0.3], positive) == metrics.paucr([0, 0.1, 0.2, 0.3], positive) == 1
    assert metrics.auroc([1, 1, 1, 1], positive) == 0.5
    assert metrics.paucr([1, 1, 1, 1], positive) == pytest.approx(0.1)  # mean of 1 - s over [0.8, 1]
    assert metrics.specificity_at([1, 1, 1, 1], positive, sensitivity=0.85) == pytest.approx(0.15)


@pytest.mark.parametrize("positive", [[True, True], [False, False], []])
def test_one_class_alone_gives_none_and_never_a_number(positive):
    score = [0.2, 0.3][: len(positive)]
    assert metrics.roc_curve(score, positive) is None
    assert metrics.auroc(score, positive) is None
    assert metrics.paucr(score, positive) is None
    assert metrics.specificity_at(score, positive, sensitivity=0.85) is None
    drawn = metrics.roc_resamples(score, positive, list(range(len(score))), resamples=20)
    assert {metrics.interval_of(values) for values in drawn.values()} == {None}


def test_a_score_that_is_not_a_number_is_refused():
    with pytest.raises(ValueError, match="finite"):
        metrics.auroc([0.1, np.nan], [True, False])


def test_the_operating_threshold_calls_at_least_the_share_asked_for():
    score = np.arange(20) / 20
    assert metrics.operating_threshold(score, np.ones(20, bool), sensitivity=0.85) == score[3]
    assert metrics.operating_threshold(score, np.ones(20, bool), sensitivity=0.86) == score[2]
    assert metrics.operating_threshold([0.3], [False]) is None


def test_a_breast_has_the_highest_score_of_its_views_and_is_positive_when_one_of_them_is():
    score, positive, keys = metrics.breast_maximum([0.1, 0.9, 0.4], [False, False, True], ["a", "b", "a"])
    assert keys == ["a", "b"]
    assert score.tolist() == [0.4, 0.9]
    assert positive.tolist() == [True, False]


def random_images(seed, n=12, m=6):
    rng = np.random.default_rng(seed)
    images = []
    for index in range(n):
        is_positive = bool(index % 3 == 0)
        score = rng.integers(0, 8, m) / 10
        hit = (rng.random(m) < 0.4) & is_positive
        images.append(FrocImage(float(rng.integers(0, 10) / 10 + 0.3 * is_positive), is_positive, score, hit))
    return images


def naive_froc(images, weights, at):
    """Points (fppi, sensitivity) at every threshold, with plain loops over images repeated `weights` times."""
    drawn = [image for image, count in zip(images, weights, strict=True) for _ in range(int(count))]
    positives = sorted((i.probability for i in drawn if i.is_positive), reverse=True)
    if not positives:
        return None
    threshold = next(p for k, p in enumerate(positives, 1) if k >= at * len(positives) - 1e-9)
    called = [i for i in drawn if i.probability >= threshold]
    true = [i for i in called if i.is_positive]
    points = [(0.0, 0.0)]
    for t in sorted({float(s) for i in images for s in i.score if s > 0}, reverse=True):
        false_regions = sum(((i.score >= t) & ~i.is_hit).sum() for i in called)
        found = sum(bool(((i.score >= t) & i.is_hit).any()) for i in true)
        points.append((false_regions / len(called), found / len(true)))
    return points


def naive_level(points, level):
    return max(s for f, s in points if f <= level + 1e-9)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.5, 0.85, 1.0]))
def test_froc_equals_a_loop_over_thresholds(seed, at):
    images = random_images(seed)
    curve = metrics.froc(images, sensitivity=at)
    points = naive_froc(images, np.ones(len(images)), at)
    assert {(round(f, 9), round(s, 9)) for f, s in zip(curve.fppi, curve.sensitivity, strict=True)} <= {
        (round(f, 9), round(s, 9)) for f, s in points
    }
    for level in metrics.FPPI_LEVELS:
        assert curve.sensitivity_at(level) == pytest.approx(naive_level(points, level))


def test_froc_by_hand():
    nothing, one = np.zeros(2, bool), np.array([True, False])
    images = [
        FrocImage(0.9, True, np.array([0.5, 0.6]), one),  # found at 0.5, one false region at 0.6
        FrocImage(0.8, True, np.array([0.3, 0.0]), one),  # found at 0.3
        FrocImage(0.7, False, np.array([0.4, 0.2]), nothing),  # not called: below every positive
        FrocImage(0.85, False, np.array([0.45, 0.1]), nothing),  # called
    ]
    curve = metrics.froc(images)
    assert (curve.called, curve.true_positive, curve.operating_threshold) == (3, 2, 0.8)
    assert curve.threshold.tolist() == [np.inf, 0.6, 0.5, 0.45, 0.4, 0.3, 0.2, 0.1]
    np.testing.assert_allclose(curve.fppi * 3, [0, 1, 1, 2, 2, 2, 2, 3])
    np.testing.assert_allclose(curve.sensitivity * 2, [0, 0, 1, 1, 1, 2, 2, 2])
    assert curve.sensitivity_at(0.25) == 0
    assert curve.sensitivity_at(0.5) == 0.5
    assert curve.sensitivity_at(1) == 1


def test_froc_without_a_positive_image_is_none():
    image = FrocImage(0.5, False, np.array([0.1]), np.array([False]))
    assert metrics.froc([image]) is None
    assert metrics.froc([]) is None
    drawn = metrics.froc_resamples([image], ["a"], resamples=10)
    assert {metrics.interval_of(values) for values in drawn.values()} == {None}


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 1000))
def test_bootstrap_intervals_equal_a_loop_over_the_same_resamples(seed):
    rng = np.random.default_rng(seed)
    patient = list(rng.integers(0, 9, 24))
    score, positive = rng.integers(0, 9, 24) / 9, rng.random(24) < 0.4
    weights = metrics.patient_weights(patient, resamples=80, seed=seed)
    values = []
    for row in weights.astype(int):
        s, y = np.repeat(score, row), np.repeat(positive, row)
        if y.any() and not y.all():
            values.append([roc_auc_score(y, s), lowest_positives_oracle(s, y), naive_specificity(s, y, 0.85)])
    drawn = metrics.roc_resamples(score, positive, patient, resamples=80, seed=seed)
    got = {name: metrics.interval_of(values) for name, values in drawn.items()}
    patients_of = [
        {p for p, is_one in zip(patient, positive, strict=True) if is_one == c} for c in (True, False)
    ]
    if len(values) < 40 or min(map(len, patients_of)) < 2:
        assert got["auroc"] is None
        return
    for name, column in (("auroc", 0), ("paucr", 1), ("specificity@0.85", 2)):
        low, high = np.percentile(np.array(values)[:, column], [2.5, 97.5])
        assert (got[name].low, got[name].high) == pytest.approx((low, high), abs=1e-9)
        assert got[name].resamples == len(values)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 1000))
def test_froc_intervals_equal_a_loop_over_the_same_resamples(seed):
    images = random_images(seed)
    patient = [index // 2 for index in range(len(images))]
    weights = metrics.patient_weights(patient, resamples=70, seed=seed)
    points = [naive_froc(images, row, 0.85) for row in weights]
    drawn = metrics.froc_resamples(images, patient, resamples=70, seed=seed)
    got = {level: metrics.interval_of(values) for level, values in drawn.items()}
    for level in metrics.FPPI_LEVELS:
        values = [naive_level(p, level) for p in points if p]
        low, high = np.percentile(values, [2.5, 97.5])
        assert (got[level].low, got[level].high) == pytest.approx((low, high), abs=1e-9)


def test_froc_intervals_equal_the_loop_with_many_regions_and_many_ties():
    images = random_images(5, n=30, m=90)
    patient = [index // 3 for index in range(len(images))]
    weights = metrics.patient_weights(patient, resamples=12, seed=5)
    drawn = metrics.froc_resamples(images, patient, resamples=12, seed=5, levels=[0, 2, 7.5, 20, 1000])
    for level, values in drawn.items():
        expected = [
            naive_level(points, level) if points else np.nan for points in naive_points(images, weights)
        ]
        assert values.tolist() == pytest.approx(expected, abs=1e-12, nan_ok=True)


def naive_points(images, weights):
    return [naive_froc(images, row, 0.85) for row in weights]


def test_there_is_no_interval_where_one_patient_alone_carries_a_class():
    score, patient = np.arange(12) / 12, [index // 3 for index in range(12)]
    for alone in (np.arange(12) < 3, np.arange(12) >= 3):
        assert metrics.auroc(score, alone) is not None
        drawn = metrics.roc_resamples(score, alone, patient, resamples=50)
        assert {metrics.interval_of(values) for values in drawn.values()} == {None}
    images = [FrocImage(0.5, i < 3, np.array([0.5]), np.array([i < 3])) for i in range(12)]
    drawn = metrics.froc_resamples(images, patient, resamples=50)
    assert {metrics.interval_of(values) for values in drawn.values()} == {None}
    two = np.isin(np.arange(12), (0, 5))
    drawn = metrics.roc_resamples(score, two, patient, resamples=200)
    assert None not in {metrics.interval_of(values) for values in drawn.values()}


def test_resamples_draw_whole_patients_and_as_many_as_there_are():
    patient = ["a", "a", "b", "c", "c", "c"]
    weights = metrics.patient_weights(patient, resamples=200, seed=3)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 3] == weights[:, 5]).all()
    assert (weights[:, [0, 2, 3]].sum(axis=1) == 3).all()
    assert len(np.unique(weights[:, 0])) > 1


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    rng = np.random.default_rng(0)
    score, positive, patient = rng.random(60), rng.random(60) < 0.5, list(range(60))
    first, same, other = (
        metrics.interval_of(metrics.roc_resamples(score, positive, patient, resamples=100, seed=s)["auroc"])
        for s in (1, 1, 2)
    )
    assert first == same != other
    assert first.low < metrics.auroc(score, positive) < first.high
