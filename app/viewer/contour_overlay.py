"""Readers' contours on a canvas: malignant red, benign grey, the selected one thicker with its vertices."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from app.viewer.contour_edit import Corner, contains, corners, edge_near
from app.viewer.transform import ViewTransform
from core.domain import Contour, Finding, FindingClass, FindingId, ImageId, Point

COLOUR = {FindingClass.MALIGNANT: QColor(255, 72, 72), FindingClass.BENIGN: QColor(190, 190, 190)}
DRAFT_COLOUR = QColor(255, 205, 80)
HALO = QColor(0, 0, 0, 170)
HANDLE = 2.6  # half side of a vertex, logical pixels


def contour_path(contour: Contour) -> QPainterPath:
    """The outlines of a contour in image pixels, holes by the odd-even rule."""
    path = QPainterPath()
    for polygon in contour.polygons:
        for ring in (polygon.exterior, *polygon.holes):
            path.addPolygon(QPolygonF([QPointF(x, y) for x, y in ring]))
            path.closeSubpath()
    return path


class ContourOverlay:
    """The findings of one image with their paths; which one is selected, and how it looks while it is edited."""

    def __init__(self) -> None:
        self.selected_id: FindingId | None = None
        self.preview: Contour | None = None
        self.findings: tuple[Finding, ...] = ()
        self._all: tuple[Finding, ...] = ()
        self._image_id: ImageId | None = None
        self._paths: list[QPainterPath] = []

    @property
    def selected(self) -> Finding | None:
        """The selected finding, if it is on this image."""
        return next((finding for finding in self.findings if finding.id == self.selected_id), None)

    def set_findings(self, findings: Sequence[Finding]) -> None:
        """Replace what is known. Findings of other images wait until their image is shown."""
        self._all = tuple(findings)
        self.set_image(self._image_id)

    def set_image(self, image_id: ImageId | None) -> None:
        """Whose findings to draw."""
        self._image_id = image_id
        self.findings = tuple(finding for finding in self._all if finding.image_id == image_id)
        self._paths = [contour_path(finding.contour) for finding in self.findings]
        self.preview = None

    def at(self, point: Point, *, near: float) -> Finding | None:
        """The smallest finding that holds a point, or whose outline runs within `near` image pixels of it."""
        hits = [
            finding
            for finding in self.findings
            if contains(finding.contour, point) or edge_near(finding.contour, point, within=near) is not None
        ]
        return min(hits, key=lambda finding: _extent(finding.contour), default=None)

    def paint(self, painter: QPainter, transform: ViewTransform, *, with_vertices: bool) -> None:
        """All contours; the selected one last, thicker, with its vertices as dots."""
        selected = self.selected
        for finding, path in zip(self.findings, self._paths, strict=True):
            if finding is not selected:
                stroke(painter, transform, path, colour=COLOUR[finding.finding_class], is_selected=False)
        if selected is None:
            return
        colour, contour = COLOUR[selected.finding_class], self.preview or selected.contour
        stroke(painter, transform, contour_path(contour), colour=colour, is_selected=True)
        if with_vertices:
            paint_vertices(painter, transform, contour, colour=colour, active=None, handles=False)


def stroke(
    painter: QPainter, transform: ViewTransform, path: QPainterPath, *, colour: QColor, is_selected: bool
) -> None:
    """One outline with a dark halo, of the same width at every zoom."""
    mapped = QTransform(transform.scale, 0, 0, transform.scale, transform.x, transform.y).map(path)
    width = 2.6 if is_selected else 1.5
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(HALO, width + 2), QPen(colour, width)):
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPath(mapped)


def paint_vertices(
    painter: QPainter,
    transform: ViewTransform,
    contour: Contour,
    *,
    colour: QColor,
    active: Corner | None,
    handles: bool,
) -> None:
    """Vertices: open squares to drag in EDIT, dots elsewhere; the active one is filled.

    Where vertices lie close together on the screen they are drawn smaller, so that they hide no tissue.
    """
    placed = [(corner, transform.to_view(point)) for corner, point in corners(contour)]
    apart = sum(math.dist(a[1], b[1]) for a, b in pairwise(placed)) / max(len(placed) - 1, 1)
    half = min(HANDLE if handles else 1.5, max(0.8, 0.3 * apart))
    for corner, at in placed:
        is_active = corner == active
        _square(painter, at, HANDLE + 1 if is_active else half, colour=colour, filled=is_active or half < 2)


def paint_draft(
    painter: QPainter,
    transform: ViewTransform,
    points: Sequence[Point],
    *,
    cursor: Point | None,
    corners_shown: bool,
) -> None:
    """An open outline, its rubber line to the cursor, and a fainter one from there to its start.

    points, cursor: image pixels.
    """
    line = QPolygonF([QPointF(*transform.to_view(point)) for point in points])
    for pen in (QPen(HALO, 3.5), QPen(DRAFT_COLOUR, 1.6)):
        painter.setPen(pen)
        painter.drawPolyline(line)
    if cursor is not None and points:
        at = QPointF(*transform.to_view(cursor))
        faint = QColor(DRAFT_COLOUR)
        faint.setAlpha(130)
        painter.setPen(QPen(DRAFT_COLOUR, 1.4, Qt.PenStyle.DashLine))
        painter.drawLine(line.last(), at)
        painter.setPen(QPen(faint, 1, Qt.PenStyle.DotLine))
        painter.drawLine(at, line.first())
    marked: Iterable[Point] = points if corners_shown else points[:1]
    for index, point in enumerate(marked):
        _square(
            painter, transform.to_view(point), HANDLE + (index == 0), colour=DRAFT_COLOUR, filled=index == 0
        )


def _square(painter: QPainter, at: Point, half: float, *, colour: QColor, filled: bool) -> None:
    area = QRectF(at[0] - half, at[1] - half, 2 * half, 2 * half)
    painter.setPen(QPen(HALO, 2))
    painter.setBrush(colour if filled else QColor(0, 0, 0, 90))
    painter.drawRect(area)
    painter.setPen(QPen(colour, 1.2))
    painter.drawRect(area)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _extent(contour: Contour) -> float:
    x0, y0, x1, y1 = contour.bounds
    return (x1 - x0) * (y1 - y0)
