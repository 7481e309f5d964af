"""Images in which the two branches point to different regions."""

import numpy as np
from scipy.special import rel_entr

from core.ranking.pool import Opinion, Pool
from core.ranking.registry import strategy


@strategy("branch-disagreement", title="The two branches point to different places")
def branch_disagreement(pool: Pool) -> Opinion:
    """Jensen-Shannon divergence, in bits (0 to 1), between p_cls(M) and p_det^M over the regions of an image.

    Only the regions that take part in the detection (p_det > 0) count, with p_cls made to sum to 1 over
    them: what region selection leaves out says nothing about a disagreement.
    """
    det = pool.det_malignant
    cls = pool.share_of_image(np.where(det > 0, pool.cls_malignant, 0.0))
    middle = (det + cls) / 2
    bits = pool.sum_by_image(rel_entr(det, middle) + rel_entr(cls, middle)) / (2 * np.log(2.0))
    return Opinion(
        bits, [f"classification and detection disagree on where ({value:.2f} of 1)" for value in bits]
    )
