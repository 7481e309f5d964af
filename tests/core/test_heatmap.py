"""The map against a pixel-by-pixel one, and boxes that do not cover one another."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.heatmap import HeatmapPart, heatmap, region_values, top_boxes
from core.prediction import Prediction


def pixel_oracle(boxes, scores, *, rows, columns, cells):
    """Mean over the covering windows by painting pixels; whole-pixel boxes, cells of whole pixels."""
    total, weight = np.zeros((rows, columns)), np.zeros((rows, columns))
    for (x0, y0, x1, y1), score in zip(boxes, scores, strict=True):
        total[y0:y1, x0:x1] += score
        weight[y0:y1, x0:x1] += 1
    size = max(rows, columns) // cells
    shape = (rows // size, size, columns // size, size)
    total, weight = (a.reshape(shape).sum(axis=(1, 3)) for a in (total, weight))
    return np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_the_map_equals_one_painted_pixel_by_pixel(seed):
    rng = np.random.default_rng(seed)
    corner = rng.integers(0, 20, (6, 2))
    boxes = np.hstack([corner, corner + rng.integers(1, 12, (6, 2))])
    scores = rng.random(6)
    got = heatmap(boxes, scores, rows=32, columns=48, cells_long_side=12, maximum=1.0)
    np.testing.assert_allclose(got, pixel_oracle(boxes, scores, rows=32, columns=48, cells=12), atol=1e-6)


def test_a_map_has_the_shape_of_its_image():
    assert heatmap([[0, 0, 9, 9]], [1.0], rows=3000, columns=1500).shape == (64, 32)
    assert heatmap([[0, 0, 9, 9]], [1.0], rows=10, columns=3000).shape == (1, 64)


def test_alone_a_map_uses_the_whole_range_and_with_a_common_maximum_maps_can_be_compared():
    boxes = [[0, 0, 10, 10], [10, 0, 20, 10]]
    alone = heatmap(boxes, [0.1, 0.2], rows=10, columns=20, cells_long_side=2)
    common = heatmap(boxes, [0.1, 0.2], rows=10, columns=20, cells_long_side=2, maximum=0.4)
    np.testing.assert_allclose(alone, [[0.5, 1.0]])
    np.testing.assert_allclose(common, [[0.25, 0.5]])
    above = heatmap(boxes, [0.1, 0.9], rows=10, columns=20, cells_long_side=2, maximum=0.4)
    assert above.max() == 1.0


def test_scores_of_zero_and_no_regions_give_an_empty_map():
    assert not heatmap([[0, 0, 5, 5]], [0.0], rows=10, columns=10).any()
    assert not heatmap(np.zeros((0, 4)), [], rows=10, columns=10).any()


def test_a_score_that_is_not_a_number_is_refused():
    with pytest.raises(ValueError, match="finite"):
        heatmap([[0, 0, 5, 5]], [np.nan], rows=10, columns=10)


def grid(columns, rows):
    return np.array(
        [[112 * c, 112 * r, 112 * c + 224, 112 * r + 224] for r in range(rows) for c in range(columns)], float
    )


def test_the_best_boxes_come_first_and_neighbours_by_half_a_window_are_left_out():
    boxes, scores = grid(4, 1), [0.4, 0.5, 0.3, 0.1]
    assert top_boxes(boxes, scores, 3) == [1, 3]
    assert top_boxes(boxes, scores, 1) == [1]
    assert top_boxes(boxes, scores, 3, max_iom=0.6) == [1, 0, 2]


def test_a_box_with_score_zero_is_never_shown():
    assert top_boxes(grid(6, 1), [0, 0, 0.2, 0, 0, 0], 3) == [2]
    assert top_boxes(np.zeros((0, 4)), [], 3) == []


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 8))
def test_chosen_boxes_overlap_less_than_allowed_and_nothing_better_was_left_out_without_reason(seed, k):
    rng = np.random.default_rng(seed)
    boxes, scores = grid(5, 4), rng.integers(0, 6, 20) / 6
    chosen = top_boxes(boxes, scores, k)

    def overlap(a, b):
        width = min(boxes[a][2], boxes[b][2]) - max(boxes[a][0], boxes[b][0])
        height = min(boxes[a][3], boxes[b][3]) - max(boxes[a][1], boxes[b][1])
        return max(width, 0) * max(height, 0) / 224**2

    assert all(overlap(a, b) < 0.5 for a in chosen for b in chosen if a != b)
    assert sorted(scores[chosen], reverse=True) == list(scores[chosen])
    if len(chosen) < k:
        for other in set(range(20)) - set(chosen):
            assert scores[other] == 0 or any(overlap(other, c) >= 0.5 for c in chosen)


def test_parts_of_a_score_multiply_to_it_and_the_selection_is_where_it_is_not_zero():
    rng = np.random.default_rng(4)
    cls = rng.dirichlet((1, 1, 1), 30).astype(np.float32)
    det = rng.dirichlet(np.ones(30), 2).T * (rng.random((30, 2)) < 0.3)
    score = (cls[:, 1:] * det).astype(np.float32)
    prediction = Prediction(score.sum(axis=0).astype(float), cls, score)
    for column in (0, 1):
        parts = {part: region_values(prediction, column, part) for part in HeatmapPart}
        assert parts[HeatmapPart.SCORE] == pytest.approx(score[:, column])
        assert parts[HeatmapPart.CLASSIFICATION] == pytest.approx(cls[:, column + 1])
        assert parts[HeatmapPart.DETECTION] == pytest.approx(det[:, column], abs=1e-5)
        assert np.array_equal(parts[HeatmapPart.SELECTION] == 1, det[:, column] > 0)


def test_where_the_class_probability_is_zero_there_is_no_detection():
    cls = np.array([[1, 0, 0]], np.float32)
    prediction = Prediction(np.zeros(2), cls, np.zeros((1, 2), np.float32))
    assert region_values(prediction, 1, HeatmapPart.DETECTION) == 0
