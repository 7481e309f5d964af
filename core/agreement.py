"""How far readers agree: areas of contours, the region labels that follow from them, and decisions about images.

Contours of one image are matched one to one, the pair with the highest IoM first, and only where they overlap.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from core.domain import Contour, RegionLabel
from core.regions import Boxes, region_labels

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ContourPair:
    """Two readers' contours of what may be one lesion. first, second: places in their lists. All of IoM (Eq. 6), Dice and
    IoU (Jaccard) are in (0, 1].
    """

    first: int
    second: int
    iom: float
    dice: float
    iou: float


@dataclass(frozen=True, slots=True)
class ImageAgreement:
    """What two readers drew on one image. only_first, only_second: contours without a partner. flips: regions that are M
    for one reader and BN for the other; differ: regions whose labels are not the same; regions: all of them.
    """

    pairs: tuple[ContourPair, ...]
    only_first: int
    only_second: int
    flips: int
    differ: int
    regions: int


def match_contours(first: Sequence[Contour], second: Sequence[Contour]) -> list[ContourPair]:
    """Pairs of overlapping contours, the best first; each contour is in one pair at most."""
    one, other = _areas(first), _areas(second)
    candidates = [
        pair
        for i, a in enumerate(one)
        for j, b in enumerate(other)
        if (pair := _pair(i, j, a, b)) is not None
    ]
    candidates.sort(key=lambda pair: (-pair.iom, -pair.iou, pair.first, pair.second))
    taken_first: set[int] = set()
    taken_second: set[int] = set()
    found = []
    for pair in candidates:
        if pair.first not in taken_first and pair.second not in taken_second:
            found.append(pair)
            taken_first.add(pair.first)
            taken_second.add(pair.second)
    return found


def compare_image(
    first: Sequence[Contour],
    second: Sequence[Contour],
    *,
    boxes: Boxes,
    alpha: float,
    shape: tuple[int, int],
) -> ImageAgreement:
    """Compare two readers' malignant contours of one image.

    boxes: (m, 4) regions in image pixels. alpha: of Eq. 7. shape: (rows, columns).
    """
    pairs = match_contours(first, second)
    one, other = (region_labels(boxes, drawn, alpha=alpha, shape=shape) for drawn in (first, second))
    decided = (one != RegionLabel.IGNORED) & (other != RegionLabel.IGNORED)
    return ImageAgreement(
        tuple(pairs),
        only_first=len(first) - len(pairs),
        only_second=len(second) - len(pairs),
        flips=int((decided & (one != other)).sum()),
        differ=int((one != other).sum()),
        regions=len(one),
    )


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Cohen's kappa of two readers' decisions, unweighted; None without a decision or where chance alone agrees fully.

    first, second: of the same images in the same order (Cohen 1960).
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} decisions do not fit {len(second)}")
    if not first:
        return None
    kinds = {kind: i for i, kind in enumerate(dict.fromkeys((*first, *second)))}
    table = np.zeros((len(kinds), len(kinds)))
    for a, b in zip(first, second, strict=True):
        table[kinds[a], kinds[b]] += 1
    table /= len(first)
    by_chance = float(table.sum(axis=0) @ table.sum(axis=1))
    if by_chance >= 1.0 - 1e-12:
        return None
    return (float(np.trace(table)) - by_chance) / (1.0 - by_chance)


def _areas(contours: Sequence[Contour]) -> list[shapely.Geometry]:
    made = [shapely.MultiPolygon([(p.exterior, p.holes) for p in contour.polygons]) for contour in contours]
    return [shapely.make_valid(area) for area in made]


def _pair(i: int, j: int, one: shapely.Geometry, other: shapely.Geometry) -> ContourPair | None:
    shared = float(one.intersection(other).area)
    if shared <= 0:
        return None
    both = one.area + other.area
    return ContourPair(
        i,
        j,
        iom=min(shared / min(one.area, other.area), 1.0),
        dice=min(2 * shared / both, 1.0),
        iou=min(shared / (both - shared), 1.0),
    )
