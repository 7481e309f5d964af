"""The ruler, the magnifier and true size, by mouse and keys."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from app.viewer import ShownImage, Tool
from app.viewer.loupe import SIDE
from core.domain import ImageId
from core.pixels import display_lut


@pytest.mark.parametrize(
    ("spacing", "at_detector", "text"),
    [(0.07, False, "7.0 mm"), (0.07, True, "7.0 mm at detector"), (None, False, "100 px")],
)
def test_a_drag_of_the_ruler_tells_the_length_in_what_the_file_knows(
    viewer, hand, make_mammogram, spacing, at_detector, text
):
    mammogram = make_mammogram(np.full((400, 300), 900, np.uint16), is_at_detector=at_detector)
    viewer.show_image(ShownImage(ImageId(1), mammogram, "", spacing_mm=spacing))
    viewer.one_to_one()
    viewer.set_tool(Tool.RULER)
    hand.drag([(100.5, 120.5), (130.5, 140.5), (160.5, 200.5)])
    ruler = viewer.canvas.ruler
    assert math.dist(ruler.start, ruler.end) == pytest.approx(100)
    assert ruler.text(viewer.canvas.shown) == text


def test_the_line_stays_with_other_tools_and_goes_with_escape_or_another_image(
    viewer, hand, opened, grey_mammogram
):
    before = hand.screen()
    viewer.set_tool(Tool.RULER)
    hand.drag([(100.5, 120.5), (160.5, 200.5)])
    assert not np.array_equal(hand.screen(), before)
    viewer.set_tool(Tool.BROWSE)
    assert viewer.canvas.ruler is not None
    viewer.set_tool(Tool.RULER)
    hand.key(Qt.Key.Key_Escape)
    assert viewer.canvas.ruler is None
    assert np.array_equal(hand.screen(), before)
    hand.drag([(100.5, 120.5), (160.5, 200.5)])
    viewer.show_image(ShownImage(ImageId(2), grey_mammogram, ""))
    assert viewer.canvas.ruler is None


def test_a_measurement_is_no_contour_and_no_draft(viewer, hand, opened):
    drawn = []
    viewer.contour_drawn.connect(drawn.append)
    viewer.set_tool(Tool.RULER)
    hand.drag([(100.5, 120.5), (160.5, 200.5)])
    hand.key(Qt.Key.Key_Return)
    assert not drawn
    assert not viewer.has_unfinished_drawing()


@pytest.mark.parametrize("is_turned", [False, True])
def test_while_its_key_is_held_the_magnifier_shows_the_place_under_the_pointer_twice_as_large(
    viewer, hand, make_mammogram, qtbot, is_turned
):
    stored = np.random.default_rng(3).integers(0, 4096, (400, 300), dtype=np.uint16)
    mammogram = make_mammogram(stored)
    viewer.show_image(ShownImage(ImageId(1), mammogram, ""))
    viewer.one_to_one()
    viewer.canvas.zoom_by(6)
    if is_turned:
        viewer.toggle_flip()
    at = QPoint(247, 203)
    qtbot.mouseMove(viewer.canvas, at)
    viewer.canvas._still.stop()
    viewer.canvas.update()
    plain = hand.screen()
    qtbot.keyPress(viewer.canvas, Qt.Key.Key_Z)
    shown = hand.screen()
    x, y = viewer.canvas.transform.to_image(viewer.canvas.turned((at.x() + 0.5, at.y() + 0.5)))
    lut = display_lut(mammogram, mammogram.windows[0])
    scale = 2 * viewer.canvas.transform.scale
    for dx, dy in ((0, 0), (5, 5), (-6, 3), (4, -7)):
        row, column = math.floor(y) + dy, math.floor(x) + dx
        down = at.y() + 0.5 + (row + 0.5 - y) * scale
        across = at.x() + 0.5 + viewer.canvas.mirror * (column + 0.5 - x) * scale
        assert shown[math.floor(down), math.floor(across), 0] == lut[stored[row, column]]
    outside = math.hypot(*np.subtract((20, 20), (at.x(), at.y())))
    assert outside > SIDE / 2
    assert np.array_equal(shown[:60, :80], plain[:60, :80])
    qtbot.keyRelease(viewer.canvas, Qt.Key.Key_Z)
    assert np.array_equal(hand.screen(), plain)


def test_ctrl_z_is_not_the_magnifier(viewer, hand, opened, qtbot):
    before = hand.screen()
    qtbot.keyPress(viewer.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert np.array_equal(hand.screen(), before)


def test_true_size_makes_a_millimetre_of_breast_a_millimetre_of_screen(viewer, make_mammogram, monkeypatch):
    mammogram = make_mammogram(np.full((400, 300), 900, np.uint16))
    viewer.show_image(ShownImage(ImageId(1), mammogram, "", spacing_mm=0.1))
    screen = type(viewer.screen())
    monkeypatch.setattr(screen, "physicalDotsPerInch", lambda _self: 127.0)  # 5 dots a millimetre
    viewer.true_size()
    assert viewer.zoom == pytest.approx(0.5)


@pytest.mark.parametrize(("spacing", "dots", "why"), [(None, 96.0, "spacing"), (0.1, 0.0, "screen")])
def test_true_size_is_refused_with_a_sentence_where_a_size_is_not_known(
    viewer, make_mammogram, monkeypatch, spacing, dots, why
):
    mammogram = make_mammogram(np.full((400, 300), 900, np.uint16))
    viewer.show_image(ShownImage(ImageId(1), mammogram, "", spacing_mm=spacing))
    monkeypatch.setattr(type(viewer.screen()), "physicalDotsPerInch", lambda _self: dots)
    told, before = [], viewer.zoom
    viewer.refused.connect(told.append)
    viewer.true_size()
    assert why in told[0]
    assert viewer.zoom == before
