"""Which contours are revealed next: a strategy's order of what it may see, and what it may see is built here alone.

A strategy sees what the last model says of the training images, their weak labels, and the region labels of images
annotated before. Contours that are not revealed are read by nobody before the order stands.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.crossval.opinions import ModelOpinion
from core.domain import ImageId, Label
from core.ranking import Annotated, Candidate, rank
from core.study.plan import Budget
from core.study.work import ImageWork, is_spent, total


@dataclass(frozen=True, slots=True)
class Visible:
    """What everybody may know of a training image. patient, breast: numbers without meaning."""

    image_id: int
    patient: int
    breast: int
    label: Label


def order_of(
    strategy: str,
    visible: Sequence[Visible],
    opinions: Mapping[int, ModelOpinion],
    *,
    pool: Collection[int],
    revealed: Mapping[int, NDArray[np.int8]],
    seed: int,
    first: int,
) -> list[int]:
    """The pool in a strategy's order. revealed: (m,) RegionLabel of images annotated before."""
    in_pool = set(pool)
    candidates = {image.image_id: _candidate(image, opinions[image.image_id]) for image in visible}
    ranked = rank(
        strategy,
        [candidates[i] for i in candidates if i in in_pool],
        seed=seed,
        batch=max(first, 1),
        annotated=[Annotated(candidates[i], labels) for i, labels in revealed.items()],
        background=[candidates[one.image_id] for one in visible if not one.label.is_malignant],
    )
    return [int(item.image_id) for item in ranked]


def reveal(
    order: Sequence[int], annotated: Sequence[int], *, budget: Budget, work: Mapping[int, ImageWork]
) -> list[int]:
    """The images annotated once a budget is spent: those before, then in the order until it is."""
    whole = total(work, [*annotated, *order])
    found = list(annotated)
    for image in order:
        if is_spent(budget, total(work, found), whole=whole):
            break
        found.append(image)
    return found


def _candidate(image: Visible, opinion: ModelOpinion) -> Candidate:
    return Candidate(
        image_id=ImageId(image.image_id),
        patient_id=image.patient,
        breast=(image.patient, image.breast),
        label=image.label,
        prediction=opinion.prediction,
        evidence=opinion.evidence,
    )
