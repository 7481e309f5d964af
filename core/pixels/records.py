"""What is known of one mammogram: its header, its pixels, and the ways in which its file wants to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.domain import Laterality, View

SYNTHETIC_MANUFACTURER = "Lesionloop (synthetic)"
# Larger numbers than any value of a pixel; a window or a rescale beyond them is a mistake.
MOST = 1e9
WINDOW_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


class Unusable(StrEnum):
    """Statements of a file about how to show it that may be such that no display can follow them."""

    WINDOW = "window"
    LUT = "VOI LUT"
    RESCALE = "rescale"


@dataclass(frozen=True, slots=True)
class Window:
    """A way to map modality values to grey (DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3).

    function: LINEAR (width >= 1), LINEAR_EXACT or SIGMOID (width > 0).
    """

    name: str
    center: float
    width: float
    function: str = "LINEAR"

    def __post_init__(self) -> None:
        if self.function not in WINDOW_FUNCTIONS:
            raise ValueError(f"not a window function: {self.function}")
        narrowest_is_met = self.width >= 1 if self.function == "LINEAR" else self.width > 0
        if not (np.isfinite([self.center, self.width]).all() and narrowest_is_met):
            raise ValueError(f"a window of centre {self.center} and width {self.width} shows nothing")


@dataclass(frozen=True, eq=False, slots=True)
class VoiLut:
    """A table from modality values to grey (DICOM VOI LUT Sequence, PS3.3 C.11.2.1.1).

    values: (n,) uint16, the grey of the modality values first, first + 1, ...; values before and after
    take the first and the last grey. bits: the depth of the greys; white is 2**bits - 1.
    """

    name: str
    first: int
    bits: int
    values: NDArray[np.uint16]

    def __post_init__(self) -> None:
        if self.values.ndim != 1 or not len(self.values) or self.values.dtype != np.uint16:
            raise ValueError("a LUT is one row of unsigned 16-bit greys")
        if not 1 <= self.bits <= 16:
            raise ValueError(f"a LUT has greys of 1 to 16 bits, not {self.bits}")


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What a file says about its image, without the pixels.

    spacing_mm: size of a pixel in the breast; None where the file does not know. spacing_source: the
    DICOM attribute it comes from ('ImagerPixelSpacing' is at the detector, corrected for magnification).
    is_at_detector: the spacing is that at the detector: no magnification is known, and in the breast it is smaller.
    is_resampled: the pixels are not those that were acquired, but interpolated from them.
    is_inverted: a high value is dark (MONOCHROME1, presentation LUT INVERSE, raw exposure).
    is_linear_exposure: values are proportional to the exposure, so that contrast is in their logarithm.
    is_from_tomosynthesis: a 2D view that was computed. is_synthetic: a phantom of core.phantom, told by its
    Manufacturer. frames: 1 for a plain mammogram; frame: which of them the pixels are, from 0. patient_id: the key of the patient, as read; never for a message.
    study_date: YYYYMMDD or '', for the order of a patient's studies alone; never shown.
    """

    rows: int
    columns: int
    laterality: Laterality = Laterality.UNKNOWN
    view: View = View.UNKNOWN
    spacing_mm: float | None = None
    spacing_source: str = ""
    is_inverted: bool = False
    bits: int = 16
    frames: int = 1
    is_for_processing: bool = False
    is_lossy: bool = False
    patient_id: str = ""
    study_uid: str = ""
    study_date: str = ""
    sop_class: str = ""
    transfer_syntax: str = ""
    is_linear_exposure: bool = False
    is_synthetic: bool = False
    is_at_detector: bool = False
    is_resampled: bool = False
    frame: int = 0
    is_from_tomosynthesis: bool = False

    def __post_init__(self) -> None:
        if self.rows < 1 or self.columns < 1:
            raise ValueError(f"an image of {self.rows} x {self.columns} pixels is none")


@dataclass(frozen=True, eq=False, slots=True)
class Mammogram:
    """One decoded image. `stored` is (rows, columns) uint16, in the pixel grid of the file.

    The modality value of a pixel, of which windows and LUTs speak, is slope * stored + offset. unusable: what the file
    says about showing it that makes no sense, and is not followed.
    """

    header: ImageHeader
    stored: NDArray[np.uint16]
    offset: float = 0.0
    windows: tuple[Window, ...] = ()
    luts: tuple[VoiLut, ...] = ()
    slope: float = 1.0
    unusable: tuple[Unusable, ...] = ()

    def __post_init__(self) -> None:
        if self.stored.dtype != np.uint16:
            raise ValueError(f"pixels are unsigned 16-bit integers, not {self.stored.dtype}")
        if self.stored.shape != (self.header.rows, self.header.columns):
            raise ValueError(f"pixels of shape {self.stored.shape} do not fit the header")

    def value_at(self, row: int, column: int) -> float:
        """Modality value of one pixel."""
        return self.slope * float(self.stored[row, column]) + self.offset


def through_table(
    values: NDArray[np.integer] | NDArray[np.floating], first: int, count: int
) -> NDArray[np.intp]:
    """Place of each value in a table that starts at `first`; before and after it, the first and the last."""
    places: NDArray[np.intp] = np.clip(np.trunc(values - first), 0, count - 1).astype(np.intp)
    return places


@dataclass(frozen=True, eq=False, slots=True)
class ReducedMammogram:
    """A small version of an image, to look at until the whole is there: nothing is measured or learned from it.

    mammogram: the small picture as one of its own, under a header with its own size. rows, columns: of the whole.
    """

    mammogram: Mammogram
    rows: int
    columns: int

    @property
    def halvings(self) -> int:
        """N where the small picture is ceil(side / 2^n) of the whole."""
        small = self.mammogram.stored.shape
        for halvings in range(1, 8):
            if small == tuple(-(-side // 2**halvings) for side in (self.rows, self.columns)):
                return halvings
        raise ValueError(f"{small} is not {self.rows} x {self.columns} halved")
