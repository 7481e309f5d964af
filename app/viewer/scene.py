"""Everything on a canvas in its order: image, heatmap, boxes, contours, numbers, the tool, corner texts."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from app.translation import tr
from app.viewer.colour_bar import paint_colour_bar
from app.viewer.contour_overlay import ContourOverlay
from app.viewer.corner_text import WARNING, draw_corner_texts, layer_lines, place_text, zoom_text
from app.viewer.draft_layer import DraftLayer
from app.viewer.layer_cache import LayerCache
from app.viewer.model_overlay import RankedBox
from app.viewer.outlined_text import LIGHT, Line, draw_outlined
from app.viewer.picture import Picture
from app.viewer.region_overlay import paint_regions
from app.viewer.ruler import COLOUR as RULER
from app.viewer.ruler import Ruler
from app.viewer.shown import Layers
from app.viewer.transform import ViewTransform
from app.viewer.vertices import paint_draft_corners
from core.domain import Finding, Point, Role

FOCUS_FRAME = QColor(110, 160, 220)


@dataclass(frozen=True, eq=False, slots=True)
class View:
    """What a canvas shows at one moment.

    size: logical pixels. is_moving: a coarser picture will do until the next paint. draft: the unfinished
    outline, image pixels. shows_dots: whether the selected contour's vertices are drawn as dots. outer: of one of several
    canvases, on which side of it there is air (-1 left, 1 right); None for a canvas alone. is_active: tools work here.
    is_flipped: turned left to right for display; `transform` knows nothing of it, `on_screen` does. live: what the
    contour in hand does to the region labels, and whether that is a warning. ruler: a line whose length is told. hovered: a box
    under the mouse. regions: (m, 4) in image pixels and their labels as things stand, to be drawn.
    """

    picture: Picture
    contours: ContourOverlay
    layers: Layers
    transform: ViewTransform
    size: QSize
    device_ratio: float
    is_moving: bool = False
    shows_dots: bool = True
    draft: list[Point] = field(default_factory=list)
    outer: int | None = None
    is_active: bool = True
    is_flipped: bool = False
    live: tuple[str, bool] = ("", False)
    ruler: Ruler | None = None
    hovered: RankedBox | None = None
    regions: tuple[NDArray[np.float64], NDArray[np.int8]] | None = None

    @property
    def image_area(self) -> QRectF:
        """Where the image lies, logical pixels."""
        rows, columns = self.picture.size
        far_corner = QPointF(*self.transform.to_view((columns, rows)))
        return QRectF(QPointF(self.transform.x, self.transform.y), far_corner)

    def turn(self, painter: QPainter) -> None:
        """Let a painter turn what it draws as the image is turned. For lines and pictures, not for letters."""
        if self.is_flipped:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)  # without it pictures are a pixel off
            painter.translate(self.size.width(), 0)
            painter.scale(-1, 1)

    def on_screen(self, area: QRectF) -> QRectF:
        """Where an area of the unturned canvas is seen, logical pixels."""
        if not self.is_flipped:
            return area
        return QRectF(self.size.width() - area.right(), area.top(), area.width(), area.height())


class Scene:
    """Paints views one after the other, and keeps what stays the same between them."""

    def __init__(self) -> None:
        self._base = LayerCache(is_opaque=True)
        self._marks = LayerCache(is_opaque=False)
        self._draft = DraftLayer()

    def paint(self, painter: QPainter, view: View) -> None:
        """Everything but the tool's own marks and the corner texts."""
        painter.drawPixmap(0, 0, self._current_base(view))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if _has_marks(view):
            painter.drawPixmap(0, 0, self._current_marks(view))
        painter.save()
        view.turn(painter)
        if view.regions is not None:
            boxes, labels = view.regions
            paint_regions(painter, view.transform, boxes=boxes, labels=labels)
        if view.layers.contours:
            painter.save()
            painter.setClipRect(view.image_area)
            view.contours.paint_selected(
                painter, view.transform, with_vertices=view.shows_dots, inks=view.layers.inks
            )
            painter.restore()
        if view.draft:
            outline = self._draft.current(
                view.size, view.device_ratio, points=view.draft, transform=view.transform
            )
            painter.drawPixmap(0, 0, outline)
            paint_draft_corners(painter, view.transform, view.draft, first_only=True)
        if view.ruler is not None:
            view.ruler.paint(painter, view.transform)
        painter.restore()

    def _current_base(self, view: View) -> QPixmap:
        """Image and heatmap."""
        layers, picture = view.layers, view.picture
        tint = (
            (layers.opacity, layers.inks, layers.heatmap_class, layers.part, picture.model_version)
            if layers.heatmap
            else None
        )
        key = (picture.serial, picture.version, view.transform, view.is_moving, view.is_flipped, tint)
        return self._base.current(
            view.size, view.device_ratio, key=key, paint=lambda painter: _paint_base(painter, view)
        )

    def _current_marks(self, view: View) -> QPixmap:
        """Boxes, contours that are not selected, numbers."""
        key = (
            view.picture.serial,
            view.picture.model_version,
            view.contours.version,
            view.layers,
            view.transform,
            view.is_flipped,
        )
        return self._marks.current(
            view.size, view.device_ratio, key=key, paint=lambda painter: _paint_marks(painter, view)
        )


def paint_texts(painter: QPainter, view: View) -> None:
    """The corners."""
    picture, count = view.picture, len(view.contours.findings)
    lower_left = layer_lines(view.layers, model=picture.model, contours=count) if view.is_active else []
    if view.live[0]:
        lower_left.insert(0, Line(view.live[0], WARNING if view.live[1] else LIGHT))
    if picture.shown.is_reduced:
        lower_left.insert(0, Line(tr("Reduced resolution: the whole picture is loading"), WARNING))
    lower_left += [Line(picture.display.text), Line(zoom_text(view.transform.scale * view.device_ratio))]
    draw_corner_texts(
        painter,
        QRectF(QPointF(0, 0), view.size.toSizeF()),
        header=picture.shown.mammogram.header,
        unusable=picture.shown.mammogram.unusable,
        place=picture.shown.place or place_text(picture.shown.mammogram.header),
        caption=picture.shown.caption,
        lower_left=lower_left,
        is_unfinished=bool(view.draft),
        is_flipped=view.is_flipped,
        outer=view.outer,
    )
    area = QRectF(QPointF(0, 0), view.size.toSizeF())
    if view.layers.heatmap and picture.model is not None and view.is_active:
        is_left = view.outer == -1
        paint_colour_bar(painter, area, model=picture.model, layers=view.layers, is_left=is_left)
    if view.hovered is not None:
        x0, y0, x1, y1 = view.hovered.rect
        corners = QPointF(*view.transform.to_view((x0, y0))), QPointF(*view.transform.to_view((x1, y1)))
        below = view.on_screen(QRectF(*corners)).bottomLeft() + QPointF(0, 3)
        draw_outlined(
            painter,
            below,
            view.hovered.details,
            colour=QColor(*view.layers.inks.box[view.hovered.finding_class]).lighter(125),
        )
    if view.layers.names and view.layers.contours:
        for finding in view.contours.findings:
            x0, y0, x1, y1 = finding.contour.bounds
            corners = QPointF(*view.transform.to_view((x0, y0))), QPointF(*view.transform.to_view((x1, y1)))
            place = view.on_screen(QRectF(*corners)).topRight() + QPointF(4, 0)
            draw_outlined(painter, place, whose(finding))
    if view.ruler is not None:
        x, y = view.transform.to_view(view.ruler.end)
        end = view.on_screen(QRectF(x, y, 0, 0)).topLeft()
        draw_outlined(painter, end + QPointF(10, 6), view.ruler.text(picture.shown), colour=RULER)


def whose(finding: Finding) -> str:
    """Who drew a finding, and as what it counts."""
    if finding.role is Role.READER:
        return finding.owner
    return f"{finding.owner} ({finding.role})"


def paint_focus(painter: QPainter, area: QRect, *, is_wide: bool = False) -> None:
    """A frame that tells where the keys go; wide where there are several canvases."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    width = 3 if is_wide else 1
    painter.setPen(QPen(FOCUS_FRAME, width))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(area.adjusted(width // 2, width // 2, -1 - width // 2, -1 - width // 2))


def _has_marks(view: View) -> bool:
    """Whether there is any box or contour to be drawn: a layer without them is not laid over the image."""
    has_boxes = view.layers.boxes and view.picture.model is not None
    return has_boxes or (view.layers.contours and bool(view.contours.findings))


def _paint_base(painter: QPainter, view: View) -> None:
    view.turn(painter)
    view.picture.paint(
        painter, view.transform, size=view.size, device_ratio=view.device_ratio, is_moving=view.is_moving
    )
    if view.layers.heatmap and view.picture.model is not None:
        view.picture.model.paint_heatmap(painter, view.transform, view.layers)


def _paint_marks(painter: QPainter, view: View) -> None:
    model = view.picture.model if view.layers.boxes else None
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.save()
    view.turn(painter)
    painter.setClipRect(view.image_area)
    if model is not None:
        model.paint_boxes(painter, view.transform, view.layers)
    if view.layers.contours:
        view.contours.paint_others(painter, view.transform, view.layers.inks)
    painter.restore()
    if model is not None:
        model.paint_box_texts(painter, view.transform, view.layers, on_screen=view.on_screen)
