"""Images whose contour moves the detection most where the model is most wrong: the composite that a study showed best."""

import numpy as np
from scipy.stats import rankdata

from core.ranking.pool import FloatArray, Opinion, Pool
from core.ranking.registry import strategy


@strategy("value", title="Moves the model most where it is wrong", needs_evidence=True)
def value(pool: Pool) -> Opinion:
    """Mean of two shares of the pool: how many images a contour moves less (`expected-change`), and how many the model
    misses less (`missed`). Shares, since the two have no common unit. docs/study.md has the evidence.
    """
    change = pool.column([one.change for one in pool.evidence])
    missed = np.where(pool.is_malignant, 1.0 - pool.p_malignant, 0.0)
    score = (_share_below(change) + _share_below(missed)) / 2.0
    return Opinion(
        score,
        [
            f"the model gives it {p:.2f}, and a contour would move the detection by {by:.2f}"
            for p, by in zip(pool.p_malignant, change, strict=True)
        ],
    )


def _share_below(values: FloatArray) -> FloatArray:
    """(n,) in [0, 1): the share of the pool with a lower value; equal ones count half."""
    share: FloatArray = (rankdata(values) - 0.5) / len(values)
    return share
