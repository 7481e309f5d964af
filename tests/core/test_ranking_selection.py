"""Choosing many at once against double loops that follow the definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.ranking.selection import cover, k_centre, k_means_plus_plus_factored, typical_order

POINTS = arrays(np.float32, st.tuples(st.integers(1, 12), st.just(3)), elements=st.integers(-9, 9).map(float))


def distance(a, b):
    return float(np.linalg.norm(np.float64(a) - np.float64(b)))


@settings(max_examples=60, deadline=None)
@given(x=POINTS, already=POINTS, count=st.integers(0, 15))
def test_k_centre_takes_the_point_farthest_from_all_chosen(x, already, count):
    found = k_centre(x, already=already, count=count)
    chosen = list(already)
    assert len(found.picks) == len(set(found.picks.tolist())) == min(count, len(x))
    for pick, at in zip(found.picks, found.distance_at_pick, strict=True):
        nearest = [min(distance(p, c) for c in chosen) for p in x]
        assert at == pytest.approx(max(nearest), abs=1e-5)
        assert nearest[pick] == pytest.approx(max(nearest), abs=1e-5)
        chosen.append(x[pick])
    assert found.distance_left == pytest.approx([min(distance(p, c) for c in chosen) for p in x], abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(p=POINTS, x=POINTS, seed=st.integers(0, 99))
def test_k_means_plus_plus_on_factors_is_that_on_the_products(p, x, seed):
    n = min(len(p), len(x))
    p, x = p[:n], x[:n]
    picks = k_means_plus_plus_factored(p, x, count=n, rng=np.random.default_rng(seed))
    products = np.array([np.outer(a, b).ravel() for a, b in zip(p, x, strict=True)], np.float64)
    rng = np.random.default_rng(seed)
    expected = [int((products**2).sum(axis=1).argmax())]
    while len(expected) < n:
        left = np.array([min(((q - products[e]) ** 2).sum() for e in expected) for q in products])
        if left.sum() <= 0:
            break
        expected.append(int(np.searchsorted(np.cumsum(left), rng.random() * left.sum(), side="right")))
    assert picks.tolist() == expected


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 999), n=st.integers(1, 8), t=st.integers(1, 6))
def test_cover_takes_the_row_of_the_largest_gain(seed, n, t):
    rng = np.random.default_rng(seed)
    likeness, weight, covered = rng.random((n, t)), rng.random(t), rng.random(t) / 2
    found = cover(likeness, weight, covered=covered, count=n)
    taken = []
    for pick, gain in zip(found.picks, found.gain_at_pick, strict=True):
        gains = [
            sum(w * max(one - c, 0) for w, one, c in zip(weight, row, covered, strict=True))
            for row in likeness
        ]
        best = max(g for i, g in enumerate(gains) if i not in taken)
        assert gain == pytest.approx(best)
        assert gains[pick] == pytest.approx(best)
        covered = np.maximum(covered, likeness[pick])
        taken.append(pick)
    assert (np.diff(found.gain_at_pick) <= 1e-12).all()


def test_typical_gives_every_point_a_place_of_its_own():
    x = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)
    found = typical_order(x, already=x[:0], count=6, seed=1)
    assert len(set(found.score.tolist())) == 40


def test_nothing_to_choose_from_and_equal_points_are_no_error():
    empty, same = np.zeros((0, 3), np.float32), np.ones((5, 3), np.float32)
    assert len(k_centre(empty, count=3).picks) == 0
    assert k_centre(same, count=9).picks.tolist() == [0, 1, 2, 3, 4]
    assert len(k_means_plus_plus_factored(empty, empty, count=3, rng=np.random.default_rng(0))) == 0
    assert len(k_means_plus_plus_factored(same, same, count=5, rng=np.random.default_rng(0))) == 1
    assert len(typical_order(empty, already=empty, count=2, seed=0).score) == 0
    assert np.isfinite(typical_order(same, already=empty, count=2, seed=0).score).all()


def test_a_coordinate_that_is_not_a_number_is_refused():
    wrong = np.array([[np.nan, 0.0]], np.float32)
    with pytest.raises(ValueError, match="not a number"):
        k_centre(wrong, count=1)
    with pytest.raises(ValueError, match="not a number"):
        k_means_plus_plus_factored(wrong, wrong, count=1, rng=np.random.default_rng(0))
