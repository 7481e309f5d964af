"""Images that are far from every image annotated so far."""

import numpy as np

from core.ranking.pool import Opinion, Pool
from core.ranking.registry import strategy
from core.ranking.selection import k_centre


@strategy("core-set", title="Unlike anything annotated so far", needs_evidence=True)
def core_set(pool: Pool) -> Opinion:
    """Greedy k-centre (Sener and Savarese) on the embedding: each pick is farthest from all annotated and picked.

    Distances of later picks are never larger, so the distance at its pick orders the images; those not picked
    keep the distance that is left.
    """
    already = pool.annotated_embedding if len(pool.annotated_embedding) else None
    found = k_centre(pool.embedding, already=already, count=pool.first)
    score = found.distance_left.astype(np.float64)
    score[found.picks] = found.distance_at_pick
    # Equal distances keep the order of the picks: the score grows by less than any distance is told apart by.
    score[found.picks] += (len(found.picks) - np.arange(len(found.picks))) * (1e-9 * (1.0 + score.max()))
    return Opinion(score, [f"{value:.2f} away from the nearest annotated image" for value in score])
