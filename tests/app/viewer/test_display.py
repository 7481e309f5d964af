from __future__ import annotations

import numpy as np
import pytest

from app.viewer.display import Display
from core.pixels import Window, display_lut


@pytest.fixture
def stored() -> np.ndarray:
    values = np.zeros((200, 160), np.uint16)
    values[40:160, :90] = np.linspace(800, 3600, 90).astype(np.uint16)
    return values


def greys(display: Display) -> np.ndarray:
    return (display.table() & 0xFF).astype(np.uint8)


def test_the_table_is_the_lookup_of_the_window_in_force(make_mammogram, stored):
    mammogram = make_mammogram(stored)
    display = Display(mammogram)
    there = int(stored.max()) + 1  # of values that the image does not have nothing is shown
    for number in (0, 1):
        display.choose(number)
        expected = display_lut(mammogram, mammogram.windows[number])
        assert np.array_equal(greys(display)[:there], expected[:there])


def test_presets_cycle_by_their_names_and_a_window_by_hand_leads_back_to_the_first(make_mammogram, stored):
    display = Display(make_mammogram(stored))
    names = []
    for _ in range(3):
        names.append(display.name)
        display.choose_next()
    assert names == ["NORMAL", "HARDER", "NORMAL"]
    display.set_window(1000, 300)
    assert display.name == "manual"
    display.choose_next()
    assert display.name == "NORMAL"


def test_nameless_and_repeated_windows_can_be_told_apart(make_mammogram, stored):
    windows = tuple(Window(name, 2000.0, 900.0 + i, "LINEAR") for i, name in enumerate(["", "A", "A"]))
    assert Display(make_mammogram(stored, windows=windows)).names == ["window 1", "A", "A (3)"]


def test_a_file_without_windows_still_opens_with_one(make_mammogram, stored):
    display = Display(make_mammogram(stored, windows=()))
    assert len(display.names) == 1
    assert greys(display)[3500] > greys(display)[900]


@pytest.mark.parametrize("is_monochrome1", [False, True])
@pytest.mark.parametrize("is_inverted", [False, True])
def test_dragging_down_darkens_and_dragging_right_flattens(
    make_mammogram, stored, is_monochrome1, is_inverted
):
    display = Display(make_mammogram(stored, is_inverted=is_monochrome1))
    display.is_inverted = is_inverted
    before = greys(display)[1500:2500].mean()
    start = display.center_and_width
    display.set_window(*display.dragged(0, 100, start=start))
    assert greys(display)[1500:2500].mean() < before
    display.set_window(*display.dragged(400, 0, start=start))
    assert display.center_and_width == pytest.approx((start[0], 2 * start[1]))


@pytest.mark.parametrize("is_monochrome1", [False, True])
def test_inversion_turns_tissue_round_and_leaves_air_black(make_mammogram, stored, is_monochrome1):
    values = 4095 - stored if is_monochrome1 else stored
    display = Display(make_mammogram(values, is_inverted=is_monochrome1))
    upright = greys(display)[values]
    display.is_inverted = True
    inverted = greys(display)[values]
    tissue = stored > 0
    assert inverted[~tissue].max() == 0
    assert np.array_equal(inverted[tissue], 255 - upright[tissue])


def test_a_window_set_by_hand_keeps_the_function_of_the_file(make_mammogram, stored):
    display = Display(make_mammogram(stored))
    display.choose(1)
    display.set_window(2000, 800)
    assert display.choice.function == "SIGMOID"
    display.reset()
    assert display.name == "NORMAL"


def test_raw_data_open_with_the_logarithm_and_one_key_shows_them_as_they_are(make_mammogram):
    raw = make_mammogram(
        np.arange(100, 3100, dtype=np.uint16).reshape(50, 60), is_for_processing=True, is_linear_exposure=True
    )
    display = Display(raw)
    assert display.name == "Logarithm"
    first = display.table()
    display.choose_next()
    assert display.name == "NORMAL"
    assert not np.array_equal(display.table(), first)
    display.reset()
    assert display.name == "Logarithm"


def test_raw_data_go_between_the_logarithm_and_the_values_as_stored(make_mammogram, stored):
    ramp = np.arange(100, 3100, dtype=np.uint16).reshape(50, 60)
    raw = make_mammogram(ramp, windows=(), is_for_processing=True, is_linear_exposure=True, is_inverted=True)
    display = Display(raw)
    assert display.text == "Logarithm, inverted"
    assert (np.diff(greys(display)[ramp.ravel()].astype(int)) <= 0).all()
    assert display.toggle_as_stored()
    assert display.text == "As stored"
    assert (np.diff(greys(display)[ramp.ravel()].astype(int)) >= 0).all()
    assert display.toggle_as_stored()
    assert display.name == "Logarithm, inverted"
    assert display.names == ["Logarithm, inverted", "Automatic", "As stored"]
    assert not Display(make_mammogram(stored)).toggle_as_stored()


def test_another_picture_of_the_same_image_is_shown_as_the_reader_had_set_it(make_mammogram, stored):
    before, after = Display(make_mammogram(stored)), Display(make_mammogram(stored))
    before.choose(1)
    after.follow(before)
    assert after.name == "HARDER"
    before.set_window(1000, 500)
    after.follow(before)
    assert after.center_and_width == (1000, 500)


def test_a_window_of_ours_stays_the_same_from_frame_to_frame(make_mammogram, stored):
    before = Display(make_mammogram(stored, windows=()))
    after = Display(make_mammogram(stored // 2, windows=()))
    assert after.center_and_width != before.center_and_width
    after.follow(before)
    assert after.name == "Automatic"
    assert after.center_and_width == before.center_and_width
