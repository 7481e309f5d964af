"""The history of a session: every change, the last on top, and a way back to any of them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.session import Session
from app.translation import tr


class HistoryPanel(QDialog):
    """Beside the work, not before it. Each line is the state after that change; the one in force is bold."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("History"))
        self.resize(320, 420)
        self._session: Session | None = None
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Changes of this session, the last on top"))
        self.list.itemActivated.connect(self._go)
        self.list.itemClicked.connect(self._go)
        tells = QLabel(tr("Press a line to go back, or forward, to the state after that change."))
        tells.setObjectName("dim")
        tells.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.addWidget(tells)
        layout.addWidget(self.list, 1)
        layout.addWidget(buttons)

    def set_session(self, session: Session | None) -> None:
        """Show another session's changes."""
        if self._session is not None:
            self._session.undo_stack.indexChanged.disconnect(self._show)
        self._session = session
        if session is not None:
            session.undo_stack.indexChanged.connect(self._show)
        self._show()

    def _show(self, _index: int = 0) -> None:
        self.list.clear()
        if self._session is None:
            return
        stack = self._session.undo_stack
        texts = [tr("opened"), *(stack.text(i) for i in range(stack.count()))]
        for number in reversed(range(len(texts))):
            row = QListWidgetItem(f"{number}  {texts[number]}")
            row.setData(Qt.ItemDataRole.UserRole, number)
            font = row.font()
            font.setBold(number == stack.index())
            row.setFont(font)
            if number > stack.index():
                row.setForeground(self.palette().placeholderText())
            self.list.addItem(row)
        self.list.setCurrentRow(len(texts) - 1 - stack.index())

    def _go(self, item: QListWidgetItem) -> None:
        """One step after the other, as undo and redo do it; a step that the store refuses ends it."""
        session = self._session
        if session is None:
            return
        wanted = int(item.data(Qt.ItemDataRole.UserRole))
        while (here := session.undo_stack.index()) != wanted:
            session.undo() if here > wanted else session.redo()
            if session.undo_stack.index() == here:
                return
