"""Images whose gradients are large and unlike each other."""

import numpy as np

from core.ranking.pool import Opinion, Pool
from core.ranking.registry import strategy
from core.ranking.selection import k_means_plus_plus_factored


@strategy("badge", title="Would teach much, each something else", needs_evidence=True)
def badge(pool: Pool) -> Opinion:
    """BADGE (Ash et al.): k-means++ on gradient embeddings of FC4, residual (x) embedding, never formed.

    Images that are not picked come after, by the norm of their gradient.
    """
    residual = np.stack([one.residual for one in pool.evidence])
    norm = np.linalg.norm(residual, axis=1) * np.linalg.norm(pool.embedding, axis=1)
    rng = np.random.default_rng(int(pool.seed))
    picks = k_means_plus_plus_factored(residual, pool.embedding, count=pool.first, rng=rng)
    score = norm / (1.0 + float(norm.max()))
    score[picks] = 1.0 + np.arange(len(picks), 0, -1)
    return Opinion(score, [f"would teach the classification {value:.2f}" for value in norm])
