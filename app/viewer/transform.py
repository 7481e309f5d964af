"""Where an image lies on a canvas: scale and position, as plain numbers that know nothing of Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from core.domain import Point

MAX_ZOOM = 40.0


@dataclass(frozen=True, slots=True)
class ViewTransform:
    """Image pixels to logical pixels of a canvas: view = scale * image + (x, y).

    scale: logical pixels per image pixel. (x, y): where the outer corner of the first pixel lies.
    """

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def __post_init__(self) -> None:
        if not self.scale > 0:
            raise ValueError(f"scale must be positive: {self.scale}")

    @classmethod
    def fitting(cls, *, rows: int, columns: int, width: float, height: float) -> Self:
        """The whole image, as large as a canvas of this size (logical pixels) allows, in its middle."""
        scale = max(min(width / columns, height / rows), 1e-3)
        return cls(scale, (width - columns * scale) / 2, (height - rows * scale) / 2)

    def to_view(self, point: Point) -> Point:
        """Logical pixels of a point in image pixels."""
        return self.scale * point[0] + self.x, self.scale * point[1] + self.y

    def to_image(self, point: Point) -> Point:
        """Image pixels of a point in logical pixels."""
        return (point[0] - self.x) / self.scale, (point[1] - self.y) / self.scale

    def zoomed(self, scale: float, *, at: Point) -> ViewTransform:
        """Another scale, with the image point under `at` (logical pixels) kept where it is."""
        ratio = scale / self.scale
        return ViewTransform(scale, at[0] - ratio * (at[0] - self.x), at[1] - ratio * (at[1] - self.y))

    def moved(self, dx: float, dy: float) -> ViewTransform:
        """Shifted by logical pixels."""
        return ViewTransform(self.scale, self.x + dx, self.y + dy)

    def snapped(self, device_ratio: float) -> ViewTransform:
        """With the corner on a whole device pixel, so that at 1:1 each image pixel is one device pixel."""
        x, y = (round(value * device_ratio) / device_ratio for value in (self.x, self.y))
        return ViewTransform(self.scale, x, y)

    def kept_in_sight(
        self, *, rows: int, columns: int, width: float, height: float, margin: float = 48
    ) -> ViewTransform:
        """Moved, if needed, so that at least `margin` logical pixels of the image stay on the canvas."""
        x = min(max(self.x, margin - columns * self.scale), width - margin)
        y = min(max(self.y, margin - rows * self.scale), height - margin)
        return ViewTransform(self.scale, x, y)


def stepped_zoom(zoom: float, steps: float, *, smallest: float) -> float:
    """The zoom (device pixels per image pixel) after `steps` of the wheel; a step over 1:1 stops at 1:1."""
    target = zoom * 1.2**steps
    if min(zoom, target) < 1.0 < max(zoom, target):
        target = 1.0
    return min(max(target, smallest), MAX_ZOOM)
