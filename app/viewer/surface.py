"""One image on the screen, as the rest of the window and the tools know it: what it shows and what can be done to it.

A surface knows one image and no store. It reports what the reader wants as signals; what it shows of
findings is what it was last told. Mouse, keys and painting are added by Canvas.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.translation import tr, tr_data
from app.viewer.contour_overlay import ContourOverlay
from app.viewer.corner_text import place_text
from app.viewer.edit_tool import EditTool
from app.viewer.model_overlay import RankedBox
from app.viewer.navigation import Navigation
from app.viewer.picture import Picture
from app.viewer.ruler import Ruler, RulerTool
from app.viewer.scene import Scene, View
from app.viewer.shape_tools import BrushTool, EllipseTool, SmartTool
from app.viewer.shown import Drafts, Layers, Mark, ShownImage, Tool
from app.viewer.tools import BrowseTool, CanvasTool, ContourTool, WindowTool
from app.viewer.transform import ViewTransform
from app.viewer.viewport import ViewPort
from core.domain import Contour, Finding, FindingClass, FindingId, ImageId, Point
from core.prediction import Prediction

if TYPE_CHECKING:
    from app.live_regions import LiveRegions

STILL_AFTER_MS = 70  # without panning or zooming, before the exact picture is made
NEAR = 6.0  # logical pixels from an outline that still mean it
PLAUSIBLE_DPI = (40.0, 800.0)  # logical pixels per inch; screens without a size of their own say anything
MM_PER_INCH = 25.4
AROUND_MARK = 0.4  # of the canvas, that a mark which was jumped to fills
NEAREST_TO_MARK = 2.0  # logical pixels per image pixel
EMPTY = ("No image is open", "")


class Surface(QWidget):
    """One mammogram with its overlays and one tool. Its signals are those of Viewer, which says what they mean."""

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
    chosen = Signal()  # the reader pressed on a canvas that is not the active one of its wall
    moved = Signal()  # the reader zoomed or panned
    resized = Signal()

    def __init__(self, drafts: Drafts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        self.setAccessibleName(tr("Mammogram"))
        self.layers = Layers()
        self.contours = ContourOverlay()
        self.picture: Picture | None = None
        self.is_active, self.is_one_of_several = True, False
        self.ruler: Ruler | None = None
        self._hovered: RankedBox | None = None
        self._mark = -1  # the mark that was jumped to last
        self.live: LiveRegions | None = None  # tells what the contour in hand does to the region labels
        self.flips: dict[ImageId, bool] = {}  # what the reader turned by hand; canvases may share it
        self._side, self._largest_fit = 0, math.inf
        self._drafts = drafts
        self.port = ViewPort()
        self._scene = Scene()
        self._still = QTimer(self, singleShot=True, interval=STILL_AFTER_MS)
        self._still.timeout.connect(self.update)
        self._message = (tr_data(EMPTY[0]), "")
        self._is_inverted = False
        self._was_unfinished = False
        self._navigation = Navigation(self)
        self._tools: dict[Tool, CanvasTool] = {
            kind.tool: kind(self)
            for kind in (
                BrowseTool,
                WindowTool,
                ContourTool,
                SmartTool,
                EllipseTool,
                BrushTool,
                EditTool,
                RulerTool,
            )
        }
        self._tool = self._tools[Tool.BROWSE]
        self._describe()
        self.update_cursor()

    # What is shown

    @property
    def shown(self) -> ShownImage | None:
        """The image on the canvas."""
        return self.picture.shown if self.picture is not None else None

    @property
    def tool(self) -> Tool:
        """What the left button does."""
        return self._tool.tool

    @property
    def transform(self) -> ViewTransform:
        """Where the image lies."""
        return self.port.transform

    @property
    def zoom(self) -> float:
        """Device pixels per image pixel."""
        return self.port.zoom

    @property
    def selected(self) -> Finding | None:
        """The selected finding, if its contour is shown."""
        return self.contours.selected if self.layers.contours else None

    @property
    def preview(self) -> Contour | None:
        """What the selected contour looks like while it is being edited."""
        return self.contours.preview

    @property
    def is_flipped(self) -> bool:
        """Whether the image is turned left to right for display: by hand, else where it lies the wrong way round."""
        if self.picture is None:
            return False
        return self.flips.get(self.picture.shown.image_id, self.picture.is_wrong_way_round)

    @property
    def mirror(self) -> int:
        """-1 where the image is turned for display, else 1: what a way to the right is worth."""
        return -1 if self.is_flipped else 1

    def toggle_flip(self) -> None:
        """Turn the image left to right for display, or back."""
        if self.picture is not None:
            self.flips[self.picture.shown.image_id] = not self.is_flipped
            self._lie()
            self.update_cursor()

    def turned(self, at: Point) -> Point:
        """A place on the screen as a place on the unturned canvas, and the other way."""
        return (self.width() - at[0], at[1]) if self.is_flipped else at

    def image_size(self) -> tuple[int, int]:
        """(rows, columns) of the image on the canvas."""
        assert self.picture is not None
        return self.picture.size

    def show_image(self, shown: ShownImage) -> None:
        """Show an image; its unfinished contour, if there is one, comes back with it.

        The same image again changes nothing but its caption; another one starts whole.
        """
        self._interrupt()
        if self.picture is not None and self.picture.shown.mammogram is shown.mammogram:
            is_same = self.picture.shown.image_id == shown.image_id
            self.picture.shown = shown
            if is_same:
                self._describe()
                self.update()
                return
        before, self.picture = self.picture, Picture(shown, is_inverted=self._is_inverted)
        if before is not None and self.picture.is_of_same_image(before):  # what the reader has set stays
            self.picture.follow(before)
            self._was_moved()
            self._describe()
            self.window_changed.emit(*self.window_numbers())
            return
        self.contours.set_image(shown.image_id)
        self.ruler, self._hovered, self._mark = None, None, -1
        self.port.is_fitted = True
        self.port.set_image_size(*self.picture.size)
        self._lie()
        self._was_moved()
        draft = self._drafts.get(shown.image_id)
        if draft is not None:
            self.set_tool(draft.tool)
        self._tell_unfinished()
        self._describe()
        self.update_cursor()
        self.window_changed.emit(*self.window_numbers())

    def show_message(self, title: str, text: str) -> None:
        """Show words in place of an image. An unfinished contour waits for its image to come back."""
        self._interrupt()
        self.picture = None
        self._message = (title, text)
        self.contours.set_image(None)
        self._tell_unfinished()
        self._describe()
        self.update_cursor()
        self.update()

    def set_findings(self, findings: Sequence[Finding]) -> None:
        """The findings to draw; those of other images are not drawn."""
        self.contours.set_findings(findings)
        self._tool.findings_were_changed()
        self.update()

    def set_prediction(self, prediction: Prediction | None, boxes: NDArray[np.float64] | None) -> None:
        """The model's view of the image on the canvas. boxes: (m, 4), image pixels."""
        if self.picture is not None:
            self.picture.set_prediction(prediction, boxes)
            self._hovered, self._mark = None, -1
            self.update()

    def set_layers(self, layers: Layers) -> None:
        """Switch overlays."""
        self.layers = layers.in_force
        self.update()

    def set_tool(self, tool: Tool) -> None:
        """Change what the left button does. An unfinished contour stays."""
        if tool is self.tool:
            return
        self._tool.interrupt()
        self._tool = self._tools[tool]
        self._describe()
        self.update_cursor()
        self.update()
        self.tool_changed.emit(tool)

    def set_active(self, is_active: bool, *, is_one_of_several: bool) -> None:
        """Whether tools and keys work here; of several canvases the active one has a frame."""
        if not is_active:
            self._interrupt()
        self.is_active, self.is_one_of_several = is_active, is_one_of_several
        self.update_cursor()
        self.update()

    def hover(self, point: Point | None) -> None:
        """The mouse rests at a place of the image, or nowhere: a box of the model there tells what its score is made of."""
        model = self.picture.model if self.picture is not None and self.layers.boxes else None
        found = (
            model.box_at(point, top_k=self.layers.top_k) if model is not None and point is not None else None
        )
        if found != self._hovered:
            self._hovered = found
            self.update()

    @property
    def box_in_hand(self) -> RankedBox | None:
        """The model's box under the mouse, else the one that was jumped to last."""
        if self._hovered is not None or self._mark < 0 or self.picture is None or self.picture.model is None:
            return self._hovered
        marks = self.marks()
        rect = marks[self._mark].rect if self._mark < len(marks) else None
        boxes = self.picture.model.best(self.layers.top_k) if self.layers.boxes else []
        return next((box for box in boxes if box.rect == rect), None)

    def marks(self) -> list[Mark]:
        """What there is to jump to: malignant boxes from the best on, contours, benign boxes; of overlays that are on."""
        model = self.picture.model if self.picture is not None and self.layers.boxes else None
        boxes = [] if model is None else model.best(self.layers.top_k)
        malignant = [box for box in boxes if box.finding_class is FindingClass.MALIGNANT]
        benign = [box for box in boxes if box.finding_class is not FindingClass.MALIGNANT]
        findings = self.contours.findings if self.layers.contours else ()
        return [
            *(Mark(box.rect) for box in malignant),
            *(Mark(finding.contour.bounds, finding.id) for finding in findings),
            *(Mark(box.rect) for box in benign),
        ]

    def go_to_mark(self, step: int) -> bool:
        """Look closely at the next mark (1) or the one before (-1). Returns whether there is any."""
        marks = self.marks()
        if not marks:
            return False
        start = -1 if self._mark < 0 and step > 0 else max(self._mark, 0)
        self._mark = (start + step) % len(marks)
        self.look_closely(marks[self._mark])
        return True

    def look_closely(self, mark: Mark) -> None:
        """Put a mark into the middle with its surroundings, at 1:1 or nearer; select it if it is a contour."""
        x0, y0, x1, y1 = mark.rect
        room = min(self.width() / max(x1 - x0, 1.0), self.height() / max(y1 - y0, 1.0))
        scale = min(max(AROUND_MARK * room, 1 / self.devicePixelRatioF()), NEAREST_TO_MARK)
        self.look_at(((x0 + x1) / 2, (y0 + y1) / 2), scale=scale)
        self.moved.emit()
        if mark.finding_id is not None:
            self.select(mark.finding_id)

    def set_ruler(self, ruler: Ruler | None) -> None:
        """The line whose length is shown, or none."""
        self.ruler = ruler
        self.update()

    # Window and level

    def window_numbers(self) -> tuple[float, float]:
        """Centre and width in force."""
        return self.picture.display.center_and_width if self.picture is not None else (0.0, 0.0)

    def drag_window(self, dx: float, dy: float, *, start: tuple[float, float]) -> None:
        """Window and level by a drag of so many logical pixels since `start` was in force."""
        if self.picture is not None:
            display = self.picture.display
            display.set_window(*display.dragged(self.mirror * dx, dy, start=start))
            self.window_was_changed()

    def window_was_changed(self) -> None:
        """Show and report what is now in force."""
        if self.picture is not None:
            self.picture.refresh()
            self.update()
            self.window_changed.emit(*self.window_numbers())

    def set_inverted(self, is_inverted: bool) -> None:
        """Turn black and white round; air outside the breast stays black."""
        self._is_inverted = is_inverted
        if self.picture is not None:
            self.picture.display.is_inverted = is_inverted
            self.picture.refresh()
            self.update()

    # Pan and zoom

    def fit(self) -> None:
        """Show the whole image."""
        self.port.fit()
        self._was_moved()

    def one_to_one(self) -> None:
        """One device pixel for each image pixel, around the middle."""
        self.port.zoom_to(1.0, at=self.port.middle)
        self._was_moved()
        self.moved.emit()

    def true_size(self) -> None:
        """As large as the breast is, in millimetres of the screen; refused where either size is not known."""
        spacing = self.shown.spacing_mm if self.shown is not None else None
        dots = self.screen().physicalDotsPerInch()
        if spacing is None:
            self.refused.emit(tr("True size needs the spacing of the pixels, which this file does not tell."))
        elif not PLAUSIBLE_DPI[0] <= dots <= PLAUSIBLE_DPI[1]:
            self.refused.emit(tr("True size needs the size of the screen, which the screen does not tell."))
        else:
            zoom = spacing / MM_PER_INCH * dots * self.devicePixelRatioF()
            self.port.zoom_to(zoom, at=self.port.middle)
            self._was_moved()
            self.moved.emit()

    def toggle_one_to_one(self, at: Point) -> None:
        """From 1:1 to the whole image, from anything else to 1:1 at this place."""
        self.port.toggle_one_to_one(at=at)
        self._was_moved()
        self.moved.emit()

    def zoom_by(self, steps: float, *, at: Point | None = None) -> None:
        """Zoom by steps of the wheel around a place on the canvas (its middle by default)."""
        self.port.zoom_by(steps, at=at or self.port.middle)
        self._still.start()
        self._was_moved()
        self.moved.emit()

    def pan(self, dx: float, dy: float) -> None:
        """Move the image by logical pixels."""
        self.port.pan(dx, dy)
        self._still.start()
        self._was_moved()
        self.moved.emit()

    def hang(self, *, side: int, largest_fit: float) -> None:
        """How a fitted image lies among others, as ViewPort.hang."""
        self._side, self._largest_fit = side, largest_fit
        self._lie()

    def look_at(self, point: Point, *, scale: float) -> None:
        """Put a point of the image into the middle, without telling anyone."""
        self.port.look_at(point, scale=scale)
        self._still.start()
        self._was_moved()

    # The unfinished contour

    def draft_points(self) -> list[Point]:
        """Points of the unfinished contour of this image, in image pixels."""
        draft = self._drafts.get(self.shown.image_id) if self.shown is not None else None
        return draft.points if draft is not None else []

    def extend_draft(self, tool: Tool, point: Point) -> None:
        """Add one point to the unfinished contour, or begin one."""
        assert self.shown is not None
        self._drafts.begin(self.shown.image_id, tool).points.append(point)
        self._tell_unfinished()
        self.update()

    def set_draft(self, tool: Tool, points: Sequence[Point]) -> None:
        """Replace the points of the unfinished contour."""
        if self.shown is not None:
            self._drafts.discard(self.shown.image_id)
            if points:
                self._drafts.begin(self.shown.image_id, tool).points.extend(points)
            self._tell_unfinished()
            self.update()

    def draft_was_changed(self) -> None:
        """The unfinished contour is another one by now."""
        self._tool.interrupt()
        self._tell_unfinished()
        self.update()

    def discard_drawing(self) -> None:
        """Forget the unfinished contour of this image."""
        self._tool.interrupt()
        self.set_draft(self.tool, ())

    def finish_drawing(self) -> None:
        """Close the unfinished contour of this image, as Enter does."""
        if self.draft_points():
            self._tools[self.tool if self.tool.has_draft else Tool.CONTOUR].key(Qt.Key.Key_Return)

    def update_cursor(self) -> None:
        """The mouse cursor that fits what a press would do."""
        if self.picture is None:
            self.setCursor(Qt.CursorShape.ArrowCursor)
        else:
            tool = self._tool.cursor() if self.is_active else Qt.CursorShape.PointingHandCursor
            self.setCursor(self._navigation.cursor() or tool)

    # Findings

    def finding_at(self, point: Point) -> Finding | None:
        """The finding at a place in image pixels, if contours are shown."""
        near = NEAR / self.transform.scale
        return self.contours.at(point, near=near) if self.layers.contours else None

    def select(self, finding_id: FindingId | None) -> None:
        """The reader selected a contour, or none."""
        if finding_id != self.contours.selected_id:
            self.set_selected(finding_id)
            self.finding_selected.emit(finding_id)

    def set_selected(self, finding_id: FindingId | None) -> None:
        """Select without telling anyone."""
        if finding_id != self.contours.selected_id:
            self._tool.interrupt()
            self.contours.select(finding_id)
            self.update()

    def ask_to_delete(self) -> None:
        """The reader wants the selected finding deleted."""
        if self.selected is not None:
            self.delete_requested.emit(self.selected.id)

    def set_preview(self, contour: Contour | None) -> None:
        """What the selected contour looks like while it is being edited."""
        self.contours.preview = contour
        self.update()

    # Inside

    def _view(self, picture: Picture) -> View:
        return View(
            picture=picture,
            contours=self.contours,
            layers=self.layers,
            transform=self.transform,
            size=self.size(),
            device_ratio=self.devicePixelRatioF(),
            is_moving=self._still.isActive(),
            shows_dots=self.tool is not Tool.EDIT,
            draft=self.draft_points(),
            outer=(-1 if self._side >= 0 else 1) if self.is_one_of_several else None,
            is_active=self.is_active,
            is_flipped=self.is_flipped,
            live=self._live_line(),
            ruler=self.ruler,
            hovered=self._hovered,
            regions=self._regions(),
        )

    def _lie(self) -> None:
        self.port.hang(side=self._side * self.mirror, largest_fit=self._largest_fit)
        self._was_moved()

    def _regions(self) -> tuple[NDArray[np.float64], NDArray[np.int8]] | None:
        if not self.layers.regions or self.live is None:
            return None
        if self.preview is not None and self.selected is not None:
            points, changed = self.preview.polygons[0].exterior, self.selected
            return self.live.boxes, self.live.labels(points, changed=changed)
        return self.live.boxes, self.live.labels(self.draft_points())

    def _live_line(self) -> tuple[str, bool]:
        if self.live is None or not self.is_active:
            return "", False
        if self.preview is not None and self.selected is not None:
            return self.live.line(self.preview.polygons[0].exterior, changed=self.selected)
        return self.live.line(self.draft_points())

    def _size_was_changed(self) -> None:
        self.port.set_size(self.width(), self.height(), device_ratio=self.devicePixelRatioF())
        self._was_moved()

    def _was_moved(self) -> None:
        self.zoom_changed.emit(self.zoom)
        self.update()

    def _interrupt(self) -> None:
        """Whatever button is down, it is no longer ours."""
        self._navigation.interrupt()
        self._tool.interrupt()
        self.contours.preview = None

    def _tell_unfinished(self) -> None:
        is_unfinished = bool(self.draft_points())
        if is_unfinished != self._was_unfinished:
            self._was_unfinished = is_unfinished
            self.unfinished_drawing_changed.emit(is_unfinished)

    def _describe(self) -> None:
        if self.shown is None:
            self.setAccessibleDescription(" ".join(self._message).strip())
        else:
            place = self.shown.place or place_text(self.shown.mammogram.header)
            self.setAccessibleDescription(
                tr("{place}, {caption}. Tool: {tool}.").format(
                    place=place, caption=self.shown.caption, tool=self.tool
                )
            )
