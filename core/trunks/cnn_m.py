"""CNN-M-128, the trunk of the paper (Chatfield, Simonyan, Vedaldi, Zisserman 2014, 'VGG_CNN_M_128').

Five convolutions and two fully connected layers, the second of 128 units. A 224 x 224 picture gives maps of 109, 54,
26, 13, 13 and 6 cells. Of a whole mammogram, the convolutions are shared by all windows and the fully connected layers
judge each window's own 13 x 13 cells of the fifth.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from core.trunks.modules import ModuleSection, section_of

FEATURES = 128
PATCH = 13  # cells of conv5 that a window of 224 pixels has
STRIDE = 16  # pixels between them
WINDOW = 224
CONVOLUTIONS = ("conv1", "conv2", "conv3", "conv4", "conv5")
LAYERS = (*CONVOLUTIONS, "fc6", "fc7")
KERNELS = {"conv1": 7, "conv2": 5, "conv3": 3, "conv4": 3, "conv5": 3, "fc6": 6, "fc7": 1}
STRIDES = {"conv1": 2, "conv2": 2}
PADDINGS = {"conv2": 1, "conv3": 1, "conv4": 1, "conv5": 1}
# MatConvNet's [5 2 1e-4 0.75]: number of neighbouring channels, kappa, alpha, beta.
NEIGHBOURS, KAPPA, ALPHA = 5, 2.0, 1e-4
BUDGETS = (400_000, 1_000_000, 8_000_000)  # most pixels of a strip, by section


class ResponseNorm(nn.Module):
    """Local response normalisation over channels: x / (kappa + alpha * sum of neighbours' squares)^0.75.

    The sum over five neighbouring channels is a banded 1 x 1 convolution, and y^0.75 = sqrt(y sqrt(y)): both faster
    than torch's own.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        index = torch.arange(channels)
        band = (index[:, None] - index[None]).abs() <= NEIGHBOURS // 2
        self.sum = nn.Conv2d(channels, channels, 1)
        with torch.no_grad():
            self.sum.weight.copy_((ALPHA * band)[:, :, None, None])
            self.sum.bias.fill_(KAPPA)  # type: ignore[union-attr]

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) -> the same shape."""
        y = self.sum(x * x)
        return x / torch.sqrt(y * torch.sqrt(y))


def cnn_m_sections(weights: Mapping[str, Tensor], *, tap: str) -> tuple[ModuleSection, ...]:
    """Three sections up to conv5, which run over a whole picture, and one that judges a window's 13 x 13 cells of it.

    weights: '<layer>.weight' (outputs, inputs, k, k) and '<layer>.bias'. tap: 'fc7', before the ReLU, or 'relu7', after it.
    """
    layers = {name: _layer(weights, name) for name in LAYERS}
    widths = {name: layer.out_channels for name, layer in layers.items()}
    deep = [part for name in CONVOLUTIONS[2:] for part in (layers[name], nn.ReLU())]
    head = [nn.MaxPool2d(3, 2, ceil_mode=True), nn.Flatten(), _product(layers["fc6"]), nn.ReLU()]
    head += [_product(layers["fc7"]), *([nn.ReLU()] if tap == "relu7" else [])]
    judge = nn.Sequential(*head, nn.Unflatten(1, (widths["fc7"], 1, 1)))
    return (
        section_of(
            _normed(layers["conv1"]),
            inputs=3,
            outputs=widths["conv1"],
            input_stride=1,
            budget=BUDGETS[0],
            rows_lost=2,
        ),
        section_of(
            _normed(layers["conv2"]),
            inputs=widths["conv1"],
            outputs=widths["conv2"],
            input_stride=4,
            budget=BUDGETS[1],
            rows_lost=1,
        ),
        section_of(
            nn.Sequential(*deep),
            inputs=widths["conv2"],
            outputs=widths["conv5"],
            input_stride=STRIDE,
            budget=BUDGETS[2],
        ),
        ModuleSection(
            judge.eval().requires_grad_(False),
            inputs=widths["conv5"],
            outputs=widths["fc7"],
            stride=PATCH,
            input_stride=STRIDE,
            budget=BUDGETS[2],
        ),
    )


def _normed(layer: nn.Conv2d) -> nn.Sequential:
    """A convolution, its response normalisation, and a pooling whose last window may hang over the edge."""
    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    return nn.Sequential(layer, nn.ReLU(), ResponseNorm(layer.out_channels), pool)


def _layer(weights: Mapping[str, Tensor], name: str) -> nn.Conv2d:
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    layer = nn.Conv2d(
        weight.shape[1],
        weight.shape[0],
        KERNELS[name],
        stride=STRIDES.get(name, 1),
        padding=PADDINGS.get(name, 0),
    )
    layer.load_state_dict({"weight": weight, "bias": bias})
    return layer


def _product(layer: nn.Conv2d) -> nn.Linear:
    """A convolution as large as its input, as one product for a whole batch: its weights are read once and not once a window."""
    found = nn.Linear(layer.weight[0].numel(), layer.out_channels)
    assert layer.bias is not None
    found.load_state_dict({"weight": layer.weight.flatten(1), "bias": layer.bias})
    return found
