"""Where the model looks, and what contours say about it: the window grid, exact IoM, and region labels.

Sizes: m regions. Boxes are (x0, y0, x1, y1) in image pixels, in the convention of core.domain.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from core.domain import Contour, Polygon, RegionLabel, Ring
from core.errors import UserError
from core.recipe import GridSettings

Boxes = NDArray[np.float64]

# Areas below this, in square pixels, are rounding: a region that shares less with a contour does not touch it.
NO_AREA = 1e-6
# No image has as many pixels on a side; beyond that, coordinates are nonsense and overflow in geometry.
FARTHEST = 1e6
# Bounds the temporaries of one step of the exact area: boxes x edges.
_PAIRS_AT_ONCE = 200_000


def working_scale(spacing_mm: float | None, settings: GridSettings) -> float:
    """Working pixels per image pixel: resamples a known spacing to the working spacing, else 1."""
    if spacing_mm is None:
        return 1.0
    if not (math.isfinite(spacing_mm) and spacing_mm > 0):
        raise ValueError(f"a pixel spacing is a positive number of millimetres, not {spacing_mm}")
    return spacing_mm / settings.working_spacing_mm


def region_grid(tissue: NDArray[np.bool_], *, scale: float, settings: GridSettings) -> Boxes:
    """The regions of one image: windows of which at least `min_tissue` lies on tissue.

    tissue: (rows, columns), True on breast tissue without the pectoral muscle.
    scale: working pixels per image pixel.

    Windows start at whole strides of the working image's corner; the last row and column are shifted
    inwards to end at the image's edge. An image too small for a window has windows cut to the image.
    Where no window holds enough tissue, the one that holds most is the only region.

    Returns (m, 4) in image pixels, row-major, m >= 1. Raises ValueError where there is no tissue.
    """
    rows, columns = tissue.shape
    y0, y1 = _spans(rows, scale=scale, settings=settings)
    x0, x1 = _spans(columns, scale=scale, settings=settings)
    inside = _tissue_area(tissue, x_edges=(x0, x1), y_edges=(y0, y1))
    if not inside.any():
        raise ValueError("there is no tissue to lay regions on")
    # 1e-9 of a window keeps exact halves despite rounding at scales other than 1.
    window_area = np.outer(y1 - y0, x1 - x0)
    chosen = inside >= window_area * (settings.min_tissue - 1e-9)
    if not chosen.any():
        chosen.flat[np.argmax(inside)] = True
    row, column = np.nonzero(chosen)
    return np.column_stack((x0[column], y0[row], x1[column], y1[row]))


def iom(boxes: Boxes, contour: Contour) -> NDArray[np.float64]:
    """Intersection over minimum of each region with one contour: |r n c| / min(|r|, |c|), Eq. 6.

    boxes: (m, 4). Areas are exact polygon areas, holes and several polygons included.

    Returns (m,), in [0, 1].
    """
    contour = _valid(contour)
    smaller = np.minimum(_box_areas(boxes), contour_area(contour))
    ratio: NDArray[np.float64] = np.clip(intersection_areas(boxes, contour) / smaller, 0.0, 1.0)
    return ratio


def region_labels(
    boxes: Boxes, malignant: Sequence[Contour], *, alpha: float, shape: tuple[int, int]
) -> NDArray[np.int8]:
    """Local labels of one image's regions from its malignant contours, Eq. 7.

    M where some contour has IoM >= alpha; BN where the region touches none; ignored between the two.

    boxes: (m, 4). shape: (rows, columns) of the image, to which contours are clipped first; a contour
    wholly outside the image touches nothing.

    Returns (m,) of RegionLabel values.
    """
    highest = np.zeros(len(boxes))
    for contour in malignant:
        clipped = clip_to_image(contour, rows=shape[0], columns=shape[1])
        if clipped is not None:
            highest = np.maximum(highest, iom(boxes, clipped))
    labels = np.full(len(boxes), RegionLabel.IGNORED, dtype=np.int8)
    labels[highest == 0] = RegionLabel.BN
    # A contour whose share is alpha but for rounding counts as alpha.
    labels[highest >= max(alpha - 1e-12, np.finfo(float).tiny)] = RegionLabel.M
    return labels


def clip_to_image(contour: Contour, *, rows: int, columns: int) -> Contour | None:
    """The part of a contour that lies in the image, as valid polygons; None where nothing does.

    A contour that is valid and inside is returned as it is. An outline that crosses itself becomes the
    area that it runs around. Raises UserError for a contour without area, and for one that no geometry can make
    an area of.
    """
    points = (p for polygon in contour.polygons for ring in (polygon.exterior, *polygon.holes) for p in ring)
    if any(abs(coordinate) > FARTHEST for point in points for coordinate in point):
        raise UserError(
            "The contour has points far outside any image and was not stored: check its coordinates."
        )
    try:
        with np.errstate(all="ignore"):  # numbers that are all but 0 have no slope
            return _clipped(contour, rows=rows, columns=columns)
    except shapely.errors.GEOSException as error:
        raise UserError(
            "The contour cannot be understood, its outline crosses itself too often: draw it again."
        ) from error


def _clipped(contour: Contour, *, rows: int, columns: int) -> Contour | None:
    x0, y0, x1, y1 = contour.bounds
    geometry = _geometry(contour)
    is_valid = bool(geometry.is_valid)
    if is_valid and geometry.area > NO_AREA and x0 >= 0 and y0 >= 0 and x1 <= columns and y1 <= rows:
        return contour
    whole = geometry if is_valid else shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    if whole.area <= NO_AREA:
        raise UserError("The contour encloses no area: draw around the finding and close the outline.")
    polygons = _polygons(shapely.intersection(whole, shapely.box(0, 0, columns, rows)))
    return Contour(polygons) if polygons else None


def contour_area(contour: Contour) -> float:
    """Exact area of a valid contour in square pixels, holes taken out."""
    return float(_geometry(contour).area)


def intersection_areas(boxes: Boxes, contour: Contour) -> NDArray[np.float64]:
    """Exact area that each box shares with a valid contour, in square pixels.

    boxes: (m, 4). Areas that are no more than rounding are 0.

    Returns (m,).
    """
    boxes = np.asarray(boxes, dtype=np.float64)
    areas = np.zeros(len(boxes))
    for polygon in contour.polygons:
        hit = _meets_bounds(boxes, polygon.exterior)
        for sign, ring in _signed_rings(polygon):
            areas[hit] += sign * _ring_areas(boxes[hit], ring)
    areas[areas <= NO_AREA] = 0.0
    return areas


def _spans(
    length: int, *, scale: float, settings: GridSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """First and last edges, in image pixels, of the windows along one side of `length` pixels."""
    # Rounded, so that a stride that fits but for rounding makes no second window at the edge.
    last = round(max(length * scale - settings.window, 0.0), 6)
    starts = np.arange(0.0, last, settings.stride)
    starts = np.append(starts, last) / scale
    ends = np.minimum(starts + settings.window / scale, float(length))
    ends[-1] = length
    return starts, ends


def _tissue_area(
    tissue: NDArray[np.bool_],
    *,
    x_edges: tuple[NDArray[np.float64], NDArray[np.float64]],
    y_edges: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Exact tissue area, in square pixels, of every window: (number of y spans, number of x spans)."""
    strips = _cumulative(tissue, y_edges[1]) - _cumulative(tissue, y_edges[0])
    across = strips.T
    area: NDArray[np.float64] = (_cumulative(across, x_edges[1]) - _cumulative(across, x_edges[0])).T
    return area


def _cumulative(
    values: NDArray[np.bool_] | NDArray[np.float64], edges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Integral of `values` along axis 0 from 0 to each edge, as if constant within each row."""
    whole = np.minimum(edges.astype(np.int64), len(values) - 1)
    starts, place = np.unique(np.append(whole, 0), return_inverse=True)
    blocks = np.add.reduceat(values, starts, axis=0, dtype=np.float64)
    before = np.vstack((np.zeros_like(blocks[:1]), np.cumsum(blocks[:-1], axis=0)))
    part = (edges - whole)[:, None]
    integral: NDArray[np.float64] = before[place[:-1]] + values[whole] * part
    return integral


def _box_areas(boxes: Boxes) -> NDArray[np.float64]:
    areas: NDArray[np.float64] = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return areas


def _meets_bounds(boxes: Boxes, ring: Ring) -> NDArray[np.intp]:
    """Indexes of the boxes that overlap the bounds of a ring."""
    points = np.asarray(ring)
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return np.flatnonzero((boxes[:, 0] < x1) & (boxes[:, 2] > x0) & (boxes[:, 1] < y1) & (boxes[:, 3] > y0))


def _signed_rings(polygon: Polygon) -> Iterator[tuple[int, Ring]]:
    yield 1, polygon.exterior
    for hole in polygon.holes:
        yield -1, hole


def _ring_areas(boxes: Boxes, ring: Ring) -> NDArray[np.float64]:
    """Area that each box shares with the inside of one simple ring, (m,), by the sum over its edges.

    Green's theorem with the ring clamped to the box: an edge adds the integral over x, within the box's
    x range, of its height above the box's first y, clamped to the box's height. Equal to the overlay
    of two polygons (tested against shapely), and needs no overlay.
    """
    step = max(1, _PAIRS_AT_ONCE // len(ring))
    start = np.asarray(ring, dtype=np.float64)
    end = np.roll(start, -1, axis=0)
    parts = [_edge_sums(boxes[i : i + step], start, end) for i in range(0, len(boxes), step)]
    return np.abs(np.concatenate(parts)) if parts else np.zeros(0)


def _edge_sums(boxes: Boxes, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Signed sum over the edges start -> end, (n, 2) each, for each box: (m,)."""
    x0, y0, x1, y1 = (boxes[:, i, None] for i in range(4))
    ax, bx = np.clip(start[:, 0], x0, x1), np.clip(end[:, 0], x0, x1)
    run = end[:, 0] - start[:, 0]
    slope = np.divide(end[:, 1] - start[:, 1], run, out=np.zeros_like(run), where=np.abs(run) > 1e-12)
    # Heights where the edge enters and leaves the box's x range, exact at the edge's own ends.
    ay = np.where(ax == start[:, 0], start[:, 1], start[:, 1] + (ax - start[:, 0]) * slope) - y0
    by = np.where(bx == end[:, 0], end[:, 1], start[:, 1] + (bx - start[:, 0]) * slope) - y0
    sums: NDArray[np.float64] = ((bx - ax) * _mean_clamped(ay, by, height=y1 - y0)).sum(axis=1)
    return sums


def _mean_clamped(
    a: NDArray[np.float64], b: NDArray[np.float64], *, height: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean of clamp(v, 0, height) for v running evenly from a to b."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    length = high - low
    clamped_low, clamped_high = np.clip(low, 0.0, height), np.clip(high, 0.0, height)
    between = (clamped_high - clamped_low) * (clamped_high + clamped_low) / 2
    above = np.clip(high - np.maximum(low, height), 0.0, None) * height
    mean: NDArray[np.float64] = np.divide(
        between + above, length, out=(clamped_low + clamped_high) / 2, where=length > 1e-9
    )
    return mean


def _geometry(contour: Contour) -> shapely.MultiPolygon:
    """Built from arrays: five times as fast as from tuples of points."""
    polygons = [
        shapely.polygons(
            np.asarray(polygon.exterior),
            holes=[shapely.linearrings(np.asarray(hole)) for hole in polygon.holes] or None,
        )
        for polygon in contour.polygons
    ]
    return shapely.multipolygons(polygons)


def _valid(contour: Contour) -> Contour:
    """The contour itself where it is valid, else the area that its outlines run around."""
    geometry = _geometry(contour)
    if geometry.is_valid and geometry.area > NO_AREA:
        return contour
    polygons = _polygons(shapely.make_valid(geometry, method="structure", keep_collapsed=False))
    if not polygons:
        raise UserError("The contour encloses no area: draw around the finding and close the outline.")
    return Contour(polygons)


def _polygons(geometry: shapely.Geometry) -> tuple[Polygon, ...]:
    """The areas of any geometry; points, lines and slivers below rounding are left out."""
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
    return tuple(
        Polygon(_ring(part.exterior), tuple(map(_ring, part.interiors)))
        for part in parts
        if part.area > NO_AREA
    )


def _ring(ring: shapely.LinearRing) -> Ring:
    return tuple((float(x), float(y)) for x, y in ring.coords[:-1])
