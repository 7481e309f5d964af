from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QSignalSpy

from app.viewer import ShownImage, Tool
from app.viewer.pyramid import Pyramid
from core.domain import ImageId
from core.pixels import display_lut

CORNER_TEXTS = (slice(60, 320), slice(150, 350))  # no text in this part of 500 by 400


def spot_mammogram(make_mammogram, *, row: int, column: int):
    stored = np.full((400, 300), 500, np.uint16)
    stored[row, column] = 4000
    return make_mammogram(stored)


@pytest.mark.parametrize("steps", [0, 3, 8, 14])
def test_a_click_on_a_known_pixel_gives_its_coordinate_at_any_zoom(viewer, hand, make_mammogram, steps):
    viewer.show_image(ShownImage(ImageId(1), spot_mammogram(make_mammogram, row=203, column=152), ""))
    viewer.one_to_one()
    viewer.canvas.zoom_by(steps)
    shown = hand.screen()[..., 0].astype(int)
    place = np.unravel_index(
        np.where(shown == shown[CORNER_TEXTS].max(), shown, -1)[CORNER_TEXTS].argmax(), (260, 200)
    )
    spy = QSignalSpy(viewer.cursor_moved)
    hand._qtbot.mouseMove(viewer.canvas, QPoint(int(place[1]) + 150, int(place[0]) + 60))
    x, y, value = spy.at(spy.count() - 1)
    assert (math.floor(y), math.floor(x)) == (203, 152)
    assert value == 4000


SCALED = """
import math, os
os.environ["QT_QPA_PLATFORM"] = "offscreen"
import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from app.viewer import ShownImage, Viewer
from core.domain import ImageId
from core.pixels import ImageHeader, Mammogram, Window, display_lut

application = QApplication([])
rng = np.random.default_rng(0)
stored = rng.integers(500, 3000, (400, 300), dtype=np.uint16)
mammogram = Mammogram(ImageHeader(rows=400, columns=300), stored, windows=(Window("", 2048, 4096),))
viewer = Viewer()
viewer.resize(500, 400)
viewer.show()
assert viewer.devicePixelRatioF() == 2
viewer.show_image(ShownImage(ImageId(1), mammogram, ""))
viewer.one_to_one()
image = viewer.canvas.grab().toImage()
assert (image.width(), image.height()) == (1000, 800)
left, top = viewer.canvas.transform.x * 2, viewer.canvas.transform.y * 2
lut = display_lut(mammogram, mammogram.windows[0])
for row, column in [(150, 100), (200, 150), (233, 171)]:
    grey = image.pixelColor(int(left) + column, int(top) + row).red()
    assert grey == lut[stored[row, column]], (row, column)
places = []
viewer.cursor_moved.connect(lambda *at: places.append(at))
for number, steps in enumerate((0, 4, 4, 6)):
    viewer.canvas.zoom_by(steps)
    at = QPoint(260 + number, 210)
    QTest.mouseMove(viewer.canvas, at)
    x, y, value = places[-1]
    assert abs((at.x() + 0.25 - viewer.canvas.transform.x) / viewer.canvas.transform.scale - x) < 1e-9
    assert value == stored[math.floor(y), math.floor(x)]
    shown = viewer.canvas.grab().toImage().pixelColor(2 * at.x(), 2 * at.y()).red()
    if viewer.zoom > 2:
        assert shown == lut[int(value)]
print("seen")
"""


def test_on_a_screen_of_two_device_pixels_a_point_1_to_1_means_device_pixels():
    environment = {**os.environ, "QT_SCALE_FACTOR": "2", "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCALED],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.stdout == "seen\n", done.stderr


def test_at_1_to_1_the_screen_shows_exactly_the_lookup_of_the_stored_values(viewer, hand, make_mammogram):
    stored = np.random.default_rng(5).integers(0, 65536, (400, 300), dtype=np.uint16)
    mammogram = make_mammogram(stored, bits=16)
    viewer.show_image(ShownImage(ImageId(1), mammogram, ""))
    viewer.one_to_one()
    for choice in mammogram.windows:
        x, y = round(viewer.canvas.transform.x), round(viewer.canvas.transform.y)
        rows, columns = CORNER_TEXTS
        expected = display_lut(mammogram, choice)[
            stored[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x]
        ]
        assert np.array_equal(hand.screen()[CORNER_TEXTS][..., 1], expected)
        viewer.next_window()


def test_pixels_are_squares_far_above_1_to_1(viewer, hand, make_mammogram):
    stored = np.random.default_rng(5).integers(0, 4096, (400, 300), dtype=np.uint16)
    mammogram = make_mammogram(stored)
    viewer.show_image(ShownImage(ImageId(1), mammogram, ""))
    viewer.one_to_one()
    viewer.canvas.zoom_by(12)
    assert viewer.zoom > 2
    lut = display_lut(mammogram, mammogram.windows[0])
    shown = hand.screen()
    for row, column in [(195, 150), (201, 148), (206, 155)]:
        at = hand.place(column + 0.5, row + 0.5)
        assert shown[at.y(), at.x(), 0] == lut[stored[row, column]]


@pytest.mark.parametrize("steps", [1, 5, -3])
def test_the_wheel_zooms_at_the_cursor(opened, hand, steps):
    at = QPoint(220, 130)
    before = opened.canvas.transform.to_image((220, 130))
    zoom = opened.zoom
    hand.wheel(at, steps)
    assert opened.zoom == pytest.approx(zoom * 1.2**steps)
    assert opened.canvas.transform.to_view(before) == pytest.approx((220, 130), abs=0.5)


def test_double_click_changes_between_1_to_1_at_that_place_and_the_whole_image(viewer, hand, make_mammogram):
    viewer.show_image(ShownImage(ImageId(1), make_mammogram(np.full((1600, 1200), 900, np.uint16)), ""))
    assert viewer.zoom == pytest.approx(0.25)
    at = hand.place(400, 700)
    hand.double_click(400, 700)
    assert viewer.zoom == 1
    assert viewer.canvas.transform.to_view((400, 700)) == pytest.approx((at.x(), at.y()), abs=2.5)
    hand.double_click(450, 700)
    assert viewer.zoom == pytest.approx(0.25)


@pytest.mark.parametrize("tool", list(Tool))
def test_the_middle_button_pans_with_every_tool(opened, hand, tool):
    opened.set_tool(tool)
    before = opened.canvas.transform
    hand.drag_screen(QPoint(250, 200), 40, -30, button=Qt.MouseButton.MiddleButton)
    after = opened.canvas.transform
    assert (after.x - before.x, after.y - before.y) == (40, -30)


@pytest.mark.parametrize("tool", list(Tool))
def test_dragging_with_the_space_bar_held_pans_with_every_tool(opened, hand, qtbot, tool):
    opened.set_tool(tool)
    before = opened.canvas.transform
    qtbot.keyPress(opened.canvas, Qt.Key.Key_Space)
    hand.drag_screen(QPoint(250, 200), 40, -30)
    qtbot.keyRelease(opened.canvas, Qt.Key.Key_Space)
    after = opened.canvas.transform
    assert (after.x - before.x, after.y - before.y) == (40, -30)
    assert not opened.has_unfinished_drawing()


def test_dragging_while_browsing_pans(opened, hand):
    before = opened.canvas.transform
    hand.drag_screen(QPoint(250, 200), 60, 20)
    assert (opened.canvas.transform.x - before.x, opened.canvas.transform.y - before.y) == (60, 20)


@pytest.mark.parametrize(
    ("key", "direction"),
    [
        (Qt.Key.Key_Left, (50, 0)),
        (Qt.Key.Key_Right, (-50, 0)),
        (Qt.Key.Key_Up, (0, 40)),
        (Qt.Key.Key_Down, (0, -40)),
    ],
)
def test_arrow_keys_nudge(opened, hand, key, direction):
    before = opened.canvas.transform
    hand.key(key)
    after = opened.canvas.transform
    assert (after.x - before.x, after.y - before.y) == direction


@pytest.mark.parametrize(
    ("tool", "button"),
    [
        (Tool.WINDOW, Qt.MouseButton.LeftButton),
        (Tool.BROWSE, Qt.MouseButton.RightButton),
        (Tool.CONTOUR, Qt.MouseButton.RightButton),
    ],
)
def test_dragging_changes_window_and_level_and_the_picture_at_once(opened, hand, qtbot, tool, button):
    opened.set_tool(tool)
    before = hand.screen()[200, 250, 0]
    with qtbot.waitSignal(opened.window_changed) as changed:
        hand.drag_screen(QPoint(250, 200), 0, 100, button=button)
    center, width = changed.args
    assert center > 2048
    assert width == 4096
    assert hand.screen()[200, 250, 0] < before
    opened.reset_window()
    assert hand.screen()[200, 250, 0] == before
    assert opened.canvas.window_numbers() == (2048, 4096)


def test_the_file_s_windows_are_cycled_by_name(opened, qtbot):
    assert opened.window_names() == ["NORMAL", "HARDER"]
    with qtbot.waitSignal(opened.window_changed) as changed:
        opened.next_window()
    assert changed.args == [2300, 1500]
    assert "HARDER" in opened.canvas.picture.display.text
    opened.choose_window(0)
    assert "NORMAL  C 2048  W 4096" in opened.canvas.picture.display.text


def test_inversion_is_kept_for_the_next_image_and_a_window_is_not(opened, make_mammogram):
    opened.set_inverted(True)
    opened.next_window()
    opened.show_image(ShownImage(ImageId(2), make_mammogram(np.full((90, 80), 900, np.uint16)), ""))
    assert opened.canvas.picture.display.is_inverted
    assert opened.canvas.picture.display.name == "NORMAL"


def test_outside_the_image_the_cursor_has_no_value(opened, hand):
    spy = QSignalSpy(opened.cursor_moved)
    hand.move(-5, 20)
    assert math.isnan(spy.at(spy.count() - 1)[2])


def test_corner_texts_can_be_read_over_white(viewer, hand, make_mammogram):
    viewer.show_image(
        ShownImage(ImageId(1), make_mammogram(np.full((400, 500), 4095, np.uint16)), "Patient 7f3a")
    )
    shown = hand.screen()[..., 0]
    for corner in (shown[:60, :150], shown[-50:, :150], shown[-30:, -260:]):
        assert np.count_nonzero(corner < 80) > 100  # the outline of the letters


def test_lossy_8_bit_and_raw_pixels_are_marked(viewer, hand, make_mammogram):
    stored = np.full((400, 500), 10, np.uint16)
    plain, marked = (
        make_mammogram(stored),
        make_mammogram(stored, bits=8, is_lossy=True, is_for_processing=True),
    )
    viewer.show_image(ShownImage(ImageId(1), plain, ""))
    before = hand.screen()[5:80, 250:-5].max()
    viewer.show_image(ShownImage(ImageId(2), marked, ""))
    assert before < 50
    assert hand.screen()[5:80, 250:-5].max() > 200


def test_words_take_the_place_of_an_image_that_is_loading_or_failed(opened, hand):
    opened.show_loading("image 12")
    loading = hand.screen()
    assert opened.image_id is None
    assert "Loading image 12" in opened.canvas.accessibleDescription()
    opened.show_failure("It was cut short.")
    assert "It was cut short." in opened.canvas.accessibleDescription()
    assert not np.array_equal(hand.screen(), loading)
    assert hand.screen()[150:250].max() > 150
    opened.clear()
    assert "No image is open" in opened.canvas.accessibleDescription()


@pytest.mark.parametrize("is_blank_between", [False, True])
def test_no_picture_of_the_image_before_is_left_on_the_screen(viewer, hand, make_mammogram, is_blank_between):
    for number in range(1, 9):
        stored = np.full((400, 300), 400 * number, np.uint16)
        mammogram = make_mammogram(stored)
        viewer.show_image(ShownImage(ImageId(number), mammogram, ""))
        viewer.one_to_one()
        assert hand.screen()[200, 250, 0] == display_lut(mammogram, mammogram.windows[0])[400 * number]
        if is_blank_between:
            viewer.show_loading("the next image")
            hand.screen()


def test_a_picture_that_was_coarse_while_it_moved_becomes_exact_when_it_stands_still(
    viewer, hand, qtbot, make_mammogram
):
    stored = np.random.default_rng(5).integers(0, 4096, (1600, 1200), dtype=np.uint16)
    viewer.show_image(ShownImage(ImageId(1), make_mammogram(stored), ""))
    hand.wheel(QPoint(250, 200), 3)
    moving = hand.screen()
    qtbot.waitUntil(lambda: not viewer.canvas._still.isActive())
    still = hand.screen()
    x, y = (round(-value) for value in (viewer.canvas.transform.x, viewer.canvas.transform.y))
    rows, columns = CORNER_TEXTS
    exact = Pyramid(stored).resampled(
        zoom=viewer.zoom, x0=x + columns.start, y0=y + rows.start, x1=x + columns.stop, y1=y + rows.stop
    )
    lut = display_lut(viewer.canvas.shown.mammogram, viewer.canvas.shown.mammogram.windows[0])
    expected = lut[exact].astype(int)
    assert np.abs(still[CORNER_TEXTS][..., 0] - expected).max() <= 1
    assert np.abs(moving[CORNER_TEXTS][..., 0] - expected).max() > 1


def test_mouse_and_keys_do_nothing_without_an_image(viewer, hand):
    for tool in Tool:
        viewer.set_tool(tool)
        hand.double_click(10, 10)
        hand.drag([(0, 0), (30, 30), (60, 60)])
        hand.wheel(QPoint(50, 50), 2)
        for key in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Delete, Qt.Key.Key_Left):
            hand.key(key)
    viewer.next_window()
    viewer.reset_window()
    viewer.fit()
    viewer.discard_drawing()
    viewer.finish_drawing()
    assert not viewer.has_unfinished_drawing()
    assert viewer.image_id is None


def test_keys_can_reach_the_canvas_and_its_frame_shows_it(opened, hand, qtbot):
    assert opened.canvas.hasFocus()
    assert opened.canvas.accessibleName()
    with_focus = hand.screen()[0, 250]
    opened.canvas.clearFocus()
    assert not np.array_equal(hand.screen()[0, 250], with_focus)
