"""Agreement against scikit-learn's kappa and painted pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from core.agreement import cohen_kappa, compare_image, match_contours
from core.domain import Contour

SHAPE = (120, 100)
whole = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(3, 40), st.integers(3, 40))


def rectangle(x: int, y: int, width: int, height: int) -> Contour:
    return Contour.from_points([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])


def painted(x: int, y: int, width: int, height: int) -> np.ndarray:
    pixels = np.zeros(SHAPE, bool)
    pixels[y : y + height, x : x + width] = True
    return pixels


@given(whole, whole)
def test_the_measures_of_a_pair_are_those_of_painted_pixels(one, other):
    pairs = match_contours([rectangle(*one)], [rectangle(*other)])
    a, b = painted(*one), painted(*other)
    shared = int((a & b).sum())
    if shared == 0:
        assert pairs == []
        return
    [pair] = pairs
    assert pair.iom == pytest.approx(shared / min(a.sum(), b.sum()))
    assert pair.dice == pytest.approx(2 * shared / (a.sum() + b.sum()))
    assert pair.iou == pytest.approx(shared / (a | b).sum())


@given(st.lists(whole, max_size=5), st.lists(whole, max_size=5))
def test_each_contour_has_at_most_one_partner_and_no_overlapping_pair_is_left(first, second):
    pairs = match_contours([rectangle(*each) for each in first], [rectangle(*each) for each in second])
    ones, others = [pair.first for pair in pairs], [pair.second for pair in pairs]
    assert len(set(ones)) == len(ones)
    assert len(set(others)) == len(others)
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            if i not in ones and j not in others:
                assert not (painted(*one) & painted(*other)).any()


def test_the_better_partner_comes_first():
    first = [rectangle(0, 0, 20, 20)]
    second = [rectangle(15, 0, 20, 20), rectangle(2, 0, 20, 20)]
    [pair] = match_contours(first, second)
    assert pair.second == 1


def test_regions_whose_label_turns_are_counted():
    boxes = np.array([[0, 0, 20, 20], [40, 0, 60, 20], [0, 60, 20, 80]], float)
    one, other = [rectangle(0, 0, 20, 20)], [rectangle(40, 0, 20, 20), rectangle(0, 0, 4, 4)]
    found = compare_image(one, other, boxes=boxes, alpha=0.5, shape=SHAPE)
    # The first region is M for both (the small contour lies wholly in it), the second M for one and BN for the other.
    assert (found.flips, found.differ, found.regions) == (1, 1, 3)
    assert (len(found.pairs), found.only_first, found.only_second) == (1, 0, 1)


decisions = st.lists(st.tuples(st.sampled_from("asn"), st.sampled_from("asn")), min_size=1, max_size=40)


@given(decisions)
def test_kappa_is_that_of_scikit_learn(pairs):
    first, second = zip(*pairs, strict=True)
    ours = cohen_kappa(first, second)
    if len(set(first) | set(second)) == 1:
        assert ours is None  # chance alone agrees fully: no number, where scikit-learn says nan or 1
        return
    assert ours == pytest.approx(cohen_kappa_score(first, second))


def test_without_decisions_there_is_no_kappa():
    assert cohen_kappa([], []) is None
    with pytest.raises(ValueError, match="do not fit"):
        cohen_kappa(["a"], [])
