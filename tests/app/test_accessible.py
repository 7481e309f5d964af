"""Screen readers and the keyboard: everything that takes the focus has a name, and everything is reached."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QWidget,
)

from app.demo_dialog import DemoDialog
from app.empty_page import EmptyPage
from app.export_dialog import ExportDialog
from app.help_sheet import HelpSheet
from app.import_dialog import ImportDialog
from app.model_ledger import ModelLedger
from app.project_dialog import NewProjectDialog
from app.settings_dialog import SettingsDialog
from core.domain import Decision

InWindow = Callable[..., int]
INTERACTIVE = (
    *(QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox),
    *(QComboBox, QLineEdit, QPlainTextEdit),
)
PARTS = (QScrollBar, QTabBar)  # Qt names these by what they belong to


def is_part_of_another(widget: QWidget) -> bool:
    """Inner widgets of Qt's own, as the line of a spin box or the list of a drop-down."""
    if widget.objectName().startswith("qt_"):
        return True
    parent = widget.parentWidget()
    while parent is not None and not parent.isWindow():
        if isinstance(parent, (QAbstractSpinBox, QComboBox, QTabBar)):
            return True
        if isinstance(parent, QAbstractScrollArea) and isinstance(widget, QScrollBar):
            return True
        if isinstance(parent, QAbstractItemView) and isinstance(widget, QAbstractButton):
            return type(widget).__name__ == "QAbstractButton"  # the corner of a table
        parent = parent.parentWidget()
    return False


def unnamed(root: QWidget) -> list[str]:
    """Interactive widgets of a window of which a screen reader has nothing to say."""
    found = []
    for widget in root.findChildren(QWidget):
        if widget.window() is not root.window():
            continue  # the list that drops down from a box, which has a name
        if isinstance(widget, QAbstractButton) and not widget.isVisibleTo(root) and not widget.text():
            continue  # it gets its text, which is its name, when it is shown
        takes_keys = widget.focusPolicy() is not Qt.FocusPolicy.NoFocus and isinstance(widget, INTERACTIVE)
        is_ours = type(widget).__module__.startswith("app.") and (
            widget.focusPolicy() is Qt.FocusPolicy.StrongFocus
        )
        if not (takes_keys or is_ours) or isinstance(widget, PARTS) or is_part_of_another(widget):
            continue
        interface = QAccessible.queryAccessibleInterface(widget)
        name = interface.text(QAccessible.Text.Name).strip()
        if not name or interface.role() is QAccessible.Role.NoRole:
            found.append(
                f"{type(widget).__name__} {widget.objectName()} in {type(widget.parentWidget()).__name__}"
            )
    return found


def test_every_widget_that_takes_keys_has_a_name_and_a_role(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        hand.wait_for_image()
        window, workplace = hand.window, hand.window.workplace
        hand.key(Qt.Key.Key_D)
        hand.draw(x=150, y=280, radius=60)
        hand.wait(lambda: len(hand.canvas.contours.findings) == 1)
        assert unnamed(window) == []
        session, settings, keys = workplace.session, workplace.settings, window.actions_by_name.keys
        for dialog in (
            *(NewProjectDialog(window), DemoDialog(window), ImportDialog(session, window)),
            *(ExportDialog(session, window), ModelLedger(session, workplace.choice, window)),
            *(SettingsDialog(settings, keys, window), HelpSheet(keys, window)),
        ):
            assert unnamed(dialog) == [], type(dialog).__name__
            dialog.deleteLater()
        assert unnamed(EmptyPage()) == []

    assert in_window(project_folder, steps) == 0


def test_a_session_but_for_drawing_goes_by_keys_alone(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        window = hand.window
        first = hand.wait_for_image()
        hand.key(Qt.Key.Key_D)
        hand.draw(x=150, y=280, radius=60)
        hand.wait(lambda: len(hand.canvas.contours.findings) == 1)
        reached = []
        for _step in range(6):
            QApplication.processEvents()
            hand.qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_F6)
            reached.append(QApplication.focusWidget())
        assert window.worklist.table in reached
        assert window.findings.table in reached
        assert window.training.retrain in reached
        assert hand.canvas in reached
        window.findings.table.setFocus()
        hand.qtbot.keyClick(window.findings.table, Qt.Key.Key_Down)
        assert window.findings.selected is not None
        hand.key(Qt.Key.Key_Delete)
        hand.wait(lambda: len(hand.canvas.contours.findings) == 0)
        hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        hand.wait(lambda: len(hand.canvas.contours.findings) == 1)
        hand.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        hand.wait(lambda: hand.wait_for_image() != first)
        hand.key(Qt.Key.Key_X)
        hand.wait(window.findings.nothing.isChecked)
        assert workplace_decision(window, first) is Decision.ANNOTATED

    assert in_window(project_folder, steps) == 0


def workplace_decision(window, image_id):
    return window.workplace.session.store.image(image_id).decision
