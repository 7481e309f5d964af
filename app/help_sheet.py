"""The sheet of keys (F1): what does what, with the keys as this reader has them."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.actions import ACTIONS, EDIT, FILE, HELP, IMAGE, MODEL, MOUSE, TOOLS, VIEW
from app.keys import KeyBook, shown
from app.translation import tr, tr_data

COLUMNS = ((IMAGE, TOOLS, EDIT), (VIEW,), ("", MODEL, FILE, HELP))
SHOWN_WITH = 2  # keys of one action


class HelpSheet(QDialog):
    """All keys at a glance; it does not stop the work behind it."""

    def __init__(self, keys: KeyBook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keys"))
        self._columns = [QLabel() for _column in COLUMNS]
        page = QWidget()
        page.setObjectName("page")
        columns = QHBoxLayout(page)
        columns.setSpacing(28)
        for label in self._columns:
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            columns.addWidget(label)
        area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setAccessibleName(tr("Keys"))
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 14)
        layout.addWidget(area)
        layout.addWidget(buttons)
        self.show_keys(keys)
        need = page.sizeHint()
        room = self.screen().availableGeometry().size()
        area.setMinimumWidth(min(need.width() + 24, room.width() - 80))
        self.resize(need.width() + 64, min(need.height() + 90, room.height() - 80))

    def show_keys(self, keys: KeyBook) -> None:
        """Show the keys as they are now, in the colours of the look."""
        for label, sections in zip(self._columns, COLUMNS, strict=True):
            label.setText("".join(_section(name, keys) for name in sections))


def _section(name: str, keys: KeyBook) -> str:
    if name:
        title = tr_data(name).replace("&", "")
        pairs = [
            (
                tr(" or ").join(shown(key) for key in keys.of(spec.name)[:SHOWN_WITH]),
                tr_data(spec.text).rstrip("."),
            )
            for spec in ACTIONS
            if spec.menu == name and keys.of(spec.name)
        ]
    else:
        title = tr("Mouse and drawing")
        pairs = [(tr_data(hand), tr_data(does)) for hand, does in MOUSE]
    bright, dim = theme.colours.bright_text, theme.colours.dim_text
    rows = "".join(
        f"<tr><td width='150' style='padding:2px 8px 2px 0; color:{bright}'><b>{escape(held)}</b></td>"
        f"<td style='padding:2px 0'>{escape(does)}</td></tr>"
        for held, does in pairs
    )
    return f"<p style='color:{dim}; margin:6px 0 2px 0'><b>{escape(title)}</b></p><table>{rows}</table>"
