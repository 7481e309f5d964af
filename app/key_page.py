"""The page of the settings on which keys are changed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.actions import ACTIONS
from app.key_field import KeyField
from app.keys import Clash, KeyBook, shown
from app.translation import tr, tr_data

ACTION, KEY = 0, 1


class KeyPage(QWidget):
    """A list of actions with their keys; those of the chosen one are changed below it, and hold at once.

    Signals:
        changed: another key does something now.
    """

    changed = Signal()

    def __init__(self, keys: KeyBook) -> None:
        super().__init__()
        self._keys = keys
        self._clash: Clash | None = None
        self.find = QLineEdit()
        self.find.setPlaceholderText(tr("Find an action or a key"))
        self.find.setAccessibleName(tr("Find an action or a key"))
        self.find.setClearButtonEnabled(True)
        self.table = _table()
        self.first, self.second = KeyField(tr("Key")), KeyField(tr("Second key"))
        self.says = QLabel()
        self.says.setWordWrap(True)
        self.says.setMinimumHeight(self.says.fontMetrics().height() * 2 + 4)
        self.take = QPushButton(tr("Use it here instead"))
        self.reset = QPushButton(tr("Usual keys for this action"))
        self.reset_all = QPushButton(tr("Usual keys for all"))
        self._arrange()
        self._fill()
        self.find.textChanged.connect(self._filter)
        self.table.currentCellChanged.connect(self._show_chosen)
        self.first.recorded.connect(lambda key: self._record((key, self.second.key)))
        self.second.recorded.connect(lambda key: self._record((self.first.key, key)))
        self.take.clicked.connect(self._take)
        self.reset.clicked.connect(self._reset)
        self.reset_all.clicked.connect(self._reset_all)
        self.table.setCurrentCell(0, ACTION)

    @property
    def chosen(self) -> str:
        """Name of the action whose keys are shown below the list; '' if none is."""
        item = self.table.item(self.table.currentRow(), ACTION)
        return "" if item is None else str(item.data(Qt.ItemDataRole.UserRole))

    def choose(self, name: str) -> None:
        """Choose an action."""
        rows = [row for row, spec in enumerate(ACTIONS) if spec.name == name]
        self.table.setCurrentCell(rows[0], ACTION)

    def _fill(self) -> None:
        self.table.setRowCount(len(ACTIONS))
        for row, spec in enumerate(ACTIONS):
            item = QTableWidgetItem(_action_text(spec.name))
            item.setData(Qt.ItemDataRole.UserRole, spec.name)
            item.setToolTip(tr_data(spec.tip))
            self.table.setItem(row, ACTION, item)
            self.table.setItem(row, KEY, QTableWidgetItem())
        self._show_keys()

    def _show_keys(self) -> None:
        for row, spec in enumerate(ACTIONS):
            text = ", ".join(shown(key) for key in self._keys.of(spec.name))
            item = self.table.item(row, KEY)
            if item is not None:
                item.setText(text)
                font = item.font()
                font.setBold(spec.name in self._keys.changed)
                item.setFont(font)

    def _filter(self, text: str) -> None:
        wanted = text.casefold().strip()
        for row in range(self.table.rowCount()):
            cells = [self.table.item(row, column) for column in (ACTION, KEY)]
            words = " ".join(cell.text() for cell in cells if cell is not None)
            self.table.setRowHidden(row, wanted not in words.casefold())

    def _show_chosen(self) -> None:
        self._say("")
        keys = self._keys.of(self.chosen) if self.chosen else ()
        for place, edit in enumerate((self.first, self.second)):
            edit.show_key(keys[place] if place < len(keys) else "")
            edit.setEnabled(bool(self.chosen))
        self.reset.setEnabled(self.chosen in self._keys.changed)
        self.reset_all.setEnabled(bool(self._keys.changed))

    def _record(self, wanted: tuple[str, str]) -> None:
        rest = self._keys.of(self.chosen)[2:]
        for key in filter(None, wanted):
            clash = self._keys.clash(self.chosen, key)
            if clash is not None:
                self._refuse(clash)
                return
        self._keys.give(self.chosen, (*wanted, *rest))
        self._tell()

    def _refuse(self, clash: Clash) -> None:
        self._show_chosen()
        if clash.action:
            self._say(
                tr("{key} is the key of '{action}'. Press another, or use it here instead.").format(
                    key=shown(clash.key), action=_action_text(clash.action)
                )
            )
        else:
            self._say(
                tr("{key} cannot be given away: the image and the lists need it. Press another.").format(
                    key=shown(clash.key)
                )
            )
        self._clash = clash
        self.take.setVisible(bool(clash.action))

    def _take(self) -> None:
        if self._clash is not None:
            key, here = self._clash.key, self.chosen
            self._keys.take(self._clash.action, key)
            self._keys.give(here, (key, *self._keys.of(here)[1:]))
            self._tell()
            self.first.setFocus()

    def _reset(self) -> None:
        self._keys.reset(self.chosen)
        self._tell()

    def _reset_all(self) -> None:
        self._keys.reset_all()
        self._tell()

    def _tell(self) -> None:
        self._show_keys()
        self._show_chosen()
        self.changed.emit()

    def _say(self, text: str) -> None:
        self._clash = None
        self.says.setText(text)
        self.take.setVisible(False)

    def _arrange(self) -> None:
        keys = QGridLayout()
        for row, (text, edit) in enumerate(((tr("&Key"), self.first), (tr("&Second key"), self.second))):
            label = QLabel(text)
            label.setBuddy(edit)
            keys.addWidget(label, row, 0)
            keys.addWidget(edit, row, 1)
        keys.addWidget(self.reset, 0, 2)
        keys.addWidget(self.reset_all, 1, 2)
        keys.setColumnStretch(1, 1)
        refused = QHBoxLayout()
        refused.addWidget(self.says, 1)
        refused.addWidget(self.take)
        layout = QVBoxLayout(self)
        layout.addWidget(self.find)
        layout.addWidget(self.table, 1)
        layout.addLayout(keys)
        layout.addLayout(refused)
        self.setTabOrder(self.find, self.table)
        self.setTabOrder(self.table, self.first)
        self.setTabOrder(self.first, self.second)


def _action_text(name: str) -> str:
    spec = next(each for each in ACTIONS if each.name == name)
    return tr_data(spec.text).rstrip(".")


def _table() -> QTableWidget:
    table = QTableWidget(0, 2)
    table.setAccessibleName(tr("Actions and their keys"))
    table.setHorizontalHeaderLabels([tr("Action"), tr("Keys")])
    table.horizontalHeader().setSectionResizeMode(ACTION, QHeaderView.ResizeMode.Stretch)
    table.horizontalHeader().setSectionResizeMode(KEY, QHeaderView.ResizeMode.ResizeToContents)
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
    return table
