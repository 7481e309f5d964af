"""The reading room's one widget to the rest of the window: shows an image, reports what the reader does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.translation import tr
from app.viewer.canvas import Canvas
from app.viewer.inks import Inks
from app.viewer.model_overlay import RankedBox
from app.viewer.shown import Drafts, Layers, Mark, ShownImage, Tile, Tool
from app.viewer.wall import Wall
from core.domain import Contour, Finding, FindingClass, FindingId, ImageId
from core.heatmap import HeatmapPart
from core.prediction import Prediction

if TYPE_CHECKING:
    from app.live_regions import LiveRegions

SIGNALS = (
    *(
        "contour_drawn",
        "contour_changed",
        "contour_split",
        "finding_selected",
        "delete_requested",
        "window_changed",
        "tool_changed",
    ),
    *("cursor_moved", "zoom_changed", "refused", "noticed", "unfinished_drawing_changed"),
)


class Viewer(QWidget):
    """Shows one mammogram, alone or among others of its study, with its findings and the model's view of it.

    Call show_image first, then set_findings and set_prediction. With `hang` others hang beside it, each shown by
    show_beside; drafts are the unfinished contours of all images; tools, keys and signals are those of the one that is open. Nothing is changed here: drawing and
    editing only report what the reader wants, and the contours shown are those last set.

    Signals:
        contour_drawn: a Contour, finished.
        contour_changed: a finding's id and its new Contour, at mouse release.
        contour_split: a finding's id and the list of Contours that it became, the largest first.
        finding_selected: the id of the finding that the reader selected, or None.
        delete_requested: the id of the finding that the reader wants deleted.
        window_changed: centre and width in the file's units.
        tool_changed: the Tool.
        cursor_moved: x and y in image pixels and the value there; not numbers outside.
        zoom_changed: device pixels per image pixel.
        refused: a sentence on why a stroke or an edit made no contour.
        noticed: a sentence on something the reader should look at (an outline was repaired).
        unfinished_drawing_changed: whether the image shown has a contour that is not closed.
        canvas_made: a widget that came to the wall, for whoever watches the reader's hand.
        tile_chosen: the ImageId of another image on the wall that the reader pressed on.
    """

    contour_drawn = Signal(object)
    contour_changed = Signal(object, object)
    contour_split = Signal(object, object)
    finding_selected = Signal(object)
    delete_requested = Signal(object)
    window_changed = Signal(float, float)
    tool_changed = Signal(object)
    cursor_moved = Signal(float, float, float)
    zoom_changed = Signal(float)
    refused = Signal(str)
    noticed = Signal(str)
    unfinished_drawing_changed = Signal(bool)
    tile_chosen = Signal(object)
    canvas_made = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drafts = Drafts()
        self._layers = Layers()
        self._is_inverted = False
        self.wall = Wall(self.drafts, self)
        room = QVBoxLayout(self)
        room.setContentsMargins(0, 0, 0, 0)
        room.addWidget(self.wall)
        self.setFocusProxy(self.wall)
        self.wall.setFocusProxy(self.canvas)
        self.setAccessibleName(tr("Viewer"))
        self.setObjectName("viewer")  # the style sheet keeps its ground black
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.wall.made.connect(self._connect)
        self.wall.made.connect(self.canvas_made)
        self.wall.tile_chosen.connect(self.tile_chosen)
        self._connect(self.canvas)

    @property
    def canvas(self) -> Canvas:
        """The one of the open image."""
        return self.wall.active

    def _connect(self, canvas: Canvas) -> None:
        canvas.set_inverted(self._is_inverted)
        for name in SIGNALS:
            getattr(canvas, name).connect(partial(self._pass_on, canvas, getattr(self, name)))

    def _pass_on(self, canvas: Canvas, signal: SignalInstance, *values: object) -> None:
        """What happens on other canvases than the open image's is nobody's business."""
        if canvas is self.canvas:
            signal.emit(*values)

    # What is shown

    @property
    def image_id(self) -> ImageId | None:
        """The image on the screen."""
        return self.canvas.shown.image_id if self.canvas.shown is not None else None

    @property
    def tool(self) -> Tool:
        """What the left button does."""
        return self.canvas.tool

    @property
    def layers(self) -> Layers:
        """Which overlays are on."""
        return self._layers

    @property
    def zoom(self) -> float:
        """Device pixels per image pixel."""
        return self.canvas.zoom

    def show_image(self, shown: ShownImage) -> None:
        """Show an image. What was drawn but not closed on the one before is kept for when it comes back."""
        self.canvas.show_image(shown)
        self.wall.level()

    def hang(self, tiles: Sequence[Tile], *, columns: int, opened: ImageId) -> None:
        """Hang images on the wall, row by row; one of them is the open one."""
        tool = self.tool
        self.wall.hang(tiles, columns=columns, active=opened)
        if self.tool is not tool:
            self.tool_changed.emit(self.tool)

    def shows(self, image_id: ImageId) -> bool:
        """Whether an image is in sight, open or beside."""
        canvas = self.wall.canvas_of(image_id)
        return canvas is not None and canvas.shown is not None and canvas.shown.image_id == image_id

    def show_beside(
        self,
        shown: ShownImage,
        *,
        findings: Sequence[Finding],
        prediction: Prediction | None,
        boxes: NDArray[np.float64] | None,
    ) -> None:
        """Show one of the images that hang beside the open one."""
        canvas = self.wall.canvas_of(shown.image_id)
        if canvas is not None and canvas is not self.canvas:
            canvas.show_image(shown)
            canvas.set_findings(findings)
            canvas.set_prediction(prediction, boxes)
            self.wall.level()

    def show_failure_beside(self, image_id: ImageId, reason: str) -> None:
        """Say why one of the images beside cannot be shown."""
        canvas = self.wall.canvas_of(image_id)
        if canvas is not None and canvas is not self.canvas:
            canvas.show_message(tr("This image cannot be shown"), reason)

    def set_linked(self, is_linked: bool) -> None:
        """Let all images on the wall zoom and pan together, left and right mirrored."""
        self.wall.is_linked = is_linked

    def show_loading(self, text: str) -> None:
        """Say that an image is on its way."""
        self.canvas.show_message(tr("Loading"), text)

    def show_failure(self, reason: str) -> None:
        """Say why an image cannot be shown."""
        self.canvas.show_message(tr("This image cannot be shown"), reason)

    def clear(self) -> None:
        """Show no image."""
        self.canvas.show_message(tr("No image is open"), "")

    def set_findings(self, findings: Sequence[Finding]) -> None:
        """The findings to draw; those of other images are not drawn."""
        self.canvas.set_findings(findings)

    def set_prediction(self, prediction: Prediction | None, boxes: NDArray[np.float64] | None) -> None:
        """The model's view of the image shown. boxes: (m, 4), its regions in image pixels."""
        self.canvas.set_prediction(prediction, boxes)

    def set_live(self, live: LiveRegions | None) -> None:
        """What tells how the contour in hand labels regions."""
        for canvas in self.wall.all_canvases:
            canvas.live = live if canvas is self.canvas else None
        self.canvas.update()

    def select_finding(self, finding_id: FindingId | None) -> None:
        """Select a finding (no signal: the caller knows)."""
        self.canvas.set_selected(finding_id)

    # Overlays

    def set_heatmap_visible(self, is_visible: bool) -> None:
        """Tint the image by region scores."""
        self._set_layers(replace(self._layers, heatmap=is_visible))

    def set_heatmap_class(self, finding_class: FindingClass) -> None:
        """Whose scores the heatmap shows."""
        self._set_layers(replace(self._layers, heatmap_class=finding_class))

    def set_heatmap_part(self, part: HeatmapPart) -> None:
        """Show the whole score, or one of the parts that it is made of."""
        self._set_layers(replace(self._layers, part=part))

    def set_regions_visible(self, is_visible: bool) -> None:
        """Draw the grid of the open image with the label of each region."""
        self._set_layers(replace(self._layers, regions=is_visible))

    def set_overlays_hidden(self, are_hidden: bool) -> None:
        """Draw nothing over the image for now; what was on comes back."""
        self._set_layers(replace(self._layers, are_hidden=are_hidden))

    def set_model_hidden(self, is_hidden: bool) -> None:
        """Say that the model is hidden where it says nothing."""
        self._set_layers(replace(self._layers, is_model_hidden=is_hidden))

    def set_names_visible(self, is_visible: bool) -> None:
        """Write at each contour whose it is."""
        self._set_layers(replace(self._layers, names=is_visible))

    def go_to_mark(self, step: int) -> bool:
        """Look closely at the next box or contour (1), or the one before (-1). Returns whether there is any."""
        return self.canvas.go_to_mark(step)

    def set_inks(self, inks: Inks) -> None:
        """Draw contours, boxes and heatmap in these colours."""
        self._set_layers(replace(self._layers, inks=inks))

    def best_boxes(self) -> list[RankedBox] | None:
        """The model's best boxes on the open image, whether they are drawn or not; None where it is not scored."""
        model = self.canvas.picture.model if self.canvas.picture is not None else None
        return None if model is None else model.best(self._layers.top_k)

    @property
    def box_in_hand(self) -> RankedBox | None:
        """The model's box under the mouse, else the one that was jumped to last."""
        return self.canvas.box_in_hand

    def look_at_box(self, box: RankedBox) -> None:
        """Look closely at a box."""
        self.canvas.look_closely(Mark(box.rect))

    def set_heatmap_opacity(self, opacity: float) -> None:
        """opacity: 0 (nothing) to 1."""
        self._set_layers(replace(self._layers, opacity=min(max(opacity, 0.0), 1.0)))

    def set_boxes_visible(self, is_visible: bool) -> None:
        """Draw the best regions of each class."""
        self._set_layers(replace(self._layers, boxes=is_visible))

    def set_top_k(self, top_k: int) -> None:
        """How many boxes for each class."""
        self._set_layers(replace(self._layers, top_k=max(top_k, 0)))

    def set_contours_visible(self, is_visible: bool) -> None:
        """Draw the readers' contours. Hidden ones cannot be selected or edited."""
        self._set_layers(replace(self._layers, contours=is_visible))

    # Window and level

    def window_names(self) -> list[str]:
        """Names of the file's windows and VOI LUTs, in the order in which they are cycled."""
        return self.canvas.picture.display.names if self.canvas.picture is not None else []

    def next_window(self) -> None:
        """The file's next window or VOI LUT."""
        if self.canvas.picture is not None:
            self.canvas.picture.display.choose_next()
            self.canvas.window_was_changed()

    def toggle_as_stored(self) -> bool:
        """Show raw detector data as stored, or as they opened. Returns whether the open image is of that kind."""
        picture = self.canvas.picture
        if picture is None or not picture.display.toggle_as_stored():
            return False
        self.canvas.window_was_changed()
        return True

    def choose_window(self, index: int) -> None:
        """One of window_names."""
        if self.canvas.picture is not None:
            self.canvas.picture.display.choose(index)
            self.canvas.window_was_changed()

    def reset_window(self) -> None:
        """Back to the window that the image opened with."""
        if self.canvas.picture is not None:
            self.canvas.picture.display.reset()
            self.canvas.window_was_changed()

    def set_inverted(self, is_inverted: bool) -> None:
        """Turn black and white round; air outside the breast stays black."""
        self._is_inverted = is_inverted
        for canvas in self.wall.all_canvases:
            canvas.set_inverted(is_inverted)

    def toggle_flip(self) -> None:
        """Turn the open image left to right for display, or back. Nothing but the display changes."""
        self.canvas.toggle_flip()

    # Pan and zoom

    def fit(self) -> None:
        """Show the whole of every image."""
        for canvas in self.wall.canvases:
            canvas.fit()

    def one_to_one(self) -> None:
        """One device pixel for each image pixel."""
        self.canvas.one_to_one()

    def true_size(self) -> None:
        """As large as the breast is."""
        self.canvas.true_size()

    def zoom_in(self) -> None:
        """One step closer."""
        self.canvas.zoom_by(1)

    def zoom_out(self) -> None:
        """One step back."""
        self.canvas.zoom_by(-1)

    # Drawing

    def set_tool(self, tool: Tool) -> None:
        """Change what the left button does. An unfinished contour stays."""
        self.canvas.set_tool(tool)

    def has_unfinished_drawing(self) -> bool:
        """Whether the image shown has a contour that is not closed."""
        return bool(self.canvas.draft_points())

    def images_with_unfinished_drawing(self) -> list[ImageId]:
        """All images that have one, seen in this session; to ask before closing."""
        return self.drafts.image_ids()

    def finish_drawing(self) -> None:
        """Close the unfinished contour, as Enter does; ends in contour_drawn or refused."""
        self.canvas.finish_drawing()

    def discard_drawing(self) -> None:
        """Forget the unfinished contour, as Escape does."""
        self.canvas.discard_drawing()

    def update_draft(self) -> None:
        """Show the unfinished contour anew: the drafts are now another reader's."""
        self.canvas.draft_was_changed()

    def restore_drawing(self, contour: Contour) -> None:
        """Offer a contour again that could not be kept, as an unfinished one."""
        self.canvas.set_draft(Tool.CONTOUR, contour.polygons[0].exterior)
        self.canvas.set_tool(Tool.CONTOUR)

    def _set_layers(self, layers: Layers) -> None:
        self._layers = self.wall.layers = layers
        for canvas in self.wall.all_canvases:
            canvas.set_layers(layers)
