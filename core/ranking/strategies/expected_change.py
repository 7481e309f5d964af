"""Images whose contour would move the detection branch most."""

from core.ranking.pool import Opinion, Pool
from core.ranking.registry import strategy


@strategy("expected-change", title="A contour would move the detection branch most", needs_evidence=True)
def expected_change(pool: Pool) -> Opinion:
    """Expected norm of the gradient of Eq. 9 on FC5's row for M, the finding being where Eq. 13 believes it."""
    norms = [one.change for one in pool.evidence]
    return Opinion(
        pool.column(norms), [f"a contour would move the detection by {value:.2f}" for value in norms]
    )
