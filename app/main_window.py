"""The main window: arranges widgets and connects signals; it decides nothing."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QSizePolicy,
    QSlider,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from app import actions as menu
from app.actions import Actions
from app.choice import Choice
from app.empty_page import EmptyPage
from app.findings_panel import FindingsPanel
from app.marks_panel import MarksPanel
from app.messages import MessageBar
from app.place_bar import PlaceBar
from app.plane import PlanePage
from app.question_bar import QuestionBar
from app.study_strip import StudyStrip
from app.training_panel import TrainingPanel
from app.translation import tr, tr_data
from app.viewer import Viewer
from app.worklist import Worklist
from core.domain import FindingClass
from core.heatmap import HeatmapPart

LEFT_WIDTH, RIGHT_WIDTH = 384, 330
TOOL_BAR = (
    ("browse", "window", "contour", "smart", "ellipse", "brush", "edit", "ruler"),
    ("new_class",),
    ("invert", "reset_window", "fit", "one_to_one"),
    ("undo", "redo"),
)
OVERLAY_BAR = (("heatmap", "boxes", "contours", "regions"), ("heatmap_view", "opacity"))


class MainWindow(QMainWindow):
    """Everything on screen.

    Signals:
        closing: the reader closes the window; what is open must be put away now.
    """

    closing = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.actions_by_name = Actions(self)
        self.worklist = Worklist()
        self.viewer = Viewer()
        self.strip = StudyStrip()
        self.findings = FindingsPanel()
        self.marks = MarksPanel()
        self.training = TrainingPanel()
        self.plane = PlanePage()
        self.empty = EmptyPage()
        self.messages = MessageBar()
        self.candidate, self.interrupted = QuestionBar(), QuestionBar()
        self.place = PlaceBar()
        self.new_class = _new_class_choice()
        self.opacity = _opacity_slider()
        self.heatmap_view = _heatmap_choice()
        self.tabs = QTabWidget()
        self.beside = QStackedWidget()  # what stands beside the page that is in sight
        self.middle = QStackedWidget()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.tells = QLabel()
        self.cursor_tells = QLabel()
        self._arrange()
        self._fill_menus()
        self._fill_status_bar()
        self._tell_keys()
        self.setWindowTitle("Lesionloop")
        self.resize(1500, 940)

    def show_empty(self, *, has_project: bool) -> None:
        """Show how to begin instead of an image."""
        self.empty.show_empty_project() if has_project else self.empty.show_no_project()
        self._show_page(self.empty)

    def show_work(self) -> None:
        """Show the image and the plane."""
        self._show_page(self.tabs)

    def tell(self, text: str) -> None:
        """Put a line about the open image into the status line."""
        self.tells.setText(text)
        self.tells.setToolTip(text)

    def tell_cursor(self, x: float, y: float, value: float) -> None:
        """Where the pointer is, and the stored value there."""
        self.cursor_tells.setText(
            ""
            if math.isnan(value)
            else tr("x {x:.0f}  y {y:.0f}  value {value:.0f}").format(x=x, y=y, value=value)
        )

    def go_to_next_part(self) -> None:
        """Give the keys to the next part in sight: list, image or plane, what is beside it, training."""
        beside = (self.findings.table, self.findings.nothing, self.plane.side.threshold)
        parts = [self.worklist.table, self.viewer.canvas, self.plane.canvas, *beside, self.training.retrain]
        in_sight = [part for part in parts if part.isVisible() and part.isEnabled()]
        here = QApplication.focusWidget()
        place = (
            next((i for i, part in enumerate(in_sight) if part is here or part.isAncestorOf(here)), -1)
            if here
            else -1
        )
        if in_sight:
            in_sight[(place + 1) % len(in_sight)].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Put everything away before the window goes."""
        self.closing.emit()
        event.accept()

    def _tell_keys(self) -> None:
        findings, training = self.findings, self.training
        for widget, name in (
            (findings.nothing, "nothing_to_draw"),
            (findings.skip, "skip"),
            (findings.unusable, "unusable"),
            (findings.done, "done_next"),
            (findings.delete, "delete"),
            (training.retrain, "retrain"),
            (training.models, "models"),
            (training.back, "former_model"),
            (self.heatmap_view, "heatmap_part"),
        ):
            self.actions_by_name.tell_key(widget, name)

    def _show_page(self, page: QWidget) -> None:
        is_work = page is self.tabs
        self.middle.setCurrentWidget(page)
        for side in (self.worklist, self.right):
            side.setVisible(is_work)
        if is_work:
            self.viewer.setFocus(Qt.FocusReason.OtherFocusReason)

    def _arrange(self) -> None:
        self.tabs.addTab(self._image_page(), tr("Image"))
        self.tabs.addTab(self.plane, tr("Probability plane"))
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.middle.addWidget(self.tabs)
        self.middle.addWidget(self.empty)
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for bar in (self.messages, self.candidate, self.interrupted):
            layout.addWidget(bar)
        layout.addWidget(self.middle, 1)
        self.right = self._right_side()
        for widget in (self.worklist, centre, self.right):
            self.splitter.addWidget(widget)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setCollapsible(1, False)
        self.splitter.setHandleWidth(4)
        self.splitter.setSizes([LEFT_WIDTH, 1500 - LEFT_WIDTH - RIGHT_WIDTH, RIGHT_WIDTH])
        self.setCentralWidget(self.splitter)

    def _image_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._bar(tr("Tools"), TOOL_BAR))
        layout.addWidget(self.place)
        layout.addWidget(self.viewer, 1)
        layout.addWidget(self._under_the_image())
        return page

    def _under_the_image(self) -> QWidget:
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.strip, 1)
        layout.addStretch()
        layout.addWidget(self._bar(tr("Overlays"), OVERLAY_BAR))
        return line

    def _bar(self, name: str, groups: tuple[tuple[str, ...], ...]) -> QToolBar:
        bar = QToolBar(name)
        bar.setAccessibleName(name)
        bar.setMovable(False)
        widgets: dict[str, QWidget] = {
            "new_class": self.new_class,
            "opacity": self.opacity,
            "heatmap_view": self.heatmap_view,
        }
        for position, names in enumerate(groups):
            if position:
                bar.addSeparator()
            for each in names:
                bar.addWidget(widgets[each]) if each in widgets else bar.addAction(self.actions_by_name[each])
        return bar

    def _right_side(self) -> QWidget:
        side = QWidget()
        layout = QVBoxLayout(side)
        layout.setContentsMargins(6, 10, 10, 10)
        layout.setSpacing(14)
        for widget in (self._image_side(), self.plane.side):
            self.beside.addWidget(widget)
        self.tabs.currentChanged.connect(self.beside.setCurrentIndex)
        layout.addWidget(self.beside, 1)
        layout.addWidget(self.training)
        side.setMinimumWidth(max(300, side.minimumSizeHint().width()))
        return side

    def _image_side(self) -> QWidget:
        side = QWidget()
        layout = QVBoxLayout(side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        layout.addWidget(self.findings, 1)
        layout.addWidget(self.marks)
        return side

    def _fill_menus(self) -> None:
        for name in (menu.FILE, menu.EDIT, menu.IMAGE, menu.TOOLS, menu.VIEW, menu.MODEL, menu.HELP):
            self.menuBar().addMenu(tr_data(name)).addActions(self.actions_by_name.in_menu(name))

    def _fill_status_bar(self) -> None:
        self.statusBar().setSizeGripEnabled(False)
        self.tells.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.tells.setContentsMargins(8, 0, 0, 0)
        self.statusBar().addWidget(self.tells, 1)
        self.statusBar().addPermanentWidget(self.cursor_tells)
        research = QLabel(tr("Research use only. Not for diagnosis."))
        research.setObjectName("research")
        self.statusBar().addPermanentWidget(research)


def _new_class_choice() -> Choice[FindingClass]:
    box = Choice(tr("Class of new contours"), [(which.value, which) for which in FindingClass])
    box.setToolTip(tr("Class of the contours you draw"))
    return box


def _heatmap_choice() -> Choice[tuple[FindingClass, HeatmapPart]]:
    which = [
        (f"{each.value[0].upper()} {part.symbol}", (each, part))
        for each in FindingClass
        for part in HeatmapPart
    ]
    box = Choice(tr("What the heatmap shows"), which)
    box.setToolTip(tr("What the heatmap shows: the score d of Eq. 13, or one of its parts"))
    return box


def _opacity_slider() -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(5, 100)
    slider.setFixedWidth(90)
    slider.setAccessibleName(tr("Opacity of the heatmap"))
    slider.setToolTip(tr("Opacity of the heatmap"))
    return slider
