"""German is complete: no text of the window is without it, and what is put into a text fits in both languages."""

from __future__ import annotations

import string
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PySide6.QtCore import QTranslator

from app import translation
from app.main_window import MainWindow
from app.translation import FOLDER, counted, tr, tr_data

ROOT = Path(__file__).resolve().parents[2]
SOURCE = FOLDER / "lesionloop_de.ts"


@pytest.fixture
def german(qapp):
    translation.install(qapp, "de")
    yield
    translation.install(qapp, "en")


def pairs():
    for context in ET.parse(SOURCE).getroot().iter("context"):
        for message in context.iter("message"):
            yield (
                context.findtext("name", ""),
                message.findtext("source", ""),
                message.findtext("translation", ""),
            )


def test_lupdate_finds_no_text_of_the_window_without_german():
    done = subprocess.run(
        [sys.executable, str(ROOT / "packaging" / "translate.py"), "--missing"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def places(text: str) -> list[tuple[str, str]]:
    return sorted(
        (name, spec or "") for _, name, spec, _ in string.Formatter().parse(text) if name is not None
    )


def test_what_is_put_into_a_text_is_the_same_in_german():
    wrong = [source for _, source, german in pairs() if places(source) != places(german)]
    assert not wrong


def test_german_keeps_what_joins_a_text_to_others():
    wrong = [
        source
        for _, source, german in pairs()
        if (source[0] == " ") != (german[0] == " ") or source.startswith("\n") != german.startswith("\n")
    ]
    assert not wrong


def test_the_released_file_says_what_the_source_says(qapp):
    translator = QTranslator()
    assert translator.load("lesionloop_de", str(FOLDER))
    stale = [source for context, source, german in pairs() if translator.translate(context, source) != german]
    assert not stale


def test_no_two_entries_of_a_german_menu_have_the_same_letter(german, qtbot):
    window = MainWindow()
    qtbot.addWidget(window)
    menus = [action.text() for action in window.menuBar().actions()]
    letters = [text[text.index("&") + 1].lower() for text in menus]
    assert menus[0] == "&Datei"
    assert len(letters) == len(set(letters)), menus


def test_the_window_speaks_german_and_english_again(qapp, german, qtbot):
    assert tr("Nothing to draw") == "Nichts Malignes"
    assert tr_data("malignant") == "maligne"
    assert [counted(n, "finding") for n in (0, 1, 2)] == ["0 Befunde", "1 Befund", "2 Befunde"]
    assert tr_data("no text of ours") == "no text of ours"
    assert translation.install(qapp, "en") == "en"
    assert tr("Nothing to draw") == "Nothing to draw"


def test_the_language_of_the_system_is_spoken_if_it_is_known(qapp, monkeypatch):
    monkeypatch.setattr(translation, "_of_system", lambda: "de")
    try:
        assert translation.install(qapp, "") == "de"
        assert translation.install(qapp, "en") == "en"
    finally:
        translation.install(qapp, "en")
