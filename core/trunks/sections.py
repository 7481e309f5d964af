"""A trunk as plain lists of folded convolutions, cut into sections that can each run over overlapping strips."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from core.trunks.lite0 import ConvolutionUnit, Lite0, same_padding

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One convolution with its batch norm folded in, for inputs of an even number of rows and columns.

    weight: (outputs, inputs / groups, kernel, kernel). bias: (outputs,).
    has_activation: ReLU6 follows. adds: how many steps back the input of the block began that is added to the
    result; 0 = nothing is added.
    """

    weight: FloatArray
    bias: FloatArray
    stride: int
    groups: int
    has_activation: bool
    adds: int = 0

    @property
    def kernel(self) -> int:
        """Side of the square kernel."""
        return int(self.weight.shape[-1])

    @property
    def padding(self) -> tuple[int, int]:
        """Zeros (before, after) rows and columns alike: TensorFlow's SAME for an even size."""
        return same_padding(2 * self.kernel, kernel=self.kernel, stride=self.stride)


@dataclass(frozen=True, eq=False, slots=True)
class Section:
    """Consecutive steps that run together.

    budget: the most input pixels of one strip, in pixels of the image (not of the section's own input).
    """

    steps: tuple[Step, ...]
    input_stride: int
    budget: int

    @property
    def rows_lost(self) -> int:
        """None: TensorFlow's SAME padding gives one output row for each `stride` input rows."""
        return 0

    @property
    def stride(self) -> int:
        """Input rows for one output row."""
        return math.prod(step.stride for step in self.steps)

    @property
    def inputs(self) -> int:
        """Channels that go in."""
        return int(self.steps[0].weight.shape[1] * self.steps[0].groups)

    @property
    def outputs(self) -> int:
        """Channels that come out."""
        return len(self.steps[-1].bias)

    @property
    def halo(self) -> tuple[int, int]:
        """Input rows (before, after) a strip without which its output rows would differ; multiples of `stride`."""
        before = after = 0
        for step in reversed(self.steps):
            start, _ = step.padding
            before = before * step.stride + start
            after = after * step.stride + step.kernel - 1 - start
        after -= self.stride - 1
        return _round_up(before, self.stride), _round_up(max(after, 0), self.stride)


def fold(unit: ConvolutionUnit, *, adds: int = 0) -> Step:
    """The unit's batch norm folded into its convolution, in float64, then rounded once."""
    norm = unit.norm
    assert norm.running_var is not None
    assert norm.running_mean is not None
    gain = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    bias = norm.bias.double() - norm.running_mean.double() * gain
    weight = unit.convolution.weight.double() * gain[:, None, None, None]
    return Step(
        weight=weight.float().numpy(),
        bias=bias.float().numpy(),
        stride=unit.stride,
        groups=unit.convolution.groups,
        has_activation=unit.has_activation,
        adds=adds,
    )


def fold_to_grey(step: Step) -> Step:
    """The first step for one grey channel in place of three equal ones: the sum over its input channels."""
    weight = step.weight.astype(np.float64).sum(axis=1, keepdims=True).astype(np.float32)
    return Step(weight, step.bias, step.stride, step.groups, step.has_activation)


def lite0_sections(network: Lite0, *, tap: str) -> tuple[Section, ...]:
    """The convolutions up to a tap, for one grey channel; `tap` is 'stride16' or 'final'.

    The cuts lie where maps are small: after stride 4 (24 channels), stride 8 (40) and stride 16 (112). Each section
    has strips of its own, so that the large halo of the deep layers costs only their own small maps; the budgets keep
    the whole at some five hundred megabytes, and small strips stay in the processor's cache.
    """
    blocks = [_block_steps(block.units, is_residual=block.is_residual) for block in network.blocks]  # type: ignore[arg-type]
    sections = (
        Section((fold_to_grey(fold(network.stem)), *_joined(blocks[:3])), input_stride=1, budget=250_000),
        Section(_joined(blocks[3:5]), input_stride=4, budget=500_000),
        Section(_joined(blocks[5:11]), input_stride=8, budget=2_000_000),
    )
    if tap == "stride16":
        return sections
    last = (*_joined(blocks[11:]), fold(network.head))
    return (*sections, Section(last, input_stride=16, budget=8_000_000))


def _block_steps(units: torch.nn.Sequential, *, is_residual: bool) -> tuple[Step, ...]:
    count = len(units)
    return tuple(
        fold(unit, adds=count if is_residual and index == count - 1 else 0)  # type: ignore[arg-type]
        for index, unit in enumerate(units)
    )


def _joined(blocks: list[tuple[Step, ...]]) -> tuple[Step, ...]:
    return tuple(step for block in blocks for step in block)


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
