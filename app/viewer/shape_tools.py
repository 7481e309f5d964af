"""Tools beside the contour tool: an ellipse in one drag, a brush that grows and shrinks, an edge that is found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QCursor, QPainter, QPen, QPolygonF

from app.viewer.contour_edit import check_sound, close_outline, contains
from app.viewer.cursors import cross_cursor
from app.viewer.shown import Tool
from app.viewer.tools import CanvasTool, ContourTool, Pointer
from app.viewer.vertices import DRAFT_COLOUR, HALO
from core.domain import Contour, Finding, Point
from core.errors import UserError
from core.outlines import brush_stroke, ellipse, grown, shrunk

if TYPE_CHECKING:
    from app.viewer.surface import Surface
    from core.smart_edge import SmartEdge

SHIFT = Qt.KeyboardModifier.ShiftModifier
BRUSH_RADIUS = 18.0  # logical pixels
SMALLEST_BRUSH, LARGEST_BRUSH = 3.0, 160.0
BRUSH_STEP = 1.25
BRUSH_KEYS = {Qt.Key.Key_BracketLeft: 1 / BRUSH_STEP, Qt.Key.Key_BracketRight: BRUSH_STEP}
EDGE_REACH = 240  # logical pixels around the last corner within which an edge is looked for


class EllipseTool(CanvasTool):
    """Drag from one corner of a box to the other; with Shift a circle. Esc gives up."""

    tool = Tool.ELLIPSE

    def __init__(self, canvas: Surface) -> None:
        super().__init__(canvas)
        self._start: Point | None = None
        self._points: list[Point] = []

    def cursor(self) -> QCursor:
        """A cross."""
        return cross_cursor()

    def press(self, at: Pointer) -> None:
        """One corner of the box."""
        self._start, self._points = at.image, []

    def move(self, at: Pointer) -> None:
        """The other."""
        if self._start is not None:
            self._points = ellipse(self._start, at.image, is_circle=bool(at.modifiers & SHIFT))
            self.canvas.update()

    def release(self, at: Pointer) -> None:
        """Make a contour of it, or say why not."""
        self.move(at)
        points = self._points
        self.interrupt()
        if points:
            _draw(self.canvas, points)

    def double_click(self, at: Pointer) -> None:
        """The beginning of another one, as a press."""
        self.press(at)

    def handles(self, key: int) -> bool:
        """Esc, while there is something to give up."""
        return key == Qt.Key.Key_Escape and self._start is not None

    def key(self, _key: int) -> None:
        """Give it up."""
        self.interrupt()

    def interrupt(self) -> None:
        """There is no ellipse."""
        self._start, self._points = None, []
        self.canvas.update()

    def paint(self, painter: QPainter) -> None:
        """The outline as it would be."""
        if self._points:
            _paint_outline(painter, [self.canvas.transform.to_view(point) for point in self._points])


class BrushTool(CanvasTool):
    """Paint on the selected contour: a stroke from inside grows it, one from outside takes away, one right through splits it.

    Without a selected contour a stroke makes a new one. [ and ] change the size.
    """

    tool = Tool.BRUSH
    radius = BRUSH_RADIUS  # of all canvases, logical pixels

    def __init__(self, canvas: Surface) -> None:
        super().__init__(canvas)
        self._path: list[Point] = []
        self._at: Point | None = None
        self._before: Finding | None = None
        self._grows = True

    def cursor(self) -> QCursor:
        """The circle is the cursor."""
        return QCursor(Qt.CursorShape.CrossCursor)

    @property
    def _image_radius(self) -> float:
        return BrushTool.radius / self.canvas.transform.scale

    def press(self, at: Pointer) -> None:
        """The beginning of a stroke: where it begins says what it does."""
        self._before = self.canvas.selected
        self._grows = self._before is None or contains(self._before.contour, at.image)
        self._path = [at.image]
        self._show()

    def move(self, at: Pointer) -> None:
        """The stroke goes on, or the circle follows."""
        self._at = at.view
        if self._path and math.dist(self._path[-1], at.image) >= 0.3 * self._image_radius:
            self._path.append(at.image)
            self._show()
        self.canvas.update()

    def release(self, at: Pointer) -> None:
        """Report what came of it."""
        if not self._path:
            return
        if self._path[-1] != at.image:
            self._path.append(at.image)
        path, before, grows = self._path, self._before, self._grows
        self.interrupt()
        try:
            self._report(before, path, grows=grows)
        except UserError as refusal:
            self.canvas.refused.emit(str(refusal))

    def double_click(self, at: Pointer) -> None:
        """Another stroke."""
        self.press(at)

    def handles(self, key: int) -> bool:
        """The size, and Esc: it gives up the stroke, else the selection."""
        return key in BRUSH_KEYS or (
            key == Qt.Key.Key_Escape and (bool(self._path) or self.canvas.selected is not None)
        )

    def key(self, key: int) -> None:
        """Another size, or nothing selected."""
        if key in BRUSH_KEYS:
            larger = BrushTool.radius * BRUSH_KEYS[Qt.Key(key)]
            BrushTool.radius = min(max(larger, SMALLEST_BRUSH), LARGEST_BRUSH)
            self.canvas.update()
        elif self._path:
            self.interrupt()
        else:
            self.canvas.select(None)

    def interrupt(self) -> None:
        """The stroke is given up."""
        self._path, self._before = [], None
        self.canvas.set_preview(None)

    def paint(self, painter: QPainter) -> None:
        """The circle, and a new contour as it would be."""
        if self._path and self._before is None:
            stroke = brush_stroke(self._path, radius=self._image_radius)
            outline = stroke.polygons[0].exterior
            _paint_outline(painter, [self.canvas.transform.to_view(point) for point in outline])
        if self._at is not None:
            x, y = self._at
            size = 2 * BrushTool.radius
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for pen in (QPen(HALO, 3), QPen(QColor(235, 235, 230), 1.2)):
                painter.setPen(pen)
                painter.drawEllipse(QRectF(x - size / 2, y - size / 2, size, size))

    def _show(self) -> None:
        if self._before is None:
            return
        try:
            if self._grows:
                self.canvas.set_preview(grown(self._before.contour, self._path, radius=self._image_radius))
            else:
                parts = shrunk(self._before.contour, self._path, radius=self._image_radius)
                self.canvas.set_preview(Contour(tuple(p for part in parts for p in part.polygons)))
        except UserError:
            self.canvas.set_preview(None)

    def _report(self, before: Finding | None, path: Sequence[Point], *, grows: bool) -> None:
        canvas, radius = self.canvas, self._image_radius
        if before is None:
            _draw(canvas, brush_stroke(path, radius=radius).polygons[0].exterior)
            return
        rows, columns = canvas.image_size()
        parts = (
            [grown(before.contour, path, radius=radius)]
            if grows
            else shrunk(before.contour, path, radius=radius)
        )
        for part in parts:
            check_sound(part, rows=rows, columns=columns)
        if len(parts) > 1:
            canvas.contour_split.emit(before.id, parts)
        elif parts[0] != before.contour:
            canvas.contour_changed.emit(before.id, parts[0])


class SmartTool(ContourTool):
    """Click along a lesion's rim: between corners the outline follows the edge. Shift, or a drag, draws by hand at any time."""

    tool = Tool.SMART

    def __init__(self, canvas: Surface) -> None:
        super().__init__(canvas)
        self._edge: SmartEdge | None = None
        self._of: tuple[int, Point] | None = None  # picture and place of the edge that is at hand
        self._corner: Point = (0.0, 0.0)  # of the part of the image in which the edge is looked for
        self._unit = 1.0  # image pixels per pixel of that part
        self._by_hand = False

    def press(self, at: Pointer) -> None:
        """Shift goes straight."""
        self._by_hand = bool(at.modifiers & SHIFT)
        super().press(at)

    def move(self, at: Pointer) -> None:
        """Shift shows the straight way."""
        self._by_hand = bool(at.modifiers & SHIFT)
        super().move(at)

    def add_corner(self, at: Pointer) -> None:
        """Lengthen the draft along the edge."""
        points = self.canvas.draft_points()
        for point in self._way(points[-1], at.image)[1:-1] if points else []:
            self.canvas.extend_draft(self.tool, point)
        super().add_corner(at)

    def paint_way(self, painter: QPainter, points: Sequence[Point], *, cursor: Point) -> None:
        """The edge to the cursor."""
        way = self._way(points[-1], cursor)
        places = [self.canvas.transform.to_view(point) for point in (points[-1], *way[1:-1], cursor)]
        _paint_outline(painter, places, is_closed=False)

    def _way(self, start: Point, end: Point) -> list[Point]:
        """From one place to another along the edge; straight where the other is out of reach."""
        edge = None if self._by_hand else self._edge_from(start)
        if edge is None:
            return [start, end]
        x0, y0 = self._corner
        place = (end[0] - x0) / self._unit, (end[1] - y0) / self._unit
        if not edge.holds(place):
            return [start, end]
        return [(x0 + x * self._unit, y0 + y * self._unit) for x, y in edge.path_to(place)]

    def _edge_from(self, start: Point) -> SmartEdge | None:
        """Ways from a place, in a part of the image of about the screen's resolution; kept until the place is another."""
        from core.smart_edge import SmartEdge

        picture = self.canvas.picture
        if picture is None:
            return None
        if self._of != (picture.serial, start):
            zoom = min(self.canvas.zoom, 1.0)
            depth = picture.pyramid.depth_for(zoom)
            level = picture.pyramid.level(depth)
            self._unit = picture.size[0] / level.shape[0]
            reach = math.ceil(EDGE_REACH / self.canvas.transform.scale / self._unit)
            reach = min(reach, EDGE_REACH)
            x, y = start[0] / self._unit, start[1] / self._unit
            left, top = max(int(x) - reach, 0), max(int(y) - reach, 0)
            part = level[top : int(y) + reach + 1, left : int(x) + reach + 1]
            if min(part.shape) < 3:
                return None
            self._corner = left * self._unit, top * self._unit
            self._edge, self._of = SmartEdge(part, (x - left, y - top)), (picture.serial, start)
        return self._edge


def _draw(canvas: Surface, points: Sequence[Point]) -> None:
    """Report a contour of these points, or say in one sentence why there is none."""
    rows, columns = canvas.image_size()
    try:
        closed = close_outline(points, zoom=canvas.zoom, rows=rows, columns=columns)
    except UserError as refusal:
        canvas.refused.emit(str(refusal))
        return
    canvas.contour_drawn.emit(closed.contour)
    if closed.notice:
        canvas.noticed.emit(closed.notice)


def _paint_outline(painter: QPainter, places: Sequence[Point], *, is_closed: bool = True) -> None:
    polygon = QPolygonF([QPointF(x, y) for x, y in places])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(HALO, 3.5), QPen(DRAFT_COLOUR, 1.6)):
        painter.setPen(pen)
        painter.drawPolygon(polygon) if is_closed else painter.drawPolyline(polygon)
