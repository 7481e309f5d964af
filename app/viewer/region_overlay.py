"""The grid of regions over an image, each by its label: M framed and red, ignored amber, BN a grey dot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.viewer.transform import ViewTransform
from core.domain import RegionLabel

DOT = {
    RegionLabel.BN: (QColor(190, 190, 190, 170), 2.2),
    RegionLabel.IGNORED: (QColor(255, 200, 90), 4.5),
    RegionLabel.M: (QColor(255, 72, 72), 6.0),
}
FRAME = QColor(255, 72, 72, 110)


def paint_regions(
    painter: QPainter,
    transform: ViewTransform,
    *,
    boxes: NDArray[np.float64],
    labels: NDArray[np.int8],
) -> None:
    """A dot in the middle of each region, and a thin frame around those that are M.

    boxes: (m, 4), image pixels. labels: (m,) of RegionLabel.
    """
    offset = (transform.x, transform.y)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 * transform.scale + offset
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(FRAME, 1))
    for x0, y0, x1, y1 in (boxes[labels == RegionLabel.M] * transform.scale + (*offset, *offset)).tolist():
        painter.drawRect(QRectF(x0, y0, x1 - x0, y1 - y0))
    for label, (colour, size) in DOT.items():
        places = QPolygonF([QPointF(x, y) for x, y in centres[labels == label].tolist()])
        for pen in (QPen(QColor(0, 0, 0, 140), size + 1.5), QPen(colour, size)):
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints(places)
