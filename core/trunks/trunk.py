"""A trunk ready to run: pictures in, maps of feature vectors out, strip by strip or window by window."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.recipe import TrunkSettings
from core.trunks.catalogue import find_architecture, trunk_dimension, trunk_key

FloatArray = NDArray[np.float32]
# (n, h, w) in [0, 1] -> (n, channels, h, w) as the network wants it; `is_window`: these are separate windows.
Prepare = Callable[..., FloatArray]

# Rows and columns of everything that a trunk is given are multiples of this, so that paddings always lie in the
# same way and strips meet without a seam.
ALIGNMENT = 32
WINDOW_BATCH = 8
PATCH_BATCH = 64


class Piece(Protocol):
    """What Trunk asks of a section; see core.trunks.sections and core.trunks.modules."""

    @property
    def outputs(self) -> int: ...  # noqa: D102

    @property
    def stride(self) -> int: ...  # noqa: D102

    @property
    def input_stride(self) -> int: ...  # noqa: D102

    @property
    def budget(self) -> int: ...  # noqa: D102

    @property
    def halo(self) -> tuple[int, int]: ...  # noqa: D102

    @property
    def rows_lost(self) -> int: ...  # noqa: D102


class Engine(Protocol):
    """Runs the sections it was made for."""

    def run(self, index: int, x: FloatArray) -> FloatArray:
        """Section `index` on (n, inputs, h, w), h and w multiples of its stride -> (n, outputs, h / s, w / s)."""
        ...


class Trunk:
    """A pretrained network up to one tap, ready to run. Made by load_trunk.

    settings: as asked. weights_sha256: of the weights file. dimension: d, features of a region.
    window: side of the pictures that windows are resampled to; None: they are taken as they are.
    patch: cells along a side of one window's patch, where a head judges each patch (CNN-M-128), else 0.
    stride, offset: where the cells of its maps lie (see Tap). notice: a sentence that the user must be told, or ''.
    key: names everything that decides features; both engines have the same, since they agree to 1e-4.
    """

    def __init__(
        self,
        settings: TrunkSettings,
        *,
        sections: Sequence[Piece],
        engine: Engine,
        prepare: Prepare,
        weights_sha256: str,
        patch: int = 0,
        notice: str = "",
    ) -> None:
        found = find_architecture(settings.name)
        tap = found.taps[settings.tap]
        self.settings = settings
        self.weights_sha256 = weights_sha256
        self.dimension = trunk_dimension(settings)
        self.stride, self.offset, self.window = tap.stride, tap.offset, found.window
        self.key = trunk_key(settings)
        self.patch, self.notice = patch, notice
        self._below = tuple(sections[:-1] if patch else sections)
        self._sections, self._engine, self._prepare = tuple(sections), engine, prepare

    def whole_map(self, grey: NDArray[np.floating], *, budget_share: float = 1.0) -> FloatArray:
        """Cells over one whole picture, computed strip by strip so that memory does not grow with its height.

        grey: (h, w), in [0, 1], h and w multiples of ALIGNMENT. budget_share: height of the strips relative to the
        usual; it moves memory and time, never the result (beyond rounding).

        Returns (channels, h / stride, w / stride); of a trunk that judges patches, the map that patches are cut from,
        which is one row and one column shorter.
        """
        x = self._prepare(_aligned(grey)[None], is_window=False)
        for index, section in enumerate(self._below):
            x = self._in_strips(index, x, rows=_strip_rows(section, x.shape[-1], share=budget_share))
        cells: FloatArray = x[0]
        return cells

    def window_maps(self, windows: NDArray[np.floating]) -> FloatArray:
        """Cells of separate windows, each with zeros around it.

        windows: (m, h, w), in [0, 1], h and w multiples of ALIGNMENT. Returns (m, channels, h / stride, w / stride);
        of a trunk that judges patches, (m, d, 1, 1).
        """
        _aligned(windows)
        starts = range(0, len(windows), WINDOW_BATCH)
        return np.concatenate([self._window_batch(windows[i : i + WINDOW_BATCH]) for i in starts])

    def judged(self, patches: Sequence[FloatArray]) -> FloatArray:
        """Judge m patches (channels, patch, patch) of a whole map -> (m, d), for a trunk that judges patches."""
        head = len(self._sections) - 1
        starts = range(0, len(patches), PATCH_BATCH)
        found = [self._engine.run(head, np.stack(patches[i : i + PATCH_BATCH])) for i in starts]
        return np.concatenate(found)[:, :, 0, 0]

    def _window_batch(self, windows: NDArray[np.floating]) -> FloatArray:
        x = self._prepare(windows, is_window=True)
        for index in range(len(self._sections)):
            x = self._engine.run(index, x)
        return x

    def _in_strips(self, index: int, x: FloatArray, *, rows: int) -> FloatArray:
        section = self._below[index]
        height, width, stride, lost = x.shape[-2], x.shape[-1], section.stride, section.rows_lost
        if rows >= height:
            return self._engine.run(index, x)
        down, across = (-(-side // stride) - lost for side in (height, width))
        result = np.empty((1, section.outputs, down, across), np.float32)
        for start, stop in _strips(down, rows // stride):
            first = max(start * stride - section.halo[0], 0)
            last = height if stop == down else min(stop * stride + section.halo[1], height)
            strip = self._engine.run(index, x[:, :, first:last])
            skipped = start - first // stride
            result[:, :, start:stop] = strip[:, :, skipped : skipped + stop - start]
        return result


def _aligned(grey: NDArray[np.floating]) -> NDArray[np.floating]:
    if grey.shape[-2] % ALIGNMENT or grey.shape[-1] % ALIGNMENT:
        raise ValueError(f"rows and columns must be multiples of {ALIGNMENT}: {grey.shape}")
    return grey


def _strip_rows(section: Piece, width: int, *, share: float) -> int:
    """Input rows of a strip: as many as the budget allows, a multiple of ALIGNMENT pixels, at least one such step."""
    step = ALIGNMENT // section.input_stride
    pixels = width * section.input_stride * ALIGNMENT
    return max(int(section.budget * share) // pixels, 1) * step


def _strips(height: int, rows: int) -> Iterator[tuple[int, int]]:
    """Output rows (start, stop) of each strip."""
    for start in range(0, height, rows):
        yield start, min(start + rows, height)
