"""What a ranking strategy sees: candidates, and their regions side by side in plain arrays.

Letters: n candidates, T regions of all of them together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.domain import ImageId, Label
from core.prediction import Prediction
from core.ranking.evidence import Evidence

FloatArray = NDArray[np.float64]
FIRST = 100  # images chosen together where nobody says how many


@dataclass(frozen=True, eq=False, slots=True)
class Candidate:
    """An image that a reader could annotate next, or one that stands beside them.

    patient_id, breast: any keys; a breast's key differs between patients. prediction, evidence: of the current model,
    None where the image is not scored yet.
    """

    image_id: ImageId
    patient_id: Hashable
    breast: Hashable
    label: Label | None
    prediction: Prediction | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Annotated:
    """An image whose contours are drawn already: what the model says of it, and what its regions are.

    region_labels: (m,) RegionLabel, in the order of the prediction's regions.
    """

    image: Candidate
    region_labels: NDArray[np.int8]


@dataclass(frozen=True, eq=False, slots=True)
class Opinion:
    """What a strategy says about a pool: (n,) values, higher = sooner, and one human line for each image."""

    score: FloatArray
    reason: Sequence[str]


class Pool:
    """The candidates of one ranking, with what the model says of them as arrays.

    Regions of candidate i are the rows in which `owner` equals i. annotated: the images that were annotated before.
    background: training images on which a contour changes nothing, because no malignant finding is there. first: how
    many of the best will be looked at before the next training, for strategies that choose images together.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        *,
        annotated: Sequence[Annotated] = (),
        background: Sequence[Candidate] = (),
        first: int = FIRST,
        seed: int = 0,
    ) -> None:
        self.candidates = tuple(candidates)
        self.annotated = tuple(annotated)
        self.background = tuple(background)
        self.first = first
        self.seed = seed

    def __len__(self) -> int:
        return len(self.candidates)

    @cached_property
    def _predictions(self) -> tuple[Prediction, ...]:
        found = tuple(c.prediction for c in self.candidates if c.prediction is not None)
        if len(found) != len(self):
            raise ValueError("a strategy asked for predictions that are not there: set needs_prediction=True")
        return found

    @cached_property
    def evidence(self) -> tuple[Evidence, ...]:
        """(n,) what the model says of each beyond its prediction."""
        found = tuple(c.evidence for c in self.candidates if c.evidence is not None)
        if len(found) != len(self):
            raise ValueError("a strategy asked for evidence that is not there: set needs_evidence=True")
        return found

    @cached_property
    def embedding(self) -> NDArray[np.float32]:
        """(n, h) where the head sees each candidate (Evidence.embedding)."""
        return _stacked(self.evidence)

    @cached_property
    def annotated_embedding(self) -> NDArray[np.float32]:
        """(a, h) the same of the annotated images."""
        return _stacked([a.image.evidence for a in self.annotated if a.image.evidence is not None])

    @cached_property
    def background_embedding(self) -> NDArray[np.float32]:
        """(b, h) the same of the background."""
        return _stacked([c.evidence for c in self.background if c.evidence is not None])

    @cached_property
    def p_benign(self) -> FloatArray:
        """(n,) p(y_B = 1 | x)."""
        return np.array([p.p_benign for p in self._predictions], dtype=np.float64)

    @cached_property
    def p_malignant(self) -> FloatArray:
        """(n,) p(y_M = 1 | x)."""
        return np.array([p.p_malignant for p in self._predictions], dtype=np.float64)

    @cached_property
    def is_malignant(self) -> NDArray[np.bool_]:
        """(n,) whether the weak label says that a malignant finding is there (y_M = 1)."""
        return np.array([c.label is not None and c.label.is_malignant for c in self.candidates], dtype=bool)

    @cached_property
    def owner(self) -> NDArray[np.intp]:
        """(T,) which candidate each region belongs to."""
        return np.repeat(np.arange(len(self), dtype=np.intp), [len(p.cls) for p in self._predictions])

    @cached_property
    def cls_malignant(self) -> FloatArray:
        """(T,) p_cls(M) of each region."""
        return self._regions([p.cls[:, 2] for p in self._predictions])

    @cached_property
    def score_malignant(self) -> FloatArray:
        """(T,) d^M of each region, Eq. 13."""
        return self._regions([p.score[:, 1] for p in self._predictions])

    @cached_property
    def det_malignant(self) -> FloatArray:
        """(T,) p_det^M of each region, from Eq. 13: score / p_cls, made to sum to 1 over each image.

        Images in which nothing takes part (all scores 0) keep zeros.
        """
        weight = np.divide(
            self.score_malignant,
            self.cls_malignant,
            out=np.zeros_like(self.score_malignant),
            where=self.cls_malignant > 0,
        )
        return self.share_of_image(weight)

    def column(self, values: Sequence[float]) -> FloatArray:
        """(n,) of plain numbers, one a candidate."""
        return np.asarray(values, np.float64).reshape(len(self))

    def sum_by_image(self, values: FloatArray) -> FloatArray:
        """(n,) sums of (T,) values over the regions of each candidate."""
        return np.bincount(self.owner, weights=values, minlength=len(self)).astype(np.float64)

    def share_of_image(self, values: FloatArray) -> FloatArray:
        """(T,) values >= 0 divided by their sum over the image; zeros where that sum is 0."""
        total = self.sum_by_image(values)[self.owner]
        share: FloatArray = np.divide(values, total, out=np.zeros_like(values), where=total > 0)
        return share

    def random(self, purpose: str) -> FloatArray:
        """(n,) numbers in [0, 1) that depend on the seed, the purpose and the image alone.

        The order of the pool, and which other images are in it, do not matter.
        """
        prefix = f"{self.seed}/{purpose}/"
        return np.array([_uniform(f"{prefix}{c.image_id}") for c in self.candidates], dtype=np.float64)

    @staticmethod
    def _regions(parts: Sequence[NDArray[np.float32]]) -> FloatArray:
        return np.concatenate([np.zeros(0), *parts]).astype(np.float64)


def _stacked(evidence: Sequence[Evidence]) -> NDArray[np.float32]:
    return np.stack([one.embedding for one in evidence]) if evidence else np.empty((0, 0), np.float32)


def _uniform(text: str) -> float:
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2.0**53
