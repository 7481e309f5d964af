"""Outlines against painted pixels and closed formulas."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.draw import polygon2mask

from core.domain import Contour, Polygon
from core.errors import UserError
from core.outlines import (
    brush_stroke,
    centre,
    ellipse,
    grown,
    joined,
    point_count,
    scaled,
    shrunk,
    with_fewer_points,
)

SHAPE = (160, 160)
places = st.tuples(st.integers(20, 140), st.integers(20, 140))
paths = st.lists(places, min_size=1, max_size=5)


def square(low: float, high: float) -> Contour:
    return Contour.from_points([(low, low), (high, low), (high, high), (low, high)])


def painted(contour: Contour) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    for polygon in contour.polygons:
        part = polygon2mask(SHAPE, [(y - 0.5, x - 0.5) for x, y in polygon.exterior])
        for hole in polygon.holes:
            part &= ~polygon2mask(SHAPE, [(y - 0.5, x - 0.5) for x, y in hole])
        mask |= part
    return mask


def covered(path, radius) -> np.ndarray:
    """Pixels whose middle the brush covers, by distance to each segment."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] + 0.5
    near = np.full(SHAPE, np.inf)
    pairs = list(itertools.pairwise(path)) or [(path[0], path[0])]
    for (ax, ay), (bx, by) in pairs:
        dx, dy = bx - ax, by - ay
        t = np.clip(((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-12), 0, 1)
        near = np.minimum(near, np.hypot(x - ax - t * dx, y - ay - t * dy))
    return near <= radius


def is_sound(contour: Contour) -> bool:
    return all(shapely.Polygon(p.exterior, p.holes).is_valid for p in contour.polygons)


@settings(deadline=None, max_examples=40)
@given(paths, st.floats(4, 15))
def test_a_stroke_covers_the_pixels_within_its_radius(path, radius):
    wrong = painted(brush_stroke(path, radius=radius)) ^ covered(path, radius)
    assert wrong.sum() <= 0.06 * covered(path, radius).sum() + 12  # the circle is a polygon of 32 sides


@settings(deadline=None, max_examples=40)
@given(paths, st.floats(4, 15))
def test_growing_and_shrinking_are_union_and_difference(path, radius):
    start, brush = painted(square(40, 120)), covered(path, radius)
    touches = (start & brush).sum() > 20
    after = grown(square(40, 120), path, radius=radius)
    assert is_sound(after)
    missing = (start | brush) & ~painted(after)
    assert missing.sum() <= 0.06 * brush.sum() + 12
    try:
        left = shrunk(square(40, 120), path, radius=radius)
    except UserError:
        assert (start & ~brush).sum() < 30
        return
    assert all(map(is_sound, left))
    whole = np.logical_or.reduce([painted(part) for part in left])
    assert (whole ^ (start & ~brush)).sum() <= 0.06 * brush.sum() + 20
    assert touches or len(left) == 1
    areas = [painted(part).sum() for part in left]
    assert areas == sorted(areas, reverse=True)


def test_a_cut_right_through_leaves_two_parts_and_a_loop_around_nothing_leaves_no_hole():
    parts = shrunk(square(40, 120), [(80, 30), (80, 130)], radius=5)
    assert len(parts) == 2
    ring = [(80 + 30 * math.cos(a / 6), 80 + 30 * math.sin(a / 6)) for a in range(40)]
    loop = grown(square(100, 120), ring, radius=6)
    assert [polygon.holes for polygon in loop.polygons] == [()]


def test_a_hole_that_was_there_stays():
    hole = ((70.0, 70.0), (90.0, 70.0), (90.0, 90.0), (70.0, 90.0))
    contour = Contour((Polygon(square(40, 120).polygons[0].exterior, (hole,)),))
    assert len(grown(contour, [(120, 80)], radius=10).polygons[0].holes) == 1


def test_a_brush_over_everything_is_refused():
    with pytest.raises(UserError, match="delete the finding"):
        shrunk(square(70, 80), [(75, 75)], radius=30)


@given(places, places)
def test_an_ellipse_fills_its_box(start, end):
    if min(abs(end[0] - start[0]), abs(end[1] - start[1])) < 2:
        return
    points = np.array(ellipse(start, end))
    low, high = np.minimum(start, end), np.maximum(start, end)
    assert points.min(axis=0) == pytest.approx(low, abs=0.5)
    assert points.max(axis=0) == pytest.approx(high, abs=0.5)
    area = shapely.Polygon(points).area
    assert area == pytest.approx(math.pi / 4 * np.prod(high - low), rel=0.01)
    circle = np.array(ellipse(start, end, is_circle=True))
    assert np.ptp(circle, axis=0) == pytest.approx([max(high - low)] * 2)


@given(st.floats(0.2, 5), places)
def test_scaling_multiplies_the_area_and_keeps_the_fixed_point(factor, about):
    larger = scaled(square(40, 120), factor, about=about)
    assert shapely.Polygon(larger.polygons[0].exterior).area == pytest.approx(6400 * factor**2)
    assert scaled(larger, 1 / factor, about=about).polygons[0].exterior[0] == pytest.approx((40, 40))


def test_scaling_by_nothing_is_no_scaling():
    with pytest.raises(ValueError, match="cannot be"):
        scaled(square(40, 120), 0.0, about=(0, 0))


def test_fewer_points_stay_within_the_tolerance():
    points = ellipse((20, 20), (140, 120))
    contour = Contour.from_points(points)
    simple = with_fewer_points(contour, tolerance=1.0)
    assert point_count(simple) < 0.6 * point_count(contour)
    assert (
        shapely.hausdorff_distance(
            shapely.LinearRing(points), shapely.LinearRing(simple.polygons[0].exterior)
        )
        <= 1.0 + 1e-9
    )


def test_contours_that_touch_are_joined_and_others_are_refused():
    whole = joined([square(20, 80), square(60, 120)])
    assert shapely.Polygon(whole.polygons[0].exterior).area == pytest.approx(3600 + 3600 - 400)
    with pytest.raises(UserError, match="do not touch"):
        joined([square(20, 40), square(60, 80)])
    assert centre(square(20, 40)) == pytest.approx((30, 30))
