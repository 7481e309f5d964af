"""What a figure looks like, that both sides of a comparison do the same, and that no host gets in. Nothing is timed here."""

import json
import socket

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from core.bench import Figure, machine, measurements, versions
from core.bench.figures import side_by_side
from core.bench.intervals import cohort as scored_cohort
from core.bench.intervals import froc_images, loop_froc, mann_whitney, scikit_learn_measures
from core.bench.labelling import cohort, differing, overlay_labels
from core.metrics import froc_resamples, patient_weights, paucr, roc_resamples
from core.regions import cohort_region_labels


@pytest.mark.parametrize(
    ("value", "text"),
    [(1262.4, "1,262 MB"), (100, "100 MB"), (2.768, "2.77 MB"), (0.00512, "0.00512 MB"), (0, "0 MB")],
)
def test_a_figure_has_three_digits_and_no_exponent(value, text):
    assert str(Figure("memory", value, "MB")) == text


def test_a_figure_says_what_its_goal_is_and_whether_it_is_met():
    assert Figure("faster", 151, "x", at_least=150).bar == "at least 150 x: met"
    assert Figure("faster", 149, "x", at_least=150).bar == "at least 150 x: missed"
    assert Figure("error", 2e-12, "", at_most=1e-12).bar == "at most 1e-12: missed"
    assert Figure("time", 3, "s").bar == ""
    assert Figure("time", 3, "s").is_met is None


def test_a_figure_that_could_not_be_taken_is_null_and_judges_nothing():
    figure = Figure("faster", float("nan"), "x", at_least=3)
    assert json.dumps(figure.to_json(), allow_nan=False)
    assert (figure.to_json()["value"], figure.is_met, str(figure)) == (None, None, "- x")


def test_the_ways_take_turns_and_the_first_round_does_not_count():
    calls = []
    taken = side_by_side({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=3)
    assert "".join(calls) == "abababab"
    assert set(taken) == {"a", "b"}


def test_the_machine_is_told_without_the_name_of_its_host():
    assert "Python" in machine()
    assert socket.gethostname() not in machine()
    assert "numpy" in versions()


def test_a_section_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="no section"):
        next(measurements("nonsense", threads=1))


def test_the_labels_that_are_compared_are_those_of_a_double_loop_and_of_one_overlay():
    images = cohort(6, seed=3)
    assert differing(images).value == 0
    labels = cohort_region_labels(images, alpha=0.5)
    assert any((part == 1).any() for part in labels)
    for image, part in zip(images, labels, strict=True):
        assert part.tolist() == overlay_labels(image).tolist()


def test_the_intervals_that_are_compared_come_from_the_same_measures():
    score, positive, patient = scored_cohort()
    weights = patient_weights(patient, resamples=2, seed=0).astype(int)
    ours = np.stack(list(roc_resamples(score, positive, patient, resamples=2).values()), axis=1)
    theirs = [scikit_learn_measures(score, positive, row) for row in weights]
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
    assert theirs[0][0] == roc_auc_score(np.repeat(positive, weights[0]), np.repeat(score, weights[0]))


def test_the_plain_froc_loop_finds_what_the_fast_one_finds_but_for_its_few_thresholds():
    score, positive, patient = scored_cohort()
    chosen = np.arange(160)
    images = froc_images(score[chosen], positive[chosen])
    times = patient_weights(patient[:160], resamples=1, seed=0)[0].astype(int)
    levels = (1.0, 4.0)
    slow = loop_froc(images, times, levels=levels, thresholds=2001)
    fast = froc_resamples(images, patient[:160], resamples=1, levels=levels)
    assert slow == pytest.approx([float(fast[level][0]) for level in levels], abs=0.1)
    assert max(slow) > 0


def test_paucr_is_the_share_of_pairs_that_the_bench_counts():
    score, positive, _ = scored_cohort(seed=4)
    assert paucr(score, positive) == pytest.approx(mann_whitney(score, positive), abs=1e-12)
