"""From a file to pixels: DICOM, PNG, TIFF and PGM, with everything a display and a model need to know.

Values. `Mammogram.stored` holds unsigned 16-bit integers; the value that windows and LUTs speak of (the
modality value of DICOM) is `slope * stored + offset`.
"""

from core.pixels.display import (
    OUR_NAMES,
    as_stored_lut,
    default_choice,
    default_window,
    display_lut,
    exposure_lut,
    model_input,
)
from core.pixels.names import laterality_in_name, view_in_name
from core.pixels.reading import content_hash, read_frame, read_header, read_mammogram, read_reduced
from core.pixels.records import ImageHeader, Mammogram, ReducedMammogram, Unusable, VoiLut, Window

__all__ = [
    "OUR_NAMES",
    "ImageHeader",
    "Mammogram",
    "ReducedMammogram",
    "Unusable",
    "VoiLut",
    "Window",
    "as_stored_lut",
    "content_hash",
    "default_choice",
    "default_window",
    "display_lut",
    "exposure_lut",
    "laterality_in_name",
    "model_input",
    "read_frame",
    "read_header",
    "read_mammogram",
    "read_reduced",
    "view_in_name",
]
