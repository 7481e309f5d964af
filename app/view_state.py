"""How the image is looked at: the tool in hand, the overlays, the layout; kept from one day to the next."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.main_window import MainWindow
from app.settings import Settings
from app.viewer import Tool

TOOLS = {
    "browse": Tool.BROWSE,
    "window": Tool.WINDOW,
    "contour": Tool.CONTOUR,
    "smart": Tool.SMART,
    "ellipse": Tool.ELLIPSE,
    "brush": Tool.BRUSH,
    "edit": Tool.EDIT,
    "ruler": Tool.RULER,
}
LAYERS = ("heatmap", "boxes", "contours", "regions")
OFF_AT_FIRST = ("regions",)
NO_MARK = "There is no box or contour to go to on this image."

NOT_RAW = "This image is not raw detector data (For Processing): it has no other display transform."


class ViewState(QObject):
    """Connects the actions of looking to the viewer. None of them changes the project."""

    def __init__(self, window: MainWindow, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._settings = window, settings
        self._restore()
        self._connect()

    def keep(self) -> None:
        """Write the switches and the layout into the settings."""
        settings, window = self._settings, self._window
        for name in LAYERS:
            settings.set_on(name, window.actions_by_name[name].isChecked())
        settings.overlay_opacity = window.opacity.value() / 100
        settings.keep_layout("window", window.saveGeometry())
        if window.middle.currentWidget() is window.tabs:
            settings.keep_layout("splitter", window.splitter.saveState())

    def _restore(self) -> None:
        settings, window = self._settings, self._window
        for name, switch in self._switches().items():
            is_on = settings.is_on(name, default=name not in OFF_AT_FIRST)
            window.actions_by_name[name].setChecked(is_on)
            switch(is_on)
        window.opacity.setValue(round(settings.overlay_opacity * 100))
        window.viewer.set_heatmap_opacity(settings.overlay_opacity)
        self._show_tool(window.viewer.tool)
        if (geometry := settings.layout("window")) is not None:
            window.restoreGeometry(geometry)
        if (state := settings.layout("splitter")) is not None:
            window.splitter.restoreState(state)

    def _connect(self) -> None:
        actions, viewer = self._window.actions_by_name, self._window.viewer
        for name, tool in TOOLS.items():
            actions[name].triggered.connect(lambda _checked=False, tool=tool: viewer.set_tool(tool))
        viewer.tool_changed.connect(self._show_tool)
        viewer.cursor_moved.connect(self._window.tell_cursor)
        actions["invert"].toggled.connect(viewer.set_inverted)
        actions["hide_overlays"].toggled.connect(viewer.set_overlays_hidden)
        self._window.heatmap_view.activated.connect(self._show_part)
        for name, switch in self._switches().items():
            actions[name].toggled.connect(switch)
        self._window.opacity.valueChanged.connect(lambda value: viewer.set_heatmap_opacity(value / 100))
        for name, show in {
            "next_window": viewer.next_window,
            "as_stored": self._show_as_stored,
            "reset_window": viewer.reset_window,
            "fit": viewer.fit,
            "flip": viewer.toggle_flip,
            "heatmap_part": self._next_part,
            "next_mark": lambda: self._go_to_mark(1),
            "previous_mark": lambda: self._go_to_mark(-1),
            "true_size": viewer.true_size,
            "one_to_one": viewer.one_to_one,
            "image_page": lambda: self._window.tabs.setCurrentIndex(0),
            "plane_page": self._show_plane,
        }.items():
            actions[name].triggered.connect(lambda _checked=False, show=show: show())

    def _show_as_stored(self) -> None:
        if not self._window.viewer.toggle_as_stored():
            self._window.messages.inform(NOT_RAW)

    def _go_to_mark(self, step: int) -> None:
        if not self._window.viewer.go_to_mark(step):
            self._window.messages.inform(NO_MARK)

    def _next_part(self) -> None:
        box = self._window.heatmap_view
        box.setCurrentIndex((box.currentIndex() + 1) % box.count())
        self._show_part()

    def _show_part(self, _index: int = 0) -> None:
        which, part = self._window.heatmap_view.chosen
        self._window.viewer.set_heatmap_class(which)
        self._window.viewer.set_heatmap_part(part)

    def _show_plane(self) -> None:
        self._window.tabs.setCurrentIndex(1)
        self._window.plane.canvas.setFocus()

    def _switches(self) -> dict[str, Callable[[bool], None]]:
        viewer = self._window.viewer
        return {
            "heatmap": viewer.set_heatmap_visible,
            "boxes": viewer.set_boxes_visible,
            "contours": viewer.set_contours_visible,
            "regions": viewer.set_regions_visible,
        }

    def _show_tool(self, tool: Tool) -> None:
        for name, each in TOOLS.items():
            self._window.actions_by_name[name].setChecked(each is tool)
