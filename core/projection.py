"""A fixed map of region features, fitted once on the training regions: normalisation, then PCA.

Letters: T regions, d features of the trunk, p components.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from core.job import write_atomically
from core.recipe import Normalisation

ROWS_AT_ONCE = 16_384
NEGLIGIBLE_VARIANCE = 1e-10  # of the largest component's: below it a component is rounding noise


@dataclass(frozen=True, eq=False, slots=True)
class Projection:
    """x -> ((x - center) / spread) @ basis. center, spread: (d,) float32; basis: (d, p) float32, or None.

    With Normalisation.L2, x is first divided by its own length (`to_unit_square`).
    """

    center: Tensor
    spread: Tensor
    basis: Tensor | None


def fit_projection(
    features: Sequence[NDArray[np.floating]],
    *,
    components: int,
    normalisation: Normalisation = Normalisation.STANDARDISE,
) -> Projection:
    """Normalise the features and keep the p = min(components, d, rank) strongest principal components.

    features: one (m, d) array an image. components: 0 keeps the normalised features themselves. The components
    are divided by one common number, so that their mean variance is 1 and their proportions stay. The sign of
    each is fixed: its largest loading is positive. Only Normalisation.STANDARDISE centres and scales features that
    are kept themselves; principal components are centred always.
    """
    is_standardised = normalisation is Normalisation.STANDARDISE
    if components == 0 and not is_standardised:
        d = features[0].shape[1]
        return Projection(torch.zeros(d), torch.ones(d), None)
    center, covariance = _moments(features, normalisation)
    spread = torch.ones_like(center)
    if is_standardised:
        spread = covariance.diagonal().clamp_min(0.0).sqrt()
        spread = spread.where(spread > 0.0, 1.0)
    if components == 0:
        return Projection(center.float(), spread.float(), None)
    basis = _principal_components(covariance / torch.outer(spread, spread), components=components)
    return Projection(center.float(), spread.float(), basis.float())


def kept_projection(file: Path, fit: Callable[[], Projection]) -> Projection:
    """The projection that a file holds, or a fitted one, which the file then holds.

    The name of the file must tell apart all that decides the projection. A file that cannot be read is written anew.
    """
    try:
        tensors = load_tensors(file.read_bytes())
        return Projection(tensors["center"], tensors["spread"], tensors.get("basis"))
    except (OSError, SafetensorError, KeyError):
        projection = fit()
    tensors = {"center": projection.center, "spread": projection.spread}
    if projection.basis is not None:
        tensors["basis"] = projection.basis
    write_atomically(file, save_tensors({name: value.contiguous() for name, value in tensors.items()}))
    return projection


def to_unit_square(features: Tensor) -> Tensor:
    """Each row divided by its root mean square, so that its mean square is 1; a row of zeros stays. (T, d) to (T, d)."""
    length = torch.linalg.vector_norm(features, dim=1, keepdim=True)
    scaled: Tensor = features * (features.shape[1] ** 0.5 / length.where(length > 0.0, 1.0))
    return scaled


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


def _moments(features: Sequence[NDArray[np.floating]], normalisation: Normalisation) -> tuple[Tensor, Tensor]:
    """Mean (d,) and covariance (d, d), in float64, about the first block's mean so that nothing cancels."""
    rows, origin, total, products = 0, torch.zeros(0), torch.zeros(0), torch.zeros(0)
    for block in rows_of(features):
        values = (to_unit_square(block) if normalisation is Normalisation.L2 else block).double()
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
