"""Exact areas of boxes and contours by either way, against the overlay of GEOS."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core import coverage
from core.coverage import Outlines, meeting, shared_areas
from core.domain import Contour, Polygon
from core.recipe import GridSettings
from core.regions import Annotated, cohort_region_labels, iom, region_grid, region_labels


@st.composite
def outlines(draw, *, low=-50, high=900):
    """Simple outlines around a centre, round to spiky, small to large."""
    count = draw(st.integers(3, 40))
    seed = draw(st.integers(0, 2**20))
    size = draw(st.sampled_from([3.0, 30.0, 100.0, 400.0]))
    random = np.random.default_rng(seed)
    x, y = draw(st.floats(low, high)), draw(st.floats(low, high))
    angle = random.uniform(0, 2 * math.pi) + 2 * math.pi * np.arange(count) / count
    radius = size * random.uniform(0.3, 1.0, count)
    points = np.column_stack((x + radius * np.cos(angle), y + radius * np.sin(angle)))
    return [tuple(point) for point in (points[::-1] if draw(st.booleans()) else points).tolist()]


def geometry_of(contour):
    return shapely.MultiPolygon([(polygon.exterior, polygon.holes) for polygon in contour.polygons])


def overlaid_areas(boxes, contour):
    """The oracle: general overlay. (shapely.clip_by_rect is wrong where corners lie on the box's sides.)"""
    return shapely.area(shapely.intersection(shapely.box(*boxes.T), geometry_of(contour)))


def areas_by(way, boxes, contours, monkeypatch):
    """Areas of all pairs of a box and a contour by one of the two ways."""
    monkeypatch.setattr(coverage, "_FEW", {"lattice": -1, "clamping": 1 << 60}[way])
    number = np.repeat(np.arange(len(contours)), len(boxes))
    return shared_areas(Outlines.of(contours), np.tile(boxes, (len(contours), 1)), number).reshape(
        len(contours), -1
    )


def grid(rows, columns, scale):
    return region_grid(np.ones((rows, columns), dtype=bool), scale=scale, settings=GridSettings())


WAYS = pytest.mark.parametrize("way", ["lattice", "clamping"])


@WAYS
@given(
    points=st.lists(outlines(), min_size=1, max_size=4),
    rows=st.integers(100, 900),
    columns=st.integers(100, 900),
    scale=st.sampled_from([1.0, 0.7, 1.3443]),
)
@settings(max_examples=40, deadline=None)
def test_areas_on_a_grid_with_shifted_last_windows_are_those_of_overlay(way, points, rows, columns, scale):
    contours = [Contour.from_points(p) for p in points]
    boxes = grid(rows, columns, scale)
    with pytest.MonkeyPatch.context() as patch:
        found = areas_by(way, boxes, contours, patch)
    for areas, contour in zip(found, contours, strict=True):
        assert areas == pytest.approx(overlaid_areas(boxes, contour), rel=1e-9, abs=1e-7)


@WAYS
@given(points=outlines(), seed=st.integers(0, 2**20), count=st.integers(1, 30))
@settings(max_examples=30, deadline=None)
def test_areas_in_boxes_of_any_place_and_size_are_those_of_overlay(way, points, seed, count):
    random = np.random.default_rng(seed)
    corner, side = random.uniform(-100, 800, (count, 2)), random.uniform(0.5, 500, (count, 2))
    boxes = np.concatenate((corner, corner + side), axis=1)
    contour = Contour.from_points(points)
    with pytest.MonkeyPatch.context() as patch:
        (areas,) = areas_by(way, boxes, [contour], patch)
    assert areas == pytest.approx(overlaid_areas(boxes, contour), rel=1e-9, abs=1e-7)


@WAYS
@given(
    corners=st.lists(st.tuples(st.integers(0, 16), st.integers(0, 16)), min_size=3, max_size=9),
    hole=st.lists(st.tuples(st.integers(0, 16), st.integers(0, 16)), min_size=3, max_size=5),
)
@settings(max_examples=60, deadline=None)
def test_areas_are_exact_where_points_and_edges_lie_on_the_lines(way, corners, hole):
    whole = shapely.MultiPoint(corners).convex_hull.difference(shapely.MultiPoint(hole).convex_hull)
    parts = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon" and part.area > 0]
    assume(parts)
    onto_lines = shapely.transform(shapely.MultiPolygon(parts), lambda points: 56.0 * points)
    contour = Contour.from_geojson(shapely.geometry.mapping(onto_lines))
    boxes = grid(896, 896, 1.0)
    with pytest.MonkeyPatch.context() as patch:
        (areas,) = areas_by(way, boxes, [contour], patch)
    assert areas == pytest.approx(overlaid_areas(boxes, contour), rel=1e-12, abs=1e-8)


@WAYS
def test_a_contour_with_far_points_keeps_exact_areas_near_the_boxes(way, monkeypatch):
    contour = Contour.from_points([(-9e5, -8e5), (100, 50), (9e5, -7e5), (150, 180), (-3e5, 8e5)])
    boxes = np.array([[0.0, 0, 112, 112], [112, 0, 224, 112], [0, 112, 112, 224], [112, 112, 224, 224]])
    (areas,) = areas_by(way, boxes, [contour], monkeypatch)
    assert areas == pytest.approx(overlaid_areas(boxes, contour), abs=1e-4)


@given(points=outlines())
@settings(max_examples=50, deadline=None)
def test_areas_of_contours_and_their_bounds_are_those_of_shapely(points):
    hole = [(1.0, 1.0), (1.0, 2.0), (2.5, 1.0)]
    plain = Contour.from_points(points)
    with_hole = Contour((Polygon(((0, 0), (9, 0), (9, 9), (0, 9)), (tuple(hole),)), plain.polygons[0]))
    packed = Outlines.of([plain, with_hole, plain])
    expected = [geometry_of(plain).area, 81 - 0.75 + geometry_of(plain).area, geometry_of(plain).area]
    assert packed.area == pytest.approx(expected, rel=1e-12)
    bounds = np.concatenate((packed.low, packed.high)).T
    assert bounds.tolist() == [list(geometry_of(c).bounds) for c in (plain, with_hole, plain)]


@given(
    points=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=3, max_size=9),
    is_ordered=st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_no_outline_that_is_called_plain_is_invalid(points, is_ordered):
    if is_ordered:
        middle = np.mean(points, axis=0)
        points = sorted(points, key=lambda p: math.atan2(p[1] - middle[1], p[0] - middle[0]))
    ring = Polygon(tuple((float(x), float(y)) for x, y in points))
    if Outlines.of([Contour((ring,))]).is_plain()[0]:
        assert shapely.Polygon(points).is_valid


def test_round_outlines_are_plain_whatever_their_direction_and_rings_with_holes_are_not():
    square = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0))
    hole = ((1.0, 1.0), (2.0, 1.0), (2.0, 2.0))
    contours = [
        Contour.from_points(square),
        Contour.from_points(square[::-1]),
        Contour((Polygon(square, (hole,)),)),
        Contour.from_points([(0, 0), (4, 4), (4, 0), (0, 4)]),
        Contour.from_points([*square, *square]),
    ]
    assert Outlines.of(contours).is_plain().tolist() == [True, True, False, False, False]


def test_boxes_meet_a_contour_where_their_insides_overlap_its_bounds():
    boxes = np.array([[0, 0, 10, 10], [10, 0, 20, 10], [20, 0, 30, 10], [10, 10, 20, 20]], dtype=float)
    contour = Contour.from_points([(12, 2), (20, 2), (20, 10)])
    box, number = meeting(
        Outlines.of([contour, contour]),
        np.tile(boxes, (2, 1)),
        first=np.array([0, 4]),
        count=np.array([4, 4]),
    )
    assert (box.tolist(), number.tolist()) == ([1, 5], [0, 1])


@given(
    drawn=st.lists(st.lists(outlines(low=0, high=600), max_size=4), min_size=1, max_size=60),
    alpha=st.sampled_from([0.3, 0.5]),
)
@settings(max_examples=15, deadline=None)
def test_the_labels_of_a_cohort_are_those_of_each_image_alone_and_of_overlay(drawn, alpha):
    shapes = [(300 + 40 * (number % 7), 500 - 30 * (number % 5)) for number in range(len(drawn))]
    images = [
        Annotated(grid(*shape, 1.0), [Contour.from_points(points) for points in contours], shape)
        for shape, contours in zip(shapes, drawn, strict=True)
    ]
    together = cohort_region_labels(images, alpha=alpha)
    assert len(together) == len(images)
    for image, labels in zip(images, together, strict=True):
        alone = region_labels(image.boxes, image.malignant, alpha=alpha, shape=image.shape)
        assert labels.tolist() == alone.tolist()
        highest = highest_shares(image)
        near = np.abs(highest - alpha) < 1e-9
        assert (labels == 1)[~near].tolist() == (highest >= alpha)[~near].tolist()
        assert ((labels == 0) == (highest == 0)).all()


def highest_shares(image):
    highest = np.zeros(len(image.boxes))
    for contour in image.malignant:
        valid = shapely.make_valid(geometry_of(contour), method="structure")
        inside = shapely.intersection(valid, shapely.box(0, 0, *image.shape[::-1]))
        if inside.area <= 1e-6:
            continue
        windows = shapely.box(*image.boxes.T)
        shared = shapely.area(shapely.intersection(windows, inside))
        shared[shared <= 1e-6] = 0
        highest = np.maximum(highest, shared / np.minimum(shapely.area(windows), inside.area))
    return highest


def test_a_cohort_of_more_contours_than_are_worked_on_at_once_keeps_its_order():
    square = [(0.0, 0.0), (60.0, 0.0), (60.0, 60.0), (0.0, 60.0)]
    boxes = grid(300, 400, 1.0)
    images = [
        Annotated(
            boxes,
            [Contour.from_points([(x + 3.0 * n, y + 2.0 * k) for x, y in square]) for k in range(n % 9)],
            (300, 400),
        )
        for n in range(90)
    ]
    for image, labels in zip(images, cohort_region_labels(images, alpha=0.5), strict=True):
        assert labels.tolist() == region_labels(boxes, image.malignant, alpha=0.5, shape=(300, 400)).tolist()
    assert cohort_region_labels([], alpha=0.5) == []


def test_crossed_and_outlying_contours_of_a_cohort_are_repaired_and_clipped_one_by_one():
    bow_tie = Contour.from_points([(0, 0), (100, 100), (100, 0), (0, 100)])
    outside, past = (Contour.from_points([(x, 0), (x + 90, 0), (x + 90, 90)]) for x in (900, 250))
    fine = Contour.from_points([(10, 10), (90, 10), (90, 90)])
    images = [
        Annotated(grid(300, 300, 1.0), [bow_tie, fine], (300, 300)),
        Annotated(grid(300, 300, 1.0), [outside], (300, 300)),
    ]
    images.append(Annotated(grid(300, 300, 1.0), [past, outside], (300, 300)))
    for image, labels in zip(images, cohort_region_labels(images, alpha=0.5), strict=True):
        highest = highest_shares(image)
        assert labels.tolist() == np.where(highest >= 0.5, 1, np.where(highest == 0, 0, -1)).tolist()
    assert iom(np.array([[0.0, 0, 100, 100]]), bow_tie).tolist() == pytest.approx([1.0])
