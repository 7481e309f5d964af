"""Training of the dual-branch head on ready region features: a generator of events that can be stopped anywhere."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch

from core.bags import Bag, has_malignant_region, in_full_set
from core.control import Control
from core.domain import Split
from core.errors import UserError
from core.events import Event, Notice
from core.recipe import Recipe
from core.training_run import FittedModel, Run

__all__ = ["Bag", "Control", "FittedModel", "fit"]


def fit(
    bags: Sequence[Bag], recipe: Recipe, *, control: Control, checkpoint: Path | None = None
) -> Generator[Event, None, FittedModel | None]:
    """Train by Eq. 12 (or its weak part alone), yielding Notices and one Epoch a pass; returns the model.

    The same bags, recipe (seed, threads) and machine give the same model bit for bit on the CPU. A request to
    stop is honoured after at most one batch: cancel returns None; stop early returns the model of the last whole
    epoch (of the best one where recipe.patience is set), or None before the first. With patience, training also
    ends by itself after that many epochs without a better validation AUROC, and keeps the best.
    """
    del checkpoint
    usable = [bag for bag in bags if bag.label is not None]
    _check(bags, usable)
    for text in _notices(bags, recipe):
        yield Notice(text)
    with _threads(recipe.threads):
        run = Run.start(usable, recipe, control=control)
        while run is not None and not run.is_over and not control.is_stopping:
            epoch = run.one_epoch(control)
            if epoch is not None:
                yield epoch
        return None if run is None or control.is_cancelled else run.result(was_stopped=control.is_stopping)


def _check(bags: Sequence[Bag], usable: Sequence[Bag]) -> None:
    if any(bag.split is Split.TEST for bag in bags):
        raise ValueError("an image of a test patient was given to training")
    if not any(bag.split is Split.TRAIN for bag in usable):
        raise UserError(
            "There is nothing to train on: no image of the training patients has a label. "
            "Import labels for them, then train again."
        )


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


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Sums are rounded in an order that depends on how many threads share them."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
