"""Panning and zooming of one canvas: keeps the transform, and whether the whole image is to stay fitted."""

from __future__ import annotations

import math

from app.viewer.transform import ViewTransform, stepped_zoom
from core.domain import Point

SMALLEST_OF_FIT = 0.5  # one can zoom out to half the size of the whole image


class ViewPort:
    """A window of (width, height) logical pixels onto an image of (rows, columns).

    side: the edge at which a fitted image lies, as `hang` says.
    """

    def __init__(self) -> None:
        self.transform = ViewTransform()
        self.is_fitted = True
        self._rows, self._columns = 1, 1
        self._width, self._height = 1.0, 1.0
        self._ratio = 1.0
        self.side = 0
        self._largest_fit = math.inf

    @property
    def image_size(self) -> tuple[int, int]:
        """(rows, columns) of the image."""
        return self._rows, self._columns

    @property
    def size(self) -> tuple[float, float]:
        """(width, height) of the canvas, logical pixels."""
        return self._width, self._height

    @property
    def own_fit(self) -> float:
        """Logical pixels per image pixel at which the whole image just fits, were it alone."""
        return ViewTransform.fitting(
            rows=self._rows, columns=self._columns, width=self._width, height=self._height
        ).scale

    def hang(self, *, side: int, largest_fit: float = math.inf) -> None:
        """How a fitted image lies: at an edge, and no larger than the images beside it.

        side: -1 at the left edge of the canvas, 1 at the right, 0 in the middle. largest_fit: logical pixels per
        image pixel.
        """
        self.side, self._largest_fit = side, largest_fit
        if self.is_fitted:
            self.fit()

    @property
    def zoom(self) -> float:
        """Device pixels per image pixel."""
        return self.transform.scale * self._ratio

    @property
    def middle(self) -> Point:
        """The middle of the canvas, logical pixels."""
        return self._width / 2, self._height / 2

    def set_image_size(self, rows: int, columns: int) -> None:
        """Another image."""
        self._rows, self._columns = rows, columns
        self.pan(0, 0) if not self.is_fitted else self.fit()

    def set_size(self, width: float, height: float, *, device_ratio: float) -> None:
        """Another canvas size: a fitted image stays fitted, otherwise the middle stays in the middle."""
        dx, dy = (width - self._width) / 2, (height - self._height) / 2
        self._width, self._height, self._ratio = width, height, device_ratio
        if self.is_fitted:
            self.fit()
        else:
            self._place(self.transform.moved(dx, dy))

    def fit(self) -> None:
        """The whole image."""
        self.is_fitted = True
        self._place(self._fitting())

    def zoom_to(self, zoom: float, *, at: Point) -> None:
        """A zoom in device pixels per image pixel, around a place in logical pixels."""
        self.is_fitted = False
        self._place(self.transform.zoomed(zoom / self._ratio, at=at))

    def zoom_by(self, steps: float, *, at: Point) -> None:
        """Steps of the wheel around a place in logical pixels."""
        smallest = SMALLEST_OF_FIT * self._fitting().scale * self._ratio
        self.zoom_to(stepped_zoom(self.zoom, steps, smallest=smallest), at=at)

    def toggle_one_to_one(self, *, at: Point) -> None:
        """From 1:1 to the whole image, from anything else to 1:1 around a place in logical pixels."""
        if abs(self.zoom - 1) < 1e-6:
            self.fit()
        else:
            self.zoom_to(1.0, at=at)

    def look_at(self, point: Point, *, scale: float) -> None:
        """Put a point, in image pixels, into the middle. scale: logical pixels per image pixel."""
        self.is_fitted = False
        x, y = self.middle
        self._place(ViewTransform(scale, x - scale * point[0], y - scale * point[1]))

    def pan(self, dx: float, dy: float) -> None:
        """Move the image by logical pixels."""
        self.is_fitted = False
        self._place(self.transform.moved(dx, dy))

    def _fitting(self) -> ViewTransform:
        scale = min(self.own_fit, self._largest_fit)
        room = self._width - self._columns * scale
        x = {-1: 0.0, 0: room / 2, 1: room}[self.side]
        return ViewTransform(scale, x, (self._height - self._rows * scale) / 2)

    def _place(self, transform: ViewTransform) -> None:
        kept = transform.kept_in_sight(
            rows=self._rows, columns=self._columns, width=self._width, height=self._height
        )
        self.transform = kept.snapped(self._ratio)
