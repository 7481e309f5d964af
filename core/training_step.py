"""The gradients of one step on whatever device there is, in as many parts as its memory asks for.

Everything random is drawn on the CPU before the first part, so that a step that is repeated in smaller parts, or on
another device, goes down the same way, to rounding.

Letters: T regions of a batch, S regions of all views, p features after the fixed projection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor

from core.devices import forget_freed_memory, is_out_of_memory
from core.engine import WORD, Dropout, Workspace, gradients, logits_of
from core.errors import UserError
from core.losses import Batch, ImageLogs, Logits
from core.model import DualBranch
from core.recipe import Precision

TABLE_SHARE = (
    0.5  # of a device's free memory that projected features may take; otherwise they come batch by batch
)

T = TypeVar("T")
PartObjective = Callable[[Batch, Logits], tuple[Tensor, ImageLogs]]


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """What one step looks at, on the CPU. rows: (T,) of the table, None for all of them in order."""

    rows: Tensor | None
    batch: Batch
    dropout: Dropout | None = None


class Workplace:
    """Where steps run and how many images go through at once: both give way where memory is short, and it is told.

    told: sentences about that, for Notices; whoever tells them empties the list.
    """

    def __init__(
        self,
        device: torch.device,
        *,
        precision: Precision = Precision.FLOAT32,
        images_at_once: int | None = None,
    ) -> None:
        self.device, self.precision, self.images_at_once = device, precision, images_at_once
        self.told: list[str] = []
        self._tables: dict[int, Tensor] = {}
        self._space = Workspace()

    def gradients(
        self, model: DualBranch, table: Tensor, step: Step, *, objective: PartObjective, selected: int | None
    ) -> tuple[Tensor, ImageLogs]:
        """Set `.grad` of every parameter. Returns the objective's value and the image probabilities, on the CPU.

        table: (S, p) on the CPU. objective: for a part of the batch, its share of the batch's value.
        """

        def once() -> tuple[Tensor, ImageLogs]:
            total: list[Tensor] = []
            outcomes = []
            for part in self._parts(step):
                outcomes.append(self._of_part(model, table, part, objective=objective, selected=selected))
                slopes = [value.grad for value in model.parameters() if value.grad is not None]
                total = [a + b for a, b in zip(total, slopes, strict=True)] if total else slopes
            for value, slope in zip(model.parameters(), total, strict=True):
                value.grad = slope
            return _together(outcomes)

        return self._in_memory(once, model, images=len(step.batch))

    @torch.no_grad()
    def judge(
        self, model: DualBranch, table: Tensor, step: Step, *, objective: PartObjective
    ) -> tuple[Tensor, ImageLogs]:
        """Value and image probabilities without dropout and without gradients, on the CPU from the logits on."""

        def once() -> tuple[Tensor, ImageLogs]:
            outcomes = []
            for part in self._parts(step):
                projected, rows = self._features(table, part.rows)
                said = logits_of(model, projected if rows is None else projected[rows])
                logits = Logits(said.cls.cpu(), None if said.det is None else said.det.cpu())
                outcomes.append(objective(part.batch, logits))
            return _together(outcomes)

        return self._in_memory(once, model, images=len(step.batch))

    def move(self, device: torch.device) -> None:
        """Go on elsewhere."""
        self._tables.clear()
        self._space = Workspace()
        forget_freed_memory(self.device)
        self.device = device

    def _of_part(
        self,
        model: DualBranch,
        table: Tensor,
        part: Step,
        *,
        objective: PartObjective,
        selected: int | None,
    ) -> tuple[Tensor, ImageLogs]:
        batch = _moved(part.batch, self.device)
        projected, rows = self._features(table, part.rows)
        dropout = part.dropout
        if dropout is not None and self.device.type != "cpu":
            dropout = replace(dropout, bits=dropout.bits.to(self.device))
        return gradients(
            model,
            projected,
            batch,
            objective=partial(objective, batch),
            selected=selected,
            dropout=dropout,
            rows=rows,
            products=torch.bfloat16 if self.precision is Precision.BF16 else None,
            space=self._space,
        )

    def _features(self, table: Tensor, rows: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Regions on the device, and which of them are meant."""
        if self.device.type == "cpu":
            return table, rows
        here = self._table(table)
        if here is not None:
            return here, None if rows is None else rows.to(self.device)
        return (table if rows is None else table[rows]).to(self.device), None

    def _table(self, table: Tensor) -> Tensor | None:
        """The whole table on the device, if there is room for it and for the work."""
        key = table.data_ptr()
        if key not in self._tables and table.nbytes <= TABLE_SHARE * _free_bytes(self.device):
            self._tables[key] = table.to(self.device)
        return self._tables.get(key)

    def _parts(self, step: Step) -> Iterator[Step]:
        """The images of a step, so many at once as there is room for."""
        images, most = len(step.batch), self.images_at_once
        if most is None or most >= images:
            yield step
            return
        for start in range(0, images, most):
            yield _part(step, slice(start, min(start + most, images)))

    def _in_memory(self, work: Callable[[], T], model: DualBranch, *, images: int) -> T:
        """Do work again in smaller parts, then on the CPU, until its memory is enough."""
        while True:
            model.to(self.device)
            try:
                return work()
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            # Here and not above: the error holds on to the tensors that filled the memory.
            self._give_way(images)

    def _give_way(self, images: int) -> None:
        at_once = min(self.images_at_once or images, images)
        self._tables.clear()
        self._space = Workspace()
        forget_freed_memory(self.device)
        if at_once > 1:
            self.images_at_once = -(-at_once // 2)
            self.told.append(
                f"The memory of the device '{self.device}' is not enough for {at_once} images at once: "
                f"training goes on with {self.images_at_once} at once. The result is the same, to rounding."
            )
        elif self.device.type != "cpu":
            self.told.append(
                f"The memory of the device '{self.device}' is not enough for a single image: "
                "training goes on on the processor, which takes longer."
            )
            self.precision, self.images_at_once = Precision.FLOAT32, None
            self.move(torch.device("cpu"))
        else:
            raise UserError(
                "The computer has not enough memory to train on a single image: nothing was changed. "
                "Close other programs, or choose fewer hidden units in the recipe, then train again."
            )


def _part(step: Step, images: slice) -> Step:
    """Some of the images of a step, one after the other."""
    whole = step.batch
    start, stop = int(whole.offsets[images.start]), int(whole.offsets[images.stop])
    rows = torch.arange(start, stop) if step.rows is None else step.rows[start:stop]
    batch = Batch.of(
        whole.offsets[images.start : images.stop + 1] - start,
        targets=whole.targets[images],
        is_annotated=whole.is_annotated[images],
        region_labels=whole.region_labels[start:stop],
    )
    dropout = None if step.dropout is None else _dropout_of(step.dropout, start, stop)
    return Step(rows, batch, dropout)


def _dropout_of(dropout: Dropout, start: int, stop: int) -> Dropout:
    """The same units dropped, for the regions from start to stop alone."""
    if dropout.bits.dtype == torch.uint8:
        return replace(dropout, bits=dropout.bits[start:stop])
    lowest = start // WORD * WORD  # where a word of bits begins
    kept = torch.ones(stop - lowest, dropout.bits.shape[1])
    dropout.apply_(kept, slice(lowest, stop))
    return replace(dropout, bits=kept[start - lowest :].to(torch.uint8), below=1)


def _together(outcomes: list[tuple[Tensor, ImageLogs]]) -> tuple[Tensor, ImageLogs]:
    values, logs = zip(*outcomes, strict=True)
    if len(outcomes) == 1:
        return values[0].cpu(), ImageLogs(logs[0].positive.cpu(), logs[0].negative.cpu())
    positive, negative = (
        torch.cat([getattr(each, side).cpu() for each in logs], dim=1) for side in ("positive", "negative")
    )
    return torch.stack([value.cpu() for value in values]).sum(), ImageLogs(positive, negative)


def _moved(batch: Batch, device: torch.device) -> Batch:
    if device.type == "cpu":
        return batch
    return Batch(
        offsets=batch.offsets.to(device),
        targets=batch.targets.to(device),
        is_annotated=batch.is_annotated.to(device),
        region_labels=batch.region_labels.to(device),
        position=batch.position.to(device),
        width=batch.width,
    )


def _free_bytes(device: torch.device) -> float:
    if device.type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0])
    if device.type == "mps":
        return float(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    return float(torch.xpu.mem_get_info(device)[0])
