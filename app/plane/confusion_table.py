"""The confusion of the decision areas with the true classes (Table III); a cell selects its points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QSizePolicy, QWidget

from app import theme
from app.translation import tr, tr_data
from core.plane import CLASS_WORDS, PLANE_CLASSES

SHORT = tuple("M, MB" if label.is_malignant else label.value for label in PLANE_CLASSES)


class ConfusionTable(QWidget):
    """Rows are true classes, columns are areas.

    Signals:
        cell_chosen: row and column.
    """

    cell_chosen = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.cells = [[self._cell(row, column) for column in range(3)] for row in range(3)]
        self._counts = np.zeros((3, 3), np.int64)
        self.says = QLabel()
        self.says.setObjectName("dim")
        self.says.setWordWrap(True)
        self._arrange()
        self.show_nothing("")

    def show_counts(self, counts: NDArray[np.int64], *, says: str) -> None:
        """(3, 3), row by truth."""
        self._counts = counts
        self._show_cells()
        right = int(np.trace(counts))
        self.says.setText(
            tr("{right:,} of {sum:,} in the area of their class. {says}").format(
                right=right, sum=int(counts.sum()), says=says
            )
        )

    def show_nothing(self, why: str) -> None:
        """Say why there is no table."""
        self._counts = np.zeros((3, 3), np.int64)
        self._show_cells()
        self.says.setText(why)

    @property
    def counts(self) -> NDArray[np.int64]:
        """What is shown."""
        return self._counts

    def changeEvent(self, event: QEvent) -> None:
        """Wear another look's colours."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange and hasattr(self, "says"):
            self._show_cells()

    def _show_cells(self) -> None:
        totals = self._counts.sum(axis=1, keepdims=True)
        shares = np.divide(self._counts, totals, out=np.zeros((3, 3)), where=totals > 0)
        for row, column in np.ndindex(3, 3):
            self._show_cell(
                row, column, count=int(self._counts[row, column]), share=float(shares[row, column])
            )

    def _show_cell(self, row: int, column: int, *, count: int, share: float) -> None:
        cell = self.cells[row][column]
        cell.setText(f"{count:,}\n{share:.0%}" if count else "0")
        cell.setEnabled(count > 0)
        ground = QColor(theme.colours.base)
        strong = QColor(theme.colours.selection if row == column else theme.colours.wrong)
        mixed = [
            round(a + share * (b - a)) for a, b in zip(ground.getRgb()[:3], strong.getRgb()[:3], strict=True)
        ]
        cell.setStyleSheet(
            f"QPushButton {{ background: rgb({mixed[0]}, {mixed[1]}, {mixed[2]}); padding: 3px; }}"
            f"QPushButton:focus, QPushButton:hover {{ border: 2px solid {theme.colours.accent}; }}"
        )
        told = tr("{count} images that are {class_words} and lie in the area of {class_words2}").format(
            count=count, class_words=tr_data(CLASS_WORDS[row]), class_words2=tr_data(CLASS_WORDS[column])
        )
        cell.setAccessibleName(told)
        cell.setToolTip(
            tr("{told}: {share:.0%} of the {class_words} ones. Click to select them.").format(
                told=told, share=share, class_words=tr_data(CLASS_WORDS[row])
            )
        )

    def _cell(self, row: int, column: int) -> QPushButton:
        cell = QPushButton()
        cell.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        cell.setMinimumHeight(cell.fontMetrics().height() * 2 + 10)
        cell.clicked.connect(lambda: self.cell_chosen.emit(row, column))
        return cell

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 6, 0, 0)
        grid.setSpacing(3)
        heading = QLabel(tr("in the area of"))
        heading.setObjectName("dim")
        grid.addWidget(heading, 0, 1, 1, 3, Qt.AlignmentFlag.AlignCenter)
        corner = QLabel(tr("true"))
        corner.setObjectName("dim")
        grid.addWidget(corner, 1, 0)
        for number, text in enumerate(SHORT):
            grid.addWidget(QLabel(text), 1, number + 1, Qt.AlignmentFlag.AlignCenter)
            grid.addWidget(QLabel(text), number + 2, 0)
            grid.setColumnStretch(number + 1, 1)
            for column in range(3):
                grid.addWidget(self.cells[number][column], number + 2, column + 1)
        grid.addWidget(self.says, 5, 0, 1, 4)
