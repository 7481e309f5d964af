"""From stored values to grey for a screen, and to numbers for a model: two things that never mix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.pixels.records import Mammogram, VoiLut, Window, through_table

# Percentiles of the breast's values that become black and white where a file brings no window.
AUTOMATIC, AS_STORED = "Automatic", "As stored"
LOGARITHM, LOGARITHM_INVERTED = "Logarithm", "Logarithm, inverted"
OUR_NAMES = (AUTOMATIC, AS_STORED, LOGARITHM, LOGARITHM_INVERTED)  # of what no file brings
SHOWN_PERCENTILES = (1.0, 99.8)
# Percentiles of the breast's values that become 0 and 1 for the model; the upper one is high, because
# calcifications are few and bright.
MODEL_PERCENTILES = (0.5, 99.9)
# A single value that fills this share of the picture is background, not breast.
_BACKGROUND_SHARE = 0.05


def default_window(mammogram: Mammogram, mask: NDArray[np.bool_] | None = None) -> Window:
    """The file's first window, else one that spans the values of the breast.

    mask: (rows, columns), True on the breast; without it the flat background is left out.
    """
    if mammogram.windows:
        return mammogram.windows[0]
    low, high = _percentiles(_histogram(mammogram, mask), SHOWN_PERCENTILES)
    ends = [mammogram.slope * value + mammogram.offset for value in (low, high)]
    return Window(AUTOMATIC, sum(ends) / 2, max(abs(ends[1] - ends[0]), 1e-6), "LINEAR_EXACT")


def default_choice(mammogram: Mammogram, mask: NDArray[np.bool_] | None = None) -> Window | VoiLut:
    """How to show an image at first: the file's first window, else its first LUT, else a window of ours."""
    if mammogram.luts and not mammogram.windows:
        return mammogram.luts[0]
    return default_window(mammogram, mask)


def exposure_lut(mammogram: Mammogram) -> VoiLut | None:
    """The logarithm of raw exposures as a table for display, since attenuation is in it; None for other images.

    From the 1st to the 99.8th percentile of the values outside the flat background, as default_window. Display alone:
    the model has a fixed transform of its own (model_input).
    """
    if not mammogram.header.is_linear_exposure or not _is_plain(mammogram):
        return None
    name = LOGARITHM_INVERTED if mammogram.header.is_inverted else LOGARITHM
    return VoiLut(name, int(mammogram.offset), 16, _spread(mammogram, np.log1p(np.arange(65536.0))))


def as_stored_lut(mammogram: Mammogram) -> VoiLut | None:
    """Raw data as they are, a high stored value bright, linear over the same values; None for other images.

    The table goes down where display_lut turns the image, so that it comes out upright.
    """
    if not mammogram.header.is_for_processing or not _is_plain(mammogram):
        return None
    table = _spread(mammogram, np.arange(65536.0))
    upright = 65535 - table if mammogram.header.is_inverted else table
    return VoiLut(AS_STORED, int(mammogram.offset), 16, upright)


def _is_plain(mammogram: Mammogram) -> bool:
    """Whether modality values are whole numbers one apart, which a table can have."""
    return mammogram.slope == 1.0 and float(mammogram.offset).is_integer()


def _spread(mammogram: Mammogram, curve: NDArray[np.float64]) -> NDArray[np.uint16]:
    """A curve over the stored values, (65536,), from black at the lowest to white at the highest shown percentile."""
    ends = curve[list(_percentiles(_histogram(mammogram, None), SHOWN_PERCENTILES))]
    share = (curve - ends[0]) / max(ends[1] - ends[0], 1e-12)
    table: NDArray[np.uint16] = np.rint(np.clip(share, 0.0, 1.0) * 65535).astype(np.uint16)
    return table


def display_lut(
    mammogram: Mammogram, choice: Window | VoiLut, *, inverted: bool = False, highest: int = 65535
) -> NDArray[np.uint8]:
    """Grey of every stored value: (65536,) uint8, 0 black, 255 white.

    highest: the highest stored value that there is; the greys of those above are that of it.

    Modality values, then the window or LUT, then inversion (PS3.3 C.11.6). An image whose high values are
    dark is turned here; `inverted` turns it once more, for a reader who wants that.
    """
    values = mammogram.slope * np.arange(highest + 1, dtype=np.float64) + mammogram.offset
    shown = _windowed(values, choice) if isinstance(choice, Window) else _looked_up(values, choice)
    grey = np.empty(65536, np.uint8)
    grey[: highest + 1] = np.floor(shown * 255 + 0.5)
    grey[highest + 1 :] = grey[highest]
    return 255 - grey if mammogram.header.is_inverted != inverted else grey


def model_input(mammogram: Mammogram, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Pixels as the model sees them: (rows, columns) float32 in [0, 1], bright is dense.

    One fixed transform, the same for every image and never the reader's window: linear in the stored
    values, from the 0.5th to the 99.9th percentile of the values within the breast, clipped. Linear raw
    exposures (For Processing) go through the logarithm first, because attenuation is in it. Nothing
    outside the breast is changed or blanked.

    mask: (rows, columns), True on the breast; at least one pixel.
    """
    low, high = _percentiles(_histogram(mammogram, mask), MODEL_PERCENTILES)
    table = np.arange(65536, dtype=np.float64)
    ends = np.array([low, high], dtype=np.float64)
    if mammogram.header.is_linear_exposure:
        table, ends = np.log1p(table), np.log1p(ends)
    table = np.clip((table - ends[0]) / max(ends[1] - ends[0], 1e-12), 0.0, 1.0)
    if mammogram.header.is_inverted:
        table = 1.0 - table
    pixels: NDArray[np.float32] = table.astype(np.float32)[mammogram.stored]
    return pixels


def _windowed(values: NDArray[np.float64], window: Window) -> NDArray[np.float64]:
    """Share of white, in [0, 1], of each modality value through a window."""
    if window.function == "SIGMOID":
        exponent = np.clip(-4 * (values - window.center) / window.width, -700, 700)
        sigmoid: NDArray[np.float64] = 1 / (1 + np.exp(exponent))
        return sigmoid
    center, width = window.center, window.width
    if window.function == "LINEAR":
        center, width = center - 0.5, width - 1
    if width == 0:
        return (values > center).astype(np.float64)
    linear: NDArray[np.float64] = np.clip((values - center) / width + 0.5, 0.0, 1.0)
    return linear


def _looked_up(values: NDArray[np.float64], lut: VoiLut) -> NDArray[np.float64]:
    """Share of white, in [0, 1], of each modality value through a table."""
    grey = lut.values[through_table(values, lut.first, len(lut.values))] / (2**lut.bits - 1)
    shown: NDArray[np.float64] = np.minimum(grey, 1.0)
    return shown


def _histogram(mammogram: Mammogram, mask: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """How many pixels have each stored value, (65536,)."""
    if mask is not None:
        counts = np.bincount(mammogram.stored[mask], minlength=65536)
        if not counts.any():
            raise ValueError("the mask of the breast is empty")
        return counts
    counts = np.bincount(mammogram.stored.ravel(), minlength=65536)
    is_background = counts > _BACKGROUND_SHARE * counts.sum()
    return counts if is_background.sum() == (counts > 0).sum() else np.where(is_background, 0, counts)


def _percentiles(counts: NDArray[np.int64], percents: tuple[float, float]) -> tuple[int, int]:
    """Smallest values below or at which the given shares of the pixels lie."""
    cumulative = np.cumsum(counts)
    low, high = np.searchsorted(cumulative, [p / 100 * cumulative[-1] for p in percents])
    return int(low), int(high)
