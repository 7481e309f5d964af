"""What a contour does to the region labels while it is drawn or changed, in one line for the reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from app.translation import tr
from core.domain import Finding, FindingClass, FindingId, Point, RegionLabel
from core.live_labels import LiveLabels
from storage.store import DEFAULT_ALPHA

MOST_POINTS = 20_000  # beyond that a line that keeps up with the hand is given up


class LiveRegions:
    """The regions and the malignant findings of the open image.

    boxes: (m, 4), image pixels. shape: (rows, columns). new_class: what a new contour would be.
    """

    def __init__(
        self,
        boxes: NDArray[np.float64],
        findings: Sequence[Finding],
        *,
        shape: tuple[int, int],
        new_class: Callable[[], FindingClass],
    ) -> None:
        self._boxes, self._shape, self._new_class = boxes, shape, new_class
        self._findings = [each for each in findings if each.finding_class is FindingClass.MALIGNANT]
        self._labels: dict[FindingId | None, LiveLabels] = {}
        self._alone = LiveLabels(boxes, [], alpha=DEFAULT_ALPHA, shape=shape)

    @property
    def boxes(self) -> NDArray[np.float64]:
        """(m, 4), image pixels."""
        return self._boxes

    def labels(self, points: Sequence[Point], *, changed: Finding | None = None) -> NDArray[np.int8]:
        """(m,) of RegionLabel with the contour in hand, as `line` takes it; one that labels no region changes nothing."""
        which = self._new_class() if changed is None else changed.finding_class
        key = None if changed is None else changed.id
        labels = self._with(key)
        if which is not FindingClass.MALIGNANT or not 3 <= len(points) <= MOST_POINTS:
            return labels.without
        return labels.with_outline(np.array(points, dtype=np.float64))

    def _with(self, key: FindingId | None) -> LiveLabels:
        if key not in self._labels:
            others = [each.contour for each in self._findings if each.id != key]
            self._labels[key] = LiveLabels(self._boxes, others, alpha=DEFAULT_ALPHA, shape=self._shape)
        return self._labels[key]

    def line(self, points: Sequence[Point], *, changed: Finding | None = None) -> tuple[str, bool]:
        """The line and whether it is a warning; '' where the contour labels no region.

        points: of the outline. changed: the finding whose outline it is; None for a new one.
        """
        which = self._new_class() if changed is None else changed.finding_class
        if which is not FindingClass.MALIGNANT or not 3 <= len(points) <= MOST_POINTS:
            return "", False
        key = None if changed is None else changed.id
        outline = np.array(points, dtype=np.float64)
        labels, own = self._with(key).with_outline(outline), self._alone.with_outline(outline)
        counts = {label: int((labels == label).sum()) for label in RegionLabel}
        text = tr("Regions: {counts} M, {counts2} ignored, {counts3} BN").format(
            counts=counts[RegionLabel.M], counts2=counts[RegionLabel.IGNORED], counts3=counts[RegionLabel.BN]
        )
        if (own == RegionLabel.BN).all():
            return tr("{text}. This contour meets no region: is it on the breast?").format(text=text), True
        if not (own == RegionLabel.M).any():
            return tr("{text}. This contour makes no region malignant").format(text=text), True
        return text, False
