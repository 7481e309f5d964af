"""A section of torch modules as an ONNX model, node by node from its traced graph."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import fx, nn
from torch.nn import functional

from core.trunks.modules import ModuleSection

OPSET, IR_VERSION = 20, 9


def module_model(section: ModuleSection) -> bytes:
    """The section as an ONNX model: input 'x' (n, inputs, h, w), output 'y'.

    Raises ValueError where a step of the modules has no counterpart here.
    """
    traced = fx.symbolic_trace(section.module)
    graph = _Graph(
        dict(traced.named_modules()), dict(traced.named_parameters()) | dict(traced.named_buffers())
    )
    for node in traced.graph.nodes:
        graph.take(node)
    start = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", section.inputs, "h", "w"])
    end = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", section.outputs, "rows", "columns"])
    body = helper.make_graph(graph.nodes, "section", [start], [end], initializer=graph.constants)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    serialised: bytes = model.SerializeToString()
    return serialised


class _Graph:
    """Nodes and constants so far; every traced node has the name of its map."""

    def __init__(self, parts: Mapping[str, nn.Module], tensors: Mapping[str, torch.Tensor]) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._parts, self._tensors = parts, tensors
        self._names: dict[fx.Node, str] = {}

    def take(self, node: fx.Node) -> None:
        """Add what one traced node does."""
        if node.op == "placeholder":
            self._names[node] = "x"
        elif node.op == "output":
            self.nodes.append(helper.make_node("Identity", [self._name(node.args[0])], ["y"]))
        elif node.op == "get_attr":
            self._names[node] = self.constant(node.name, self._tensors[str(node.target)])
        elif node.op == "call_module":
            part = self._parts[str(node.target)]
            make = _MODULES.get(type(part))
            if make is None:
                raise ValueError(f"no ONNX counterpart of {type(part).__name__}")
            self._names[node] = make(self, part, self._name(node.args[0]), node.name)
        else:
            self._names[node] = self._call(node)

    def add(self, kind: str, inputs: list[str], name: str, **attributes: Any) -> str:
        """One ONNX node; returns the name of its output."""
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, name: str, value: torch.Tensor) -> str:
        """A float tensor of the model; returns its name."""
        array = np.ascontiguousarray(value.detach().numpy(), np.float32)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def _call(self, node: fx.Node) -> str:
        if node.target in _BINARY:
            return self.add(_BINARY[node.target], [self._name(source) for source in node.args], node.name)
        if node.target is torch.cat:
            maps: Any = node.args[0]
            axis = node.args[1] if len(node.args) > 1 else node.kwargs["dim"]
            names = [self._name(source) for source in maps]
            return self.add("Concat", names, node.name, axis=axis)
        first = self._name(node.args[0])
        if node.target is torch.sqrt:
            return self.add("Sqrt", [first], node.name)
        if node.target is torch.permute or node.target == "permute":
            order: Any = node.args[1] if isinstance(node.args[1], tuple | list) else node.args[1:]
            return self.add("Transpose", [first], node.name, perm=list(order))
        if node.target is functional.layer_norm:
            found = dict(zip(("x", "shape", "weight", "bias", "eps"), node.args, strict=False)) | node.kwargs
            names = [first, self._name(found["weight"]), self._name(found["bias"])]
            return self.add("LayerNormalization", names, node.name, axis=-1, epsilon=found["eps"])
        raise ValueError(f"no ONNX counterpart of {node.target}")

    def _name(self, node: Any) -> str:
        if isinstance(node, fx.Node):
            return self._names[node]
        return self.constant(f"number{len(self.constants)}", torch.tensor(float(node)))


_BINARY: dict[Any, str] = {
    operator.add: "Add",
    operator.iadd: "Add",
    torch.add: "Add",
    operator.mul: "Mul",
    operator.truediv: "Div",
}


def _convolution(graph: _Graph, part: nn.Conv2d, x: str, name: str) -> str:
    inputs = [x, graph.constant(f"{name}_weight", part.weight)]
    if part.bias is not None:
        inputs.append(graph.constant(f"{name}_bias", part.bias))
    return graph.add(
        "Conv",
        inputs,
        name,
        kernel_shape=list(part.kernel_size),
        strides=list(part.stride),
        pads=[*_both(part.padding)] * 2,
        dilations=list(part.dilation),
        group=part.groups,
    )


def _batch_norm(graph: _Graph, part: nn.BatchNorm2d, x: str, name: str) -> str:
    """Batch norm as one product and one sum, which onnxruntime folds into a convolution before it."""
    assert part.running_mean is not None
    assert part.running_var is not None
    tensors = {
        "gain": part.weight,
        "bias": part.bias,
        "mean": part.running_mean,
        "variance": part.running_var,
    }
    inputs = [graph.constant(f"{name}_{key}", value) for key, value in tensors.items()]
    return graph.add("BatchNormalization", [x, *inputs], name, epsilon=part.eps)


def _linear(graph: _Graph, part: nn.Linear, x: str, name: str) -> str:
    product = graph.add("MatMul", [x, graph.constant(f"{name}_weight", part.weight.T)], f"{name}_product")
    return graph.add("Add", [product, graph.constant(f"{name}_bias", part.bias)], name)


def _layer_norm(graph: _Graph, part: nn.LayerNorm, x: str, name: str) -> str:
    inputs = [x, graph.constant(f"{name}_weight", part.weight), graph.constant(f"{name}_bias", part.bias)]
    return graph.add("LayerNormalization", inputs, name, axis=-1, epsilon=part.eps)


def _pool(graph: _Graph, part: nn.MaxPool2d | nn.AvgPool2d, x: str, name: str) -> str:
    more = {"count_include_pad": int(part.count_include_pad)} if isinstance(part, nn.AvgPool2d) else {}
    return graph.add(
        "AveragePool" if isinstance(part, nn.AvgPool2d) else "MaxPool",
        [x],
        name,
        kernel_shape=[*_both(part.kernel_size)],
        strides=[*_both(part.stride)],
        pads=[*_both(part.padding)] * 2,
        ceil_mode=int(part.ceil_mode),
        **more,
    )


def _mean(graph: _Graph, part: nn.AdaptiveAvgPool2d, x: str, name: str) -> str:
    if _both(part.output_size) != (1, 1):
        raise ValueError(f"no ONNX counterpart of a mean to {part.output_size}")
    return graph.add("GlobalAveragePool", [x], name)


def _unflatten(graph: _Graph, part: nn.Unflatten, x: str, name: str) -> str:
    shape = f"{name}_shape"
    graph.constants.append(numpy_helper.from_array(np.array([-1, *part.unflattened_size], np.int64), shape))
    return graph.add("Reshape", [x, shape], name)


def _silu(graph: _Graph, _part: nn.Module, x: str, name: str) -> str:
    return graph.add("Mul", [x, graph.add("Sigmoid", [x], f"{name}_gate")], name)


def _clip(graph: _Graph, _part: nn.Module, x: str, name: str) -> str:
    limits = [graph.constant(f"{name}_{value}", torch.tensor(float(value))) for value in (0, 6)]
    return graph.add("Clip", [x, *limits], name)


def _plain(kind: str, **attributes: Any) -> Callable[[_Graph, Any, str, str], str]:
    def make(graph: _Graph, _part: nn.Module, x: str, name: str) -> str:
        return graph.add(kind, [x], name, **attributes)

    return make


_MODULES: dict[type[nn.Module], Callable[[_Graph, Any, str, str], str]] = {
    nn.Conv2d: _convolution,
    nn.BatchNorm2d: _batch_norm,
    nn.Linear: _linear,
    nn.LayerNorm: _layer_norm,
    nn.MaxPool2d: _pool,
    nn.AvgPool2d: _pool,
    nn.AdaptiveAvgPool2d: _mean,
    nn.Flatten: _plain("Flatten", axis=1),
    nn.Unflatten: _unflatten,
    nn.ReLU: _plain("Relu"),
    nn.ReLU6: _clip,
    nn.GELU: _plain("Gelu"),
    nn.SiLU: _silu,
    nn.Sigmoid: _plain("Sigmoid"),
    nn.Hardswish: _plain("HardSwish"),
    nn.Hardsigmoid: _plain("HardSigmoid", alpha=1 / 6, beta=0.5),
    nn.Identity: _plain("Identity"),
    nn.Dropout: _plain("Identity"),
}


def _both(value: Any) -> tuple[int, int]:
    return (value[0], value[1]) if isinstance(value, tuple) else (value, value)
