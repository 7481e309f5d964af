"""Everything the reader can do, in one table: menus, tool bar, keys and the sheet of keys come from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QWidget

from app import theme
from app.keys import KeyBook, shown
from app.translation import tr_data


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action. `keys`: as QKeySequence reads them; the first is shown. `group`: exclusive choices."""

    name: str
    menu: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    tip: str = ""
    is_checkable: bool = False
    group: str = ""


FILE, EDIT, IMAGE, TOOLS, VIEW, MODEL, HELP = "&File", "&Edit", "&Image", "&Tools", "&View", "&Model", "&Help"

ACTIONS = (
    ActionSpec("new_project", FILE, "New project...", ("Ctrl+Shift+N",)),
    ActionSpec("open_project", FILE, "Open project...", ("Ctrl+O",)),
    ActionSpec("import_images", FILE, "Import images...", ("Ctrl+I",)),
    ActionSpec("export", FILE, "Export annotations...", ("Ctrl+E",)),
    ActionSpec("change_reader", FILE, "Change reader...", ("Ctrl+R",)),
    ActionSpec("settings", FILE, "Settings...", ("Ctrl+,",), tip="Keys, colours, language"),
    ActionSpec("quit", FILE, "Quit", ("Ctrl+Q",)),
    ActionSpec("undo", EDIT, "Undo", ("Ctrl+Z",), icon="undo", tip="Take the last change back"),
    ActionSpec("redo", EDIT, "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), icon="redo", tip="Do it again"),
    ActionSpec(
        "history",
        EDIT,
        "History",
        ("Ctrl+Shift+H",),
        tip="Every change of this session, and a way back to any of them",
    ),
    ActionSpec(
        "accept_box",
        EDIT,
        "Accept the model's box",
        ("Y",),
        tip="Make a finding of the box under the pointer",
    ),
    ActionSpec(
        "simplify", EDIT, "Simplify contour", ("Ctrl+L",), tip="Leave out points that can hardly be seen"
    ),
    ActionSpec("join", EDIT, "Join contours", ("Ctrl+J",), tip="The selected one and those that it touches"),
    ActionSpec("larger", EDIT, "Larger contour", ("Ctrl+Up",)),
    ActionSpec("smaller", EDIT, "Smaller contour", ("Ctrl+Down",)),
    ActionSpec("delete", EDIT, "Delete finding", ("Del",), icon="delete", tip="Delete the selected finding"),
    ActionSpec("next", IMAGE, "Next image", ("N", "PgDown"), tip="Open the next image of the list"),
    ActionSpec("previous", IMAGE, "Previous image", ("P", "PgUp"), tip="Open the previous image of the list"),
    ActionSpec("nothing_to_draw", IMAGE, "Nothing to draw", ("X",), is_checkable=True),
    ActionSpec("skip", IMAGE, "Skip", ("S",), is_checkable=True),
    ActionSpec(
        "unusable", IMAGE, "Unusable", ("U",), tip="This image is not to be learned from", is_checkable=True
    ),
    ActionSpec(
        "pause", IMAGE, "Pause", ("Ctrl+P",), tip="No time is counted until you go on", is_checkable=True
    ),
    ActionSpec(
        "review",
        IMAGE,
        "Review all readers",
        ("Ctrl+Shift+R",),
        tip="Open the contours and decisions of all readers",
        is_checkable=True,
    ),
    ActionSpec("done_next", IMAGE, "Done, next", ("Ctrl+Return", "Ctrl+Enter")),
    ActionSpec("browse", TOOLS, "Browse", ("V",), "browse", "Pan, zoom and select", True, "tool"),
    ActionSpec(
        "window",
        TOOLS,
        "Window / level",
        ("W",),
        "window_level",
        "Drag for contrast and brightness",
        True,
        "tool",
    ),
    ActionSpec(
        "contour",
        TOOLS,
        "Draw a contour",
        ("D", "G"),
        "freehand",
        "Drag around a lesion, or click corner after corner; Enter closes",
        True,
        "tool",
    ),
    ActionSpec(
        "smart",
        TOOLS,
        "Smart edge",
        ("Shift+D",),
        "smart",
        "Click along a rim; the outline follows it. Shift goes straight",
        True,
        "tool",
    ),
    ActionSpec(
        "ellipse",
        TOOLS,
        "Ellipse",
        ("Shift+E",),
        "ellipse",
        "Drag a box around a lesion; Shift for a circle",
        True,
        "tool",
    ),
    ActionSpec(
        "brush",
        TOOLS,
        "Brush",
        ("Shift+B",),
        "brush",
        "From inside a contour it grows, from outside it shrinks, right through it splits; [ and ] for the size",
        True,
        "tool",
    ),
    ActionSpec(
        "edit", TOOLS, "Edit contour", ("E",), "edit", "Drag the points of the selected contour", True, "tool"
    ),
    ActionSpec(
        "ruler", TOOLS, "Ruler", ("M",), "ruler", "Drag to measure; Esc takes the line away", True, "tool"
    ),
    ActionSpec("invert", VIEW, "Invert", ("I",), "invert", "Swap black and white", True),
    ActionSpec(
        "reset_window", VIEW, "Reset window", ("R",), "reset_window", "Back to the image's own window"
    ),
    ActionSpec("fit", VIEW, "Fit", ("F",), "fit", "Show the whole image"),
    ActionSpec("one_to_one", VIEW, "One to one", ("1",), "one_to_one", "One image pixel a screen pixel"),
    ActionSpec(
        "true_size",
        VIEW,
        "True size",
        ("T",),
        tip="As large as the breast is, by the file's spacing and the screen's",
    ),
    ActionSpec("flip", VIEW, "Turn left to right", ("Shift+F",), tip="For display only; the corner says so"),
    ActionSpec("next_window", VIEW, "Next window", ("Q",), tip="The file's next window or VOI LUT"),
    ActionSpec(
        "as_stored",
        VIEW,
        "Raw data as stored",
        ("Shift+Q",),
        tip="For Processing images: between the logarithm and the values as stored; for display only",
    ),
    ActionSpec(
        "next_frame",
        VIEW,
        "Next frame",
        ("Shift+N", "Shift+PgDown"),
        tip="The next frame of an image that has many, as of tomosynthesis",
    ),
    ActionSpec(
        "previous_frame",
        VIEW,
        "Previous frame",
        ("Shift+P", "Shift+PgUp"),
        tip="The frame before, of an image that has many",
    ),
    ActionSpec(
        "four",
        VIEW,
        "Four views",
        ("4",),
        tip="R CC, L CC over R MLO, L MLO",
        is_checkable=True,
        group="layout",
    ),
    ActionSpec("cc", VIEW, "CC pair", ("2",), tip="Both CC views", is_checkable=True, group="layout"),
    ActionSpec("mlo", VIEW, "MLO pair", ("3",), tip="Both MLO views", is_checkable=True, group="layout"),
    ActionSpec(
        "row",
        VIEW,
        "Four in a row",
        ("5",),
        tip="All four views side by side",
        is_checkable=True,
        group="layout",
    ),
    ActionSpec(
        "single", VIEW, "Single view", ("0",), tip="The open image alone", is_checkable=True, group="layout"
    ),
    ActionSpec(
        "prior",
        VIEW,
        "Earlier study above",
        ("6",),
        tip="The patient's last study before this one, in the same order",
        is_checkable=True,
    ),
    ActionSpec(
        "link",
        VIEW,
        "Link zoom and pan",
        ("L",),
        tip="All views move together, left and right mirrored",
        is_checkable=True,
    ),
    ActionSpec(
        "step", VIEW, "Step", (".",), tip="From the overview through each view at 1:1, then to the next study"
    ),
    ActionSpec("heatmap", VIEW, "Heatmap", ("H",), "heatmap", "Where the model sees malignancy", True),
    ActionSpec("boxes", VIEW, "Boxes", ("B",), "boxes", "The model's strongest regions", True),
    ActionSpec("contours", VIEW, "Contours", ("C",), "contours", "What readers have drawn", True),
    ActionSpec(
        "next_part",
        VIEW,
        "Go to the next part of the window",
        ("F6",),
        tip="List, image, findings, training: the keys go there",
    ),
    ActionSpec("regions", VIEW, "Regions", ("A",), "regions", "The grid with the label of each region", True),
    ActionSpec(
        "hide_overlays", VIEW, "Hide all overlays", ("O",), tip="Nothing over the image", is_checkable=True
    ),
    ActionSpec(
        "heatmap_part",
        VIEW,
        "Next part of the heatmap",
        ("Shift+H",),
        tip="The score, p_cls, p_det or the selection, of M and B",
    ),
    ActionSpec("next_mark", VIEW, "Next mark", ("J",), tip="Look closely at the next box or contour"),
    ActionSpec(
        "previous_mark", VIEW, "Previous mark", ("K",), tip="Look closely at the box or contour before"
    ),
    ActionSpec("image_page", VIEW, "Show the image", ("Ctrl+1",)),
    ActionSpec("plane_page", VIEW, "Show the probability plane", ("Ctrl+2",)),
    ActionSpec("retrain", MODEL, "Retrain", ("Ctrl+T",), tip="Train on the contours drawn so far"),
    ActionSpec(
        "show_model",
        MODEL,
        "Show the model on this image",
        ("Ctrl+H",),
        tip="Where the sitting shows it on request",
    ),
    ActionSpec("models", MODEL, "Models...", ("Ctrl+M",)),
    ActionSpec("former_model", MODEL, "Go back to the former model", ("Ctrl+Shift+M",)),
    ActionSpec("keys", HELP, "Keys", ("F1", "?")),
    ActionSpec("about", HELP, "About Lesionloop", ("Ctrl+F1",)),
)
REPEATED = ("next", "previous", "next_frame", "previous_frame", "undo", "redo")  # while their keys are held
# What the hand does without an action of its own; told on the sheet of keys.
MOUSE = (
    ("Wheel", "Zoom at the pointer"),
    ("Right button", "Window and level, with any tool"),
    ("Middle button, or Space", "Pan, with any tool"),
    ("Z, held", "Magnifier at the pointer"),
    ("Double click", "Between fit and one to one (Browse)"),
    ("Esc", "Give up the contour being drawn"),
    ("Enter", "Close the contour being drawn"),
    ("Backspace", "Take back the last corner or stroke"),
)


class Actions:
    """The QActions of a window, by name, with the keys of its reader. `on_keys`: called when keys have changed."""

    def __init__(self, parent: QObject) -> None:
        self.keys = KeyBook({spec.name: spec.keys for spec in ACTIONS})
        self.on_keys: list[Callable[[], None]] = []
        self._tips: list[tuple[QWidget, str, str]] = []
        self._actions = {spec.name: _action(spec, parent) for spec in ACTIONS}
        self._groups: dict[str, QActionGroup] = {}
        for spec in ACTIONS:
            if spec.group:
                group = self._groups.setdefault(spec.group, QActionGroup(parent))
                group.addAction(self._actions[spec.name])
        self.show_keys()

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def in_menu(self, menu: str) -> list[QAction]:
        """The actions of one menu, in order."""
        return [self._actions[spec.name] for spec in ACTIONS if spec.menu == menu]

    def set_keys(self, keys: KeyBook) -> None:
        """Answer to other keys."""
        self.keys = keys
        self.show_keys()

    def show_keys(self) -> None:
        """Put the keys into menus, tool tips and wherever else they are told."""
        for spec in ACTIONS:
            action = self._actions[spec.name]
            action.setShortcuts([QKeySequence(key) for key in self.keys.of(spec.name)])
            tip = f"{tr_data(spec.text).rstrip('.')}{self.key_text(spec.name)}"
            action.setToolTip(f"{tip}\n{tr_data(spec.tip)}" if spec.tip else tip)
        for widget, tip, name in self._tips:
            widget.setToolTip(f"{tip}{self.key_text(name)}")
        for tell in self.on_keys:
            tell()

    def key_text(self, name: str) -> str:
        """The first key of an action, in brackets after a blank; '' if it has none."""
        keys = self.keys.of(name)
        return f" ({shown(keys[0])})" if keys else ""

    def tell_key(self, widget: QWidget, name: str) -> None:
        """Let a widget that does what an action does tell its key too, behind its own tip."""
        self._tips.append((widget, widget.toolTip(), name))
        widget.setToolTip(f"{widget.toolTip()}{self.key_text(name)}")

    def show_icons(self) -> None:
        """Draw the icons in the ink of the look."""
        for spec in ACTIONS:
            if spec.icon:
                self._actions[spec.name].setIcon(theme.icon(spec.icon))

    def enable(self, names: tuple[str, ...], is_enabled: bool) -> None:
        """Enable or disable several."""
        for name in names:
            self._actions[name].setEnabled(is_enabled)


def _action(spec: ActionSpec, parent: QObject) -> QAction:
    action = QAction(tr_data(spec.text), parent)
    action.setObjectName(spec.name)
    action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    action.setCheckable(spec.is_checkable)
    action.setAutoRepeat(spec.name in REPEATED)
    if spec.icon:
        action.setIcon(theme.icon(spec.icon))
    return action
