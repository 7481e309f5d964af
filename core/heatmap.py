"""From region scores to what the window shows: a coarse map over the image, and the best boxes."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.prediction import Prediction

FloatArray = NDArray[np.float64]
_TOLERANCE = 1e-6


class HeatmapPart(StrEnum):
    """What of a region's score is shown: all of it, or one of the parts that Eq. 13 is made of."""

    SCORE = "score"
    CLASSIFICATION = "classification"
    DETECTION = "detection"
    SELECTION = "selection"

    @property
    def symbol(self) -> str:
        """As the paper writes it."""
        return {"score": "d", "classification": "p_cls", "detection": "p_det", "selection": "selected"}[
            self.value
        ]


def region_values(prediction: Prediction, column: int, part: HeatmapPart) -> FloatArray:
    """(m,) one part of the region scores of a class, 0 to 1.

    column: 0 for B, 1 for M. p_det is d / p_cls, which is what it was in Eq. 13 (of an ensemble, whose d is the mean of
    products, it is the mean weighted by p_cls); 0 where p_cls is 0. Selection is 1 for the regions whose score is above 0.
    """
    score = prediction.score[:, column].astype(np.float64)
    cls = prediction.cls[:, column + 1].astype(np.float64)
    if part is HeatmapPart.SCORE:
        return score
    if part is HeatmapPart.CLASSIFICATION:
        return cls
    if part is HeatmapPart.SELECTION:
        return (score > 0).astype(np.float64)
    return np.minimum(np.divide(score, cls, out=np.zeros_like(score), where=cls > 0), 1.0)


def heatmap(
    boxes: ArrayLike,
    scores: ArrayLike,
    *,
    rows: int,
    columns: int,
    cells_long_side: int = 64,
    maximum: float | None = None,
) -> NDArray[np.float32]:
    """A coarse map of region scores: each cell is the mean over the windows that cover it.

    boxes: (m, 4) as x0, y0, x1, y1 in image pixels. scores: (m,), >= 0, one class of Eq. 13.
    rows, columns: size of the image in pixels. The longer side is divided into `cells_long_side` cells.
    maximum: the score that becomes 1. None takes this map's own highest cell, so that one image can be
    read; a common value makes maps of different images comparable.

    Returns (h, w) in [0, 1]; cells that no window covers are 0.
    """
    area = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    value = np.asarray(scores, dtype=np.float64)
    if len(area) != len(value) or not np.isfinite(value).all():
        raise ValueError(f"one finite score a box: {area.shape}, {value.shape}")
    cell = max(rows, columns) / cells_long_side
    height, width = (max(1, round(side / cell)) for side in (rows, columns))
    across = _covered(area[:, 0], area[:, 2], cells=width, side=columns)
    down = _covered(area[:, 1], area[:, 3], cells=height, side=rows)
    weight = down.T @ across
    total = (down * value[:, None]).T @ across
    mean = np.divide(total, weight, out=np.zeros_like(total), where=weight > _TOLERANCE)
    top = float(mean.max()) if maximum is None else maximum
    if top <= 0:
        return np.zeros((height, width), dtype=np.float32)
    return np.clip(mean / top, 0.0, 1.0).astype(np.float32)


def top_boxes(boxes: ArrayLike, scores: ArrayLike, k: int, *, max_iom: float = 0.5) -> list[int]:
    """Indexes of up to k boxes, best first, leaving out any that overlaps a better one by IoM >= max_iom.

    boxes: (m, 4) in image pixels. scores: (m,). Boxes with score 0 are never among them (region selection
    gives 0 to all but the k most suspicious regions). Equal scores go in the order of the grid.
    """
    area = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    value = np.asarray(scores, dtype=np.float64)
    chosen: list[int] = []
    for index in np.argsort(-value, kind="stable"):
        if len(chosen) >= k or not value[index] > 0:
            break
        if not chosen or float(_iom(area[index], area[chosen]).max()) < max_iom - _TOLERANCE:
            chosen.append(int(index))
    return chosen


def _covered(start: FloatArray, end: FloatArray, *, cells: int, side: int) -> FloatArray:
    """(m, cells) share of each cell of a line of `side` pixels that [start, end] covers."""
    edge = np.linspace(0.0, float(side), cells + 1)
    low = np.maximum(start[:, None], edge[None, :-1])
    high = np.minimum(end[:, None], edge[None, 1:])
    return np.asarray(np.clip(high - low, 0.0, None) / (edge[1] - edge[0]), dtype=np.float64)


def _iom(box: FloatArray, others: FloatArray) -> FloatArray:
    """(n,) intersection over the smaller area of one box with n others."""
    corner = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    common = np.clip(corner, 0.0, None).prod(axis=1)
    smaller = np.minimum((box[2:] - box[:2]).prod(), (others[:, 2:] - others[:, :2]).prod(axis=1))
    return np.asarray(common / smaller, dtype=np.float64)
