from __future__ import annotations

import math

import pytest
import shapely
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QSignalSpy

from app.viewer import ShownImage, Tool
from core.domain import Contour, ImageId

TRIANGLE = [(60.5, 60.5), (200.5, 60.5), (130.5, 200.5)]
OVAL = [(150 + 60 * math.cos(a / 20 * math.pi), 180 + 50 * math.sin(a / 20 * math.pi)) for a in range(40)]


def area(contour: Contour) -> float:
    return shapely.Polygon(contour.polygons[0].exterior).area


def drawn(spy: QSignalSpy) -> list[Contour]:
    return [spy.at(index)[0] for index in range(spy.count())]


@pytest.fixture
def contours(opened) -> QSignalSpy:
    return QSignalSpy(opened.contour_drawn)


def test_a_freehand_stroke_closes_when_the_button_is_let_go(opened, hand, contours):
    opened.set_tool(Tool.CONTOUR)
    hand.drag(OVAL)
    (contour,) = drawn(contours)
    assert area(contour) == pytest.approx(shapely.Polygon(OVAL).area, rel=0.02)
    assert not opened.has_unfinished_drawing()


@pytest.mark.parametrize("steps", [-4, 6])
def test_a_stroke_means_the_same_image_pixels_at_every_zoom(opened, hand, contours, steps):
    opened.set_tool(Tool.CONTOUR)
    hand.wheel(hand.place(150, 180), steps)
    hand.drag(OVAL)
    assert area(drawn(contours)[0]) == pytest.approx(shapely.Polygon(OVAL).area, rel=0.03)


def test_escape_abandons_a_stroke_in_the_middle(opened, hand, contours):
    opened.set_tool(Tool.CONTOUR)
    hand.press(*OVAL[0])
    for point in OVAL[1:20]:
        hand.move(*point)
    assert opened.has_unfinished_drawing()
    hand.key(Qt.Key.Key_Escape)
    assert not opened.has_unfinished_drawing()
    hand.release(*OVAL[20])
    assert drawn(contours) == []


def test_a_stroke_too_small_is_refused_in_a_sentence(opened, hand, contours, qtbot):
    opened.set_tool(Tool.CONTOUR)
    with qtbot.waitSignal(opened.refused) as refused:
        hand.drag([(100, 100), (112, 100), (100, 100)])
    assert refused.args[0].endswith(".")
    assert "no contour was made" in refused.args[0]
    assert drawn(contours) == []
    assert not opened.has_unfinished_drawing()


def test_two_strokes_in_quick_succession_are_two_contours(opened, hand, contours, qtbot):
    opened.set_tool(Tool.CONTOUR)
    hand.drag(OVAL)
    qtbot.mouseDClick(
        opened.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, hand.place(*OVAL[0])
    )
    for point in OVAL[1:]:
        hand.move(*point)
    hand.release(*OVAL[-1])
    assert len(drawn(contours)) == 2


def test_a_crossed_stroke_is_repaired_and_the_reader_is_told(opened, hand, contours, qtbot):
    opened.set_tool(Tool.CONTOUR)
    with qtbot.waitSignal(opened.noticed) as noticed:
        hand.drag([(60, 60), (160, 160), (160, 60), (60, 160), (40, 110)])
    assert "crossed itself" in noticed.args[0]
    assert shapely.Polygon(drawn(contours)[0].polygons[0].exterior).is_valid


@pytest.mark.parametrize("way", ["enter", "first corner", "double click"])
def test_a_polygon_is_closed_by_enter_by_its_first_corner_or_by_a_double_click(opened, hand, contours, way):
    opened.set_tool(Tool.CONTOUR)
    for point in TRIANGLE[:-1]:
        hand.click(*point)
    if way == "double click":
        hand.double_click(*TRIANGLE[-1])
    else:
        hand.click(*TRIANGLE[-1])
        hand.key(Qt.Key.Key_Return) if way == "enter" else hand.click(*TRIANGLE[0])
    (contour,) = drawn(contours)
    assert contour.polygons[0].exterior == tuple(TRIANGLE)
    assert not opened.has_unfinished_drawing()


def test_a_double_click_on_the_first_corner_closes_and_begins_nothing_new(opened, hand, contours):
    opened.set_tool(Tool.CONTOUR)
    for point in TRIANGLE:
        hand.click(*point)
    hand.double_click(*TRIANGLE[0])
    assert len(drawn(contours)) == 1
    assert not opened.has_unfinished_drawing()


def test_backspace_takes_back_the_last_corner(opened, hand, contours):
    opened.set_tool(Tool.CONTOUR)
    for point in [*TRIANGLE, (20, 20)]:
        hand.click(*point)
    hand.key(Qt.Key.Key_Backspace)
    hand.key(Qt.Key.Key_Return)
    assert drawn(contours)[0].polygons[0].exterior == tuple(TRIANGLE)


def test_escape_abandons_a_polygon(opened, hand, contours):
    opened.set_tool(Tool.CONTOUR)
    for point in TRIANGLE:
        hand.click(*point)
    hand.key(Qt.Key.Key_Escape)
    hand.key(Qt.Key.Key_Return)
    assert not opened.has_unfinished_drawing()
    assert drawn(contours) == []


def test_a_polygon_of_two_corners_is_refused_and_kept(opened, hand, contours, qtbot):
    opened.set_tool(Tool.CONTOUR)
    for point in TRIANGLE[:2]:
        hand.click(*point)
    with qtbot.waitSignal(opened.refused) as refused:
        hand.key(Qt.Key.Key_Return)
    assert "three corners" in refused.args[0]
    assert opened.has_unfinished_drawing()
    hand.click(*TRIANGLE[2])
    hand.key(Qt.Key.Key_Return)
    assert len(drawn(contours)) == 1


def test_one_can_zoom_pan_and_window_in_the_middle_of_a_polygon(opened, hand, contours):
    opened.set_tool(Tool.CONTOUR)
    hand.click(*TRIANGLE[0])
    hand.wheel(QPoint(250, 200), 3)
    hand.click(*TRIANGLE[1])
    hand.drag_screen(QPoint(250, 200), 30, 25, button=Qt.MouseButton.MiddleButton)
    hand.drag_screen(QPoint(250, 200), 30, 25, button=Qt.MouseButton.RightButton)
    hand.key(Qt.Key.Key_Left)
    hand.click(*TRIANGLE[2])
    hand.key(Qt.Key.Key_Return)
    for corner, wanted in zip(drawn(contours)[0].polygons[0].exterior, TRIANGLE, strict=True):
        assert math.dist(corner, wanted) < 1


def test_one_can_pan_in_the_middle_of_a_stroke(opened, hand, contours):
    opened.set_tool(Tool.CONTOUR)
    hand.press(*OVAL[0])
    for point in OVAL[1:20]:
        hand.move(*point)
    hand.drag_screen(hand.place(*OVAL[20]), 40, 30, button=Qt.MouseButton.MiddleButton)
    hand.wheel(QPoint(250, 200), 2)
    for point in OVAL[20:]:
        hand.move(*point)
    hand.release(*OVAL[-1])
    (contour,) = drawn(contours)
    assert area(contour) == pytest.approx(shapely.Polygon(OVAL).area, rel=0.02)


def test_an_unfinished_polygon_waits_for_its_image_and_comes_back_with_its_tool(
    opened, hand, contours, grey_mammogram
):
    telling = QSignalSpy(opened.unfinished_drawing_changed)
    opened.set_tool(Tool.CONTOUR)
    for point in TRIANGLE:
        hand.click(*point)
    opened.show_image(ShownImage(ImageId(2), grey_mammogram, ""))
    assert not opened.has_unfinished_drawing()
    assert opened.images_with_unfinished_drawing() == [ImageId(1)]
    opened.set_tool(Tool.BROWSE)
    opened.show_loading("image 1")
    opened.show_image(ShownImage(ImageId(1), grey_mammogram, ""))
    assert opened.tool is Tool.CONTOUR
    assert opened.has_unfinished_drawing()
    hand.key(Qt.Key.Key_Return)
    assert drawn(contours)[0].polygons[0].exterior == tuple(TRIANGLE)
    assert [telling.at(i)[0] for i in range(telling.count())] == [True, False, True, False]
    assert opened.images_with_unfinished_drawing() == []


def test_a_stroke_cut_short_by_another_image_is_kept_and_can_be_gone_on_with(
    opened, hand, contours, grey_mammogram
):
    opened.set_tool(Tool.CONTOUR)
    hand.press(*OVAL[0])
    for point in OVAL[1:20]:
        hand.move(*point)
    opened.show_image(ShownImage(ImageId(2), grey_mammogram, ""))
    hand.move(20, 20)
    hand.release(20, 20)
    assert drawn(contours) == []
    opened.show_image(ShownImage(ImageId(1), grey_mammogram, ""))
    hand.drag(OVAL[20:])
    assert area(drawn(contours)[0]) == pytest.approx(shapely.Polygon(OVAL).area, rel=0.02)


def test_changing_the_tool_keeps_what_is_unfinished_in_sight(opened, hand, contours):
    opened.set_tool(Tool.CONTOUR)
    for point in TRIANGLE:
        hand.click(*point)
    opened.set_tool(Tool.BROWSE)
    assert opened.has_unfinished_drawing()
    edge = hand.place(130, 60)
    red, _green, blue = (int(value) for value in hand.screen()[edge.y(), edge.x()])
    assert red > blue + 60
    opened.finish_drawing()
    assert len(drawn(contours)) == 1


def test_a_contour_that_could_not_be_kept_can_be_offered_again(opened, hand, contours):
    opened.restore_drawing(Contour.from_points(TRIANGLE))
    assert opened.tool is Tool.CONTOUR
    hand.key(Qt.Key.Key_Return)
    assert drawn(contours)[0].polygons[0].exterior == tuple(TRIANGLE)


def test_while_drawing_enter_and_backspace_do_not_reach_the_window_s_shortcuts(opened, hand, qtbot, contours):
    taken = []
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Backspace):
        QShortcut(QKeySequence(key), opened, lambda key=key: taken.append(key))
    opened.set_tool(Tool.CONTOUR)
    for point in [*TRIANGLE, (20, 20)]:
        hand.click(*point)
    hand.key(Qt.Key.Key_Backspace)
    hand.key(Qt.Key.Key_Return)
    assert taken == []
    assert len(drawn(contours)) == 1
    hand.key(Qt.Key.Key_Return)
    assert taken == [Qt.Key.Key_Return]


def test_corners_and_strokes_go_together_in_one_contour(opened, hand, contours):
    opened.set_tool(Tool.CONTOUR)
    hand.click(60.5, 60.5)
    hand.click(200.5, 60.5)
    hand.drag([(200.5, 120.5), (180.5, 160.5), (150.5, 190.5), (130.5, 200.5)])
    assert drawn(contours) == []
    hand.key(Qt.Key.Key_Return)
    (contour,) = drawn(contours)
    wanted = [(60.5, 60.5), (200.5, 60.5), (200.5, 120.5), (180.5, 160.5), (150.5, 190.5), (130.5, 200.5)]
    assert area(contour) == pytest.approx(shapely.Polygon(wanted).area, rel=0.01)


def test_backspace_takes_back_a_whole_stroke_then_the_corners(opened, hand, contours):
    opened.set_tool(Tool.CONTOUR)
    for point in TRIANGLE:
        hand.click(*point)
    hand.drag([(100.5, 220.5), (60.5, 200.5), (40.5, 150.5)])
    hand.key(Qt.Key.Key_Backspace)
    assert opened.canvas.draft_points() == TRIANGLE
    hand.key(Qt.Key.Key_Backspace)
    assert opened.canvas.draft_points() == TRIANGLE[:2]
    hand.key(Qt.Key.Key_Backspace)
    hand.key(Qt.Key.Key_Backspace)
    assert not opened.has_unfinished_drawing()


def test_a_stroke_that_comes_back_to_the_first_corner_closes(opened, hand, contours):
    opened.set_tool(Tool.CONTOUR)
    hand.click(60.5, 60.5)
    hand.click(200.5, 60.5)
    hand.drag([(200.5, 200.5), (120.5, 180.5), (70.5, 110.5), (60.5, 61.5)])
    assert len(drawn(contours)) == 1
    assert not opened.has_unfinished_drawing()
