"""The settings (Ctrl+,): what the reader may have otherwise. Everything holds at once, but the language."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.choice import Choice
from app.colours import Look
from app.key_page import KeyPage
from app.keys import KeyBook
from app.settings import TEXT_POINTS, Settings
from app.translation import LANGUAGES, tr
from app.viewer.inks import HeatColours, Inks, InkSet
from core.domain import FindingClass

CLASSES = (FindingClass.MALIGNANT, FindingClass.BENIGN)
STEPS = 128  # of the strip that shows a heatmap's colours


class SettingsDialog(QDialog):
    """Three pages. What is chosen is in the settings before the signal comes.

    Signals: look_changed (look or size of the text), inks_changed (colours over the image), keys_changed.
    """

    look_changed = Signal()
    inks_changed = Signal()
    keys_changed = Signal()

    def __init__(self, settings: Settings, keys: KeyBook, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Settings"))
        self._settings = settings
        self.look = Choice[Look](tr("Look"), [(tr("Dark"), Look.DARK), (tr("Light"), Look.LIGHT)])
        self.points = QSpinBox()
        self.points.setRange(TEXT_POINTS[0], TEXT_POINTS[1] - 1)
        self.points.setSuffix(tr(" points"))
        self.points.setAccessibleName(tr("Size of the text"))
        self.language = Choice[str](
            tr("Language"),
            [(tr("That of the system"), ""), *((text, code) for code, text in LANGUAGES.items())],
        )
        self.ink_set = Choice[InkSet](
            tr("Contours and boxes"),
            [
                (tr("Usual: contours red and grey, boxes blue and green"), InkSet.USUAL),
                (tr("For every colour vision (Okabe and Ito)"), InkSet.SAFE),
            ],
        )
        self.heat = Choice[HeatColours](
            tr("Heatmap"),
            [
                (tr("Warm"), HeatColours.WARM),
                (tr("Viridis"), HeatColours.VIRIDIS),
                (tr("Cividis (for every colour vision)"), HeatColours.CIVIDIS),
                (tr("Inferno"), HeatColours.INFERNO),
            ],
        )
        self.sample = _Sample()
        self.keys = KeyPage(keys)
        self.pages = QTabWidget()
        self._show()
        self._arrange()
        self._connect()
        self.resize(620, 600)

    def _show(self) -> None:
        settings = self._settings
        self.look.choose(settings.look)
        self.points.setValue(settings.text_points)
        self.language.choose(settings.language)
        self.ink_set.choose(settings.inks.which)
        self.heat.choose(settings.inks.heat)
        self.sample.show_inks(settings.inks)

    def _connect(self) -> None:
        self.look.activated.connect(self._choose_look)
        self.points.valueChanged.connect(self._choose_look)
        self.language.activated.connect(self._choose_language)
        for box in (self.ink_set, self.heat):
            box.activated.connect(self._choose_inks)
        self.keys.changed.connect(self.keys_changed)

    def _choose_look(self) -> None:
        self._settings.look, self._settings.text_points = self.look.chosen, self.points.value()
        self.look_changed.emit()

    def _choose_language(self) -> None:
        self._settings.language = self.language.chosen

    def _choose_inks(self) -> None:
        self._settings.inks = Inks(self.ink_set.chosen, self.heat.chosen)
        self.sample.show_inks(self._settings.inks)
        self.inks_changed.emit()

    def _arrange(self) -> None:
        self.pages.addTab(
            _page(
                [
                    (tr("&Look"), self.look),
                    (tr("Size of the &text"), self.points),
                    (tr("L&anguage"), self.language),
                ],
                tr(
                    "The mammogram lies on black in both looks. Another language is spoken when Lesionloop is started again."
                ),
            ),
            tr("Window"),
        )
        self.pages.addTab(
            _page(
                [(tr("&Contours and boxes"), self.ink_set), (tr("&Heatmap"), self.heat), ("", self.sample)],
                tr(
                    "Contours are drawn in full lines and boxes in dashed ones, with their class as a letter, whatever the colours."
                ),
            ),
            tr("Colours"),
        )
        self.pages.addTab(self.keys, tr("Keys"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.pages)
        layout.addWidget(buttons)


class _Sample(QWidget):
    """The colours chosen, on black: contours, boxes, and the heatmap from low to high."""

    def __init__(self) -> None:
        super().__init__()
        self._inks = Inks()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(self.fontMetrics().height() * 5)
        self.setAccessibleName(tr("Sample of the colours"))

    def show_inks(self, inks: Inks) -> None:
        """Show other colours."""
        self._inks = inks
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Four frames above a strip."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0))
        line = self.fontMetrics().height()
        names = ((tr("contour M"), tr("contour B")), (tr("box M"), tr("box B")))
        for part, (colours, words) in enumerate(
            zip((self._inks.contour, self._inks.box), names, strict=True)
        ):
            for place, (word, which) in enumerate(zip(words, CLASSES, strict=True)):
                painter.setPen(QColor(*colours[which]))
                left = 10 + (2 * part + place) * self.width() // 4
                painter.drawRect(left, line // 2, line, line)
                painter.drawText(left + line + 6, line // 2 + self.fontMetrics().ascent(), word)
        strip = self._inks.heat_colours(np.linspace(0, 1, STEPS))
        width = self.width() - 20
        for step, (red, green, blue) in enumerate(strip.astype(int).tolist()):
            start, end = 10 + step * width // STEPS, 10 + (step + 1) * width // STEPS
            painter.fillRect(start, line * 5 // 2, end - start, line * 3 // 2, QColor(red, green, blue))


def _page(rows: list[tuple[str, QWidget]], says: str) -> QWidget:
    page = QWidget()
    form = QFormLayout(page)
    form.setContentsMargins(14, 16, 14, 14)
    form.setVerticalSpacing(10)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    for text, widget in rows:
        if isinstance(widget, QComboBox):
            widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        form.addRow(text, widget)
    note = QLabel(says)
    note.setObjectName("dim")
    note.setWordWrap(True)
    form.addRow(note)
    return page
