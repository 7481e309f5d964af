"""Exact gradients of any objective on the head, over a ragged batch of images, at the pace of its matrix products.

Three things make plain backpropagation slow here, and none is needed. Padding the features: images have unequal
numbers of regions, so the rows of all images are multiplied end to end, and only logits are ever padded. Going through
memory layer by layer: a chunk of rows goes through all layers while it is in the processor's cache, and only its hidden
units and its logits stay. Multiplying zeros: region selection (Eq. 4) leaves all but 2 k regions of an image without a
gradient, so the backward pass runs, written by hand, over the regions that have one.

The objective itself is differentiated by autograd, on the logits alone.

Letters: T regions of a batch, p features after the fixed projection, C classes of p_cls.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from core.losses import Batch, ImageLogs, Logits
from core.model import DualBranch

CHUNK_ROWS = 2048  # features, hidden units and random bits of a chunk: 3 MB, near the processor in its caches
DEVICE_CHUNK_ROWS = 1 << 18  # elsewhere than on a CPU a chunk only bounds the memory
LOGIT_ROWS = 8  # FC4 and FC5 have at most 5 rows; a product with 8 costs the same, and one with 3 costs more
SPARSE_SHARE = 0.6  # of the regions with a gradient: below it only those go back, gathered
DROPOUT_STEPS = 256  # the dropout rate is rounded to 1 / 256: at most one random byte a hidden unit
MOST_ROOMS = 64  # shapes that a workspace remembers: those of chunks come back, those of batches hardly ever
WORD = 32  # bits in a word of random bits

Objective = Callable[[Logits], tuple[Tensor, ImageLogs]]  # the value to go down, and the image probabilities


@dataclass(frozen=True, eq=False, slots=True)
class Dropout:
    """Which hidden units of which regions are dropped in one step.

    With rate 1/2 one random bit decides: bits is (ceil(T / 32), hidden) int32, and bit 31 - r % 32 of row r // 32
    is that of region r. With another rate one random byte does: bits is (T, hidden) uint8, dropped below `below`.
    scale: 1 / (1 - rate), what the kept units are multiplied by.
    """

    bits: Tensor
    below: int
    scale: float

    @classmethod
    def draw(cls, regions: int, hidden: int, *, rate: float, generator: torch.Generator) -> Dropout | None:
        """Draw for T regions, on the generator's device. rate: rounded to 1 / 256. None where nothing is dropped."""
        below = round(rate * DROPOUT_STEPS)
        if below == 0:
            return None
        scale = DROPOUT_STEPS / (DROPOUT_STEPS - below)
        if 2 * below == DROPOUT_STEPS:
            words = -(-regions // WORD)
            bits = _random_bytes(4 * words * hidden, generator).view(torch.int32).view(words, hidden)
        else:
            bits = _random_bytes(regions * hidden, generator).view(regions, hidden)
        return cls(bits, below, scale)

    def apply_(self, hidden: Tensor, regions: slice, *, space: Workspace | None = None) -> None:
        """Set dropped units to 0 in place; the others stay unscaled.

        hidden: (rows, hidden), of the `regions` from a multiple of 32 on.
        """
        if self.bits.dtype == torch.uint8:
            hidden.mul_(self.bits[regions] >= self.below)
            return
        signs = self._signs(regions, space or Workspace())
        if hidden.dtype == torch.float32 and hidden.device.type == "cpu":
            # Backpropagation of relu on integers: hidden where the sign bit is not set, else 0, in one vectorised pass.
            whole = hidden.view(torch.int32)
            torch.ops.aten.threshold_backward.grad_input(whole, signs, -1, grad_input=whole)
        else:
            hidden.mul_(signs >= 0)

    def mask(self, regions: int, *, dtype: torch.dtype = torch.float32) -> Tensor:
        """(T, hidden): 0 where dropped, `scale` elsewhere, as `DualBranch.forward` takes it."""
        ones = torch.ones(regions, self.bits.shape[1], dtype=dtype, device=self.bits.device)
        self.apply_(ones, slice(0, regions))
        return ones.mul_(self.scale)

    def _signs(self, regions: slice, space: Workspace) -> Tensor:
        """(rows, hidden) int32, negative where dropped."""
        words = self.bits[regions.start // WORD : -(-regions.stop // WORD)]
        count, units = words.shape
        signs = space.room("signs", (count * WORD, units), like=words)
        torch.bitwise_left_shift(words.unsqueeze(1), space.shifts(words), out=signs.view(count, WORD, units))
        return signs[: regions.stop - regions.start]


class Workspace:
    """Memory that steps use again: fresh pages for the hidden units of every step would cost a tenth of it.

    For one thread, one device and one type a name at a time.
    """

    def __init__(self) -> None:
        self._memory: dict[str, Tensor] = {}
        self._rooms: dict[tuple[str, tuple[int, ...]], Tensor] = {}

    def room(self, name: str, shape: tuple[int, ...], *, like: Tensor) -> Tensor:
        """Uninitialised memory of a shape, and of another tensor's type and device: what had this name is lost."""
        known = self._rooms.get((name, shape))
        if known is not None and known.dtype is like.dtype and known.device == like.device:
            return known
        count, memory = math.prod(shape), self._memory.get(name)
        if (
            memory is None
            or memory.numel() < count
            or (memory.dtype, memory.device) != (like.dtype, like.device)
        ):
            self._memory[name] = memory = like.new_empty(count)
            self._rooms = {key: room for key, room in self._rooms.items() if key[0] != name}
        if len(self._rooms) >= MOST_ROOMS:
            self._rooms.clear()
        self._rooms[name, shape] = room = memory[:count].view(shape)
        return room

    def shifts(self, words: Tensor) -> Tensor:
        """(32, 1) int32, 0 to 31, beside some words."""
        shifts = self._memory.get("shifts")
        if shifts is None or shifts.device != words.device:
            shifts = torch.arange(WORD, dtype=words.dtype, device=words.device)[:, None]
            self._memory["shifts"] = shifts
        return shifts


def _random_bytes(count: int, generator: torch.Generator) -> Tensor:
    words = torch.empty(-(-count // 8), dtype=torch.int64, device=generator.device)
    # 63 random bits a call: the top bit of a word would always be 0, so the whole signed range is asked for.
    return words.random_(-(2**63), None, generator=generator).view(torch.uint8)[:count]


def gradients(
    model: DualBranch,
    projected: Tensor,
    batch: Batch,
    *,
    objective: Objective,
    selected: int | None,
    dropout: Dropout | None = None,
    rows: Tensor | None = None,
    chunk_rows: int | None = None,
    products: torch.dtype | None = None,
    space: Workspace | None = None,
) -> tuple[Tensor, ImageLogs]:
    """Set `.grad` of every parameter to the gradient of an objective. Returns what the objective returned, detached.

    projected: (T, p) inputs of FC3; or (S, p) with rows: (T,) int64, which of them make up the batch.
    selected: how many regions the objective selects for each class (Eq. 4), None where all regions take part. It
    decides the way, never the result. chunk_rows: a multiple of 32. products: the type that matrices are multiplied
    in, such as bfloat16; logits, objective and gradients keep that of the weights. space: to be used again.
    """
    engine = _Engine(
        model, projected, dropout, rows=rows, chunk_rows=chunk_rows, products=products, space=space
    )
    is_sparse = gradient_share(model, batch, selected=selected) < SPARSE_SHARE
    with torch.no_grad():
        hidden = engine.room("hidden", engine.count)
        logits = engine.forward(hidden)
    leaves = engine.split(logits)
    value, logs = objective(leaves)
    value.backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        engine.backward(leaves, hidden, is_sparse=is_sparse)
    return value.detach(), ImageLogs(logs.positive.detach(), logs.negative.detach())


@torch.no_grad()
def logits_of(
    model: DualBranch, projected: Tensor, *, rows: Tensor | None = None, chunk_rows: int | None = None
) -> Logits:
    """What the head says of T regions, without dropout and without a graph. projected, rows: as in `gradients`."""
    engine = _Engine(model, projected, None, rows=rows, chunk_rows=chunk_rows)
    leaves = engine.split(engine.forward(None))
    return Logits(leaves.cls.detach(), None if leaves.det is None else leaves.det.detach())


def gradient_share(model: DualBranch, batch: Batch, *, selected: int | None) -> float:
    """At most this share of the regions can have a gradient: selected for either class, or of an image in F."""
    k = selected if model.fc5 is not None else 1
    if k is None:
        return 1.0
    # Eq. 9 is a softmax over all regions of an image in F.
    in_full_set = float(batch.offsets.diff()[batch.is_annotated].sum())
    return (2.0 * k * len(batch) + in_full_set) / float(batch.offsets[-1])


class _Engine:
    """The head's weights as the products take them, and the regions of one step."""

    def __init__(
        self,
        model: DualBranch,
        projected: Tensor,
        dropout: Dropout | None,
        *,
        rows: Tensor | None,
        chunk_rows: int | None,
        products: torch.dtype | None = None,
        space: Workspace | None = None,
    ) -> None:
        default = CHUNK_ROWS if projected.device.type == "cpu" else DEVICE_CHUNK_ROWS
        if chunk_rows is not None and chunk_rows % WORD:
            raise ValueError(f"a chunk of {chunk_rows} rows is not a multiple of {WORD}")
        self._model, self._projected, self._dropout, self._rows = model, projected, dropout, rows
        self._space = space or Workspace()
        self.count = len(projected) if rows is None else len(rows)
        self._chunk = max(1, min(chunk_rows or default, self.count))
        self._type = products or model.fc3.weight.dtype
        self._weight, self._bias3 = (
            value.detach().to(self._type) for value in (model.fc3.weight, model.fc3.bias)
        )
        branches = [model.fc4.weight] if model.fc5 is None else [model.fc4.weight, model.fc5.weight]
        stacked = torch.cat([weight.detach() for weight in branches])
        self._classes, self._outputs = len(model.fc4.weight), len(stacked)
        self._scale = 1.0 if dropout is None else dropout.scale
        self._branches = stacked.new_zeros(LOGIT_ROWS, stacked.shape[1], dtype=self._type)
        self._branches[: self._outputs] = stacked * self._scale

    def room(self, name: str, rows: int) -> Tensor:
        """(rows, hidden), where hidden units go."""
        return self._space.room(name, (rows, len(self._weight)), like=self._weight)

    def forward(self, kept: Tensor | None) -> Tensor:
        """(8, T) logits; fills kept, (T, hidden), where it is given, with relu(FC3), dropped units at 0, unscaled."""
        logits = self._model.fc4.bias.new_empty(LOGIT_ROWS, self.count)
        place = self.room("passing", self._chunk) if kept is None else kept
        weight = self._weight.t()
        for part in self._parts(self.count):
            out = place[: part.stop - part.start] if kept is None else place[part]
            torch.addmm(self._bias3, self._features(part), weight, out=out).relu_()
            if self._dropout is not None:
                self._dropout.apply_(out, part, space=self._space)
            if self._type == logits.dtype:
                torch.mm(self._branches, out.t(), out=logits[:, part])
            else:
                logits[:, part] = self._branches @ out.t()
        logits[: self._classes] += self._model.fc4.bias.detach()[:, None]
        return logits

    def split(self, logits: Tensor) -> Logits:
        """Leaves for autograd that share the memory of (8, T) logits."""
        cls = logits[: self._classes].detach().requires_grad_()
        if self._outputs == self._classes:
            return Logits(cls, None)
        return Logits(cls, logits[self._classes : self._outputs].detach().requires_grad_())

    def backward(self, leaves: Logits, hidden: Tensor, *, is_sparse: bool) -> None:
        """Carry the gradient of the logits back to the parameters, through the hidden units that forward left.

        is_sparse: only the regions that have a gradient are multiplied.
        """
        slopes = leaves.cls.new_zeros(self._outputs, self.count, dtype=self._type)
        for leaf, part in ((leaves.cls, slopes[: self._classes]), (leaves.det, slopes[self._classes :])):
            if leaf is not None and leaf.grad is not None:
                part.copy_(leaf.grad)
        regions = slopes.any(dim=0).nonzero()[:, 0] if is_sparse else None
        if regions is not None:
            slopes = slopes.index_select(1, regions)
        self._accumulate(slopes, regions, hidden)
        slope = leaves.cls.grad
        self._model.fc4.bias.grad = (
            torch.zeros_like(self._model.fc4.bias) if slope is None else slope.sum(dim=1)
        )

    def _accumulate(self, slopes: Tensor, regions: Tensor | None, hidden: Tensor) -> None:
        """slopes: (outputs, t) of t regions: those numbered in `regions`, or all of them in order."""
        model = self._model
        weight, bias = torch.zeros_like(model.fc3.weight), torch.zeros_like(model.fc3.bias)
        stacked = self._branches[: self._outputs]
        branches = torch.zeros_like(stacked, dtype=weight.dtype)
        backs = self.room("back", self._chunk)
        # What forward left last is still near.
        for part in reversed(list(self._parts(slopes.shape[1]))):
            which = part if regions is None else regions[part]
            slope, back = slopes[:, part], backs[: part.stop - part.start]
            units = hidden[which] if regions is None else self._gathered("units", hidden, which)
            torch.mm(slope.t(), stacked, out=back)
            torch.ops.aten.threshold_backward.grad_input(back, units, 0, grad_input=back)
            _add_product(branches, slope, units)
            _add_product(weight, back.t(), self._features(which))
            bias += back.sum(dim=0, dtype=bias.dtype)
        model.fc3.weight.grad, model.fc3.bias.grad = weight, bias
        branches *= self._scale
        model.fc4.weight.grad = branches[: self._classes]
        if model.fc5 is not None:
            model.fc5.weight.grad = branches[self._classes :]

    def _features(self, which: slice | Tensor) -> Tensor:
        """(rows, p) inputs of FC3 of some regions, in the type of the products; lost at the next call."""
        if self._rows is not None:
            which = self._rows[which]
        if isinstance(which, slice):
            return self._projected[which].to(self._type)
        return self._gathered("features", self._projected, which).to(self._type)

    def _gathered(self, name: str, table: Tensor, which: Tensor) -> Tensor:
        """Rows of a table, lost at the next call with the name."""
        buffer = self._space.room(name, (which.shape[0], table.shape[1]), like=table)
        return torch.index_select(table, 0, which, out=buffer)

    def _parts(self, count: int) -> Iterator[slice]:
        return (slice(start, min(start + self._chunk, count)) for start in range(0, count, self._chunk))


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """Add left @ right, multiplied in their type, added in that of the total."""
    if total.dtype == left.dtype:
        total.addmm_(left, right)
    else:
        total += left @ right
