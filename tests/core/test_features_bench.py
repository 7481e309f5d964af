"""The benchmark of features gives numbers, each with a name and a unit."""

from __future__ import annotations

import math

import pytest

from core.features_bench import PUBLISHED, every_window, measure, ratios
from core.recipe import GridSettings


def test_every_figure_has_a_name_a_positive_number_and_a_unit():
    rows = list(measure(threads=1, rounds=1, rows=256, columns=224, cases=(("onnxruntime", "dense"),)))
    assert len({name for name, _, _ in rows}) == len(rows) >= 4
    assert {unit for _, _, unit in rows} <= {"s", "ms", "MB"}
    assert all(math.isfinite(value) and value > 0 for _, value, _ in rows)


def test_every_window_of_an_image_reaches_its_far_edges():
    boxes = every_window(500, 224, grid=GridSettings())
    assert boxes.tolist() == [[0, y, 224, y + 224] for y in (0, 112, 224, 276)]


@pytest.mark.parametrize(
    ("case", "bar"),
    [
        (("efficientnet-lite0", "torch", PUBLISHED, 4.0), 4.0),
        (("efficientnet-lite0", "torch", "windows", None), None),
    ],
)
def test_one_pass_is_compared_with_window_by_window(case, bar):
    (figure,) = ratios(rounds=1, rows=224, columns=224, cases=(case,))
    assert figure.at_least == bar
    assert figure.value > 0
    assert case[0] in figure.name
    assert case[2] in figure.name
