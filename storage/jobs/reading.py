"""What a worker left in a finished job folder, read, checked and measured: any thread may do it, nothing is written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.domain import ImageId, Split
from core.errors import UserError
from core.job import Job, read_result
from core.prediction import Prediction
from core.ranking.evidence import Evidence, from_arrays
from storage.project import Project
from storage.promotion import Judgement, judge_candidate
from storage.records import TrainedOn
from storage.store import Store

WEIGHTS, PREDICTIONS, EVIDENCE = "model/weights.safetensors", "predictions.npz", "evidence.npz"
_ROUNDING = 1e-6  # how far from [0, 1] a float32 sum of probabilities may lie


class UnusableResultsError(UserError):
    """Results that are whole but can never be taken in."""


@dataclass(frozen=True, eq=False, slots=True)
class JobResults:
    """The whole results of a job. names: of the sealed files. predictions: of the images that are as the job knew them;
    evidence: of the same, what rankings need; dropped: how many others it said something of. trained_on, judgement: of the
    model that was fitted, if one was.
    """

    folder: Path
    job: Job
    names: tuple[str, ...]
    predictions: dict[ImageId, Prediction]
    evidence: dict[ImageId, Evidence]
    dropped: int
    trained_on: TrainedOn
    judgement: Judgement | None

    @property
    def has_model(self) -> bool:
        """Whether a model was fitted."""
        return WEIGHTS in self.names

    @property
    def has_predictions(self) -> bool:
        """Whether images were scored."""
        return PREDICTIONS in self.names


def read_results(project_folder: Path, folder: Path) -> JobResults:
    """Read a finished job and judge its model, through a read-only connection of its own.

    Takes a second or two where there are thousands of images, so that the window does it beside its own thread.
    Raises UserError for results that are incomplete or damaged, UnusableResultsError where they never can be taken in.
    """
    job, names = _read_checked(folder)
    found = _read_predictions(folder / PREDICTIONS) if PREDICTIONS in names else {}
    evidence = _read_evidence(folder / EVIDENCE) if EVIDENCE in names else {}
    trained_on = _trained_on(folder, job) if WEIGHTS in names else TrainedOn()
    with Project.open(project_folder, read_only=True) as project:
        unchanged = unchanged_images(project.store, job)
        kept = {
            image_id: prediction
            for image_id, prediction in found.items()
            if unchanged.get(image_id) == len(prediction.cls)
        }
        is_candidate = WEIGHTS in names and PREDICTIONS in names
        judgement = judge_candidate(project.store, kept, recipe=job.recipe) if is_candidate else None
    return JobResults(
        folder=folder,
        job=job,
        names=tuple(names),
        predictions=kept,
        evidence={image_id: one for image_id, one in evidence.items() if image_id in kept},
        dropped=len(found) - len(kept),
        trained_on=trained_on,
        judgement=judgement,
    )


def _read_checked(folder: Path) -> tuple[Job, list[str]]:
    try:
        names = read_result(folder)
        job = Job.read(folder)
    except (ValueError, OSError, UserError) as error:
        raise UserError(
            "The results of this training are incomplete or damaged and were not taken in: train again. "
            "The project is as it was."
        ) from error
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name:
            raise UnusableResultsError(
                "The results of this training name a file outside their folder: they were not taken in."
            )
    return job, names


def unchanged_images(store: Store, job: Job) -> dict[ImageId, int]:
    """Number of regions of each image that is as the job knew it."""
    known = {image.image_id: image.content_hash for image in job.images}
    return {
        image.id: image.regions
        for image in store.images()
        if not image.failure and known.get(image.id) == image.content_hash
    }


def _trained_on(folder: Path, job: Job) -> TrainedOn:
    """The data of a fit as its job holds them, in hashes that do not depend on the order of the images."""
    try:
        with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
            cuts, region_labels = arrays["offsets"][1:-1], arrays["region_labels"]
            labels = np.split(region_labels, cuts)
    except (ValueError, KeyError, IndexError, OSError, EOFError, BadZipFile) as error:
        raise UnusableResultsError(
            "What this training was made from cannot be read any more, and its model was not taken in: train again. "
            "The project is as it was."
        ) from error
    seen = [
        [image.content_hash, image.label, image.split, hashlib.sha256(regions.tobytes()).hexdigest()]
        for image, regions in zip(job.images, labels, strict=True)
        if image.split is not Split.TEST and image.label is not None
    ]
    count = {split: sum(i.label is not None and i.split is split for i in job.images) for split in Split}
    return TrainedOn(
        snapshot=_digest(seen),
        split_hash=_digest([[image.content_hash, image.split] for image in job.images]),
        train_images=count[Split.TRAIN],
        validation_images=count[Split.VALIDATION],
        test_images=count[Split.TEST],
    )


def _digest(rows: list[list[Any]]) -> str:
    return hashlib.sha256(json.dumps(sorted(rows)).encode()).hexdigest()


def _read_predictions(path: Path) -> dict[ImageId, Prediction]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            ids, offsets = arrays["image_id"].astype(int), arrays["offsets"].astype(int)
            probability = _probabilities(arrays["probability"])
            cls, score = arrays["cls"].astype(np.float32), arrays["score"].astype(np.float32)
        return {
            ImageId(int(image_id)): Prediction(probability[i], cls[start:end], score[start:end])
            for i, (image_id, start, end) in enumerate(zip(ids, offsets[:-1], offsets[1:], strict=True))
        }
    except (ValueError, KeyError, IndexError, OSError, EOFError, BadZipFile) as error:
        raise UnusableResultsError(
            "The predictions of this training cannot be read and were not taken in: train again. "
            "The project is as it was."
        ) from error


def _read_evidence(path: Path) -> dict[ImageId, Evidence]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = from_arrays({name: arrays[name] for name in arrays.files})
    except (ValueError, KeyError, IndexError, OSError, EOFError, BadZipFile) as error:
        raise UnusableResultsError(
            "What this training says for rankings cannot be read, and nothing was taken in: train again. "
            "The project is as it was."
        ) from error
    return {ImageId(image_id): one for image_id, one in found.items()}


def _probabilities(values: NDArray[Any]) -> NDArray[np.float64]:
    found = values.astype(np.float64)
    if not ((found >= -_ROUNDING) & (found <= 1 + _ROUNDING)).all():
        raise ValueError("a probability lies outside [0, 1]")
    return np.clip(found, 0.0, 1.0)
