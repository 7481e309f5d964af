"""What a model says about an image beyond its prediction: the numbers that rankings are made of.

Letters: m regions, h hidden units of FC3, s dropout samples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.losses import log_class_probabilities
from core.model import DualBranch
from core.ranking.evidence import Evidence
from core.scoring import detection

SAMPLES = 20  # dropout masks; as many as BALD's authors take where the network is small
MASK_SEED = 20240617  # the masks are part of the measure: the same for every image and every model of a width


@dataclass(frozen=True, eq=False, slots=True)
class EvidenceMaker:
    """A fitted model with its dropout masks, ready for many images.

    Of a model of several members the first is asked: their hidden units have no common order.
    """

    model: DualBranch
    keep: Tensor  # (s, h), 0 or 1 / (1 - rate)

    @classmethod
    def of(cls, model: DualBranch, *, dropout: float) -> Self:
        """dropout: rate of the recipe; 0 gives a BALD of 0."""
        generator = torch.Generator().manual_seed(MASK_SEED)
        drawn = torch.rand(SAMPLES, model.fc3.out_features, generator=generator)
        return cls(model, (drawn >= dropout).float() / (1.0 - dropout))

    @torch.no_grad()
    def __call__(self, features: NDArray[np.floating]) -> Evidence:
        """Evidence of one image. features: (m, d) of the trunk, m >= 1."""
        model = self.model
        hidden = torch.relu(model.fc3(model.project(torch.from_numpy(features.astype(np.float32)))))
        log_cls, det = self._outputs(hidden, torch.ones_like(self.keep[:1]))
        cls, det = log_cls[0].exp(), det[0]
        pooled = det @ hidden.double()
        belief = det * cls[-1]
        belief = belief / belief.sum().clamp_min(torch.finfo(torch.float64).tiny)
        takes_part = det > 0
        away = (hidden[takes_part].double() - pooled).norm(dim=1)
        residual = cls @ det - torch.tensor([0.0] * (len(cls) - 1) + [1.0], dtype=torch.float64)
        bald, bald_region = self._disagreement(hidden)
        return Evidence(
            embedding=pooled.float().numpy(),
            residual=torch.cat([torch.zeros(3 - len(cls)), residual]).float().numpy(),
            change=float(belief[takes_part] @ away),
            bald=bald,
            bald_region=bald_region,
        )

    def _disagreement(self, hidden: Tensor) -> tuple[float, float]:
        """Mutual information of p(y_M), and the highest of p_cls(M) over regions that take part in any sample."""
        log_cls, det = self._outputs(hidden, self.keep)
        malignant = log_cls[:, -1].exp()
        image = _mutual_information((det * malignant).sum(dim=1))
        takes_part = (det > 0).any(dim=0)
        region = _mutual_information(malignant[:, takes_part])
        return float(image), float(region.max())

    def _outputs(self, hidden: Tensor, keep: Tensor) -> tuple[Tensor, Tensor]:
        """For each of s masks: log p_cls (s, C, m) and p_det^M (s, m), float64; one product for all of them."""
        model = self.model
        rows = model.fc4.weight if model.fc5 is None else torch.cat([model.fc4.weight, model.fc5.weight])
        masked = (rows[None] * keep[:, None]).flatten(0, 1)
        logits = (masked @ hidden.T).view(len(keep), len(rows), -1).double()
        classes = model.fc4.out_features
        cls = logits[:, :classes] + model.fc4.bias[:, None]
        log_cls = torch.stack([log_class_probabilities(one) for one in cls])
        if model.fc5 is None:
            # Max-Region points to its strongest region.
            strongest = log_cls[:, -1].argmax(dim=1)
            return log_cls, torch.nn.functional.one_hot(strongest, len(hidden)).double()
        det = torch.stack(
            [
                detection(one, log[-2:], k=model.k)[1]
                for one, log in zip(logits[:, classes:], log_cls, strict=True)
            ]
        )
        return log_cls, det


def _mutual_information(probability: Tensor) -> Tensor:
    """(s, ...) probabilities of a yes or no to (...): entropy of the mean less mean of the entropies, in bits."""
    difference = _bits(probability.mean(dim=0)) - _bits(probability).mean(dim=0)
    return difference.clamp_min(0.0)


def _bits(probability: Tensor) -> Tensor:
    p = probability.clamp(0.0, 1.0)
    bits: Tensor = (torch.special.entr(p) + torch.special.entr(1.0 - p)) / math.log(2.0)
    return bits
