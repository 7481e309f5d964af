"""What a model says about an image beyond its prediction, for ranking: where it lies and what a contour would change.

Letters: m regions, h hidden units of FC3.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, slots=True)
class Evidence:
    """Of one image and one model; core.scoring.evidence makes it.

    embedding: (h,) float32, sum over regions of p_det^M(i) h_i, the outputs of FC3 where the model looks for M.
    residual: (3,) float32, sum over regions of p_det^M(i) (p_cls(i) - (0, 0, 1)): with `embedding` the gradient of FC4
        as if what the detection branch points to were malignant (BADGE's hypothetical label).
    change: expected norm of the gradient of Eq. 9 on FC5's row for M, when the finding is where Eq. 13 believes it.
    bald, bald_region: mutual information, in bits, between the answer and the weights under dropout over FC3: of
        p(y_M), and the highest of p_cls(M) among the regions that take part.
    """

    embedding: NDArray[np.float32]
    residual: NDArray[np.float32]
    change: float
    bald: float
    bald_region: float

    def __post_init__(self) -> None:
        if self.embedding.ndim != 1 or self.residual.shape != (3,):
            raise ValueError(f"shapes do not fit: {self.embedding.shape}, {self.residual.shape}")
        numbers = (self.change, self.bald, self.bald_region)
        if not (
            np.isfinite(self.embedding).all()
            and np.isfinite(self.residual).all()
            and np.isfinite(numbers).all()
        ):
            raise ValueError("evidence holds a value that is not a number")


def to_arrays(evidence: Mapping[int, Evidence]) -> dict[str, NDArray[Any]]:
    """Plain arrays by name, one row an image."""
    said = list(evidence.values())
    return {
        "image_id": np.array(list(evidence), np.int64),
        "embedding": np.stack([one.embedding for one in said]) if said else np.empty((0, 1), np.float32),
        "residual": np.array([one.residual for one in said], np.float32).reshape(-1, 3),
        "change": np.array([one.change for one in said], np.float64),
        "bald": np.array([one.bald for one in said], np.float64),
        "bald_region": np.array([one.bald_region for one in said], np.float64),
    }


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> dict[int, Evidence]:
    """Inverse of to_arrays. Raises KeyError, IndexError or ValueError for anything else."""
    return {
        int(image_id): Evidence(
            arrays["embedding"][i].astype(np.float32),
            arrays["residual"][i].astype(np.float32),
            float(arrays["change"][i]),
            float(arrays["bald"][i]),
            float(arrays["bald_region"][i]),
        )
        for i, image_id in enumerate(arrays["image_id"])
    }


def to_npz(evidence: Mapping[int, Evidence]) -> bytes:
    """The arrays as a file."""
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **to_arrays(evidence))
    return content.getvalue()
