"""Readers' contours on a canvas: malignant red, benign grey, the selected one thicker with its vertices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.viewer.contour_edit import contains, edge_near
from app.viewer.inks import USUAL, Inks
from app.viewer.transform import ViewTransform
from app.viewer.vertices import HALO, paint_vertices
from core.domain import Contour, Finding, FindingId, ImageId, Point

APART = 2.0  # logical pixels along an outline between the points that are drawn of it

Rings = list[NDArray[np.float64]]


class ContourOverlay:
    """The findings of one image; which one is selected, and how that looks while it is edited.

    version grows whenever the contours drawn by paint_others may have changed.
    """

    def __init__(self) -> None:
        self.preview: Contour | None = None
        self.findings: tuple[Finding, ...] = ()
        self.version = 0
        self._selected_id: FindingId | None = None
        self._all: tuple[Finding, ...] = ()
        self._image_id: ImageId | None = None
        self._rings: list[Rings] = []

    @property
    def selected_id(self) -> FindingId | None:
        """The selected finding, on this image or another."""
        return self._selected_id

    @property
    def selected(self) -> Finding | None:
        """The selected finding, if it is on this image."""
        return next((finding for finding in self.findings if finding.id == self._selected_id), None)

    def select(self, finding_id: FindingId | None) -> None:
        """Select a finding, or none."""
        self._selected_id = finding_id
        self.preview = None
        self.version += 1

    def set_findings(self, findings: Sequence[Finding]) -> None:
        """Replace what is known. Findings of other images wait until their image is shown."""
        self._all = tuple(findings)
        self.set_image(self._image_id)

    def set_image(self, image_id: ImageId | None) -> None:
        """Whose findings to draw."""
        self._image_id = image_id
        self.findings = tuple(finding for finding in self._all if finding.image_id == image_id)
        self._rings = [_rings(finding.contour) for finding in self.findings]
        self.preview = None
        self.version += 1

    def at(self, point: Point, *, near: float) -> Finding | None:
        """The smallest finding that holds a point, or whose outline runs within `near` image pixels of it."""
        hits = [
            finding
            for finding in self.findings
            if contains(finding.contour, point) or edge_near(finding.contour, point, within=near) is not None
        ]
        return min(hits, key=lambda finding: _extent(finding.contour), default=None)

    def paint_others(self, painter: QPainter, transform: ViewTransform, inks: Inks = USUAL) -> None:
        """All contours but the selected one."""
        selected = self.selected
        for finding, rings in zip(self.findings, self._rings, strict=True):
            if finding is not selected:
                colour = QColor(*inks.contour[finding.finding_class])
                _stroke(painter, transform, rings, colour=colour, width=1.5)

    def paint_selected(
        self, painter: QPainter, transform: ViewTransform, *, with_vertices: bool, inks: Inks = USUAL
    ) -> None:
        """The selected contour, thicker, with its vertices as dots if these are wanted."""
        selected = self.selected
        if selected is None:
            return
        colour, contour = QColor(*inks.contour[selected.finding_class]), self.preview or selected.contour
        _stroke(painter, transform, _rings(contour), colour=colour, width=2.6)
        if with_vertices:
            paint_vertices(painter, transform, contour, colour=colour, active=None, handles=False)


def _rings(contour: Contour) -> Rings:
    """(n, 2) image pixels for each outline, outsides and holes."""
    rings = [ring for polygon in contour.polygons for ring in (polygon.exterior, *polygon.holes)]
    return [np.asarray(ring, dtype=np.float64) for ring in rings]


def _stroke(
    painter: QPainter, transform: ViewTransform, rings: Rings, *, colour: QColor, width: float
) -> None:
    """Outlines with a dark halo, of the same width at every zoom."""
    polygons = [_on_screen(ring, transform) for ring in rings]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(HALO, width + 2), QPen(colour, width)):
        pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
        painter.setPen(pen)
        for polygon in polygons:
            painter.drawPolygon(polygon)


def _on_screen(ring: NDArray[np.float64], transform: ViewTransform) -> QPolygonF:
    """An outline in logical pixels, without points that lie closer together than can be seen."""
    placed = ring * transform.scale + (transform.x, transform.y)
    steps = np.hypot(*np.diff(placed, axis=0).T)
    along = np.floor(np.concatenate([[0.0], np.cumsum(steps)]) / APART)
    is_kept = np.concatenate([[True], np.diff(along) > 0])
    if np.count_nonzero(is_kept) < 3:
        is_kept[:] = True
    return QPolygonF([QPointF(x, y) for x, y in placed[is_kept].tolist()])


def _extent(contour: Contour) -> float:
    x0, y0, x1, y1 = contour.bounds
    return (x1 - x0) * (y1 - y0)
