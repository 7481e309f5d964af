"""What tools make of outlines: ellipses, what a brush adds or takes away, other sizes, fewer points, unions and parts.

All in image pixels. Nothing here decides whether a contour may be kept; results are valid areas of at least one polygon.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import shapely

from core.domain import Contour, Point, Polygon
from core.errors import UserError

ELLIPSE_POINTS = 48
CIRCLE_QUARTER = 8  # segments of a quarter of the brush's circle
SMALLEST_PART = 4.0  # square pixels below which a part is a crumb
NOTHING_LEFT = "The brush would leave nothing of the contour: delete the finding instead."
NO_OVERLAP = "These contours do not touch, so they cannot be joined: link them, or draw between them first."


def ellipse(start: Point, end: Point, *, is_circle: bool = False) -> list[Point]:
    """Points of the ellipse in the box with these corners; of a circle with the box's longer side, from `start` on."""
    width, height = end[0] - start[0], end[1] - start[1]
    if is_circle:
        side = max(abs(width), abs(height))
        width, height = math.copysign(side, width), math.copysign(side, height)
    cx, cy = start[0] + width / 2, start[1] + height / 2
    turns = (2 * math.pi * i / ELLIPSE_POINTS for i in range(ELLIPSE_POINTS))
    return [(cx + width / 2 * math.cos(turn), cy + height / 2 * math.sin(turn)) for turn in turns]


def brush_stroke(path: Sequence[Point], *, radius: float) -> Contour:
    """The area that a round brush covers along a path of at least one point."""
    line = shapely.LineString(path) if len(path) > 1 else shapely.Point(path[0])
    return _contour([line.buffer(radius, quad_segs=CIRCLE_QUARTER)])


def grown(contour: Contour, path: Sequence[Point], *, radius: float) -> Contour:
    """The contour with what a brush covers. Holes that the brush runs around are filled."""
    area = shapely.union(_area(contour), _area(brush_stroke(path, radius=radius)))
    before = _area(contour)
    filled = [
        shapely.Polygon(part.exterior, [hole for hole in part.interiors if _was_hole(hole, before)])
        for part in _parts(area)
    ]
    return _contour(filled)


def shrunk(contour: Contour, path: Sequence[Point], *, radius: float) -> list[Contour]:
    """What a brush leaves of the contour, in one or several parts, the largest first. Raises UserError where that is nothing."""
    area = shapely.difference(_area(contour), _area(brush_stroke(path, radius=radius)))
    parts = sorted(_parts(area), key=lambda part: -part.area)
    if not parts:
        raise UserError(NOTHING_LEFT)
    return [_contour([part]) for part in parts]


def scaled(contour: Contour, factor: float, *, about: Point) -> Contour:
    """The contour `factor` times as large, with one point kept where it is. factor: above 0."""
    if not factor > 0:
        raise ValueError(f"a contour cannot be {factor} times as large")
    x0, y0 = about

    def ring(points: Sequence[Point]) -> tuple[Point, ...]:
        return tuple((x0 + factor * (x - x0), y0 + factor * (y - y0)) for x, y in points)

    return Contour(tuple(Polygon(ring(p.exterior), tuple(map(ring, p.holes))) for p in contour.polygons))


def with_fewer_points(contour: Contour, *, tolerance: float) -> Contour:
    """The contour with points left out that lie within `tolerance` pixels of the line without them; topology is kept."""
    simple = shapely.simplify(_area(contour), tolerance, preserve_topology=True)
    parts = _parts(simple)
    return _contour(parts) if parts else contour


def joined(contours: Sequence[Contour]) -> Contour:
    """One contour of several that touch one another. Raises UserError where the result would be in several parts."""
    parts = _parts(shapely.union_all([_area(contour) for contour in contours]))
    if len(parts) != 1:
        raise UserError(NO_OVERLAP)
    return _contour(parts)


def point_count(contour: Contour) -> int:
    """Points of all outlines, holes included."""
    return sum(len(ring) for polygon in contour.polygons for ring in (polygon.exterior, *polygon.holes))


def centre(contour: Contour) -> Point:
    """The centre of gravity of the area."""
    point = _area(contour).centroid
    return point.x, point.y


def _was_hole(hole: shapely.LinearRing, before: shapely.Geometry) -> bool:
    """Whether a hole of the new area is (a part of) one that was there before."""
    inside = shapely.Polygon(hole).representative_point()
    return any(shapely.Polygon(ring).contains(inside) for part in _parts(before) for ring in part.interiors)


def _area(contour: Contour) -> shapely.Geometry:
    return shapely.make_valid(shapely.MultiPolygon([(p.exterior, p.holes) for p in contour.polygons]))


def _parts(area: shapely.Geometry) -> list[shapely.Polygon]:
    return [
        part
        for part in shapely.get_parts(shapely.make_valid(area))
        if part.geom_type == "Polygon" and part.area >= SMALLEST_PART
    ]


def _contour(parts: Sequence[shapely.Polygon]) -> Contour:
    return Contour(
        tuple(Polygon(_ring(part.exterior), tuple(_ring(hole) for hole in part.interiors)) for part in parts)
    )


def _ring(line: shapely.LinearRing) -> tuple[Point, ...]:
    return tuple((float(x), float(y)) for x, y in line.coords[:-1])
