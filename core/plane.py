"""The probability plane as a place to measure in: decision areas, confusion, and operating points (Fig. 6, Table III).

Letters: n images, g cells along each side of the plane, r regions of all images together.

A position is (p(y_M = 1 | x), p(y_B = 1 | x)), x to the right and y up, both in [0, 1]. Three classes share the
plane, in the order N, B, M; an image with both findings counts as M, as in the paper's Table III.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.domain import Label
from core.errors import UserError
from core.metrics import FrocImage

FloatArray = NDArray[np.float64]
Classes = NDArray[np.int8]

PLANE_CLASSES = (Label.NORMAL, Label.BENIGN, Label.MALIGNANT)
CLASS_WORDS = ("normal", "benign", "malignant")
UNKNOWN = -1  # the class of an image without a label
CELLS = 128  # g
MOST_FOR_SVM = 2000  # a kernel SVM takes time with the square of the images
_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class DecisionAreas:
    """A one-vs-rest kernel SVM in the plane, and the class that it gives to every place.

    cells: (g, g) class of each cell, row 0 at y = 0, column 0 at x = 0. trained_on: images that it learned from;
    of: training images that there were.
    """

    classifier: Any
    cells: Classes
    trained_on: int
    of: int

    def classes_of(self, position: FloatArray) -> Classes:
        """Classes of (n, 2) positions: (n,), indices into PLANE_CLASSES."""
        if not len(position):
            return np.zeros(0, np.int8)
        predicted: Classes = self.classifier.predict(position).astype(np.int8)
        return predicted


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What calling every image with p(y_M = 1) >= threshold malignant does. None where a class has no image."""

    threshold: float
    called: int
    true_positive: int
    positive: int
    negative: int

    @property
    def sensitivity(self) -> float | None:
        """Share of the malignant images that are called."""
        return self.true_positive / self.positive if self.positive else None

    @property
    def specificity(self) -> float | None:
        """Share of the other images that are not called."""
        false_positive = self.called - self.true_positive
        return 1.0 - false_positive / self.negative if self.negative else None


@dataclass(frozen=True, eq=False, slots=True)
class FrocPoints:
    """FROC over the images called at one threshold: (g + 1,) each, from (0, 0) at an infinite region threshold."""

    fppi: FloatArray
    sensitivity: FloatArray
    threshold: FloatArray

    def index_at(self, region_threshold: float) -> int:
        """The last point whose regions all score at least `region_threshold`."""
        return int(np.flatnonzero(self.threshold >= region_threshold)[-1])

    def index_within(self, fppi: float) -> int:
        """The last point with no more than `fppi` false positive regions a called image."""
        return int(np.flatnonzero(self.fppi <= fppi + _TOLERANCE)[-1])


def class_of(label: Label | None) -> int:
    """Index of a label into PLANE_CLASSES; M and MB are one class. UNKNOWN without a label."""
    if label is None:
        return UNKNOWN
    return 2 if label.is_malignant else PLANE_CLASSES.index(label)


def decision_areas(
    position: FloatArray, classes: Classes, *, most: int = MOST_FOR_SVM, seed: int = 0, cells: int = CELLS
) -> DecisionAreas:
    """One-vs-rest kernel SVM over the plane (Sec. V, Table III): RBF kernel, classes weighted to balance.

    position: (n, 2), training images only. classes: (n,), UNKNOWN ones are left out. More than `most` images
    are thinned to that many, class by class in proportion, by `seed`; the result says so.

    Raises UserError where a class has no image.
    """
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.svm import SVC

    known = np.flatnonzero(classes != UNKNOWN)
    missing = [word for index, word in enumerate(CLASS_WORDS) if not (classes[known] == index).any()]
    if missing:
        raise UserError(
            f"There are no decision areas: no scored training image is labelled {' or '.join(missing)}."
        )
    chosen = _thinned(classes, known, most=most, seed=seed)
    classifier = OneVsRestClassifier(SVC(kernel="rbf", class_weight="balanced"))
    classifier.fit(position[chosen], classes[chosen])
    middle = (np.arange(cells) + 0.5) / cells
    places = np.stack(np.meshgrid(middle, middle), axis=-1).reshape(-1, 2)
    grid = classifier.predict(places).astype(np.int8).reshape(cells, cells)
    return DecisionAreas(classifier, grid, trained_on=len(chosen), of=len(known))


def confusion(truth: Classes, predicted: Classes) -> NDArray[np.int64]:
    """(3, 3) counts, row by truth and column by prediction; images of unknown class are left out."""
    known = (truth != UNKNOWN) & (predicted != UNKNOWN)
    pair = truth[known].astype(np.int64) * 3 + predicted[known]
    return np.bincount(pair, minlength=9).reshape(3, 3)


class CallTable:
    """Scores sorted once, so that an operating point costs two look-ups."""

    def __init__(self, score: ArrayLike, is_positive: ArrayLike) -> None:
        values = np.asarray(score, np.float64)
        positive = np.asarray(is_positive, bool)
        self._all = np.sort(values)
        self._positive = np.sort(values[positive])

    def at(self, threshold: float) -> OperatingPoint:
        """What calling at score >= threshold does."""
        total, positive = len(self._all), len(self._positive)
        return OperatingPoint(
            threshold=threshold,
            called=total - int(np.searchsorted(self._all, threshold, "left")),
            true_positive=positive - int(np.searchsorted(self._positive, threshold, "left")),
            positive=positive,
            negative=total - positive,
        )


class FrocTable:
    """Regions of all images sorted once by falling score, so that the curve of any operating point is one sum.

    Counts as core.metrics.froc does: each region without a hit is a false positive, an image's best hit is its true
    one, regions with score 0 are never shown, and both are taken over the images called at the threshold.
    """

    def __init__(self, images: Iterable[FrocImage]) -> None:
        listed = list(images)
        self.probability = np.array([image.probability for image in listed], np.float64)
        self.is_positive = np.array([image.is_positive for image in listed], bool)
        parts = [_events(image) for image in listed]
        score = np.concatenate([np.zeros(0), *(part[0] for part in parts)])
        is_true = np.concatenate([np.zeros(0, bool), *(part[1] for part in parts)])
        owner = np.repeat(np.arange(len(listed)), [len(part[0]) for part in parts])
        order = np.argsort(-score, kind="stable")
        self._score, self._is_true, self._owner = score[order], is_true[order], owner[order]

    @property
    def events(self) -> int:
        """Regions that may be shown: what a curve costs."""
        return len(self._score)

    def curve(self, threshold: float) -> FrocPoints | None:
        """FROC over the images with p(y_M = 1) >= threshold; None where none of them is malignant."""
        called = self.probability >= threshold
        positive = int((called & self.is_positive).sum())
        if not positive:
            return None
        shown = called[self._owner]
        score, is_true = self._score[shown], self._is_true[shown]
        ends = np.flatnonzero(np.r_[score[1:] != score[:-1], True]) if len(score) else np.zeros(0, np.intp)
        true, false = np.cumsum(is_true)[ends], np.cumsum(~is_true)[ends]
        return FrocPoints(
            fppi=np.r_[0.0, false / called.sum()],
            sensitivity=np.r_[0.0, true / positive],
            threshold=np.r_[np.inf, score[ends]],
        )


def _thinned(classes: Classes, known: NDArray[np.intp], *, most: int, seed: int) -> NDArray[np.intp]:
    """At most about `most` of the known images, every class in proportion and none empty; sorted."""
    if len(known) <= most:
        return known
    generator = np.random.default_rng(seed)
    parts = []
    for index in range(len(PLANE_CLASSES)):
        members = known[classes[known] == index]
        count = max(1, round(most * len(members) / len(known)))
        parts.append(generator.choice(members, count, replace=False))
    return np.sort(np.concatenate(parts))


def _events(image: FrocImage) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Scores of what one image can show, and which of them is its true positive."""
    hit = image.is_hit & image.is_positive
    false = image.score[~hit & (image.score > 0)].astype(np.float64)
    best = image.score[hit].max(initial=0.0)
    true = np.array([best] if best > 0 else [], np.float64)
    return np.r_[false, true], np.r_[np.zeros(len(false), bool), np.ones(len(true), bool)]
