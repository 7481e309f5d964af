"""Curves of made-up studies whose answers are known, and the sentence that comes out of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import trapezoid
from scipy.stats import false_discovery_control

from core.errors import UserError
from core.study.curves import Curves, Estimate, holm_corrected
from core.study.points import MEASURES, Point
from core.study.record import StudyRecord, read_study, write_study
from core.study.report import MARGIN, sentences_of, write_report
from core.study.sentence import sentence

MEASURE = "sensitivity_at_1"
WHOLE = 40
R = 400


def point(strategy, images, value, *, fold=0, seed=0, noise=None, minutes=True):
    drawn = value + (np.zeros(R) if noise is None else noise)
    return Point(
        strategy=strategy,
        budget=images / WHOLE,
        fold=fold,
        seed=seed,
        images=images,
        contours=images,
        regions=4 * images,
        minutes=float(images) if minutes else None,
        values=dict.fromkeys(MEASURES, value),
        drawn=dict.fromkeys(MEASURES, drawn),
    )


def study(curves, *, folds=3, seeds=3, spread=0.02, minutes=True):
    """curves: {strategy: {images: value}}, floor and ceiling under ''. Noise of patients is shared within a fold."""
    rng = np.random.default_rng(0)
    points = []
    for fold in range(folds):
        shared = rng.normal(scale=spread, size=R)
        for seed in range(seeds):
            for strategy, values in curves.items():
                for images, value in values.items():
                    own = rng.normal(scale=spread / 10, size=R)
                    points.append(
                        point(
                            strategy, images, value, fold=fold, seed=seed, noise=shared + own, minutes=minutes
                        )
                    )
    return points


ENDS = {"": {0: 0.6, WHOLE: 0.9}}
SLOW = {10: 0.65, 20: 0.75}
FAST = {10: 0.85, 20: 0.89}


def test_an_area_is_that_of_the_trapezoids_over_the_share_of_images():
    curves = Curves(study(ENDS | {"random": SLOW, "fast": FAST}), measure=MEASURE)
    area = {row.strategy: row.area.value for row in curves.areas()}
    x = [0, 0.25, 0.5, 1]
    assert area["fast"] == pytest.approx(trapezoid([0.6, 0.85, 0.89, 0.9], x))
    assert area["random"] == pytest.approx(trapezoid([0.6, 0.65, 0.75, 0.9], x))


def test_a_better_strategy_is_told_from_random_and_an_equal_one_is_not():
    curves = Curves(study(ENDS | {"random": SLOW, "fast": FAST, "same": SLOW}), measure=MEASURE)
    rows = {row.strategy: row for row in curves.areas()}
    assert curves.areas()[0].strategy == "fast"
    assert rows["fast"].difference.low > 0
    assert rows["fast"].p_holm < 0.05
    assert rows["same"].difference.low < 0 < rows["same"].difference.high
    assert rows["same"].p_holm > 0.05
    assert rows["random"].difference is None


def test_an_interval_of_patients_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(300):
        patients = rng.normal(0.7, 0.3, size=80)
        drawn = rng.choice(patients, size=(R, 80)).mean(axis=1)
        found = Estimate.of(float(patients.mean()), drawn)
        covered += found.low <= 0.7 <= found.high
    assert 0.91 < covered / 300 < 0.985


def test_too_few_resamples_carry_no_interval_and_no_p():
    found = Estimate.of(0.5, np.array([0.4, 0.6, np.nan]))
    assert (found.low, found.high, found.p_value) == (None, None, None)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_the_step_down_of_bonferroni(values):
    names = [str(i) for i in range(len(values))]
    got = holm_corrected(dict(zip(names, values, strict=True)))
    order = np.argsort(values, kind="stable")
    corrected = np.maximum.accumulate([min(1.0, values[i] * (len(values) - k)) for k, i in enumerate(order)])
    assert [got[names[i]] for i in order] == pytest.approx(list(corrected))
    # Controlling the family is never less strict than controlling the false discovery rate.
    assert all(np.array([got[n] for n in names]) >= false_discovery_control(values) - 1e-12)


def test_a_figure_without_a_p_is_not_counted_in_the_correction():
    assert holm_corrected({"a": 0.02, "b": None}) == {"a": 0.02, "b": None}


def test_a_plateau_is_the_first_budget_that_stays_within_the_margin():
    values = {10: 0.89, 20: 0.80, 30: 0.885}
    curves = Curves(study(ENDS | {"random": values}, spread=0.0), measure=MEASURE)
    found = curves.plateau("random", margin=MARGIN)
    assert found.step.images == 30  # 10 images came near by luck and did not stay
    assert (found.low, found.high) == (0.75, 0.75)
    assert curves.plateau("random", margin=0.001).step is None


def test_gains_an_hour_are_those_between_two_budgets():
    curves = Curves(study(ENDS | {"random": SLOW}, spread=0.0), measure=MEASURE)
    first, *_, last = curves.gains("random")
    assert first.difference.value == pytest.approx(0.05)
    assert first.per_hour == pytest.approx(0.05 / (10 / 60))
    assert last.after.images == WHOLE
    unknown = Curves(study(ENDS | {"random": SLOW}, minutes=False), measure=MEASURE)
    assert unknown.gains("random")[0].per_hour is None


def test_the_sentence_says_what_is_enough_and_what_more_would_add():
    curves = Curves(study(ENDS | {"fast": FAST}), measure=MEASURE)
    said = sentence(curves, "fast", seeds=3, folds=3)
    assert said.is_carried
    assert said.text.startswith("20 contours (0.3 h) reach 99% of the FROC sensitivity")
    assert "40 contours (0.7 h) would" in said.text
    assert "the next 20 would add 1.0 points (" in said.text
    without = sentence(
        Curves(study(ENDS | {"fast": FAST}, minutes=False), measure=MEASURE), "fast", seeds=3, folds=3
    )
    assert without.text.startswith("20 contours reach 99%")


def test_where_no_contour_is_needed_the_sentence_says_so_in_words_that_cannot_be_misread():
    curves = Curves(
        study({"": {0: 0.87, WHOLE: 0.9}, "fast": FAST | {10: 0.88}}, spread=0.001), measure=MEASURE
    )
    said = sentence(curves, "fast", seeds=3, folds=3)
    assert said.text.startswith("Without a single contour the model reaches 97% of")
    assert "the first 10, ranked by fast, would add 1.0 points" in said.text


@pytest.mark.parametrize(
    ("curves", "seeds", "why"),
    [
        (ENDS | {"fast": FAST}, 2, "too few"),
        ({"": {0: 0.9, WHOLE: 0.9}, "fast": FAST}, 3, "not shown to be better"),
        ({"": {0: 0.6}, "fast": FAST}, 3, "measured to its end"),
    ],
)
def test_no_sentence_where_the_data_carry_none(curves, seeds, why):
    said = sentence(Curves(study(curves), measure=MEASURE), "fast", seeds=seeds, folds=3)
    assert not said.is_carried
    assert why in said.text


def test_a_curve_that_has_not_come_near_the_ceiling_says_what_is_missing():
    said = sentence(Curves(study(ENDS | {"slow": SLOW}), measure=MEASURE), "slow", seeds=3, folds=3)
    assert said.is_carried
    assert said.text.startswith("20 contours (0.3 h) reach 83% of")
    assert "the rest would add 15.0 points" in said.text


def test_a_missing_cell_leaves_its_fold_and_seed_out_of_every_difference():
    points = study(ENDS | {"random": SLOW, "fast": FAST})
    points = [p for p in points if not (p.strategy == "fast" and p.fold == 1 and p.images == 20)]
    rows = {row.strategy: row for row in Curves(points, measure=MEASURE).areas()}
    x = [0, 0.25, 0.5, 1]
    assert rows["fast"].area.value == pytest.approx(trapezoid([0.6, 0.85, 0.89, 0.9], x))


def test_a_report_holds_everything_and_needs_no_network(tmp_path):
    record = StudyRecord(
        tuple(study(ENDS | {"random": SLOW, "fast": FAST, "<b>odd</b>": SLOW})),
        {"seeds": [0, 1, 2]},
        {"snapshot": "abc"},
        ("A note.",),
    )
    write_study(tmp_path, record)
    page = write_report(tmp_path, read_study(tmp_path), rate=200.0, is_synthetic=True)
    text = page.read_text()
    assert sentences_of(record)[0].text in text
    for part in ("SYNTHETIC", "A note.", "abc", "not for diagnosis", "&lt;b&gt;odd"):
        assert part in text
    assert "<b>odd" not in text
    assert "http:" not in text
    assert "https:" not in text
    for name in ("curve-sensitivity-at-1", "area-auroc"):
        assert (tmp_path / "figures" / f"{name}.svg").read_bytes().startswith(b"<?xml")
        assert (tmp_path / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "tables" / "areas-sensitivity-at-1.csv").read_text().count("\n") == 4


def test_a_folder_without_a_study_is_refused(tmp_path):
    with pytest.raises(UserError, match="holds no finished study"):
        read_study(tmp_path)
