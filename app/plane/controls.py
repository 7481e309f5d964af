"""The switches above the plane and the line of the selection below it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QLabel, QPushButton, QToolButton, QWidget

from app.choice import Choice
from app.plane.canvas import Hand
from app.plane.colouring import ColourBy
from app.plane.evaluation import EvaluationFolder
from app.plane.flow import FlowLayout
from app.plane.points import NONE, SPLITS
from app.translation import tr, tr_data

HANDS = {
    Hand.BROWSE: ("Browse", "Drag moves the plane, a click opens the image (V)"),
    Hand.BOX: ("Box", "Drag a box around points to select them; with Shift, more of them (B)"),
    Hand.LASSO: ("Lasso", "Draw around points to select them; with Shift, more of them (L)"),
}
PROJECT_COLOURS = (ColourBy.LABEL, ColourBy.DECISION, ColourBy.TYPE, ColourBy.CALL)


class Controls(QWidget):
    """What is shown, and how.

    Signals: hand_chosen (a Hand), fit_asked, splits_changed, switched (areas, arrows, hollow or panels), colour_chosen.
    """

    hand_chosen = Signal(object)
    fit_asked = Signal()
    splits_changed = Signal()
    switched = Signal()
    colour_chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.hands = {
            hand: _switch(
                tr_data(text), tr_data(tip), name=tr("{text} with the mouse").format(text=tr_data(text))
            )
            for hand, (text, tip) in HANDS.items()
        }
        self.fit = _switch(
            tr("Whole plane"), tr("Show the whole plane (F, or double-click)"), is_checkable=False
        )
        self.splits = [
            _switch(
                tr_data(split.value),
                tr("Show or hide the {split} images").format(split=tr_data(split.value)),
                is_on=True,
            )
            for split in SPLITS
        ]
        self.apart = _switch(
            tr("Side by side"), tr("A panel for each part of the study, or all in one"), is_on=True
        )
        self.areas = _switch(tr("SVM areas"), tr("Shade where a kernel SVM would say N, B or M"), is_on=True)
        self.hollow = _switch(
            tr("Calls"), tr("Points below the threshold of p(malignant) are hollow: not called"), is_on=True
        )
        self.arrows = _switch(tr("Moves"), tr("Arrows from where the previous model put the images"))
        self.colour = Choice[ColourBy](
            tr("What colours and symbols mean"), [(c.value, c) for c in PROJECT_COLOURS]
        )
        self.colour.setToolTip(tr("What colours and symbols mean"))
        self._group = QButtonGroup(self)
        for button in self.hands.values():
            self._group.addButton(button)
        self.show_hand(Hand.BROWSE)
        self._arrange()
        self._connect()

    @property
    def shown_splits(self) -> frozenset[int]:
        """Places in SPLITS that are switched on."""
        return frozenset(i for i, switch in enumerate(self.splits) if switch.isChecked())

    def show_hand(self, hand: Hand) -> None:
        """Press a hand's button."""
        self.hands[hand].setChecked(True)

    def offer_folds(self, is_offered: bool) -> None:
        """Whether colours may mean folds; they do at once, when they newly may."""
        had = self.colour.findText(tr_data(ColourBy.FOLD.value)) >= 0
        if is_offered and not had:
            self.colour.add(ColourBy.FOLD.value, ColourBy.FOLD)
            self.colour.choose(ColourBy.FOLD)
        elif had and not is_offered:
            self.colour.choose(ColourBy.LABEL)
            self.colour.remove(ColourBy.FOLD)

    def _arrange(self) -> None:
        line = FlowLayout(self, spacing=4)
        for widget in (
            *self.hands.values(),
            self.fit,
            _gap(),
            *self.splits,
            self.apart,
            _gap(),
            self.areas,
            self.hollow,
            self.arrows,
            self.colour,
        ):
            line.addWidget(widget)

    def _connect(self) -> None:
        for hand, button in self.hands.items():
            button.clicked.connect(lambda _checked=False, hand=hand: self.hand_chosen.emit(hand))
        self.fit.clicked.connect(self.fit_asked)
        for split in self.splits:
            split.toggled.connect(self.splits_changed)
        self.apart.toggled.connect(self.splits_changed)
        for switch in (self.areas, self.hollow, self.arrows):
            switch.toggled.connect(self.switched)
        self.colour.currentIndexChanged.connect(self.colour_chosen)


class SourceLine(QWidget):
    """Whose probabilities are shown: the project's model, or an evaluation's runs.

    Signals: open_asked, left (back to the project's model), run_chosen (another recipe, seed or fold).
    """

    open_asked = Signal()
    left = Signal()
    run_chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.name = QLabel()
        self.name.setMinimumWidth(1)  # a long name makes no window wider
        self.open = QPushButton(tr("Open evaluation..."))
        self.open.setToolTip(tr("Look at the predictions of a folder that `lesionloop evaluate --out` wrote"))
        self.recipe = Choice[str](tr("Recipe of the evaluation"), [])
        self.seed = Choice[str](tr("Seed of the evaluation"), [])
        self.fold = Choice[int](tr("Fold of the evaluation"), [])
        self.leave = QPushButton(tr("Back to the model"))
        self.leave.setToolTip(tr("Close the evaluation and show the project's own model"))
        self._choices = (self.recipe, self.seed, self.fold)
        line = FlowLayout(self)
        for widget in (self.name, *self._choices, self.leave, self.open):
            line.addWidget(widget)
        self.open.clicked.connect(self.open_asked)
        self.leave.clicked.connect(self.left)
        self.recipe.activated.connect(self.run_chosen)
        self.seed.activated.connect(self.run_chosen)
        self.fold.activated.connect(self.run_chosen)
        self.show_model("")

    def show_model(self, text: str) -> None:
        """The project's model is shown."""
        self.name.setText(text)
        self.name.setToolTip(text)
        for widget in (*self._choices, self.leave):
            widget.hide()

    def show_evaluation(self, folder: EvaluationFolder) -> None:
        """An evaluation was opened."""
        self.name.setText(tr("Evaluation {folder}:").format(folder=folder.name))
        self.recipe.offer([(name, name) for name in folder.recipes])
        self.show_seeds(folder.seeds(self.recipe.chosen))
        for widget in (*self._choices, self.leave):
            widget.show()

    def show_seeds(self, seeds: Sequence[str]) -> None:
        """The seeds of the chosen recipe; the chosen one stays where it is among them."""
        self.seed.offer([(tr("seed {seed}").format(seed=seed), seed) for seed in seeds])

    def show_folds(self, folds: Sequence[int]) -> None:
        """The folds of the chosen run; the chosen one stays where it is among them."""
        self.fold.offer(
            [(tr("all folds"), NONE), *((tr("fold {fold}").format(fold=fold), fold) for fold in folds)]
        )


class SelectionLine(QWidget):
    """How many points are selected, and what can be done with them.

    Signals: worklist_asked, export_asked, clear_asked.
    """

    worklist_asked = Signal()
    export_asked = Signal()
    clear_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.says = QLabel()
        self.says.setMinimumWidth(1)
        self.worklist = QPushButton(tr("Make worklist"))
        self.worklist.setToolTip(tr("List the selected images alone"))
        self.export = QPushButton(tr("Export..."))
        self.export.setToolTip(tr("Export the annotations of exactly these images"))
        self.clear = QPushButton(tr("Clear"))
        self.clear.setToolTip(tr("Select nothing (Esc)"))
        line = FlowLayout(self)
        line.addWidget(self.says)
        for button, signal in (
            (self.worklist, self.worklist_asked),
            (self.export, self.export_asked),
            (self.clear, self.clear_asked),
        ):
            line.addWidget(button)
            button.clicked.connect(signal)

    def show_selection(self, text: str, *, has_any: bool) -> None:
        """Say how many; without any, say how to select."""
        self.says.setText(text)
        self.says.setToolTip(text)
        for button in (self.worklist, self.export, self.clear):
            button.setVisible(has_any)


def _switch(
    text: str, tip: str, *, name: str = "", is_on: bool = False, is_checkable: bool = True
) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(name or text)
    button.setCheckable(is_checkable)
    button.setChecked(is_on)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button


def _gap() -> QWidget:
    gap = QWidget()
    gap.setFixedSize(6, 1)
    return gap
