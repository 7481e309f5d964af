"""Single values out of a DICOM data set, where any of them may be absent, empty or nonsense."""

from __future__ import annotations

import math
from collections.abc import Sequence, Sized
from typing import Any

from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError

from core.pixels.foreign import READING_FAILURES

# pydicom's own errors come from Exception itself.
DICOM_FAILURES = (*READING_FAILURES, BytesLengthException, InvalidDicomError)


def text(dataset: Dataset, keyword: str) -> str:
    """First value of an element as stripped text; '' where there is none that can be read."""
    values = texts(dataset, keyword)
    return values[0] if values else ""


def texts(dataset: Dataset, keyword: str) -> list[str]:
    """All values of an element as stripped text."""
    return [str(value).strip() for value in _values(dataset, keyword)]


def number(dataset: Dataset, keyword: str) -> float | None:
    """First value of an element as a finite number; None where there is none."""
    values = numbers(dataset, keyword)
    return values[0] if values else None


def numbers(dataset: Dataset, keyword: str) -> list[float]:
    """All values of an element as finite numbers; [] where one of them is none."""
    try:
        values = [float(value) for value in _values(dataset, keyword)]
    except DICOM_FAILURES:
        return []
    return values if all(map(math.isfinite, values)) else []


def whole(dataset: Dataset, keyword: str) -> int | None:
    """First value of an element as a whole number; None where there is none."""
    value = number(dataset, keyword)
    return int(value) if value is not None and value == int(value) else None


def is_said(dataset: Dataset, keyword: str) -> bool:
    """Whether an element is there and not empty, sense or nonsense."""
    try:
        if keyword not in dataset:
            return False
        value = dataset.get_item(keyword).value
    except DICOM_FAILURES:
        return True
    return value is not None and (not isinstance(value, Sized) or len(value) > 0)


def items(dataset: Dataset, keyword: str) -> list[Dataset]:
    """Items of a sequence; [] where there are none."""
    return [item for item in _values(dataset, keyword) if isinstance(item, Dataset)]


def _values(dataset: Dataset, keyword: str) -> list[Any]:
    try:
        value = dataset.get(keyword)
    except DICOM_FAILURES:  # pydicom converts a value when it is asked for, and refuses what is no value
        return []
    if value is None:
        return []
    is_list = isinstance(value, Sequence) and not isinstance(value, str | bytes)
    return list(value) if is_list else [value]
