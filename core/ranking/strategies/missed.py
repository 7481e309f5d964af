"""Malignant images that the model does not see."""

import numpy as np

from core.ranking.pool import Opinion, Pool
from core.ranking.registry import strategy


@strategy("missed", title="Labelled malignant, not seen by the model")
def missed(pool: Pool) -> Opinion:
    """1 - p(y_M = 1) where the label says malignant; 0 for all others, which cannot be missed."""
    p = pool.p_malignant
    score = np.where(pool.is_malignant, 1.0 - p, 0.0)
    reasons = [
        _reason(value) if is_malignant else "not labelled malignant"
        for value, is_malignant in zip(p, pool.is_malignant, strict=True)
    ]
    return Opinion(score, reasons)


def _reason(p: float) -> str:
    said = "but the model gives it" if p < 0.5 else "and the model agrees:"
    return f"labelled malignant, {said} {p:.2f}"
