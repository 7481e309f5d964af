"""From the store to a job folder for a worker process."""

from __future__ import annotations

import io
import secrets
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.domain import Decision, FindingClass, ModelId, RegionLabel, Split
from core.errors import UserError
from core.job import CONTOURS, ImageContours, Job, JobImage, Step, contours_json, write_atomically
from core.recipe import Augmentation, GridSettings, Recipe
from storage.project import Project
from storage.records import ImageRecord
from storage.store import Store

Arrays = dict[str, NDArray[Any]]


def prepare_job(
    project: Project,
    *,
    steps: Sequence[Step],
    recipe: Recipe | None = None,
    files: Sequence[Path] = (),
    spacing_mm: Mapping[str, float] | None = None,
    grid: GridSettings | None = None,
    model_id: ModelId | None = None,
    weights_file: Path | None = None,
    features_limit_gb: float | None = None,
) -> Path:
    """Write a job folder for a worker and return it.

    files, spacing_mm (by path): for Step.INSPECT. model_id: the model to score with where nothing is fitted,
    the current one by default. weights_file: of a trunk whose weights no package brings. features_limit_gb:
    how large the features folder may become, by default as core.feature_folder says. Of test patients, contours never
    leave: their images are not annotated and all their regions ignored. Contours themselves leave only for training
    images that the recipe augments. Raises UserError where there is nothing to work on.
    """
    if project.is_read_only:
        raise UserError(f"{project.folder.name} is open read-only: no work can be started in it.")
    recipe = recipe or Recipe()
    images: tuple[JobImage, ...] = ()
    arrays = _no_arrays()
    contours: dict[int, ImageContours] = {}
    if set(steps) & {Step.FEATURES, Step.FIT, Step.SCORE}:
        images, arrays = _job_images(project.store, recipe)
        contours = _contours(project.store, recipe)
    needs_model = Step.SCORE in steps and Step.FIT not in steps
    current = project.store.current_model()
    job = Job(
        steps=tuple(step for step in Step if step in steps),
        recipe=recipe,
        images=images,
        features_folder=str(project.features_folder),
        model_folder=str(_model_folder(project.store, model_id)) if needs_model else "",
        current_model=current.id if current else None,
        files=tuple(str(path) for path in files),
        spacing_mm=dict(spacing_mm) if spacing_mm else None,
        grid=grid or recipe.grid,
        weights_file=str(weights_file.absolute()) if weights_file else "",
        features_limit_gb=features_limit_gb,
    )
    return _write_folder(project.jobs_folder, job, arrays=arrays, contours=contours)


def _job_images(store: Store, recipe: Recipe) -> tuple[tuple[JobImage, ...], Arrays]:
    usable = [
        image for image in store.images() if not image.failure and image.decision != Decision.UNREADABLE
    ]
    if not usable:
        raise UserError("There are no images to work on: import some first.")
    usable.sort(key=lambda image: image.id)
    grids = store.grids(recipe.grid.key)
    if missing := sum(image.id not in grids for image in usable):
        raise UserError(
            f"{missing} of {len(usable)} images have no regions for this window grid: "
            "use the grid with which they were imported."
        )
    boxes = [grids[image.id] for image in usable]
    labels = [_training_labels(store, image, recipe, count=len(grids[image.id])) for image in usable]
    images = tuple(
        JobImage(
            image_id=image.id,
            path=str(image.path),
            content_hash=image.content_hash,
            scale=image.scale,
            label=image.label,
            split=image.split,
            is_annotated=_may_train_on_contours(image),
        )
        for image in usable
    )
    offsets = np.concatenate([[0], np.cumsum([len(b) for b in boxes])]).astype(np.int64)
    arrays: Arrays = {
        "boxes": np.concatenate(boxes),
        "region_labels": np.concatenate(labels),
        "offsets": offsets,
    }
    return images, arrays


def _may_train_on_contours(image: ImageRecord) -> bool:
    """F holds malignant images with local annotation, and none of a test patient."""
    is_malignant = image.label is not None and image.label.is_malignant
    return is_malignant and image.malignant_findings > 0 and image.split != Split.TEST


def _contours(store: Store, recipe: Recipe) -> dict[int, ImageContours]:
    """Malignant contours of the annotated training images, which turn with their variants; none without variants."""
    if recipe.augmentation is Augmentation.NONE or recipe.variants == 0:
        return {}
    return {
        image.id: ImageContours(
            image.rows,
            image.columns,
            tuple(
                finding.contour
                for finding in store.findings(image.id)
                if finding.finding_class == FindingClass.MALIGNANT
            ),
        )
        for image in store.images()
        if image.split == Split.TRAIN and not image.failure and _may_train_on_contours(image)
    }


def _training_labels(store: Store, image: ImageRecord, recipe: Recipe, *, count: int) -> NDArray[np.int8]:
    ignored = np.full(count, RegionLabel.IGNORED, np.int8)
    if not _may_train_on_contours(image):
        return ignored
    labels = store.region_labels(image.id, alpha=recipe.alpha, grid_key=recipe.grid.key)
    return ignored if labels is None else labels


def _no_arrays() -> Arrays:
    return {
        "boxes": np.empty((0, 4)),
        "region_labels": np.empty(0, np.int8),
        "offsets": np.zeros(1, np.int64),
    }


def _model_folder(store: Store, model_id: ModelId | None) -> Path:
    model = store.current_model() if model_id is None else store.model(model_id)
    if model is None:
        raise UserError("There is no model to score with: train one first.")
    return model.folder


def _write_folder(
    jobs: Path, job: Job, *, arrays: Mapping[str, NDArray[Any]], contours: Mapping[int, ImageContours]
) -> Path:
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    beside = jobs / f".{name}.tmp"
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    try:
        beside.mkdir(parents=True)
        write_atomically(beside / "arrays.npz", content.getvalue())
        if contours:
            write_atomically(beside / CONTOURS, contours_json(contours))
        job.write(beside)
        beside.rename(jobs / name)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise UserError(
            f"The work could not be started: {error.strerror or 'its folder cannot be written'}. "
            "Free some space in the project's folder and try again."
        ) from error
    return jobs / name
