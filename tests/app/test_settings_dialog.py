"""The settings, changed by real keys and mouse in the real window."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from app import theme
from app.colours import DARK, LIGHT, Look
from app.help_sheet import HelpSheet
from app.key_field import KeyField
from app.settings import Settings
from app.settings_dialog import SettingsDialog
from app.viewer.inks import HeatColours, Inks, InkSet
from core.domain import FindingClass

InWindow = Callable[..., int]


@pytest.fixture(autouse=True)
def usual_look(qapp):
    yield
    theme.apply(qapp)


def in_settings(hand, act) -> None:
    """Open the settings by their key and act in them."""
    hand.window.activateWindow()
    hand.wait(hand.window.isActiveWindow)
    hand.with_dialog(SettingsDialog, act)
    hand.key(Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    hand.window.activateWindow()
    hand.wait(hand.window.isActiveWindow)


def choose(box, text: str) -> None:
    """Choose by typing in a drop-down list."""
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    while not box.currentText().startswith(text):
        before = box.currentIndex()
        QTest.keyClick(box, Qt.Key.Key_Down)
        assert box.currentIndex() != before, text


def test_a_key_recorded_in_the_settings_works_at_once_and_is_told_everywhere(
    in_window: InWindow, project_folder: Path
):
    def steps(hand) -> None:
        first = hand.wait_for_image()
        action = hand.window.actions_by_name["next"]

        def act(dialog: SettingsDialog) -> None:
            dialog.pages.setCurrentWidget(dialog.keys)
            dialog.keys.choose("next")
            dialog.keys.first.setFocus()
            QTest.keyClick(dialog.keys.first, Qt.Key.Key_F8)
            assert dialog.keys.says.text() == ""

        in_settings(hand, act)
        assert [keys.toString() for keys in action.shortcuts()] == ["F8", "PgDown"]
        assert action.toolTip().startswith("Next image (F8)")
        hand.key(Qt.Key.Key_N)
        assert hand.window.viewer.image_id == first
        hand.key(Qt.Key.Key_F8)
        hand.wait(lambda: hand.wait_for_image() != first)
        hand.key(Qt.Key.Key_F1)
        sheet = next(w for w in QApplication.topLevelWidgets() if isinstance(w, HelpSheet) and w.isVisible())
        assert "<b>F8 or PgDown</b>" in " ".join(label.text() for label in sheet.findChildren(QLabel))
        sheet.close()

    assert in_window(project_folder, steps) == 0
    assert Settings().changed_keys == {"next": ("F8", "PgDown")}


def test_a_key_in_use_is_refused_with_a_sentence_and_can_be_taken_over_and_given_back(
    in_window: InWindow, project_folder: Path
):
    def steps(hand) -> None:
        hand.wait_for_image()
        actions = hand.window.actions_by_name

        def act(dialog: SettingsDialog) -> None:
            page = dialog.keys
            dialog.pages.setCurrentWidget(page)
            page.choose("fit")
            QTest.keyClick(page.first, Qt.Key.Key_N)
            assert page.says.text().startswith("N is the key of 'Next image'.")
            assert page.first.key == "F"
            assert page.take.isVisible()
            QTest.mouseClick(page.take, Qt.MouseButton.LeftButton)
            assert page.first.key == "N"
            assert not page.take.isVisible()
            QTest.keyClick(page.first, Qt.Key.Key_Space)
            assert page.says.text().startswith("Space cannot be given away")
            assert not page.take.isVisible()

        in_settings(hand, act)
        assert actions["fit"].shortcut().toString() == "N"
        assert actions["next"].shortcut().toString() == "PgDown"

        def back(dialog: SettingsDialog) -> None:
            dialog.pages.setCurrentWidget(dialog.keys)
            dialog.keys.choose("next")
            QTest.mouseClick(dialog.keys.reset, Qt.MouseButton.LeftButton)
            QTest.mouseClick(dialog.keys.reset_all, Qt.MouseButton.LeftButton)

        in_settings(hand, back)
        assert actions["fit"].shortcut().toString() == "F"
        assert actions["next"].shortcut().toString() == "N"

    assert in_window(project_folder, steps) == 0
    assert Settings().changed_keys == {}


def test_actions_are_found_by_their_name_or_key(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        hand.wait_for_image()

        def act(dialog: SettingsDialog) -> None:
            page = dialog.keys
            dialog.pages.setCurrentWidget(page)
            for wanted, found in (("heatm", "Heatmap"), ("ctrl+shift+n", "New project")):
                page.find.clear()
                QTest.keyClicks(page.find, wanted)
                names = [
                    page.table.item(row, 0).text()
                    for row in range(page.table.rowCount())
                    if not page.table.isRowHidden(row)
                ]
                assert found in names
                assert len(names) < 4

        in_settings(hand, act)

    assert in_window(project_folder, steps) == 0


def test_the_light_look_holds_at_once_and_the_ground_of_the_image_stays_black(
    in_window: InWindow, project_folder: Path
):
    def steps(hand) -> None:
        hand.wait_for_image()
        window = hand.window

        def ground() -> str:
            return QColor(window.viewer.grab().toImage().pixel(3, window.viewer.height() // 2)).name()

        assert window.palette().window().color().name() == DARK.window
        assert ground() == "#000000"
        in_settings(hand, lambda dialog: choose(dialog.look, "Light"))
        assert window.palette().window().color().name() == LIGHT.window
        assert window.findings.palette().text().color().name() == LIGHT.text
        assert ground() == "#000000"
        assert theme.colours is LIGHT

        def larger(dialog: SettingsDialog) -> None:
            dialog.points.setFocus()
            QTest.keyClick(dialog.points, Qt.Key.Key_Up)

        before = window.findings.fontMetrics().height()
        in_settings(hand, larger)
        hand.wait(lambda: window.findings.fontMetrics().height() > before)

    assert in_window(project_folder, steps) == 0
    settings = Settings()
    assert (settings.look, settings.text_points) == (Look.LIGHT, 11)


def test_contours_wear_the_colours_chosen(in_window: InWindow, project_folder: Path):
    def colours(hand) -> set[tuple[int, int, int]]:
        picture = hand.canvas.grab().toImage()
        return {
            QColor(picture.pixel(x, y)).getRgb()[:3]
            for x in range(picture.width())
            for y in range(picture.height())
        }

    def steps(hand) -> None:
        hand.wait_for_image()
        hand.key(Qt.Key.Key_D)
        hand.draw(x=150, y=280, radius=60)
        hand.wait(lambda: len(hand.canvas.contours.findings) == 1)
        usual, safe = (Inks(which).contour[FindingClass.MALIGNANT] for which in InkSet)
        assert usual in colours(hand)
        in_settings(hand, lambda dialog: choose(dialog.ink_set, "For every"))
        now = colours(hand)
        assert safe in now
        assert usual not in now
        in_settings(hand, lambda dialog: choose(dialog.heat, "Cividis"))
        assert hand.window.viewer.layers.inks.heat is HeatColours.CIVIDIS

    assert in_window(project_folder, steps) == 0
    assert Settings().inks == Inks(InkSet.SAFE, HeatColours.CIVIDIS)


def test_settings_that_make_no_sense_are_read_as_never_set(settings_folder: Path):
    settings = Settings()
    for key, value in {
        "window/look": "pink",
        "window/text_points": "900",
        "window/language": "xx",
        "window/keys": "[1]",
        "view/inks": "7",
        "view/heat_colours": "",
    }.items():
        settings._set(key, value)
    assert (settings.look, settings.text_points, settings.language) == (Look.DARK, 10, "")
    assert (settings.changed_keys, settings.inks) == ({}, Inks())
    settings._set("window/keys", json.dumps({"next": "N", "fit": ["F9", 3]}))
    assert settings.changed_keys == {"fit": ("F9",)}


def test_a_field_for_a_key_takes_signs_as_they_are_and_leaves_tab_and_escape_alone(qtbot):
    field, taken = KeyField("Key"), []
    qtbot.addWidget(field)
    field.recorded.connect(taken.append)
    field.show()
    none, shift, control = (
        Qt.KeyboardModifier.NoModifier,
        Qt.KeyboardModifier.ShiftModifier,
        Qt.KeyboardModifier.ControlModifier,
    )
    for key, held in (
        (Qt.Key.Key_Question, shift),
        (Qt.Key.Key_H, shift),
        (Qt.Key.Key_Z, shift | control),
        (Qt.Key.Key_Shift, shift),
        (Qt.Key.Key_Escape, none),
        (Qt.Key.Key_Tab, none),
        (Qt.Key.Key_Backspace, none),
        (Qt.Key.Key_F12, none),
    ):
        QTest.keyClick(field, key, held)
    assert taken == ["?", "Shift+H", "Ctrl+Shift+Z", "", "F12"]
