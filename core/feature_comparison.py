"""How alike two kinds of features of the same regions are: one pass over the breast against window by window.

m regions, d features.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.breast import tissue_mask
from core.decoder import Decoder
from core.errors import UnreadableImageError
from core.features import region_features
from core.pixels import model_input
from core.recipe import GridSettings
from core.regions import region_grid, working_scale
from core.trunks import Trunk

FloatArray = NDArray[np.float32]
LONG_SIDE_MM = 260  # of a film whose file does not tell its spacing


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike the features of two trunks are, over all regions of all images.

    cosine: mean over regions of the cosine between a region's two vectors. neighbour: the same between the second
    kind's vectors of a region and the next of its image, as a scale for it. centred: mean cosine after each kind's own mean
    over all regions is taken off. cka: linear centred kernel alignment, 1 where one kind is a rotation and scaling of
    the other.
    """

    regions: int
    cosine: float
    neighbour: float
    centred: float
    cka: float


def likeness(first: Sequence[FloatArray], second: Sequence[FloatArray]) -> Likeness:
    """Compare two kinds of features, (m, d) an image, of the same images and regions."""
    a, b = (np.concatenate(kind).astype(np.float64) for kind in (first, second))
    following = [np.array(cosines(image[:-1], image[1:])) for image in second if len(image) > 1]
    return Likeness(
        regions=len(a),
        cosine=float(cosines(a, b).mean()),
        neighbour=float(np.concatenate(following).mean()) if following else float("nan"),
        centred=float(cosines(a - a.mean(axis=0), b - b.mean(axis=0)).mean()),
        cka=linear_cka(a, b),
    )


def cosines(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    """(m,), the cosine between each row of a and the same row of b; 0 where one of them is all zeros."""
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    products = np.einsum("ij,ij->i", a, b)
    found: NDArray[np.float64] = np.divide(
        products, lengths, out=np.zeros(len(a), np.float64), where=lengths > 0
    )
    return found


def linear_cka(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Linear centred kernel alignment of (m, d) and (m, e) (Kornblith et al. 2019, Eq. 3).

    |B'A|^2 / (|A'A| |B'B|) with centred columns and Frobenius norms. It is too high where m is not much larger than d.
    """
    x, y = (part.astype(np.float64) - part.mean(axis=0, dtype=np.float64) for part in (a, b))
    if len(x) < max(x.shape[1], y.shape[1]):  # the same by the products of rows, which are smaller
        k, m = x @ x.T, y @ y.T
        return float((k * m).sum() / (np.linalg.norm(k) * np.linalg.norm(m)))
    return float(np.linalg.norm(y.T @ x) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)))


def features_of(trunk: Trunk, pictures: Iterable[Picture], *, grid: GridSettings) -> list[FloatArray]:
    """Features of every region of every picture, (m, d) a picture."""
    return [
        region_features(trunk, picture.image01, picture.boxes, scale=picture.scale, grid=grid)
        for picture in pictures
    ]


@dataclass(frozen=True, eq=False, slots=True)
class Picture:
    """One image as a trunk sees it: (rows, columns) in [0, 1], its regions in image pixels, and its working scale."""

    name: str
    image01: FloatArray
    boxes: NDArray[np.float64]
    scale: float


def pictures_of(files: Sequence[Path], *, grid: GridSettings) -> Iterator[Picture | UnreadableImageError]:
    """Each file with its regions, or the reason why it cannot be used.

    Where a file does not tell its spacing, its longer side counts as LONG_SIDE_MM.
    """
    with Decoder() as decoder:
        for path in files:
            try:
                mammogram = decoder.decode(path)
                tissue = tissue_mask(mammogram)
                spacing = mammogram.header.spacing_mm or LONG_SIDE_MM / max(tissue.shape)
                scale = working_scale(spacing, grid)
                boxes = region_grid(tissue, scale=scale, settings=grid)
                yield Picture(path.name, model_input(mammogram, tissue), boxes, scale)
            except UnreadableImageError as error:
                yield UnreadableImageError(f"{path.name}: {error}")
