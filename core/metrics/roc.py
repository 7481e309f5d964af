"""ROC curves and what is read off them, plain and for many resamples at once.

Letters: n images, r resamples, g distinct scores, k distinct scores of positive images (where a curve rises).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.metrics.resampling import (
    RESAMPLES,
    BoolArray,
    FloatArray,
    carries,
    in_blocks,
    index_of,
    patient_draws,
)

HIGH_SENSITIVITY = 0.8  # pAUCR is taken over sensitivity [0.8, 1]
OPERATING_SENSITIVITY = 0.85  # where FROC calls an image
TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class RocCurve:
    """Points of an ROC curve from (sensitivity 0, specificity 1) on, one more for each distinct score.

    sensitivity, specificity, threshold: (g + 1,); an image is called positive at score >= threshold; the
    first threshold is infinite.
    """

    sensitivity: FloatArray
    specificity: FloatArray
    threshold: FloatArray


@dataclass(frozen=True, eq=False, slots=True)
class Rises:
    """Where r curves rise, from left to right: from (false0, sensitivity0) to (false1, sensitivity1), (r, k) each.

    Between two rises a curve runs level. All are NaN in rows that lack a class.
    """

    sensitivity0: FloatArray
    sensitivity1: FloatArray
    false0: FloatArray
    false1: FloatArray

    def auroc(self) -> FloatArray:
        """(r,) areas under the curves, as the mean specificity over all sensitivities."""
        height = self.sensitivity1 - self.sensitivity0
        area: FloatArray = (height * (1.0 - (self.false0 + self.false1) / 2)).sum(axis=1)
        return area

    def paucr(self, *, low: float = HIGH_SENSITIVITY) -> FloatArray:
        """(r,) mean specificities over sensitivity [low, 1], rise by rise."""
        start = np.clip(low, self.sensitivity0, self.sensitivity1)
        height = self.sensitivity1 - self.sensitivity0
        share = np.divide(start - self.sensitivity0, height, out=np.zeros_like(height), where=height > 0)
        at_start = self.false0 + share * (self.false1 - self.false0)
        area: FloatArray = ((self.sensitivity1 - start) * (1.0 - (at_start + self.false1) / 2)).sum(axis=1)
        return area / (1.0 - low)

    def specificity(self, *, at: float) -> FloatArray:
        """(r,) specificities where the curves first reach the sensitivity `at`."""
        row = np.arange(len(self.sensitivity1))
        here = row, np.argmax(self.sensitivity1 >= at - TOLERANCE, axis=1)
        before, height = self.sensitivity0[here], self.sensitivity1[here] - self.sensitivity0[here]
        share = np.divide(at - before, height, out=np.zeros_like(height), where=height > 0)
        rise = self.false1[here] - self.false0[here]
        value: FloatArray = 1.0 - (self.false0[here] + np.clip(share, 0.0, 1.0) * rise)
        return value


class Ranked:
    """Images sorted once by falling score, ready to be weighted many times.

    columns: (n,), the column of a row of weights that weighs each image; by default its own.
    """

    def __init__(
        self, score: ArrayLike, is_positive: ArrayLike, *, columns: NDArray[np.intp] | None = None
    ) -> None:
        values = np.asarray(score, dtype=np.float64)
        if values.ndim != 1 or not np.isfinite(values).all():
            raise ValueError("scores must be one finite number an image")
        positive = np.asarray(is_positive, dtype=bool)
        columns = np.arange(len(values)) if columns is None else columns
        high, low = (values[which] for which in (positive, ~positive))
        high_order, low_order = (np.argsort(-part, kind="stable") for part in (high, low))
        self._positive = columns[positive][high_order]
        self._negative = columns[~positive][low_order]
        falling = -high[high_order]
        self._rise = np.flatnonzero(np.diff(falling, prepend=-np.inf) != 0)
        # How many negatives score above each rise, and how many at or above it; counted where those numbers change.
        above, upto = (
            np.searchsorted(-low[low_order], falling[self._rise], side=s) for s in ("left", "right")
        )
        cuts = np.unique(np.concatenate(([0], above, upto)))
        self._above, self._upto = np.searchsorted(cuts, above), np.searchsorted(cuts, upto)
        self._has_ties = bool((above < upto).any())
        self._cuts = cuts[cuts < len(low)]

    @property
    def has_both(self) -> bool:
        """Whether there is an image of each class."""
        return bool(len(self._positive) and len(self._negative))

    def rises(self, weight: FloatArray) -> Rises:
        """The rises of the curves of (r, columns) weights. Only where there is an image of each class."""
        drawn = weight.take(self._positive, axis=1)
        reached = np.cumsum(np.add.reduceat(drawn, self._rise, axis=1), axis=1)
        passed = np.cumsum(np.add.reduceat(weight.take(self._negative, axis=1), self._cuts, axis=1), axis=1)
        none = np.zeros((len(weight), 1))
        passed = _share_of_last(np.concatenate((none, passed), axis=1))
        reached = _share_of_last(np.concatenate((none, reached), axis=1))
        lacks = np.isnan(passed[:, -1] + reached[:, -1])
        passed[lacks] = reached[lacks] = np.nan
        above = passed.take(self._above, axis=1)
        upto = passed.take(self._upto, axis=1) if self._has_ties else above
        return Rises(reached[:, :-1], reached[:, 1:], above, upto)


def roc_curve(score: ArrayLike, is_positive: ArrayLike) -> RocCurve | None:
    """ROC curve of (n,) scores. None unless both classes are there. Equal scores make one (slanted) step."""
    ranked = Ranked(score, is_positive)
    if not ranked.has_both:
        return None
    values = np.asarray(score, dtype=np.float64)
    order = np.argsort(-values, kind="stable")
    ends = group_ends(values[order])
    positive = np.cumsum(np.asarray(is_positive, dtype=bool)[order])[ends]
    negative = ends + 1 - positive
    sensitivity, false_rate = (np.r_[0.0, count / count[-1]] for count in (positive, negative))
    return RocCurve(sensitivity, 1.0 - false_rate, np.r_[np.inf, values[order][ends]])


def auroc(score: ArrayLike, is_positive: ArrayLike) -> float | None:
    """Area under the ROC curve = P(a positive scores above a negative) + half of P(they tie)."""
    rises = _plain_rises(score, is_positive)
    return None if rises is None else float(rises.auroc()[0])


def paucr(score: ArrayLike, is_positive: ArrayLike, *, low: float = HIGH_SENSITIVITY) -> float | None:
    """Mean specificity over sensitivity [low, 1]: the paper's pAUCR with low = 0.8.

    Every rise of the curve is integrated exactly; np.interp over repeated sensitivities is not exact.
    Equals the Mann-Whitney statistic over the lowest-scored fraction (1 - low) of the positives.
    """
    rises = _plain_rises(score, is_positive)
    return None if rises is None else float(rises.paucr(low=low)[0])


def specificity_at(score: ArrayLike, is_positive: ArrayLike, *, sensitivity: float) -> float | None:
    """Specificity where the ROC curve, interpolated linearly, first reaches `sensitivity`, in (0, 1]."""
    rises = _plain_rises(score, is_positive)
    return None if rises is None else float(rises.specificity(at=sensitivity)[0])


def operating_threshold(
    score: ArrayLike, is_positive: ArrayLike, *, sensitivity: float = OPERATING_SENSITIVITY
) -> float | None:
    """The highest score that, as a threshold (score >= it), calls at least that share of the positives."""
    positive = np.sort(np.asarray(score, dtype=np.float64)[np.asarray(is_positive, dtype=bool)])[::-1]
    if not len(positive):
        return None
    needed = int(np.ceil(sensitivity * len(positive) - TOLERANCE))
    return float(positive[max(needed, 1) - 1])


def breast_maximum(
    score: ArrayLike, is_positive: ArrayLike, breast: Sequence[Hashable]
) -> tuple[FloatArray, BoolArray, list[Hashable]]:
    """Maximum over the views of one breast: scores (b,), labels (b,) (any view positive), and the breasts."""
    keys = list(dict.fromkeys(breast))
    index = index_of(breast)
    highest = np.full(len(keys), -np.inf)
    np.maximum.at(highest, index, np.asarray(score, dtype=np.float64))
    any_positive = np.zeros(len(keys), dtype=bool)
    np.logical_or.at(any_positive, index, np.asarray(is_positive, dtype=bool))
    return highest, any_positive, keys


def roc_resamples(
    score: ArrayLike,
    is_positive: ArrayLike,
    patient: Sequence[Hashable],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    sensitivities: Sequence[float] = (0.85, 0.90),
) -> dict[str, FloatArray]:
    """'auroc', 'paucr' and 'specificity@<sensitivity>' in each of (r,) resamples of patients.

    NaN in resamples that hold one class only, and in all of them where fewer than two patients carry a class. The
    same patients and seed give the same resamples, so values of two models can be subtracted pair by pair.
    """
    names = ["auroc", "paucr", *(specificity_name(s) for s in sensitivities)]
    drawn, columns = patient_draws(patient, resamples=resamples, seed=seed)
    ranked = Ranked(score, is_positive, columns=columns)
    positive = np.asarray(is_positive, dtype=bool)
    if not (carries(columns, positive) and carries(columns, ~positive)):
        return {name: np.full(resamples, np.nan) for name in names}

    def measures(weight: FloatArray) -> FloatArray:
        rises = ranked.rises(weight)
        specificities = [rises.specificity(at=s) for s in sensitivities]
        return np.stack([rises.auroc(), rises.paucr(), *specificities], axis=1)

    values = in_blocks(measures, drawn)
    return {name: values[:, column] for column, name in enumerate(names)}


def specificity_name(sensitivity: float) -> str:
    """The key under which a specificity is told, e.g. 'specificity@0.85'."""
    return f"specificity@{sensitivity:.2f}"


def group_ends(ordered: FloatArray) -> NDArray[np.intp]:
    """Positions of the last of each run of equal values."""
    if not len(ordered):
        return np.zeros(0, dtype=np.intp)
    return np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True])


def _plain_rises(score: ArrayLike, is_positive: ArrayLike) -> Rises | None:
    ranked = Ranked(score, is_positive)
    return ranked.rises(np.ones((1, len(np.asarray(score))))) if ranked.has_both else None


def _share_of_last(cumulative: FloatArray) -> FloatArray:
    """Each row divided by its last number; rows that end in 0 are NaN throughout."""
    total = cumulative[:, -1:]
    total[total == 0] = np.nan
    return cumulative / total
