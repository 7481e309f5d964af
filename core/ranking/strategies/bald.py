"""Images about which the weights under dropout disagree."""

from core.ranking.pool import Opinion, Pool
from core.ranking.registry import strategy


@strategy("bald", title="Parts of the model disagree about the image", needs_evidence=True)
def bald(pool: Pool) -> Opinion:
    """Mutual information of p(y_M) and the weights under dropout over FC3 (Houlsby et al., BALD), in bits."""
    bits = [one.bald for one in pool.evidence]
    return Opinion(
        pool.column(bits),
        [f"parts of the model disagree about this image ({value:.3f} bits)" for value in bits],
    )
