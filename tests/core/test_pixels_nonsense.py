"""Headers that make no sense: an image that says what was not followed, or one sentence; never a fault, never a wrong picture."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import (
    DigitalMammographyXRayImageStorageForPresentation,
    ImplicitVRLittleEndian,
    generate_uid,
)

from core.errors import UnreadableImageError
from core.pixels import (
    Mammogram,
    Unusable,
    as_stored_lut,
    default_window,
    display_lut,
    exposure_lut,
    read_frame,
    read_mammogram,
)

ROWS, COLUMNS = 24, 20
NAME = "Doe^Jane"
STORED = np.random.default_rng(6).integers(0, 4096, (ROWS, COLUMNS)).astype(np.uint16)


def film(path: Path, elements: dict[str, object], raw: dict[str, bytes]) -> Path:
    """A mammogram in implicit VR, where an element is nothing but bytes. raw: by keyword, what stands there."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ImplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid()
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.Modality, ds.PatientName, ds.PatientID = "MG", NAME, "P-1"
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = ROWS, COLUMNS, 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    ds.PixelData = STORED.astype("<u2").tobytes()
    ds["PixelData"].VR = "OW"
    ds.save_as(path, enforce_file_format=True)
    if raw:
        path.write_bytes(
            with_elements(path.read_bytes(), {Tag(keyword): value for keyword, value in raw.items()})
        )
    return path


def with_elements(content: bytes, raw: dict[int, bytes]) -> bytes:
    """A file of implicit VR with more elements in their places, as they stand and whatever they mean."""
    place = 144 + int.from_bytes(content[140:144], "little")
    head, found = content[:place], {}
    while place < len(content):
        group, element = (int.from_bytes(content[at : at + 2], "little") for at in (place, place + 2))
        length = int.from_bytes(content[place + 4 : place + 8], "little")
        found[group << 16 | element] = content[place + 8 : place + 8 + length]
        place += 8 + length
    found.update({tag: value + b" " * (len(value) % 2) for tag, value in raw.items()})
    return head + b"".join(
        (tag >> 16).to_bytes(2, "little")
        + (tag & 0xFFFF).to_bytes(2, "little")
        + len(value).to_bytes(4, "little")
        + value
        for tag, value in sorted(found.items())
    )


def outcome(elements: dict[str, object], raw: dict[str, bytes]) -> Mammogram | str:
    """The image, or the sentence that says why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        path = film(Path(folder) / "film.dcm", elements, raw)
        try:
            return read_frame(path, 0)
        except UnreadableImageError as error:
            return str(error)


def assert_sound(found: Mammogram | str, *, same_pixels: bool = True) -> None:
    """A sentence without a name, or an image with its own pixels that every way of showing it can show."""
    if isinstance(found, str):
        assert found.startswith("film.dcm ")
        assert found.endswith(".")
        assert "\n" not in found
        assert "Doe" not in found
        return
    if same_pixels:
        assert np.array_equal(found.stored, STORED)
    ours = (default_window(found), exposure_lut(found), as_stored_lut(found))
    for choice in filter(None, (*found.windows, *found.luts, *ours)):
        grey = display_lut(found, choice)
        assert grey.shape == (65536,)
        assert (
            (np.diff(grey.astype(int)) >= 0).all()
            or choice in found.luts
            or found.header.is_inverted
            or (found.slope < 0)
        )


number = st.one_of(
    st.sampled_from(
        [
            "0",
            "-0",
            "1",
            "0.5",
            "-1",
            "nan",
            "NaN",
            "inf",
            "-inf",
            "1e308",
            "-1e308",
            "1e-308",
            "4e9",
            "",
            "abc",
            " ",
        ]
    ),
    st.floats(allow_nan=False, width=32).map(lambda value: f"{value:.6g}"),
)
numbers = st.lists(number, min_size=1, max_size=3).map("\\".join).map(str.encode)
words = st.sampled_from([b"LINEAR", b"LINEAR_EXACT", b"SIGMOID", b"GAMMA", b"", b"\xff\xfe", b"linear"])
short = st.integers(0, 65535)


@given(center=numbers, width=numbers, function=words, slope=numbers, intercept=numbers)
@example(center=b"2000", width=b"0", function=b"LINEAR", slope=b"1", intercept=b"0")
@example(center=b"nan", width=b"100", function=b"SIGMOID", slope=b"1", intercept=b"0")
@example(center=b"1e308", width=b"1e-308", function=b"SIGMOID", slope=b"1e308", intercept=b"-1e308")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_window_and_rescale_is_followed_or_told(center, width, function, slope, intercept):
    found = outcome(
        {},
        {
            "WindowCenter": center,
            "WindowWidth": width,
            "VOILUTFunction": function,
            "RescaleSlope": slope,
            "RescaleIntercept": intercept,
        },
    )
    assert_sound(found)
    if isinstance(found, Mammogram):
        stated = max(len(value.decode().split("\\")) if value.strip() else 0 for value in (center, width))
        assert (len(found.windows) < stated) == (Unusable.WINDOW in found.unusable)


def lut_item(descriptor: list[int], data: bytes) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", descriptor)
    item.add_new("LUTData", "OW", data)
    return item


@given(
    descriptor=st.lists(short, min_size=1, max_size=4),
    data=st.binary(max_size=600).map(lambda data: data + b"\0" * (len(data) % 2)),
    keyword=st.sampled_from(["VOILUTSequence", "ModalityLUTSequence"]),
)
@example(descriptor=[0, 0, 16], data=b"\1\2", keyword="VOILUTSequence")
@example(descriptor=[256, 0, 0], data=b"\1\2" * 256, keyword="VOILUTSequence")
@example(descriptor=[256, 0, 99], data=b"\1\2" * 256, keyword="VOILUTSequence")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_lut_is_followed_or_told(descriptor, data, keyword):
    found = outcome({keyword: [lut_item(descriptor, data)]}, {})
    assert_sound(found, same_pixels=keyword == "VOILUTSequence")
    if keyword == "VOILUTSequence":
        assert isinstance(found, Mammogram)
        assert (not found.luts) == (Unusable.LUT in found.unusable)


@given(
    values=st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(("Rows", "Columns", "SamplesPerPixel", "PixelRepresentation"), short),
            **dict.fromkeys(("BitsAllocated", "BitsStored", "HighBit", "PlanarConfiguration"), short),
        },
    ),
    frames=st.one_of(st.none(), numbers),
)
@example(values={"Rows": 65535, "Columns": 65535}, frames=None)
@example(values={"Rows": 0}, frames=None)
@example(values={}, frames=b"2000000000")
@example(values={"BitsStored": 0}, frames=None)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_shape_of_pixels_is_an_image_or_a_sentence(values, frames):
    found = outcome(values, {} if frames is None else {"NumberOfFrames": frames})
    assert_sound(found, same_pixels=False)
    if isinstance(found, Mammogram):
        assert found.stored.shape == (found.header.rows, found.header.columns)
        if not values:
            assert np.array_equal(found.stored, STORED)


@pytest.mark.parametrize(
    ("raw", "unusable"),
    [
        ({"WindowCenter": b"2000", "WindowWidth": b"0"}, (Unusable.WINDOW,)),
        ({"WindowCenter": b"2000\\9", "WindowWidth": b"10\\0"}, (Unusable.WINDOW,)),
        ({"WindowCenter": b"2000"}, (Unusable.WINDOW,)),
        ({"WindowCenter": b"2000", "WindowWidth": b"9", "VOILUTFunction": b"GAMMA "}, (Unusable.WINDOW,)),
        ({"RescaleSlope": b"0 ", "RescaleIntercept": b"0 "}, (Unusable.RESCALE,)),
        ({"RescaleSlope": b"2 "}, (Unusable.RESCALE,)),
        ({"RescaleSlope": b"nan ", "RescaleIntercept": b"0 "}, (Unusable.RESCALE,)),
        ({"RescaleSlope": b"2 ", "RescaleIntercept": b"-7"}, ()),
        ({"WindowCenter": b"2000", "WindowWidth": b"9 "}, ()),
        ({"WindowCenter": b"", "WindowWidth": b""}, ()),
        ({}, ()),
    ],
)
def test_what_cannot_be_followed_is_told_and_nothing_else(raw, unusable):
    found = outcome({}, raw)
    assert isinstance(found, Mammogram)
    assert found.unusable == unusable


def test_many_frames_of_nonsense_are_never_one_picture(tmp_path):
    path = film(tmp_path / "film.dcm", {}, {"NumberOfFrames": b"2000000000"})
    with pytest.raises(UnreadableImageError, match="2000000000 frames"):
        read_mammogram(path)
