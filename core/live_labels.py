"""Region labels of one image while one contour is drawn or dragged: those of `core.regions`, in a tenth of a millisecond.

What the image's other contours say, and all that depends on the grid alone, is worked out once. For each new shape of
the outline the few regions that its bounds meet are left, and each edge is clamped to each of them, as in
`core.coverage`, with the two ends of all edges in one array. An outline that is not certain to be simple, or that
leaves the image, goes the general way.

Sizes: m regions, n points of the outline, h regions that its bounds meet.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.coverage import PLAIN_TURN
from core.domain import Contour, RegionLabel
from core.errors import UserError
from core.regions import NO_AREA, ROUNDING, Boxes, region_labels

FloatArray = NDArray[np.float64]
_FEWEST_POINTS = 3


class LiveLabels:
    """The labels of one image's regions from its other malignant contours and from one that is changing.

    boxes: (m, 4), in image pixels. others: the finished contours. alpha: of Eq. 7. shape: (rows, columns).
    """

    def __init__(
        self, boxes: Boxes, others: Sequence[Contour], *, alpha: float, shape: tuple[int, int]
    ) -> None:
        self._boxes = np.ascontiguousarray(boxes, dtype=np.float64).reshape(-1, 4)
        self._sides = np.ascontiguousarray(self._boxes.T)
        self._areas = (self._sides[2] - self._sides[0]) * (self._sides[3] - self._sides[1])
        self._shape, self._alpha = shape, alpha
        self._least = max(alpha - ROUNDING, np.finfo(float).tiny)
        self.without = region_labels(self._boxes, others, alpha=alpha, shape=shape)
        self._is_bn = self.without == RegionLabel.BN

    def with_outline(self, points: FloatArray) -> NDArray[np.int8]:
        """Labels, (m,) of RegionLabel, with one more malignant contour.

        points: (n, 2), x and y of the outline, closed or not. One that encloses nothing, as at the beginning of a
        stroke, changes nothing.
        """
        labels = self.without.copy()
        if len(points) > 1 and (points[0] == points[-1]).all():
            points = points[:-1]
        if len(points) < _FEWEST_POINTS:
            return labels
        low, high = points.min(axis=0), points.max(axis=0)
        rows, columns = self._shape
        is_inside = low[0] >= 0 and low[1] >= 0 and high[0] <= columns and high[1] <= rows
        edges = _edges(points, np.floor(low)) if is_inside else None
        if edges is None:
            return self._slowly(points, labels)
        start, run, turn, area = edges
        met = self._meeting(low, high)
        shared = _shared(self._sides[:, met] - np.concatenate((np.floor(low),) * 2)[:, None], start, run)
        if turn < 0:
            np.negative(shared, out=shared)
        share = shared / np.minimum(self._areas[met], area)
        share[shared <= NO_AREA] = 0.0
        return self._marked(labels, met, share)

    def _meeting(self, low: FloatArray, high: FloatArray) -> NDArray[np.intp]:
        """(h,), regions whose inside the bounds meet."""
        left, top, right, bottom = self._sides
        is_met = left < high[0]
        is_met &= right > low[0]
        is_met &= top < high[1]
        is_met &= bottom > low[1]
        return np.flatnonzero(is_met)

    def _marked(self, labels: NDArray[np.int8], met: NDArray[np.intp], share: FloatArray) -> NDArray[np.int8]:
        touched = met[share > 0.0]
        labels[touched[self._is_bn[touched]]] = RegionLabel.IGNORED
        labels[met[share >= self._least]] = RegionLabel.M
        return labels

    def _slowly(self, points: FloatArray, labels: NDArray[np.int8]) -> NDArray[np.int8]:
        """The same for an outline that may cross itself or reach outside."""
        contour = Contour.from_points(points)
        try:
            new = region_labels(self._boxes, [contour], alpha=self._alpha, shape=self._shape)
        except UserError:  # it encloses nothing
            return labels
        labels[self._is_bn & (new == RegionLabel.IGNORED)] = RegionLabel.IGNORED
        labels[new == RegionLabel.M] = RegionLabel.M
        return labels


def _edges(points: FloatArray, origin: FloatArray) -> tuple[FloatArray, FloatArray, float, float] | None:
    """Both ends of each edge and its run, seen from the origin, the sense of the outline, and its area; None if it may cross itself.

    The ends: (2, 2, n), of x and y, starts and ends. The run: (2, n). The sense: positive as in `core.coverage`.
    """
    n = len(points)
    ends = np.empty((2, 2, n))
    start, end = ends[:, 0], ends[:, 1]
    np.subtract(points.T, origin[:, None], out=start)
    end[:, :-1] = start[:, 1:]
    end[:, -1] = start[:, 0]
    # Seen from the middle the outline goes round once and never back.
    around = ends - (start.sum(axis=1) / n)[:, None, None]
    turn = around[0, 1] * around[1, 0] - around[0, 0] * around[1, 1]
    sense = 1.0 if turn[0] > 0 else -1.0
    is_up = around[1] < 0
    if (turn * sense).min() <= PLAIN_TURN or np.count_nonzero(is_up[0] != is_up[1]) != 2:
        return None
    return ends, end - start, sense, abs(float(turn.sum())) * 0.5


def _shared(sides: FloatArray, ends: FloatArray, run: FloatArray) -> FloatArray:
    """Areas, (h,), that boxes share with an outline, negative for one of negative sense. sides: (4, h), seen from the same origin."""
    x0, y0, x1, y1 = sides[:, :, None]
    x, y = ends[:, :, None]
    slope = np.divide(run[1], run[0], out=np.zeros_like(run[0]), where=np.abs(run[0]) > 1e-12)
    height = y1 - y0
    # Where the edge enters and leaves the box's x range, exact at the edge's own ends: (2, h, n).
    within = np.maximum(x, x0)
    np.minimum(within, x1, out=within)
    rise = within - x
    rise *= slope
    rise += y - y0
    level = np.maximum(rise, 0.0)
    np.minimum(level, height, out=level)
    over = rise - height
    np.maximum(over, 0.0, out=over)
    (a, b), (low, high) = rise, level
    total = low + high
    total *= 0.5
    area = (high - low) * total
    area += (over[1] - over[0]) * height
    climb = b - a
    mean = np.divide(area, climb, out=total, where=np.abs(climb) > 1e-9)
    mean *= within[1] - within[0]
    sums: FloatArray = mean.sum(axis=1)
    return sums
