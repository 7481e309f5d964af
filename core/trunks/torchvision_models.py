"""Trunks from torchvision: its architectures, and its published weights where a person asks for them.

The only module that imports torchvision, which does not import beside a torch of another build.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from core.errors import UserError
from core.trunks.catalogue import Weights, find_architecture
from core.trunks.modules import WHOLE, ModuleSection, section_of
from core.trunks.weights import CLASSIFIERS, fitted, read_safetensors, refused

SAFETENSORS_HEADER = 8  # bytes that give the length of a JSON object, which follows
# Most pixels of a strip by section: the first has the widest maps, the last the largest halo.
BUDGETS = (500_000, 1_000_000, 3_000_000, 8_000_000)


class _Cut(NamedTuple):
    """One section of a network: its modules, channels that come out, and pixels between the cells that come out."""

    modules: tuple[nn.Module, ...]
    outputs: int
    stride: int


def torchvision_sections(
    data: bytes, *, architecture: str, tap: str, file_name: str
) -> tuple[ModuleSection, ...]:
    """The network up to a tap with the weights of a file: safetensors, or the .pth file that torchvision published.

    Raises UserError where torchvision cannot be loaded, or the file does not fit.
    """
    network = getattr(_models(), architecture)(weights=None)
    tensors = _read(data, architecture=architecture, file_name=file_name)
    chosen = fitted(network.state_dict(), tensors, file_name=file_name, ignored=CLASSIFIERS)
    network.load_state_dict(chosen, strict=False)
    _without_stochastic_depth(network)
    cuts = _CUTS[architecture](network.eval().requires_grad_(False))
    stride = find_architecture(architecture).taps[tap].stride
    kept = [cut for cut in cuts if cut.stride <= stride]
    if find_architecture(architecture).why_not_dense:
        return (_window_section(kept),)
    return tuple(_sections(kept))


def fetch(architecture: str, folder: Path) -> Path:
    """Download the published weights into a folder, on a person's request, and check them; returns the file.

    A file that is there already is not downloaded again. Raises UserError where the network or the disk refuses it,
    and for a trunk whose weights cannot be downloaded.
    """
    found = find_architecture(architecture)
    if found.weights is not Weights.DOWNLOAD:
        raise UserError(
            f"The weights of {found.title} cannot be downloaded: see `lesionloop trunks` for their source."
        )
    url = published_url(architecture)
    path = folder / PurePosixPath(url).name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with redirect_stdout(io.StringIO()):  # it tells the address, which belongs on no output for machines
            torch.hub.load_state_dict_from_url(
                url,
                model_dir=str(folder),
                map_location="cpu",
                check_hash=True,
                weights_only=True,
                progress=False,
            )
        _check_published(path.read_bytes(), architecture=architecture, file_name=path.name)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise UserError(
            f"The weights of {found.title} could not be downloaded ({type(error).__name__}): look at the connection and the "
            f"free space, delete {path.name} if it is there, and try again; or take a file with "
            f"`lesionloop trunks add FILE --architecture {architecture}`."
        ) from error
    return path


def published_url(architecture: str) -> str:
    """Where torchvision publishes the weights; the file's name ends in the first eight digits of its SHA-256."""
    return str(_models().get_model_weights(architecture).DEFAULT.url)


def _models() -> ModuleType:
    try:
        import torchvision.models
    except (ImportError, OSError, RuntimeError) as error:
        raise UserError(
            "This trunk needs torchvision, which is not installed or was built for another torch: install torch and "
            "torchvision again, together."
        ) from error
    models: ModuleType = torchvision.models
    return models


def _read(data: bytes, *, architecture: str, file_name: str) -> dict[str, Tensor]:
    if data[SAFETENSORS_HEADER : SAFETENSORS_HEADER + 1] == b"{":
        return read_safetensors(data, file_name=file_name)
    _check_published(data, architecture=architecture, file_name=file_name)
    tensors: dict[str, Tensor] = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    return _renamed(tensors) if architecture.startswith("densenet") else tensors


def _check_published(data: bytes, *, architecture: str, file_name: str) -> None:
    """A .pth file is a pickle: only torchvision's own is read, and only as tensors."""
    digest = PurePosixPath(published_url(architecture)).stem.rpartition("-")[2]
    if not hashlib.sha256(data).hexdigest().startswith(digest):
        raise refused(file_name, "it is neither a safetensors file nor the one that torchvision published")


def _renamed(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """DenseNet's published file is older than its code: 'norm.1' in a dense layer is 'norm1' today."""
    return {_today(name): tensor for name, tensor in tensors.items()}


def _today(name: str) -> str:
    for kind in ("norm", "conv"):
        for number in ("1", "2"):
            name = name.replace(f".{kind}.{number}.", f".{kind}{number}.")
    return name


def _without_stochastic_depth(network: nn.Module) -> None:
    """It does nothing in evaluation, and no graph needs it."""
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if type(child).__name__ == "StochasticDepth":
                setattr(parent, name, nn.Identity())


def _resnet(network: Any) -> list[_Cut]:
    first = (network.conv1, network.bn1, network.relu, network.maxpool, network.layer1)
    stages = [(first, 4), ((network.layer2,), 8), ((network.layer3,), 16), ((network.layer4,), 32)]
    width = network.fc.in_features // 8
    return [_Cut(parts, width * stride // 4, stride) for parts, stride in stages]


def _densenet(network: Any) -> list[_Cut]:
    f = network.features
    return [
        _Cut((f.conv0, f.norm0, f.relu0, f.pool0, f.denseblock1), 256, 4),
        _Cut((f.transition1, f.denseblock2), 512, 8),
        _Cut((f.transition2, f.denseblock3), 1024, 16),
        _Cut((f.transition3, f.denseblock4, f.norm5, nn.ReLU()), 1024, 32),
    ]


def _convnext(network: Any) -> list[_Cut]:
    f = network.features
    return [_Cut((f[2 * i], f[2 * i + 1]), 96 * 2**i, 4 * 2**i) for i in range(4)]


def _efficientnet(network: Any) -> list[_Cut]:
    f = network.features
    middle, last = f[5][-1].out_channels, f[8].out_channels
    return [_Cut(tuple(f[:6]), middle, 16), _Cut(tuple(f[6:]), last, 32)]


def _mobilenet(network: Any) -> list[_Cut]:
    f = network.features
    return [_Cut(tuple(f[:13]), f[12].out_channels, 16), _Cut(tuple(f[13:]), 960, 32)]


def _swin(network: Any) -> list[_Cut]:
    return [_Cut((network.features, network.norm, network.permute), 768, 32)]


_CUTS: dict[str, Callable[[Any], list[_Cut]]] = {
    "resnet18": _resnet,
    "resnet50": _resnet,
    "densenet121": _densenet,
    "convnext_tiny": _convnext,
    "efficientnet_b0": _efficientnet,
    "efficientnet_b2": _efficientnet,
    "mobilenet_v3_large": _mobilenet,
    "swin_t": _swin,
}


def _sections(cuts: list[_Cut]) -> list[ModuleSection]:
    """One section a cut, each with strips of its own."""
    found, inputs, stride = [], 3, 1
    for cut, budget in zip(cuts, BUDGETS, strict=False):
        found.append(
            section_of(
                nn.Sequential(*cut.modules),
                inputs=inputs,
                outputs=cut.outputs,
                input_stride=stride,
                budget=budget,
            )
        )
        inputs, stride = cut.outputs, cut.stride
    return found


def _window_section(cuts: list[_Cut]) -> ModuleSection:
    """A network that only runs window by window, in one piece."""
    modules = [module for cut in cuts for module in cut.modules]
    return ModuleSection(
        nn.Sequential(*modules).eval().requires_grad_(False),
        inputs=3,
        outputs=cuts[-1].outputs,
        stride=cuts[-1].stride,
        input_stride=1,
        budget=WHOLE,
    )
