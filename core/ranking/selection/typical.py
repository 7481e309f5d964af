"""The typical ones: TypiClust on any embedding."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = 20  # of the paper
LARGE = 5000  # points from which clusters are made by mini-batches


@dataclass(frozen=True, eq=False, slots=True)
class Typical:
    """score: (n,) higher is sooner. cluster_size: (n,) how many images are in each one's cluster."""

    score: NDArray[np.float64]
    cluster_size: NDArray[np.int64]


def typical_order(x: NDArray[np.float32], *, already: NDArray[np.float32], count: int, seed: int) -> Typical:
    """Order points by TypiClust (Hacohen, Dekel and Weinshall, 2022).

    x: (n, d); already: (a, d) points chosen before, a >= 0. Points and those chosen before are clustered into
    a + count clusters; the largest clusters without a chosen one come first, each with its most typical point, the
    inverse of whose mean distance to its nearest neighbours within the cluster is highest; then, cluster by cluster,
    the second of each, and so on.
    """
    n = len(x)
    if n == 0:
        return Typical(np.zeros(0), np.zeros(0, np.int64))
    every = np.concatenate([x, already]) if len(already) else x
    cluster = _clusters(every, count=min(len(already) + max(count, 1), len(every)), seed=seed)
    covered = set(cluster[n:].tolist())
    sizes = np.bincount(cluster)
    typicality = _typicality(every, cluster)[:n]
    own = cluster[:n]
    rank_in_cluster = _rank_within(own, typicality)
    is_covered = np.isin(own, list(covered))
    order = np.lexsort((-typicality, own, -sizes[own], is_covered, rank_in_cluster))
    score = np.empty(n)
    score[order] = np.arange(n, 0, -1, dtype=np.float64)
    return Typical(score, sizes[own].astype(np.int64))


def _clusters(x: NDArray[np.float32], *, count: int, seed: int) -> NDArray[np.intp]:
    from sklearn.cluster import KMeans, MiniBatchKMeans
    from sklearn.exceptions import ConvergenceWarning

    kind = KMeans if len(x) < LARGE else MiniBatchKMeans
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ConvergenceWarning
        )  # equal points make fewer clusters than were asked for
        found = kind(count, n_init=1, random_state=seed % 2**32).fit_predict(x)
    return np.asarray(found, np.intp)


def _typicality(x: NDArray[np.float32], cluster: NDArray[np.intp]) -> NDArray[np.float64]:
    """(n,) inverse of the mean distance to the nearest neighbours of the same cluster; 0 where one is alone."""
    from sklearn.neighbors import NearestNeighbors

    typicality = np.zeros(len(x))
    for number in np.unique(cluster):
        members = np.flatnonzero(cluster == number)
        if len(members) < 2:
            continue
        near = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(members) - 1)).fit(x[members])
        distance, _ = near.kneighbors()
        typicality[members] = 1.0 / np.maximum(distance.mean(axis=1), 1e-9)
    return typicality


def _rank_within(cluster: NDArray[np.intp], value: NDArray[np.float64]) -> NDArray[np.int64]:
    """(n,) place of each point in its cluster, 0 the highest value."""
    order = np.lexsort((-value, cluster))
    starts = np.searchsorted(cluster[order], np.arange(cluster.max() + 1))
    rank = np.empty(len(cluster), np.int64)
    rank[order] = np.arange(len(cluster)) - starts[cluster[order]]
    return rank
