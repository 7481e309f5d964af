"""What the canvas shows, without a widget: points, looks, selection and threshold, and which of them are drawn where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.plane.colouring import Colouring, by_label
from app.plane.geometry import Frame, PlaneView
from app.plane.points import SPLITS, PlanePoints, points_of
from app.plane.raster import Stamp
from app.plane.sprites import sprite

LOOKS = 4  # of each category: hollow or full, chosen or not
SIZES = ((12, 11), (60, 9), (400, 7))  # points on 100 x 100 pixels up to which a symbol has that many pixels
SMALLEST = 5
SMOOTH_UP_TO = 20_000  # points up to which symbols have soft edges
REACH = 9.0  # logical pixels from a point that still mean it
Mask = NDArray[np.bool_]


@dataclass(eq=False)
class Shown:
    """The points of shown categories and splits. index: (k,) which; x, y: (k,) float32; panel: (k,)."""

    index: NDArray[np.intp]
    x: NDArray[np.float32]
    y: NDArray[np.float32]
    panel: NDArray[np.int8]


@dataclass(eq=False)
class Projection:
    """Where the shown points are on the canvas. index: (k,) which; x, y: (k,) float32, logical pixels; panel: (k,)."""

    index: NDArray[np.intp]
    x: NDArray[np.float32]
    y: NDArray[np.float32]
    panel: NDArray[np.int8]


@dataclass(eq=False)
class Scene:
    """All that decides the picture besides its size.

    hidden: categories that the legend switched off. splits: shown ones, by place in SPLITS. is_apart: a panel for
    each split. threshold: images at p(y_M = 1) >= it are called; None: no call is shown.
    """

    points: PlanePoints = field(default_factory=lambda: points_of([]))
    colouring: Colouring = field(default_factory=lambda: by_label(points_of([])))
    hidden: frozenset[int] = frozenset()
    splits: frozenset[int] = frozenset(range(len(SPLITS)))
    is_apart: bool = True
    selected: Mask = field(default_factory=lambda: np.zeros(0, bool))
    threshold: float | None = None
    is_hollow_below: bool = True

    @property
    def panels(self) -> list[frozenset[int]]:
        """The splits in each panel; one that holds no point gets none."""
        there = np.unique(self.points.split).tolist()
        shown = [split for split in sorted(self.splits) if split in there]
        if not shown or not self.is_apart:
            return [frozenset(shown)]
        return [frozenset({split}) for split in shown]

    @property
    def shown(self) -> Mask:
        """(n,) points that are neither of a hidden category nor of a hidden split."""
        mask: Mask = np.isin(self.points.split, sorted(self.splits))
        if self.hidden:
            mask &= ~np.isin(self.colouring.codes, sorted(self.hidden))
        return mask

    def symbol_size(self, shown: int, frames: Sequence[Frame]) -> int:
        """Logical pixels, by how crowded the panels are."""
        crowd = 10_000 * shown / sum(frame.width * frame.height for frame in frames)
        return next((size for most, size in SIZES if crowd <= most), SMALLEST)

    def looks(self, index: NDArray[np.intp]) -> NDArray[np.int16]:
        """(k,) category * LOOKS + 2 * chosen + full."""
        full = np.ones(len(index), bool)
        if self.threshold is not None and self.is_hollow_below:
            full = self.points.x[index] >= self.threshold
        chosen = (
            self.selected[index] if len(self.selected) == len(self.points) else np.zeros(len(index), bool)
        )
        looks: NDArray[np.int16] = (
            self.colouring.codes[index] * np.int16(LOOKS) + chosen * np.int16(2) + full
        ).astype(np.int16)
        return looks


def shown_points(scene: Scene) -> Shown:
    """What a pan or a zoom need not find out again."""
    index = np.flatnonzero(scene.shown)
    panel_of = np.zeros(len(SPLITS), np.int8)
    for number, splits in enumerate(scene.panels):
        panel_of[sorted(splits)] = number
    points = scene.points
    return Shown(
        index,
        points.x[index].astype(np.float32),
        points.y[index].astype(np.float32),
        panel_of[points.split[index]],
    )


def project(shown: Shown, view: PlaneView, frames: Sequence[Frame]) -> Projection:
    """The shown points that lie in their panels."""
    scale = np.float32(view.scale)
    dx = (shown.x - np.float32(view.x)) * scale
    dy = (np.float32(view.y) - shown.y) * scale
    half_width, half_height = np.float32(frames[0].width / 2), np.float32(frames[0].height / 2)
    kept = (np.abs(dx) <= half_width) & (np.abs(dy) <= half_height)
    index, panel = shown.index, shown.panel
    if not kept.all():
        dx, dy, index, panel = dx[kept], dy[kept], index[kept], panel[kept]
    middles = np.array([frame.middle for frame in frames], np.float32)
    dx += middles[:, 0][panel]
    dy += middles[:, 1][panel]
    return Projection(index, dx, dy, panel)


def stamps(scene: Scene, where: Projection, *, size: int, ratio: float, is_smooth: bool) -> list[Stamp]:
    """Looks in the order in which they are painted: the rarest category last, what is chosen above all."""
    if not len(where.index):
        return []
    looks = scene.looks(where.index)
    pixels = round(size * ratio) | 1
    order = np.argsort(looks, kind="stable")
    x = (where.x[order] * ratio).astype(np.int32)
    y = (where.y[order] * ratio).astype(np.int32)
    counts = np.bincount(looks, minlength=len(scene.colouring.categories) * LOOKS)
    ends = np.cumsum(counts)
    made = []
    for look in _painted_order(counts):
        category = scene.colouring.categories[look // LOOKS]
        picture = sprite(
            category.symbol,
            category.colour,
            size=pixels + (2 if look % LOOKS >= 2 else 0),
            is_hollow=look % 2 == 0,
            is_chosen=look % LOOKS >= 2,
            is_smooth=is_smooth,
        )
        part = slice(ends[look] - counts[look], ends[look])
        made.append(Stamp(picture, x[part], y[part]))
    return made


def nearest(where: Projection, x: float, y: float, *, reach: float = REACH) -> int | None:
    """The shown point nearest to a pixel, None where none is within reach."""
    if not len(where.index):
        return None
    squared = (where.x - np.float32(x)) ** 2 + (where.y - np.float32(y)) ** 2
    best = int(np.argmin(squared))
    return int(where.index[best]) if squared[best] <= reach**2 else None


def next_towards(where: Projection, current: int | None, direction: tuple[int, int]) -> int | None:
    """The shown point to go to from the current one with an arrow key: near, and in that direction.

    direction: in pixels, y down. None where there is none; the one nearest to the middle when none is current.
    """
    if not len(where.index):
        return None
    at = np.flatnonzero(where.index == current) if current is not None else []
    if not len(at):
        best = np.argmin((where.x - where.x.mean()) ** 2 + (where.y - where.y.mean()) ** 2)
        return int(where.index[best])
    dx, dy = where.x - where.x[at[0]], where.y - where.y[at[0]]
    along = dx * direction[0] + dy * direction[1]
    across = np.abs(dx * direction[1]) + np.abs(dy * direction[0])
    there = np.flatnonzero((along > 0) & (across <= along * 2))
    if not len(there):
        return None
    return int(where.index[there[np.argmin(along[there] + 2 * across[there])]])


def _painted_order(counts: NDArray[np.intp]) -> list[int]:
    there = np.flatnonzero(counts)
    of_category = counts.reshape(-1, LOOKS).sum(axis=1)
    return sorted(there.tolist(), key=lambda look: (look % LOOKS >= 2, -of_category[look // LOOKS], look))
