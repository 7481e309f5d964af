"""Regions to features: the same cells whatever the memory, honest pooling, honest resampling, guarded borders."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.features import (
    crop_bounds,
    cut_window,
    pool_cells,
    region_features,
    to_working_scale,
    working_boxes,
)
from core.recipe import GridSettings, TrunkMode, TrunkSettings
from core.trunks import Trunk, load_trunk

GRID = GridSettings()
BOXES = np.array([[0, 0, 224, 224], [112, 0, 336, 224], [224, 224, 448, 448]], np.float64)


def picture(rows: int, columns: int, *, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).random((rows, columns), dtype=np.float32)
    y, x = np.mgrid[:rows, :columns] / 61.0
    return ((np.sin(y) * np.cos(x) + 1) / 2 * 0.7 + noise * 0.3).astype(np.float32)


@pytest.fixture(scope="module")
def dense() -> Trunk:
    return load_trunk(TrunkSettings(), threads=1)


@pytest.fixture(scope="module")
def windows() -> Trunk:
    return load_trunk(TrunkSettings(mode=TrunkMode.WINDOWS), threads=1)


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


# The dense mode


def test_dense_features_are_the_pooled_cells_of_the_whole_picture(dense):
    image = picture(448, 448)
    features = region_features(dense, image, BOXES, scale=1.0, grid=GRID)
    assert features.shape == (3, 1280)
    assert features.dtype == np.float32
    some = slice(0, 1280, 64)
    wanted = mean_over_half_pixels(dense.whole_map(image)[some], BOXES, stride=32)
    np.testing.assert_allclose(features[:, some], wanted, atol=1e-4)


def test_dense_features_do_not_depend_on_the_height_of_strips(dense, monkeypatch):
    image = picture(448, 448)
    usual = region_features(dense, image, BOXES, scale=1.0, grid=GRID)
    whole = Trunk.whole_map
    monkeypatch.setattr(Trunk, "whole_map", lambda self, grey: whole(self, grey, budget_share=1e-9))
    np.testing.assert_allclose(region_features(dense, image, BOXES, scale=1.0, grid=GRID), usual, atol=1e-4)


@pytest.mark.parametrize("mode", ["dense", "windows"])
def test_features_keep_the_order_of_the_boxes(mode, request):
    trunk = request.getfixturevalue(mode)
    image = picture(448, 448)
    forward = region_features(trunk, image, BOXES, scale=1.0, grid=GRID)
    backward = region_features(trunk, image, BOXES[::-1], scale=1.0, grid=GRID)
    np.testing.assert_allclose(forward, backward[::-1], atol=1e-4)


def test_what_lies_far_outside_the_regions_changes_nothing(dense):
    image = picture(700, 700)
    changed = image.copy()
    changed[:, 400:] = 1 - changed[:, 400:]
    one = BOXES[:1]
    np.testing.assert_array_equal(
        region_features(dense, image, one, scale=1.0, grid=GRID),
        region_features(dense, changed, one, scale=1.0, grid=GRID),
    )


@pytest.mark.parametrize(
    ("box", "bounds"),
    [
        ((0, 0, 224, 224), (0, 0, 288, 288)),
        ((500, 300, 724, 524), (416, 224, 800, 608)),
        ((776, 676, 1000, 900), (704, 608, 1024, 928)),
    ],
)
def test_the_crop_is_the_regions_and_a_margin_on_the_grid_of_32(box, bounds):
    assert crop_bounds(np.array([box], np.float64), rows=900, columns=1000) == bounds


def test_an_image_smaller_than_anything_still_has_features(dense, windows):
    box = np.array([[0.0, 0.0, 1.0, 1.0]])
    for trunk in (dense, windows):
        features = region_features(trunk, np.full((1, 1), 0.5, np.float32), box, scale=1.0, grid=GRID)
        assert features.shape == (1, 1280)
        assert np.isfinite(features).all()


def mean_over_half_pixels(cells: np.ndarray, boxes: np.ndarray, *, stride: int) -> np.ndarray:
    """Slow oracle for pool_cells: paint every cell on a canvas of half pixels and take plain means, in float64."""
    shift = stride - 1  # (stride - 1) / 2 pixels
    d, h, w = cells.shape
    y = np.clip((np.arange(2 * stride * h) - shift) // (2 * stride), 0, h - 1)
    x = np.clip((np.arange(2 * stride * w) - shift) // (2 * stride), 0, w - 1)
    means = []
    for x0, y0, x1, y1 in (2 * boxes).astype(int):
        patch = cells[:, y[y0:y1]][:, :, x[x0:x1]].astype(np.float64)
        means.append(patch.reshape(d, -1).mean(axis=1))
    return np.array(means)


@pytest.mark.parametrize("stride", [16, 32])
def test_pooling_is_the_mean_over_the_area_of_the_box(stride):
    generator = np.random.default_rng(0)
    cells = generator.normal(size=(3, 7, 9)).astype(np.float32)
    corners = np.sort(generator.integers(0, 2 * 7 * stride, size=(40, 2, 2)), axis=1) / 2
    corners[:, 1] += 0.5
    boxes = np.minimum(corners.reshape(40, 4), 7 * stride)
    boxes = boxes[(boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])]
    pooled = pool_cells(cells, boxes, stride=stride)
    np.testing.assert_allclose(pooled, mean_over_half_pixels(cells, boxes, stride=stride), atol=1e-5)


def test_a_cell_stands_for_the_pixels_around_the_centre_of_what_it_sees(dense):
    """The centre of mass of the pixels that move a cell lies in the middle of the area that pooling gives it."""
    import torch

    from core.trunks.lite0 import find_weights, load_lite0, read_weights

    network = load_lite0(read_weights(find_weights()))
    kernels = [
        unit.kernel for unit in network.modules() if hasattr(unit, "has_activation") and unit.kernel > 1
    ]
    strides = [
        unit.stride for unit in network.modules() if hasattr(unit, "has_activation") and unit.kernel > 1
    ]
    x = torch.ones(1, 1, 1, 2048, requires_grad=True, dtype=torch.float64)
    y = x
    for kernel, stride in zip(kernels, strides, strict=True):
        before = (kernel - stride) // 2 if stride == 2 else kernel // 2
        padded = torch.nn.functional.pad(y, (before, kernel - stride - before if stride == 2 else before))
        weight = torch.ones(1, 1, 1, kernel, dtype=torch.float64) / kernel
        y = torch.nn.functional.conv2d(padded, weight, stride=(1, stride))
    cell = 30
    y[0, 0, 0, cell].backward()
    seen = x.grad[0, 0, 0].numpy()
    centre = (seen * (np.arange(2048) + 0.5)).sum() / seen.sum()
    edge = 32 * cell + 15.5
    assert centre == pytest.approx(edge + 16)
    both = np.array([[edge, 0, edge + 32, 1], [edge - 32, 0, edge, 1]])
    weights = pool_cells(np.eye(64, dtype=np.float32).reshape(64, 1, 64), both, stride=32)
    assert weights.argmax(axis=1).tolist() == [cell, cell - 1]
    assert weights.max(axis=1).tolist() == [1.0, 1.0]


# The windows mode


def test_a_window_feature_is_the_mean_over_the_window_by_itself(windows):
    image = picture(448, 448)
    features = region_features(windows, image, BOXES, scale=1.0, grid=GRID)
    alone = windows.whole_map(np.ascontiguousarray(image[:224, 112:336])).mean(axis=(1, 2))
    np.testing.assert_allclose(features[1], alone, atol=1e-4)


def test_the_two_modes_give_different_features_under_different_keys(dense, windows):
    image = picture(448, 448)
    both = [region_features(trunk, image, BOXES, scale=1.0, grid=GRID) for trunk in (dense, windows)]
    assert (cosine(*both) < 0.98).any()
    assert dense.key != windows.key


@pytest.mark.parametrize(
    ("box", "start"),
    [((10.4, 20.6, 234.4, 244.6), (10, 21)), ((300, 300, 310, 310), (193, 193)), ((0, 0, 3, 3), (0, 0))],
)
def test_a_window_is_cut_at_whole_pixels_about_the_box_and_within_the_image(box, start):
    image = picture(450, 460)
    x, y = start
    window = cut_window(image, np.array(box, np.float64), window=224)
    np.testing.assert_array_equal(window, image[y : y + 224, x : x + 224])


def test_a_window_beyond_a_small_image_repeats_its_last_pixels():
    image = picture(100, 240)
    window = cut_window(image, np.array([0.0, 0.0, 224.0, 100.0]), window=224)
    np.testing.assert_array_equal(window[:100], image[:, :224])
    np.testing.assert_array_equal(window[100:], np.repeat(image[99:, :224], 124, axis=0))


def test_a_region_larger_than_the_window_is_refused(windows):
    with pytest.raises(ValueError, match="larger than a window"):
        region_features(windows, picture(448, 448), BOXES, scale=1.2, grid=GRID)


# Working scale


@pytest.mark.parametrize("scale", [0.3, 0.714, 1.4])
def test_resampling_is_that_of_pillow(scale):
    image = picture(301, 200)
    working = to_working_scale(image, scale)
    assert working.shape == (round(301 * scale), round(200 * scale))
    oracle = Image.fromarray(image).resize(working.shape[::-1], Image.Resampling.BILINEAR)
    np.testing.assert_allclose(working, np.asarray(oracle), atol=1e-5)


def test_resampling_keeps_the_range():
    checker = (np.indices((90, 90)).sum(axis=0) % 2).astype(np.float32)
    for scale in (0.37, 0.5, 1.9):
        working = to_working_scale(checker, scale)
        assert 0 <= working.min() <= working.max() <= 1


def test_a_scale_next_to_one_leaves_the_pixels_alone():
    image = picture(64, 64)
    assert to_working_scale(image, 1.0009) is image


def test_boxes_follow_the_size_that_the_image_really_got():
    boxes = working_boxes(np.array([[0, 0, 200, 301.0]]), image_shape=(301, 200), working_shape=(215, 143))
    np.testing.assert_allclose(boxes, [[0, 0, 143, 215]])


def test_features_of_an_enlarged_image_at_half_scale_are_close_to_those_of_the_image(dense, windows):
    """Doubling every pixel and halving the working scale is nearly the identity."""
    y, x = np.mgrid[:320, :320] / 40.0
    image = ((np.sin(y) * np.cos(x) + 1) / 2).astype(np.float32)
    doubled = image.repeat(2, axis=0).repeat(2, axis=1)
    box = np.array([[48, 32, 272, 256.0]])
    for trunk in (dense, windows):
        plain = region_features(trunk, image, box, scale=1.0, grid=GRID)
        halved = region_features(trunk, doubled, 2 * box, scale=0.5, grid=GRID)
        assert cosine(plain, halved).min() > 0.98


def test_an_image_that_may_not_be_written_to_is_taken(dense):
    image = picture(230, 230)
    image.setflags(write=False)
    for scale in (1.0, 0.5):
        assert np.isfinite(region_features(dense, image, BOXES[:1], scale=scale, grid=GRID)).all()


# Guards


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.01, 1.01, 255.0])
def test_an_image_with_a_value_outside_its_range_is_refused(dense, value):
    image = picture(448, 448)
    image[400, 3] = value
    with pytest.raises(ValueError, match="value"):
        region_features(dense, image, BOXES, scale=1.0, grid=GRID)


@pytest.mark.parametrize(
    ("boxes", "reason"),
    [
        (np.empty((0, 4)), "no regions"),
        (np.zeros((2, 3)), "not a list of boxes"),
        (np.array([[5, 5, 5, 9.0]]), "no area"),
        (np.array([[np.nan, 0, 5, 9.0]]), "no area"),
        (np.array([[-1, 0, 223, 224.0]]), "outside the image"),
        (np.array([[300, 0, 449, 224.0]]), "outside the image"),
    ],
)
def test_boxes_without_sense_are_refused(dense, boxes, reason):
    with pytest.raises(ValueError, match=reason):
        region_features(dense, picture(448, 448), boxes, scale=1.0, grid=GRID)


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf])
def test_a_scale_without_sense_is_refused(dense, scale):
    with pytest.raises(ValueError, match="not a scale"):
        region_features(dense, picture(448, 448), BOXES, scale=scale, grid=GRID)


@pytest.mark.parametrize("image", [np.zeros((3, 4, 5), np.float32), np.zeros((0, 4), np.float32)])
def test_something_that_is_no_picture_is_refused(dense, image):
    with pytest.raises(ValueError, match="not a picture"):
        region_features(dense, image, BOXES, scale=1.0, grid=GRID)
