"""Resamples of patients, drawn with replacement, and the intervals that they give.

Letters: n images, r resamples, q patients.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

RESAMPLES = 1000
_BLOCK = 64  # resamples worked on at once: keeps a block in the cache


@dataclass(frozen=True, slots=True)
class Interval:
    """A percentile bootstrap interval; `resamples` counts the resamples in which the measure existed."""

    low: float
    high: float
    resamples: int


def patient_weights(patient: Sequence[Hashable], *, resamples: int, seed: int) -> FloatArray:
    """(r, n) how often each image is drawn when as many patients as there are are drawn with replacement."""
    drawn, index = patient_draws(patient, resamples=resamples, seed=seed)
    return drawn[:, index]


def patient_draws(
    patient: Sequence[Hashable], *, resamples: int, seed: int
) -> tuple[FloatArray, NDArray[np.intp]]:
    """(r, q) how often each patient is drawn, and (n,) the column of each image's patient."""
    index = index_of(patient)
    count = int(index.max()) + 1 if len(index) else 0
    if count == 0:
        return np.zeros((resamples, 0)), index
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1.0 / count), size=resamples)
    return drawn.astype(np.float64), index


def in_blocks(measures: Callable[[FloatArray], FloatArray], weight: FloatArray) -> FloatArray:
    """measures() of a block of resamples at a time, one below the other."""
    return np.concatenate([measures(weight[at : at + _BLOCK]) for at in range(0, len(weight), _BLOCK)])


def carries(patient: NDArray[np.intp], is_carrier: BoolArray) -> bool:
    """Whether at least two patients have an image that `is_carrier`.

    With one alone, resamples only repeat that patient or lack it: their spread says nothing about other patients.
    """
    return len(np.unique(patient[is_carrier])) > 1


def interval_of(values: FloatArray) -> Interval | None:
    """95 % percentile interval of (r,) resampled values; None where fewer than half of them exist."""
    there = values[~np.isnan(values)]
    if 2 * len(there) < len(values) or not len(there):
        return None
    low, high = np.percentile(there, [2.5, 97.5])
    return Interval(float(low), float(high), len(there))


def index_of(keys: Sequence[Hashable]) -> NDArray[np.intp]:
    """The number of each key, by first appearance."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp)
