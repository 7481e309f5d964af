"""The benchmark of features gives numbers, each with a name and a unit."""

from __future__ import annotations

import math

from core.features_bench import every_window, measure
from core.recipe import GridSettings


def test_every_figure_has_a_name_a_positive_number_and_a_unit():
    rows = list(measure(threads=1, rounds=1, rows=256, columns=224, cases=(("onnxruntime", "dense"),)))
    assert len({name for name, _, _ in rows}) == len(rows) >= 4
    assert {unit for _, _, unit in rows} <= {"s", "ms", "MB"}
    assert all(math.isfinite(value) and value > 0 for _, value, _ in rows)


def test_every_window_of_an_image_reaches_its_far_edges():
    boxes = every_window(500, 224, grid=GridSettings())
    assert boxes.tolist() == [[0, y, 224, y + 224] for y in (0, 112, 224, 276)]
