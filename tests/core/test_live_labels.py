"""Labels while a contour changes are those of the finished contour, whatever its shape and wherever it lies."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain import Contour, RegionLabel
from core.errors import UserError
from core.live_labels import LiveLabels
from core.recipe import GridSettings
from core.regions import region_grid, region_labels

SHAPE = (700, 900)
BOXES = region_grid(np.ones(SHAPE, dtype=bool), scale=1.0, settings=GridSettings())


@st.composite
def outlines(draw):
    """Points around a centre, in either sense: round, spiky, or so wild that edges cross."""
    count, random = draw(st.integers(3, 60)), np.random.default_rng(draw(st.integers(0, 2**20)))
    size, wildness = draw(st.sampled_from([0.5, 8.0, 60.0, 300.0])), draw(st.sampled_from([0.0, 0.3, 3.0]))
    angle = 2 * math.pi * np.arange(count) / count + wildness * random.uniform(0, 1, count)
    radius = size * random.uniform(0.4, 1.0, count)
    x, y = draw(st.floats(-60, 960)), draw(st.floats(-60, 760))
    points = np.column_stack((x + radius * np.cos(angle), y + radius * np.sin(angle)))
    return points[::-1].copy() if draw(st.booleans()) else points


def finished(contours, alpha=0.5):
    return region_labels(BOXES, contours, alpha=alpha, shape=SHAPE)


@given(points=outlines(), alpha=st.sampled_from([0.1, 0.5, 0.9]))
@settings(max_examples=150, deadline=None)
def test_labels_while_drawing_are_those_of_the_finished_contour(points, alpha):
    live = LiveLabels(BOXES, [], alpha=alpha, shape=SHAPE).with_outline(points)
    try:
        expected = finished([Contour.from_points(points)], alpha)
    except UserError:  # without area
        expected = np.full(len(BOXES), RegionLabel.BN)
    assert (live == expected).all()


@given(first=outlines(), second=outlines())
@settings(max_examples=60, deadline=None)
def test_labels_with_other_contours_are_those_of_all_together(first, second):
    others = [Contour.from_points(first)]
    try:
        expected = finished([*others, Contour.from_points(second)])
        live = LiveLabels(BOXES, others, alpha=0.5, shape=SHAPE)
    except UserError:
        return
    assert (live.with_outline(second) == expected).all()


def test_shares_are_those_of_an_overlay():
    angle = np.linspace(0, 2 * math.pi, 90, endpoint=False)
    points = np.column_stack((400.3 + 130 * np.cos(angle), 350.7 + 80 * np.sin(angle)))
    labels = LiveLabels(BOXES, [], alpha=0.5, shape=SHAPE).with_outline(points)
    outline, boxes = shapely.Polygon(points), shapely.box(*BOXES.T)
    shares = shapely.area(shapely.intersection(boxes, outline)) / np.minimum(
        shapely.area(boxes), outline.area
    )
    assert (labels == np.where(shares >= 0.5, 1, np.where(shares > 1e-9, -1, 0))).all()
    assert set(labels.tolist()) == {1, -1, 0}


def test_labels_before_a_stroke_encloses_anything_are_those_of_the_others():
    square = Contour.from_points([(300, 300), (500, 300), (500, 500), (300, 500)])
    live = LiveLabels(BOXES, [square], alpha=0.5, shape=SHAPE)
    line = np.array([[10.0, 10.0], [60.0, 60.0], [110.0, 110.0]])
    for points in (np.empty((0, 2)), line[:1], line[:2], line, line[[0, 1, 0]]):
        assert (live.with_outline(points) == finished([square])).all()


def test_a_closing_point_changes_nothing():
    points = np.array([[100.0, 100.0], [300.0, 110.0], [280.0, 330.0], [90.0, 300.0]])
    live = LiveLabels(BOXES, [], alpha=0.5, shape=SHAPE)
    assert (live.with_outline(np.vstack((points, points[:1]))) == live.with_outline(points)).all()


def test_what_was_told_is_not_changed_by_what_comes_after():
    live = LiveLabels(BOXES, [], alpha=0.5, shape=SHAPE)
    large = live.with_outline(np.array([[100.0, 100.0], [500.0, 100.0], [500.0, 500.0], [100.0, 500.0]]))
    count = int((large == RegionLabel.M).sum())
    live.with_outline(np.array([[600.0, 600.0], [640.0, 600.0], [640.0, 640.0]]))
    assert (large == RegionLabel.M).sum() == count > 0
    assert (live.without == RegionLabel.BN).all()


@pytest.mark.parametrize("alpha", [0.5, 1.0])
def test_a_contour_that_is_a_region_makes_it_malignant(alpha):
    x0, y0, x1, y1 = BOXES[5]
    live = LiveLabels(BOXES, [], alpha=alpha, shape=SHAPE)
    assert live.with_outline(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]))[5] == RegionLabel.M
