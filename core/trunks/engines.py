"""Two ways to compute a section: onnxruntime (faster on CPUs) and torch. They agree to 1e-4."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from core.errors import UserError
from core.trunks.modules import ModuleSection
from core.trunks.sections import FloatArray, Section, Step
from core.trunks.trunk import Engine, Piece


class TorchEngine:
    """torch in eager mode on `threads` threads."""

    def __init__(self, sections: Sequence[Piece], *, threads: int) -> None:
        self._sections = [_torch_section(section) for section in sections]
        self._threads = threads

    def run(self, index: int, x: FloatArray) -> FloatArray:
        """See Engine.run."""
        with torch.inference_mode(), torch_threads(self._threads):
            start = torch.from_numpy(x).contiguous(memory_format=torch.channels_last)
            result: FloatArray = self._sections[index](start).contiguous().numpy()
            return result


# Steps of the longest block: no addition reaches further back.
_LONGEST_BLOCK = 3


def _torch_section(section: Piece) -> Callable[[torch.Tensor], torch.Tensor]:
    if isinstance(section, ModuleSection):
        return section.module
    assert isinstance(section, Section)
    steps = [_TorchStep(step) for step in section.steps]

    def through(x: torch.Tensor) -> torch.Tensor:
        maps = [x]
        for step in steps:
            y = step(maps[-1])
            maps = [*maps[-_LONGEST_BLOCK:], y if not step.adds else y.add_(maps[-step.adds])]
        return maps[-1]

    return through


class _TorchStep:
    def __init__(self, step: Step) -> None:
        self._weight = torch.from_numpy(step.weight).contiguous(memory_format=torch.channels_last)
        self._bias = torch.from_numpy(step.bias)
        self._step = step
        self.adds = step.adds

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        before, after = self._step.padding
        if before != after:
            x = functional.pad(x, (before, after, before, after))
        padding = before if before == after else 0
        stride, groups = self._step.stride, self._step.groups
        y = functional.conv2d(x, self._weight, self._bias, stride=stride, padding=padding, groups=groups)
        return y.clamp_(0, 6) if self._step.has_activation else y


class OnnxEngine:
    """onnxruntime on the CPU, with one graph a section, built in memory."""

    def __init__(self, sections: Sequence[Piece], *, threads: int) -> None:
        self._sessions = [_session(section, threads=threads) for section in sections]

    def run(self, index: int, x: FloatArray) -> FloatArray:
        """See Engine.run."""
        result: FloatArray = self._sessions[index].run(None, {"x": np.ascontiguousarray(x)})[0]
        return result


def make_engine(name: str, sections: Sequence[Piece], *, threads: int) -> Engine:
    """The engine called 'onnxruntime' or 'torch'."""
    if name == "torch":
        return TorchEngine(sections, threads=threads)
    if name == "onnxruntime":
        return OnnxEngine(sections, threads=threads)
    raise ValueError(f"no such engine: {name!r}")


@contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """Let torch use this many threads meanwhile; the setting belongs to the process, so it is put back."""
    previous = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(previous)


def onnx_model(section: Piece) -> bytes:
    """The section as an ONNX model: input 'x' (n, inputs, h, w), output 'y'."""
    if isinstance(section, ModuleSection):
        from core.trunks.onnx_graph import module_model

        return module_model(section)
    assert isinstance(section, Section)
    return _step_model(section)


def _step_model(section: Section) -> bytes:
    from onnx import TensorProto, helper

    nodes: list[Any] = []
    constants: list[Any] = [helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0])]
    constants.append(helper.make_tensor("six", TensorProto.FLOAT, [], [6.0]))
    names = ["x"]
    for number, step in enumerate(section.steps):
        added, tensors = _onnx_step(step, number=number, names=names)
        nodes += added
        constants += tensors
        names.append(added[-1].output[0])
    nodes.append(helper.make_node("Identity", [names[-1]], ["y"]))
    start = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", section.inputs, "h", "w"])
    end = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", section.outputs, "rows", "columns"])
    graph = helper.make_graph(nodes, "section", [start], [end], initializer=constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    serialised: bytes = model.SerializeToString()
    return serialised


def _onnx_step(step: Step, *, number: int, names: list[str]) -> tuple[list[Any], list[Any]]:
    from onnx import helper, numpy_helper

    weight, bias, out = f"weight{number}", f"bias{number}", f"map{number}"
    before, after = step.padding
    nodes = [
        helper.make_node(
            "Conv",
            [names[-1], weight, bias],
            [out],
            kernel_shape=[step.kernel, step.kernel],
            strides=[step.stride, step.stride],
            pads=[before, before, after, after],
            group=step.groups,
        )
    ]
    if step.has_activation:
        nodes.append(helper.make_node("Clip", [out, "zero", "six"], [f"{out}_active"]))
    if step.adds:
        nodes.append(helper.make_node("Add", [nodes[-1].output[0], names[-step.adds]], [f"{out}_added"]))
    return nodes, [numpy_helper.from_array(step.weight, weight), numpy_helper.from_array(step.bias, bias)]


def _session(section: Piece, *, threads: int) -> Any:
    try:
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as state
    except (ImportError, OSError) as error:
        raise _refused("it is not installed or cannot be loaded") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Waiting threads sleep: on a machine that also shows a window or trains, spinning cost up to 2.6 times as much.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors alone
    refusals = (
        state.Fail,
        state.InvalidGraph,
        state.InvalidProtobuf,
        state.NotImplemented,
        state.RuntimeException,
    )
    try:
        return onnxruntime.InferenceSession(onnx_model(section), options, providers=["CPUExecutionProvider"])
    except (*refusals, ImportError, RuntimeError, ValueError) as error:
        raise _refused("it refused the network") from error


def _refused(reason: str) -> UserError:
    return UserError(
        f"The features cannot be computed with onnxruntime: {reason}. "
        "Install onnxruntime and onnx again, or choose engine='torch', which gives the same features more slowly."
    )
