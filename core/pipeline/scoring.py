"""The step that scores every image with the fitted model, or with the one that the job names."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.errors import UserError
from core.events import Event, Notice
from core.job import write_atomically
from core.pipeline.pace import Pace
from core.pipeline.run import JobRun
from core.prediction import Prediction
from core.ranking.evidence import Evidence, to_npz

if TYPE_CHECKING:
    from core.model import DualBranch

PREDICTIONS, EVIDENCE = "predictions.npz", "evidence.npz"
STEPS = 100  # events told while scoring, at most


def score_images(run: JobRun) -> Iterator[Event]:
    """Score all images and write the predictions, and what rankings need beside them; a cancel leaves none."""
    from core.evidence_scoring import EvidenceMaker
    from core.scoring import score

    model = _scoring_model(run)
    maker = EvidenceMaker.of(model, dropout=run.job.recipe.dropout)
    said: dict[int, Prediction] = {}
    evidence: dict[int, Evidence] = {}
    images = run.job.images
    pace = Pace("scoring", total=len(images))
    every = -(-len(images) // STEPS)
    for index, image in enumerate(images):
        if run.control.is_cancelled:
            return
        features = run.features(index)
        if isinstance(features, Notice):
            yield features
        elif features is not None:
            said[image.image_id] = score(model, features)
            evidence[image.image_id] = maker(features)
        progress = pace.one_more()
        if progress.done % every == 0 or progress.done == progress.total:
            yield progress
    write_atomically(run.folder / PREDICTIONS, _packed(said))
    write_atomically(run.folder / EVIDENCE, to_npz(evidence))
    run.results += [PREDICTIONS, EVIDENCE]
    run.summary["images_scored"] = len(said)


def _scoring_model(run: JobRun) -> DualBranch:
    if run.fitted is not None:
        return run.fitted.model
    from core.model import load_model

    saved = load_model(Path(run.job.model_folder))
    if saved.trunk_key != run.trunk_key() or saved.recipe.grid != run.job.recipe.grid:
        raise UserError(
            "The model was trained on region features of another kind than those of this project's settings: "
            "it was not used. Train again, or choose the settings that the model was trained with."
        )
    return saved.model


def _packed(said: dict[int, Prediction]) -> bytes:
    """predictions.npz, laid out as core.job tells."""
    content = io.BytesIO()
    cls = [prediction.cls for prediction in said.values()]
    np.savez(
        content,
        allow_pickle=False,
        image_id=np.array(list(said), np.int64),
        offsets=np.cumsum([0, *(len(rows) for rows in cls)]),
        probability=np.array([p.probability for p in said.values()]).reshape(-1, 2),
        cls=np.concatenate([*cls, np.empty((0, 3), np.float32)]),
        score=np.concatenate([*(p.score for p in said.values()), np.empty((0, 2), np.float32)]),
    )
    return content.getvalue()
