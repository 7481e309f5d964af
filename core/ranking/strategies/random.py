"""The paper's own way, and a strong opponent."""

from core.ranking.pool import Opinion, Pool
from core.ranking.registry import strategy


@strategy("random", title="In random order", needs_prediction=False)
def random(pool: Pool) -> Opinion:
    """A number that depends on the seed and the image alone."""
    return Opinion(pool.random("random"), ["drawn at random"] * len(pool))
