"""Where the model looks, and what contours say about it: the window grid, exact IoM, and region labels.

Sizes: m regions. Boxes are (x0, y0, x1, y1) in image pixels, in the convention of core.domain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
import shapely
from numpy.typing import NDArray

from core.coverage import Outlines, meeting, shared_areas
from core.domain import Contour, Polygon, RegionLabel, Ring
from core.errors import UserError
from core.recipe import GridSettings

Boxes = NDArray[np.float64]

# Areas below this, in square pixels, are rounding: a region that shares less with a contour does not touch it.
NO_AREA = 1e-6
# A contour whose share is alpha but for this counts as alpha.
ROUNDING = 1e-12
# No image has as many pixels on a side; beyond that, coordinates are nonsense and overflow in geometry.
FARTHEST = 1e6
# Keeps what lies between the steps in the processor's cache.
_CONTOURS_AT_ONCE = 96


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
    boxes = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    outlines = Outlines.of([contour])
    if not _is_valid(outlines, [contour], asked=np.array([True])).all():
        outlines = Outlines.of([_made_valid(contour)])
    shares = np.zeros(len(boxes))
    met = _Met.of(outlines, boxes, first=np.array([0]), count=np.array([len(boxes)]))
    shares[met.box] = met.iom
    return shares


def region_labels(
    boxes: Boxes, malignant: Sequence[Contour], *, alpha: float, shape: tuple[int, int]
) -> NDArray[np.int8]:
    """Local labels of one image's regions from its malignant contours, Eq. 7.

    M where some contour has IoM >= alpha; BN where the region touches none; ignored between the two.

    boxes: (m, 4). shape: (rows, columns) of the image, to which contours are clipped first; a contour
    wholly outside the image touches nothing.

    Returns (m,) of RegionLabel values.
    """
    return cohort_region_labels([Annotated(boxes, malignant, shape)], alpha=alpha)[0]


@dataclass(frozen=True, eq=False, slots=True)
class Annotated:
    """One image's regions and malignant contours. boxes: (m, 4). shape: (rows, columns)."""

    boxes: Boxes
    malignant: Sequence[Contour]
    shape: tuple[int, int]


def cohort_region_labels(images: Sequence[Annotated], *, alpha: float) -> list[NDArray[np.int8]]:
    """The labels of region_labels for many images, several times as fast for each."""
    labels: list[NDArray[np.int8]] = []
    contours = np.cumsum([len(image.malignant) for image in images])
    cuts = np.flatnonzero(np.diff(contours // _CONTOURS_AT_ONCE)) + 1
    parts = [images[start:stop] for start, stop in pairwise([0, *cuts.tolist(), len(images)])]
    # One array for the boxes of all parts in turn: new memory costs more than what is done with it.
    room = np.empty((max(sum(len(image.boxes) for image in part) for part in parts), 4))
    for part in parts:
        labels += _labels(part, alpha=alpha, room=room)
    return labels


def _labels(images: Sequence[Annotated], *, alpha: float, room: Boxes) -> list[NDArray[np.int8]]:
    ends = np.cumsum([0, *(len(image.boxes) for image in images)])
    labels = np.full(int(ends[-1]), RegionLabel.BN, dtype=np.int8)
    contours = [contour for image in images for contour in image.malignant]
    owner = np.repeat(np.arange(len(images)), [len(image.malignant) for image in images])
    outlines, owner = _inside(contours, owner, images)
    if outlines is not None:
        boxes = np.concatenate([image.boxes for image in images], out=room[: len(labels)])
        met = _Met.of(outlines, boxes, first=ends[owner], count=np.diff(ends)[owner])
        labels[met.box[met.iom > 0]] = RegionLabel.IGNORED
        labels[met.box[met.iom >= max(alpha - ROUNDING, np.finfo(float).tiny)]] = RegionLabel.M
    bounds = ends.tolist()
    return [labels[start:stop] for start, stop in pairwise(bounds)]


def _inside(
    contours: list[Contour], owner: NDArray[np.intp], images: Sequence[Annotated]
) -> tuple[Outlines | None, NDArray[np.intp]]:
    """The outlines of the valid parts of contours that lie in their images, and those images' numbers."""
    if not contours:
        return None, owner
    with np.errstate(all="ignore"):  # clip_to_image refuses what is too far away to be multiplied
        outlines = Outlines.of(contours)
    size = np.array([image.shape[::-1] for image in images], dtype=np.float64)[owner].T
    is_fit = np.logical_and.reduce(np.concatenate((outlines.low >= 0, outlines.high <= size)))
    is_fit &= _is_valid(outlines, contours, asked=is_fit)
    if is_fit.all():
        return outlines, owner
    clipped = [
        contour
        if fits
        else clip_to_image(contour, rows=images[number].shape[0], columns=images[number].shape[1])
        for contour, number, fits in zip(contours, owner.tolist(), is_fit.tolist(), strict=True)
    ]
    inside = [contour for contour in clipped if contour is not None]
    kept = np.array([contour is not None for contour in clipped])
    return (Outlines.of(inside) if inside else None), owner[kept]


@dataclass(frozen=True, eq=False, slots=True)
class _Met:
    """Pairs of a region and a contour whose bounds meet. box: (h,), numbers of regions. iom: (h,), in [0, 1]."""

    box: NDArray[np.intp]
    iom: NDArray[np.float64]

    @classmethod
    def of(
        cls, outlines: Outlines, boxes: Boxes, *, first: NDArray[np.intp], count: NDArray[np.intp]
    ) -> Self:
        """boxes: (m, 4) of all images. first, count: (c,), where the regions of each contour's image begin, and how many."""
        box, contour = meeting(outlines, boxes, first=first, count=count)
        chosen = boxes[box]
        shared = shared_areas(outlines, chosen, contour)
        shared[shared <= NO_AREA] = 0.0
        smaller = np.minimum(_box_areas(chosen), outlines.area[contour])
        return cls(box, np.minimum(shared / smaller, 1.0))


def _is_valid(
    outlines: Outlines, contours: Sequence[Contour], *, asked: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """(c,), which of the contours asked for need no repair: no outline crosses itself or another, and there is area."""
    with np.errstate(all="ignore"):
        is_valid = outlines.is_plain()
    for number in np.flatnonzero(asked & ~is_valid).tolist():
        with np.errstate(all="ignore"):  # numbers that are all but 0 have no slope
            is_valid[number] = _geometry(contours[number]).is_valid
    return is_valid & (outlines.area > NO_AREA)


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


def reaches_outside(contour: Contour, *, rows: int, columns: int) -> bool:
    """Whether clip_to_image cuts something off."""
    x0, y0, x1, y1 = contour.bounds
    return x0 < 0 or y0 < 0 or x1 > columns or y1 > rows


def _clipped(contour: Contour, *, rows: int, columns: int) -> Contour | None:
    geometry = _geometry(contour)
    is_valid = bool(geometry.is_valid)
    is_whole = not reaches_outside(contour, rows=rows, columns=columns)
    if is_valid and geometry.area > NO_AREA and is_whole:
        return contour
    whole = geometry if is_valid else shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    if whole.area <= NO_AREA:
        raise UserError("The contour encloses no area: draw around the finding and close the outline.")
    polygons = _polygons(shapely.intersection(whole, shapely.box(0, 0, columns, rows)))
    return Contour(polygons) if polygons else None


def contour_area(contour: Contour) -> float:
    """Exact area of a valid contour in square pixels, holes taken out."""
    return float(_geometry(contour).area)


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


def _made_valid(contour: Contour) -> Contour:
    """The area that the outlines of a contour run around."""
    polygons = _polygons(shapely.make_valid(_geometry(contour), method="structure", keep_collapsed=False))
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
