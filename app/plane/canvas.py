"""The plane in the hand: mouse and keys. It knows points and pixels, no store."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QPolygonF,
    QWheelEvent,
)

from app.plane.display import PlaneDisplay
from app.plane.geometry import Frame, inside
from app.plane.scene import REACH, nearest, next_towards
from app.plane.sprites import CHOSEN
from app.translation import tr

NEAR_LINE = 5.0  # logical pixels from the threshold's line that still mean it
HANDLE = 10.0  # logical pixels of the line's top by which it is moved with any hand
STILL = 4.0  # logical pixels that a click may tremble
STEP = 1.25  # zoom for a notch of the wheel or a key
NUDGE = 60.0  # pixels for one press of Shift and an arrow
ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
# Keys that mean the open image elsewhere in the window; with the plane in hand they must not touch what is out of sight.
PASSED_ON = (
    Qt.Key.Key_N,
    Qt.Key.Key_P,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_F1,
    Qt.Key.Key_Tab,
)


class Hand(StrEnum):
    """What the left button does."""

    BROWSE = "browse"
    BOX = "box"
    LASSO = "lasso"


class PlaneCanvas(PlaneDisplay):
    """All panels of the plane, in the hand.

    Signals:
        point_chosen: index of a point, on a click or Enter.
        pointed: index of the point under the pointer or None.
        selected: a mask of the selected points, after a box, a lasso or Esc.
        threshold_moved: p(y_M = 1), while its line is dragged.
        hand_asked: a Hand, by its key.
    """

    point_chosen = Signal(int)
    pointed = Signal(object)
    selected = Signal(object)
    threshold_moved = Signal(float)
    hand_asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.hand = Hand.BROWSE
        self._outline: list[tuple[float, float]] = []
        self._pressed: QPointF | None = None
        self._drag = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Probability plane"))
        self.setAccessibleDescription(
            tr("Arrow keys go from point to point, Enter opens the image, Space selects it, Escape clears.")
        )

    # --- what the hand draws

    def paint_hand(self, painter: QPainter) -> None:
        """The box or the lasso."""
        if self._drag != "select" or len(self._outline) < 2:
            return
        painter.setPen(QPen(QColor(CHOSEN), 1.8, Qt.PenStyle.DashLine))
        painter.setBrush(QColor(200, 0, 180, 30))
        painter.drawPolygon(QPolygonF([QPointF(*place) for place in self._shape()]))

    # --- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to pan, to drag the threshold, or to draw around points."""
        place = event.position()
        self._pressed, self._outline = place, [(place.x(), place.y())]
        if event.button() is not Qt.MouseButton.LeftButton:
            self._drag = "pan"
        elif self._is_on_line(place):
            self._drag = "maybe line"
        else:
            self._drag = "maybe pan" if self.hand is Hand.BROWSE else "select"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the hand."""
        place = event.position()
        match self._drag:
            case "maybe line" | "line":
                if self._drag == "maybe line" and self._trembles(place):
                    return
                self._drag = "line"
                frame = self._frame_at(place) or self.frames[0]
                self.threshold_moved.emit(self._clamped(self._view.to_place(place.x(), 0, frame)[0]))
            case "select":
                self._outline.append((place.x(), place.y()))
                self.update()
            case "maybe pan" | "pan":
                self._pan_to(place)
            case _:
                self._point_at(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End of a click or a drag."""
        drag, self._drag = self._drag, ""
        place = event.position()
        if drag == "maybe pan" or (drag == "maybe line" and self.hand is Hand.BROWSE):
            self._choose(nearest(self._projection(), place.x(), place.y()))
        elif drag == "select":
            self._select(place, keeps=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        self._pressed, self._outline = None, []
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to the whole plane, on empty ground."""
        if nearest(self._projection(), event.position().x(), event.position().y()) is None:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer."""
        place = event.position()
        frame = self._frame_at(place)
        if frame is not None and (turn := event.angleDelta().y()):
            self._is_fitted = False
            self._set_view(self._view.zoomed(STEP ** (turn / 120), at=(place.x(), place.y()), frame=frame))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at any more."""
        self._point(None)
        super().leaveEvent(event)

    # --- keys

    def event(self, event: QEvent) -> bool:
        """Keys for what is out of sight stay without effect here."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            has_modifier = event.modifiers() & ~(
                Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
            )
            if (not has_modifier and event.key() not in PASSED_ON) or _is_select_all(event):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys, Enter, Space, Esc, plus and minus, and the keys of the hands."""
        key = Qt.Key(event.key())
        hands = {Qt.Key.Key_V: Hand.BROWSE, Qt.Key.Key_B: Hand.BOX, Qt.Key.Key_L: Hand.LASSO}
        if key in ARROWS and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            dx, dy = ARROWS[key]
            self.pan(-dx * NUDGE, -dy * NUDGE)
        elif key in ARROWS:
            self._step(ARROWS[key])
        elif key in hands:
            self.hand_asked.emit(hands[key])
        elif _is_select_all(event):
            self.selected.emit(self._mask(self.shown_points()))
        elif not self._plain_key(key):
            super().keyPressEvent(event)

    def _plain_key(self, key: Qt.Key) -> bool:
        match key:
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom(STEP)
            case Qt.Key.Key_Minus:
                self.zoom(1 / STEP)
            case Qt.Key.Key_0 | Qt.Key.Key_Home | Qt.Key.Key_F:
                self.fit()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._choose(self.pointed_at)
            case Qt.Key.Key_Space if self.pointed_at is not None:
                self._toggle(self.pointed_at)
            case Qt.Key.Key_Escape:
                self._give_up()
            case _:
                return False
        return True

    def _give_up(self) -> None:
        if self._drag == "select":
            self._drag, self._outline = "", []
            self.update()
        else:
            self.selected.emit(np.zeros(len(self.scene.points), bool))

    def _step(self, direction: tuple[int, int]) -> None:
        begin = self.pointed_at if self.pointed_at is not None else self.current
        found = next_towards(self._projection(), begin, direction)
        if found is not None:
            self._point(found)

    # --- what they lead to

    def _frame_at(self, place: QPointF) -> Frame | None:
        return next((frame for frame in self.frames if frame.holds(place.x(), place.y())), None)

    def _is_on_line(self, place: QPointF) -> bool:
        frame = self._frame_at(place)
        if frame is None or self.scene.threshold is None:
            return False
        if self.hand is not Hand.BROWSE and place.y() > frame.top + HANDLE:
            return False  # points are drawn around there; the line still has its handle
        return abs(self._view.to_pixel(self.scene.threshold, 0, frame)[0] - place.x()) <= NEAR_LINE

    def _trembles(self, place: QPointF) -> bool:
        """Whether the hand has hardly moved since it pressed."""
        return self._pressed is not None and (place - self._pressed).manhattanLength() < STILL

    def _pan_to(self, place: QPointF) -> None:
        if self._pressed is None:
            return
        moved = place - self._pressed
        if self._drag == "maybe pan" and self._trembles(place):
            return
        self._drag, self._pressed = "pan", place
        self.pan(moved.x(), moved.y())

    def _point_at(self, place: QPointF) -> None:
        is_on_line = self._is_on_line(place)
        found = nearest(self._projection(), place.x(), place.y(), reach=3.0 if is_on_line else REACH)
        if found is not None and self.hand is Hand.BROWSE and not is_on_line:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        elif is_on_line:
            self.setCursor(Qt.CursorShape.SplitHCursor)
        elif self.hand is Hand.BROWSE:
            self.unsetCursor()
        else:
            self.setCursor(Qt.CursorShape.CrossCursor)
        self._point(found)

    def _point(self, index: int | None) -> None:
        if index != self.pointed_at:
            self.pointed_at = index
            self.pointed.emit(index)
            self.update()

    def _choose(self, index: int | None) -> None:
        if index is not None:
            self.point_chosen.emit(index)

    def _select(self, place: QPointF, *, keeps: bool) -> None:
        first = QPointF(*self._outline[0])
        if len(self._outline) < 3 and (place - first).manhattanLength() < STILL:
            found = nearest(self._projection(), place.x(), place.y())
            if found is not None:
                self._toggle(found)
            elif not keeps:
                self._give_up()
            return
        where = self._projection()
        frame = self._frame_at(first)
        held = where.panel == self.frames.index(frame) if frame is not None else np.ones(len(where.x), bool)
        found_mask = held & inside(
            np.array(self._shape()), where.x.astype(np.float64), where.y.astype(np.float64)
        )
        mask = self._mask(where.index[found_mask])
        self.selected.emit(mask | self.scene.selected if keeps and len(self.scene.selected) else mask)

    def _shape(self) -> Sequence[tuple[float, float]]:
        """The outline drawn so far; with the box, the rectangle from its first to its last place."""
        if self.hand is Hand.LASSO:
            return self._outline
        (x0, y0), (x1, y1) = self._outline[0], self._outline[-1]
        return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]

    def _toggle(self, index: int) -> None:
        mask = self.scene.selected.copy() if len(self.scene.selected) else self._mask(np.zeros(0, np.intp))
        mask[index] = not mask[index]
        self.selected.emit(mask)

    def _mask(self, index: NDArray[np.intp]) -> NDArray[np.bool_]:
        mask = np.zeros(len(self.scene.points), bool)
        mask[index] = True
        return mask

    def _clamped(self, threshold: float) -> float:
        return min(max(threshold, 0.0), 1.0)


def _is_select_all(event: QKeyEvent) -> bool:
    return event.key() == Qt.Key.Key_A and bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
