"""Images that the model holds to be benign and malignant at once."""

import numpy as np

from core.ranking.pool import Opinion, Pool
from core.ranking.registry import strategy


@strategy("confusable", title="Benign or malignant: the model says both")
def confusable(pool: Pool) -> Opinion:
    """Harmonic mean of p(y_B = 1) and p(y_M = 1): high only where both are, and alike."""
    benign, malignant = pool.p_benign, pool.p_malignant
    total = benign + malignant
    score = np.divide(2 * benign * malignant, total, out=np.zeros_like(total), where=total > 0)
    return Opinion(
        score,
        [f"benign {b:.2f} against malignant {m:.2f}" for b, m in zip(benign, malignant, strict=True)],
    )
