"""From settings and a weights file to a trunk that runs; each family's libraries are imported when it is asked for."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.recipe import TrunkSettings
from core.trunks.catalogue import (
    CNN_M_128,
    LITE0,
    LITE0_SHA256,
    Architecture,
    InputScaling,
    check_settings,
    find_architecture,
    no_weights,
)
from core.trunks.trunk import FloatArray, Piece, Prepare, Trunk

# Networks whose windows onnxruntime cannot run here, so that torch does.
TORCH_ALONE = ("swin_t",)
LARGEST_FILE = 4_000_000_000  # bytes


class Parts(NamedTuple):
    """What a family gives for a trunk: its sections, how pixels are prepared, and cells of a patch (0: none)."""

    sections: tuple[Piece, ...]
    prepare: Prepare
    patch: int = 0


def load_trunk(
    settings: TrunkSettings, *, threads: int = 2, engine: str = "onnxruntime", weights: Path | None = None
) -> Trunk:
    """A trunk with its checked weights; `engine` is 'onnxruntime' or 'torch'.

    weights: the file whose SHA-256 the settings name; None for weights that come with a package.

    Raises UserError when the weights are missing or not those that the settings name, when the engine cannot run, or
    when the settings name something this version does not know. A trunk that its engine cannot run says so in
    `notice`.
    """
    from core.trunks.engines import make_engine

    found = check_settings(settings)
    data = _named_weights(settings, weights)
    parts = _parts(found, data, settings=settings, name=weights.name if weights else "")
    notice = ""
    if engine == "onnxruntime" and found.name in TORCH_ALONE:
        engine, notice = (
            "torch",
            f"{found.title} runs on torch: onnxruntime cannot run it, so it takes longer.",
        )
    return Trunk(
        settings,
        sections=parts.sections,
        engine=make_engine(engine, parts.sections, threads=threads),
        prepare=parts.prepare,
        weights_sha256=settings.weights_sha256 or LITE0_SHA256,
        patch=parts.patch,
        notice=notice,
    )


def check_weights(
    path: Path, *, architecture: str, accept_other: bool = False, input_scaling: str = ""
) -> str:
    """Whether a file has the weights of this architecture; returns its SHA-256, for TrunkSettings.weights_sha256.

    accept_other: also take a file for CNN-M-128 that is not MatConvNet's release. Raises UserError where the file
    cannot be read or does not fit.
    """
    from core.trunks.matconvnet import MD5, is_published

    found = find_architecture(architecture)
    data = _read(path)
    if architecture == CNN_M_128 and not accept_other and not is_published(data):
        raise UserError(
            f"{path.name} is not the file that MatConvNet published (its MD5 is not {MD5}), so it was not taken: "
            "download imagenet-vgg-m-128.mat again, or say --accept-other-weights to use this one all the same."
        )
    digest = hashlib.sha256(data).hexdigest()
    settings = TrunkSettings(
        name=architecture,
        mode=found.modes[-1],
        tap=next(iter(found.taps)),
        weights_sha256=digest,
        input_scaling=input_scaling,
    )
    _parts(check_settings(settings), data, settings=settings, name=path.name)
    return digest


def _named_weights(settings: TrunkSettings, path: Path | None) -> bytes | None:
    """The bytes of the file that the settings name; None where a package has the weights."""
    if not settings.weights_sha256:
        if settings.name != LITE0 or path is not None:
            raise UserError(no_weights(settings.name))
        return None
    if path is None:
        raise UserError(no_weights(settings.name))
    data = _read(path)
    if hashlib.sha256(data).hexdigest() != settings.weights_sha256:
        raise UserError(
            f"{path.name} is not the weights file that the settings name (its SHA-256 differs): put the former file "
            "back, or take this one as a trunk of another name with `lesionloop trunks add`."
        )
    return data


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise UserError(f"{path.name} cannot be a weights file: it has {size / 1e9:.0f} GB.")
        return path.read_bytes()
    except OSError as error:
        raise UserError(
            f"The weights file {path.name} cannot be read ({error.strerror or 'unknown reason'}): put it back, or "
            "take it in again with `lesionloop trunks add` or `lesionloop trunks fetch`."
        ) from error


def _parts(found: Architecture, data: bytes | None, *, settings: TrunkSettings, name: str) -> Parts:
    if found.name == LITE0:
        return _lite0(data, settings=settings, name=name)
    assert data is not None, "only one trunk has weights in a package"
    if found.name == CNN_M_128:
        return _cnn_m(data, settings=settings, name=name)
    from core.trunks.torchvision_models import torchvision_sections

    sections = torchvision_sections(data, architecture=found.name, tap=settings.tap, file_name=name)
    return Parts(sections, _scaled(found, settings))


def _lite0(data: bytes | None, *, settings: TrunkSettings, name: str) -> Parts:
    from core.trunks.lite0 import find_weights, load_lite0, read_weights
    from core.trunks.sections import lite0_sections
    from core.trunks.weights import lite0_weights

    weights = read_weights(find_weights()) if data is None else lite0_weights(data, file_name=name)
    prepare = _lite0_scaled
    if settings.input_scaling:
        scaling = InputScaling.parse(settings.input_scaling)
        if len(set(scaling.mean)) > 1 or len(set(scaling.std)) > 1:
            raise UserError(
                "EfficientNet-Lite0 takes one grey channel here, so its mean and standard deviation must be the same "
                "for R, G and B."
            )
        prepare = _grey_scaled(scaling.mean[0], scaling.std[0])
    return Parts(lite0_sections(load_lite0(weights), tap=settings.tap), prepare)


def _cnn_m(data: bytes, *, settings: TrunkSettings, name: str) -> Parts:
    from core.trunks.cnn_m import PATCH, cnn_m_sections
    from core.trunks.matconvnet import read_matconvnet

    if settings.input_scaling:
        raise UserError(
            "CNN-M-128 has its average picture in its weights file: leave mean and std away for it."
        )
    weights = read_matconvnet(data, name=name)
    sections = cnn_m_sections(weights.tensors, tap=settings.tap)
    return Parts(sections, less_average(weights.average), patch=PATCH)


def _lite0_scaled(grey: NDArray[np.floating], *, is_window: bool) -> FloatArray:  # noqa: ARG001
    """(n, h, w) in [0, 1] -> (n, 1, h, w), (x - 127) / 128 for x in 0 to 255."""
    x: FloatArray = np.multiply(grey, 255, dtype=np.float32)
    x -= 127
    x /= 128
    return x[:, None]


def _grey_scaled(mean: float, std: float) -> Prepare:
    def prepare(grey: NDArray[np.floating], *, is_window: bool) -> FloatArray:  # noqa: ARG001
        x: FloatArray = (grey.astype(np.float32) - np.float32(mean)) / np.float32(std)
        return x[:, None]

    return prepare


def _scaled(found: Architecture, settings: TrunkSettings) -> Prepare:
    """Grey as three equal channels, each less its mean and divided by its standard deviation."""
    scaling = (
        InputScaling.parse(settings.input_scaling)
        if settings.input_scaling
        else InputScaling(found.mean, found.std)
    )
    gain = (1 / np.array(scaling.std, np.float64)).astype(np.float32)
    shift = (-np.array(scaling.mean) / np.array(scaling.std)).astype(np.float32)

    def prepare(grey: NDArray[np.floating], *, is_window: bool) -> FloatArray:  # noqa: ARG001
        x: FloatArray = grey.astype(np.float32)[:, None] * gain[:, None, None] + shift[:, None, None]
        return x

    return prepare


def less_average(average: FloatArray) -> Prepare:
    """Grey as R, G and B in 0 to 255, less the average picture for windows, or its mean colour for a whole image."""
    colour = average.mean(axis=(1, 2), dtype=np.float64).astype(np.float32)[:, None, None]

    def prepare(grey: NDArray[np.floating], *, is_window: bool) -> FloatArray:
        x: FloatArray = np.multiply(grey, 255, dtype=np.float32)[:, None] - (average if is_window else colour)
        return x

    return prepare
