"""FROC: how many lesions are found while how many regions are shown falsely, plain and for many resamples at once.

Letters: n images, r resamples, g distinct scores, e false events, l levels of FPPI.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.metrics.resampling import RESAMPLES, BoolArray, FloatArray, carries, in_blocks, patient_draws
from core.metrics.roc import OPERATING_SENSITIVITY, TOLERANCE, group_ends, operating_threshold

FPPI_LEVELS = (0.25, 0.5, 1.0, 2.0, 4.0)
# False events are counted in so many stretches first, then one by one in the stretch where a level is passed.
_STRETCHES = 256


@dataclass(frozen=True, eq=False, slots=True)
class FrocImage:
    """One image for FROC of one class c.

    probability: p(y_c = 1 | x). score: (m,), d^c of each region. is_hit: (m,), whether the region has
    IoM >= 0.5 with a true contour of class c; all False where the image holds none.
    """

    probability: float
    is_positive: bool
    score: FloatArray
    is_hit: BoolArray

    def __post_init__(self) -> None:
        if self.score.ndim != 1 or self.score.shape != self.is_hit.shape:
            raise ValueError(f"one score and one hit a region: {self.score.shape}, {self.is_hit.shape}")


@dataclass(frozen=True, eq=False, slots=True)
class FrocCurve:
    """FROC over the images called c.

    fppi, sensitivity, threshold: (g + 1,), from (0, 0) at an infinite threshold (no region shown) on. called: images called c;
    true_positive: those of them that are truly c; operating_threshold: p(y_c = 1) from which they are called.
    """

    fppi: FloatArray
    sensitivity: FloatArray
    threshold: FloatArray
    called: int
    true_positive: int
    operating_threshold: float

    def sensitivity_at(self, fppi: float) -> float:
        """The highest sensitivity reached with no more than `fppi` false positive regions a called image.

        A step, not interpolated: a working threshold must exist at which it is reached.
        """
        return float(self.sensitivity[np.flatnonzero(self.fppi <= fppi + TOLERANCE)[-1]])


def froc(images: Sequence[FrocImage], *, sensitivity: float = OPERATING_SENSITIVITY) -> FrocCurve | None:
    """FROC curve at the operating point; None without a positive image. Regions with score 0 are never shown."""
    probability, is_positive = _judged(images)
    threshold = operating_threshold(probability, is_positive, sensitivity=sensitivity)
    if threshold is None:
        return None
    events = _Events(images)
    called = probability >= threshold
    true_positive = int((called & is_positive).sum())
    score = np.concatenate((events.false_score, events.true_score))
    is_true = np.arange(len(score)) >= len(events.false_score)
    shown = called[np.concatenate((events.false_owner, events.true_owner))]
    order = np.argsort(-score, kind="stable")
    ends = group_ends(score[order])
    false, true = (np.cumsum((shown & which)[order])[ends] for which in (~is_true, is_true))
    return FrocCurve(
        fppi=np.r_[0.0, false / called.sum()],
        sensitivity=np.r_[0.0, true / true_positive],
        threshold=np.r_[np.inf, score[order][ends]],
        called=int(called.sum()),
        true_positive=true_positive,
        operating_threshold=threshold,
    )


def froc_resamples(
    images: Sequence[FrocImage],
    patient: Sequence[Hashable],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    levels: Sequence[float] = FPPI_LEVELS,
    sensitivity: float = OPERATING_SENSITIVITY,
) -> dict[float, FloatArray]:
    """Sensitivity at each FPPI level in each of (r,) resamples, each at its own operating point.

    NaN in resamples without a positive image, and in all of them where fewer than two patients carry one.
    """
    drawn, columns = patient_draws(patient, resamples=resamples, seed=seed)
    probability, is_positive = _judged(images)
    if not carries(columns, is_positive):
        return {level: np.full(resamples, np.nan) for level in levels}
    events = _Events(images)
    ordered = np.flatnonzero(is_positive)[np.argsort(-probability[is_positive], kind="stable")]

    def measures(by_patient: FloatArray) -> FloatArray:
        weight = by_patient.take(columns, axis=1)
        threshold = _thresholds(weight[:, ordered], probability[ordered], sensitivity=sensitivity)
        called = np.where(probability >= threshold[:, None], weight, 0.0)
        return events.sensitivities(called, called[:, is_positive].sum(axis=1), np.array(levels))

    values = in_blocks(measures, drawn)
    return {level: values[:, column] for column, level in enumerate(levels)}


class _Events:
    """What happens while the threshold falls: a false region is shown, or the best true region of a positive image."""

    def __init__(self, images: Sequence[FrocImage]) -> None:
        count = len(images)
        size = [len(image.score) for image in images]
        owner = np.repeat(np.arange(count), size)
        score = np.concatenate([np.zeros(0), *(image.score for image in images)])
        is_hit = np.concatenate([np.zeros(0, dtype=bool), *(image.is_hit for image in images)])
        is_hit &= np.repeat(np.array([image.is_positive for image in images], dtype=bool), size)
        best = np.zeros(count)
        np.maximum.at(best, owner[is_hit], score[is_hit])
        found = np.flatnonzero(best > 0)
        self.true_owner = found[np.argsort(-best[found], kind="stable")]
        self.true_score = best[self.true_owner]
        false = np.flatnonzero(~is_hit & (score > 0))
        false = false[np.argsort(-score[false], kind="stable")]
        self.false_owner, self.false_score = owner[false], score[false]
        # Hits shown before each false event, and before the end.
        before = np.searchsorted(-self.true_score, -self.false_score, side="left")
        self._hits_before = np.append(before, len(found))
        self._stretch = max(1, -(-len(false) // _STRETCHES))
        stretches = max(1, -(-len(false) // self._stretch))
        place = self.false_owner * stretches + np.arange(len(false)) // self._stretch
        # Whole numbers far below 2^24: exact in float32.
        self._counts = (
            np.bincount(place, minlength=count * stretches).reshape(count, stretches).astype(np.float32)
        )
        # Past the last event come events of an image that nobody draws.
        self._owner = np.append(self.false_owner, np.full(self._stretch, count))

    def sensitivities(self, called: FloatArray, positive: FloatArray, levels: FloatArray) -> FloatArray:
        """(r, l) sensitivities at FPPI levels, NaN where nothing positive is called.

        called: (r, n), weights of images, 0 where not called. positive: (r,), their sum over positive images.
        """
        limit = (levels + TOLERANCE) * called.sum(axis=1, keepdims=True)
        event = self._first_beyond(called, limit)
        found = np.zeros((len(called), len(self.true_owner) + 1))
        np.cumsum(called[:, self.true_owner], axis=1, out=found[:, 1:])
        reached = np.take_along_axis(found, self._hits_before[event], axis=1)
        total = np.where(positive > 0, positive, np.nan)[:, None]
        return np.asarray(reached / total)

    def _first_beyond(self, called: FloatArray, limit: FloatArray) -> NDArray[np.intp]:
        """(r, l), the first false event with which the events so far exceed the limit; e where none does."""
        end = len(self.false_owner)
        passed = np.cumsum(called.astype(np.float32) @ self._counts, axis=1, dtype=np.float64)
        is_beyond = passed[:, None, :] > limit[:, :, None]
        stretch = np.argmax(is_beyond, axis=2)
        before = np.where(stretch > 0, np.take_along_axis(passed, np.maximum(stretch - 1, 0), axis=1), 0.0)
        events = np.minimum(stretch * self._stretch, end)[:, :, None] + np.arange(self._stretch)
        row = np.arange(len(called))[:, None, None]
        nobody = np.zeros((len(called), 1))
        weight = np.concatenate((called, nobody), axis=1)[row, self._owner[events]]
        place = np.argmax(before[:, :, None] + np.cumsum(weight, axis=2) > limit[:, :, None], axis=2)
        return np.where(is_beyond[:, :, -1], stretch * self._stretch + place, end)


def _judged(images: Sequence[FrocImage]) -> tuple[FloatArray, BoolArray]:
    probability = np.array([image.probability for image in images], dtype=np.float64)
    return probability, np.array([image.is_positive for image in images], dtype=bool)


def _thresholds(weight: FloatArray, probability: FloatArray, *, sensitivity: float) -> FloatArray:
    """(r,) operating thresholds of positive images by falling probability; NaN, nothing called, where none is drawn."""
    drawn = np.cumsum(weight, axis=1)
    needed = np.maximum(np.ceil(sensitivity * drawn[:, -1] - TOLERANCE), 1.0)
    first = np.argmax(drawn >= needed[:, None], axis=1)
    return np.where(drawn[:, -1] > 0, probability[first], np.nan)
