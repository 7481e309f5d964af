from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app import messages
from app.messages import MessageBar


def bar(qtbot: QtBot) -> MessageBar:
    made = MessageBar()
    qtbot.addWidget(made)
    return made


def click(qtbot: QtBot, inside: MessageBar, text: str) -> None:
    button = next(b for b in inside.findChildren(QPushButton) if b.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_information_leaves_by_itself_and_a_warning_stays(qtbot: QtBot, monkeypatch):
    monkeypatch.setattr(messages, "INFORMATION_MS", 1)
    shown = bar(qtbot)
    shown.inform("Done.")
    assert shown.text == "Done."
    qtbot.waitUntil(lambda: shown.text == "")
    shown.inform("Done.")
    shown.warn("Not done.")
    assert not shown._timer.isActive()
    assert shown.text == "Not done."
    shown.report("Model 2 is trained.")
    assert shown.text == "Model 2 is trained."
    click(qtbot, shown, "Close")
    assert shown.text == ""


def test_details_can_be_copied_with_the_sentence(qtbot: QtBot, qapp):
    shown = bar(qtbot)
    shown.warn("Training ended unexpectedly.", details="line 1\nline 2")
    click(qtbot, shown, "Copy details")
    assert qapp.clipboard().text() == "Training ended unexpectedly.\n\nline 1\nline 2"
    shown.inform("All well.")
    assert shown.details == ""
