"""From a finished job folder to the store, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.domain import ImageId, ModelId, Split
from core.errors import UserError
from core.job import Job, read_result, sha256_of, write_atomically
from core.metrics import auroc
from core.prediction import Prediction
from storage.changes import Changes
from storage.project import Project
from storage.records import NewModel
from storage.store import Store
from storage.worklist import DEFAULT_STRATEGY, TOP, rank_worklist

_ROUNDING = 1e-6  # how far from [0, 1] a float32 sum of probabilities may lie


class UnusableResultsError(UserError):
    """Results that are whole but can never be taken in."""


@dataclass(frozen=True, slots=True)
class ImportedJob:
    """What the results of a job changed.

    images_scored: images with a new prediction. dropped: results of images that were removed or changed
    since the job was made. moved_in_top: of the first 10 places of the worklist, how many hold another image.
    before, after: AUROC of M vs. BN over the test patients' images under the former current model and the job's, None
    where it cannot be computed.
    """

    changes: Changes
    model_id: ModelId | None
    images_scored: int
    dropped: int
    moved_in_top: int
    before: float | None
    after: float | None
    summary: str


def import_results(
    project: Project, folder: Path, *, strategy: str | None = None, seed: int = 0
) -> ImportedJob:
    """Take the results of a finished job into the project, in one transaction; then re-rank the worklist.

    The model that was fitted or scored with becomes the current one, unless another one did since the job was
    made: results that were left lying do not replace newer ones. strategy: of the ranking, by default the last
    ranking's. The model's files are placed before the rows that name them become true: a crash in between leaves a
    folder that sweep_jobs removes, and a job that can be imported again. Raises UserError for results that
    are incomplete, damaged or in the store already, and for a model that was fitted on images of test patients.
    """
    job, names = _read_checked(folder)
    store = project.store
    placed: Path | None = None
    try:
        with store.transaction():
            if store.is_job_imported(folder.name):
                raise UserError(
                    "The results of this training are in the project already: nothing was changed."
                )
            store.mark_job_imported(folder.name)
            former = store.current_model()
            changes, model_id = Changes(), _scoring_model(store, job)
            if _has_model(names):
                _refuse_test_patients(store, job)
                model_id = store.next_model_id()
                placed = _place_model(folder, names, project.models_folder / str(model_id))
                changes |= _add_model(store, placed, job=job, parent=former.id if former else None)
            scored, dropped = _add_predictions(store, folder, names=names, job=job, model_id=model_id)
            is_other = model_id is not None and (former is None or former.id != model_id)
            is_superseded = is_other and former is not None and former.id != job.current_model
            if model_id is not None and is_other and not is_superseded and (scored or _has_model(names)):
                changes |= store.set_current_model(model_id)
            moved = 0
            if scored:
                by = strategy or store.ranking_strategy() or DEFAULT_STRATEGY
                ranked = rank_worklist(store, strategy=by, seed=seed)
                changes, moved = changes | ranked.changes, ranked.moved_in_top
    except BaseException:
        if placed is not None:
            shutil.rmtree(placed, ignore_errors=True)
        raise
    before = _test_auroc(store, former.id) if former and is_other else None
    after = _test_auroc(store, model_id) if model_id is not None and scored else None
    return ImportedJob(
        changes=changes | Changes(images=frozenset(scored)),
        model_id=model_id if _has_model(names) else None,
        images_scored=len(scored),
        dropped=dropped,
        moved_in_top=moved,
        before=before,
        after=after,
        summary=" ".join(
            [
                *_what_was_scored(len(scored), dropped=dropped, moved=moved if former else None),
                *_what_it_is_worth(before, after),
                *(
                    ["Another model became the current one in the meantime and stays it."]
                    if is_superseded
                    else []
                ),
            ]
        ),
    )


def mark_imported(project: Project, folder: Path) -> None:
    """Note that a job's results were taken in another way (an import of files does), so that a sweep may trim it."""
    with project.store.transaction():
        if not project.store.is_job_imported(folder.name):
            project.store.mark_job_imported(folder.name)


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


def _has_model(names: Collection[str]) -> bool:
    return "model/weights.safetensors" in names


def _scoring_model(store: Store, job: Job) -> ModelId | None:
    """The model whose folder a job that fits nothing was told to score with."""
    name = Path(job.model_folder).name  # by its name: the project may lie elsewhere by now
    found = [model.id for model in store.models() if model.folder.name == name]
    return found[0] if found else None


def _place_model(folder: Path, names: Collection[str], target: Path) -> Path:
    """Copy the sealed files of model/ beside the target, sync, rename: whole or absent."""
    beside = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)  # of an import that crashed: no row names it
    try:
        beside.mkdir(parents=True)
        for name in names:
            if name.startswith("model/"):
                _copy_synced(folder / name, beside / PurePosixPath(name).name)
        beside.rename(target)
        _sync_folder(target.parent)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise UserError(
            f"The trained model could not be saved: {error.strerror or 'its folder cannot be written'}. "
            "Nothing was changed; free some space and import the results again."
        ) from error
    return target


def _copy_synced(source: Path, target: Path) -> None:
    write_atomically(target, source.read_bytes())


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _refuse_test_patients(store: Store, job: Job) -> None:
    """What a job takes for a training image must be none of a test patient as the store has it now."""
    test = [image for image in store.images() if image.split == Split.TEST]
    ids, contents = {image.id for image in test}, {image.content_hash for image in test if not image.failure}
    used = [image for image in job.images if image.split != Split.TEST]
    if any(image.image_id in ids or image.content_hash in contents for image in used):
        raise UnusableResultsError(
            "This training used images of test patients: its results were not taken in. Train again. "
            "The project is as it was."
        )


def _add_model(store: Store, placed: Path, *, job: Job, parent: ModelId | None) -> Changes:
    annotated = sum(image.is_annotated and image.split == Split.TRAIN for image in job.images)
    model = NewModel(
        name=f"{job.recipe.method.value} {placed.name}",
        recipe=job.recipe,
        folder_name=placed.name,
        sha256=sha256_of(placed / "weights.safetensors"),
        metrics=_metrics(placed),
        annotated_images=annotated if job.recipe.method.is_semi_supervised else 0,
        parent_id=parent,
    )
    model_id, changes = store.add_model(model)
    assert str(model_id) == placed.name, "the folder has the id that the row got"
    return changes


def _metrics(folder: Path) -> dict[str, Any]:
    path = folder / "metrics.json"
    value: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}
    return value


def _add_predictions(
    store: Store, folder: Path, *, names: Collection[str], job: Job, model_id: ModelId | None
) -> tuple[set[ImageId], int]:
    """Store the predictions of images that are still as the job knew them. Returns (stored, dropped)."""
    if "predictions.npz" not in names or model_id is None:
        return set(), 0
    found = _read_predictions(folder / "predictions.npz")
    unchanged = _unchanged(store, job)
    kept = {
        image_id: prediction
        for image_id, prediction in found.items()
        if unchanged.get(image_id) == len(prediction.cls)
    }
    store.add_predictions(model_id, kept)
    return set(kept), len(found) - len(kept)


def _unchanged(store: Store, job: Job) -> dict[ImageId, int]:
    """Number of regions of each image that is as the job knew it."""
    known = {image.image_id: image.content_hash for image in job.images}
    return {
        image.id: image.regions
        for image in store.images()
        if not image.failure and known.get(image.id) == image.content_hash
    }


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


def _probabilities(values: NDArray[Any]) -> NDArray[np.float64]:
    found = values.astype(np.float64)
    if not ((found >= -_ROUNDING) & (found <= 1 + _ROUNDING)).all():
        raise ValueError("a probability lies outside [0, 1]")
    return np.clip(found, 0.0, 1.0)


def _test_auroc(store: Store, model_id: ModelId) -> float | None:
    """AUROC of M vs. BN over the labelled images of test patients, None where one class is missing."""
    said = store.probabilities(model_id)
    cases = [
        (said[image.id][1], image.label.is_malignant)
        for image in store.images()
        if image.split == Split.TEST and image.label is not None and image.id in said
    ]
    return auroc([score for score, _ in cases], [positive for _, positive in cases]) if cases else None


def _what_was_scored(scored: int, *, dropped: int, moved: int | None) -> list[str]:
    """moved: places of the worklist that hold another image, None where no model ranked it before."""
    parts = [f"{scored} images scored."]
    if scored and moved is None:
        parts.append("The worklist is ranked by a model for the first time.")
    elif scored:
        parts.append(f"{moved} of the first {TOP} places of the worklist hold another image.")
    if dropped:
        parts.append(f"Results of {dropped} images that changed in the meantime were left out.")
    return parts


def _what_it_is_worth(before: float | None, after: float | None) -> list[str]:
    if after is None:
        return []
    change = f" (before: {before:.3f})" if before is not None else ""
    return [f"AUROC of malignant against the rest on test patients: {after:.3f}{change}."]
