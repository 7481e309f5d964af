"""The plane as a picture: all points are painted into one that is kept until something of it changes.

What moves on it, a ring, arrows, the threshold's line, is put on top and costs no point anything.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from app import theme
from app.plane import raster
from app.plane.geometry import Frame, PlaneView, fitted, panel_frames
from app.plane.ground import areas_image, margins, paint_ground
from app.plane.points import SPLITS
from app.plane.scene import (
    SMOOTH_UP_TO,
    Projection,
    Scene,
    Shown,
    project,
    shown_points,
    stamps,
)
from core.plane import DecisionAreas

SAME = 3.0  # logical pixels between points that a hand cannot tell apart
OPEN = "#e07b00"
ARROW_COLOUR = "#b05a2d82"  # #AARRGGBB: what lies under many arrows shows through


class PlaneDisplay(QWidget):
    """All panels of the plane, without hands."""

    def __init__(self) -> None:
        super().__init__()
        self.scene = Scene()
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
        # Of ground and picture, used again from frame to frame.
        self._memory = [np.zeros((1, 1), np.uint32), np.zeros((1, 1), np.uint32)]
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(240, 220)

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
        self.paint_hand(painter)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.colours.accent), 2))
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

    def paint_hand(self, _painter: QPainter) -> None:
        """What the hand is drawing just now, for whoever has a hand."""

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
