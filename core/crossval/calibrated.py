"""Do the probabilities mean what they say? Brier score, reliability bins and expected calibration error, held out.

These are taken image by image, so that those of all folds can be put together; with several seeds, each counts alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.calibration import brier, reliability
from core.crossval.cells import CellResult
from core.crossval.cohort import CohortImage

BINS = 10


def calibration(results: Sequence[CellResult], images: Mapping[int, CohortImage]) -> list[dict[str, Any]]:
    """One entry for each of p(y_M = 1) and p(y_B = 1)."""
    found = []
    for name, column in (("M", 1), ("B", 0)):
        pairs = [
            (float(result.probability[i][column]), images[i].label.targets[1 - column])
            for result in results
            for i in result.images("test")
        ]
        chance = np.array([p for p, _ in pairs])
        truth = np.array([y for _, y in pairs], dtype=np.float64)
        found.append({"class": name, "images": len(pairs), **_figures(chance, truth)})
    return found


def _figures(chance: NDArray[np.float64], truth: NDArray[np.float64]) -> dict[str, Any]:
    """ece: expected calibration error, the mean gap between the two columns of the bins, by their images."""
    if not len(chance):
        return {"brier": None, "brier_of_prevalence": None, "ece": None, "bins": []}
    bins = reliability(chance, truth, bins=BINS)
    gap = np.abs(bins.predicted - bins.observed)
    return {
        "brier": brier(chance, truth),
        "brier_of_prevalence": brier(np.full(len(truth), truth.mean()), truth),
        "ece": float((gap * bins.images).sum() / len(chance)),
        "bins": [
            {"predicted": p, "observed": o, "images": n}
            for p, o, n in zip(
                bins.predicted.tolist(), bins.observed.tolist(), bins.images.tolist(), strict=True
            )
        ],
    }
