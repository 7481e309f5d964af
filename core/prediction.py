"""What the model says about one image, as plain arrays that the window and the store can hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, slots=True)
class Prediction:
    """The model's view of one image with m regions, in the order of its grid.

    probability: (2,) float64, p(y_c = 1 | x) for (B, M), Eq. 3.
    cls: (m, 3) float32, class probabilities of each region for (N, B, M), Eq. 1; rows sum to 1.
    score: (m, 2) float32, d^c(r_i) for (B, M), Eq. 13; with a detection branch, columns sum to `probability`.
    """

    probability: NDArray[np.float64]
    cls: NDArray[np.float32]
    score: NDArray[np.float32]

    def __post_init__(self) -> None:
        m = len(self.cls)
        if self.probability.shape != (2,) or self.cls.shape != (m, 3) or self.score.shape != (m, 2):
            raise ValueError(
                f"shapes do not fit: {self.probability.shape}, {self.cls.shape}, {self.score.shape}"
            )
        if not all(np.isfinite(a).all() for a in (self.probability, self.cls, self.score)):
            raise ValueError("a prediction holds a value that is not a number")

    @property
    def p_benign(self) -> float:
        """p(y_B = 1 | x)."""
        return float(self.probability[0])

    @property
    def p_malignant(self) -> float:
        """p(y_M = 1 | x)."""
        return float(self.probability[1])
