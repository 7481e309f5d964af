"""The sheet of keys (F1)."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app import theme
from app.actions import ACTIONS, EDIT, FILE, HELP, IMAGE, MODEL, MOUSE, TOOLS, VIEW

COLUMNS = ((IMAGE, TOOLS, EDIT), (VIEW, MODEL, HELP), ("Mouse and drawing", FILE))


class HelpSheet(QDialog):
    """All keys at a glance; it does not stop the work behind it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        columns = QHBoxLayout()
        columns.setSpacing(28)
        for sections in COLUMNS:
            label = QLabel("".join(_section(name) for name in sections))
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            columns.addWidget(label)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 14)
        layout.addLayout(columns)
        layout.addWidget(buttons)


def _section(name: str) -> str:
    if name == COLUMNS[2][0]:
        pairs = list(MOUSE)
    else:
        pairs = [
            (_shown(spec.keys), spec.text.rstrip(".")) for spec in ACTIONS if spec.menu == name and spec.keys
        ]
    rows = "".join(
        f"<tr><td width='150' style='padding:2px 8px 2px 0; color:{theme.colours.bright_text}'><b>{escape(keys)}</b></td>"
        f"<td style='padding:2px 0'>{escape(text)}</td></tr>"
        for keys, text in pairs
    )
    title = escape(name.replace("&", ""))
    return f"<p style='color:{theme.colours.dim_text}; margin:6px 0 2px 0'><b>{title}</b></p><table>{rows}</table>"


def _shown(keys: tuple[str, ...]) -> str:
    names = [QKeySequence(each).toString(QKeySequence.SequenceFormat.NativeText) for each in keys]
    return names[0] if names[0].startswith("Ctrl+") else " or ".join(names)
