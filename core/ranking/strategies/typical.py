"""Images that stand for many others: for the first annotations, when the model's doubts mean little."""

from core.ranking.pool import Opinion, Pool
from core.ranking.registry import strategy
from core.ranking.selection import typical_order


@strategy("typical", title="Stands for many others", needs_evidence=True)
def typical(pool: Pool) -> Opinion:
    """TypiClust (Hacohen et al.): the densest image of each cluster of embeddings without an annotated one."""
    order = typical_order(
        pool.embedding, already=pool.annotated_embedding, count=pool.first, seed=int(pool.seed)
    )
    return Opinion(order.score, [f"stands for {size} similar images" for size in order.cluster_size])
