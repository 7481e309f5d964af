"""Ellipse, brush and smart edge by mouse and keys."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy

from app.viewer import ShownImage, Tool
from app.viewer.shape_tools import BRUSH_RADIUS, BrushTool
from core.domain import Contour, ImageId

SHIFT = Qt.KeyboardModifier.ShiftModifier


def area(contour: Contour) -> shapely.Polygon:
    return shapely.Polygon(contour.polygons[0].exterior)


@pytest.fixture
def contours(opened) -> QSignalSpy:
    return QSignalSpy(opened.contour_drawn)


@pytest.fixture
def brush(opened, square_finding):
    """The brush in hand, with a square from 60.5 to 140.5 selected."""
    BrushTool.radius = BRUSH_RADIUS
    opened.set_findings([square_finding()])
    opened.set_tool(Tool.BRUSH)
    opened.select_finding(square_finding().id)
    yield opened
    BrushTool.radius = BRUSH_RADIUS


def test_a_drag_makes_an_ellipse_in_its_box(opened, hand, contours):
    opened.set_tool(Tool.ELLIPSE)
    hand.drag([(60.5, 80.5), (100.5, 120.5), (180.5, 160.5)])
    shape = area(contours.at(0)[0])
    assert shape.bounds == pytest.approx((60.5, 80.5, 180.5, 160.5), abs=0.6)
    assert shape.area == pytest.approx(math.pi * 60 * 40, rel=0.02)


def test_escape_gives_an_ellipse_up(opened, hand, contours):
    opened.set_tool(Tool.ELLIPSE)
    hand.press(60.5, 80.5)
    hand.move(180.5, 160.5)
    before = hand.screen()
    hand.key(Qt.Key.Key_Escape)
    assert not np.array_equal(hand.screen(), before)
    hand.release(180.5, 160.5)
    assert contours.count() == 0


def test_a_stroke_from_inside_grows_the_selected_contour(brush, hand):
    changed = QSignalSpy(brush.contour_changed)
    hand.drag([(120.5, 100.5), (150.5, 100.5), (180.5, 100.5)])
    shape = area(changed.at(0)[1])
    assert shape.bounds[2] == pytest.approx(180.5 + BRUSH_RADIUS, abs=0.6)
    assert shape.area > 80 * 80
    assert shape.contains(shapely.box(61, 61, 140, 140))


def test_a_stroke_from_outside_takes_away(brush, hand):
    changed = QSignalSpy(brush.contour_changed)
    hand.drag([(180.5, 60.5), (160.5, 60.5), (140.5, 60.5)])
    shape = area(changed.at(0)[1])
    assert shape.area < 80 * 80 - 100
    assert not shape.contains(shapely.Point(138, 63))


def test_a_stroke_right_through_splits(brush, hand):
    split = QSignalSpy(brush.contour_split)
    hand.drag([(100.5, 20.5), (100.5, 60.5), (100.5, 120.5), (100.5, 180.5)])
    parts = split.at(0)[1]
    assert len(parts) == 2
    assert sum(area(part).area for part in parts) == pytest.approx(80 * (80 - 2 * BRUSH_RADIUS), rel=0.02)


def test_a_brush_over_the_whole_contour_is_refused_and_changes_nothing(brush, hand, qtbot):
    changed = QSignalSpy(brush.contour_changed)
    BrushTool.radius = 150.0
    with qtbot.waitSignal(brush.refused) as refused:
        hand.drag([(250.5, 250.5), (100.5, 100.5)])
    assert "delete the finding" in refused.args[0]
    assert changed.count() == 0


def test_without_a_selected_contour_the_brush_makes_a_new_one(opened, hand, contours):
    opened.set_tool(Tool.BRUSH)
    hand.drag([(80.5, 200.5), (120.5, 200.5), (160.5, 200.5)])
    shape = area(contours.at(0)[0])
    assert shape.area == pytest.approx(80 * 2 * BRUSH_RADIUS + math.pi * BRUSH_RADIUS**2, rel=0.03)


def test_the_brackets_change_the_size_and_escape_gives_a_stroke_up(brush, hand):
    changed = QSignalSpy(brush.contour_changed)
    hand.key(Qt.Key.Key_BracketRight)
    assert BrushTool.radius > BRUSH_RADIUS
    hand.key(Qt.Key.Key_BracketLeft)
    hand.key(Qt.Key.Key_BracketLeft)
    assert BrushTool.radius < BRUSH_RADIUS
    hand.press(100.5, 100.5)
    hand.move(190.5, 100.5)
    assert brush.canvas.preview is not None
    hand.key(Qt.Key.Key_Escape)
    assert brush.canvas.preview is None
    hand.release(190.5, 100.5)
    assert changed.count() == 0


CENTRE, RADIUS = (150.0, 200.0), 80.0


@pytest.fixture
def disc(viewer, make_mammogram):
    """A bright disc on darker tissue with noise, at 1:1."""
    y, x = np.mgrid[:400, :300] + 0.5
    inside = np.hypot(x - CENTRE[0], y - CENTRE[1]) < RADIUS
    noise = np.random.default_rng(0).normal(0, 40, inside.shape)
    stored = (1500 + 900 * inside + noise).astype(np.uint16)
    viewer.show_image(ShownImage(ImageId(1), make_mammogram(stored), ""))
    viewer.one_to_one()
    viewer.set_tool(Tool.SMART)
    return viewer


def rim(turn: float) -> tuple[float, float]:
    return CENTRE[0] + RADIUS * math.cos(turn), CENTRE[1] + RADIUS * math.sin(turn)


def test_four_clicks_on_a_rim_outline_the_whole_disc(disc, hand):
    drawn = QSignalSpy(disc.contour_drawn)
    for quarter in range(4):
        hand.click(*rim(quarter * math.pi / 2))
        hand.move(*rim(quarter * math.pi / 2 + 0.5))
    hand.click(*rim(3.5 * math.pi / 2))
    hand.key(Qt.Key.Key_Return)
    shape = area(drawn.at(0)[0])
    circle = shapely.Point(*CENTRE).buffer(RADIUS)
    assert shape.intersection(circle).area / shape.union(circle).area > 0.93


def test_with_shift_the_way_is_straight_and_backspace_takes_a_whole_way_back(disc, hand):
    hand.click(*rim(0))
    hand.click(*rim(math.pi / 2), keys=SHIFT)
    assert len(disc.canvas.draft_points()) == 2
    hand.click(*rim(math.pi))
    assert len(disc.canvas.draft_points()) > 40
    hand.key(Qt.Key.Key_Backspace)
    assert len(disc.canvas.draft_points()) == 2


def test_a_place_out_of_reach_is_joined_by_a_straight_line(disc, hand, make_mammogram):
    stored = np.full((400, 1200), 900, np.uint16)
    disc.show_image(ShownImage(ImageId(2), make_mammogram(stored), ""))
    disc.set_tool(Tool.SMART)
    tool = disc.canvas._tool
    assert len(tool._way((20.0, 20.0), (1100.0, 300.0))) == 2


def test_a_drag_draws_by_hand_in_the_middle_of_an_edge(disc, hand):
    drawn = QSignalSpy(disc.contour_drawn)
    hand.click(*rim(0))
    hand.click(*rim(1.2))
    hand.drag([rim(1.4), (120.5, 250.5), (100.5, 220.5), (110.5, 180.5)])
    hand.key(Qt.Key.Key_Return)
    assert area(drawn.at(0)[0]).area > 2000
