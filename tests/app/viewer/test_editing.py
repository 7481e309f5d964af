from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QSignalSpy

from app.viewer import Tool
from core.domain import FindingId

ID = FindingId(7)


@pytest.fixture
def editing(opened, square_finding):
    """The square from (60.5, 60.5) to (140.5, 140.5), selected, under the EDIT tool."""
    opened.set_findings([square_finding()])
    opened.select_finding(ID)
    opened.set_tool(Tool.EDIT)
    return opened


@pytest.fixture
def changes(editing) -> QSignalSpy:
    return QSignalSpy(editing.contour_changed)


def only(changes: QSignalSpy):
    assert changes.count() == 1
    finding_id, contour = changes.at(0)
    assert finding_id == ID
    return contour.polygons[0].exterior


def half_in(*points):
    """The middles of screen pixels, at 1:1."""
    return tuple((x + 0.5, y + 0.5) for x, y in points)


def test_a_vertex_follows_the_mouse_and_only_its_release_is_reported(hand, changes):
    hand.press(140, 140)
    for step in range(1, 6):
        hand.move(140 + 5 * step, 140 + 4 * step)
        assert changes.count() == 0
    hand.release(165, 160)
    assert only(changes) == half_in((60, 60), (140, 60), (165, 160), (60, 140))


def test_a_dragged_vertex_is_seen_where_it_is_dragged(editing, hand):
    before = hand.screen()
    hand.press(140, 140)
    hand.move(170, 170)
    during = hand.screen()
    at = hand.place(168, 168)
    assert (before[at.y(), at.x()] != during[at.y(), at.x()]).any()
    hand.release(170, 170)


def test_pressing_on_an_edge_makes_a_vertex_there(hand, changes):
    hand.drag([(100, 60), (100, 40)])
    assert only(changes) == half_in((60, 60), (100, 40), (140, 60), (140, 140), (60, 140))


def test_a_click_on_an_edge_adds_a_vertex_and_changes_no_shape(hand, changes):
    hand.click(100, 60)
    assert only(changes) == half_in((60, 60), (100, 60), (140, 60), (140, 140), (60, 140))


@pytest.mark.parametrize("key", [Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier])
def test_a_click_with_alt_or_control_removes_a_vertex(hand, changes, key):
    hand.click(140, 60, keys=key)
    assert only(changes) == half_in((60, 60), (140, 140), (60, 140))


def test_delete_removes_the_vertex_that_was_pressed_last(editing, hand, changes, qtbot):
    hand.click(140, 60)
    with qtbot.assertNotEmitted(editing.delete_requested):
        hand.key(Qt.Key.Key_Delete)
    assert only(changes) == half_in((60, 60), (140, 140), (60, 140))


def test_delete_again_and_again_never_means_the_whole_finding(editing, hand, changes, qtbot):
    editing.contour_changed.connect(
        lambda _id, contour: editing.set_findings([_with(editing.canvas.contours.findings[0], contour)])
    )
    hand.click(140, 60)
    refused = QSignalSpy(editing.refused)
    with qtbot.assertNotEmitted(editing.delete_requested):
        for _ in range(3):
            hand.key(Qt.Key.Key_Delete)
    assert changes.count() == 1
    assert refused.count() == 2
    assert "at least three" in refused.at(0)[0]


def test_delete_with_no_vertex_asks_for_the_finding_to_go(editing, hand, qtbot):
    with qtbot.waitSignal(editing.delete_requested) as wanted:
        hand.key(Qt.Key.Key_Delete)
    assert wanted.args == [ID]


def test_dragging_inside_moves_the_whole_contour(hand, changes):
    hand.drag([(100, 100), (110, 95), (120, 80)])
    assert only(changes) == half_in((80, 40), (160, 40), (160, 120), (80, 120))


def test_a_click_that_changes_nothing_is_not_reported(hand, changes):
    hand.click(100, 100)
    hand.click(140, 140)
    assert changes.count() == 0


def test_an_outline_that_would_cross_itself_snaps_back_with_a_sentence(editing, hand, changes, qtbot):
    before = hand.screen()
    with qtbot.waitSignal(editing.refused) as refused:
        hand.drag([(140, 140), (110, 80), (100, 20)])
    assert "cross itself" in refused.args[0]
    assert changes.count() == 0
    assert editing.canvas.preview is None
    hand.move(250, 300)
    editing.select_finding(None)
    editing.select_finding(ID)
    assert (hand.screen()[60:330] == before[60:330]).all()


def test_escape_takes_back_a_drag(editing, hand, changes):
    hand.press(140, 140)
    hand.move(170, 170)
    hand.key(Qt.Key.Key_Escape)
    hand.move(180, 180)
    hand.release(180, 180)
    assert changes.count() == 0
    assert editing.canvas.preview is None


def test_one_can_zoom_in_the_middle_of_a_drag(hand, changes):
    hand.press(140, 140)
    hand.move(150, 150)
    hand.wheel(hand.place(150, 150), 3)
    hand.move(160, 170)
    hand.release(160, 170)
    x, y = only(changes)[2]
    assert (x, y) == pytest.approx((160, 170), abs=0.8)


def test_pressing_another_contour_selects_it(editing, hand, square_finding, qtbot):
    editing.set_findings([square_finding(), square_finding(8, low=180, high=240)])
    with qtbot.waitSignal(editing.finding_selected) as selected:
        hand.click(210, 210)
    assert selected.args == [FindingId(8)]


def test_dragging_beside_the_contour_pans(editing, hand, changes):
    before = editing.canvas.transform
    hand.drag_screen(hand.place(250, 300), 30, -20)
    assert (editing.canvas.transform.x - before.x, editing.canvas.transform.y - before.y) == (30, -20)
    assert changes.count() == 0


def test_a_change_from_elsewhere_ends_a_drag(editing, hand, changes, square_finding):
    hand.press(140, 140)
    hand.move(170, 170)
    editing.set_findings([square_finding(low=60, high=130)])
    hand.move(190, 190)
    hand.release(190, 190)
    assert changes.count() == 0


def test_another_tool_ends_a_drag(editing, hand, changes):
    hand.press(140, 140)
    hand.move(170, 170)
    editing.set_tool(Tool.BROWSE)
    hand.release(170, 170)
    assert changes.count() == 0
    assert editing.canvas.preview is None


def test_the_mouse_says_what_a_press_would_do(editing, hand):
    shapes = []
    hand.move(20, 20)
    for point in [(140, 140), (100, 60), (100, 100), (250, 300)]:
        hand.move(*point)
        shapes.append(editing.canvas.cursor().shape())
    assert shapes == [
        Qt.CursorShape.PointingHandCursor,
        Qt.CursorShape.CrossCursor,
        Qt.CursorShape.SizeAllCursor,
        Qt.CursorShape.ArrowCursor,
    ]


def test_the_wheel_and_the_middle_button_work_while_editing(editing, hand):
    hand.wheel(QPoint(250, 200), 2)
    assert editing.zoom == pytest.approx(1.44)


def _with(finding, contour):
    from dataclasses import replace

    return replace(finding, contour=contour)
