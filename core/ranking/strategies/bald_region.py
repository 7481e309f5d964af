"""Images with a region about which the weights under dropout disagree."""

from core.ranking.pool import Opinion, Pool
from core.ranking.registry import strategy


@strategy("bald-region", title="Parts of the model disagree about a region", needs_evidence=True)
def bald_region(pool: Pool) -> Opinion:
    """The highest mutual information of p_cls(M) of one region that takes part, in bits."""
    bits = [one.bald_region for one in pool.evidence]
    return Opinion(
        pool.column(bits),
        [f"parts of the model disagree about a region ({value:.3f} bits)" for value in bits],
    )
