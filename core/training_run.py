"""The inside of a fit: its members, steps of their optimisers, epochs, and what is kept of them.

Letters: n images, e showings of an epoch, p features after the fixed projection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.adam import Adam
from core.bags import Bag
from core.calibration import Calibration, calibrate
from core.checkpoint import Snapshot
from core.control import Control
from core.domain import Split
from core.engine import Dropout
from core.errors import UserError
from core.events import Epoch, Notice
from core.losses import Batch, Counts, ImageLogs, Logits, Terms, image_log_probabilities, loss
from core.metrics import auroc
from core.model import DualBranch, joined
from core.projection import Projection, fit_projection
from core.recipe import Method, Precision, Recipe
from core.training_images import MALIGNANT, Showing, TrainingImages, project_all, views_of
from core.training_step import Step, Workplace

PROJECTION = ("center", "spread", "basis")


@dataclass(frozen=True, eq=False, slots=True)
class FittedModel:
    """What a fit leaves: the model on the CPU in evaluation mode, plain figures about it, and its curves."""

    model: DualBranch
    recipe: Recipe
    metrics: dict[str, Any]
    curves: tuple[Epoch, ...]


class Member:
    """One head in training. generator: draws its order, views and dropout, on the CPU whatever the device."""

    def __init__(self, projection: Projection, recipe: Recipe, *, seed: int) -> None:
        self.model = DualBranch(projection, recipe, generator=torch.Generator().manual_seed(seed))
        self.generator = torch.Generator().manual_seed(seed)
        self.optimiser = Adam(
            self.model.parameters(), learning_rate=recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        self.kept: dict[str, Tensor] = {}

    def keep(self) -> None:
        """Keep the weights as they are now."""
        self.kept = {name: value.detach().clone() for name, value in self.model.named_parameters()}

    def tensors(self) -> dict[str, Tensor]:
        """All that it takes to go on from here, by name, but for the count of steps."""
        weights = {f"weight.{name}": value.detach() for name, value in self.model.named_parameters()}
        kept = {f"kept.{name}": value for name, value in self.kept.items()}
        moments = {f"moment.{name}": value for name, value in self.optimiser.state()[1].items()}
        return weights | kept | moments | {"generator": self.generator.get_state()}

    def load(self, tensors: dict[str, Tensor], *, steps: int) -> None:
        """Inverse of tensors()."""
        self.model.load_state_dict(_under("weight", tensors), strict=False)  # the buffers never change
        self.kept = _under("kept", tensors)
        self.optimiser.load_state(steps, _under("moment", tensors))
        self.generator.set_state(tensors["generator"])


def projection_of(bags: Sequence[Bag], recipe: Recipe) -> Projection:
    """The projection of a fit: of its training images as they are, without variants."""
    features = [bag.features for bag in bags if bag.split is Split.TRAIN]
    return fit_projection(features, components=recipe.components, normalisation=recipe.normalisation)


class Run:
    """The state of one fit between two epochs.

    Every member goes through every epoch with an order, views and dropout of its own. Curves are of the members
    together: the mean of their losses, and the AUROC of their mean probability, image by image.
    """

    def __init__(
        self,
        members: Sequence[Member],
        recipe: Recipe,
        *,
        train: TrainingImages,
        validation: TrainingImages | None,
        place: Workplace,
    ) -> None:
        self.members, self.recipe, self.place = members, recipe, place
        self.train, self.validation = train, validation
        self.terms = _terms(recipe)
        self.curves: list[Epoch] = []
        self.kept: Epoch | None = None
        self._k = members[0].model.k
        self._whole = {id(part): part.take(part.originals())[1] for part in (train, validation) if part}

    @classmethod
    def start(
        cls,
        bags: Sequence[Bag],
        recipe: Recipe,
        *,
        device: torch.device,
        control: Control,
        snapshot: Snapshot | None = None,
        scratch: Path | None = None,
        projection: Projection | None = None,
    ) -> Run | None:
        """Fit the projection, apply it once to all images, and make fresh heads, or those of a checkpoint.

        The projection is fitted on the training images as they are, without variants. None if stopped meanwhile.
        """
        parts = [[bag for bag in bags if bag.split is split] for split in (Split.TRAIN, Split.VALIDATION)]
        if snapshot is not None:
            projection = _projection_of(snapshot)
        elif projection is None:
            projection = projection_of(bags, recipe)
        members = [Member(projection, recipe, seed=seed) for seed in member_seeds(recipe)]
        tables = []
        for part, has_variants in zip(parts, (True, False), strict=True):
            views = [view for bag in part for view in views_of(bag, has_variants=has_variants)]
            projected = project_all(members[0].model, views, control=control, scratch=scratch)
            if projected is None:
                return None
            images = (
                TrainingImages.of(part, recipe, projected=projected, has_variants=has_variants)
                if part
                else None
            )
            tables.append(images)
        train, validation = tables
        assert train is not None
        place = Workplace(device, precision=recipe.precision)
        run = cls(members, recipe, train=train, validation=validation, place=place)
        if snapshot is not None:
            run.load(snapshot)
        return run

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
        return None if len(self.curves) < self._dense_epochs else self._k

    @property
    def _dense_epochs(self) -> int:
        """How many epochs go by before regions are selected; none where the method never selects."""
        return min(self.recipe.dense_epochs, self.recipe.epochs // 2) if self._k is not None else 0

    def one_epoch(self, control: Control) -> Epoch | None:
        """One pass of every member; None if it was stopped on the way.

        The training figures are those of the pass itself: with dropout, each batch before its own step.
        """
        total, said, shown = (
            0.0,
            torch.zeros(len(self.train), dtype=torch.float64),
            torch.zeros(len(self.train)),
        )
        for member in self.members:
            showing = self.train.draw(member.generator, is_balanced=self.recipe.balance)
            counts = self.train.counts(showing)
            for some in showing.batches(self.recipe.batch_images):
                value, logs, images = self._step(member, some, counts)
                total += value
                said.index_add_(0, images, logs.positive[MALIGNANT].double().exp())
                shown.index_add_(0, images, torch.ones(len(images)))
                if control.is_stopping:
                    return None
        epoch = self._epoch(total / len(self.members), _auroc(said / shown, self.train))
        self._keep(epoch)
        return epoch

    def result(self, *, was_stopped: bool) -> FittedModel | None:
        """The kept model, or None if no epoch was finished."""
        if self.kept is None:
            return None
        device, precision = str(self.place.device), self.place.precision
        self.place.move(torch.device("cpu"))
        for member in self.members:
            member.model.load_state_dict(member.kept, strict=False)
        calibration = self._calibration()
        counts = self.train.counts(self.train.originals())
        metrics = {
            "epochs": len(self.curves),
            "kept_epoch": self.kept.number,
            "was_stopped_early": was_stopped,
            "train_images": counts.images,
            "validation_images": 0 if self.validation is None else len(self.validation),
            "annotated_images": int(self.train.is_annotated.sum()),
            "labelled_regions": counts.labelled_regions,
            "train_loss": self.kept.train_loss,
            "train_auroc": self.kept.train_auroc,
            "validation_loss": self.kept.validation_loss,
            "validation_auroc": self.kept.validation_auroc,
            "members": len(self.members),
            "device": device,
            "precision": precision.value,
            "calibration": None if calibration is None else calibration.to_json(),
        }
        scale = None if calibration is None else torch.tensor(calibration.rows, dtype=torch.float64)
        model = joined([member.model.cpu() for member in self.members], scale=scale)
        return FittedModel(model.eval(), self.recipe, metrics, tuple(self.curves))

    def notices(self) -> Iterator[Notice]:
        """What is to be told since the last time."""
        told, self.place.told = self.place.told, []
        return map(Notice, told)

    def snapshot(self) -> Snapshot:
        """All that it takes to go on after the last whole epoch."""
        model = self.members[0].model
        tensors = {
            f"projection.{name}": getattr(model, name)
            for name in PROJECTION
            if getattr(model, name) is not None
        }
        for i, member in enumerate(self.members):
            tensors |= {f"{i}.{name}": value for name, value in member.tensors().items()}
        plain = {
            "epoch": len(self.curves),
            "steps": [member.optimiser.state()[0] for member in self.members],
            "kept": None if self.kept is None else self.kept.number,
            "curves": [asdict(epoch) for epoch in self.curves],
            "device": str(self.place.device),
            "precision": self.place.precision.value,
            "images_at_once": self.place.images_at_once,
        }
        return Snapshot({name: value.cpu().contiguous() for name, value in tensors.items()}, plain)

    def load(self, snapshot: Snapshot) -> None:
        """Inverse of snapshot()."""
        plain = snapshot.plain
        self.curves = [Epoch(**epoch) for epoch in plain["curves"]]
        self.kept = None if plain["kept"] is None else self.curves[plain["kept"] - 1]
        self.place = Workplace(
            torch.device(plain["device"]),
            precision=Precision(plain["precision"]),
            images_at_once=plain["images_at_once"],
        )
        for i, (member, steps) in enumerate(zip(self.members, plain["steps"], strict=True)):
            member.load(_under(str(i), snapshot.tensors), steps=steps)

    def _step(self, member: Member, some: Showing, counts: Counts) -> tuple[float, ImageLogs, Tensor]:
        """One step of the optimiser. Returns the batch's share of the epoch's loss, and what was said of which images."""
        if self._is_whole(some):
            some, rows, batch = self.train.originals(), None, self._whole[id(self.train)]
        else:
            rows, batch = self.train.take(some)
        dropout = Dropout.draw(
            int(batch.offsets[-1]), self.recipe.hidden, rate=self.recipe.dropout, generator=member.generator
        )
        member.optimiser.zero_grad()
        value, logs = self.place.gradients(
            member.model,
            self.train.projected,
            Step(rows, batch, dropout),
            objective=partial(
                self._objective, counts=counts, scale=counts.images / len(batch), k=self._selected
            ),
            selected=self._selected,
        )
        if not torch.isfinite(value):
            raise UserError(
                f"Training came to nothing in epoch {len(self.curves) + 1}: the loss is not a number. "
                "Choose a smaller learning rate in the recipe, then train again."
            )
        member.optimiser.step()
        return float(value) * len(batch) / counts.images, logs, some.images

    def _is_whole(self, some: Showing) -> bool:
        """Whether a batch is all images as they are: they are taken in the order in which they lie."""
        return len(some.images) == len(self.train) == len(self.train.offsets) - 1

    def _objective(
        self, part: Batch, logits: Logits, *, counts: Counts, scale: float, k: int | None
    ) -> tuple[Tensor, ImageLogs]:
        """What a step goes down: a batch holds its share of sums over the epoch, scaled to the whole epoch."""
        logs = image_log_probabilities(logits, part, k=k)
        return loss(logits, logs, part, counts=counts, terms=self.terms) * scale, logs

    def _epoch(self, train_loss: float, train_auroc: float | None) -> Epoch:
        validation_loss, validation_auroc = None, None
        if self.validation is not None:
            values, logs = zip(
                *(self._judged(member, self.validation) for member in self.members), strict=True
            )
            probability = torch.stack([each.positive[MALIGNANT].double().exp() for each in logs]).mean(dim=0)
            validation_loss = sum(values) / len(values)
            validation_auroc = _auroc(probability, self.validation)
        return Epoch(
            number=len(self.curves) + 1,
            total=self.recipe.epochs,
            train_loss=train_loss,
            train_auroc=train_auroc,
            validation_loss=validation_loss,
            validation_auroc=validation_auroc,
        )

    def _judged(self, member: Member, images: TrainingImages) -> tuple[float, ImageLogs]:
        """The method's own loss over other images, scaled by their own counts, and what is said of each.

        It is float64 from the logits on, as in scoring.
        """

        def objective(part: Batch, logits: Logits) -> tuple[Tensor, ImageLogs]:
            exact = Logits(logits.cls.double(), None if logits.det is None else logits.det.double())
            return self._objective(part, exact, counts=counts, scale=1.0, k=self._k)

        counts = images.counts(images.originals())
        whole = Step(None, self._whole[id(images)])
        value, logs = self.place.judge(member.model, images.projected, whole, objective=objective)
        return float(value), logs

    def _calibration(self) -> Calibration | None:
        if not self.recipe.calibrate:
            return None
        if self.validation is None:
            self.place.told.append(
                "The probabilities are not calibrated: there is no validation image with a label."
            )
            return None
        logs = [self._judged(member, self.validation)[1] for member in self.members]
        positive, negative = (
            torch.stack([getattr(each, side).exp() for each in logs]).mean(dim=0).log()
            for side in ("positive", "negative")
        )
        targets = self.validation.targets.T.numpy()
        # Balance changes how common malignant images look, which no temperature can put right.
        found, told = calibrate((positive - negative).numpy(), targets, is_platt=self.recipe.balance)
        self.place.told += told
        return found

    def _keep(self, epoch: Epoch) -> None:
        self.curves.append(epoch)
        score, best = epoch.validation_auroc, self.kept.validation_auroc if self.kept else None
        is_latest_kept = self.recipe.patience == 0 or score is None
        if is_latest_kept or best is None or (score is not None and score > best):
            self.kept = epoch
            for member in self.members:
                member.keep()


def member_seeds(recipe: Recipe) -> list[int]:
    """The recipe's own seed, and as many more as it has members, which no other seed of a recipe leads to by counting."""
    digests = [hashlib.sha256(f"{recipe.seed}/{i}".encode()).digest() for i in range(1, recipe.members)]
    return [recipe.seed, *(int.from_bytes(digest[:8], "little") >> 1 for digest in digests)]


def _terms(recipe: Recipe) -> Terms:
    if not recipe.method.is_semi_supervised:
        return Terms()
    has_detection_loss = recipe.method is Method.SS_CLS_DET_RS
    return Terms(recipe.beta, recipe.lambda2, has_detection_loss=has_detection_loss)


def _auroc(probability: Tensor, images: TrainingImages) -> float | None:
    truth = images.targets[:, MALIGNANT]
    if bool(truth.all()) or not bool(truth.any()):
        return None
    return auroc(probability.numpy(), truth.numpy())


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose name begins so, by the rest of it."""
    return {
        name[len(prefix) + 1 :]: value for name, value in tensors.items() if name.startswith(f"{prefix}.")
    }


def _projection_of(snapshot: Snapshot) -> Projection:
    named = _under("projection", snapshot.tensors)
    return Projection(named["center"], named["spread"], named.get("basis"))
