from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.reading_clock import ReadingClock


class Hand:
    """A hand that moves over a widget at moments of our choice."""

    def __init__(self, qtbot: QtBot) -> None:
        self.now = 100.0
        self._qtbot = qtbot
        self.outer = QWidget()
        self.paper = QWidget(self.outer)
        self.outer.resize(200, 200)
        self.paper.resize(200, 200)
        qtbot.addWidget(self.outer)
        self.outer.show()
        self.clock = ReadingClock(self.outer, clock=lambda: self.now)
        self.clock.watch([self.outer])

    def press(self, after: float, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        self.now += after
        self._qtbot.mousePress(self.paper, button, pos=QPoint(50, 50))
        self._qtbot.mouseRelease(self.paper, button, pos=QPoint(50, 50))

    def key(self, key: Qt.Key, after: float) -> None:
        self.now += after
        self._qtbot.keyClick(self.paper, key)


@pytest.fixture
def hand(qtbot: QtBot) -> Hand:
    return Hand(qtbot)


def test_a_long_pause_counts_as_half_a_minute(hand: Hand):
    hand.clock.open_image()
    hand.press(after=10)
    hand.press(after=600)
    hand.now += 5
    assert hand.clock.leave_image() == pytest.approx(45)


def test_drawing_and_reading_share_the_time_without_counting_twice(hand: Hand):
    hand.clock.open_image()
    hand.clock.set_tool_draws(True)
    hand.press(after=20)
    hand.press(after=8)
    hand.now += 2
    assert hand.clock.finish_drawing() == pytest.approx(10)
    hand.now += 3
    assert hand.clock.leave_image() == pytest.approx(23)


def test_a_contour_that_was_given_up_is_reading(hand: Hand):
    hand.clock.open_image()
    hand.clock.set_tool_draws(True)
    hand.press(after=5)
    hand.key(Qt.Key.Key_Escape, after=4)
    assert hand.clock.finish_drawing() is None
    hand.now += 1
    assert hand.clock.leave_image() == pytest.approx(10)


def test_no_drawing_is_timed_without_a_drawing_tool_or_by_another_button(hand: Hand):
    hand.clock.open_image()
    hand.press(after=1)
    assert hand.clock.finish_drawing() is None
    hand.clock.set_tool_draws(True)
    hand.press(after=1, button=Qt.MouseButton.RightButton)
    assert hand.clock.finish_drawing() is None


def test_nothing_is_timed_while_no_image_is_open(hand: Hand):
    hand.press(after=5)
    assert hand.clock.leave_image() is None
    assert hand.clock.finish_drawing() is None
