"""Pretrained feature extractors (trunks): images in, maps of feature vectors out.

A trunk never runs on weights that it did not check, and its key names everything that decides its features.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.recipe import TrunkSettings
from core.trunks.engines import Engine, make_engine
from core.trunks.lite0 import HEAD_CHANNELS, SHA256, STAGES, find_weights, load_lite0, read_weights
from core.trunks.sections import FloatArray, Section, lite0_sections

__all__ = ["ALIGNMENT", "Trunk", "load_trunk", "trunk_dimension", "trunk_key"]

# Rows and columns of everything that a trunk is given are multiples of this, so that TensorFlow's SAME padding
# always lies in the same way and strips meet without a seam.
ALIGNMENT = 32
# Raised when anything outside the settings changes the numbers (crop, margin, resampling, pooling, scaling).
FEATURES_VERSION = 1
TAPS = {"final": 32, "stride16": 16}
STRIDE_16_STAGE = 4  # the last stage before the step to stride 32
WINDOW_BATCH = 8


class Trunk:
    """A pretrained network up to one tap, ready to run. Made by load_trunk.

    settings: as asked. weights_sha256: of the weights file. dimension: d, channels at the tap.
    stride: working pixels between the cells of its maps.
    key: names everything that decides features; both engines have the same, since they agree to 1e-4.
    """

    def __init__(self, settings: TrunkSettings, *, sections: tuple[Section, ...], engine: Engine) -> None:
        self.settings = settings
        self.weights_sha256 = SHA256
        self.dimension = sections[-1].outputs
        self.stride = TAPS[settings.tap]
        self.key = trunk_key(settings)
        self._sections = sections
        self._engine = engine

    def whole_map(self, grey: NDArray[np.floating], *, budget_share: float = 1.0) -> FloatArray:
        """Cells over one whole picture, computed strip by strip so that memory does not grow with its height.

        grey: (h, w), in [0, 1], h and w multiples of ALIGNMENT. budget_share: height of the strips relative to the
        usual; it moves memory and time, never the result (beyond rounding).

        Returns (d, h / stride, w / stride).
        """
        x = _normalised(grey)[None, None]
        for index, section in enumerate(self._sections):
            x = self._in_strips(index, x, rows=_strip_rows(section, x.shape[-1], share=budget_share))
        cells: FloatArray = x[0]
        return cells

    def window_maps(self, windows: NDArray[np.floating]) -> FloatArray:
        """Cells of separate windows, each with zeros around it.

        windows: (m, h, w), in [0, 1], h and w multiples of ALIGNMENT. Returns (m, d, h / stride, w / stride).
        """
        x = _normalised(windows)[:, None]
        batches = [self._through(x[i : i + WINDOW_BATCH]) for i in range(0, len(x), WINDOW_BATCH)]
        return np.concatenate(batches)

    def _through(self, x: FloatArray) -> FloatArray:
        for index in range(len(self._sections)):
            x = self._engine.run(index, x)
        return x

    def _in_strips(self, index: int, x: FloatArray, *, rows: int) -> FloatArray:
        section = self._sections[index]
        height, width, stride = x.shape[-2], x.shape[-1], section.stride
        if rows >= height:
            return self._engine.run(index, x)
        result = np.empty((1, section.outputs, height // stride, width // stride), np.float32)
        for start, stop in _strips(height, rows):
            first, last = max(start - section.halo[0], 0), min(stop + section.halo[1], height)
            strip = self._engine.run(index, x[:, :, first:last])
            skipped = (start - first) // stride
            result[:, :, start // stride : stop // stride] = strip[
                :, :, skipped : skipped + (stop - start) // stride
            ]
        return result


def load_trunk(settings: TrunkSettings, *, threads: int = 2, engine: str = "onnxruntime") -> Trunk:
    """A trunk with its checked weights; `engine` is 'onnxruntime' or 'torch'.

    Raises UserError when the weights are missing or not the published ones, when the engine cannot run, or when
    the settings name something this version does not know.
    """
    _check(settings)
    sections = lite0_sections(load_lite0(read_weights(find_weights())), tap=settings.tap)
    return Trunk(settings, sections=sections, engine=make_engine(engine, sections, threads=threads))


def trunk_key(settings: TrunkSettings) -> str:
    """Short hash of everything that decides a trunk's features. Needs no weights and loads nothing."""
    facts = {"settings": asdict(settings), "weights": SHA256, "version": FEATURES_VERSION}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def trunk_dimension(settings: TrunkSettings) -> int:
    """How many features a region has. Needs no weights and loads nothing.

    Raises UserError when the settings name something this version does not know.
    """
    _check(settings)
    return HEAD_CHANNELS if settings.tap == "final" else STAGES[STRIDE_16_STAGE].channels


def _check(settings: TrunkSettings) -> None:
    known = settings.name == "efficientnet-lite0" and settings.tap in TAPS and settings.pooling == "mean"
    if not known:
        raise UserError(
            f"The features {settings.name} / {settings.tap} / {settings.pooling} are not known to this version of "
            "Lesionloop: choose efficientnet-lite0 with tap 'final' or 'stride16' and pooling 'mean'."
        )


def _normalised(grey: NDArray[np.floating]) -> FloatArray:
    """(..., h, w) in [0, 1] -> the trunk's own scale, (x - 127) / 128 for x in 0 to 255."""
    if grey.shape[-2] % ALIGNMENT or grey.shape[-1] % ALIGNMENT:
        raise ValueError(f"rows and columns must be multiples of {ALIGNMENT}: {grey.shape}")
    x: FloatArray = np.multiply(grey, 255, dtype=np.float32)
    x -= 127
    x /= 128
    return x


def _strip_rows(section: Section, width: int, *, share: float) -> int:
    """Input rows of a strip: as many as the budget allows, a multiple of ALIGNMENT pixels, at least one such step."""
    step = ALIGNMENT // section.input_stride
    pixels = width * section.input_stride * ALIGNMENT
    return max(int(section.budget * share) // pixels, 1) * step


def _strips(height: int, rows: int) -> Iterator[tuple[int, int]]:
    for start in range(0, height, rows):
        yield start, min(start + rows, height)
