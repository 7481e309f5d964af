"""Puts the settings to use: look, language, keys and colours, at the start and when they are changed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from app import theme, translation
from app.actions import ACTIONS
from app.keys import KeyBook
from app.main_window import MainWindow
from app.settings import Settings
from app.settings_dialog import SettingsDialog


def dress(application: QApplication, settings: Settings) -> None:
    """Look and language, before the first window stands."""
    theme.apply(application, settings.look, points=settings.text_points)
    translation.install(application, settings.language)


class Preferences(QObject):
    """Keys and colours of one window, and the dialog that changes them.

    refresh: called after another look was chosen, for texts that hold colours.
    """

    def __init__(self, window: MainWindow, settings: Settings, *, refresh: Callable[[], None]) -> None:
        super().__init__(window)
        self._window, self._settings, self._refresh = window, settings, refresh
        self.keys = KeyBook({spec.name: spec.keys for spec in ACTIONS}, settings.changed_keys)
        window.actions_by_name.set_keys(self.keys)
        self._show_inks()
        window.actions_by_name["settings"].triggered.connect(self.ask)

    def ask(self) -> None:
        """Show the settings until they are closed."""
        dialog = SettingsDialog(self._settings, self.keys, self._window)
        dialog.look_changed.connect(self._show_look)
        dialog.inks_changed.connect(self._show_inks)
        dialog.keys_changed.connect(self._show_keys)
        dialog.exec()
        dialog.deleteLater()

    def _show_look(self) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        theme.apply(application, self._settings.look, points=self._settings.text_points)
        self._window.actions_by_name.show_icons()
        self._refresh()

    def _show_inks(self) -> None:
        self._window.viewer.set_inks(self._settings.inks)

    def _show_keys(self) -> None:
        self._settings.changed_keys = self.keys.changed
        self._window.actions_by_name.show_keys()
