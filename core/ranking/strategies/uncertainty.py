"""Images that the model cannot decide."""

import numpy as np
from scipy.special import entr

from core.ranking.pool import Opinion, Pool
from core.ranking.registry import strategy


@strategy("uncertainty", title="Undecided between malignant and not")
def uncertainty(pool: Pool) -> Opinion:
    """Entropy of p(y_M = 1), in bits: 1 at a probability of one half."""
    p = pool.p_malignant
    bits = (entr(p) + entr(1.0 - p)) / np.log(2.0)
    return Opinion(bits, [f"undecided: malignant with probability {value:.2f}" for value in p])
