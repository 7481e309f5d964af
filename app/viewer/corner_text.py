"""What the four corners of a canvas say about the image and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFont, QPainter

from app.translation import tr, tr_data
from app.viewer.model_overlay import LEAST_SCORE, ModelOverlay
from app.viewer.outlined_text import LIGHT, Line, draw_corner
from app.viewer.shown import Layers
from core.domain import Laterality, View
from core.heatmap import HeatmapPart

if TYPE_CHECKING:
    from core.pixels import ImageHeader

RESEARCH_USE = "Research use only. Not for diagnosis."
UNFINISHED = "Unfinished contour: Enter closes it, Esc discards it"
FLIPPED = "Turned left to right for display"
MARGIN = 10.0
WARNING = QColor(255, 200, 90)
MODEL = QColor(255, 176, 110)


def place_text(header: ImageHeader) -> str:
    """Laterality and view, as on a film: 'R MLO'. What is not known is said."""
    side = tr("side ?") if header.laterality is Laterality.UNKNOWN else str(header.laterality)
    view = tr("view ?") if header.view in (View.UNKNOWN, View.OTHER) else str(header.view)
    return f"{side} {view}"


def marks(header: ImageHeader, *, unusable: Sequence[str] = ()) -> list[str]:
    """What a reader must know about these pixels before trusting them."""
    found = []
    if header.is_synthetic:
        found.append(tr("SYNTHETIC: no patient"))
    if header.is_for_processing:
        found.append(tr("For Processing: raw detector data"))
    if header.is_lossy:
        found.append(tr("Lossy compression"))
    if header.is_resampled:
        found.append(tr("Resampled pixels"))
    if header.is_from_tomosynthesis:
        found.append(tr("Computed from tomosynthesis"))
    if header.bits <= 8:
        found.append(tr("8 bit"))
    if header.frames > 1:
        text = tr("Frame {frame} of {frames}: not used in training")
        found.append(text.format(frame=header.frame + 1, frames=header.frames))
    if unusable:
        what = ", ".join(tr_data(each) for each in unusable)
        found.append(tr("Not usable in this file, and not followed: {what}").format(what=what))
    return found


def zoom_text(zoom: float) -> str:
    """Device pixels per image pixel, in per cent; below 1:1 pixels are averaged, and that is marked."""
    percent = f"{100 * zoom:.0f}" if zoom >= 0.1 else f"{100 * zoom:.1f}"
    return tr("Zoom {percent} %").format(percent=percent) + (tr("  (below 1:1)") if zoom < 1 - 1e-6 else "")


def layer_lines(layers: Layers, *, model: ModelOverlay | None, contours: int) -> list[Line]:
    """Which overlays are on, and which hide something."""
    lines = []
    if model is not None and layers.heatmap:
        what = "" if layers.part is HeatmapPart.SCORE else f", {layers.part} ({layers.part.symbol})"
        lines.append(
            Line(
                tr("Model: heatmap, {heatmap_class}{what}").format(
                    heatmap_class=tr_data(layers.heatmap_class.value), what=what
                ),
                MODEL,
            )
        )
    if model is not None and layers.boxes:
        has_boxes = bool(model.best(layers.top_k))
        text = (
            layers.inks.box_words
            if has_boxes
            else tr("no region scores {least_score} or more").format(least_score=LEAST_SCORE)
        )
        lines.append(Line(tr("Model: {text}").format(text=text), MODEL))
    if model is None and (layers.heatmap or layers.boxes):
        lines.append(Line(tr("Model: hidden") if layers.is_model_hidden else tr("Model: not scored"), MODEL))
    if layers.are_hidden:
        lines.append(Line(tr("All overlays are hidden"), WARNING))
    elif contours and not layers.contours:
        lines.append(Line(tr("Contours are hidden"), WARNING))
    return lines


def draw_corner_texts(
    painter: QPainter,
    area: QRectF,
    *,
    header: ImageHeader,
    unusable: Sequence[str],
    place: str,
    caption: str,
    lower_left: list[Line],
    is_unfinished: bool,
    is_flipped: bool = False,
    outer: int | None = None,
) -> None:
    """All four corners; of one of several canvases only those away from the chest wall, where there is air.

    outer: None for a canvas alone; else -1 where the air is at the left of the canvas, 1 where it is at the right.
    """
    room = area.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
    large = QFont(painter.font())
    large.setBold(True)
    large.setPointSizeF(large.pointSizeF() * 1.6 if large.pointSizeF() > 0 else 16)
    upper_left = [Line(place, LIGHT, large), Line(caption)]
    told = [Line(mark, WARNING) for mark in marks(header, unusable=unusable)]
    if is_flipped:
        told.insert(0, Line(tr_data(FLIPPED), WARNING))
    hint = [Line(tr_data(UNFINISHED), WARNING)] if is_unfinished else []
    if outer is not None:
        draw_corner(painter, room, [*upper_left, *told], is_top=True, is_left=outer < 0)
        draw_corner(painter, room, [*hint, *lower_left], is_top=False, is_left=outer < 0)
        return
    draw_corner(painter, room, upper_left, is_top=True, is_left=True)
    draw_corner(painter, room, told, is_top=True, is_left=False)
    draw_corner(painter, room, [*hint, *lower_left], is_top=False, is_left=True)
    draw_corner(painter, room, [Line(tr_data(RESEARCH_USE))], is_top=False, is_left=False)
