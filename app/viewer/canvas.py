"""One image on the screen: painting, panning and zooming, and the tool under the left button.

A canvas knows one image and no store. It reports what the reader wants as signals; what it shows of
findings is what it was last told.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.viewer.contour_edit import contains, edge_near
from app.viewer.contour_overlay import COLOUR, ContourOverlay, paint_vertices
from app.viewer.corner_text import draw_corner_texts, layer_lines, place_text, zoom_text
from app.viewer.display import Display
from app.viewer.edit_tool import EditTool
from app.viewer.image_layer import ImageLayer
from app.viewer.model_overlay import ModelOverlay
from app.viewer.outlined_text import Line, draw_message
from app.viewer.pyramid import Pyramid
from app.viewer.shown import Drafts, Layers, ShownImage, Tool
from app.viewer.tools import BrowseTool, CanvasTool, FreehandTool, Pointer, PolygonTool, WindowTool
from app.viewer.transform import ViewTransform, stepped_zoom
from core.domain import Contour, Finding, FindingId, Point
from core.prediction import Prediction

ARROWS = {
    Qt.Key.Key_Left: (1, 0),
    Qt.Key.Key_Right: (-1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
NUDGE = 0.1  # of the canvas, for one press of an arrow key
NEAR = 6.0  # logical pixels from an outline that still mean it
EMPTY = ("No image is open", "")


class Canvas(QWidget):
    """One mammogram with its overlays and one tool.

    Signals, besides those that Viewer passes on:
        zoom_changed: device pixels per image pixel.
    """

    contour_drawn = Signal(object)
    contour_changed = Signal(object, object)
    finding_selected = Signal(object)
    delete_requested = Signal(object)
    window_changed = Signal(float, float)
    tool_changed = Signal(object)
    cursor_moved = Signal(float, float, float)
    zoom_changed = Signal(float)
    refused = Signal(str)
    noticed = Signal(str)
    unfinished_drawing_changed = Signal(bool)

    def __init__(self, drafts: Drafts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 120)
        self.setAccessibleName("Mammogram")
        self.transform = ViewTransform()
        self.layers = Layers()
        self.preview: Contour | None = None
        self._drafts = drafts
        self._shown: ShownImage | None = None
        self._message: tuple[str, str] = EMPTY
        self._display: Display | None = None
        self._image: ImageLayer | None = None
        self._model: ModelOverlay | None = None
        self._findings: tuple[Finding, ...] = ()
        self._contours = ContourOverlay()
        self._selected_id: FindingId | None = None
        self._is_fitted = True
        self._is_inverted = False
        self._was_unfinished = False
        self._space_held = False
        self._panning: tuple[Qt.MouseButton, Point] | None = None
        self._right = WindowTool(self)
        self._is_windowing = False
        self._tools: dict[Tool, CanvasTool] = {
            kind.tool: kind(self) for kind in (BrowseTool, WindowTool, FreehandTool, PolygonTool, EditTool)
        }
        self._tool = self._tools[Tool.BROWSE]
        self._base = QPixmap()
        self._base_key: tuple[object, ...] = ()
        self._describe()
        self.update_cursor()

    # What is shown

    @property
    def shown(self) -> ShownImage | None:
        """The image on the canvas."""
        return self._shown

    @property
    def display(self) -> Display | None:
        """The grey scale of the image on the canvas."""
        return self._display

    @property
    def tool(self) -> Tool:
        """What the left button does."""
        return self._tool.tool

    @property
    def zoom(self) -> float:
        """Device pixels per image pixel."""
        return self.transform.scale * self.devicePixelRatioF()

    @property
    def selected(self) -> Finding | None:
        """The selected finding, if its contour is shown."""
        if not self.layers.contours:
            return None
        return next((f for f in self._contours.findings if f.id == self._selected_id), None)

    def image_size(self) -> tuple[int, int]:
        """(rows, columns) of the image on the canvas."""
        assert self._image is not None
        return self._image.pyramid.shape

    def show_image(self, shown: ShownImage) -> None:
        """Show an image; its unfinished contour, if there is one, comes back with it.

        The same image again keeps its zoom, window and prediction; another one starts whole.
        """
        self._interrupt()
        is_new = self._shown is None or self._shown.image_id != shown.image_id
        if is_new:
            self._model = None
            self._is_fitted = True
        if is_new or self._shown is None or self._shown.mammogram is not shown.mammogram:
            self._display = Display(shown.mammogram)
            self._display.is_inverted = self._is_inverted
            self._image = ImageLayer(shown.pyramid or Pyramid(shown.mammogram.stored))
            self._refresh_table()
        self._shown = shown
        self._place_findings()
        if self._is_fitted:
            self.fit()
        self._resume_draft()
        self._describe()
        self.window_changed.emit(*self.window_numbers())
        self.update()

    def show_message(self, title: str, text: str) -> None:
        """Show words in place of an image. An unfinished contour waits for its image to come back."""
        self._interrupt()
        self._shown = self._display = self._image = self._model = None
        self._message = (title, text)
        self._base_key = ()
        self._base = QPixmap()
        self._place_findings()
        self._tell_unfinished()
        self._describe()
        self.update()

    def set_findings(self, findings: Sequence[Finding]) -> None:
        """The findings to draw; those of other images are not drawn."""
        self._findings = tuple(findings)
        self.preview = None
        self._place_findings()
        self.update()

    def set_prediction(self, prediction: Prediction | None, boxes: NDArray[np.float64] | None) -> None:
        """The model's view of the image on the canvas. boxes: (m, 4), image pixels."""
        self._model = None
        if prediction is not None and boxes is not None and self._image is not None:
            rows, columns = self._image.pyramid.shape
            self._model = ModelOverlay(prediction, boxes, rows=rows, columns=columns)
        self._base_key = ()
        self.update()

    def set_layers(self, layers: Layers) -> None:
        """Switch overlays."""
        self.layers = layers
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

    def select(self, finding_id: FindingId | None) -> None:
        """The reader selected a contour, or none."""
        if finding_id != self._selected_id:
            self.set_selected(finding_id)
            self.finding_selected.emit(finding_id)

    def set_selected(self, finding_id: FindingId | None) -> None:
        """Select without telling anyone."""
        if finding_id != self._selected_id:
            self._tools[Tool.EDIT].interrupt()
            self._selected_id = finding_id
            self.update()

    # Window and level

    def window_numbers(self) -> tuple[float, float]:
        """Centre and width in force."""
        return self._display.center_and_width if self._display is not None else (0.0, 0.0)

    def drag_window(self, dx: float, dy: float, *, start: tuple[float, float]) -> None:
        """Window and level by a drag of so many logical pixels since `start` was in force."""
        if self._display is not None:
            self._display.set_window(*self._display.dragged(dx, dy, start=start))
            self.window_was_changed()

    def window_was_changed(self) -> None:
        """Show and report what is now in force."""
        self._refresh_table()
        self.update()
        self.window_changed.emit(*self.window_numbers())

    def set_inverted(self, is_inverted: bool) -> None:
        """Turn black and white round; air outside the breast stays black."""
        self._is_inverted = is_inverted
        if self._display is not None:
            self._display.is_inverted = is_inverted
            self._refresh_table()
            self.update()

    # Pan and zoom

    def fit(self) -> None:
        """Show the whole image."""
        self._is_fitted = True
        if self._image is not None:
            rows, columns = self._image.pyramid.shape
            self._place(
                ViewTransform.fitting(rows=rows, columns=columns, width=self.width(), height=self.height())
            )

    def one_to_one(self, at: Point | None = None) -> None:
        """One device pixel for each image pixel, around a place on the canvas (its middle by default)."""
        self._zoom_to(1.0, at=at or self._middle())

    def toggle_one_to_one(self, at: Point) -> None:
        """From 1:1 to the whole image, from anything else to 1:1 at this place."""
        if abs(self.zoom - 1) < 1e-6:
            self.fit()
        else:
            self.one_to_one(at)

    def zoom_by(self, steps: float, *, at: Point | None = None) -> None:
        """Zoom by steps of the wheel around a place on the canvas (its middle by default)."""
        if self._image is not None:
            rows, columns = self._image.pyramid.shape
            smallest = ViewTransform.fitting(
                rows=rows, columns=columns, width=self.width(), height=self.height()
            ).scale
            smallest *= 0.5 * self.devicePixelRatioF()
            self._zoom_to(stepped_zoom(self.zoom, steps, smallest=smallest), at=at or self._middle())

    def pan(self, dx: float, dy: float) -> None:
        """Move the image by logical pixels."""
        if self._image is not None:
            self._is_fitted = False
            self._place(self.transform.moved(dx, dy))

    # The unfinished contour

    def draft_points(self) -> list[Point]:
        """Points of the unfinished contour of this image, in image pixels."""
        draft = self._drafts.get(self._shown.image_id) if self._shown is not None else None
        return draft.points if draft is not None else []

    def extend_draft(self, tool: Tool, point: Point) -> None:
        """Add one point to the unfinished contour, or begin one."""
        assert self._shown is not None
        self._drafts.begin(self._shown.image_id, tool).points.append(point)
        self._tell_unfinished()
        self.update()

    def set_draft(self, tool: Tool, points: Sequence[Point]) -> None:
        """Replace the points of the unfinished contour."""
        assert self._shown is not None
        self._drafts.discard(self._shown.image_id)
        if points:
            self._drafts.begin(self._shown.image_id, tool).points.extend(points)
        self._tell_unfinished()
        self.update()

    def discard_drawing(self) -> None:
        """Forget the unfinished contour of this image."""
        if self._shown is not None:
            self._tool.interrupt()
            self.set_draft(self.tool, ())

    def finish_drawing(self) -> None:
        """Close the unfinished contour of this image, as Enter does."""
        tool = self._tools[self.tool if self.tool.draws else Tool.POLYGON]
        if self.draft_points():
            tool.key(Qt.Key.Key_Return)

    # Findings

    def finding_at(self, point: Point) -> Finding | None:
        """The finding at a place in image pixels: the smallest that holds it or runs close by."""
        if not self.layers.contours:
            return None
        near = NEAR / self.transform.scale
        hits = [
            finding
            for finding in self._contours.findings
            if contains(finding.contour, point) or edge_near(finding.contour, point, within=near) is not None
        ]
        return min(hits, key=lambda finding: _extent(finding.contour), default=None)

    def select_at(self, point: Point) -> None:
        """Select what lies at a place in image pixels; nothing there, nothing selected."""
        hit = self.finding_at(point)
        self.select(hit.id if hit is not None else None)

    def ask_to_delete(self) -> None:
        """The reader wants the selected finding deleted."""
        if self.selected is not None:
            self.delete_requested.emit(self.selected.id)

    def set_preview(self, contour: Contour | None) -> None:
        """What the selected contour looks like while it is being edited."""
        self.preview = contour
        self.update()

    # Qt's events

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the image and the heatmap from a copy kept of them, and everything thin anew."""
        painter = QPainter(self)
        if self._image is None or self._shown is None:
            painter.fillRect(self.rect(), QColor(0, 0, 0))
            draw_message(painter, QRectF(self.rect()), title=self._message[0], text=self._message[1])
        else:
            painter.drawPixmap(0, 0, self._current_base())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_overlays(painter)
            self._tool.paint(painter)
            self._paint_texts(painter)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
            painter.setPen(QPen(QColor(110, 160, 220), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A fitted image stays fitted; otherwise the middle stays in the middle."""
        if self._is_fitted:
            self.fit()
        elif event.oldSize().isValid():
            grown = event.size() - event.oldSize()
            self._place(self.transform.moved(grown.width() / 2, grown.height() / 2))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Middle button and space pan, the right button windows, the left one belongs to the tool."""
        if self._image is None:
            return
        at, button = self._pointer(event), event.button()
        if button is Qt.MouseButton.MiddleButton or (
            button is Qt.MouseButton.LeftButton and self._space_held
        ):
            self._panning = (button, at.view)
            self.update_cursor()
        elif button is Qt.MouseButton.RightButton:
            self._is_windowing = True
            self._right.press(at)
            self.update_cursor()
        elif button is Qt.MouseButton.LeftButton:
            self._tool.press(at)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Comes in place of the second press."""
        if self._image is None:
            return
        if event.button() is Qt.MouseButton.LeftButton and not self._space_held:
            self._tool.double_click(self._pointer(event))
        else:
            self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """One of: pan, window and level, the tool."""
        if self._image is None:
            return
        at = self._pointer(event)
        if self._panning is not None:
            button, (x, y) = self._panning
            self._panning = (button, at.view)
            self.pan(at.view[0] - x, at.view[1] - y)
        elif self._is_windowing:
            self._right.move(at)
        else:
            self._tool.move(at)
        self.cursor_moved.emit(*at.image, self._value_at(at.image))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End what this button began."""
        if self._image is None:
            return
        at, button = self._pointer(event), event.button()
        if self._panning is not None and self._panning[0] is button:
            self._panning = None
        elif button is Qt.MouseButton.RightButton and self._is_windowing:
            self._is_windowing = False
            self._right.release(at)
        elif button is Qt.MouseButton.LeftButton:
            self._tool.release(at)
        self.update_cursor()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the cursor."""
        steps = event.angleDelta().y() / 120
        if self._image is not None and steps:
            self.zoom_by(steps, at=(event.position().x(), event.position().y()))
        event.accept()

    def leaveEvent(self, _event: QEvent) -> None:
        """No place, no value."""
        self.cursor_moved.emit(math.nan, math.nan, math.nan)

    def event(self, event: QEvent) -> bool:
        """Keys that mean something here right now go here before any shortcut of the window."""
        if event.type() == QEvent.Type.ShortcutOverride and self._wants(cast(QKeyEvent, event).key()):
            event.accept()
            return True
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._base_key = ()
            if self._is_fitted:
                self.fit()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """First the tool, then panning and zooming by keys."""
        key = event.key()
        if self._image is None:
            super().keyPressEvent(event)
        elif self._tool.handles(key):
            self._tool.key(key)
        elif key == Qt.Key.Key_Space:
            self._space_held = True
            self.update_cursor()
        elif key in ARROWS:
            dx, dy = ARROWS[Qt.Key(key)]
            self.pan(dx * NUDGE * self.width(), dy * NUDGE * self.height())
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.zoom_by(-1 if key == Qt.Key.Key_Minus else 1)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space let go."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_held = False
            self.update_cursor()
        else:
            super().keyReleaseEvent(event)

    def focusInEvent(self, _event: QFocusEvent) -> None:
        """Show the frame."""
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:
        """A key that is let go elsewhere is never heard of here."""
        self._space_held = False
        self.update_cursor()
        self.update()

    def update_cursor(self) -> None:
        """The mouse cursor that fits what a press would do."""
        if self._panning is not None:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._space_held:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self._is_windowing:
            self.setCursor(self._right.cursor())
        elif self._image is None:
            self.setCursor(Qt.CursorShape.ArrowCursor)
        else:
            self.setCursor(self._tool.cursor())

    # Inside

    def _wants(self, key: int) -> bool:
        return self._image is not None and (
            self._tool.handles(key) or key in ARROWS or key == Qt.Key.Key_Space
        )

    def _pointer(self, event: QMouseEvent) -> Pointer:
        view = (event.position().x(), event.position().y())
        return Pointer(view, self.transform.to_image(view), event.modifiers())

    def _middle(self) -> Point:
        return self.width() / 2, self.height() / 2

    def _zoom_to(self, zoom: float, *, at: Point) -> None:
        if self._image is not None:
            self._is_fitted = False
            self._place(self.transform.zoomed(zoom / self.devicePixelRatioF(), at=at))

    def _place(self, transform: ViewTransform) -> None:
        if self._image is None:
            return
        before = self.zoom
        rows, columns = self._image.pyramid.shape
        kept = transform.kept_in_sight(rows=rows, columns=columns, width=self.width(), height=self.height())
        self.transform = kept.snapped(self.devicePixelRatioF())
        if self.zoom != before:
            self.zoom_changed.emit(self.zoom)
        self.update()

    def _interrupt(self) -> None:
        """Whatever button is down, it is no longer ours."""
        self._panning = None
        self._is_windowing = False
        self._right.interrupt()
        self._tool.interrupt()
        self.preview = None
        self.update_cursor()

    def _place_findings(self) -> None:
        image_id = self._shown.image_id if self._shown is not None else None
        self._contours.set_findings([f for f in self._findings if f.image_id == image_id])

    def _resume_draft(self) -> None:
        assert self._shown is not None
        draft = self._drafts.get(self._shown.image_id)
        if draft is not None:
            self.set_tool(draft.tool)
        self._tell_unfinished()

    def _tell_unfinished(self) -> None:
        is_unfinished = bool(self.draft_points())
        if is_unfinished != self._was_unfinished:
            self._was_unfinished = is_unfinished
            self.unfinished_drawing_changed.emit(is_unfinished)

    def _refresh_table(self) -> None:
        assert self._display is not None
        assert self._image is not None
        self._image.set_table(self._display.table())

    def _value_at(self, point: Point) -> float:
        """The value in the file's units of the pixel under a point; not a number outside the image."""
        assert self._shown is not None
        rows, columns = self.image_size()
        column, row = math.floor(point[0]), math.floor(point[1])
        if not (0 <= row < rows and 0 <= column < columns):
            return math.nan
        mammogram = self._shown.mammogram
        return float(mammogram.stored[row, column]) + mammogram.offset

    def _describe(self) -> None:
        if self._shown is None:
            self.setAccessibleDescription(" ".join(self._message).strip())
        else:
            place = place_text(self._shown.mammogram.header)
            self.setAccessibleDescription(f"{place}, {self._shown.caption}. Tool: {self.tool}.")

    def _current_base(self) -> QPixmap:
        """The image and the heatmap at device resolution, painted anew only when one of them changed."""
        assert self._image is not None
        ratio = self.devicePixelRatioF()
        has_heatmap = self.layers.heatmap and self._model is not None
        key = (
            self.size().toTuple(),
            ratio,
            self.transform,
            id(self._image),
            self._image.version,
            (self.layers.opacity, self.layers.heatmap_class, id(self._model)) if has_heatmap else None,
        )
        if key != self._base_key:
            self._paint_base(ratio)
            self._base_key = key
        return self._base

    def _paint_base(self, ratio: float) -> None:
        size = self.size() * ratio
        if self._base.size() != size:
            self._base = QPixmap(size)
        self._base.setDevicePixelRatio(ratio)
        self._base.fill(QColor(0, 0, 0))
        assert self._image is not None
        painter = QPainter(self._base)
        self._image.paint(
            painter, self.transform, width=self.width(), height=self.height(), device_ratio=ratio
        )
        if self.layers.heatmap and self._model is not None:
            self._model.paint_heatmap(painter, self.transform, self.layers)
        painter.end()

    def _paint_overlays(self, painter: QPainter) -> None:
        rows, columns = self.image_size()
        corner = QPointF(*self.transform.to_view((columns, rows)))
        painter.save()
        painter.setClipRect(QRectF(QPointF(self.transform.x, self.transform.y), corner))
        if self.layers.boxes and self._model is not None:
            self._model.paint_boxes(painter, self.transform, self.layers)
        selected = self.selected
        if self.layers.contours:
            self._contours.paint(painter, self.transform, selected=selected, preview=self.preview)
        if selected is not None and self.tool is not Tool.EDIT:
            paint_vertices(
                painter,
                self.transform,
                selected.contour,
                colour=COLOUR[selected.finding_class],
                active=None,
                handles=False,
            )
        if self.draft_points() and not self.tool.draws:
            self._tools[Tool.FREEHAND].paint(painter)
        painter.restore()

    def _paint_texts(self, painter: QPainter) -> None:
        assert self._shown is not None
        assert self._display is not None
        lines = layer_lines(
            self.layers, has_model=self._model is not None, contours=len(self._contours.findings)
        )
        lines += [Line(self._display.text), Line(zoom_text(self.zoom))]
        draw_corner_texts(
            painter,
            QRectF(self.rect()),
            header=self._shown.mammogram.header,
            caption=self._shown.caption,
            lower_left=lines,
            is_unfinished=bool(self.draft_points()),
        )


def _extent(contour: Contour) -> float:
    x0, y0, x1, y1 = contour.bounds
    return (x1 - x0) * (y1 - y0)
