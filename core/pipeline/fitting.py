"""The step that fits a model on the features of training and validation images."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.domain import Split
from core.errors import UserError
from core.events import Epoch, Event, Notice
from core.job import ImageContours, read_contours, write_atomically
from core.pipeline.run import JobRun

if TYPE_CHECKING:
    from core.bags import Bag

CHECKPOINT = "checkpoint"  # a folder, see core.training.fit
MODEL_FILES = ("weights.safetensors", "recipe.json", "metrics.json", "result.json", "curves.csv")


def fit_model(run: JobRun) -> Iterator[Event]:
    """Fit the recipe's model, or go on from its checkpoint, and write it into the job's folder."""
    from core.model import save_model
    from core.training import fit

    bags = yield from _bags(run)
    run.fitted = yield from fit(bags, run.job.recipe, control=run.control, checkpoint=run.folder / CHECKPOINT)
    run.is_cut_short = run.fitted is None
    if run.fitted is None:
        return
    folder = run.folder / "model"
    save_model(
        folder,
        run.fitted.model,
        recipe=run.fitted.recipe,
        metrics=run.fitted.metrics,
        trunk_key=run.trunk_key(),
    )
    write_atomically(folder / "curves.csv", _curves(run.fitted.curves))
    run.results += [f"model/{name}" for name in MODEL_FILES]
    run.summary["metrics"] = run.fitted.metrics


def _bags(run: JobRun) -> Generator[Event, None, list[Bag]]:
    """The training and validation images that have features, with their variants."""
    contours = read_contours(run.folder) if any(run.variants) else {}
    bags, missing = [], 0
    for index, image in enumerate(run.job.images):
        if image.split is Split.TEST:
            continue
        features = run.features(index)
        if isinstance(features, Notice):
            yield features
        elif features is not None:
            bag = _bag(run, index, features=features, contours=contours)
            missing += len(run.variants[index]) - len(bag.variants)
            bags.append(bag)
    if run.failures and not bags:
        raise UserError(
            "There is nothing to train on: no image has region features. Make them, then train again."
        )
    if missing:
        yield Notice(
            f"{missing} of {sum(map(len, run.variants))} turned, mirrored or shifted copies of training images have no "
            "region features: the model is trained without them."
        )
    return bags


def _bag(
    run: JobRun, index: int, *, features: NDArray[np.float16], contours: Mapping[int, ImageContours]
) -> Bag:
    from core.bag_variants import read_variants
    from core.bags import Bag

    image = run.job.images[index]
    if run.variants[index] and image.is_annotated and image.image_id not in contours:
        raise UserError(
            "The work cannot be done: its contours.json is missing or incomplete. Nothing was changed; start it again."
        )
    variants = read_variants(
        run.store,
        run.variants[index],
        content_hash=image.content_hash,
        scale=image.scale,
        contours=contours.get(image.image_id) if image.is_annotated else None,
        recipe=run.job.recipe,
    )
    labels = run.region_labels[index] if image.is_annotated else None
    return Bag(image.image_id, features, image.label, image.split, labels, tuple(variants))


def _curves(epochs: Sequence[Epoch]) -> bytes:
    """curves.csv: one row an epoch, empty where a figure cannot be computed."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["epoch", "train_loss", "train_auroc", "validation_loss", "validation_auroc"])
    for epoch in epochs:
        figures = (epoch.train_loss, epoch.train_auroc, epoch.validation_loss, epoch.validation_auroc)
        rows.writerow([epoch.number, *("" if figure is None else f"{figure:.6g}" for figure in figures)])
    return text.getvalue().encode()
