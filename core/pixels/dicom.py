"""Mammograms as DICOM: what the header says, in the order in which its statements are to be believed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError

from core.domain import Laterality, View
from core.errors import ManyFramesError, UnreadableImageError
from core.pixels import frame_groups, frames, voi
from core.pixels.elements import is_said, items, number, numbers, text, texts, whole
from core.pixels.names import (
    laterality_in_name,
    laterality_of,
    patient_key,
    view_in_name,
    view_of,
    view_of_code,
)
from core.pixels.plain_files import check_size
from core.pixels.records import (
    MOST,
    SYNTHETIC_MANUFACTURER,
    ImageHeader,
    Mammogram,
    ReducedMammogram,
    Unusable,
)

_FOR_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.2.1"
_LOSSY_SYNTAXES = {
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.81",
}
# Modalities whose images are surely no projection of a breast. MG, CR, DX, OT and others may be.
_FOREIGN_MODALITIES = {"CT", "MR", "US", "PT", "NM", "ECG", "SM", "OPT", "ES", "SR", "SEG", "PR", "RTSTRUCT"}
_SPATIAL_RESAMPLING = "113085"  # PS3.16 CID 7203
_RESAMPLED = re.compile(
    r"(re|sub|down|up)-?sampl|(down|up)-?scal|rescaled to|resiz|interpolat|spatial(ly)? (reduc|scal)",
    re.IGNORECASE,
)
_C_VIEW = re.compile(r"\bC-?VIEW\b")
_MAGNIFICATION = "EstimatedRadiographicMagnificationFactor"


def read(path: Path) -> Mammogram:
    """Decode one DICOM file. Raises UnreadableImageError, or one of READING_FAILURES on damage.

    ManyFramesError where it holds more than one frame: one of them is not the image.
    """
    with _ordinary_errors():
        dataset = _open(path, stop_before_pixels=False)
        header = _header(dataset, path)
        if header.frames > 1:
            raise ManyFramesError(
                f"it holds {header.frames} frames (tomosynthesis or a series), and only single pictures can be "
                "learnt from. It can be looked at frame by frame; import the 2D view of the same breast to draw on."
            )
        return _mammogram(dataset, header, frames.decode(dataset, header))


def read_frame(path: Path, frame: int) -> Mammogram:
    """Decode one frame (from 0) of a DICOM file, to look at; the others are not decoded. Raises as read does."""
    with _ordinary_errors():
        dataset = _open(path, stop_before_pixels=True)
        header = _header(dataset, path, frame=frame)
        if header.frames == 1:
            return read(path)
        return _mammogram(dataset, header, frames.decode_one_of_many(path, dataset, header))


def read_reduced(path: Path, *, halvings: int) -> ReducedMammogram | None:
    """One DICOM file at 1 / 2^n of its size, n at most `halvings`; None where that cannot be done.

    Raises as read does.
    """
    with _ordinary_errors():
        syntax = getattr(pydicom.filereader.read_file_meta_info(path), "TransferSyntaxUID", "")
        if str(syntax) not in frames.JPEG_2000:
            return None
        dataset = _open(path, stop_before_pixels=False)
        header = _header(dataset, path)
        reduced = frames.decode_reduced(dataset, halvings=halvings)
        if reduced is None or "ModalityLUTSequence" in dataset:
            return None
        slope, intercept = _rescale(dataset)
        small = Mammogram(
            replace(header, rows=reduced.shape[0], columns=reduced.shape[1]),
            reduced,
            offset=intercept,
            slope=slope,
            windows=voi.windows(dataset),
            luts=voi.luts(dataset),
            unusable=tuple(voi.unusable(dataset)),
        )
        return ReducedMammogram(small, header.rows, header.columns)


def read_header(path: Path) -> ImageHeader:
    """What one DICOM file says about its image. Raises as read does."""
    with _ordinary_errors():
        return _header(_open(path, stop_before_pixels=True), path)


@contextmanager
def _ordinary_errors() -> Iterator[None]:
    """Turns the errors that pydicom derives from Exception itself into a ValueError."""
    try:
        yield
    except (BytesLengthException, InvalidDicomError) as error:
        raise ValueError("a DICOM element is damaged") from error


def _mammogram(dataset: Dataset, header: ImageHeader, decoded: tuple[NDArray[np.uint16], int]) -> Mammogram:
    stored, lowest = decoded
    slope, intercept = _rescale(dataset)
    unusable = tuple(voi.unusable(dataset))
    mapped = voi.apply_modality_lut(dataset, stored, lowest=lowest)
    if mapped is None and _rescale_is_unusable(dataset):
        unusable = (*unusable, Unusable.RESCALE)
    if mapped is not None:
        stored, lowest, slope, intercept = mapped, 0, 1.0, 0.0
    return Mammogram(
        header,
        stored,
        offset=slope * lowest + intercept,
        slope=slope,
        windows=voi.windows(dataset),
        luts=voi.luts(dataset),
        unusable=unusable,
    )


def _open(path: Path, *, stop_before_pixels: bool) -> Dataset:
    """The data set of a file, with a preamble or without one."""
    with path.open("rb") as file:
        start = file.read(132)
    if start[128:132] != b"DICM" and start[:2] not in (b"\x08\x00", b"\x02\x00"):
        raise UnreadableImageError("it is not a DICOM, PNG, TIFF or PGM image.")
    return pydicom.dcmread(path, stop_before_pixels=stop_before_pixels, force=True)


def _header(dataset: Dataset, path: Path, *, frame: int = 0) -> ImageHeader:
    """Raises UnreadableImageError where the file holds no picture of a breast at all, or not that frame."""
    frame_groups.say_at_top(dataset, frame=frame)
    modality = text(dataset, "Modality").upper()
    if modality in _FOREIGN_MODALITIES:
        raise UnreadableImageError(f"it is not a mammogram (its modality is {modality}).")
    rows, columns = whole(dataset, "Rows"), whole(dataset, "Columns")
    if rows is None or columns is None:
        raise UnreadableImageError("it holds no picture.")
    check_size(rows, columns)
    count = max(1, whole(dataset, "NumberOfFrames") or 1)
    if not 0 <= frame < count:
        raise UnreadableImageError(f"it has no frame {frame + 1}.")
    spacing, source, is_at_detector = _spacing(dataset)
    syntax = str(getattr(dataset, "file_meta", {}).get("TransferSyntaxUID", ""))
    is_for_processing = _is_for_processing(dataset)
    return ImageHeader(
        rows=rows,
        columns=columns,
        laterality=_laterality(dataset, path),
        view=_view(dataset, path),
        spacing_mm=spacing,
        spacing_source=source,
        is_at_detector=is_at_detector,
        is_inverted=_is_inverted(dataset, is_for_processing=is_for_processing),
        bits=whole(dataset, "BitsStored") or whole(dataset, "BitsAllocated") or 16,
        frames=count,
        frame=frame,
        is_resampled=_is_resampled(dataset),
        is_from_tomosynthesis=count == 1 and _is_from_tomosynthesis(dataset),
        is_for_processing=is_for_processing,
        is_lossy=text(dataset, "LossyImageCompression") == "01" or syntax in _LOSSY_SYNTAXES,
        patient_id=patient_key(text(dataset, "PatientID")),
        study_uid=text(dataset, "StudyInstanceUID"),
        study_date=_study_date(dataset),
        sop_class=text(dataset, "SOPClassUID"),
        transfer_syntax=syntax,
        is_synthetic=text(dataset, "Manufacturer") == SYNTHETIC_MANUFACTURER,
        is_linear_exposure=is_for_processing and text(dataset, "PixelIntensityRelationship") != "LOG",
    )


def _laterality(dataset: Dataset, path: Path) -> Laterality:
    """ImageLaterality, Laterality, FrameLaterality, then the file's name."""
    for value in (text(dataset, "ImageLaterality"), text(dataset, "Laterality"), _frame_laterality(dataset)):
        if laterality_of(value) is not Laterality.UNKNOWN:
            return laterality_of(value)
    return laterality_in_name(path.stem)


def _frame_laterality(dataset: Dataset) -> str:
    for group in items(dataset, "SharedFunctionalGroupsSequence"):
        for anatomy in items(group, "FrameAnatomySequence"):
            return text(anatomy, "FrameLaterality")
    return text(dataset, "FrameLaterality")


def _view(dataset: Dataset, path: Path) -> View:
    """ViewPosition, ViewCodeSequence, SeriesDescription, PatientOrientation (CBIS-DDSM), then the file's name."""
    by_position = view_of(text(dataset, "ViewPosition"))
    if by_position is not View.UNKNOWN:
        return by_position
    for code in items(dataset, "ViewCodeSequence"):
        by_code = view_of_code(text(code, "CodeValue"), text(code, "CodeMeaning"))
        if by_code is not View.UNKNOWN:
            return by_code
    described = view_in_name(text(dataset, "SeriesDescription"))
    if described is not View.UNKNOWN:
        return described
    # CBIS-DDSM writes the view where the directions of rows and columns belong.
    orientation = texts(dataset, "PatientOrientation")
    if orientation in (["CC"], ["MLO"]):
        return View(orientation[0])
    return view_in_name(path.stem)


def _study_date(dataset: Dataset) -> str:
    """StudyDate as YYYYMMDD; '' for anything that is no date."""
    value = text(dataset, "StudyDate")
    try:
        return datetime.strptime(value, "%Y%m%d").replace(tzinfo=UTC).strftime("%Y%m%d")
    except ValueError:
        return ""


def _spacing(dataset: Dataset) -> tuple[float | None, str, bool]:
    """Pixel size, where it comes from, and whether it is that at the detector for want of a magnification.

    PixelSpacing is calibrated; ImagerPixelSpacing is at the detector and is divided by the magnification;
    NominalScannedPixelSpacing is that of a film scanner.
    """
    for keyword in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"):
        values = [value for value in numbers(dataset, keyword) if value > 0]
        if len(values) != 2:
            continue
        size = sum(values) / 2
        factor = number(dataset, _MAGNIFICATION) if keyword == "ImagerPixelSpacing" else None
        if keyword == "ImagerPixelSpacing" and (factor is None or factor < 1):
            return size, keyword, True
        return size / (factor or 1.0), keyword, False
    return None, "", False


def _is_for_processing(dataset: Dataset) -> bool:
    intent = text(dataset, "PresentationIntentType").upper()
    return intent == "FOR PROCESSING" or text(dataset, "SOPClassUID") == _FOR_PROCESSING


def _is_inverted(dataset: Dataset, *, is_for_processing: bool) -> bool:
    """Whether a high value is dark.

    Of raw data, the sign of the pixel intensity relationship tells (1: more exposure is a higher value).
    """
    sign = whole(dataset, "PixelIntensityRelationshipSign")
    if is_for_processing and sign in (1, -1):
        return sign == 1
    is_monochrome1 = text(dataset, "PhotometricInterpretation").upper() == "MONOCHROME1"
    return is_monochrome1 or text(dataset, "PresentationLUTShape").upper() == "INVERSE"


def _rescale(dataset: Dataset) -> tuple[float, float]:
    """(slope, intercept); both are needed, and a slope of 0 is none."""
    slope, intercept = number(dataset, "RescaleSlope"), number(dataset, "RescaleIntercept")
    if slope is None or intercept is None or not 1 / MOST < abs(slope) < MOST or abs(intercept) > MOST:
        return 1.0, 0.0
    return slope, intercept


def _rescale_is_unusable(dataset: Dataset) -> bool:
    """Whether a file states a rescale, or half of one, that _rescale does not follow."""
    stated = [
        number(dataset, keyword)
        for keyword in ("RescaleSlope", "RescaleIntercept")
        if is_said(dataset, keyword)
    ]
    return bool(stated) and _rescale(dataset) != tuple(stated)


def _is_resampled(dataset: Dataset) -> bool:
    """Whether the file says that its pixels were computed from others on another grid.

    That an image is DERIVED says no such thing: every mammogram for presentation is derived from raw data.
    """
    codes = {text(code, "CodeValue") for code in items(dataset, "DerivationCodeSequence")}
    words = text(dataset, "DerivationDescription")
    return (
        _SPATIAL_RESAMPLING in codes
        or _RESAMPLED.search(words) is not None
        or "RESAMPLED" in _image_type(dataset)
    )


def _is_from_tomosynthesis(dataset: Dataset) -> bool:
    described = text(dataset, "SeriesDescription").upper()
    return "GENERATED_2D" in _image_type(dataset) or _C_VIEW.search(described) is not None


def _image_type(dataset: Dataset) -> set[str]:
    return {value.upper() for value in texts(dataset, "ImageType")}
