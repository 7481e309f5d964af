"""Which image to annotate next: strategies by name, and the order that they give a pool of images.

    from core.ranking import Candidate, rank, strategies
    rank("uncertainty", pool, seed=0)

A strategy is one file in core/ranking/strategies/ (see docs/adding_a_ranking_strategy.md). It sees what a
Candidate holds and nothing else: contours that are not drawn yet have no way in.
"""

from core.ranking.evidence import Evidence
from core.ranking.order import BATCH, Ranked, rank
from core.ranking.pool import Annotated, Candidate, Opinion, Pool
from core.ranking.registry import Strategy, all_strategies, strategy

__all__ = [
    "BATCH",
    "Annotated",
    "Candidate",
    "Evidence",
    "Opinion",
    "Pool",
    "Ranked",
    "Strategy",
    "all_strategies",
    "rank",
    "strategy",
]
