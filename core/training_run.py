"""The inside of a fit: images laid end to end, steps of the optimiser, epochs, and what is kept of them.

Letters: n images, T regions of all of them together, p features after the fixed projection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.adam import Adam
from core.bags import Bag, in_full_set
from core.control import Control
from core.domain import RegionLabel, Split
from core.engine import Dropout, gradients, logits_of
from core.errors import UserError
from core.events import Epoch
from core.losses import Batch, Counts, ImageLogs, Logits, Terms, image_log_probabilities, loss
from core.metrics import auroc
from core.model import DualBranch
from core.projection import fit_projection, rows_of
from core.recipe import Method, Recipe

MALIGNANT = 1  # row of (B, M)


@dataclass(frozen=True, eq=False, slots=True)
class FittedModel:
    """What a fit leaves: the model on the CPU in evaluation mode, plain figures about it, and its curves."""

    model: DualBranch
    recipe: Recipe
    metrics: dict[str, Any]
    curves: tuple[Epoch, ...]


def _device(name: str) -> torch.device:
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        raise UserError(
            f"This computer has no usable device '{name}': choose 'cpu' in the recipe, then train again."
        ) from error
    return torch.device(name)


@dataclass(frozen=True, eq=False, slots=True)
class TrainingImages:
    """Images laid one after the other. projected: (T, p) float32; whole: all of them as one batch."""

    projected: Tensor
    whole: Batch
    counts: Counts

    @classmethod
    def of(cls, bags: Sequence[Bag], recipe: Recipe, *, projected: Tensor) -> TrainingImages:
        """Targets and labels of images whose features are projected already."""
        to = projected.device
        sizes = torch.tensor([0, *(len(bag.features) for bag in bags)])
        benign_malignant = [bag.label.targets[::-1] for bag in bags if bag.label is not None]
        whole = Batch.of(
            sizes.cumsum(0).to(to),
            targets=torch.tensor(benign_malignant, dtype=torch.bool, device=to),
            is_annotated=torch.tensor([in_full_set(bag, recipe) for bag in bags], device=to),
            region_labels=torch.from_numpy(np.concatenate([_labels(bag) for bag in bags])).to(to),
        )
        return cls(projected, whole, whole.counts())

    def take(self, images: Tensor) -> tuple[Tensor, Batch]:
        """Regions and batch of some images, in the order given. images: (k,) int64."""
        starts, sizes = self.whole.offsets[images], self.whole.offsets.diff()[images]
        offsets = torch.cat([sizes.new_zeros(1), sizes.cumsum(0)])
        rows = torch.arange(int(offsets[-1]), device=sizes.device)
        rows += (starts - offsets[:-1]).repeat_interleave(sizes)
        batch = Batch.of(
            offsets,
            targets=self.whole.targets[images],
            is_annotated=self.whole.is_annotated[images],
            region_labels=self.whole.region_labels[rows],
        )
        return self.projected[rows], batch


def _labels(bag: Bag) -> NDArray[np.int8]:
    if bag.region_labels is None:
        return np.full(len(bag.features), RegionLabel.IGNORED, np.int8)
    return bag.region_labels.astype(np.int8)


class Run:
    """The state of one fit between two epochs."""

    def __init__(
        self, model: DualBranch, recipe: Recipe, *, train: TrainingImages, validation: TrainingImages | None
    ) -> None:
        self.model, self.recipe, self.train, self.validation = model, recipe, train, validation
        self.terms = _terms(recipe)
        self.generator = torch.Generator(train.projected.device).manual_seed(recipe.seed)
        self.optimiser = Adam(
            model.parameters(), learning_rate=recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        self.curves: list[Epoch] = []
        self.kept: Epoch | None = None
        self.kept_state: dict[str, Tensor] = {}

    @classmethod
    def start(cls, bags: Sequence[Bag], recipe: Recipe, *, control: Control) -> Run | None:
        """Fit the projection, apply it once to all images, and make a fresh model. None if stopped meanwhile."""
        device = _device(recipe.device)
        parts = [[bag for bag in bags if bag.split is split] for split in (Split.TRAIN, Split.VALIDATION)]
        projection = fit_projection([bag.features for bag in parts[0]], components=recipe.components)
        model = DualBranch(projection, recipe, generator=torch.Generator().manual_seed(recipe.seed)).to(
            device
        )
        tables = []
        for part in parts:
            blocks = []
            for block in rows_of([bag.features for bag in part]):
                if control.is_stopping:
                    return None
                blocks.append(model.project(block.to(device)))
            tables.append(TrainingImages.of(part, recipe, projected=torch.cat(blocks)) if blocks else None)
        train, validation = tables
        assert train is not None
        return cls(model, recipe, train=train, validation=validation)

    @property
    def is_over(self) -> bool:
        """Whether all epochs are done, or patience is at its end; it starts to count when selection does."""
        if len(self.curves) >= self.recipe.epochs:
            return True
        if self.recipe.patience == 0 or self.kept is None:
            return False
        return len(self.curves) - max(self.kept.number, self._dense_epochs) >= self.recipe.patience

    @property
    def _selected(self) -> int | None:
        """K of Eq. 4 in this epoch's steps; None while all regions take part, so that selection starts informed.

        The paper selects from the first step on. Ranked by weights near 0 that have seen nothing, the lesions are
        often not among the k best, then get no gradient in the images that hold them, and are never found.
        """
        return None if len(self.curves) < self._dense_epochs else self.model.k

    @property
    def _dense_epochs(self) -> int:
        """How many epochs go by before regions are selected; none where the method never selects."""
        return min(self.recipe.dense_epochs, self.recipe.epochs // 2) if self.model.k is not None else 0

    def one_epoch(self, control: Control) -> Epoch | None:
        """One pass over the training images in random order; None if it was stopped on the way.

        The training figures are those of the pass itself: with dropout, each batch before its own step.
        """
        total, chances = 0.0, []
        for images in self._order():
            is_whole = len(images) == len(self.train.whole)
            projected, batch = (
                (self.train.projected, self.train.whole) if is_whole else self.train.take(images)
            )
            value, logs = self._step(projected, batch)
            total += value
            chances.append((logs.positive[MALIGNANT], batch.targets[:, MALIGNANT]))
            if control.is_stopping:
                return None
        scores, truth = (torch.cat(column) for column in zip(*chances, strict=True))
        epoch = self._epoch(total, _auroc(scores, truth))
        self._keep(epoch)
        return epoch

    def result(self, *, was_stopped: bool) -> FittedModel | None:
        """The kept model, or None if no epoch was finished."""
        if self.kept is None:
            return None
        self.model.load_state_dict(self.kept_state, strict=False)  # the buffers never change
        metrics = {
            "epochs": len(self.curves),
            "kept_epoch": self.kept.number,
            "was_stopped_early": was_stopped,
            "train_images": self.train.counts.images,
            "validation_images": 0 if self.validation is None else self.validation.counts.images,
            "annotated_images": int(self.train.whole.is_annotated.sum()),
            "labelled_regions": self.train.counts.labelled_regions,
            "train_loss": self.kept.train_loss,
            "train_auroc": self.kept.train_auroc,
            "validation_loss": self.kept.validation_loss,
            "validation_auroc": self.kept.validation_auroc,
        }
        return FittedModel(self.model.cpu().eval(), self.recipe, metrics, tuple(self.curves))

    def _order(self) -> tuple[Tensor, ...]:
        """Mini-batches of about equal size, at most recipe.batch_images."""
        n = len(self.train.whole)
        order = torch.randperm(n, generator=self.generator, device=self.generator.device)
        return order.tensor_split(-(-n // self.recipe.batch_images))

    def _step(self, projected: Tensor, batch: Batch) -> tuple[float, ImageLogs]:
        """One step of the optimiser. Returns the batch's share of the loss over the whole set."""
        dropout = Dropout.draw(
            len(projected), self.recipe.hidden, rate=self.recipe.dropout, generator=self.generator
        )
        self.optimiser.zero_grad()
        value, logs = gradients(
            self.model,
            projected,
            batch,
            objective=partial(self._objective, batch),
            selected=self._selected,
            dropout=dropout,
        )
        if not torch.isfinite(value):
            raise FloatingPointError(f"the loss is not a number in epoch {len(self.curves) + 1}")
        self.optimiser.step()
        return float(value) * len(batch) / self.train.counts.images, logs

    def _objective(self, batch: Batch, logits: Logits) -> tuple[Tensor, ImageLogs]:
        """What a step goes down: a batch holds its share of sums over the set, scaled here to the whole set."""
        logs = image_log_probabilities(logits, batch, k=self._selected)
        share = loss(logits, logs, batch, counts=self.train.counts, terms=self.terms)
        return share * (self.train.counts.images / len(batch)), logs

    def _epoch(self, train_loss: float, train_auroc: float | None) -> Epoch:
        validation_loss, validation_auroc = None, None
        if self.validation is not None:
            validation_loss, validation_auroc = self._judge(self.validation)
        return Epoch(
            number=len(self.curves) + 1,
            total=self.recipe.epochs,
            train_loss=train_loss,
            train_auroc=train_auroc,
            validation_loss=validation_loss,
            validation_auroc=validation_auroc,
        )

    @torch.no_grad()
    def _judge(self, images: TrainingImages) -> tuple[float, float | None]:
        """The method's own loss over other images, scaled by their own counts, and their AUROC M vs. BN."""
        logits = logits_of(self.model, images.projected)
        logs = image_log_probabilities(logits, images.whole, k=self.model.k)
        value = loss(logits, logs, images.whole, counts=images.counts, terms=self.terms)
        return float(value), _auroc(logs.positive[MALIGNANT], images.whole.targets[:, MALIGNANT])

    def _keep(self, epoch: Epoch) -> None:
        self.curves.append(epoch)
        score, best = epoch.validation_auroc, self.kept.validation_auroc if self.kept else None
        is_latest_kept = self.recipe.patience == 0 or score is None
        if is_latest_kept or best is None or (score is not None and score > best):
            self.kept = epoch
            self.kept_state = {name: value.detach().clone() for name, value in self.model.named_parameters()}


def _terms(recipe: Recipe) -> Terms:
    if not recipe.method.is_semi_supervised:
        return Terms()
    has_detection_loss = recipe.method is Method.SS_CLS_DET_RS
    return Terms(recipe.beta, recipe.lambda2, has_detection_loss=has_detection_loss)


def _auroc(log_probability: Tensor, truth: Tensor) -> float | None:
    if bool(truth.all()) or not bool(truth.any()):
        return None
    return auroc(log_probability.detach().double().cpu().numpy(), truth.cpu().numpy())
