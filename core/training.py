"""Training of the dual-branch head on ready region features: a generator of events that can be stopped anywhere."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from core.bags import Bag, has_malignant_region, in_full_set
from core.checkpoint import CheckpointFolder, Snapshot, UnusableCheckpointError, digest_of
from core.control import Control
from core.devices import choose_device, computing
from core.domain import Split
from core.errors import UserError
from core.events import Event, Notice
from core.projection import Projection
from core.recipe import Recipe
from core.training_run import FittedModel, Run, projection_of

__all__ = ["Bag", "Control", "FittedModel", "fit", "projection_of"]


def fit(
    bags: Sequence[Bag],
    recipe: Recipe,
    *,
    control: Control,
    checkpoint: Path | None = None,
    projection: Projection | None = None,
) -> Generator[Event, None, FittedModel | None]:
    """Train by Eq. 12 (or its weak part alone), yielding Notices and one Epoch a pass; returns the model.

    The same bags, recipe (seed, threads) and machine give the same model bit for bit on the CPU. A request to
    stop is honoured after at most one batch: cancel returns None; stop early returns the model of the last whole
    epoch (of the best one where recipe.patience is set), or None before the first. With patience, training also
    ends by itself after that many epochs without a better validation AUROC, and keeps the best.

    checkpoint: a folder of its own, in which the fit keeps how far it has come, at most every 20 seconds. One that was
    killed goes on from there: its epochs are told again, and its model is the one that it would have given. The
    folder is gone after the fit, unless that could give nothing yet and nobody cancelled it.

    projection: that of the same training images and recipe (`projection_of`), where it was fitted before; many fits on one
    set of images need it once.
    """
    usable = [bag for bag in bags if bag.label is not None]
    _check(bags, usable)
    device = choose_device(recipe.device, precision=recipe.precision)
    for text in _notices(bags, recipe):
        yield Notice(text)
    with computing(device, precision=recipe.precision, threads=recipe.threads):
        saved = None
        if checkpoint is not None:
            saved = CheckpointFolder(checkpoint, digest=digest_of(usable, recipe, device=device.type))
        fitted = yield from _fitted(
            usable, recipe, device=device, control=control, saved=saved, projection=projection
        )
        if saved is not None and (fitted is not None or control.is_cancelled):
            saved.remove()
        return fitted


def _fitted(
    bags: Sequence[Bag],
    recipe: Recipe,
    *,
    device: torch.device,
    control: Control,
    saved: CheckpointFolder | None,
    projection: Projection | None,
) -> Generator[Event, None, FittedModel | None]:
    snapshot = yield from _snapshot(saved)
    scratch = None if saved is None else saved.scratch
    run = Run.start(
        bags,
        recipe,
        device=device,
        control=control,
        snapshot=snapshot,
        scratch=scratch,
        projection=projection,
    )
    if run is None:
        return None
    if snapshot is not None:
        yield Notice(f"Training went on from epoch {len(run.curves)}, where it had been interrupted.")
        yield from run.curves
    while not run.is_over and not control.is_stopping:
        epoch = run.one_epoch(control)
        yield from run.notices()
        if epoch is not None:
            yield epoch
            saved = yield from _kept_on_disk(saved, run)
    if control.is_cancelled:
        return None
    fitted = run.result(was_stopped=control.is_stopping)
    yield from run.notices()
    return fitted


def _snapshot(saved: CheckpointFolder | None) -> Generator[Event, None, Snapshot | None]:
    try:
        return None if saved is None else saved.read()
    except UnusableCheckpointError as error:
        yield Notice(str(error))
        return None


def _kept_on_disk(
    saved: CheckpointFolder | None, run: Run
) -> Generator[Event, None, CheckpointFolder | None]:
    """Write a checkpoint if it is time; where the disk refuses it, training goes on without, and says so."""
    try:
        if saved is not None:
            saved.write_if_due(run.snapshot)
    except OSError:
        yield Notice(
            "How far training has come cannot be saved, since the disk is full or refuses it: training goes on, but if "
            "it is interrupted it starts from the beginning."
        )
        return None
    return saved


def _check(bags: Sequence[Bag], usable: Sequence[Bag]) -> None:
    if any(bag.split is Split.TEST for bag in bags):
        raise ValueError("an image of a test patient was given to training")
    for bag in usable:
        _check_variants(bag)
    if not any(bag.split is Split.TRAIN for bag in usable):
        raise UserError(
            "There is nothing to train on: no image of the training patients has a label. "
            "Import labels for them, then train again."
        )


def _check_variants(bag: Bag) -> None:
    for variant in bag.variants:
        shape = variant.features.shape
        if len(shape) != 2 or shape[0] == 0 or shape[1] != bag.features.shape[1]:
            raise ValueError(f"a variant of image {bag.image_id} has features of shape {shape}")
        if not np.isfinite(variant.features).all():
            raise ValueError(f"a variant of image {bag.image_id} has a feature that is not a number")
        labels = variant.region_labels
        if (labels is None) != (bag.region_labels is None):
            raise ValueError(f"a variant of image {bag.image_id} is not annotated as the image is")
        if labels is not None and labels.shape != (len(variant.features),):
            raise ValueError(f"a variant of image {bag.image_id} has not one label a region")


def _notices(bags: Sequence[Bag], recipe: Recipe) -> Iterator[str]:
    unlabelled = [bag for bag in bags if bag.label is None]
    if unlabelled:
        yield f"{_images(len(unlabelled))} without a label: left out of training."
    train = [bag for bag in bags if bag.label is not None and bag.split is Split.TRAIN]
    if len({bag.label is not None and bag.label.is_malignant for bag in train}) == 1:
        yield "The training images are all malignant or all not malignant: the model cannot learn the difference."
    if not recipe.method.is_semi_supervised:
        return
    full = [bag for bag in train if in_full_set(bag, recipe)]
    if not full:
        yield "No malignant training image is annotated yet: the model is trained on image labels alone."
    missed = [bag for bag in full if not has_malignant_region(bag)]
    if missed:
        yield (
            f"{_images(len(missed))} annotated, but no region overlaps a malignant contour enough: "
            f"left out of the detection term (image {_ids(missed)})."
        )
    contrary = [bag for bag in train if not in_full_set(bag, recipe) and has_malignant_region(bag)]
    if contrary:
        yield (
            f"{_images(len(contrary))} with malignant contours but without a malignant label: "
            f"the contours were not used (image {_ids(contrary)})."
        )


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count} images"


def _ids(bags: Sequence[Bag], *, most: int = 8) -> str:
    named = ", ".join(str(bag.image_id) for bag in bags[:most])
    return named if len(bags) <= most else f"{named} and {len(bags) - most} more"
