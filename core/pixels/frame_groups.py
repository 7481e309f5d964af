"""What a DICOM file of many frames says of one of them: its functional groups (PS3.3 C.7.6.16)."""

from __future__ import annotations

from pydicom.dataset import Dataset

from core.pixels.elements import DICOM_FAILURES, items

# Groups that say of a frame what a single picture says at its top level.
_MACROS = (
    "FrameVOILUTSequence",
    "PixelValueTransformationSequence",
    "PixelMeasuresSequence",
    "FrameAnatomySequence",
    "XRay3DFrameTypeSequence",
)


def say_at_top(dataset: Dataset, *, frame: int) -> None:
    """Put what the functional groups say of a frame (from 0) where a single picture has it.

    What is said of the frame alone wins over what is said of all frames, and both over the top level.
    """
    of_all, of_each = (items(dataset, f"{which}FunctionalGroupsSequence") for which in ("Shared", "PerFrame"))
    for group in (*of_all[:1], *of_each[frame : frame + 1]):
        for macro in _MACROS:
            for item in items(group, macro)[:1]:
                _copy(item, dataset)


def _copy(item: Dataset, dataset: Dataset) -> None:
    for tag in list(item.keys()):
        try:
            dataset[tag] = item[tag]
        except DICOM_FAILURES:
            continue  # a value that is none counts as absent, as everywhere
