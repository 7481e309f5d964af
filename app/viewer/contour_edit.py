"""What the drawing tools do to contours, as plain functions: close, simplify, repair, move, insert, remove."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from core.domain import Contour, Point, Polygon, Ring
from core.errors import UserError

MIN_AREA_PX = 4.0  # image pixels
MIN_AREA_SCREEN = 16.0  # device pixels
MAX_AREA_CHANGE = 0.01
UNSPOKEN_LOSS = 0.02  # a crossing that cuts off less than this share of the area goes without a word

TOO_SMALL = (
    "The outline encloses almost nothing, so no contour was made: "
    "draw around the whole finding, or zoom in on it first."
)
TOO_FEW = "A contour needs at least three corners: click around the finding, then close it with Enter."
OUTSIDE = "The contour lies outside the image, so it was not kept: draw on the image."
CROSSES = "The change was undone: the outline would cross itself there."
TOO_THIN = "The change was undone: the contour would enclose almost nothing."
LEFT_IMAGE = "The change was undone: the contour would lie outside the image."
LAST_THREE = "The corner was kept: an outline needs at least three. Delete the whole finding instead."
CUT_OFF = (
    "The outline crossed itself: its largest part was kept. Undo removes it if that is not what you meant."
)


@dataclass(frozen=True, slots=True)
class Corner:
    """One vertex of a contour: which polygon, which of its rings (0 is the outside), which point."""

    polygon: int
    ring: int
    index: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A finished contour, and what has to be said about it ('' when nothing)."""

    contour: Contour
    notice: str


def close_outline(points: Sequence[Point], *, zoom: float, rows: int, columns: int) -> Closed:
    """Make a contour of a stroke or of clicked corners.

    points: image pixels, in order. zoom: device pixels per image pixel, which sets how far the outline may
    be simplified (half a device pixel, and never so far that its area changes by a hundredth).
    Raises UserError, in one sentence, when there is nothing to make a contour of.
    """
    distinct = _without_repeats(points)
    if len(distinct) < 3:
        raise UserError(TOO_FEW)
    shape, lost = _largest_part(shapely.Polygon(distinct))
    if shape is None or shape.area < max(MIN_AREA_PX, MIN_AREA_SCREEN / zoom**2):
        raise UserError(TOO_SMALL)
    if not shape.intersects(shapely.box(0, 0, columns, rows)):
        raise UserError(OUTSIDE)
    simple = simplified(shape, tolerance=0.5 / zoom)
    return Closed(Contour.from_points(simple.exterior.coords), CUT_OFF if lost > UNSPOKEN_LOSS else "")


def simplified(shape: shapely.Polygon, *, tolerance: float) -> shapely.Polygon:
    """Fewer points within `tolerance` image pixels of the outline, the area within a hundredth."""
    while tolerance > 1e-3:
        candidate = shape.simplify(tolerance, preserve_topology=True)
        is_close = abs(candidate.area - shape.area) < MAX_AREA_CHANGE * shape.area
        if is_close and candidate.is_valid and candidate.geom_type == "Polygon":
            return candidate
        tolerance /= 2
    return shape


def corners(contour: Contour) -> Iterator[tuple[Corner, Point]]:
    """All vertices of a contour."""
    for polygon_index, polygon in enumerate(contour.polygons):
        for ring_index, ring in enumerate((polygon.exterior, *polygon.holes)):
            for index, point in enumerate(ring):
                yield Corner(polygon_index, ring_index, index), point


def corner_near(contour: Contour, point: Point, *, within: float) -> Corner | None:
    """The vertex nearest to a point, if it is within so many image pixels."""
    best = min(corners(contour), key=lambda item: math.dist(item[1], point))
    return best[0] if math.dist(best[1], point) <= within else None


def edge_near(contour: Contour, point: Point, *, within: float) -> tuple[Corner, Point] | None:
    """The edge nearest to a point, if within so many image pixels.

    Returns the vertex that the edge starts from, and the nearest point on it.
    """
    best: tuple[float, Corner, Point] | None = None
    for polygon_index, polygon in enumerate(contour.polygons):
        for ring_index, ring in enumerate((polygon.exterior, *polygon.holes)):
            distance, index, foot = _nearest_on_ring(ring, point)
            if best is None or distance < best[0]:
                best = (distance, Corner(polygon_index, ring_index, index), foot)
    return (best[1], best[2]) if best is not None and best[0] <= within else None


def contains(contour: Contour, point: Point) -> bool:
    """Whether a point lies in a contour, holes left out."""
    return any(
        _in_ring(polygon.exterior, point) and not any(_in_ring(hole, point) for hole in polygon.holes)
        for polygon in contour.polygons
    )


def with_corner_at(contour: Contour, corner: Corner, point: Point) -> Contour:
    """The contour with one vertex elsewhere."""
    ring = _ring(contour, corner)
    return _with_ring(contour, corner, (*ring[: corner.index], point, *ring[corner.index + 1 :]))


def with_corner_after(contour: Contour, corner: Corner, point: Point) -> tuple[Contour, Corner]:
    """The contour with a new vertex on the edge that starts at `corner`, and that vertex."""
    ring = _ring(contour, corner)
    added = _with_ring(contour, corner, (*ring[: corner.index + 1], point, *ring[corner.index + 1 :]))
    return added, replace(corner, index=corner.index + 1)


def without_corner(contour: Contour, corner: Corner) -> Contour:
    """The contour less one vertex. Raises UserError for an outline of three."""
    ring = _ring(contour, corner)
    if len(ring) <= 3:
        raise UserError(LAST_THREE)
    return _with_ring(contour, corner, (*ring[: corner.index], *ring[corner.index + 1 :]))


def moved(contour: Contour, dx: float, dy: float) -> Contour:
    """The whole contour shifted by image pixels."""

    def shifted(ring: Ring) -> Ring:
        return tuple((x + dx, y + dy) for x, y in ring)

    return Contour(
        tuple(
            Polygon(shifted(polygon.exterior), tuple(map(shifted, polygon.holes)))
            for polygon in contour.polygons
        )
    )


def check_sound(contour: Contour, *, rows: int, columns: int) -> None:
    """Raise UserError, in one sentence, for a contour that an edit must not leave behind."""
    shape = shapely.MultiPolygon([(p.exterior, list(p.holes)) for p in contour.polygons])
    if not shape.is_valid:
        raise UserError(TOO_THIN if shape.convex_hull.area < MIN_AREA_PX else CROSSES)
    if shape.area < MIN_AREA_PX:
        raise UserError(TOO_THIN)
    if shape.intersection(shapely.box(0, 0, columns, rows)).area <= 0:
        raise UserError(LEFT_IMAGE)


def _without_repeats(points: Sequence[Point]) -> list[Point]:
    kept = [point for index, point in enumerate(points) if index == 0 or point != points[index - 1]]
    if len(kept) > 1 and kept[0] == kept[-1]:
        kept.pop()
    return kept


def _largest_part(shape: shapely.Polygon) -> tuple[shapely.Polygon | None, float]:
    """The largest area that an outline runs around, without holes, and the share of area lost with the rest."""
    if shape.is_valid:
        return shape, 0.0
    repaired = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    parts = [part for part in shapely.get_parts(repaired) if part.geom_type == "Polygon" and part.area > 0]
    if not parts:
        return None, 0.0
    largest = max(parts, key=lambda part: part.area)
    total = sum(part.area for part in parts)
    return shapely.Polygon(largest.exterior), 1 - largest.area / total


def _nearest_on_ring(ring: Ring, point: Point) -> tuple[float, int, Point]:
    """(distance, index of the edge's first vertex, nearest point) for one closed ring."""
    start = np.asarray(ring, dtype=np.float64)
    along = np.roll(start, -1, axis=0) - start
    length = np.maximum((along**2).sum(axis=1), 1e-18)
    share = np.clip((((np.asarray(point) - start) * along).sum(axis=1)) / length, 0.0, 1.0)
    foot = start + share[:, None] * along
    distance = np.hypot(*(foot - np.asarray(point)).T)
    index = int(distance.argmin())
    return float(distance[index]), index, (float(foot[index, 0]), float(foot[index, 1]))


def _in_ring(ring: Ring, point: Point) -> bool:
    """Even-odd rule."""
    x, y = np.asarray(ring, dtype=np.float64).T
    x_next, y_next = np.roll(x, -1), np.roll(y, -1)
    crosses = (y > point[1]) != (y_next > point[1])
    rise = np.where(crosses, y_next - y, 1.0)
    at = x + (point[1] - y) / rise * (x_next - x)
    return bool(np.count_nonzero(crosses & (point[0] < at)) % 2)


def _ring(contour: Contour, corner: Corner) -> Ring:
    polygon = contour.polygons[corner.polygon]
    return (polygon.exterior, *polygon.holes)[corner.ring]


def _with_ring(contour: Contour, corner: Corner, ring: Ring) -> Contour:
    polygon = contour.polygons[corner.polygon]
    rings = [polygon.exterior, *polygon.holes]
    rings[corner.ring] = ring
    polygons = list(contour.polygons)
    polygons[corner.polygon] = Polygon(rings[0], tuple(rings[1:]))
    return Contour(tuple(polygons))
