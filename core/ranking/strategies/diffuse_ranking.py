"""Images in which the detection branch prefers no region."""

import numpy as np
from scipy.special import entr

from core.ranking.pool import Opinion, Pool
from core.ranking.registry import strategy


@strategy("diffuse-ranking", title="The model does not know where to look")
def diffuse_ranking(pool: Pool) -> Opinion:
    """Entropy of p_det^M over the regions that take part, as a share of the highest that it could be."""
    det = pool.det_malignant
    regions = pool.sum_by_image((det > 0).astype(np.float64))
    highest = np.log(np.maximum(regions, 2.0))
    share = pool.sum_by_image(entr(det)) / highest
    return Opinion(
        share,
        [
            f"suspicion is spread over {count:.0f} regions ({value:.0%} of an even spread)"
            for count, value in zip(regions, share, strict=True)
        ],
    )
