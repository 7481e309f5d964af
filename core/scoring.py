"""What a model says about one image: Eq. 3 for the image, Eq. 13 for its regions.

Letters: m regions, d features of the trunk.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.calibration import LARGEST_LOGIT
from core.losses import NEGATIVE_INFINITY, log_class_probabilities, log_complements, select_regions
from core.model import DualBranch
from core.prediction import Prediction


@torch.no_grad()
def score(model: DualBranch, features: NDArray[np.floating]) -> Prediction:
    """Probability of the image and score of each region, for (B, M).

    features: (m, d) of the trunk that the model was trained on, m >= 1.

    With a detection branch, d^c(r_i) = p_cls(c | r_i) p_det^c(i | x) (Eq. 13), whose columns sum to p(y_c = 1 | x).
    With region selection p_det is that of Eq. 4, so the regions that are not selected score 0. Two methods of
    Table II are not covered by Eq. 13 as it stands:
    Max-Region has no p_det: d^c(r_i) = p_cls(c | r_i), and p(y_c = 1 | x) is the largest of them.
    DB-Baseline has no class N: its p_cls is given as (0, p_B, p_M), and the rest holds unchanged.

    Of a model of several members, probability, p_cls and d^c are the means over them: d^c still sums to the
    probability. Where the model is calibrated the probability is then scaled and the region scores are not: they sum
    to the probability as it was before.
    """
    if features.ndim != 2 or len(features) == 0 or features.shape[1] != model.dimension:
        raise ValueError(
            f"features of shape {features.shape} do not fit a model of {model.dimension} features"
        )
    projected = model.project(torch.from_numpy(features.astype(np.float32)))
    said = [_said(member, projected) for member in model.members]
    cls, scores, probability, complement = (_mean(values) for values in zip(*said, strict=True))
    if model.scale is not None:
        temperature, bias = model.scale.T
        odds = (probability.log() - complement.log()).clamp(-LARGEST_LOGIT, LARGEST_LOGIT)
        probability = torch.sigmoid(odds / temperature + bias)
    if len(cls) == 2:
        cls = torch.cat([torch.zeros_like(cls[:1]), cls])
    return Prediction(
        probability=probability.clamp(max=1.0).numpy(),
        cls=cls.T.float().contiguous().numpy(),
        score=scores.T.float().contiguous().numpy(),
    )


def _said(member: DualBranch, projected: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What one head says: p_cls (C, m), d^c (2, m), p(y_c = 1) (2,) and p(y_c = 0) (2,), all float64."""
    logits = member(projected)
    log_cls = log_class_probabilities(logits.cls.double())
    cls, complements = log_cls.exp(), log_complements(log_cls).exp()
    if logits.det is None:
        return cls, cls[-2:], cls[-2:].amax(dim=1), complements.amin(dim=1)
    p_det = detection(logits.det.double(), log_cls[-2:], k=member.k)
    scores = cls[-2:] * p_det
    return cls, scores, scores.sum(dim=1), (complements * p_det).sum(dim=1)


def _mean(values: Sequence[Tensor]) -> Tensor:
    return values[0] if len(values) == 1 else torch.stack(list(values)).mean(dim=0)


def detection(det: Tensor, log_cls: Tensor, *, k: int | None) -> Tensor:
    """p_det of one image, Eq. 2 (k None) or Eq. 4.

    det: (2, m) logits of FC5 and log_cls: (2, m) log p_cls, for (B, M). Returns (2, m); rows sum to 1.
    """
    if k is None:
        return torch.softmax(det, dim=1)
    selected = select_regions(log_cls[:, None], k=k)[:, 0]
    is_selected = torch.zeros_like(det, dtype=torch.bool).scatter_(1, selected, value=True)
    return torch.softmax(det.masked_fill(~is_selected, NEGATIVE_INFINITY), dim=1)
