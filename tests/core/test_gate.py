"""The promotion gate: its interval against a slow loop, what it needs, and how often it lets a worse model through."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from core.domain import Label
from core.evaluation import Case
from core.gate import AUROC, FROC, GateResult, GateSettings, Verdict, figures, judge

QUICK = GateSettings(resamples=300)


def case(number, *, malignant, p, patient=None, scores=(0.5,), hit=None):
    return Case(
        image_id=number,
        patient=number if patient is None else patient,
        breast=number,
        label=Label.MALIGNANT if malignant else Label.NORMAL,
        probability=np.array([0.1, p]),
        score=np.array(scores, np.float32),
        is_hit=None if hit is None else np.array(hit),
    )


def models(p_before, p_after, malignant, patient):
    """Cases of two models on the same images."""
    return tuple(
        [
            case(n, malignant=bool(m), p=float(p), patient=int(who))
            for n, (m, p, who) in enumerate(zip(malignant, said, patient, strict=True))
        ]
        for said in (p_before, p_after)
    )


def plain_bound(p_before, p_after, malignant, patient, *, settings):
    """The lower and upper bound by a loop over resamples, patients and images, with scikit-learn's AUROC."""
    people = list(dict.fromkeys(patient))
    draws = np.random.default_rng(settings.seed).multinomial(
        len(people), np.full(len(people), 1 / len(people)), size=settings.resamples
    )
    found = []
    for draw in draws:
        rows = [
            n
            for who, times in zip(people, draw, strict=True)
            for _ in range(times)
            for n in np.flatnonzero(patient == who)
        ]
        y = malignant[rows]
        if 0 < y.sum() < len(y):
            found.append(roc_auc_score(y, p_after[rows]) - roc_auc_score(y, p_before[rows]))
    return np.quantile(found, [1 - settings.level, settings.level])


def cohort(patients, *, seed, loss=0.0, correlation=0.8):
    """Binormal scores of two models on two images of each patient: AUROC .85, and .85 - loss for the second."""
    random = np.random.default_rng(seed)
    malignant = np.repeat(np.arange(patients) % 2 == 0, 2)
    patient = np.repeat(np.arange(patients), 2)
    shared, first, second = random.standard_normal((3, 2 * patients))
    scores = []
    for own, auroc in ((first, 0.85), (second, 0.85 - loss)):
        noise = math.sqrt(correlation) * shared + math.sqrt(1 - correlation) * own
        scores.append(norm.cdf(noise + malignant * norm.ppf(auroc) * math.sqrt(2)))
    return scores[0], scores[1], malignant, patient


def test_the_interval_of_the_difference_is_that_of_a_plain_loop():
    data = cohort(24, seed=3)
    [measure] = judge(*models(*data), QUICK).measures
    bound = plain_bound(*data, settings=QUICK)
    interval = measure.difference.interval
    assert [interval.low, interval.high] == pytest.approx(bound, abs=1e-12)
    expected = [roc_auc_score(data[2], p) for p in data[:2]]
    assert [measure.before.value, measure.after.value] == pytest.approx(expected)
    assert measure.difference.value == pytest.approx(expected[1] - expected[0])


def test_a_model_as_good_on_patients_enough_is_not_worse_and_a_much_worse_one_is_not_shown():
    same = cohort(300, seed=1, correlation=0.95)
    assert judge(*models(*same), QUICK).verdict is Verdict.NOT_WORSE
    worse = cohort(300, seed=1, loss=0.15)
    found = judge(*models(*worse), QUICK)
    assert found.verdict is Verdict.NOT_SHOWN
    assert "not shown to be less than 0.05 worse." in str(found)


def test_a_model_that_is_worse_by_the_margin_is_let_through_about_one_time_in_twenty():
    runs = 300
    passed = sum(
        judge(*models(*cohort(140, seed=seed, loss=0.05)), QUICK).verdict is Verdict.NOT_WORSE
        for seed in range(runs)
    )
    assert passed / runs < 0.085  # 0.05, and two and a half standard errors of a share of 300
    assert passed > 0


def test_with_few_patients_even_two_equal_models_prove_nothing():
    data = cohort(40, seed=0)
    found = judge(*models(data[0], data[0], *data[2:]), QUICK)
    assert found.measures[0].difference.interval.low == 0
    assert found.verdict is Verdict.NOT_SHOWN
    assert "that takes 59 such patients and 59 with other images" in str(found)


@pytest.mark.parametrize(("margin", "level", "least"), [(0.05, 0.95, 59), (0.1, 0.95, 29), (0.05, 0.5, 14)])
def test_the_patients_needed_leave_a_worse_model_one_minus_level_to_hide(margin, level, least):
    settings = GateSettings(margin=margin, level=level)
    assert settings.least_patients == least
    assert (1 - margin) ** least <= 1 - level < (1 - margin) ** (least - 1)


def test_one_class_or_no_image_cannot_be_measured():
    for cases in ([], [case(1, malignant=True, p=0.5)], [case(1, malignant=False, p=0.5)]):
        found = judge(cases, cases, QUICK)
        assert (found.verdict, found.measures) == (Verdict.NOT_MEASURED, ())
        assert "cannot be measured" in str(found)


def located(count, *, finds):
    """Images of as many patients: half malignant, whose true region is the first; `finds` ranks it first."""
    cases = []
    for n in range(2 * count):
        malignant = n % 2 == 0
        scores = (0.6, 0.3, 0.2) if finds else (0.2, 0.6, 0.5)
        hit = [True, False, False] if malignant else None
        cases.append(case(n, malignant=malignant, p=0.9 if malignant else 0.1, scores=scores, hit=hit))
    return cases


def test_a_model_that_classifies_as_well_but_no_longer_finds_the_lesions_is_not_shown():
    found = judge(located(70, finds=True), located(70, finds=False), QUICK)
    auroc, froc = found.measures
    assert (auroc.name, auroc.difference.value) == (AUROC, 0.0)
    assert (froc.name, froc.before.value, froc.after.value) == (FROC, 1.0, 0.0)
    assert found.verdict is Verdict.NOT_SHOWN
    assert judge(located(70, finds=False), located(70, finds=True), QUICK).verdict is Verdict.NOT_WORSE


def test_contours_on_few_test_patients_are_told_but_decide_nothing():
    def partly(finds):
        with_contours = located(70, finds=finds)
        return [
            c
            if c.image_id < 6
            else case(c.image_id, malignant=c.label.is_malignant, p=c.task_score("M vs. BN"))
            for c in with_contours
        ]

    found = judge(partly(True), partly(False), QUICK)
    assert [m.malignant_patients for m in found.measures] == [70, 3]
    assert found.verdict is Verdict.NOT_WORSE
    assert "too few" in str(found)


def test_models_are_compared_on_the_same_images_only():
    with pytest.raises(ValueError, match="same images"):
        judge([case(1, malignant=True, p=0.5)], [case(2, malignant=True, p=0.5)], QUICK)


def test_what_the_gate_found_comes_back_from_json():
    for data in (located(70, finds=True), [case(1, malignant=True, p=0.5)]):
        found = judge(data, data, QUICK)
        again = GateResult.from_json(found.to_json())
        assert str(again) == str(found)
        assert again.to_json() == found.to_json()


def test_figures_hold_what_can_be_measured_with_intervals():
    found = figures(located(10, finds=True), resamples=100)
    assert set(found) == {AUROC, FROC}
    assert found[AUROC].value == 1.0
    assert found[FROC].interval is not None
    assert figures([case(1, malignant=True, p=0.5)], resamples=100) == {}


@pytest.mark.parametrize(
    "values", [{"margin": 0}, {"margin": 0.6}, {"level": 1.0}, {"level": 0.2}, {"resamples": 0}]
)
def test_a_gate_that_makes_no_sense_is_refused(values):
    with pytest.raises(ValueError, match="no gate"):
        GateSettings(**values)
