"""The plane on screen: mouse, keys and painting. It knows points and pixels, no store.

All points are painted into one picture that is kept until something of it changes; pointing at points only puts a
ring on top of it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app import theme
from app.plane import raster
from app.plane.geometry import Frame, PlaneView, fitted, inside, panel_frames
from app.plane.ground import areas_image, margins, paint_ground
from app.plane.points import SPLITS
from app.plane.scene import (
    REACH,
    SMOOTH_UP_TO,
    Projection,
    Scene,
    Shown,
    nearest,
    next_towards,
    project,
    shown_points,
    stamps,
)
from app.plane.sprites import CHOSEN
from core.plane import DecisionAreas

NEAR_LINE = 5.0  # logical pixels from the threshold's line that still mean it
HANDLE = 10.0  # logical pixels of the line's top by which it is moved with any hand
SAME = 3.0  # logical pixels between points that a hand cannot tell apart
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
OPEN = "#e07b00"
ARROW_COLOUR = "#b05a2d82"  # #AARRGGBB: what lies under many arrows shows through


class Hand(StrEnum):
    """What the left button does."""

    BROWSE = "browse"
    BOX = "box"
    LASSO = "lasso"


class PlaneCanvas(QWidget):
    """All panels of the plane.

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
        self.scene = Scene()
        self.hand = Hand.BROWSE
        self.current: int | None = None  # the open image
        self.pointed_at: int | None = None
        self.arrows: NDArray[np.float64] = np.zeros((0, 5))  # index of the point, x and y before, x and y now
        self.frame_ms = 0.0  # what the last picture took
        self._areas: QImage | None = None
        self._view = PlaneView()
        self._is_fitted = True
        self._frames: list[Frame] = []
        self._titles: list[str] = []
        self._shown: Shown | None = None
        self._where: Projection | None = None
        self._ground: NDArray[np.uint32] | None = None
        self._picture: NDArray[np.uint32] | None = None
        self._memory = [
            np.zeros((1, 1), np.uint32)
        ] * 2  # of ground and picture, used again from frame to frame
        self._outline: list[tuple[float, float]] = []
        self._pressed: QPointF | None = None
        self._drag = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(240, 220)
        self.setAccessibleName("Probability plane")
        self.setAccessibleDescription(
            "Arrow keys go from point to point, Enter opens the image, Space selects it, Escape clears."
        )

    # --- what is shown

    def show_points(self) -> None:
        """The scene's points, categories, splits or panels changed: everything is painted anew."""
        self._shown = self._where = self._ground = None
        self.pointed_at = None
        self._fit_if_fitted()
        self.update()

    def show_looks(self) -> None:
        """Colours, selection or threshold changed: the points lie where they were."""
        self._picture = None
        self.update()

    def show_areas(self, areas: DecisionAreas | None) -> None:
        """Shade the decision areas, or none."""
        self._areas = None if areas is None else areas_image(areas)
        self._ground = None
        self.update()

    def show_current(self, index: int | None) -> None:
        """Put a mark on the open image's point."""
        self.current = index
        self.update()

    @property
    def view(self) -> PlaneView:
        """What part of the plane is seen."""
        return self._view

    @property
    def frames(self) -> list[Frame]:
        """The panels, in logical pixels."""
        if not self._frames:
            self._lay_out()
        return self._frames

    @property
    def has_areas(self) -> bool:
        """Whether decision areas are shaded."""
        return self._areas is not None

    def pixel_of(self, index: int) -> QPointF | None:
        """Where a point is on the canvas; None where it is not shown."""
        where = self._projection()
        at = np.flatnonzero(where.index == index)
        return QPointF(float(where.x[at[0]]), float(where.y[at[0]])) if len(at) else None

    def others_at(self, index: int) -> int:
        """How many other points lie all but under this one."""
        place = self.pixel_of(index)
        if place is None:
            return 0
        where = self._projection()
        near = (np.abs(where.x - place.x()) <= SAME) & (np.abs(where.y - place.y()) <= SAME)
        return int(near.sum()) - 1

    def shown_points(self) -> NDArray[np.intp]:
        """Indices of the points of shown categories and splits, in sight or not."""
        return self._shown_points().index

    def fit(self) -> None:
        """Show the whole plane."""
        self._is_fitted = True
        self._set_view(fitted(self.frames[0]))

    def zoom(self, factor: float) -> None:
        """Zoom at the middle of the panels."""
        frame = self.frames[0]
        self._is_fitted = False
        self._set_view(self._view.zoomed(factor, at=frame.middle, frame=frame))

    def pan(self, dx: float, dy: float) -> None:
        """Move the plane with the hand, in pixels."""
        self._is_fitted = False
        self._set_view(self._view.panned(dx, dy))

    # --- painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The kept picture, and on it whatever moves."""
        painter = QPainter(self)
        image = raster.as_image(self.render_picture())
        image.setDevicePixelRatio(self.devicePixelRatioF())
        painter.drawImage(0, 0, image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_arrows(painter)
        self._paint_threshold(painter)
        for index, colour, radius in (
            (self.current, OPEN, 11.0),
            (self.pointed_at, theme.PLANE_INK, 8.0),
        ):
            if index is not None and (place := self.pixel_of(index)) is not None:
                painter.setPen(QPen(QColor(colour), 2.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(place, radius, radius)
        self._paint_outline(painter)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.ACCENT), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    def render_picture(self) -> NDArray[np.uint32]:
        """The picture of all points at the canvas's size; kept until something of it changes."""
        if self._ground is None:
            self._ground, self._picture, self._where = self._painted_ground(), None, None
        if self._picture is None:
            begun = time.perf_counter()
            self._picture = self._blank(1)
            np.copyto(self._picture, self._ground)
            shown, where = len(self.shown_points()), self._projection()
            looks = stamps(
                self.scene,
                where,
                size=self.scene.symbol_size(shown, self.frames),
                ratio=self.devicePixelRatioF(),
                is_smooth=shown <= SMOOTH_UP_TO,
            )
            raster.paint(self._picture, looks)
            self.frame_ms = 1000 * (time.perf_counter() - begun)
        return self._picture

    def _painted_ground(self) -> NDArray[np.uint32]:
        ratio = self.devicePixelRatioF()
        picture = self._blank(0)
        picture.fill(QColor(theme.PLANE_GROUND).rgb())
        image = raster.as_image(picture)
        image.setDevicePixelRatio(ratio)
        frames = self.frames
        painter = QPainter(image)
        painter.setFont(self.font())
        paint_ground(painter, frames, self._panel_titles(), view=self._view, areas=self._areas)
        painter.end()
        return picture

    def _blank(self, which: int) -> NDArray[np.uint32]:
        """Memory for a picture of the canvas's size in device pixels, whatever is in it."""
        ratio = self.devicePixelRatioF()
        shape = (max(round(self.height() * ratio), 1), max(round(self.width() * ratio), 1))
        if self._memory[which].shape != shape:
            self._memory[which] = np.empty(shape, np.uint32)
        return self._memory[which]

    def _panel_titles(self) -> list[str]:
        if not self._titles:
            split = self.scene.points.split[self.shown_points()]
            counts = np.bincount(split, minlength=len(SPLITS))
            self._titles = [
                f"{', '.join(SPLITS[i].value for i in sorted(splits)) or 'nothing'}: "
                f"{int(counts[sorted(splits)].sum()):,}"
                for splits in self.scene.panels
            ]
        return self._titles

    def _paint_arrows(self, painter: QPainter) -> None:
        if not len(self.arrows):
            return
        painter.setPen(QPen(QColor(ARROW_COLOUR), 1.4))
        painter.setBrush(QColor(ARROW_COLOUR))
        panel_of = {split: panel for panel, splits in enumerate(self.scene.panels) for split in splits}
        for index, x0, y0, x1, y1 in self.arrows:
            frame = self.frames[panel_of[int(self.scene.points.split[int(index)])]]
            start = QPointF(*self._view.to_pixel(x0, y0, frame))
            end = QPointF(*self._view.to_pixel(x1, y1, frame))
            painter.save()
            painter.setClipRect(QRectF(frame.left, frame.top, frame.width, frame.height))
            _paint_arrow(painter, start, end)
            painter.restore()

    def _paint_threshold(self, painter: QPainter) -> None:
        if self.scene.threshold is None:
            return
        for frame in self.frames:
            x = self._view.to_pixel(self.scene.threshold, 0, frame)[0]
            if frame.left <= x <= frame.left + frame.width:
                painter.setPen(QPen(QColor(theme.PLANE_INK), 1.6, Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(x, frame.top), QPointF(x, frame.top + frame.height))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(theme.PLANE_INK))
                painter.drawPolygon(
                    QPolygonF(
                        [QPointF(x - 6, frame.top), QPointF(x + 6, frame.top), QPointF(x, frame.top + 9)]
                    )
                )

    def _paint_outline(self, painter: QPainter) -> None:
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the panels out anew."""
        self._frames = []
        self._ground = self._where = None
        self._fit_if_fitted()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Another font means other margins."""
        if event.type() == QEvent.Type.FontChange:
            self._frames, self._ground, self._where = [], None, None
            self._fit_if_fitted()
        super().changeEvent(event)

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

    def _set_view(self, view: PlaneView) -> None:
        if view != self._view:
            self._view = view
            self._ground = self._where = None
            self.update()

    def _fit_if_fitted(self) -> None:
        self._lay_out()
        if self._is_fitted:
            self._set_view(fitted(self._frames[0]))

    def _lay_out(self) -> None:
        around = margins(QFontMetricsF(self.font()))
        count = len(self.scene.panels)
        self._frames = panel_frames(count, width=self.width(), height=self.height(), margins=around)
        self._titles = []

    def _projection(self) -> Projection:
        if self._where is None:
            self._where = project(self._shown_points(), self._view, self.frames)
        return self._where

    def _shown_points(self) -> Shown:
        if self._shown is None:
            self._shown = shown_points(self.scene)
        return self._shown

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


def _paint_arrow(painter: QPainter, start: QPointF, end: QPointF) -> None:
    along = end - start
    length = (along.x() ** 2 + along.y() ** 2) ** 0.5
    if length < 3:
        return
    unit = along / length
    head = min(7.0, length / 2)
    back, side = end - unit * head, QPointF(-unit.y(), unit.x()) * head * 0.5
    painter.drawLine(start, back)
    painter.drawPolygon(QPolygonF([end, back + side, back - side]))
