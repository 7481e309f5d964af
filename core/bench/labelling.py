"""How fast region labels follow from contours, beside polygon overlays, and that the labels are the same.

The cohort is synthetic: 300 regions an image on a lattice of 112 pixels, and of Poisson(1.5) lesions each an outline
of 40 to 200 points.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon, box

from core.bench.figures import ROUNDS, Figure, side_by_side
from core.domain import Contour, RegionLabel
from core.live_labels import LiveLabels
from core.regions import NO_AREA, Annotated, Boxes, cohort_region_labels

ALPHA = 0.5
ACROSS, DOWN, WINDOW, STRIDE = 15, 20, 224, 112
SHAPE = (STRIDE * (DOWN + 1), STRIDE * (ACROSS + 1))
COHORT = 256  # images that every way labels in one round
TIMES = 8  # that ours labels them in one round, to have something to time
COMPARED = 300  # images whose labels are compared: 90,000 labels
LIVE_CALLS = 200


def figures(*, rounds: int = ROUNDS) -> Iterator[Figure]:
    """Processor time an image, ratios, and the number of labels that differ."""
    images = cohort(COHORT)
    outline = np.array(_outline(np.random.default_rng(1), points=120).polygons[0].exterior)
    live = LiveLabels(images[0].boxes, images[0].malignant, alpha=ALPHA, shape=SHAPE)
    ways = {
        "ours": lambda: [cohort_region_labels(images, alpha=ALPHA) for _ in range(TIMES)],
        "loop": lambda: [loop_labels(image) for image in images],
        "overlay": lambda: [overlay_labels(image) for image in images],
        "live": lambda: [live.with_outline(outline) for _ in range(LIVE_CALLS)],
    }
    taken = side_by_side(ways, rounds=rounds)
    ours, loop, overlay = (
        taken[name] / COHORT / times for name, times in (("ours", TIMES), ("loop", 1), ("overlay", 1))
    )
    regions = ACROSS * DOWN
    note = (
        f"{regions} regions, 1.5 contours of 120 points on average, from contours to labels, checks included"
    )
    yield Figure("labels of a cohort, an image", ours * 1e6, "us", note)
    pairs = "one box and one intersection for each pair of region and contour"
    yield Figure(
        "labels: times faster than a double loop",
        loop / ours,
        "x",
        f"{pairs}: {loop * 1e6:,.0f} us",
        at_least=150,
    )
    note = f"one array of shapely intersections an image: {overlay * 1e6:,.0f} us"
    yield Figure("labels: times faster than one overlay", overlay / ours, "x", note)
    note = "one image, a contour of 120 points that has moved, checks included"
    yield Figure("labels of one image, live", taken["live"] / LIVE_CALLS * 1e3, "ms", note, at_most=0.1)
    yield differing(cohort(COMPARED))


def differing(images: list[Annotated]) -> Figure:
    """How many labels of the cohort are not those of the double loop."""
    ours = np.concatenate(cohort_region_labels(images, alpha=ALPHA))
    theirs = np.concatenate([loop_labels(image) for image in images])
    note = f"of {len(ours):,}, double loop of shapely; {(theirs == RegionLabel.M).sum():,} are M"
    return Figure("labels that differ", float((ours != theirs).sum()), "labels", note, at_most=0)


def cohort(count: int, *, seed: int = 0) -> list[Annotated]:
    """Images with all their windows and their contours; some have none."""
    random = np.random.default_rng(seed)
    y, x = (STRIDE * part.ravel().astype(np.float64) for part in np.mgrid[:DOWN, :ACROSS])
    boxes = np.column_stack((x, y, x + WINDOW, y + WINDOW))
    return [
        Annotated(
            boxes.copy(),
            [_outline(random, points=int(random.integers(40, 201))) for _ in range(lesions)],
            SHAPE,
        )
        for lesions in random.poisson(1.5, count)
    ]


def loop_labels(image: Annotated) -> NDArray[np.int8]:
    """Eq. 6 and 7 as they stand: one region and one contour at a time."""
    polygons = [Polygon(contour.polygons[0].exterior) for contour in image.malignant]
    labels = []
    for region in image.boxes.tolist():
        highest = 0.0
        for polygon in polygons:
            window = box(*region)
            shared = window.intersection(polygon).area
            highest = max(highest, shared / min(window.area, polygon.area) if shared > NO_AREA else 0.0)
        labels.append(_label(highest))
    return np.array(labels, dtype=np.int8)


def overlay_labels(image: Annotated) -> NDArray[np.int8]:
    """The same with one call of shapely for all pairs of an image."""
    windows: Boxes = shapely.box(*image.boxes.T)[:, None]
    polygons = np.array([Polygon(contour.polygons[0].exterior) for contour in image.malignant], dtype=object)
    shared = shapely.area(shapely.intersection(windows, polygons))
    share = np.where(shared > NO_AREA, shared, 0.0) / np.minimum(
        shapely.area(windows), shapely.area(polygons)
    )
    return np.array([_label(highest) for highest in share.max(axis=1, initial=0.0)], dtype=np.int8)


def _label(highest: float) -> RegionLabel:
    if highest >= ALPHA - 1e-12:
        return RegionLabel.M
    return RegionLabel.IGNORED if highest > 0 else RegionLabel.BN


def _outline(random: np.random.Generator, *, points: int) -> Contour:
    """A lobed outline of 40 to 120 pixels' radius within the image."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    radius = random.uniform(35, 100) * (
        1 + 0.12 * np.sin(random.integers(2, 7) * angle) + 0.06 * random.random(points)
    )
    rows, columns = SHAPE
    x, y = random.uniform(125, columns - 125), random.uniform(125, rows - 125)
    return Contour.from_points(np.column_stack((x + radius * np.cos(angle), y + radius * np.sin(angle))))
