"""What one cell of the cost study measured: a strategy, a budget, a fold and a seed.

Letters: r resamples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

# M vs. BN by image; FROC sensitivity of malignant findings at 1 false positive region per called image.
MEASURES = ("auroc", "paucr", "specificity_at_0.85", "specificity_at_0.90", "sensitivity_at_1")


class Axis(StrEnum):
    """What annotating is counted in."""

    FRACTION = "fraction"
    IMAGES = "images"
    CONTOURS = "contours"
    REGIONS = "regions"
    MINUTES = "minutes"
    MONEY = "money"


@dataclass(frozen=True, eq=False, slots=True)
class Point:
    """One cell of the study.

    strategy: '' for the floor (no contours) and the ceiling (all of them), which all strategies of a fold and seed share.
    budget: fraction of the malignant training images asked for, 0 to 1; an absolute number, or minutes, that was asked
    for is divided by the whole. images: annotated so far. contours: malignant ones so far. regions: labelled M so far.
    minutes: estimated or from the ledger; None where unknown. values: by measure, see MEASURES; None where the test
    images cannot carry it. drawn: (r,) the same measure in resamples of the test patients, NaN where a resample cannot;
    {} where not resampled. The same fold gives the same resamples whatever the strategy, budget and seed.
    """

    strategy: str
    budget: float
    fold: int
    seed: int
    images: int
    contours: int
    regions: int
    minutes: float | None
    values: Mapping[str, float | None]
    drawn: Mapping[str, NDArray[np.float64]]
