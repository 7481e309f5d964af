"""What a model says about an image beyond its prediction, for ranking: where it lies and what a contour would change.

Letters: m regions, h hidden units of FC3.
"""

from __future__ import annotations

from dataclasses import dataclass

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
