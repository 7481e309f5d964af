"""The ways of showing that a DICOM file offers: its windows and its VOI LUTs (PS3.3 C.11.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from core.errors import UnreadableImageError
from core.pixels.elements import DICOM_FAILURES, is_said, items, numbers, text, texts
from core.pixels.records import MOST, WINDOW_FUNCTIONS, Unusable, VoiLut, Window, through_table


def windows(dataset: Dataset) -> tuple[Window, ...]:
    """All windows of a file, in its order; those that no display could use are left out."""
    function = text(dataset, "VOILUTFunction").upper() or "LINEAR"
    if function not in WINDOW_FUNCTIONS:
        return ()
    centers, widths = numbers(dataset, "WindowCenter"), numbers(dataset, "WindowWidth")
    names = texts(dataset, "WindowCenterWidthExplanation")
    found = []
    for i, (center, width) in enumerate(zip(centers, widths, strict=False)):
        is_wide_enough = width >= 1 or (width > 1 / MOST and function != "LINEAR")
        if is_wide_enough and width < MOST and abs(center) < MOST:
            name = names[i] if i < len(names) and names[i] else f"Window {i + 1}"
            found.append(Window(name, center, width, function))
    return tuple(found)


def unusable(dataset: Dataset) -> Iterator[Unusable]:
    """What a file says about windows and LUTs that windows() and luts() leave out."""
    if is_said(dataset, "WindowCenter") or is_said(dataset, "WindowWidth"):
        stated = max(_count(dataset, keyword) for keyword in ("WindowCenter", "WindowWidth"))
        if len(windows(dataset)) < stated:
            yield Unusable.WINDOW
    if is_said(dataset, "VOILUTSequence"):
        stated = len(items(dataset, "VOILUTSequence"))
        if not stated or len(luts(dataset)) < stated:
            yield Unusable.LUT


def _count(dataset: Dataset, keyword: str) -> int:
    """How many values an element has, at least one where it is there: nonsense counts as one."""
    return max(len(texts(dataset, keyword)), int(is_said(dataset, keyword)))


def luts(dataset: Dataset) -> tuple[VoiLut, ...]:
    """All VOI LUTs of a file, in its order; those that are not whole are left out."""
    found = []
    for i, item in enumerate(items(dataset, "VOILUTSequence")):
        table = _table(item, is_little_endian=_is_little_endian(dataset))
        if table is not None:
            first, bits, values = table
            found.append(VoiLut(text(item, "LUTExplanation") or f"LUT {i + 1}", first, bits, values))
    return tuple(found)


def apply_modality_lut(
    dataset: Dataset, stored: NDArray[np.uint16], *, lowest: int
) -> NDArray[np.uint16] | None:
    """Values after the file's modality LUT; None where it has none. `lowest` is the value of a stored 0."""
    sequence = items(dataset, "ModalityLUTSequence")
    if not sequence:
        return None
    table = _table(sequence[0], is_little_endian=_is_little_endian(dataset))
    if table is None:
        raise UnreadableImageError("its table of modality values is damaged.")
    first, _, values = table
    mapped: NDArray[np.uint16] = values[through_table(np.arange(65536) + lowest, first, len(values))][stored]
    return mapped


def _table(item: Dataset, *, is_little_endian: bool) -> tuple[int, int, NDArray[np.uint16]] | None:
    """(first value mapped, bits, entries) of a LUT item; None where it is not whole."""
    descriptor = numbers(item, "LUTDescriptor")
    if len(descriptor) != 3:
        return None
    count, first, bits = int(descriptor[0]) or 65536, int(descriptor[1]), int(descriptor[2])
    try:
        entries = _entries(item["LUTData"].value, count=count, is_little_endian=is_little_endian)
    except DICOM_FAILURES:
        return None
    if entries is None or not 1 <= bits <= 16:
        return None
    return first, bits, entries


def _entries(
    data: bytes | int | Sequence[int], *, count: int, is_little_endian: bool
) -> NDArray[np.uint16] | None:
    """Entries of a LUT as 16-bit words, or as bytes where it has one for each entry."""
    if not isinstance(data, bytes):
        entries = np.atleast_1d(np.asarray(data))
    elif len(data) in (count, count + 1) and count > 1:
        entries = np.frombuffer(data, dtype=np.uint8)
    else:
        entries = np.frombuffer(data[: len(data) // 2 * 2], dtype="<u2" if is_little_endian else ">u2")
    if len(entries) < count or not 0 <= entries[:count].min() <= entries[:count].max() <= 65535:
        return None
    return np.ascontiguousarray(entries[:count], dtype=np.uint16)


def _is_little_endian(dataset: Dataset) -> bool:
    syntax = getattr(dataset, "file_meta", {}).get("TransferSyntaxUID", "")
    return str(syntax) != "1.2.840.10008.1.2.2"
