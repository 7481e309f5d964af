from __future__ import annotations

import math

import numpy as np
import pytest

from app.viewer.pyramid import Pyramid


def image(rows: int, columns: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 65536, (rows, columns), dtype=np.uint16)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_each_level_is_the_mean_of_its_blocks_at_full_bit_depth(depth):
    stored = image(2048, 1536)
    side = 2**depth
    exact = stored.astype(np.float64).reshape(2048 // side, side, 1536 // side, side).mean(axis=(1, 3))
    assert np.abs(Pyramid(stored).level(depth) - exact).max() <= 0.5 * depth + 1e-9


def test_an_odd_edge_is_kept():
    stored = image(301, 203)
    half = Pyramid(stored).level(1)
    assert half.shape == (151, 102)
    assert half[-1, -1] == stored[-1, -1]
    assert half[0, -1] == round(stored[0:2, -1].mean() + 1e-9)


@pytest.mark.parametrize("zoom", [0.9, 0.71, 0.5, 0.37, 0.3, 0.13])
def test_a_single_bright_pixel_never_vanishes_below_1_to_1(zoom):
    brightest = []
    for shift in range(6):
        stored = np.zeros((600, 500), np.uint16)
        stored[300 + shift, 250 + 2 * shift] = 60000
        shown = Pyramid(stored).resampled(zoom=zoom, x0=0, y0=0, x1=int(500 * zoom), y1=int(600 * zoom))
        brightest.append(int(shown.max()))
    assert min(brightest) > 0.2 * 60000 * zoom**2


@pytest.mark.parametrize("zoom", [0.9, 0.5, 0.37, 0.2])
def test_a_ramp_stays_where_it_is_when_shrunk(zoom):
    stored = np.tile(np.arange(1000, dtype=np.uint16) * 50, (700, 1))
    shown = Pyramid(stored).resampled(zoom=zoom, x0=20, y0=10, x1=120, y1=100)
    expected = ((np.arange(20, 120) + 0.5) / zoom - 0.5) * 50
    assert np.abs(shown - expected).max() < 0.15 * 50 / zoom


@pytest.mark.parametrize("zoom", [0.37, 0.8, 1.0, 1.7, 5.3])
def test_a_part_is_the_same_as_that_part_of_the_whole(zoom):
    pyramid = Pyramid(image(900, 700))
    whole = pyramid.resampled(zoom=zoom, x0=0, y0=0, x1=259, y1=333)
    part = pyramid.resampled(zoom=zoom, x0=40, y0=50, x1=200, y1=180)
    assert np.abs(part.astype(int) - whole[50:180, 40:200].astype(int)).max() <= 1


@pytest.mark.parametrize("zoom", [2.5, 12.84, 40.0])
def test_above_2_to_1_each_screen_pixel_shows_the_pixel_that_holds_its_middle(zoom):
    stored = image(60, 50)
    shown = Pyramid(stored).resampled(zoom=zoom, x0=10, y0=20, x1=int(50 * zoom), y1=int(60 * zoom))
    rows = [math.floor((y + 0.5) / zoom) for y in range(20, int(60 * zoom))]
    columns = [math.floor((x + 0.5) / zoom) for x in range(10, int(50 * zoom))]
    assert np.array_equal(shown, stored[np.ix_(rows, columns)])


def test_up_to_2_to_1_values_lie_between_those_of_the_pixels_around():
    stored = np.tile(np.arange(100, dtype=np.uint16) * 100, (80, 1))
    shown = Pyramid(stored).resampled(zoom=1.6, x0=20, y0=10, x1=120, y1=100)
    assert np.abs(shown - ((np.arange(20, 120) + 0.5) / 1.6 - 0.5) * 100).max() <= 1


def test_anything_but_a_grey_image_of_16_bits_is_refused():
    with pytest.raises(ValueError, match="16 bits"):
        Pyramid(np.zeros((4, 4, 3), np.uint16))
    with pytest.raises(ValueError, match="16 bits"):
        Pyramid(np.zeros((4, 4), np.uint8))
