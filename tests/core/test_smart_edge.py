"""Ways along edges that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.smart_edge import SmartEdge

CENTRE, RADIUS = (100.0, 90.0), 55.0


def disc(noise: float, *, seed: int = 0) -> np.ndarray:
    y, x = np.mgrid[:190, :210] + 0.5
    inside = np.hypot(x - CENTRE[0], y - CENTRE[1]) < RADIUS
    return 1000 + 800 * inside + np.random.default_rng(seed).normal(0, noise, inside.shape)


def on_rim(turn: float) -> tuple[float, float]:
    return CENTRE[0] + RADIUS * math.cos(turn), CENTRE[1] + RADIUS * math.sin(turn)


@settings(deadline=None, max_examples=15)
@given(st.floats(0, 6.28), st.floats(0.3, 2.6), st.integers(0, 5))
def test_the_way_follows_the_rim_of_a_disc_under_noise(start, arc, seed):
    edge = SmartEdge(disc(60, seed=seed), on_rim(start))
    path = np.array(edge.path_to(on_rim(start + arc)))
    away = np.abs(np.hypot(*(path - CENTRE).T) - RADIUS)
    assert away.max() < 4
    length = np.hypot(*np.diff(path, axis=0).T).sum()
    assert length == pytest.approx(RADIUS * arc, rel=0.25, abs=6)


def test_a_way_begins_at_the_start_ends_at_the_place_and_has_no_gap():
    edge = SmartEdge(disc(30), (20.4, 30.7))
    path = np.array(edge.path_to((150.2, 10.9)))
    assert tuple(path[0]) == (20.5, 30.5)
    assert tuple(path[-1]) == (150.5, 10.5)
    assert np.abs(np.diff(path, axis=0)).max() <= 1


def test_without_any_edge_the_way_is_straight():
    edge = SmartEdge(np.full((60, 80), 7, np.uint16), (5, 5))
    path = np.array(edge.path_to((70, 5)))
    assert np.ptp(path[:, 1]) == 0
    assert len(path) == 66


def test_places_outside_are_told():
    edge = SmartEdge(np.zeros((60, 80)), (5, 5))
    assert edge.holds((79.9, 59.9))
    assert not edge.holds((80, 10))
    assert not edge.holds((10, -0.1))
