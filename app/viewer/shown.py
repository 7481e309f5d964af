"""What a viewer is given and what it is set to: the image, the tool, the switches of its overlays."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from app.viewer.inks import USUAL, Inks
from app.viewer.pyramid import Pyramid
from core.domain import FindingClass, FindingId, ImageId, Laterality, Point
from core.heatmap import HeatmapPart

if TYPE_CHECKING:
    from core.pixels import Mammogram


class Tool(StrEnum):
    """What the left button does."""

    BROWSE = "browse"  # pan, select
    WINDOW = "window"  # drag for window and level
    CONTOUR = "contour"  # click corners, drag freehand
    SMART = "smart"  # corners with the image's edge between them
    ELLIPSE = "ellipse"
    BRUSH = "brush"
    EDIT = "edit"  # vertices of the selected contour
    RULER = "ruler"

    @property
    def has_draft(self) -> bool:
        """Whether what is begun with it may be left and gone on with."""
        return self in (Tool.CONTOUR, Tool.SMART)

    @property
    def draws(self) -> bool:
        """Whether the tool makes new contours."""
        return self in (Tool.CONTOUR, Tool.SMART, Tool.ELLIPSE, Tool.BRUSH)


@dataclass(frozen=True, eq=False, slots=True)
class ShownImage:
    """One image to show.

    caption: pseudonymous text for the corner. pyramid: made beforehand in the background, or None. spacing_mm: of one
    pixel, None where unknown. place: side and view where the file does not tell them. laterality: of the breast, as the
    store has it; an image whose chest wall is at the other side is turned for display. is_reduced: a small version, until the whole is there.
    """

    image_id: ImageId
    mammogram: Mammogram
    caption: str
    pyramid: Pyramid | None = None
    spacing_mm: float | None = None
    place: str = ""
    laterality: Laterality = Laterality.UNKNOWN
    is_reduced: bool = False


@dataclass(frozen=True, slots=True)
class Tile:
    """One place of a wall of images. name: 'R CC', or ''. side: edge of the canvas at which it hangs, as in ViewPort.hang."""

    name: str = ""
    image_id: ImageId | None = None
    side: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """Something on an image to look at: x0, y0, x1, y1 in image pixels, and whose contour it is, if it is one."""

    rect: tuple[float, float, float, float]
    finding_id: FindingId | None = None


@dataclass(frozen=True, slots=True)
class Layers:
    """Which overlays are on. top_k: boxes for each class. opacity: of the heatmap, 0 to 1. part: what the heatmap shows.

    are_hidden: all are off for now, whatever the others say. is_model_hidden: the model is not to be seen on the open image.
    names: each contour tells whose it is.
    """

    heatmap: bool = False
    boxes: bool = True
    contours: bool = True
    top_k: int = 3
    opacity: float = 0.6
    heatmap_class: FindingClass = FindingClass.MALIGNANT
    inks: Inks = USUAL
    part: HeatmapPart = HeatmapPart.SCORE
    regions: bool = False
    are_hidden: bool = False
    is_model_hidden: bool = False
    names: bool = False

    @property
    def in_force(self) -> Layers:
        """What is drawn."""
        if not self.are_hidden:
            return self
        return replace(self, heatmap=False, boxes=False, contours=False, regions=False)


@dataclass(slots=True)
class Draft:
    """A contour that is not closed yet, in image pixels."""

    tool: Tool
    points: list[Point] = field(default_factory=list)


class Drafts:
    """Unfinished contours by image, in memory; several canvases may share one."""

    def __init__(self) -> None:
        self._drafts: dict[ImageId, Draft] = {}

    def get(self, image_id: ImageId) -> Draft | None:
        """The unfinished contour of an image."""
        return self._drafts.get(image_id)

    def begin(self, image_id: ImageId, tool: Tool) -> Draft:
        """The unfinished contour of an image, made if there is none; it now belongs to this tool."""
        draft = self._drafts.setdefault(image_id, Draft(tool))
        draft.tool = tool
        return draft

    def discard(self, image_id: ImageId) -> None:
        """Forget the unfinished contour of an image."""
        self._drafts.pop(image_id, None)

    def image_ids(self) -> list[ImageId]:
        """Images that have an unfinished contour, oldest first."""
        return list(self._drafts)
