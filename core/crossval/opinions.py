"""What a cell's model says of its training images, for the ranking of those that could be annotated next: opinions.npz.

    "image_id" (n,), "offsets" (n + 1,), "probability" (n, 2), "cls" (T, 3), "score" (T, 2), "embedding" (n, h),
    "residual" (n, 3), "change" (n,), "bald" (n,), "bald_region" (n,)

Letters: n images, T regions of all of them, h hidden units.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.crossval.inputs import Inputs
from core.prediction import Prediction
from core.ranking.evidence import Evidence, from_arrays, to_arrays

if TYPE_CHECKING:
    from core.training_run import FittedModel

OPINIONS = "opinions.npz"


@dataclass(frozen=True, eq=False, slots=True)
class ModelOpinion:
    """What a model says of one image."""

    prediction: Prediction
    evidence: Evidence


def opinions_of(
    fitted: FittedModel, inputs: Inputs, image_ids: Iterable[int], *, dropout: float
) -> dict[int, ModelOpinion]:
    """Ask a model about images. It sees their features alone."""
    from core.evidence_scoring import EvidenceMaker
    from core.scoring import score

    maker = EvidenceMaker.of(fitted.model, dropout=dropout)
    return {
        image_id: ModelOpinion(score(fitted.model, features), maker(features))
        for image_id in image_ids
        for features in [inputs.features(image_id)]
    }


def packed(opinions: Mapping[int, ModelOpinion]) -> bytes:
    """opinions.npz."""
    said = list(opinions.values())
    content = io.BytesIO()
    np.savez_compressed(
        content,
        allow_pickle=False,
        **to_arrays({image_id: one.evidence for image_id, one in opinions.items()}),
        offsets=np.cumsum([0, *(len(one.prediction.cls) for one in said)]).astype(np.int64),
        probability=np.array([one.prediction.probability for one in said], np.float64).reshape(-1, 2),
        cls=np.concatenate([*(one.prediction.cls for one in said), np.empty((0, 3), np.float32)]),
        score=np.concatenate([*(one.prediction.score for one in said), np.empty((0, 2), np.float32)]),
    )
    return content.getvalue()


def read_opinions(folder: Path) -> dict[int, ModelOpinion]:
    """What packed wrote into a cell's folder. Raises OSError, ValueError or KeyError for anything else."""
    with np.load(folder / OPINIONS, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    at = arrays["offsets"]
    return {
        image_id: ModelOpinion(
            Prediction(
                arrays["probability"][i], arrays["cls"][at[i] : at[i + 1]], arrays["score"][at[i] : at[i + 1]]
            ),
            evidence,
        )
        for i, (image_id, evidence) in enumerate(from_arrays(arrays).items())
    }
