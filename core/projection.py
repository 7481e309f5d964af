"""A fixed linear map of region features, fitted once on the training regions: standardisation, then PCA.

Letters: T regions, d features of the trunk, p components.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

ROWS_AT_ONCE = 16_384
NEGLIGIBLE_VARIANCE = 1e-10  # of the largest component's: below it a component is rounding noise


@dataclass(frozen=True, eq=False, slots=True)
class Projection:
    """x -> ((x - center) / spread) @ basis. center, spread: (d,) float32; basis: (d, p) float32, or None."""

    center: Tensor
    spread: Tensor
    basis: Tensor | None


def fit_projection(features: Sequence[NDArray[np.floating]], *, components: int) -> Projection:
    """Standardise each feature and keep the p = min(components, d, rank) strongest principal components.

    features: one (m, d) array an image. components: 0 keeps the standardised features themselves. The components
    are divided by one common number, so that their mean variance is 1 and their proportions stay. The sign of
    each is fixed: its largest loading is positive.
    """
    center, covariance = _moments(features)
    spread = covariance.diagonal().clamp_min(0.0).sqrt()
    spread = spread.where(spread > 0.0, 1.0)
    if components == 0:
        return Projection(center.float(), spread.float(), None)
    basis = _principal_components(covariance / torch.outer(spread, spread), components=components)
    return Projection(center.float(), spread.float(), basis.float())


def rows_of(features: Sequence[NDArray[np.floating]]) -> Iterator[Tensor]:
    """The regions of all images in float32 blocks of some ten thousand rows, in order; memory stays bounded."""
    block: list[NDArray[np.floating]] = []
    rows = 0
    for bag in features:
        block.append(bag)
        rows += len(bag)
        if rows >= ROWS_AT_ONCE:
            yield _as_tensor(block)
            block, rows = [], 0
    if block:
        yield _as_tensor(block)


def _as_tensor(block: list[NDArray[np.floating]]) -> Tensor:
    return torch.from_numpy(np.concatenate(block, dtype=np.float32, casting="same_kind"))


def _moments(features: Sequence[NDArray[np.floating]]) -> tuple[Tensor, Tensor]:
    """Mean (d,) and covariance (d, d), in float64, about the first block's mean so that nothing cancels."""
    rows, origin, total, products = 0, torch.zeros(0), torch.zeros(0), torch.zeros(0)
    for block in rows_of(features):
        values = block.double()
        if rows == 0:
            origin = values.mean(dim=0)
            total, products = torch.zeros_like(origin), torch.zeros(len(origin), len(origin)).double()
        values -= origin
        rows += len(values)
        total += values.sum(dim=0)
        products += values.T @ values
    shift = total / rows
    return origin + shift, products / rows - torch.outer(shift, shift)


def _principal_components(correlation: Tensor, *, components: int) -> Tensor:
    variances, vectors = torch.linalg.eigh(correlation)
    variances, vectors = variances.flip(0), vectors.flip(1)
    rank = max(1, int((variances > NEGLIGIBLE_VARIANCE * variances[0]).sum()))
    kept = min(components, rank)
    vectors = vectors[:, :kept]
    largest = vectors.abs().argmax(dim=0, keepdim=True)
    vectors = vectors * vectors.gather(0, largest).sign()
    scale = variances[:kept].mean().clamp_min(0.0).sqrt()
    basis: Tensor = (vectors / scale.where(scale > 0.0, 1.0)).contiguous()
    return basis
