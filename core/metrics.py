"""Measures of classification and of localisation, with patient-level bootstrap intervals.

Letters: n images, r resamples, g distinct scores (points of a curve), e events of an FROC.

A measure that the data cannot carry (one class only, no image called) is None, never NaN. All of them are
computed for many weightings of the images at once: a resample of patients is a row of integer weights, and
the plain measure is the row of ones.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

HIGH_SENSITIVITY = 0.8  # pAUCR is taken over sensitivity [0.8, 1]
OPERATING_SENSITIVITY = 0.85  # where FROC calls an image
FPPI_LEVELS = (0.25, 0.5, 1.0, 2.0, 4.0)
RESAMPLES = 1000
_BLOCK = 64  # resamples worked on at once: keeps a block in the cache
_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class RocCurve:
    """Points of an ROC curve from (sensitivity 0, specificity 1) on, one more for each distinct score.

    sensitivity, specificity, threshold: (g + 1,); an image is called positive at score >= threshold; the
    first threshold is infinite.
    """

    sensitivity: FloatArray
    specificity: FloatArray
    threshold: FloatArray


@dataclass(frozen=True, slots=True)
class Interval:
    """A percentile bootstrap interval; `resamples` counts the resamples in which the measure existed."""

    low: float
    high: float
    resamples: int


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
        return float(self.sensitivity[np.flatnonzero(self.fppi <= fppi + _TOLERANCE)[-1]])


def roc_curve(score: ArrayLike, is_positive: ArrayLike) -> RocCurve | None:
    """ROC curve of (n,) scores. None unless both classes are there. Equal scores make one (slanted) step."""
    ranked = _Ranked(score, is_positive)
    sensitivity, false_rate = ranked.rates(ranked.ones)
    if np.isnan(sensitivity).any() or np.isnan(false_rate).any():
        return None
    return RocCurve(sensitivity[0], 1.0 - false_rate[0], np.r_[np.inf, ranked.distinct])


def auroc(score: ArrayLike, is_positive: ArrayLike) -> float | None:
    """Area under the ROC curve = P(a positive scores above a negative) + half of P(they tie)."""
    ranked = _Ranked(score, is_positive)
    return _plain(auroc_of(*ranked.rates(ranked.ones)))


def paucr(score: ArrayLike, is_positive: ArrayLike, *, low: float = HIGH_SENSITIVITY) -> float | None:
    """Mean specificity over sensitivity [low, 1]: the paper's pAUCR with low = 0.8.

    Every segment of the curve is integrated exactly; np.interp over repeated sensitivities is not exact.
    Equals the Mann-Whitney statistic over the lowest-scored fraction (1 - low) of the positives.
    """
    ranked = _Ranked(score, is_positive)
    return _plain(paucr_of(*ranked.rates(ranked.ones), low=low))


def specificity_at(score: ArrayLike, is_positive: ArrayLike, *, sensitivity: float) -> float | None:
    """Specificity where the ROC curve, interpolated linearly, first reaches `sensitivity`, in (0, 1]."""
    ranked = _Ranked(score, is_positive)
    return _plain(specificity_of(*ranked.rates(ranked.ones), at=sensitivity))


def operating_threshold(
    score: ArrayLike, is_positive: ArrayLike, *, sensitivity: float = OPERATING_SENSITIVITY
) -> float | None:
    """The highest score that, as a threshold (score >= it), calls at least that share of the positives."""
    positive = np.sort(np.asarray(score, dtype=np.float64)[np.asarray(is_positive, dtype=bool)])[::-1]
    if not len(positive):
        return None
    needed = int(np.ceil(sensitivity * len(positive) - _TOLERANCE))
    return float(positive[max(needed, 1) - 1])


def froc(images: Sequence[FrocImage], *, sensitivity: float = OPERATING_SENSITIVITY) -> FrocCurve | None:
    """FROC curve at the operating point; None without a positive image. Regions with score 0 are never shown."""
    probability = np.array([image.probability for image in images], dtype=np.float64)
    is_positive = np.array([image.is_positive for image in images], dtype=bool)
    threshold = operating_threshold(probability, is_positive, sensitivity=sensitivity)
    if threshold is None:
        return None
    events = _Events(images, sensitivity)
    called = probability >= threshold
    fppi, reached = events.curves(np.ones((1, len(images))))
    return FrocCurve(
        fppi=fppi[0],
        sensitivity=reached[0],
        threshold=np.r_[np.inf, events.distinct],
        called=int(called.sum()),
        true_positive=int((called & is_positive).sum()),
        operating_threshold=threshold,
    )


def breast_maximum(
    score: ArrayLike, is_positive: ArrayLike, breast: Sequence[Hashable]
) -> tuple[FloatArray, BoolArray, list[Hashable]]:
    """Maximum over the views of one breast: scores (b,), labels (b,) (any view positive), and the breasts."""
    keys = list(dict.fromkeys(breast))
    index = _index_of(breast)
    highest = np.full(len(keys), -np.inf)
    np.maximum.at(highest, index, np.asarray(score, dtype=np.float64))
    any_positive = np.zeros(len(keys), dtype=bool)
    np.logical_or.at(any_positive, index, np.asarray(is_positive, dtype=bool))
    return highest, any_positive, keys


def patient_weights(patient: Sequence[Hashable], *, resamples: int, seed: int) -> FloatArray:
    """(r, n) how often each image is drawn when as many patients as there are are drawn with replacement."""
    index = _index_of(patient)
    count = int(index.max()) + 1 if len(index) else 0
    if count == 0:
        return np.zeros((resamples, 0))
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1.0 / count), size=resamples)
    return drawn[:, index].astype(np.float64)


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

    NaN in resamples that hold one class only. The same patients and seed give the same resamples, so values
    of two models can be subtracted pair by pair.
    """
    ranked = _Ranked(score, is_positive)
    names = ["auroc", "paucr", *(specificity_name(s) for s in sensitivities)]

    def measures(weight: FloatArray) -> FloatArray:
        rates = ranked.rates(weight)
        specificities = [specificity_of(*rates, at=s) for s in sensitivities]
        return np.stack([auroc_of(*rates), paucr_of(*rates), *specificities], axis=1)

    values = _in_blocks(measures, patient_weights(patient, resamples=resamples, seed=seed))
    return {name: values[:, column] for column, name in enumerate(names)}


def froc_resamples(
    images: Sequence[FrocImage],
    patient: Sequence[Hashable],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    levels: Sequence[float] = FPPI_LEVELS,
    sensitivity: float = OPERATING_SENSITIVITY,
) -> dict[float, FloatArray]:
    """Sensitivity at each FPPI level in each of (r,) resamples, each at its own operating point; else NaN."""
    events = _Events(images, sensitivity)

    def measures(weight: FloatArray) -> FloatArray:
        fppi, reached = events.curves(weight)
        return np.stack([_step(fppi, reached, level) for level in levels], axis=1)

    values = _in_blocks(measures, patient_weights(patient, resamples=resamples, seed=seed))
    return {level: values[:, column] for column, level in enumerate(levels)}


def interval_of(values: FloatArray) -> Interval | None:
    """95 % percentile interval of (r,) resampled values; None where fewer than half of them exist."""
    there = values[~np.isnan(values)]
    if 2 * len(there) < len(values) or not len(there):
        return None
    low, high = np.percentile(there, [2.5, 97.5])
    return Interval(float(low), float(high), len(there))


def specificity_name(sensitivity: float) -> str:
    """The key under which a specificity is told, e.g. 'specificity@0.85'."""
    return f"specificity@{sensitivity:.2f}"


def auroc_of(sensitivity: FloatArray, false_rate: FloatArray) -> FloatArray:
    """(r,) areas under (r, g + 1) curves."""
    rise = np.diff(false_rate, axis=1)
    area: FloatArray = (rise * (sensitivity[:, 1:] + sensitivity[:, :-1]) / 2).sum(axis=1)
    return _where_defined(area, sensitivity, false_rate)


def paucr_of(sensitivity: FloatArray, false_rate: FloatArray, *, low: float = HIGH_SENSITIVITY) -> FloatArray:
    """(r,) mean specificities over sensitivity [low, 1] of (r, g + 1) curves, segment by segment."""
    s0, s1 = sensitivity[:, :-1], sensitivity[:, 1:]
    f0, f1 = false_rate[:, :-1], false_rate[:, 1:]
    start = np.clip(low, s0, s1)
    height = s1 - s0
    share = np.divide(start - s0, height, out=np.zeros_like(height), where=height > 0)
    at_start = f0 + share * (f1 - f0)
    area: FloatArray = ((s1 - start) * (1.0 - (at_start + f1) / 2)).sum(axis=1)
    return _where_defined(area / (1.0 - low), sensitivity, false_rate)


def specificity_of(sensitivity: FloatArray, false_rate: FloatArray, *, at: float) -> FloatArray:
    """(r,) specificities of (r, g + 1) curves where they first reach the sensitivity `at`."""
    first = np.argmax(sensitivity >= at - _TOLERANCE, axis=1)
    row = np.arange(len(sensitivity))
    s0, s1 = sensitivity[row, first - 1], sensitivity[row, first]
    f0, f1 = false_rate[row, first - 1], false_rate[row, first]
    height = s1 - s0
    share = np.divide(at - s0, height, out=np.zeros_like(height), where=height > 0)
    value = 1.0 - (f0 + np.clip(share, 0.0, 1.0) * (f1 - f0))
    return _where_defined(value, sensitivity, false_rate)


class _Ranked:
    """Images sorted once by falling score, ready to be weighted many times."""

    def __init__(self, score: ArrayLike, is_positive: ArrayLike) -> None:
        values = np.asarray(score, dtype=np.float64)
        if values.ndim != 1 or not np.isfinite(values).all():
            raise ValueError("scores must be one finite number an image")
        self._order = np.argsort(-values, kind="stable")
        self._positive = np.asarray(is_positive, dtype=bool)[self._order].astype(np.float64)
        self._ends = _group_ends(values[self._order])
        self.distinct = values[self._order][self._ends]
        self.ones = np.ones((1, len(values)))

    def rates(self, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(r, g + 1) sensitivities and false positive rates for (r, n) weights; NaN where a class has none."""
        ordered = weight[:, self._order]
        positive = np.cumsum(ordered * self._positive, axis=1)[:, self._ends]
        negative = np.cumsum(ordered * (1.0 - self._positive), axis=1)[:, self._ends]
        return _share_of_last(positive), _share_of_last(negative)


class _Events:
    """What happens while the FROC threshold falls: a false positive region, or an image's best true one."""

    def __init__(self, images: Sequence[FrocImage], sensitivity: float) -> None:
        self._sensitivity = sensitivity
        self._probability = np.array([image.probability for image in images], dtype=np.float64)
        self._positive = np.array([image.is_positive for image in images], dtype=bool)
        scores, owners, hits = [np.zeros(0)], [np.zeros(0, dtype=np.intp)], [np.zeros(0, dtype=bool)]
        for index, image in enumerate(images):
            shown = _shown(image)
            scores.append(shown[0])
            hits.append(shown[1])
            owners.append(np.full(len(shown[0]), index))
        score = np.concatenate(scores)
        order = np.argsort(-score, kind="stable")
        self._owner = np.concatenate(owners)[order]
        self._hit = np.concatenate(hits)[order].astype(np.float64)
        self._ends = _group_ends(score[order])
        self.distinct = score[order][self._ends]

    def curves(self, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(r, g + 1) FPPI and sensitivity for (r, n) weights; NaN where no positive image is drawn."""
        called = np.where(self._probability >= self._thresholds(weight)[:, None], weight, 0.0)
        at_event = called[:, self._owner]
        true = np.cumsum(at_event * self._hit, axis=1)[:, self._ends]
        false = np.cumsum(at_event * (1.0 - self._hit), axis=1)[:, self._ends]
        return _share(false, called.sum(axis=1)), _share(true, called[:, self._positive].sum(axis=1))

    def _thresholds(self, weight: FloatArray) -> FloatArray:
        """(r,) operating thresholds; NaN (nothing is called) where no positive image is drawn."""
        if not self._positive.any():
            return np.full(len(weight), np.nan)
        order = np.argsort(-self._probability[self._positive], kind="stable")
        drawn = np.cumsum(weight[:, self._positive][:, order], axis=1)
        needed = np.maximum(np.ceil(self._sensitivity * drawn[:, -1] - _TOLERANCE), 1.0)
        first = np.argmax(drawn >= needed[:, None], axis=1)
        threshold = self._probability[self._positive][order][first]
        return np.where(drawn[:, -1] > 0, threshold, np.nan)


def _shown(image: FrocImage) -> tuple[FloatArray, BoolArray]:
    """Events of one image: each false positive region, and the best hit of a positive image."""
    hit = image.is_hit & image.is_positive
    false = image.score[~hit & (image.score > 0)].astype(np.float64)
    best = float(image.score[hit].max()) if hit.any() else 0.0
    true = np.array([best] if best > 0 else [], dtype=np.float64)
    is_true = np.r_[np.zeros(len(false), dtype=bool), np.ones(len(true), dtype=bool)]
    return np.concatenate([false, true]), is_true


def _where_defined(value: FloatArray, sensitivity: FloatArray, false_rate: FloatArray) -> FloatArray:
    """NaN where a class is missing: also where a curve has no segment at all."""
    return np.where(np.isnan(sensitivity[:, -1] + false_rate[:, -1]), np.nan, value)


def _group_ends(ordered: FloatArray) -> NDArray[np.intp]:
    """Positions of the last of each run of equal values."""
    if not len(ordered):
        return np.zeros(0, dtype=np.intp)
    return np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True])


def _share_of_last(cumulative: FloatArray) -> FloatArray:
    total = cumulative[:, -1] if cumulative.shape[1] else np.zeros(len(cumulative))
    return _share(cumulative, total)


def _share(cumulative: FloatArray, total: FloatArray) -> FloatArray:
    """(r, g + 1): 0, then cumulative / total; rows without a total are NaN throughout."""
    start = np.zeros((len(cumulative), 1))
    whole = np.concatenate([start, cumulative], axis=1)
    column = total[:, None]
    share: FloatArray = np.divide(whole, column, out=np.full_like(whole, np.nan), where=column > 0)
    return share


def _step(fppi: FloatArray, reached: FloatArray, level: float) -> FloatArray:
    last = (fppi <= level + _TOLERANCE).sum(axis=1) - 1
    step: FloatArray = reached[np.arange(len(reached)), last]
    return step


def _in_blocks(measures: Callable[[FloatArray], FloatArray], weight: FloatArray) -> FloatArray:
    return np.concatenate([measures(weight[at : at + _BLOCK]) for at in range(0, len(weight), _BLOCK)])


def _index_of(keys: Sequence[Hashable]) -> NDArray[np.intp]:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp)


def _plain(values: FloatArray) -> float | None:
    return None if np.isnan(values[0]) else float(values[0])
