"""One curve with a point on it that is dragged along: ROC, or FROC."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.plane.geometry import tick_text, ticks
from app.translation import tr

MOST_CORNERS = 1500  # of the painted line; the point itself moves over all of them
STEPS = {Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1}


class CurvePlot(QWidget):
    """A curve from left to right, y in [0, 1].

    Signals:
        moved: index of the curve's point that the hand dragged to.
    """

    moved = Signal(int)

    def __init__(self, name: str, *, across: str, up: str) -> None:
        super().__init__()
        self._across, self._up = across, up
        self._x = self._y = np.zeros(0)
        self._right = 1.0
        self._has_diagonal = False
        self._nothing = ""
        self.index = 0
        self.setAccessibleName(name)
        self.setAccessibleDescription(tr("Arrow keys move the operating point."))
        self.setToolTip(tr("Drag the point along the curve, or move it with the arrow keys"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """Enough to drag on."""
        return QSize(280, 220)

    def minimumSizeHint(self) -> QSize:
        """Small, but readable."""
        line = self.fontMetrics().height()
        return QSize(line * 8, line * 7)

    def show_curve(
        self, x: NDArray[np.float64], y: NDArray[np.float64], *, right: float, has_diagonal: bool = False
    ) -> None:
        """Show another curve, (k,) each; `right` ends the axis."""
        self._x, self._y, self._right, self._has_diagonal, self._nothing = x, y, right, has_diagonal, ""
        self.index = min(self.index, max(len(x) - 1, 0))
        self.update()

    def show_nothing(self, why: str) -> None:
        """Say why there is no curve."""
        self._x = self._y = np.zeros(0)
        self._nothing = why
        self.update()

    def show_index(self, index: int) -> None:
        """Put the point somewhere."""
        self.index = index
        self.update()

    @property
    def says(self) -> str:
        """Why there is no curve, or ''."""
        return self._nothing

    def place_of(self, index: int) -> QPointF:
        """Pixel of one of the curve's points."""
        box = self._box()
        return QPointF(
            box.left() + min(self._x[index] / self._right, 1.0) * box.width(),
            box.bottom() - self._y[index] * box.height(),
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Axes, curve, point."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.colours.base))
        if not len(self._x):
            painter.setPen(QColor(theme.colours.dim_text))
            inner = QRectF(self.rect()).adjusted(12, 8, -12, -8)
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._nothing)
            return
        self._paint_axes(painter)
        self._paint_line(painter)
        place = self.place_of(self.index)
        painter.setPen(QPen(QColor(theme.colours.bright_text), 2))
        painter.setBrush(QColor(theme.colours.warning))
        painter.drawEllipse(place, 6.5, 6.5)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.colours.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the point."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._drag_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag it."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drag_to(event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move it by a point of the curve; with Shift by a twentieth of them."""
        step = STEPS.get(Qt.Key(event.key()))
        if step is None or not len(self._x):
            super().keyPressEvent(event)
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            step *= max(len(self._x) // 20, 1)
        self._move(min(max(self.index + step, 0), len(self._x) - 1))

    def _drag_to(self, place: QPointF) -> None:
        if not len(self._x):
            return
        box = self._box()
        dx = box.left() + np.minimum(self._x / self._right, 1.0) * box.width() - place.x()
        dy = box.bottom() - self._y * box.height() - place.y()
        self._move(int(np.argmin(dx * dx + dy * dy)))

    def _move(self, index: int) -> None:
        self.show_index(index)
        self.moved.emit(index)

    def _box(self) -> QRectF:
        metrics = QFontMetricsF(self.font())
        line = metrics.height()
        return QRectF(self.rect()).adjusted(
            metrics.horizontalAdvance("0.0") + line + 10, line * 0.6, -line * 0.8, -line * 2 - 6
        )

    def _paint_axes(self, painter: QPainter) -> None:
        box, line = self._box(), QFontMetricsF(self.font()).height()
        painter.setPen(QPen(QColor(theme.colours.line), 1))
        painter.drawRect(box)
        if self._has_diagonal:
            painter.setPen(QPen(QColor(theme.colours.line), 1, Qt.PenStyle.DashLine))
            painter.drawLine(box.bottomLeft(), box.topRight())
        painter.setPen(QColor(theme.colours.dim_text))
        values = ticks(0, self._right, about=4)
        for value in values:
            x = box.left() + value / self._right * box.width()
            text = tick_text(value, values[1] - values[0] if len(values) > 1 else 1.0)
            painter.drawText(QRectF(x - 30, box.bottom() + 2, 60, line), Qt.AlignmentFlag.AlignHCenter, text)
        for value in (0.0, 0.5, 1.0):
            y = box.bottom() - value * box.height()
            painter.drawText(
                QRectF(box.left() - 64, y - line / 2, 60, line), Qt.AlignmentFlag.AlignRight, f"{value:.1f}"
            )
        painter.drawText(
            QRectF(box.left(), box.bottom() + line + 2, box.width(), line),
            Qt.AlignmentFlag.AlignHCenter,
            self._across,
        )
        painter.save()
        painter.translate(0, box.center().y())
        painter.rotate(-90)
        painter.drawText(
            QRectF(-box.height() / 2, 0, box.height(), line), Qt.AlignmentFlag.AlignHCenter, self._up
        )
        painter.restore()

    def _paint_line(self, painter: QPainter) -> None:
        box = self._box()
        index = np.unique(np.linspace(0, len(self._x) - 1, min(len(self._x), MOST_CORNERS)).astype(int))
        painter.save()
        painter.setClipRect(box.adjusted(-1, -1, 1, 1))
        painter.setPen(QPen(QColor(theme.colours.validation_curve), 2))
        x = box.left() + self._x[index] / self._right * box.width()
        y = box.bottom() - self._y[index] * box.height()
        painter.drawPolyline(QPolygonF([QPointF(*place) for place in zip(x, y, strict=True)]))
        painter.restore()
