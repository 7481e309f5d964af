"""The two looks: text can be read on every ground it stands on, and what has the focus is seen."""

from __future__ import annotations

import re

import pytest
from PySide6.QtGui import QColor, QImage, QPalette
from pytestqt.qtbot import QtBot

from app import theme
from app.colours import LOOKS, Look, contrast

RULE = re.compile(r"([^{}]+)\{([^}]*)\}")
TEXT, MARK = 4.5, 3.0


def rules(look: Look):
    """Selector, text colour and ground of each rule of the style sheet that sets a text colour or a ground."""
    sheet = re.sub(r"/\*.*?\*/", "", theme.style_sheet(LOOKS[look]), flags=re.DOTALL)
    for selector, body in RULE.findall(sheet):
        values = dict(
            (part.strip() for part in each.split(":", 1)) for each in body.split(";") if ":" in each
        )
        colour = values.get("color")
        ground = values.get("background") or values.get("background-color")
        if colour or (ground and ground.startswith("#")):
            yield selector.strip(), colour, ground if ground and ground.startswith("#") else None


def grounds(look: Look) -> list[str]:
    of = LOOKS[look]
    return [of.window, of.base, of.alternate, of.panel, of.card, of.status]


def test_contrast_is_that_of_the_published_examples():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the known near miss
    assert contrast("#0000ff", "#ffffff") == pytest.approx(8.59, abs=0.005)


@pytest.mark.parametrize("look", Look)
def test_every_text_of_the_style_sheet_can_be_read_on_its_ground(look: Look):
    of, checked = LOOKS[look], 0
    unreadable = []
    for selector, colour, ground in rules(look):
        if any(part in selector for part in ("handle", "groove", "chunk", "indicator", "separator")):
            continue
        text = colour or (of.selection_text if ground == of.selection else of.text)
        needed = MARK if "disabled" in selector else TEXT
        for each in [ground] if ground else grounds(look):
            checked += 1
            if contrast(text, each) < needed:
                unreadable.append(f"{selector}: {text} on {each} {contrast(text, each):.2f}")
    assert not unreadable
    assert checked > 60


@pytest.mark.parametrize("look", Look)
def test_texts_that_are_painted_or_written_in_rich_text_can_be_read(look: Look):
    of = LOOKS[look]
    for text in (of.text, of.dim_text, of.bright_text, of.link, of.warning):
        for ground in (*grounds(look), of.message):
            assert contrast(text, ground) >= TEXT, (text, ground)
    assert contrast(of.placeholder, of.base) >= TEXT
    assert contrast(of.text, of.selection) >= TEXT
    assert contrast(of.text, of.wrong) >= TEXT
    assert contrast(of.warning, of.warning_ground) >= TEXT


@pytest.mark.parametrize("look", Look)
def test_the_frame_of_what_has_the_focus_is_seen_on_every_ground(look: Look):
    of = LOOKS[look]
    for ground in (*grounds(look), of.raised):
        assert contrast(of.accent, ground) >= MARK, ground
    for ground in (of.primary, of.primary_hover):
        assert contrast(of.primary_focus, ground) >= MARK
    for curve in (of.training_curve, of.validation_curve, of.handle):
        assert contrast(curve, of.base) >= MARK


@pytest.mark.parametrize("look", Look)
def test_qt_paints_by_itself_what_can_be_read_too(look: Look):
    palette, role = theme.palette(LOOKS[look]), QPalette.ColorRole
    for text, ground in (
        (role.Text, role.Base),
        (role.Text, role.AlternateBase),
        (role.WindowText, role.Window),
        (role.ButtonText, role.Button),
        (role.ToolTipText, role.ToolTipBase),
        (role.HighlightedText, role.Highlight),
        (role.PlaceholderText, role.Base),
        (role.Link, role.Window),
    ):
        assert contrast(palette.color(text).name(), palette.color(ground).name()) >= TEXT, (text, ground)


def test_the_style_sheet_names_no_colour_that_a_look_does_not_have():
    with pytest.raises(ValueError, match="no such colour: @mauve"):
        LOOKS[Look.DARK].fill("QLabel { color: @mauve; }")
    assert "#" not in re.sub(r"#[a-z]+\b", "", theme.RESOURCES.joinpath("theme.qss").read_text())


def test_icons_are_drawn_in_the_ink_of_the_look(qapp, qtbot: QtBot):
    try:
        for look in (Look.LIGHT, Look.DARK):
            theme.apply(qapp, look)
            picture = theme.icon("fit").pixmap(32, 32).toImage().convertToFormat(QImage.Format.Format_ARGB32)
            inked = [
                QColor(picture.pixel(x, y)).name()
                for x in range(picture.width())
                for y in range(picture.height())
                if picture.pixelColor(x, y).alpha() == 255
            ]
            assert inked
            assert set(inked) == {LOOKS[look].text}
    finally:
        theme.apply(qapp)
