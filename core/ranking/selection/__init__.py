"""Choosing many at once, in plain arrays: k-centre, k-means++ on factored gradients, the typical ones of clusters."""

from core.ranking.selection.cover import Cover, cover
from core.ranking.selection.k_centre import KCentre, k_centre
from core.ranking.selection.k_means_plus_plus import k_means_plus_plus_factored
from core.ranking.selection.typical import Typical, typical_order

__all__ = ["Cover", "KCentre", "Typical", "cover", "k_centre", "k_means_plus_plus_factored", "typical_order"]
