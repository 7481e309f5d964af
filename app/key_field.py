"""A field that takes the next key pressed in it, as a key and not as text."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QKeyCombination, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit

from app.keys import portable, shown
from app.translation import tr

ALONE = (  # these change other keys, and are none by themselves
    *(Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta),
    *(Qt.Key.Key_CapsLock, Qt.Key.Key_NumLock, Qt.Key.Key_unknown),
)


class KeyField(QLineEdit):
    """Shows one key. Tab and Escape leave it as elsewhere; Backspace takes the key away.

    Signals:
        recorded: the key that was pressed, as QKeySequence's portable text; '' for none.
    """

    recorded = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setAccessibleName(name)
        self.setPlaceholderText(tr("none"))
        self.setToolTip(tr("Press the new key here; Backspace takes it away"))

    def show_key(self, key: str) -> None:
        """Show a key, '' for none."""
        self.setText(shown(key))

    @property
    def key(self) -> str:
        """The key shown, portable; '' for none."""
        return portable(self.text())

    def event(self, event: QEvent) -> bool:
        """Keys of the window's actions come here first."""
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the key."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            super().keyPressEvent(event)
        elif key not in ALONE:
            self.recorded.emit("" if key == Qt.Key.Key_Backspace else _portable(event, key))


def _portable(event: QKeyEvent, key: Qt.Key) -> str:
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if event.text().isprintable() and event.text() and not event.text().isalpha():
        held &= ~Qt.KeyboardModifier.ShiftModifier  # '?' is a key of its own, whatever makes it
    return portable(QKeySequence(QKeyCombination(held, key)).toString())
