"""Trainings that were killed half way: which one can go on, on which condition, and how one is given up."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.domain import Decision, ImageId, Split
from core.errors import UserError
from core.job import Job, JobImage, Step
from core.recipe import Method, Recipe
from storage.project import Project
from storage.records import ImageRecord
from storage.store import Store

CHECKPOINT = "checkpoint"  # the folder that a fit keeps its way back in (core.checkpoint)
_STATE = "checkpoint.json"
_UNREADABLE = "The interrupted training cannot go on: what it was made from cannot be read any more. Discard it and train anew."


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A training that ended before it was whole. epoch: the last one kept, None where the checkpoint does not say it.

    annotated: images whose contours take part.
    """

    folder: Path
    method: Method
    epoch: int | None
    epochs: int
    annotated: int

    def __str__(self) -> str:
        where = f" at epoch {self.epoch} of {self.epochs}" if self.epoch is not None else ""
        return f"A training ({self.method.value}) was interrupted{where}."


def is_interrupted(folder: Path) -> bool:
    """Whether a job folder holds a fit that can go on: begun, not finished, with a checkpoint."""
    if (folder / "result.json").exists() or not (folder / CHECKPOINT / _STATE).is_file():
        return False
    try:
        return Step.FIT in Job.read(folder).steps
    except UserError:
        return False


def interrupted_training(project: Project) -> Interrupted | None:
    """The newest interrupted training, None where there is none."""
    found = [
        path
        for path in sorted(project.jobs_folder.iterdir())
        if path.is_dir() and not project.store.is_job_imported(path.name) and is_interrupted(path)
    ]
    if not found:
        return None
    job = Job.read(found[-1])
    return Interrupted(
        folder=found[-1],
        method=job.recipe.method,
        epoch=_epoch(found[-1]),
        epochs=job.recipe.epochs,
        annotated=sum(image.is_annotated and image.split is Split.TRAIN for image in job.images),
    )


def resume_job(project: Project, folder: Path) -> str:
    """Make an interrupted job ready to be run again; returns a sentence on what has changed since, or ''.

    It goes on with the images, labels and contours of when it began. Raises UserError where a patient it trains on is a
    test patient by now: what it has learnt cannot be taken back.
    """
    job = Job.read(folder)
    drawn = _drawn(folder, job)
    now = {image.id: image for image in project.store.images()}
    test = [image for image in now.values() if image.split is Split.TEST]
    ids, contents = {image.id for image in test}, {image.content_hash for image in test if not image.failure}
    used = [image for image in job.images if image.split is not Split.TEST]
    # The images for which storage.jobs.results refuses a model: better now than after hours.
    if any(image.image_id in ids or image.content_hash in contents for image in used):
        raise UserError(
            "The interrupted training cannot go on: a patient whose images it trains on is a test patient now. "
            "Discard it and train anew."
        )
    current = project.store.current_model()
    replace(
        job,
        features_folder=str(project.features_folder),
        current_model=None if current is None else current.id,
    ).write(folder)
    changed = sum(
        not _is_as_then(
            project.store, image, now.get(ImageId(image.image_id)), drawn=labels, recipe=job.recipe
        )
        for image, labels in zip(job.images, drawn, strict=True)
        if image.split is not Split.TEST
    )
    return _told(changed)


def discard_training(project: Project, folder: Path) -> None:
    """Give an interrupted training up: it is not offered again."""
    if project.is_read_only:
        raise UserError(f"{project.folder.name} is open read-only: nothing can be changed in it.")
    shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)


def _is_as_then(
    store: Store, then: JobImage, now: ImageRecord | None, *, drawn: NDArray[np.int8], recipe: Recipe
) -> bool:
    """Whether training would see the same of an image. drawn: (m,) its region labels of then."""
    if now is None or now.failure or now.decision is Decision.UNREADABLE:
        return then.label is None
    is_annotated = now.label is not None and now.label.is_malignant and now.malignant_findings > 0
    facts = (then.content_hash, then.label, then.split, then.is_annotated)
    if (now.content_hash, now.label, now.split, is_annotated) != facts:
        return False
    if not is_annotated:
        return True
    labels = store.region_labels(now.id, alpha=recipe.alpha, grid_key=recipe.grid.key)
    return labels is not None and np.array_equal(labels, drawn)


def _drawn(folder: Path, job: Job) -> list[NDArray[np.int8]]:
    """(m,) region labels by image, in the order of job.images, as they were when the job was made."""
    try:
        with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
            found: list[NDArray[np.int8]] = np.split(arrays["region_labels"], arrays["offsets"][1:-1])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise UserError(_UNREADABLE) from error
    if len(found) != len(job.images):
        raise UserError(_UNREADABLE)
    return found


def _epoch(folder: Path) -> int | None:
    try:
        return int(json.loads((folder / CHECKPOINT / _STATE).read_bytes())["plain"]["epoch"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _told(changed: int) -> str:
    if not changed:
        return ""
    images = "1 image has" if changed == 1 else f"{changed} images have"
    return f"{images} other labels or contours since it began: it goes on with those of then."
