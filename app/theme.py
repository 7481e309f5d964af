"""The calm look of a reading room, dark or light: one palette, one style sheet, one set of icons."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QDir, QIODevice, QSize, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QImageReader, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

import resources
from app.colours import DARK, LOOKS, Colours, Look
from core.domain import Label

RESOURCES = Path(resources.__file__).resolve().parent
ICON_SIZES = (16, 24, 32, 48, 64, 96)
ICON_INK = "#d5d9de"  # in the drawings; replaced by the text colour
FONT_POINTS = 10
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

colours: Colours = DARK  # of the look that is worn; ask for it when painting, for it changes


def apply(application: QApplication, look: Look = Look.DARK, *, points: int = FONT_POINTS) -> None:
    """Dress the whole application: before the first window, and again when another look or text size is chosen."""
    global colours  # noqa: PLW0603 (the application has one look)
    colours = LOOKS[look]
    application.setStyle("Fusion")
    application.setPalette(palette(colours))
    font = QFont(application.font())
    font.setPointSize(points)
    application.setFont(font)
    application.setWindowIcon(application_icon())
    QDir.setSearchPaths("resources", [str(RESOURCES)])
    application.setStyleSheet(style_sheet(colours))


def style_sheet(of: Colours) -> str:
    """The style sheet in the colours of a look."""
    return of.fill((RESOURCES / "theme.qss").read_text(encoding="utf-8"))


def palette(of: Colours) -> QPalette:
    """What Qt paints by itself; disabled text stays legible."""
    made = QPalette()
    role = QPalette.ColorRole
    for which, colour in {
        role.Window: of.window,
        role.Base: of.base,
        role.AlternateBase: of.alternate,
        role.Button: of.panel,
        role.ToolTipBase: of.raised,
        role.Text: of.text,
        role.WindowText: of.text,
        role.ButtonText: of.text,
        role.ToolTipText: of.text,
        role.BrightText: of.bright_text,
        role.PlaceholderText: of.placeholder,
        role.Highlight: of.selection,
        role.HighlightedText: of.selection_text,
        role.Link: of.link,
        role.LinkVisited: of.link,
        role.Accent: of.accent,
        role.Mid: of.line,
        role.Dark: of.strong_line if of is not DARK else "#101214",
        role.Light: of.hover,
        role.Shadow: "#000000",
    }.items():
        made.setColor(which, QColor(colour))
    for which in (role.Text, role.WindowText, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, which, QColor(of.disabled_text))
    return made


def icon(name: str) -> QIcon:
    """One of our own drawings in resources/icons, in the ink of the look. A name without one raises FileNotFoundError."""
    drawing = (RESOURCES / "icons" / f"{name}.svg").read_bytes()
    inked = QByteArray(drawing.replace(ICON_INK.encode(), colours.text.encode()))
    drawn = QIcon()
    for size in ICON_SIZES:
        pixmap = _pixmap(inked, size)
        drawn.addPixmap(pixmap)
        drawn.addPixmap(_faded(pixmap), QIcon.Mode.Disabled)
    return drawn


def application_icon() -> QIcon:
    """The program's own sign."""
    return QIcon(str(RESOURCES / "lesionloop.svg"))


def _pixmap(drawing: QByteArray, size: int) -> QPixmap:
    buffer = QBuffer(drawing)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(b"svg"))
    reader.setScaledSize(QSize(size, size))
    return QPixmap.fromImage(reader.read())


def _faded(pixmap: QPixmap) -> QPixmap:
    faded = QPixmap(pixmap.size())
    faded.fill(Qt.GlobalColor.transparent)
    painter = QPainter(faded)
    painter.setOpacity(0.3)
    painter.drawPixmap(0, 0, pixmap)
    painter.end()
    return faded
