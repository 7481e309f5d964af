"""A trunk as torch modules in sections: how far their outputs see, found from their own graph.

A section may run over overlapping strips of a picture, with the result of one pass, as long as each strip brings
the rows along that its outputs see. What sees everything (a mean over the picture, attention) has no such strips.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import fx, nn
from torch.nn import functional

WHOLE = 2**31  # the budget of a section that runs in one pass


class Reach(NamedTuple):
    """Row i of a map needs the input rows from stride i - before to stride i + end."""

    stride: int = 1
    before: int = 0
    end: int = 0

    def through(self, *, kernel: int, stride: int, padding: int) -> Reach:
        """The reach after one more convolution or pooling."""
        return Reach(
            self.stride * stride,
            self.before + padding * self.stride,
            self.end + (kernel - 1 - padding) * self.stride,
        )


@dataclass(frozen=True, eq=False, slots=True)
class ModuleSection:
    """Consecutive modules that run together, in evaluation mode.

    inputs, outputs: channels. input_stride: image pixels between the cells that go in. budget: the most pixels of one
    strip, in pixels of the image. rows_lost: the section gives ceil(h / stride) - rows_lost rows for h rows (a convolution
    without padding loses some). halo: rows (before, after) as Section.halo.
    """

    module: nn.Module
    inputs: int
    outputs: int
    stride: int
    input_stride: int
    budget: int
    halo: tuple[int, int] = (0, 0)
    rows_lost: int = 0


def section_of(
    module: nn.Module, *, inputs: int, outputs: int, input_stride: int, budget: int, rows_lost: int = 0
) -> ModuleSection:
    """A section whose stride and halo are read from the module's graph. Raises ValueError where it sees everything."""
    found = reach(module)
    halo = tuple(
        -(-max(rows, 0) // found.stride) * found.stride
        for rows in (found.before, found.end - (found.stride - 1))
    )
    return ModuleSection(
        module.eval().requires_grad_(False),
        inputs=inputs,
        outputs=outputs,
        stride=found.stride,
        input_stride=input_stride,
        budget=budget,
        halo=(halo[0], halo[1]),
        rows_lost=rows_lost,
    )


def reach(module: nn.Module) -> Reach:
    """How far the module's outputs see. Raises ValueError where a step is not known or sees the whole picture."""
    traced = fx.symbolic_trace(module)
    parts = dict(traced.named_modules())
    found: dict[fx.Node, Reach] = {}
    for node in traced.graph.nodes:
        found[node] = _node_reach(node, found, parts)
    return found[node]


def _node_reach(node: fx.Node, found: Mapping[fx.Node, Reach], parts: Mapping[str, nn.Module]) -> Reach:
    before = [found[source] for source in node.all_input_nodes if source.op != "get_attr"]
    if not before:
        return Reach()
    joined = Reach(before[0].stride, max(one.before for one in before), max(one.end for one in before))
    if any(one.stride != joined.stride for one in before):
        raise ValueError(f"maps of different strides meet in {node}")
    step = parts[str(node.target)] if node.op == "call_module" else None
    if isinstance(step, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
        return joined.through(
            kernel=_one(step.kernel_size), stride=_one(step.stride), padding=_one(step.padding)
        )
    if (node.target if step is None else type(step)) not in _EACH_CELL and node.op != "output":
        raise ValueError(f"it is not known how far {node.target} sees")
    return joined


# Steps that look at one cell alone.
_EACH_CELL = frozenset(
    {
        nn.BatchNorm2d,
        nn.Dropout,
        nn.GELU,
        nn.Identity,
        nn.LayerNorm,
        nn.Linear,
        nn.ReLU,
        nn.ReLU6,
        functional.layer_norm,
        functional.relu,
        operator.add,
        operator.iadd,
        operator.mul,
        operator.truediv,
        torch.add,
        torch.cat,
        torch.permute,
        torch.sqrt,
        "permute",
    }
)


def _one(value: Any) -> int:
    """The side of something square."""
    sides = {int(side) for side in (value if isinstance(value, tuple) else (value,))}
    if len(sides) != 1:
        raise ValueError(f"not square: {value}")
    return sides.pop()
