"""Where the breast is in an image: the breast itself, the pectoral muscle on MLO views, and what is left.

Everything is found on a copy of at most 512 pixels a side, so a mask has the full size and steps of a few
pixels. Methods are plain on purpose (threshold, opening, one straight edge) and each has a bound beyond which
it does nothing: losing tissue is worse than keeping a little too much.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import filters

from core.domain import Laterality, View
from core.errors import UnreadableImageError
from core.pixels.records import ImageHeader, Mammogram

# Longest side of the copy that is worked on.
_LONGEST = 512
# Breasts cover 5 to 90 % of a picture; a component smaller than this is a label or a scratch.
_SMALLEST_SHARE = 0.01
# Lifts dark values, among which the rim of the breast lies.
_POWER = 0.4
# How far, in pixels of the copy, the rim may lie outside the threshold, and how far below it.
_RIM, _RIM_DEPTH = 6, 0.35
# How far, as a share of the side, a white film edge may reach into the picture.
_FRAME_DEPTH = 0.05
# The largest share of the breast that is taken for muscle; the faintest edge that counts as one, in
# brightness; and the share of its length over which it must be one.
_LARGEST_PECTORAL = 1 / 3
_FAINTEST_STEP = 0.02
_AGREEMENT = 0.8
_NOTHING = "no breast was found in it. Check that it is a mammogram and that it is not blank."
_INVERTED = (
    "its background is bright although its file does not say that it is inverted. "
    "Save it with a dark background."
)


def breast_mask(pixels: NDArray[np.generic], *, header: ImageHeader) -> NDArray[np.bool_]:
    """The breast with the muscle behind it, without labels, tape and film edges.

    pixels: (rows, columns), stored values or any linear function of them; header.is_inverted tells whether
    high is dark.

    Returns (rows, columns). Raises UnreadableImageError where there is no breast.
    """
    shown, factor = _shown(pixels, header)
    if _is_bright_behind(shown):
        raise UnreadableImageError(_INVERTED)
    return _full_size(_breast(shown), factor=factor, shape=pixels.shape)


def pectoral_mask(
    pixels: NDArray[np.generic], breast: NDArray[np.bool_], *, header: ImageHeader
) -> NDArray[np.bool_]:
    """The pectoral muscle on an MLO view; nothing on other views, or where no edge of one is found.

    pixels, breast: (rows, columns).

    Returns (rows, columns), within the breast, at most a third of it.
    """
    if header.view is not View.MLO:
        return np.zeros_like(breast)
    shown, factor = _shown(pixels, header)
    inside = breast[factor // 2 :: factor, factor // 2 :: factor][: shown.shape[0], : shown.shape[1]]
    return _full_size(_pectoral(shown, inside), factor=factor, shape=breast.shape) & breast


def tissue_mask(mammogram: Mammogram) -> NDArray[np.bool_]:
    """Where regions may lie: the breast without the pectoral muscle, (rows, columns)."""
    breast = breast_mask(mammogram.stored, header=mammogram.header)
    tissue: NDArray[np.bool_] = breast & ~pectoral_mask(mammogram.stored, breast, header=mammogram.header)
    return tissue


def chest_wall_side(mask: NDArray[np.bool_]) -> Laterality:
    """The side of the *picture* on which the breast leaves it: LEFT or RIGHT; LEFT where both are the same.

    mask: (rows, columns), a breast.
    """
    depth = max(1, mask.shape[1] // 50)
    return Laterality.RIGHT if mask[:, -depth:].sum() > mask[:, :depth].sum() else Laterality.LEFT


def _reduced(pixels: NDArray[np.generic]) -> tuple[NDArray[np.float64], int]:
    """Block means of at most 512 pixels a side, and how many pixels a block has along a side."""
    factor = max(1, -(-max(pixels.shape) // _LONGEST))
    rows, columns = (max(1, side // factor) for side in pixels.shape)
    blocks = pixels[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor)
    return blocks.mean(axis=(1, 3), dtype=np.float64), factor


def _full_size(mask: NDArray[np.bool_], *, factor: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The mask of a reduced copy at full size; a last part of a block takes its neighbour's value."""
    large = mask.repeat(factor, axis=0).repeat(factor, axis=1)
    missing = [(0, max(0, side - have)) for side, have in zip(shape, large.shape, strict=True)]
    return np.pad(large, missing, mode="edge")[: shape[0], : shape[1]]


def _shown(pixels: NDArray[np.generic], header: ImageHeader) -> tuple[NDArray[np.float64], int]:
    """A reduced copy from 0 (background) to 1, dense tissue bright; and the size of its blocks."""
    small, factor = _reduced(pixels)
    if header.is_linear_exposure:
        small = np.log1p(small - small.min())
    low, high = np.percentile(small, [0.1, 99.9])
    if high - low <= 1e-9 * max(abs(high), 1.0):
        raise UnreadableImageError(_NOTHING)
    spread = np.clip((small - low) / (high - low), 0.0, 1.0)
    shown = 1.0 - spread if header.is_inverted else spread
    return ndimage.gaussian_filter(shown, 1.0), factor


def _breast(shown: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The largest thing in the picture that is brighter than its background and thicker than a letter."""
    raised = _raised(shown)
    bright = _without_frame(raised > 0, shown)
    radius = max(2, round(max(shown.shape) * 0.016))
    opened = ndimage.binary_opening(bright, _disk(radius))
    labels, count = ndimage.label(opened)
    if count == 0:
        raise UnreadableImageError(_NOTHING)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    if sizes.max() < _SMALLEST_SHARE * shown.size:
        raise UnreadableImageError(_NOTHING)
    largest = ndimage.binary_fill_holes(labels == sizes.argmax())
    # The faint rim of fat and skin lies below the threshold: as far as it goes, and no farther than that.
    rim = ndimage.binary_dilation(largest, _disk(_RIM)) & (raised > -_RIM_DEPTH)
    smooth: NDArray[np.bool_] = ndimage.gaussian_filter((largest | rim).astype(np.float32), 2.0) > 0.5
    return smooth


def _is_bright_behind(shown: NDArray[np.float64]) -> bool:
    """Whether the side of the picture without the breast is evenly bright: the picture is inverted.

    Such a picture would be masked around its background and seen in negative by the model.
    """
    columns = shown.shape[1]
    strips = [shown[:, start : start + max(1, columns // 12)] for start in (columns // 16, -columns // 8)]
    even = min(strips, key=lambda strip: float(np.subtract(*np.percentile(strip, [75, 25]))))
    quartiles = np.percentile(even, [25, 50, 75])
    return bool(quartiles[2] - quartiles[0] < 0.08 and quartiles[1] > 0.8 and np.median(shown) > 0.5)


def _raised(shown: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each pixel lies above the threshold between background and breast, as a share of it.

    Twice Otsu's threshold: the first finds the background's level, which on film is not black; the second,
    above that level and with dark values spread, finds the faint rim of the breast.
    """
    first = _otsu(shown**_POWER) ** (1 / _POWER)
    background = float(np.median(shown[shown <= first]))
    lifted = (np.clip(shown - background, 0, None) / (1 - background)) ** _POWER
    raised: NDArray[np.float64] = lifted / max(_otsu(lifted), 1e-9) - 1
    return raised


def _without_frame(bright: NDArray[np.bool_], shown: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Take out the white edges of a film: runs of mostly white lines that end soon after the border."""
    kept = bright.copy()
    is_white = shown > 0.8
    for axis in (0, 1):
        share = is_white.mean(axis=1 - axis)
        deepest = max(2, round(len(share) * _FRAME_DEPTH))
        for forward in (True, False):
            run = share[:deepest] if forward else share[::-1][:deepest]
            if run.max() <= 0.4 or run[-1] > 0.4:
                continue
            depth = int(np.flatnonzero(run > 0.4).max()) + 2
            lines = np.moveaxis(kept, axis, 0)
            lines[slice(0, depth) if forward else slice(-depth, None)] = False
    return kept


def _pectoral(shown: NDArray[np.float64], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The triangle behind the straightest bright edge from the top to the chest wall; else nothing."""
    is_left = chest_wall_side(inside) is Laterality.LEFT
    image, mask = (shown, inside) if is_left else (shown[:, ::-1], inside[:, ::-1])
    edges = _edges(mask)
    steps, agreement = _steps(image, mask, edges)
    for i in np.argsort(-steps):
        if steps[i] < _FAINTEST_STEP:
            break
        found = _behind(mask, edges[i])
        if agreement[i] >= _AGREEMENT and found.sum() <= _LARGEST_PECTORAL * mask.sum():
            return found if is_left else found[:, ::-1]
    return np.zeros_like(inside)


def _edges(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Candidate edges (x where it meets the top, y where it meets the chest wall at x = 0), (n, 2)."""
    height = int(np.flatnonzero(mask.any(axis=1))[-1]) + 1
    width = int(np.flatnonzero(mask.any(axis=0))[-1]) + 1
    across, down = np.meshgrid(np.linspace(0.15, 1.0, 18) * width, np.linspace(0.2, 1.1, 19) * height)
    edges = np.column_stack([across.ravel(), down.ravel()])
    slope = edges[:, 1] / edges[:, 0]
    return edges[(slope > 0.9) & (slope < 6.0)]


def _steps(
    image: NDArray[np.float64], mask: NDArray[np.bool_], edges: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean fall of brightness across each edge, and the share of its length over which it falls, (n,) each."""
    along = np.linspace(0.05, 0.95, 37)
    across, down = edges[:, 0, None], edges[:, 1, None]
    x, y = across * (1 - along), down * along
    length = np.hypot(across, down)
    offset = 0.015 * max(image.shape)
    nx, ny = down / length * offset, across / length * offset
    before = ndimage.map_coordinates(image, [y - ny, x - nx], order=1, mode="nearest")
    after = ndimage.map_coordinates(image, [y + ny, x + nx], order=1, mode="nearest")
    is_within = ndimage.map_coordinates(mask.astype(np.float32), [y + 2 * ny, x + 2 * nx], order=0) > 0
    fall = np.where(is_within, before - after, 0.0)
    count = np.maximum(is_within.sum(axis=1), 1)
    is_long_enough = is_within.mean(axis=1) >= 0.6
    mean = np.where(is_long_enough, fall.sum(axis=1) / count, 0.0)
    return mean, (fall > 0).sum(axis=1) / count


def _behind(mask: NDArray[np.bool_], edge: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The part of the mask between an edge and the corner at the chest wall."""
    y, x = np.ogrid[: mask.shape[0], : mask.shape[1]]
    behind: NDArray[np.bool_] = (x / edge[0] + y / edge[1] < 1) & mask
    return behind


def _otsu(values: NDArray[np.float64]) -> float:
    """Otsu's threshold between two heaps of values."""
    return float(filters.threshold_otsu(values))  # type: ignore[no-untyped-call]


def _disk(radius: int) -> NDArray[np.bool_]:
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    disk: NDArray[np.bool_] = x * x + y * y <= radius * radius
    return disk
