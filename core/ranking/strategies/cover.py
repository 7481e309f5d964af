"""Images whose contour would correct most of what the model has still wrong, in other images too."""

import numpy as np
from numpy.typing import NDArray

from core.ranking.pool import Opinion, Pool
from core.ranking.registry import strategy
from core.ranking.selection import cover

TARGETS = 500  # images whose mistakes are to be covered; of a larger pool a seeded sample


@strategy("cover", title="Corrects what many images share", needs_evidence=True)
def cover_mistakes(pool: Pool) -> Opinion:
    """Weighted facility location on the gradients of FC4 (residual (x) embedding).

    A step along the gradient of image i lowers the loss of image j by their inner product: an image is worth what is
    wrong in the others (the norm of their gradient) as far as it points the same way (the cosine) and no image that is
    annotated or comes before points there already.
    """
    residual = np.stack([one.residual for one in pool.evidence]).astype(np.float64)
    embedding = pool.embedding.astype(np.float64)
    norm = np.linalg.norm(residual, axis=1) * np.linalg.norm(embedding, axis=1)
    p, x = _unit(residual), _unit(embedding)
    targets = np.argsort(pool.random("targets"))[:TARGETS]
    likeness = _likeness(p, x, p[targets], x[targets])
    covered = np.zeros(len(targets))
    drawn = [one.image.evidence for one in pool.annotated if one.image.evidence is not None]
    if drawn:
        # What the model has learnt from an image, it no longer gets wrong there: the direction counts, not the length.
        q = _unit(np.stack([one.residual for one in drawn]).astype(np.float64))
        y = _unit(np.stack([one.embedding for one in drawn]).astype(np.float64))
        covered = _likeness(q, y, p[targets], x[targets]).max(axis=0)
    found = cover(
        likeness, norm[targets] / max(norm[targets].sum(), 1e-12), covered=covered, count=pool.first
    )
    score = found.gain_left
    last = float(found.gain_at_pick.min()) if len(found.picks) else 0.0
    score = np.minimum(score, last)
    score[found.picks] = found.gain_at_pick + 1e-9 * np.arange(len(found.picks), 0, -1)
    return Opinion(score, [f"bears on {share:.1%} of what is still wrong in the pool" for share in score])


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float64] = rows / np.where(length > 0, length, 1.0)
    return unit


def _likeness(
    p: NDArray[np.float64], x: NDArray[np.float64], q: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Cosine of outer products, negative ones 0."""
    return np.maximum((p @ q.T) * (x @ y.T), 0.0)
