"""Canvases side by side: which image hangs on which, which of them is active, at one scale, and moving together."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from app.translation import tr
from app.viewer.canvas import Canvas
from app.viewer.shown import Drafts, Layers, Tile, Tool
from core.domain import ImageId

SPACING = 2


class Wall(QWidget):
    """One canvas or several; tools and keys work on the active one, zoom, pan and window on each.

    Signals:
        made: a new Canvas, to be connected.
        tile_chosen: the ImageId of a canvas that the reader pressed on and that is not the active one.
    """

    made = Signal(object)
    tile_chosen = Signal(object)

    def __init__(self, drafts: Drafts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drafts = drafts
        self._flips: dict[ImageId, bool] = {}
        self._canvases: list[Canvas] = []
        self._tiles: tuple[Tile, ...] = (Tile(),)
        self._columns = 1
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(SPACING)
        self.layers = Layers()
        self.is_linked = False
        self._is_following = False
        self.active = self._canvas(0)
        self._grid.addWidget(self.active, 0, 0)

    @property
    def canvases(self) -> list[Canvas]:
        """Those that are in use, in the order of the tiles."""
        return self._canvases[: len(self._tiles)]

    @property
    def all_canvases(self) -> list[Canvas]:
        """Those that are not in use too."""
        return list(self._canvases)

    def canvas_of(self, image_id: ImageId) -> Canvas | None:
        """The canvas on which an image hangs."""
        for canvas, tile in zip(self._canvases, self._tiles, strict=False):
            if tile.image_id == image_id:
                return canvas
        return None

    def hang(self, tiles: Sequence[Tile], *, columns: int, active: ImageId) -> None:
        """Hang images, one of them active. A canvas that already shows its image goes on as it is."""
        before = {tile.image_id: canvas for tile, canvas in zip(self._tiles, self._canvases, strict=False)}
        tool = self.active.tool
        chosen = [before.pop(tile.image_id, None) if tile.image_id is not None else None for tile in tiles]
        kept = [canvas for canvas in chosen if canvas is not None]
        spare = [canvas for canvas in self._canvases if canvas not in kept]
        canvases = [
            canvas or (spare.pop(0) if spare else self._canvas(len(self._canvases))) for canvas in chosen
        ]
        self._canvases = [*canvases, *(c for c in self._canvases if c not in canvases)]
        is_other_layout = (len(tiles), columns) != (len(self._tiles), self._columns)
        self._tiles, self._columns = tuple(tiles), columns
        self._arrange(columns)
        for canvas, tile in zip(canvases, tiles, strict=True):
            is_new = canvas.shown is None or canvas.shown.image_id != tile.image_id
            if is_new and tile.image_id is None:
                canvas.show_message(tile.name, tr("The study has no such image."))
            elif is_new:
                canvas.show_message(tile.name, tr("Loading ..."))
        self._activate(active, tool=tool)
        self.level()
        if is_other_layout:
            for canvas in self.canvases:
                canvas.fit()

    def level(self) -> None:
        """Let all fitted images have the same scale: in mm where all spacings are known, else in pixels."""
        shown = [(c, t) for c, t in zip(self._canvases, self._tiles, strict=False) if c.picture is not None]
        units = self._units([canvas for canvas, _ in shown])
        finest = min((c.port.own_fit / u for (c, _), u in zip(shown, units, strict=True)), default=math.inf)
        for (canvas, tile), unit in zip(shown, units, strict=True):
            limit = finest * unit if len(shown) > 1 else math.inf
            canvas.hang(side=tile.side if len(self._tiles) > 1 else 0, largest_fit=limit)

    def _canvas(self, number: int) -> Canvas:
        """One more canvas."""
        canvas = Canvas(self._drafts, self)
        canvas.flips = self._flips
        canvas.set_layers(self.layers)
        canvas.chosen.connect(lambda: self._choose(canvas))
        canvas.moved.connect(lambda: self._lead(canvas))
        canvas.resized.connect(self.level)
        self._canvases.append(canvas)
        canvas.setObjectName(f"canvas {number + 1}")
        self.made.emit(canvas)
        return canvas

    def _arrange(self, columns: int) -> None:
        for canvas in self._canvases:
            self._grid.removeWidget(canvas)
        for i, canvas in enumerate(self.canvases):
            self._grid.addWidget(canvas, i // columns, i % columns)
            canvas.show()
        for canvas in self._canvases[len(self._tiles) :]:
            canvas.hide()
        rows = -(-len(self._tiles) // columns)
        for i in range(max(self._grid.rowCount(), self._grid.columnCount())):
            self._grid.setRowStretch(i, int(i < rows))
            self._grid.setColumnStretch(i, int(i < columns))

    def _activate(self, image_id: ImageId, *, tool: Tool) -> None:
        had_focus = any(canvas.hasFocus() for canvas in self._canvases)
        self.active = self.canvas_of(image_id) or self._canvases[0]
        for canvas in self._canvases:
            is_active = canvas is self.active
            canvas.set_active(is_active, is_one_of_several=len(self._tiles) > 1)
            if is_active and not canvas.draft_points():
                canvas.set_tool(tool)
        if had_focus:
            self.active.setFocus()
        self.setFocusProxy(self.active)

    def _choose(self, canvas: Canvas) -> None:
        for each, tile in zip(self._canvases, self._tiles, strict=False):
            if each is canvas and tile.image_id is not None:
                self.tile_chosen.emit(tile.image_id)
                return

    def _lead(self, leader: Canvas) -> None:
        """The others go where one went, mirrored where they hang at the other edge."""
        if not self.is_linked or self._is_following or leader.picture is None:
            return
        self._is_following = True
        try:
            for follower, tile in zip(self._canvases, self._tiles, strict=False):
                if follower is not leader and follower.picture is not None:
                    self._follow(leader, follower, side=tile.side)
        finally:
            self._is_following = False

    def _follow(self, leader: Canvas, follower: Canvas, *, side: int) -> None:
        if leader.port.is_fitted:
            follower.fit()
            return
        unit, other = self._units([leader, follower])
        x, y = leader.transform.to_image(leader.port.middle)
        (_, columns), (_, other_columns) = leader.port.image_size, follower.port.image_size
        its_side = self._tiles[self._canvases.index(leader)].side * leader.mirror
        side *= follower.mirror
        depth = (columns - x if its_side > 0 else x) * unit / other  # from the chest wall
        place = (other_columns - depth if side > 0 else depth, y * unit / other)
        follower.look_at(place, scale=leader.transform.scale / unit * other)

    @staticmethod
    def _units(canvases: Sequence[Canvas]) -> list[float]:
        """Millimetres of a pixel of each image, or 1 for all where one of them is unknown."""
        spacings = [None if canvas.shown is None else canvas.shown.spacing_mm for canvas in canvases]
        known = [spacing for spacing in spacings if spacing is not None]
        return known if len(known) == len(spacings) else [1.0] * len(canvases)
