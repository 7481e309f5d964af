from __future__ import annotations

import math

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from app.viewer.contour_edit import (
    Corner,
    check_sound,
    close_outline,
    contains,
    corner_near,
    edge_near,
    moved,
    with_corner_after,
    with_corner_at,
    without_corner,
)
from core.domain import Contour, Polygon
from core.errors import UserError

SQUARE = Contour.from_points([(10, 10), (50, 10), (50, 50), (10, 50)])
RING = Contour(
    (
        Polygon(
            ((0.0, 0.0), (90.0, 0.0), (90.0, 90.0), (0.0, 90.0)),
            (((30.0, 30.0), (60.0, 30.0), (60.0, 60.0), (30.0, 60.0)),),
        ),
    )
)


def closed(points, *, zoom=1.0):
    return close_outline(points, zoom=zoom, rows=1000, columns=1000)


def area(contour: Contour) -> float:
    return sum(shapely.Polygon(p.exterior, p.holes).area for p in contour.polygons)


def circle(
    radius: float, *, turns: float = 1.0, points: int = 400, at: float = 500
) -> list[tuple[float, float]]:
    angles = [2 * math.pi * turns * i / points for i in range(points)]
    return [(at + radius * math.cos(a), at + radius * math.sin(a)) for a in angles]


@settings(max_examples=50, deadline=None)
@given(st.floats(20, 400), st.floats(0.2, 8))
def test_a_stroke_is_simplified_and_its_area_changes_by_less_than_a_hundredth(radius, zoom):
    stroke = circle(radius)
    contour = closed(stroke, zoom=zoom).contour
    assert len(contour.polygons[0].exterior) < len(stroke)
    assert area(contour) == pytest.approx(shapely.Polygon(stroke).area, rel=0.01)


@settings(max_examples=50, deadline=None)
@given(st.floats(0.3, 4))
def test_a_simplified_stroke_stays_within_half_a_screen_pixel(zoom):
    stroke = circle(200)
    drawn = shapely.Polygon(stroke).exterior
    kept = shapely.Polygon(closed(stroke, zoom=zoom).contour.polygons[0].exterior).exterior
    assert shapely.hausdorff_distance(drawn, kept) <= 0.5 / zoom + 1e-6


def test_a_stroke_that_overlaps_its_own_start_loses_nothing_and_says_nothing():
    result = closed(circle(100, turns=1.1))
    assert result.notice == ""
    assert area(result.contour) == pytest.approx(math.pi * 100**2, rel=0.01)


def test_a_figure_of_eight_keeps_its_larger_half_and_says_so():
    result = closed([(0, 0), (100, 100), (100, 0), (0, 100), (0, 90), (-40, 50)])
    assert "crossed itself" in result.notice
    shape = shapely.Polygon(result.contour.polygons[0].exterior)
    assert shape.is_valid
    assert shape.area > 2400


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        ([(5, 5)], "at least three corners"),
        ([(5, 5), (5, 5), (80, 90), (5, 5)], "at least three corners"),
        ([(5, 5), (50, 50), (90, 90)], "almost nothing"),
        ([(5, 5), (6, 5), (6, 6)], "almost nothing"),
        ([(-50, -50), (-10, -50), (-10, -10)], "outside the image"),
    ],
)
def test_what_is_no_contour_is_refused_in_a_sentence(points, sentence):
    with pytest.raises(UserError, match=sentence):
        closed(points)


def test_a_small_contour_is_accepted_from_near_and_refused_from_afar():
    small = [(5, 5), (9, 5), (9, 9), (5, 9)]
    assert area(closed(small, zoom=4).contour) == 16
    with pytest.raises(UserError, match="almost nothing"):
        closed(small, zoom=0.2)


def test_a_contour_may_leave_the_image():
    assert area(closed([(-20, 10), (40, 10), (40, 60), (-20, 60)]).contour) == 3000


@given(st.tuples(st.floats(-20, 120), st.floats(-20, 120)))
def test_inside_means_what_shapely_means_by_it(point):
    shape = shapely.Polygon(RING.polygons[0].exterior, RING.polygons[0].holes)
    if shape.boundary.distance(shapely.Point(point)) > 1e-6:
        assert contains(RING, point) == shape.contains(shapely.Point(point))


@given(st.tuples(st.floats(-20, 120), st.floats(-20, 120)))
def test_the_nearest_edge_is_as_near_as_shapely_finds_the_outline(point):
    outline = shapely.Polygon(RING.polygons[0].exterior, RING.polygons[0].holes).boundary
    found = edge_near(RING, point, within=1000)
    assert found is not None
    assert math.dist(found[1], point) == pytest.approx(outline.distance(shapely.Point(point)), abs=1e-9)


def test_a_vertex_is_found_moved_added_and_removed():
    corner = corner_near(SQUARE, (49, 11), within=5)
    assert corner == Corner(0, 0, 1)
    assert corner_near(SQUARE, (30, 30), within=5) is None
    assert with_corner_at(SQUARE, corner, (70, 5)).polygons[0].exterior[1] == (70, 5)
    edge = edge_near(SQUARE, (50.5, 30), within=2)
    assert edge == (Corner(0, 0, 1), (50.0, 30.0))
    more, added = with_corner_after(SQUARE, *edge)
    assert more.polygons[0].exterior[2] == (50.0, 30.0)
    assert area(more) == area(SQUARE)
    assert without_corner(more, added) == SQUARE


def test_the_edge_that_closes_the_outline_can_get_a_vertex_too():
    more, added = with_corner_after(SQUARE, *edge_near(SQUARE, (10, 30), within=1))
    assert added == Corner(0, 0, 4)
    assert area(more) == area(SQUARE)


def test_an_outline_keeps_three_corners():
    with pytest.raises(UserError, match="at least three"):
        without_corner(Contour.from_points([(0, 0), (9, 0), (0, 9)]), Corner(0, 0, 0))


def test_moving_keeps_shape_and_holes():
    there = moved(RING, 5, -3)
    assert area(there) == area(RING)
    assert there.bounds == (5, -3, 95, 87)


@pytest.mark.parametrize(
    ("contour", "sentence"),
    [
        (with_corner_at(SQUARE, Corner(0, 0, 0), (90, 30)), "cross itself"),
        (with_corner_at(RING, Corner(0, 1, 0), (200, 30)), "cross itself"),
        (Contour.from_points([(0, 0), (30, 0), (15, 0.1)]), "almost nothing"),
        (moved(SQUARE, -200, 0), "outside the image"),
    ],
)
def test_an_edit_that_would_leave_nonsense_is_refused_in_a_sentence(contour, sentence):
    with pytest.raises(UserError, match=sentence):
        check_sound(contour, rows=100, columns=100)


def test_a_sound_contour_passes():
    check_sound(RING, rows=50, columns=50)
