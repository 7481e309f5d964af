"""The grid, exact IoM and region labels, against worked numbers and a naive double loop of shapely."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.domain import Contour, Polygon, RegionLabel
from core.errors import UserError
from core.recipe import GridSettings
from core.regions import clip_to_image, contour_area, iom, region_grid, region_labels, working_scale

GRID = GridSettings()
SMALL = GridSettings(window=8, stride=4, working_spacing_mm=0.1)


def square(x, y, side):
    return Contour.from_points([(x, y), (x + side, y), (x + side, y + side), (x, y + side)])


def naive_iom(boxes, geometry):
    """The definition, one pair at a time, by general polygon overlay."""
    result = []
    for box in boxes:
        window = shapely.box(*box)
        result.append(window.intersection(geometry).area / min(window.area, geometry.area))
    return np.array(result)


def shapely_of(contour):
    return shapely.MultiPolygon([(p.exterior, p.holes) for p in contour.polygons])


@st.composite
def star_outlines(draw):
    """Simple outlines of any shape around a centre: radii drawn freely, angles increasing."""
    count = draw(st.integers(3, 24))
    radii = draw(st.lists(st.floats(1.0, 60.0), min_size=count, max_size=count))
    x, y = draw(st.floats(-20, 140)), draw(st.floats(-20, 140))
    turn = draw(st.floats(0, 2 * math.pi))
    angles = [turn + 2 * math.pi * i / count for i in range(count)]
    return [(x + r * math.cos(a), y + r * math.sin(a)) for r, a in zip(radii, angles, strict=True)]


def lattice(size=128, window=32, stride=16):
    starts = np.arange(0, size - window + 1, stride, dtype=float)
    y, x = np.meshgrid(starts, starts, indexing="ij")
    return np.column_stack([x.ravel(), y.ravel(), x.ravel() + window, y.ravel() + window])


# --- the grid -------------------------------------------------------------------------------------------


def test_the_working_scale_brings_a_known_spacing_to_the_working_spacing():
    assert working_scale(0.0941, GRID) == pytest.approx(0.0941 / 0.07)
    assert working_scale(None, GRID) == 1.0


@pytest.mark.parametrize("spacing", [0.0, -0.07, math.nan, math.inf])
def test_a_spacing_that_is_not_a_length_is_refused(spacing):
    with pytest.raises(ValueError, match="positive"):
        working_scale(spacing, GRID)


def test_windows_go_by_strides_and_the_last_ones_are_shifted_inwards():
    boxes = region_grid(np.ones((300, 500), dtype=bool), scale=1.0, settings=GRID)
    assert sorted(set(boxes[:, 0])) == [0, 112, 224, 276]
    assert sorted(set(boxes[:, 1])) == [0, 76]
    assert set(boxes[:, 2] - boxes[:, 0]) == {224}
    assert boxes[:, 2].max() == 500
    assert boxes[:, 3].max() == 300


def test_a_stride_that_fits_makes_no_double_window_at_the_edge():
    boxes = region_grid(np.ones((336, 448), dtype=bool), scale=1.0, settings=GRID)
    assert len(boxes) == 2 * 3
    assert len(np.unique(boxes, axis=0)) == len(boxes)


@pytest.mark.parametrize("scale", [0.7, 0.1, 1.4, 0.35])
def test_a_stride_that_fits_but_for_rounding_counts_as_fitting(scale):
    columns = round((GRID.window + 7 * GRID.stride) / scale)
    boxes = region_grid(np.ones((10, columns), dtype=bool), scale=scale, settings=GRID)
    assert len(boxes) == 8


def test_regions_come_row_by_row():
    boxes = region_grid(np.ones((400, 600), dtype=bool), scale=0.9, settings=GRID)
    assert boxes[:, [1, 0]].tolist() == sorted(boxes[:, [1, 0]].tolist())


def test_half_a_window_of_tissue_is_enough_and_a_column_less_is_not():
    tissue = np.zeros((224, 448), dtype=bool)
    tissue[:, :112] = True
    tissue[:, 300] = True  # so that the first window is not the only candidate
    assert region_grid(tissue, scale=1.0, settings=GRID).tolist() == [[0, 0, 224, 224]]
    wide = np.zeros((224, 448), dtype=bool)
    wide[:, :111] = True
    wide[:, 224:] = True
    assert region_grid(wide, scale=1.0, settings=GRID).tolist() == [[112, 0, 336, 224], [224, 0, 448, 224]]


def test_a_breast_smaller_than_half_a_window_still_has_one_region_that_holds_it():
    tissue = np.zeros((1000, 1000), dtype=bool)
    tissue[500:600, 700:790] = True
    ((x0, y0, x1, y1),) = region_grid(tissue, scale=1.0, settings=GRID)
    assert x0 <= 700
    assert y0 <= 500
    assert x1 >= 790
    assert y1 >= 600


def test_an_image_smaller_than_a_window_is_one_region():
    boxes = region_grid(np.ones((100, 150), dtype=bool), scale=1.0, settings=GRID)
    assert boxes.tolist() == [[0, 0, 150, 100]]


def test_an_image_without_tissue_is_refused():
    with pytest.raises(ValueError, match="no tissue"):
        region_grid(np.zeros((300, 300), dtype=bool), scale=1.0, settings=GRID)


def test_at_another_scale_a_window_covers_the_same_millimetres():
    boxes = region_grid(np.ones((2000, 2000), dtype=bool), scale=0.5, settings=GRID)
    assert boxes[0].tolist() == [0, 0, 448, 448]
    assert sorted(set(boxes[:, 0]))[1] == 224


@given(
    rows=st.integers(3, 60),
    columns=st.integers(3, 60),
    scale=st.floats(0.3, 3.0),
    seed=st.integers(0, 2**16),
    density=st.floats(0.05, 0.95),
)
@settings(max_examples=60, deadline=None)
def test_the_grid_keeps_exactly_the_windows_with_enough_tissue(rows, columns, scale, seed, density):
    tissue = np.random.default_rng(seed).random((rows, columns)) < density
    assume(tissue.any())
    boxes = region_grid(tissue, scale=scale, settings=SMALL)
    everywhere = region_grid(np.ones_like(tissue), scale=scale, settings=SMALL)
    share = np.array([naive_tissue(tissue, box) for box in everywhere])
    assume(np.abs(share - 0.5).min() > 1e-6)  # ties have a test of their own
    expected = everywhere[share >= 0.5] if (share >= 0.5).any() else everywhere[[np.argmax(share)]]
    if (share >= 0.5).any():
        assert boxes.tolist() == expected.tolist()
    else:
        assert len(boxes) == 1


def naive_tissue(tissue, box):
    """Share of a window on tissue, pixel by pixel."""
    x0, y0, x1, y1 = box
    area = 0.0
    for row in range(tissue.shape[0]):
        high = max(0.0, min(y1, row + 1) - max(y0, row))
        for column in np.flatnonzero(tissue[row]) if high else ():
            area += high * max(0.0, min(x1, column + 1) - max(x0, column))
    return area / ((x1 - x0) * (y1 - y0))


@given(rows=st.integers(1, 400), columns=st.integers(1, 400), scale=st.floats(0.2, 4.0))
@settings(max_examples=60, deadline=None)
def test_windows_stay_inside_the_image_and_lose_no_tissue_at_any_edge(rows, columns, scale):
    tissue = np.ones((rows, columns), dtype=bool)
    boxes = region_grid(tissue, scale=scale, settings=GRID)
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2] <= columns).all()
    assert (boxes[:, 3] <= rows).all()
    assert (boxes[:, :2] < boxes[:, 2:]).all()
    covered = shapely.unary_union(shapely.box(*boxes.T))
    assert covered.area == pytest.approx(rows * columns, rel=1e-9)


def test_the_grid_is_a_pure_function():
    tissue = np.random.default_rng(1).random((500, 400)) < 0.7
    before = tissue.copy()
    first = region_grid(tissue, scale=0.8, settings=GRID)
    assert np.array_equal(first, region_grid(tissue, scale=0.8, settings=GRID))
    assert np.array_equal(tissue, before)


# --- IoM ------------------------------------------------------------------------------------------------


def test_iom_divides_by_the_smaller_of_region_and_contour():
    boxes = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [2, 2, 4, 4]], dtype=float)
    # Contour of 20 x 10 = 200: it shares 50, 100 and 4 with regions of 100, 100 and 4.
    contour = Contour.from_points([(5, 0), (25, 0), (25, 10), (5, 10)])
    assert iom(boxes, contour).tolist() == pytest.approx([0.5, 1.0, 0.0])
    # A contour of 4 x 4 = 16 is the smaller one: (0..10)^2 holds 12 of it.
    assert iom(boxes[:1], Contour.from_points([(7, 0), (11, 0), (11, 4), (7, 4)])).tolist() == [0.75]


def test_iom_counts_half_pixels():
    triangle = Contour.from_points([(0, 0), (4, 0), (0, 4)])
    # Within [0, 2]^2 the triangle is the whole square; within [2, 4] x [0, 2] it is half of one.
    boxes = np.array([[0, 0, 2, 2], [2, 0, 4, 2], [2, 2, 4, 4]], dtype=float)
    assert iom(boxes, triangle).tolist() == pytest.approx([1.0, 0.5, 0.0])


def test_holes_and_several_polygons_count():
    ring = Polygon(((0, 0), (10, 0), (10, 10), (0, 10)), holes=(((2, 2), (8, 2), (8, 8), (2, 8)),))
    contour = Contour((ring, Polygon(((20, 0), (22, 0), (22, 2), (20, 2)))))
    assert contour_area(contour) == 100 - 36 + 4
    boxes = np.array([[3, 3, 7, 7], [0, 0, 5, 5], [18, 0, 28, 10]], dtype=float)
    assert iom(boxes, contour).tolist() == pytest.approx([0.0, (25 - 9) / 25, 4 / 68])


def test_the_direction_of_an_outline_does_not_matter():
    points = [(1, 1), (30, 4), (22, 40), (3, 20)]
    boxes = lattice()
    forward, backward = Contour.from_points(points), Contour.from_points(points[::-1])
    assert iom(boxes, forward).tolist() == pytest.approx(iom(boxes, backward).tolist())


@given(points=star_outlines(), dx=st.floats(-8, 8), dy=st.floats(-8, 8))
@settings(max_examples=150, deadline=None)
def test_iom_equals_a_double_loop_of_polygon_overlays(points, dx, dy):
    contour = Contour.from_points(points)
    geometry = shapely_of(contour)
    assume(geometry.is_valid)
    boxes = lattice() + np.array([dx, dy, dx, dy])
    assert iom(boxes, contour) == pytest.approx(naive_iom(boxes, geometry), abs=1e-9)


@given(
    corners=st.lists(st.tuples(st.integers(0, 32), st.integers(0, 32)), min_size=3, max_size=12),
)
@settings(max_examples=150, deadline=None)
def test_iom_is_exact_where_edges_run_along_the_windows(corners):
    geometry = shapely.MultiPoint(corners).convex_hull
    assume(geometry.geom_type == "Polygon")
    contour = Contour.from_points([(4.0 * x, 4.0 * y) for x, y in geometry.exterior.coords])
    boxes = lattice()
    assert iom(boxes, contour) == pytest.approx(naive_iom(boxes, shapely_of(contour)), abs=1e-12)


@given(outer=star_outlines(), inner=star_outlines(), beside=star_outlines())
@settings(max_examples=60, deadline=None)
def test_iom_is_exact_with_holes_and_islands(outer, inner, beside):
    shapes = [shapely.Polygon(points) for points in (outer, inner, beside)]
    assume(all(shape.is_valid for shape in shapes))
    geometry = shapes[0].difference(shapes[1]).union(shapes[2]).buffer(0)
    assume(geometry.area > 1)
    contour = Contour.from_geojson(shapely.geometry.mapping(geometry))
    assert iom(lattice(), contour) == pytest.approx(naive_iom(lattice(), geometry), abs=1e-8)


def test_an_outline_with_very_many_points_takes_the_same_way():
    angles = np.linspace(0, 2 * np.pi, 30_000, endpoint=False)
    circle = Contour.from_points(np.column_stack([64 + 50 * np.cos(angles), 64 + 50 * np.sin(angles)]))
    boxes = np.array([[0, 0, 64, 64], [0, 0, 128, 128]], dtype=float)
    assert iom(boxes, circle).tolist() == pytest.approx([np.pi * 2500 / 4 / 4096, 1.0], rel=1e-6)


# --- region labels --------------------------------------------------------------------------------------


def test_labels_are_m_from_alpha_on_bn_where_nothing_is_shared_and_ignored_between():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [9, 0, 19, 10], [10, 0, 20, 10]], dtype=float)
    # Contour [0, 10] x [0, 5], area 50: shares 50, 45, 5 and 0.
    contour = Contour.from_points([(0, 0), (10, 0), (10, 5), (0, 5)])
    labels = region_labels(boxes, [contour], alpha=0.5, shape=(100, 100))
    assert labels.tolist() == [RegionLabel.M, RegionLabel.M, RegionLabel.IGNORED, RegionLabel.BN]


def test_exactly_alpha_is_m():
    boxes = np.array([[0, 0, 10, 10]], dtype=float)
    assert region_labels(boxes, [square(5, 0, 10)], alpha=0.5, shape=(50, 50)).tolist() == [RegionLabel.M]
    assert region_labels(boxes, [square(5.01, 0, 10)], alpha=0.5, shape=(50, 50)).tolist() == [
        RegionLabel.IGNORED
    ]


def test_the_best_contour_decides():
    boxes = np.array([[0, 0, 10, 10]], dtype=float)
    labels = region_labels(boxes, [square(9, 9, 20), square(2, 2, 3)], alpha=0.5, shape=(50, 50))
    assert labels.tolist() == [RegionLabel.M]


def test_a_contour_is_clipped_to_the_image_before_it_is_compared():
    # Of a 20 x 20 contour only a 2 x 20 strip lies in the image; the region holds half of that strip.
    boxes = np.array([[0, 0, 10, 10]], dtype=float)
    contour = square(-18, 0, 20)
    assert iom(boxes, contour).tolist() == [0.2]
    assert region_labels(boxes, [contour], alpha=0.5, shape=(50, 50)).tolist() == [RegionLabel.M]


def test_no_contour_and_a_contour_outside_the_image_leave_every_region_bn():
    boxes = lattice()
    for contours in ([], [square(500, 500, 20)]):
        labels = region_labels(boxes, contours, alpha=0.5, shape=(128, 128))
        assert labels.dtype == np.int8
        assert (labels == RegionLabel.BN).all()


@given(outlines=st.lists(star_outlines(), min_size=1, max_size=3), alpha=st.sampled_from([0.25, 0.5, 0.8]))
@settings(max_examples=80, deadline=None)
def test_labels_equal_a_naive_double_loop(outlines, alpha):
    contours = [Contour.from_points(points) for points in outlines]
    image = shapely.box(0, 0, 128, 128)
    clipped = [shapely_of(c).buffer(0).intersection(image) for c in contours]
    assume(all(g.area > 1e-3 for g in clipped))
    shares = np.array([naive_iom(lattice(), g) for g in clipped]).max(axis=0)
    assume(np.abs(shares - alpha).min() > 1e-9)
    assume(not ((shares > 0) & (shares < 1e-6)).any())
    expected = np.where(
        shares >= alpha, RegionLabel.M, np.where(shares == 0, RegionLabel.BN, RegionLabel.IGNORED)
    )
    assert region_labels(lattice(), contours, alpha=alpha, shape=(128, 128)).tolist() == expected.tolist()


# --- clipping -------------------------------------------------------------------------------------------


def test_a_contour_inside_the_image_is_kept_as_it_is():
    contour = square(0, 0, 10)
    assert clip_to_image(contour, rows=10, columns=10) is contour


def test_a_contour_over_the_edge_is_cut_at_it():
    clipped = clip_to_image(square(95, 40, 10), rows=100, columns=100)
    assert clipped.bounds == (95, 40, 100, 50)


@pytest.mark.parametrize("far", [1e9, -1e15, 1e300])
def test_a_contour_with_points_no_image_has_is_refused(far):
    near = ((10, 10), (90, 10), (50, 90))
    odd = Contour.from_points([(10, 10), (90, 10), (far, 90)])
    odd_hole = Contour((Polygon(near, (((20, 20), (30, 20), (far, far)),)),))
    for contour in (odd, odd_hole):
        with pytest.raises(UserError, match="far outside any image"):
            clip_to_image(contour, rows=600, columns=400)


def test_any_points_make_a_contour_in_the_image_none_or_a_sentence():
    random = np.random.default_rng(3)
    values = np.array([0, 1, -1, 50, 100, 100.5, 400, 600, 1e-9, 5e-324, 399.9999999999, -70.25, 1e5])
    boxes = np.array([[x, y, x + 224, y + 224] for x in (0, 176) for y in (0, 376)], float)
    found = {"in": 0, "none": 0, "refused": 0}
    for _ in range(2000):
        rings = [
            tuple(map(tuple, random.choice(values, (random.integers(3, 9), 2)).tolist())) for _ in range(3)
        ]
        try:
            clipped = clip_to_image(
                Contour((Polygon(rings[0], (rings[1],)), Polygon(rings[2]))), rows=600, columns=400
            )
        except UserError:
            found["refused"] += 1
            continue
        found["none" if clipped is None else "in"] += 1
        if clipped is not None:
            assert ((iom(boxes, clipped) >= 0) & (iom(boxes, clipped) <= 1 + 1e-9)).all()
    assert found["in"] > 1000


def test_a_contour_outside_the_image_or_on_its_edge_is_none():
    assert clip_to_image(square(200, 200, 10), rows=100, columns=100) is None
    assert clip_to_image(square(100, 0, 10), rows=100, columns=100) is None


def test_a_contour_may_fall_into_two_parts():
    u_shape = Contour.from_points(
        [(0, 90), (0, 110), (50, 110), (50, 90), (40, 90), (40, 105), (10, 105), (10, 90)]
    )
    clipped = clip_to_image(u_shape, rows=100, columns=100)
    assert len(clipped.polygons) == 2
    assert contour_area(clipped) == 2 * 10 * 10


def test_a_crossing_outline_becomes_the_areas_that_it_runs_around():
    bow_tie = Contour.from_points([(0, 0), (10, 10), (10, 0), (0, 10)])
    clipped = clip_to_image(bow_tie, rows=20, columns=20)
    assert shapely_of(clipped).is_valid
    assert contour_area(clipped) == pytest.approx(50)
    assert iom(np.array([[0.0, 0.0, 20.0, 20.0]]), bow_tie).tolist() == pytest.approx([1.0])


def test_an_outline_drawn_around_twice_is_its_area_once():
    angles = np.linspace(0, 4 * np.pi, 100, endpoint=False)
    radius = 20 + 0.2 * np.sin(angles / 2)
    twice = Contour.from_points(np.column_stack([50 + radius * np.cos(angles), 50 + radius * np.sin(angles)]))
    clipped = clip_to_image(twice, rows=100, columns=100)
    assert contour_area(clipped) == pytest.approx(np.pi * 400, rel=0.03)


def test_a_contour_without_area_is_refused_with_a_sentence():
    line = Contour.from_points([(1, 1), (5, 5), (9, 9)])
    with pytest.raises(UserError, match="no area"):
        clip_to_image(line, rows=20, columns=20)
    with pytest.raises(UserError, match="no area"):
        iom(lattice(), line)


@given(points=star_outlines(), rows=st.integers(1, 130), columns=st.integers(1, 130))
@settings(max_examples=80, deadline=None)
def test_a_clipped_contour_is_valid_inside_and_stays_the_same_when_clipped_again(points, rows, columns):
    contour = Contour.from_points(points)
    clipped = clip_to_image(contour, rows=rows, columns=columns)
    exact = shapely_of(contour).buffer(0).intersection(shapely.box(0, 0, columns, rows)).area
    if clipped is None:
        assert exact <= 1e-6
        return
    x0, y0, x1, y1 = clipped.bounds
    assert min(x0, y0) >= 0
    assert x1 <= columns
    assert y1 <= rows
    assert shapely_of(clipped).is_valid
    assert contour_area(clipped) == pytest.approx(exact, abs=1e-6)
    assert clip_to_image(clipped, rows=rows, columns=columns) is clipped
