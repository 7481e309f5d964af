"""The step that fits a model on the features of training and validation images."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.domain import Split
from core.events import Epoch, Event, Notice
from core.job import JobImage, write_atomically
from core.pipeline.run import JobRun

if TYPE_CHECKING:
    from core.bags import Bag

MODEL_FILES = ("weights.safetensors", "recipe.json", "metrics.json", "result.json", "curves.csv")


def fit_model(run: JobRun) -> Iterator[Event]:
    """Fit the recipe's model and write it into the job's folder."""
    from core.model import save_model
    from core.training import fit

    with run.store() as store:
        bags = []
        for index, image in enumerate(run.job.images):
            if image.split is Split.TEST:
                continue
            features = run.features(store, index)
            if isinstance(features, Notice):
                yield features
            elif features is not None:
                bags.append(_bag(image, features, run.region_labels[index]))
        run.fitted = yield from fit(bags, run.job.recipe, control=run.control)
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


def _bag(image: JobImage, features: NDArray[np.float16], region_labels: NDArray[np.int8]) -> Bag:
    from core.bags import Bag

    labels = region_labels if image.is_annotated else None
    return Bag(image.image_id, features, image.label, image.split, labels)


def _curves(epochs: Sequence[Epoch]) -> bytes:
    """curves.csv: one row an epoch, empty where a figure cannot be computed."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["epoch", "train_loss", "train_auroc", "validation_loss", "validation_auroc"])
    for epoch in epochs:
        figures = (epoch.train_loss, epoch.train_auroc, epoch.validation_loss, epoch.validation_auroc)
        rows.writerow([epoch.number, *("" if figure is None else f"{figure:.6g}" for figure in figures)])
    return text.getvalue().encode()
