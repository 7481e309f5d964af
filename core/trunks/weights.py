"""Tensors of a weights file that a user points to: safetensors, checked by names and shapes, never a free pickle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from core.errors import UserError
from core.trunks.lite0 import STAGES, Lite0

# First parts of names of the layers that classify pictures, which features do not need.
CLASSIFIERS = ("fc.", "classifier.", "head.")


def read_safetensors(data: bytes, *, file_name: str) -> dict[str, Tensor]:
    """All tensors of a safetensors file, less a first part that all their names share ('module.', 'model.')."""
    try:
        tensors = safetensors.torch.load(data)
    except (SafetensorError, ValueError, KeyError, OSError) as error:
        raise refused(file_name, "it is damaged or no safetensors file") from error
    while len({name.partition(".")[0] for name in tensors}) == 1 and all("." in name for name in tensors):
        tensors = {name.partition(".")[2]: tensor for name, tensor in tensors.items()}
    return tensors


def fitted(
    wanted: Mapping[str, Tensor],
    found: Mapping[str, Tensor],
    *,
    file_name: str,
    ignored: tuple[str, ...] = (),
) -> dict[str, Tensor]:
    """The wanted tensors from those found, as float32.

    ignored: first parts of names that neither need to be there nor to fit. Raises UserError where anything else is
    missing, too much, of another shape, or not a number.
    """
    needed = {name: tensor for name, tensor in wanted.items() if not name.startswith(ignored)}
    given = {name: tensor for name, tensor in found.items() if not name.startswith(ignored)}
    optional = {name for name in needed if name.endswith("num_batches_tracked")}
    if missing := sorted(needed.keys() - given.keys() - optional):
        raise refused(file_name, f"it has no {missing[0]}{_more(missing)}")
    if excess := sorted(given.keys() - needed.keys()):
        raise refused(file_name, f"it has {excess[0]}{_more(excess)}, which this architecture has not")
    chosen = {}
    for name in needed.keys() & given.keys():
        tensor, shape = given[name], tuple(needed[name].shape)
        if tuple(tensor.shape) != shape:
            raise refused(file_name, f"its {name} is {tuple(tensor.shape)} and not {shape}")
        if not bool(torch.isfinite(tensor).all()):
            raise refused(file_name, f"its {name} holds a value that is not a number")
        chosen[name] = tensor.to(needed[name].dtype)
    return chosen


def lite0_weights(data: bytes, *, file_name: str) -> dict[str, Tensor]:
    """Weights of EfficientNet-Lite0 under timm's names ('tf_efficientnet_lite0'), in the order and under names of Lite0."""
    ours = Lite0().state_dict()
    names = dict(zip(_timm_names(), ours, strict=True))
    wanted = {theirs: ours[mine] for theirs, mine in names.items()}
    found = read_safetensors(data, file_name=file_name)
    chosen = fitted(wanted, found, file_name=file_name, ignored=CLASSIFIERS)
    return {mine: chosen.get(theirs, ours[mine]) for theirs, mine in names.items()}


def refused(file_name: str, reason: str) -> UserError:
    """Why a weights file is not used."""
    return UserError(
        f"{file_name} cannot be used as weights: {reason}. Choose the architecture it was made for."
    )


def _timm_names() -> Iterator[str]:
    """Names of timm's tensors in the order of ours."""
    yield from _unit("", "conv_stem", "bn1")
    for index, stage in enumerate(STAGES):
        layers: tuple[tuple[str, str], ...]
        if stage.expansion == 1:
            layers = (("conv_dw", "bn1"), ("conv_pw", "bn2"))
        else:
            layers = (("conv_pw", "bn1"), ("conv_dw", "bn2"), ("conv_pwl", "bn3"))
        for block in range(stage.blocks):
            for convolution, norm in layers:
                yield from _unit(f"blocks.{index}.{block}.", convolution, norm)
    yield from _unit("", "conv_head", "bn2")
    yield from ("classifier.weight", "classifier.bias")


def _unit(prefix: str, convolution: str, norm: str) -> Iterator[str]:
    yield f"{prefix}{convolution}.weight"
    for part in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
        yield f"{prefix}{norm}.{part}"


def _more(names: list[str]) -> str:
    return f" (and {len(names) - 1} more)" if len(names) > 1 else ""
