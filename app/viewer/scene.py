"""Everything on a canvas in its order: image, heatmap, boxes, contours, numbers, the tool, corner texts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.viewer.contour_overlay import ContourOverlay, paint_draft
from app.viewer.corner_text import draw_corner_texts, layer_lines, zoom_text
from app.viewer.outlined_text import Line
from app.viewer.picture import Picture
from app.viewer.shown import Layers, Tool
from app.viewer.tools import CanvasTool
from app.viewer.transform import ViewTransform
from core.domain import Point

FOCUS_FRAME = QColor(110, 160, 220)


def paint_scene(
    painter: QPainter,
    area: QRectF,
    *,
    picture: Picture,
    contours: ContourOverlay,
    layers: Layers,
    transform: ViewTransform,
    device_ratio: float,
    draft: Sequence[Point],
    tool: CanvasTool,
) -> None:
    """Paint an image with all that lies over it. area: the canvas in logical pixels. draft: image pixels."""
    size = area.toRect().size()
    painter.drawPixmap(0, 0, picture.base(size, device_ratio, transform=transform, layers=layers))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    model = picture.model if layers.boxes else None
    painter.save()
    painter.setClipRect(_image_area(picture, transform))
    if model is not None:
        model.paint_boxes(painter, transform, layers)
    if layers.contours:
        contours.paint(painter, transform, with_vertices=tool.tool is not Tool.EDIT)
    painter.restore()
    if model is not None:
        model.paint_box_texts(painter, transform, layers)
    if draft and not tool.tool.draws:
        paint_draft(painter, transform, draft, cursor=None, corners_shown=False)
    tool.paint(painter)
    lower_left = layer_lines(layers, has_model=picture.model is not None, contours=len(contours.findings))
    lower_left += [Line(picture.display.text), Line(zoom_text(transform.scale * device_ratio))]
    draw_corner_texts(
        painter,
        area,
        header=picture.shown.mammogram.header,
        caption=picture.shown.caption,
        lower_left=lower_left,
        is_unfinished=bool(draft),
    )


def paint_focus(painter: QPainter, area: QRect) -> None:
    """A thin frame that tells where the keys go."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    painter.setPen(QPen(FOCUS_FRAME, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(area.adjusted(0, 0, -1, -1))


def _image_area(picture: Picture, transform: ViewTransform) -> QRectF:
    rows, columns = picture.size
    far_corner = QPointF(*transform.to_view((columns, rows)))
    return QRectF(QPointF(transform.x, transform.y), far_corner)
