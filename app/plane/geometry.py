"""Where the panels lie and where a place of the plane is in them: one pan and one zoom for all panels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

MOST_ZOOM = 400.0  # times the whole plane
AROUND = 1.06  # the whole plane with a little around it


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle in logical pixels."""

    left: float
    top: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """(x, y)."""
        return self.left + self.width / 2, self.top + self.height / 2

    def holds(self, x: float, y: float) -> bool:
        """Whether a pixel lies inside."""
        return self.left <= x <= self.left + self.width and self.top <= y <= self.top + self.height


@dataclass(frozen=True, slots=True)
class PlaneView:
    """What part of the plane is seen: its middle, and pixels for one unit of probability in both directions."""

    x: float = 0.5
    y: float = 0.5
    scale: float = 100.0

    def to_pixel(self, x: float, y: float, frame: Frame) -> tuple[float, float]:
        """Pixel of a place."""
        cx, cy = frame.middle
        return cx + (x - self.x) * self.scale, cy - (y - self.y) * self.scale

    def to_place(self, px: float, py: float, frame: Frame) -> tuple[float, float]:
        """Place under a pixel."""
        cx, cy = frame.middle
        return self.x + (px - cx) / self.scale, self.y - (py - cy) / self.scale

    def panned(self, dx: float, dy: float) -> PlaneView:
        """Moved with the hand by pixels; the plane stays in sight."""
        x, y = self.x - dx / self.scale, self.y + dy / self.scale
        return replace(self, x=min(max(x, 0.0), 1.0), y=min(max(y, 0.0), 1.0))

    def zoomed(self, factor: float, *, at: tuple[float, float], frame: Frame) -> PlaneView:
        """Zoomed so that the place under the pixel `at` stays there."""
        x, y = self.to_place(*at, frame)
        smallest = fitted(frame).scale
        scale = min(max(self.scale * factor, smallest), smallest * MOST_ZOOM)
        cx, cy = frame.middle
        moved = PlaneView(x - (at[0] - cx) / scale, y + (at[1] - cy) / scale, scale)
        return moved.panned(0, 0)


def fitted(frame: Frame) -> PlaneView:
    """The whole plane in a panel."""
    return PlaneView(scale=max(min(frame.width, frame.height) / AROUND, 1.0))


def panel_frames(count: int, *, width: float, height: float, margins: Sequence[float]) -> list[Frame]:
    """Equal square panels in the arrangement in which they are largest. margins: left, top, right, bottom of each."""
    left, top, right, bottom = margins

    def side(columns: int) -> float:
        rows = math.ceil(count / columns)
        return min(width / columns - left - right, height / rows - top - bottom)

    columns = max(range(1, count + 1), key=lambda each: (side(each), each))
    rows = math.ceil(count / columns)
    length = max(side(columns), 1.0)
    across, down = length + left + right, length + top + bottom
    x0, y0 = (width - columns * across) / 2, (height - rows * down) / 2
    return [
        Frame(x0 + (i % columns) * across + left, y0 + (i // columns) * down + top, length, length)
        for i in range(count)
    ]


def inside(outline: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n,) whether points lie in an outline drawn by hand, (k, 2), closed by itself.

    What it runs around counts as inside, also where it crosses itself.
    """
    found = np.zeros(len(x), bool)
    if len(outline) < 3:
        return found
    (x0, y0), (x1, y1) = outline.min(axis=0), outline.max(axis=0)
    near = np.flatnonzero((x >= x0) & (x <= x1) & (y >= y0) & (y <= y1))
    area = shapely.make_valid(shapely.polygons(outline), method="structure", keep_collapsed=False)
    shapely.prepare(area)
    found[near] = shapely.contains_xy(area, x[near], y[near])
    return found


def ticks(low: float, high: float, *, about: int) -> list[float]:
    """Round numbers within [low, high], about so many."""
    raw = (high - low) / max(about, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next((s * power for s in (1, 2, 5) if s * power >= raw - 1e-12), 10 * power)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def tick_text(value: float, step: float) -> str:
    """A tick's number with as many decimals as its step needs."""
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:.{decimals}f}"
