"""An image turned left to right for display: the same pixels, the same places, the other way round."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from app.viewer import ShownImage, Tool
from app.viewer.chest_wall import chest_wall
from core.domain import FindingId, ImageId, Laterality
from core.pixels import display_lut

MIDDLE = (slice(120, 280), slice(110, 390))  # rows, columns of the canvas without corner texts
LEFT, RIGHT, UNKNOWN = Laterality.LEFT, Laterality.RIGHT, Laterality.UNKNOWN


def breast(side: Laterality, *, rows: int = 400, columns: int = 300, air: int = 100) -> np.ndarray:
    """Half a disc of tissue at one side of air with noise."""
    y, x = np.mgrid[:rows, :columns]
    depth = x if side is LEFT else columns - 1 - x
    noise = np.random.default_rng(1).integers(0, 30, (rows, columns))
    inside = (depth / (0.7 * columns)) ** 2 + ((y - rows / 2) / (0.42 * rows)) ** 2 < 1
    return np.where(inside, 1500 + 20 * noise, air + noise).astype(np.uint16)


@pytest.mark.parametrize("side", [LEFT, RIGHT])
def test_the_chest_wall_is_where_the_breast_leaves_the_picture(side):
    stored = breast(side)
    assert chest_wall(stored, high_is_dark=False) is side
    assert chest_wall(65535 - stored, high_is_dark=True) is side
    labelled = stored.copy()
    labelled[20:60, 20:60] = labelled[20:60, -60:-20] = 4000
    assert chest_wall(labelled, high_is_dark=False) is side


def test_a_picture_without_air_or_with_tissue_at_both_sides_does_not_tell_its_chest_wall():
    both = np.maximum(breast(LEFT), breast(RIGHT))
    assert chest_wall(both, high_is_dark=False) is UNKNOWN
    assert chest_wall(np.full((50, 40), 900, np.uint16), high_is_dark=False) is UNKNOWN


@pytest.mark.parametrize(
    ("side", "lies", "is_turned"),
    [
        (RIGHT, RIGHT, False),
        (RIGHT, LEFT, True),
        (LEFT, LEFT, False),
        (LEFT, RIGHT, True),
        (UNKNOWN, LEFT, False),
    ],
)
def test_an_image_that_lies_the_wrong_way_round_is_turned_and_says_so(
    viewer, make_mammogram, side, lies, is_turned, monkeypatch
):
    told = []
    monkeypatch.setattr(
        "app.viewer.scene.draw_corner_texts", lambda *_a, is_flipped, **_b: told.append(is_flipped)
    )
    viewer.show_image(ShownImage(ImageId(1), make_mammogram(breast(lies)), "", laterality=side))
    viewer.canvas.grab()
    assert told[-1] is is_turned
    viewer.toggle_flip()
    viewer.canvas.grab()
    assert told[-1] is not is_turned


@pytest.mark.parametrize("steps", [0, -3, 5, 14])
def test_a_turned_image_shows_the_mirror_image_of_the_same_pixels(viewer, hand, make_mammogram, steps):
    stored = np.random.default_rng(5).integers(0, 4096, (400, 300), dtype=np.uint16)
    viewer.show_image(ShownImage(ImageId(1), make_mammogram(stored), ""))
    viewer.one_to_one()
    viewer.canvas.zoom_by(steps)
    viewer.canvas._still.stop()
    viewer.canvas.update()
    straight = hand.screen()
    viewer.toggle_flip()
    assert np.array_equal(hand.screen()[MIDDLE], straight[:, ::-1][MIDDLE])


def test_at_1_to_1_a_turned_image_shows_exactly_the_lookup_of_the_stored_values(viewer, hand, make_mammogram):
    stored = np.random.default_rng(5).integers(0, 65536, (400, 300), dtype=np.uint16)
    mammogram = make_mammogram(stored, bits=16)
    viewer.show_image(ShownImage(ImageId(1), mammogram, ""))
    viewer.toggle_flip()
    viewer.one_to_one()
    x, y = (round(value) for value in (viewer.canvas.transform.x, viewer.canvas.transform.y))
    rows, columns = MIDDLE
    lut = display_lut(mammogram, mammogram.windows[0])
    for row in range(rows.start, rows.stop, 7):
        line = lut[stored[row - y]][::-1]
        right = 500 - (x + 300)
        assert np.array_equal(
            hand.screen()[row, columns, 1], line[columns.start - right : columns.stop - right]
        )


def test_on_a_turned_image_the_pointer_tells_the_pixel_that_is_seen_there(
    viewer, hand, make_mammogram, qtbot
):
    stored = np.random.default_rng(5).integers(0, 4096, (400, 300), dtype=np.uint16)
    mammogram = make_mammogram(stored)
    viewer.show_image(ShownImage(ImageId(1), mammogram, ""))
    viewer.toggle_flip()
    viewer.one_to_one()
    hand.wheel(QPoint(222, 180), 8)
    viewer.canvas._still.stop()
    viewer.canvas.update()
    told = []
    viewer.cursor_moved.connect(lambda *at: told.append(at))
    shown, lut = hand.screen(), display_lut(mammogram, mammogram.windows[0])
    for at in (QPoint(200, 150), QPoint(260, 220), QPoint(310, 205)):
        qtbot.mouseMove(viewer.canvas, at)
        x, y, value = told[-1]
        assert value == stored[math.floor(y), math.floor(x)]
        assert shown[at.y(), at.x(), 0] == lut[int(value)]


def test_the_wheel_zooms_at_the_cursor_and_a_drag_carries_the_image_with_it(viewer, hand, qtbot, opened):
    viewer.toggle_flip()
    told = []
    viewer.cursor_moved.connect(lambda x, y, _value: told.append((x, y)))
    at = QPoint(300, 150)
    qtbot.mouseMove(viewer.canvas, at + QPoint(1, 0))
    qtbot.mouseMove(viewer.canvas, at)
    before = told[-1]
    hand.wheel(at, 4)
    qtbot.mouseMove(viewer.canvas, at + QPoint(1, 0))
    qtbot.mouseMove(viewer.canvas, at)
    assert told[-1] == pytest.approx(before, abs=0.6)
    viewer.set_tool(Tool.BROWSE)
    hand.drag_screen(at, 40, 25)
    qtbot.mouseMove(viewer.canvas, at + QPoint(41, 25))
    qtbot.mouseMove(viewer.canvas, at + QPoint(40, 25))
    assert told[-1] == pytest.approx(before, abs=0.6)


def test_what_is_drawn_on_a_turned_image_lands_where_it_is_seen(viewer, hand, opened, qtbot):
    viewer.toggle_flip()
    viewer.set_tool(Tool.CONTOUR)
    drawn = []
    viewer.contour_drawn.connect(drawn.append)
    corners = [(200, 120), (300, 120), (300, 220)]
    for corner in corners:
        qtbot.mouseClick(viewer.canvas, Qt.MouseButton.LeftButton, pos=QPoint(*corner))
    hand.key(Qt.Key.Key_Return)
    x, y = viewer.canvas.transform.x, viewer.canvas.transform.y
    seen = {(500 - across - 0.5 - x, down + 0.5 - y) for across, down in corners}
    assert set(drawn[0].polygons[0].exterior) == seen


def test_boxes_and_contours_turn_with_the_image_and_letters_do_not(
    viewer, hand, opened, square_finding, prediction, monkeypatch
):
    viewer.set_findings([square_finding()])
    straight = hand.screen()
    viewer.toggle_flip()
    turned = hand.screen()[:, ::-1]
    red = (straight[..., 0] > 200) & (straight[..., 1] < 120)
    assert red.any()
    assert np.array_equal(red, (turned[..., 0] > 200) & (turned[..., 1] < 120))
    values, boxes = prediction
    viewer.set_prediction(values, boxes)
    viewer.set_contours_visible(False)
    words = []
    monkeypatch.setattr(
        "app.viewer.model_overlay.draw_outlined", lambda _p, at, text, **_o: words.append((text, at.x()))
    )
    canvas = viewer.canvas
    canvas.grab()
    best = {box.text: box.rect for box in canvas.picture.model.best(3)}
    assert best.keys() == {text for text, _ in words}
    for text, x in words:
        assert x == pytest.approx(500 - canvas.transform.to_view((best[text][2], 0))[0])


def test_a_click_selects_the_contour_that_is_seen_under_it(viewer, hand, opened, square_finding, qtbot):
    viewer.toggle_flip()
    viewer.set_findings([square_finding()])
    viewer.set_tool(Tool.BROWSE)
    x, y = viewer.canvas.transform.to_view((100, 100))
    qtbot.mouseClick(viewer.canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(500 - x), round(y)))
    assert viewer.canvas.selected is not None
    assert viewer.canvas.selected.id == FindingId(7)
