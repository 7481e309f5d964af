"""The report: tasks, levels, FROC, notes, and what of it reaches a terminal and a file."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from core.domain import Label
from core.evaluation import Case, Task, aligned, compare, evaluate, text_table


def make_cases(n=40, seed=0, *, with_contours=True):
    """Images of n / 4 patients, two views of each of two breasts, with a model that is right more often than not."""
    rng = np.random.default_rng(seed)
    labels = [Label.NORMAL, Label.BENIGN, Label.MALIGNANT, Label.BOTH]
    cases = []
    for index in range(n):
        label = labels[int(rng.integers(4))]
        malignant, benign = label.targets
        probability = np.clip(rng.normal((0.3 + 0.3 * benign, 0.3 + 0.3 * malignant), 0.2), 0, 1)
        hit = (np.arange(8) == 3) & bool(malignant)
        score = rng.random(8).astype(np.float32) * 0.1 + 0.05 * hit
        patient = index // 4
        cases.append(
            Case(
                image_id=index,
                patient=patient,
                breast=(patient, index % 2),
                label=label,
                probability=probability,
                score=score.astype(np.float32),
                is_hit=hit if with_contours or not malignant else None,
            )
        )
    return cases


def test_each_task_scores_as_the_paper_says():
    cases = make_cases()
    report = evaluate(cases)
    malignant = [c.label.is_malignant for c in cases]
    abnormal = [c.label is not Label.NORMAL for c in cases]
    assert report.result(Task.MALIGNANT).auroc.value == pytest.approx(
        roc_auc_score(malignant, [c.probability[1] for c in cases])
    )
    assert report.result(Task.ABNORMAL).auroc.value == pytest.approx(
        roc_auc_score(abnormal, [max(c.probability) for c in cases])
    )


def test_by_breast_each_breast_counts_once_with_its_most_suspicious_view():
    cases = make_cases()
    result = evaluate(cases).result(Task.MALIGNANT, level="breast")
    breasts = sorted({c.breast for c in cases})
    views = [[c for c in cases if c.breast == b] for b in breasts]
    expected = roc_auc_score(
        [any(c.label.is_malignant for c in v) for v in views],
        [max(c.probability[1] for c in v) for v in views],
    )
    assert result.total == len(breasts) == 20
    assert result.auroc.value == pytest.approx(expected)


def test_intervals_are_there_when_asked_for_and_hold_the_measure_between_their_ends():
    assert evaluate(make_cases()).result(Task.MALIGNANT).auroc.interval is None
    report = evaluate(make_cases(80), resamples=100)
    for result in report.results:
        for measure in result.measures.values():
            assert measure.interval.low <= measure.interval.high
        assert result.auroc.interval.low < result.auroc.value < result.auroc.interval.high
    assert report.froc.sensitivity[1.0].interval.resamples > 50


def test_malignant_images_without_known_contours_are_left_out_of_froc_and_counted():
    cases = make_cases()
    hidden = next(i for i, c in enumerate(cases) if c.label.is_malignant)
    cases[hidden] = make_cases(with_contours=False)[hidden]
    report = evaluate(cases)
    assert report.froc.without_contours == 1
    assert report.froc.true_positive < sum(c.label.is_malignant for c in cases)
    assert "leaves out 1 malignant" in text_table(report)


def test_without_any_contour_there_is_no_froc_and_the_table_says_why():
    report = evaluate(make_cases(with_contours=False))
    assert report.froc is None
    assert report.result(Task.MALIGNANT).auroc.value is not None
    assert "at least one malignant image with true contours" in text_table(report)


def test_one_class_only_is_a_dash_in_the_table_and_null_in_json():
    cases = [c for c in make_cases() if c.label is Label.NORMAL]
    report = evaluate(cases, resamples=20)
    assert report.result(Task.MALIGNANT).auroc.value is None
    assert "nan" not in text_table(report).lower().split()
    text = json.dumps(report.to_json(), allow_nan=False)
    assert json.loads(text)["tasks"][0]["auroc"] == {"value": None, "low": None, "high": None}


def test_no_image_at_all_is_a_report_of_nothing():
    report = evaluate([])
    assert (report.images, report.froc) == (0, None)
    assert report.results[0].auroc.value is None
    assert "0 images" in text_table(report)


def test_json_holds_every_number_of_the_table():
    report = evaluate(make_cases(), resamples=20)
    value = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert value["images"] == 40
    assert [(t["task"], t["level"]) for t in value["tasks"]] == [
        ("M vs. BN", "image"),
        ("MB vs. N", "image"),
        ("M vs. BN", "breast"),
        ("MB vs. N", "breast"),
    ]
    assert set(value["froc"]["sensitivity_at_fppi"]) == {"0.25", "0.5", "1", "2", "4"}
    assert value["tasks"][0]["paucr"]["low"] is not None


def test_the_columns_of_a_table_stand_under_one_another():
    assert aligned([["a", "long name"], ["wider", "1"]]) == [
        "a      long name",
        "-----  ---------",
        "wider  1",
    ]


def with_better_scores(cases, by):
    """The same images under a model that knows the labels a little."""
    return [
        replace(c, probability=np.clip(np.add(c.probability, [0, by * c.label.is_malignant]), 0, 1))
        for c in cases
    ]


def test_a_comparison_holds_both_models_and_their_difference_with_its_own_interval():
    before = make_cases()
    after = with_better_scores(before, 0.4)
    found = {c.name: c for c in compare(before, after, resamples=200)}
    assert list(found) == ["AUROC", "pAUCR", "spec@.85", "spec@.90", "FROC sensitivity at 1 FPPI"]
    auroc = found["AUROC"]
    assert auroc.before == evaluate(before, resamples=200).result(Task.MALIGNANT).auroc
    assert auroc.difference.value == pytest.approx(auroc.after.value - auroc.before.value)
    assert 0 < auroc.difference.interval.low < auroc.difference.value < auroc.difference.interval.high
    json.dumps(auroc.to_json(), allow_nan=False)


def test_a_model_compared_with_itself_differs_by_nothing_in_every_resample():
    cases = make_cases()
    for comparison in compare(cases, cases, resamples=50):
        assert comparison.difference.value == 0
        assert (comparison.difference.interval.low, comparison.difference.interval.high) == (0, 0)


def test_models_are_compared_on_the_same_images_only():
    cases = make_cases()
    with pytest.raises(ValueError, match="same images"):
        compare(cases, cases[1:])


def test_a_measure_that_one_model_lacks_has_no_difference():
    cases = [c for c in make_cases() if not c.label.is_malignant]
    assert {c.difference.value for c in compare(cases, cases, resamples=10)} == {None}


def test_an_interval_from_one_patient_of_a_class_is_a_dash_and_not_a_point():
    cases = [c for c in make_cases() if not c.label.is_malignant]
    one = replace(make_cases()[0], label=Label.MALIGNANT, patient="the only one", is_hit=np.arange(8) == 3)
    report = evaluate([*cases, one], resamples=50)
    auroc = report.result(Task.MALIGNANT).auroc
    assert auroc.value is not None
    assert auroc.interval is None
    assert str(auroc) == f"{auroc.value:.3f} [-]"
    assert str(report.froc.sensitivity[1.0]).endswith("[-]")
    assert report.result(Task.ABNORMAL).auroc.interval is not None
    assert auroc.to_json() == {"value": auroc.value, "low": None, "high": None}


def test_a_difference_from_one_patient_of_a_class_has_no_interval_either():
    cases = [c for c in make_cases() if not c.label.is_malignant]
    one = replace(make_cases()[0], label=Label.MALIGNANT, patient="the only one", is_hit=np.arange(8) == 3)
    found = {c.name: c for c in compare([*cases, one], [*cases, one], resamples=20)}
    assert (found["AUROC"].difference.value, found["AUROC"].difference.interval) == (0, None)
