from __future__ import annotations

import numpy as np
import pytest

from app.viewer.background_level import background_level


def breast(*, air: float, noise: float) -> np.ndarray:
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[0:800, 0:600]
    inside = (columns / 380.0) ** 2 + ((rows - 400) / 330.0) ** 2 < 1
    values = np.where(inside, rng.normal(2200, 200, inside.shape), rng.normal(air, noise, inside.shape))
    return np.clip(values, 0, 65535).astype(np.uint16), inside


@pytest.mark.parametrize(("air", "noise"), [(0, 0), (60, 8), (300, 25)])
def test_air_is_below_the_level_and_tissue_above_it(air, noise):
    stored, inside = breast(air=air, noise=noise)
    level = background_level(stored, high_is_dark=False)
    assert np.mean(stored[~inside] <= level) > 0.999
    assert np.mean(stored[inside] <= level) < 0.001


def test_in_a_file_that_stores_dark_as_high_air_is_above_the_level():
    stored, inside = breast(air=60, noise=8)
    level = background_level(4095 - stored, high_is_dark=True)
    assert np.mean(4095 - stored[~inside] >= level) > 0.999
    assert np.mean(4095 - stored[inside] >= level) < 0.001


def test_a_bright_label_at_the_border_is_not_air():
    stored, _inside = breast(air=60, noise=8)
    stored[:60, 500:590] = 4000
    assert background_level(stored, high_is_dark=False) < 200


def test_an_image_of_nothing_but_tissue_has_no_air():
    stored = np.random.default_rng(0).normal(2200, 200, (300, 300)).astype(np.uint16)
    assert background_level(stored, high_is_dark=False) is None
    assert background_level(np.full((50, 50), 7, np.uint16), high_is_dark=False) is None
