"""Where the breast is in an image: the breast itself, the pectoral muscle on MLO views, and what is left.

Everything is found on a copy of at most 512 pixels a side, so a mask has the full size and steps of a few
pixels. Methods are plain on purpose (threshold, opening, one straight edge) and each has a bound beyond which
it does nothing: losing tissue is worse than keeping a little too much.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import filters, morphology

from core.domain import Laterality, View
from core.errors import UnreadableImageError
from core.pixels.records import ImageHeader, Mammogram

# Longest side of the copy that is worked on.
_LONGEST = 512
# Breasts cover 5 to 90 % of a picture; a component smaller than this is a label or a scratch.
_SMALLEST_SHARE = 0.01
# A picture whose values differ by less than this, against its noise-free range, has nothing in it.
_BRIGHTNESS_POWER = 0.4
# How far, as a share of the side, a white film edge may reach into the picture.
_FRAME_DEPTH = 0.05
_NOTHING = "no breast was found in it. Check that it is a mammogram and that it is not blank."


def breast_mask(pixels: NDArray[np.generic], *, header: ImageHeader) -> NDArray[np.bool_]:
    """The breast with the muscle behind it, without labels, tape and film edges.

    pixels: (rows, columns), stored values or any linear function of them; header.is_inverted tells whether
    high is dark.

    Returns (rows, columns). Raises UnreadableImageError where there is no breast.
    """
    small, factor = _reduced(pixels)
    shown = _brightness(small, is_inverted=header.is_inverted)
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
    small, factor = _reduced(pixels)
    shown = _brightness(small, is_inverted=header.is_inverted)
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


def _brightness(small: NDArray[np.float64], *, is_inverted: bool) -> NDArray[np.float64]:
    """Values from 0 (background) to 1, dense tissue bright, whichever way the file stores them."""
    low, high = np.percentile(small, [0.1, 99.9])
    if high - low <= 1e-9 * max(abs(high), 1.0):
        raise UnreadableImageError(_NOTHING)
    spread = np.clip((small - low) / (high - low), 0.0, 1.0)
    shown = 1.0 - spread if is_inverted else spread
    shown = ndimage.gaussian_filter(shown, 1.0)
    return shown


def _breast(shown: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The largest thing in the picture that is brighter than its background and thicker than a letter."""
    bright = _without_frame(_raised(shown) > 0, shown)
    radius = max(2, round(max(shown.shape) * 0.016))
    opened = ndimage.binary_opening(bright, morphology.disk(radius))
    labels, count = ndimage.label(opened)
    if count == 0:
        raise UnreadableImageError(_NOTHING)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    if sizes.max() < _SMALLEST_SHARE * shown.size:
        raise UnreadableImageError(_NOTHING)
    largest = ndimage.binary_fill_holes(labels == sizes.argmax())
    smooth: NDArray[np.bool_] = ndimage.gaussian_filter(largest.astype(np.float32), 2.0) > 0.5
    return smooth


def _raised(shown: NDArray[np.float64]) -> NDArray[np.float64]:
    """Brightness above the threshold between background and breast, on a scale that lifts dark tissue.

    Twice Otsu's threshold: the first finds the background's level, which on film is not black; the second,
    above that level and with dark values spread, finds the faint rim of the breast.
    """
    first = filters.threshold_otsu(shown**_BRIGHTNESS_POWER) ** (1 / _BRIGHTNESS_POWER)
    background = float(np.median(shown[shown <= first]))
    lifted = (np.clip(shown - background, 0, None) / (1 - background)) ** _BRIGHTNESS_POWER
    raised: NDArray[np.float64] = lifted - filters.threshold_otsu(lifted)
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
    """A bright triangle in the upper corner at the chest wall; nothing where none stands out."""
    is_left = chest_wall_side(inside) is Laterality.LEFT
    image, mask = (shown, inside) if is_left else (shown[:, ::-1], inside[:, ::-1])
    first = int(np.flatnonzero(mask.any(axis=0))[0])
    height, width = int(np.flatnonzero(mask.any(axis=1))[-1]), int(mask.any(axis=0).sum())
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    best, found = 0.0, np.zeros_like(mask)
    for across in np.linspace(0.2, 0.8, 13) * width:
        for down in np.linspace(0.25, 0.9, 14) * height:
            place = (columns - first) / across + rows / down
            inner, outer = (place < 1) & (place > 0.85) & mask, (place > 1.02) & (place < 1.17) & mask
            if inner.sum() < 30 or outer.sum() < 30:
                continue
            a, b = image[inner], image[outer]
            step = float((a.mean() - b.mean()) / (a.std() + b.std() + 0.02))
            triangle = (place < 1) & mask
            if step > best and triangle.sum() <= 0.35 * mask.sum():
                best, found = step, triangle
    if best < 0.8:
        found = np.zeros_like(mask)
    return found if is_left else found[:, ::-1]
