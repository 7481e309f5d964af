"""Strategies by hand, the order that a reader gets, and the documented way to add a strategy."""

import importlib
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

import core.ranking.strategies as package
from core.domain import Label
from core.errors import UserError
from core.prediction import Prediction
from core.ranking import Annotated, Candidate, Evidence, Pool, all_strategies, rank, registry

ROOT = Path(__file__).resolve().parents[2]
NAMES = [
    "badge",
    "bald",
    "bald-region",
    "branch-disagreement",
    "confusable",
    "core-set",
    "cover",
    "diffuse-ranking",
    "expected-change",
    "missed",
    "random",
    "typical",
    "uncertainty",
    "value",
]
TOGETHER = ("badge", "core-set", "cover", "typical")


def prediction(det=(1.0,), cls=(0.5,), *, benign=0.1, malignant=None):
    """One image from p_det^M and p_cls(M) by region; the rest of p_cls is normal."""
    det, cls = np.array(det, np.float32), np.array(cls, np.float32)
    score = np.stack([np.zeros_like(det), det * cls], axis=1)
    p = float(score[:, 1].sum()) if malignant is None else malignant
    return Prediction(np.array([benign, p]), np.stack([1 - cls, 0 * cls, cls], axis=1), score)


def evidence(image_id, *, embedding=None, residual=None, change=0.5, bald=0.1, bald_region=0.2):
    """Of one image; where nothing is given, numbers that depend on the image alone."""
    rng = np.random.default_rng(image_id)
    embedding = rng.random(4) if embedding is None else embedding
    residual = rng.normal(size=3) if residual is None else residual
    return Evidence(
        np.array(embedding, np.float32), np.array(residual, np.float32), change, bald, bald_region
    )


def candidate(image_id, *, patient=None, breast="L", label=Label.MALIGNANT, said=None, **values):
    patient = image_id if patient is None else patient
    said = evidence(image_id) if said is None else said
    return Candidate(image_id, patient, (patient, breast), label, prediction(**values), said)


def scores(name, pool, seed=0):
    return {item.image_id: item.score for item in rank(name, pool, seed=seed)}


def random_pool(seed, n=30):
    rng = np.random.default_rng(seed)
    pool = []
    for index in range(n):
        m = int(rng.integers(1, 12))
        det, cls = rng.dirichlet(np.ones(m)), rng.random(m)
        det[rng.random(m) < 0.3] = 0
        if det.sum() == 0:
            det[0] = 1
        patient, breast = int(rng.integers(0, 9)), "LR"[int(rng.integers(2))]
        pool.append(candidate(index, patient=patient, breast=breast, det=det / det.sum(), cls=cls))
    return pool


def test_the_strategies_are_found_by_themselves():
    assert list(all_strategies()) == NAMES
    files = {path.stem for path in (ROOT / "core/ranking/strategies").glob("[!_]*.py")}
    assert {name.replace("-", "_") for name in NAMES} == files


def test_an_unknown_strategy_is_named_together_with_those_that_exist():
    with pytest.raises(UserError, match=r"'best'.*uncertainty"):
        rank("best", [], seed=0)


@pytest.mark.parametrize("name", NAMES)
def test_an_order_holds_every_image_once_with_a_reason_whatever_the_order_of_the_pool(name):
    pool = random_pool(4)
    first = rank(name, pool, seed=5)
    assert sorted(item.image_id for item in first) == sorted(c.image_id for c in pool)
    assert all(item.reason and "\n" not in item.reason for item in first)
    assert rank(name, pool[::-1], seed=5) == first
    if name not in TOGETHER:  # those choose as many together as are asked for
        assert rank(name, pool, seed=5, count=7) == first[:7]
    assert rank(name, [], seed=5) == []


def test_equal_scores_are_ordered_by_the_seed_alone():
    pool = [candidate(i, malignant=0.5) for i in range(20)]
    orders = [[item.image_id for item in rank("uncertainty", pool, seed=seed)] for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]


def test_random_gives_an_image_the_same_number_whatever_else_is_in_the_pool():
    pool = [candidate(i) for i in range(50)]
    whole, part = scores("random", pool, seed=3), scores("random", pool[::3], seed=3)
    assert all(whole[i] == part[i] for i in part)
    assert whole != scores("random", pool, seed=4)


def test_random_numbers_are_spread_evenly():
    values = Pool([candidate(i) for i in range(4000)], seed=1).random("random")
    counts, _ = np.histogram(values, bins=10, range=(0, 1))
    assert counts.min() > 320
    assert counts.max() < 480


def test_uncertainty_is_the_entropy_of_the_malignant_probability_in_bits():
    pool = [candidate(i, malignant=p) for i, p in enumerate([0.5, 0.1, 0.0, 1.0])]
    got = scores("uncertainty", pool)
    assert got == pytest.approx({0: 1.0, 1: entropy([0.1, 0.9], base=2), 2: 0.0, 3: 0.0})


def test_missed_puts_malignant_images_with_a_low_probability_first_and_others_last():
    pool = [
        candidate(0, malignant=0.9),
        candidate(1, malignant=0.05),
        candidate(2, malignant=0.01, label=Label.BENIGN),
        candidate(3, malignant=0.2, label=Label.BOTH),
        candidate(4, malignant=0.2, label=None),
    ]
    order = rank("missed", pool, seed=0)
    assert [item.image_id for item in order][:3] == [1, 3, 0]
    assert order[0].reason == "labelled malignant, but the model gives it 0.05"
    assert order[2].reason == "labelled malignant, and the model agrees: 0.90"


def test_confusable_is_high_only_where_both_probabilities_are_high_and_alike():
    pairs = [(0.6, 0.6), (0.9, 0.1), (0.05, 0.05), (0.0, 0.0)]
    got = scores("confusable", [candidate(i, benign=b, malignant=m) for i, (b, m) in enumerate(pairs)])
    assert got == pytest.approx({0: 0.6, 1: 0.18, 2: 0.05, 3: 0.0})


def test_diffuse_ranking_is_the_entropy_of_the_detection_as_a_share_of_the_highest():
    pool = [
        candidate(0, det=[0.25] * 4, cls=[0.1, 0.5, 0.2, 0.9]),
        candidate(1, det=[1.0, 0.0], cls=[0.5, 0.5]),
        candidate(2, det=[0.7, 0.2, 0.1, 0.0], cls=[0.4, 0.1, 0.3, 0.2]),
    ]
    expected = {0: 1.0, 1: 0.0, 2: entropy([0.7, 0.2, 0.1]) / np.log(3)}
    assert scores("diffuse-ranking", pool) == pytest.approx(expected, abs=1e-6)


def test_branch_disagreement_is_the_jensen_shannon_divergence_over_the_regions_that_take_part():
    agree, differ = [0.5, 0.3, 0.2, 0.0], [0.2, 0.3, 0.5, 0.9]
    pool = [candidate(0, det=agree, cls=[0.5, 0.3, 0.2, 0.1]), candidate(1, det=agree, cls=differ)]
    expected = jensenshannon(agree[:3], differ[:3], base=2) ** 2
    assert scores("branch-disagreement", pool) == pytest.approx({0: 0.0, 1: expected}, abs=1e-6)


def picked(name, pool, *, count, **beside):
    return [item.image_id for item in rank(name, pool, seed=0, count=count, **beside)]


def test_bald_and_expected_change_are_those_that_the_model_says():
    pool = [
        candidate(i, said=evidence(i, change=c, bald=b, bald_region=r))
        for i, (c, b, r) in enumerate([(0.1, 0.3, 0.2), (0.5, 0.1, 0.1), (0.2, 0.2, 0.9)])
    ]
    assert scores("expected-change", pool) == pytest.approx({0: 0.1, 1: 0.5, 2: 0.2})
    assert scores("bald", pool) == pytest.approx({0: 0.3, 1: 0.1, 2: 0.2})
    assert scores("bald-region", pool) == pytest.approx({0: 0.2, 1: 0.1, 2: 0.9})


def on_a_line(*places):
    return [candidate(i, said=evidence(i, embedding=[x, 0.0])) for i, x in enumerate(places)]


def test_core_set_takes_what_is_farthest_from_all_annotated_and_taken():
    pool = on_a_line(0.0, 1.0, 2.0, 5.0, 9.0)
    drawn = [Annotated(candidate(99, said=evidence(99, embedding=[0.0, 0.0])), np.zeros(1, np.int8))]
    assert picked("core-set", pool, count=3, annotated=drawn) == [4, 3, 2]
    scored = {item.image_id: item.score for item in rank("core-set", pool, seed=0, annotated=drawn)}
    assert scored[4] == pytest.approx(9.0, abs=1e-6)
    assert scored[3] == pytest.approx(4.0, abs=1e-6)


def test_typical_stands_for_the_larger_of_two_clusters_first_and_leaves_the_one_that_is_annotated():
    pool = on_a_line(0.0, 0.1, 0.2, 0.3, 9.0, 9.1)
    assert picked("typical", pool, count=2)[0] in (1, 2)
    drawn = [Annotated(candidate(99, said=evidence(99, embedding=[0.1, 0.0])), np.zeros(1, np.int8))]
    assert picked("typical", pool, count=1, annotated=drawn)[0] in (4, 5)


def test_cover_takes_what_corrects_most_and_then_what_that_does_not():
    one, other = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]
    pool = [
        candidate(0, said=evidence(0, embedding=[2, 0], residual=one)),
        candidate(1, said=evidence(1, embedding=[2, 0.1], residual=one)),
        candidate(2, said=evidence(2, embedding=[2, 0], residual=one)),
        candidate(3, said=evidence(3, embedding=[0, 1], residual=other)),
    ]
    order = picked("cover", pool, count=4)
    assert order[0] in (0, 2)
    assert order[1] == 3
    drawn = [
        Annotated(candidate(99, said=evidence(99, embedding=[2, 0], residual=one)), np.zeros(1, np.int8))
    ]
    assert picked("cover", pool, count=1, annotated=drawn) == [3]


def test_value_is_the_mean_of_two_shares_of_the_pool():
    pool = [
        candidate(i, malignant=p, said=evidence(i, change=c))
        for i, (p, c) in enumerate([(0.9, 0.1), (0.2, 0.3), (0.5, 0.9), (0.5, 0.9)])
    ]
    missed, moved = [0.125, 0.875, 0.5, 0.5], [0.125, 0.375, 0.75, 0.75]
    expected = {i: (a + b) / 2 for i, (a, b) in enumerate(zip(missed, moved, strict=True))}
    assert scores("value", pool) == pytest.approx(expected)


def test_strategies_that_need_evidence_say_so_where_there_is_none():
    bare = Candidate(1, 1, (1, "L"), Label.MALIGNANT, prediction())
    with pytest.raises(UserError, match="1 of 1 images were scored before the ranking 'core-set' was there"):
        rank("core-set", [bare], seed=0)


def test_an_image_in_which_nothing_takes_part_has_a_finite_place():
    empty = candidate(0, det=[0.0, 0.0], cls=[0.0, 0.3])
    for name in NAMES:
        assert np.isfinite(rank(name, [empty, candidate(1)], seed=0)[0].score)


def test_images_without_a_prediction_can_be_ranked_at_random_only():
    unscored = Candidate(1, 1, (1, "L"), Label.MALIGNANT)
    assert rank("random", [unscored], seed=0)[0].image_id == 1
    with pytest.raises(UserError, match=r"1 of 2 images have no prediction"):
        rank("uncertainty", [unscored, candidate(2)], seed=0)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12))
def test_a_batch_holds_no_patient_twice_while_other_patients_are_left(seed, batch):
    pool = random_pool(seed)
    patient = {c.image_id: c.patient_id for c in pool}
    left = Counter(patient.values())
    order = [patient[item.image_id] for item in rank("uncertainty", pool, seed=seed, batch=batch)]
    while order:
        size = min(batch, len(left))
        now, order = order[:size], order[size:]
        assert len(set(now)) == size
        left -= Counter(now)


def test_a_patients_next_image_shows_the_other_breast_and_patients_alternate():
    views = [(1, 10, "L", 0.5), (2, 10, "L", 0.49), (3, 10, "R", 0.45), (4, 20, "L", 0.4), (5, 20, "R", 0.1)]
    pool = [candidate(i, patient=p, breast=b, malignant=m) for i, p, b, m in views]
    assert [item.image_id for item in rank("uncertainty", pool, seed=0)] == [1, 4, 3, 5, 2]


def test_one_patient_alone_keeps_every_image():
    pool = [candidate(i, patient=1, breast="L", malignant=0.5 - i / 100) for i in range(4)]
    assert [item.image_id for item in rank("uncertainty", pool, seed=0)] == [0, 1, 2, 3]


def test_a_strategy_sees_no_contours():
    fields = set(Candidate.__dataclass_fields__)
    assert fields == {"image_id", "patient_id", "breast", "label", "prediction", "evidence"}
    assert set(Evidence.__dataclass_fields__) == {"embedding", "residual", "change", "bald", "bald_region"}


@pytest.fixture
def documented_strategy(tmp_path, monkeypatch):
    """The example of the page, saved as its text says, in a folder that is looked into as well."""
    page = (ROOT / "docs/adding_a_ranking_strategy.md").read_text()
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1)
    name = re.search(r"core/ranking/strategies/(\w+)\.py`, it works", page).group(1)
    (tmp_path / f"{name}.py").write_text(code)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    monkeypatch.setattr(registry, "_strategies", dict(registry._strategies))
    importlib.invalidate_caches()
    yield re.search(r'@strategy\("([\w-]+)"', code).group(1), page
    monkeypatch.undo()
    importlib.sys.modules.pop(f"core.ranking.strategies.{name}", None)


def test_the_documented_example_is_a_working_strategy(documented_strategy):
    name, page = documented_strategy
    pool = [candidate(0, det=[0.5, 0.5], cls=[0.4, 0.8]), candidate(1, det=[1.0], cls=[0.9])]
    order = rank(name, pool, seed=0)
    assert [(item.image_id, item.reason) for item in order] == [
        (1, "one region reaches 0.90"),
        (0, "one region reaches 0.40"),
    ]
    assert f"lesionloop rank my-project --strategy {name}" in page


def test_two_strategies_cannot_have_one_name():
    all_strategies()
    with pytest.raises(ValueError, match="two ranking strategies"):
        registry.strategy("random", title="again")(lambda pool: None)
