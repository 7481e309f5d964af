"""Where the breast is in an image: the breast itself, the pectoral muscle on MLO views, and what is left.

Everything is found on a copy of at most 512 pixels a side, so a mask has the full size and steps of a few
pixels. Methods are plain on purpose (threshold, opening, one straight edge) and each has a bound beyond which
it does nothing: losing tissue is worse than keeping a little too much.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.domain import Laterality, View
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
