"""The legend: one switch for each category; a click hides or shows its points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QToolButton, QWidget

from app.plane.colouring import Colouring
from app.plane.flow import FlowLayout
from app.plane.sprites import symbol_icon
from app.translation import tr, tr_data


class Legend(QWidget):
    """Switches with symbol, name and count.

    Signals:
        hidden_changed: the frozenset of places of hidden categories.
    """

    hidden_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.switches: list[QToolButton] = []
        self._hidden_names: set[str] = set()
        self._colouring: Colouring | None = None
        self._line = FlowLayout(self, spacing=4)
        self.setAccessibleName(tr("Legend"))

    def show_colouring(self, colouring: Colouring, counted: NDArray[np.bool_]) -> None:
        """Show the categories that have points. counted: (n,), the points of shown splits."""
        counts = np.bincount(colouring.codes[counted], minlength=len(colouring.categories))
        there = np.bincount(colouring.codes, minlength=len(colouring.categories)) > 0
        names = [category.name for category in colouring.categories]
        is_same = self._colouring is not None and names == [c.name for c in self._colouring.categories]
        self._colouring = colouring
        if not is_same:
            self._make(colouring)
        for place, (switch, name) in enumerate(zip(self.switches, names, strict=True)):
            switch.setText(f"{tr_data(name)}  {counts[place]:,}")
            switch.setVisible(bool(there[place]))
        self.updateGeometry()

    @property
    def hidden(self) -> frozenset[int]:
        """Places of the hidden categories."""
        return frozenset(i for i, switch in enumerate(self.switches) if not switch.isChecked())

    def _make(self, colouring: Colouring) -> None:
        for switch in self.switches:
            self._line.removeWidget(switch)
            switch.hide()
            switch.deleteLater()
        self.switches = []
        size = self.fontMetrics().height()
        for category in colouring.categories:
            switch = QToolButton()
            switch.setCheckable(True)
            switch.setChecked(category.name not in self._hidden_names)
            switch.setIcon(
                symbol_icon(category.symbol, category.colour, size=size, ratio=self.devicePixelRatioF())
            )
            switch.setIconSize(QSize(size, size))
            switch.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            switch.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            switch.setAccessibleName(tr("Show {category}").format(category=tr_data(category.name)))
            switch.setToolTip(tr("Show or hide: {category}").format(category=tr_data(category.name)))
            switch.toggled.connect(self._tell)
            self._line.addWidget(switch)
            self.switches.append(switch)

    def _tell(self) -> None:
        assert self._colouring is not None
        names: Sequence[str] = [category.name for category in self._colouring.categories]
        self._hidden_names = {names[place] for place in self.hidden}
        self.hidden_changed.emit(self.hidden)
