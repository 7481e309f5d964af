"""The dark, calm look of a reading room: one palette, one style sheet, one set of icons."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QDir, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

import resources
from core.domain import Label

RESOURCES = Path(resources.__file__).resolve().parent
ICON_SIZES = (16, 24, 32, 48)
FONT_POINTS = 10
WINDOW = "#1d2023"
BASE = "#15171a"
PANEL = "#24282c"
TEXT = "#d5d9de"
DIM_TEXT = "#969da6"
ACCENT = "#5b9bd5"
SELECTION = "#2c4a66"
WARNING = "#e0a458"
# Curves: training dim, validation bright, so that they are told apart without colour.
TRAINING_CURVE = "#7f8a96"
VALIDATION_CURVE = "#5b9bd5"
# The probability plane keeps the paper's colours (Fig. 6) and so needs a light ground, or black would vanish.
PLANE_GROUND = "#c6cacf"
PLANE_INK = "#22262a"
LABEL_COLOURS = {
    Label.NORMAL: "#2458c6",
    Label.BENIGN: "#1d8a3e",
    Label.MALIGNANT: "#d01f2e",
    Label.BOTH: "#000000",
}
LABEL_SYMBOLS = {Label.NORMAL: "o", Label.BENIGN: "s", Label.MALIGNANT: "t1", Label.BOTH: "d"}


def apply(application: QApplication) -> None:
    """Dress the whole application. Called once, before the first window."""
    application.setStyle("Fusion")
    application.setPalette(dark_palette())
    font = QFont(application.font())
    font.setPointSize(FONT_POINTS)
    application.setFont(font)
    application.setWindowIcon(application_icon())
    QDir.setSearchPaths("resources", [str(RESOURCES)])
    application.setStyleSheet((RESOURCES / "theme.qss").read_text(encoding="utf-8"))


def dark_palette() -> QPalette:
    """Light text on near-black; disabled text stays legible."""
    palette = QPalette()
    role = QPalette.ColorRole
    colours = {
        role.Window: WINDOW,
        role.Base: BASE,
        role.AlternateBase: "#1a1d20",
        role.Button: PANEL,
        role.ToolTipBase: "#2d3238",
        role.Text: TEXT,
        role.WindowText: TEXT,
        role.ButtonText: TEXT,
        role.ToolTipText: TEXT,
        role.BrightText: "#ffffff",
        role.PlaceholderText: "#7d848d",
        role.Highlight: SELECTION,
        role.HighlightedText: "#ffffff",
        role.Link: ACCENT,
        role.Accent: ACCENT,
        role.Mid: "#33383e",
        role.Dark: "#101214",
        role.Light: "#3a4047",
        role.Shadow: "#000000",
    }
    for which, colour in colours.items():
        palette.setColor(which, QColor(colour))
    for which in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor("#666d75"))
    return palette


def icon(name: str) -> QIcon:
    """One of our own drawings in resources/icons. A name without a drawing raises FileNotFoundError."""
    path = RESOURCES / "icons" / f"{name}.svg"
    if not path.is_file():
        raise FileNotFoundError(path)
    drawn = QIcon(str(path))
    for size in ICON_SIZES:
        drawn.addPixmap(_faded(drawn.pixmap(size, size)), QIcon.Mode.Disabled)
    return drawn


def application_icon() -> QIcon:
    """The program's own sign."""
    return QIcon(str(RESOURCES / "lesionloop.svg"))


def _faded(pixmap: QPixmap) -> QPixmap:
    faded = QPixmap(pixmap.size())
    faded.fill(Qt.GlobalColor.transparent)
    painter = QPainter(faded)
    painter.setOpacity(0.3)
    painter.drawPixmap(0, 0, pixmap)
    painter.end()
    return faded
