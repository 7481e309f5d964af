"""Images and contours turn together: exactly by multiples of 90 degrees, and to rounding by 45."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import draw

from core.augmentation import (
    ANGLES,
    IDENTITY,
    SHIFTS,
    Flip,
    Variant,
    apply,
    augmented,
    paper_set,
    placement,
    shift_pixels,
    stride_of,
    turn,
    variant_labels,
    variants_of,
)
from core.domain import Contour, Label, Polygon, RegionLabel
from core.recipe import Augmentation, GridSettings, Recipe
from core.regions import contour_area, region_grid, region_labels

VARIANTS = st.builds(Variant, st.sampled_from(ANGLES), st.sampled_from(Flip), st.integers(0, SHIFTS - 1))
SHAPES = st.tuples(st.integers(2, 60), st.integers(2, 60))
SMALL = GridSettings(window=32, stride=14)
STRIDE = 14.0


def picture(shape, *, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random(shape, dtype=np.float32), rng.random(shape) < 0.6


def geometry(contour):
    return shapely.multipolygons(
        [
            shapely.polygons(p.exterior, holes=[shapely.linearrings(h) for h in p.holes] or None)
            for p in contour.polygons
        ]
    )


def ellipse(centre, axes, *, points=180):
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return Contour.from_points(np.column_stack([np.cos(angles), np.sin(angles)]) * axes + centre)


def raster(contour, shape):
    """(rows, columns), which pixel centres lie inside; scikit-image's own rule, not ours."""
    inside = np.zeros(shape, bool)
    for polygon in contour.polygons:
        x, y = np.array(polygon.exterior).T
        inside |= draw.polygon2mask(shape, np.column_stack([y - 0.5, x - 0.5]))
    return inside


@given(st.sampled_from([0, 90, 180, 270]), st.sampled_from(Flip), SHAPES)
def test_by_multiples_of_90_degrees_a_variant_is_numpys_flip_and_rot90(angle, flip, shape):
    image, tissue = picture(shape)
    mirror = {Flip.NONE: lambda a: a, Flip.LR: np.fliplr, Flip.UD: np.flipud}[flip]
    turned, mask = apply(Variant(angle, flip), image, tissue, stride=STRIDE)
    np.testing.assert_array_equal(turned, np.rot90(mirror(image), angle // 90))
    np.testing.assert_array_equal(mask, np.rot90(mirror(tissue), angle // 90))


@given(VARIANTS, SHAPES)
def test_a_shift_puts_background_to_the_left_and_above_and_nothing_else(variant, shape):
    image, tissue = picture(shape)
    right, down = shift_pixels(variant, stride=STRIDE)
    moved, mask = apply(variant, image, tissue, stride=STRIDE)
    still, still_mask = apply(replace(variant, shift=0), image, tissue, stride=STRIDE)
    np.testing.assert_allclose(moved[down:, right:], still, atol=1e-6)
    np.testing.assert_array_equal(mask[down:, right:], still_mask)
    assert not mask[:down].any()
    assert not mask[:, :right].any()
    assert moved[: max(down - 1, 0)].sum() + moved[:, : max(right - 1, 0)].sum() == 0


@pytest.mark.parametrize("angle", [45, 135, 225, 315])
@pytest.mark.parametrize("flip", Flip)
def test_by_45_degrees_a_pixel_is_interpolated_linearly_where_the_map_says(angle, flip):
    image, tissue = picture((23, 31))
    variant = Variant(angle, flip)
    placed = placement(variant, shape=image.shape, stride=STRIDE)
    padded = np.pad(image.astype(np.float64), 2)
    forward = np.vstack([placed.matrix, [0, 0, 1]])
    expected = np.zeros(placed.shape)
    for row, column in itertools.product(*map(range, placed.shape)):
        x, y, _ = np.linalg.solve(forward, [column + 0.5, row + 0.5, 1.0])
        c, r = x - 0.5 + 2, y - 0.5 + 2
        if not (0 <= c < padded.shape[1] - 1 and 0 <= r < padded.shape[0] - 1):
            continue
        c0, r0 = int(c), int(r)
        fc, fr = c - c0, r - r0
        top = padded[r0, c0] * (1 - fc) + padded[r0, c0 + 1] * fc
        expected[row, column] = (
            top * (1 - fr) + (padded[r0 + 1, c0] * (1 - fc) + padded[r0 + 1, c0 + 1] * fc) * fr
        )
    np.testing.assert_allclose(apply(variant, image, tissue, stride=STRIDE)[0], expected, atol=1e-5)


@given(VARIANTS, SHAPES)
def test_a_variant_stays_in_0_to_1_and_keeps_every_pixel_in_the_canvas(variant, shape):
    image, tissue = picture(shape)
    turned, mask = apply(variant, image, tissue, stride=STRIDE)
    placed = placement(variant, shape=shape, stride=STRIDE)
    assert turned.dtype == np.float32
    assert turned.shape == mask.shape == placed.shape
    assert 0.0 <= turned.min() <= turned.max() <= 1.0
    corners = placed.points(np.array([[0, 0], [shape[1], 0], [shape[1], shape[0]], [0, shape[0]]]))
    assert (corners >= -1e-9).all()
    assert (corners <= np.array(placed.shape[::-1]) + 1e-9).all()


@given(VARIANTS)
def test_tissue_keeps_its_area_and_the_picture_its_brightness(variant):
    y, x = np.mgrid[:150, :110]
    tissue = (x / 90) ** 2 + ((y - 75) / 60) ** 2 < 1
    image = np.where(tissue, 0.5 + 0.3 * np.cos(x / 9), 0.0).astype(np.float32)
    turned, mask = apply(variant, image, tissue, stride=STRIDE)
    assert mask.sum() == pytest.approx(tissue.sum(), rel=0.01)
    assert turned.sum(dtype=np.float64) == pytest.approx(image.sum(dtype=np.float64), rel=0.01)


@given(VARIANTS, st.floats(0.2, 0.8), st.floats(0.2, 0.8), st.floats(15, 30), st.floats(15, 30))
@settings(max_examples=40, deadline=None)
def test_a_lesion_in_the_picture_and_its_contour_stay_on_each_other(variant, x, y, a, b):
    shape = (200, 160)
    lesion = ellipse((x * shape[1], y * shape[0]), (a, b))
    drawn = raster(lesion, shape)
    turned, mask = apply(variant, drawn.astype(np.float32), drawn, stride=STRIDE)
    where = raster(turn(variant, lesion, shape=shape, stride=STRIDE), turned.shape)
    for found in (turned > 0.5, mask):
        assert (found & where).sum() / (found | where).sum() > 0.93


@given(VARIANTS, SHAPES)
def test_a_turned_contour_has_the_area_holes_and_shape_of_the_contour(variant, shape):
    outline = ellipse((20, 25), (9, 5)).polygons[0].exterior
    hole = tuple(reversed(ellipse((20, 25), (4, 2)).polygons[0].exterior))
    contour = Contour((Polygon(outline, (hole,)), ellipse((45, 12), (3, 3)).polygons[0]))
    turned = turn(variant, contour, shape=shape, stride=STRIDE)
    assert contour_area(turned) == pytest.approx(contour_area(contour), rel=1e-9)
    assert geometry(turned).length == pytest.approx(geometry(contour).length, rel=1e-9)


@given(VARIANTS, SHAPES)
def test_the_map_back_takes_every_point_to_where_it_was(variant, shape):
    points = np.random.default_rng(0).uniform(0, 60, (20, 2))
    placed = placement(variant, shape=shape, stride=STRIDE)
    back = np.linalg.inv(np.vstack([placed.matrix, [0, 0, 1]]))
    returned = placed.points(points) @ back[:2, :2].T + back[:2, 2]
    np.testing.assert_allclose(returned, points, atol=1e-9)


@given(st.sampled_from([Flip.LR, Flip.UD]), SHAPES)
def test_mirrored_twice_is_the_image_itself(flip, shape):
    image, tissue = picture(shape)
    variant = Variant(0, flip)
    twice = apply(variant, *apply(variant, image, tissue, stride=STRIDE), stride=STRIDE)
    np.testing.assert_array_equal(twice[0], image)
    np.testing.assert_array_equal(twice[1], tissue)
    contour = ellipse((20, 25), (9, 5))
    there = turn(variant, turn(variant, contour, shape=shape, stride=STRIDE), shape=shape, stride=STRIDE)
    assert geometry(there).symmetric_difference(geometry(contour)).area == pytest.approx(0, abs=1e-9)


@given(st.sampled_from([90, 180, 270]), SHAPES)
def test_turned_there_and_back_is_the_image_itself(angle, shape):
    image, tissue = picture(shape)
    there = apply(Variant(angle), image, tissue, stride=STRIDE)
    back = apply(Variant(360 - angle), *there, stride=STRIDE)
    np.testing.assert_array_equal(back[0], image)


def test_counterclockwise_is_counterclockwise_on_the_screen():
    right_middle = Contour.from_points([(99, 49), (100, 49), (100, 51), (99, 51)])
    x0, y0, x1, y1 = turn(Variant(90), right_middle, shape=(100, 100), stride=STRIDE).bounds
    assert (x0, y0, x1, y1) == pytest.approx((49, 0, 51, 1))
    corner = turn(Variant(45), right_middle, shape=(100, 100), stride=STRIDE).bounds
    assert corner[0] > 71
    assert corner[3] < 71


@given(VARIANTS, st.floats(0, 360))
@settings(deadline=None)
def test_labels_of_a_variant_are_those_of_shapely_in_its_frame(variant, direction):
    """One window as large as the picture, and the grid: both against shapely's own areas."""
    shape = (120, 90)
    centre = np.array([45, 60]) + 15 * np.array([math.cos(direction), math.sin(direction)])
    lesion = ellipse(centre, (14, 9))
    _, tissue = apply(variant, np.ones(shape, np.float32), np.ones(shape, bool), stride=STRIDE)
    boxes = region_grid(tissue, scale=1.0, settings=SMALL)
    whole = np.array([[0.0, 0.0, tissue.shape[1], tissue.shape[0]]])
    boxes = np.vstack([boxes, whole])
    found = variant_labels(variant, boxes, [lesion], shape=shape, stride=STRIDE, alpha=0.5)
    turned = geometry(turn(variant, lesion, shape=shape, stride=STRIDE))
    for box, label in zip(boxes, found, strict=True):
        window = shapely.box(*box)
        share = window.intersection(turned).area / min(window.area, turned.area)
        if abs(share - 0.5) > 1e-6 and not 0 < share < 1e-6:
            expected = RegionLabel.M if share > 0.5 else RegionLabel.IGNORED if share > 0 else RegionLabel.BN
            assert label == expected
    assert found[-1] == RegionLabel.M


@given(VARIANTS)
def test_a_window_as_large_as_the_image_has_the_same_label_in_every_variant(variant):
    shape = (90, 90)
    lesion, outside = ellipse((30, 40), (8, 12)), ellipse((200, 40), (8, 12))
    shown, _ = apply(variant, np.ones(shape, np.float32), np.ones(shape, bool), stride=STRIDE)
    for contours in ([lesion], [outside], [outside, lesion], []):
        here = region_labels(np.array([[0.0, 0.0, 90.0, 90.0]]), contours, alpha=0.5, shape=shape)
        box = np.array([[0.0, 0.0, *shown.shape[::-1]]])
        there = variant_labels(variant, box, contours, shape=shape, stride=STRIDE, alpha=0.5)
        assert there.tolist() == here.tolist()


def test_what_of_a_contour_lies_outside_the_image_touches_no_background_of_a_variant():
    shape, variant = (100, 100), Variant(0, Flip.NONE, 3)
    half_outside = Contour.from_points([(-20, 40), (20, 40), (20, 60), (-20, 60)])
    right, _ = shift_pixels(variant, stride=50.0)
    boxes = np.array([[0.0, 0.0, right, 100.0], [right, 0.0, right + 100.0, 100.0]])
    labels = variant_labels(variant, boxes, [half_outside], shape=shape, stride=50.0, alpha=0.5)
    assert labels.tolist() == [RegionLabel.BN, RegionLabel.M]


def test_the_papers_set_holds_every_combination_once_and_not_the_image_itself():
    keys = {v.key for v in paper_set()}
    assert len(paper_set()) == len(keys) == 16 * 7 - 1
    assert IDENTITY not in paper_set()
    image, tissue = picture((9, 14))
    seen = {apply(v, image, tissue, stride=STRIDE)[0].tobytes() for v in (IDENTITY, *paper_set())}
    assert len(seen) == 112
    for angle, flip, shift in itertools.product(ANGLES, Flip, range(SHIFTS)):
        assert apply(Variant(angle, flip, shift), image, tissue, stride=STRIDE)[0].tobytes() in seen


def test_places_of_the_grid_are_whole_multiples_of_16_and_far_from_each_other():
    stride = stride_of(GridSettings(), scale=1.0)
    places = [shift_pixels(Variant(0, Flip.NONE, shift), stride=stride) for shift in range(SHIFTS)]
    assert places == [(0, 0), (16, 48), (32, 96), (48, 32), (64, 80), (80, 16), (96, 64)]
    for one, other in itertools.combinations(places, 2):
        gaps = [abs(a - b) for a, b in zip(one, other, strict=True)]
        distance = math.hypot(*(min(gap, 112 - gap) for gap in gaps))
        assert distance >= math.sqrt(5) * 16 - 1e-9


def test_shifts_follow_the_stride_in_the_images_own_pixels():
    stride = stride_of(GridSettings(), scale=0.5)
    assert shift_pixels(Variant(0, Flip.NONE, 1), stride=stride) == (32, 96)


def test_a_sample_is_the_same_again_without_repeats_and_begins_every_larger_one():
    whole = variants_of("ab" * 32, 111)
    assert sorted(whole) == sorted(paper_set())
    for count in (0, 1, 8, 50):
        assert variants_of("ab" * 32, count) == whole[:count]
    assert variants_of("cd" * 32, 8) != whole[:8]
    assert [v.key for v in variants_of("0" * 64, 3)] == [v.key for v in variants_of("0" * 64, 3)]
    with pytest.raises(ValueError, match="0 to 111"):
        variants_of("ab" * 32, 112)


def test_over_many_images_every_variant_is_drawn_about_equally_often():
    counts = dict.fromkeys(paper_set(), 0)
    for number in range(600):
        for variant in variants_of(f"{number:064x}", 6):
            counts[variant] += 1
    mean = 600 * 6 / 111
    assert max(abs(count - mean) for count in counts.values()) < 5 * math.sqrt(mean)


@pytest.mark.parametrize(
    "wrong", [{"angle": 30}, {"angle": 360}, {"shift": 7}, {"shift": -1}, {"flip": "lr "}]
)
def test_what_is_no_variant_is_refused(wrong):
    with pytest.raises(ValueError, match="not a variant"):
        Variant(**wrong)


N, B, M, MB = Label.NORMAL, Label.BENIGN, Label.MALIGNANT, Label.BOTH


@pytest.mark.parametrize(
    ("how", "labels", "expected"),
    [
        (Augmentation.NONE, [N, M], [False, False]),
        (Augmentation.ALL, [N, None, MB], [True, False, True]),
        (Augmentation.RARE, [N, B, M, None], [False, False, True, False]),
        (Augmentation.RARE, [N, MB, M, None], [True, False, False, False]),
        (Augmentation.RARE, [N, M], [False, True]),
        (Augmentation.RARE, [], []),
    ],
)
def test_only_the_images_that_the_recipe_says_have_variants(how, labels, expected):
    assert augmented(labels, Recipe(augmentation=how, variants=4)) == expected


def test_a_recipe_with_no_variants_augments_nothing():
    assert augmented([M], Recipe(augmentation=Augmentation.ALL, variants=0)) == [False]
