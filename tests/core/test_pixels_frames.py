"""Files of many frames: one frame at a time to look at, never one of them in the place of an image."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import (
    BreastTomosynthesisImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

from core.decoder import Decoder
from core.domain import Laterality
from core.errors import ManyFramesError, UnreadableImageError
from core.inspection import inspect
from core.pixels import Window, content_hash, read_frame, read_header, read_mammogram
from core.recipe import GridSettings

FRAMES, ROWS, COLUMNS = 5, 37, 41


def stack(frames: int = FRAMES, rows: int = ROWS, columns: int = COLUMNS) -> np.ndarray:
    return np.random.default_rng(4).integers(0, 1024, (frames, rows, columns)).astype(np.uint16)


def tomosynthesis(pixels: np.ndarray, *, syntax: str = ExplicitVRLittleEndian) -> FileDataset:
    """A breast tomosynthesis object: what is said of frames is in functional groups."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = BreastTomosynthesisImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.Modality, ds.PatientID, ds.StudyInstanceUID = "MG", "P-1", "1.2.3"
    ds.NumberOfFrames, ds.Rows, ds.Columns = pixels.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 10, 9, 0
    ds.SharedFunctionalGroupsSequence = [shared()]
    ds.PerFrameFunctionalGroupsSequence = [each(frame) for frame in range(len(pixels))]
    ds.PixelData = pixels.astype("<u2").tobytes()
    ds["PixelData"].VR = "OW"
    return ds


def group(keyword: str, **elements: object) -> Dataset:
    item, outer = Dataset(), Dataset()
    for name, value in elements.items():
        setattr(item, name, value)
    setattr(outer, keyword, [item])
    return outer


def shared() -> Dataset:
    ds = group("PixelMeasuresSequence", PixelSpacing=["0.1", "0.1"])
    ds.update(group("FrameAnatomySequence", FrameLaterality="L"))
    ds.update(group("FrameVOILUTSequence", WindowCenter="1", WindowWidth="2"))
    return ds


def each(frame: int) -> Dataset:
    ds = group(
        "FrameVOILUTSequence",
        WindowCenter=str(500 + frame),
        WindowWidth="400",
        VOILUTFunction="SIGMOID",
        WindowCenterWidthExplanation="SOFT",
    )
    ds.update(
        group(
            "PixelValueTransformationSequence",
            RescaleSlope="2",
            RescaleIntercept=str(-frame),
            RescaleType="US",
        )
    )
    return ds


def saved(ds: FileDataset, path: Path) -> Path:
    ds.save_as(path, enforce_file_format=True)
    return path


def encoded(ds: FileDataset, pixels: np.ndarray, syntax: str) -> FileDataset:
    if syntax == JPEGLosslessSV1:
        parts = [
            imagecodecs.jpeg8_encode(frame, lossless=True, predictor=1, bitspersample=10) for frame in pixels
        ]
        ds.file_meta.TransferSyntaxUID = syntax
        ds.PixelData = encapsulate(parts)
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
    elif syntax in (RLELossless, JPEG2000Lossless, JPEGLSLossless):
        ds.compress(syntax)
    return ds


@pytest.mark.parametrize(
    "syntax",
    [
        ExplicitVRLittleEndian,
        ImplicitVRLittleEndian,
        DeflatedExplicitVRLittleEndian,
        RLELossless,
        JPEGLosslessSV1,
        JPEGLSLossless,
        JPEG2000Lossless,
    ],
)
def test_each_frame_of_each_syntax_is_exact(tmp_path, syntax):
    pixels = stack()
    native = syntax in (ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian)
    ds = tomosynthesis(pixels, syntax=syntax if native else ExplicitVRLittleEndian)
    path = saved(encoded(ds, pixels, syntax), tmp_path / "tomo.dcm")
    for frame in range(FRAMES):
        read = read_frame(path, frame)
        assert np.array_equal(read.stored, pixels[frame])
        assert (read.header.frame, read.header.frames) == (frame, FRAMES)


def test_what_is_said_of_a_frame_alone_wins_over_what_is_said_of_all(tmp_path):
    path = saved(tomosynthesis(stack()), tmp_path / "tomo.dcm")
    for frame in (0, 3):
        read = read_frame(path, frame)
        assert read.windows == (Window("SOFT", 500 + frame, 400, "SIGMOID"),)
        assert (read.slope, read.offset) == (2.0, -frame)
        assert (read.header.spacing_mm, read.header.laterality) == (0.1, Laterality.LEFT)
    assert read_header(path).spacing_mm == 0.1


def test_many_frames_are_never_read_as_one_picture(tmp_path):
    path = saved(tomosynthesis(stack()), tmp_path / "tomo.dcm")
    with pytest.raises(ManyFramesError, match=r"^tomo\.dcm is not used in training: it holds 5 frames"):
        read_mammogram(path)
    with Decoder() as decoder:
        with pytest.raises(ManyFramesError, match=r"^tomo\.dcm is not used in training: it holds 5 frames"):
            decoder.decode(path)
        assert np.array_equal(decoder.decode_frame(path, 4).stored, stack()[4])
        with pytest.raises(UnreadableImageError, match="no frame 6"):
            decoder.decode_frame(path, 5)


def test_a_single_picture_has_one_frame(tmp_path):
    pixels = stack(frames=1)
    ds = tomosynthesis(pixels)
    path = saved(ds, tmp_path / "single.dcm")
    assert np.array_equal(read_frame(path, 0).stored, pixels[0])
    with pytest.raises(UnreadableImageError, match=r"^single\.dcm cannot be used: it has no frame 2\.$"):
        read_frame(path, 1)
    (tmp_path / "one.pgm").write_bytes(b"P5\n3 2\n255\n" + bytes([1, 2, 3, 4, 5, 255]))
    assert read_frame(tmp_path / "one.pgm", 0).stored.tolist() == [[1, 2, 3], [4, 5, 255]]
    with pytest.raises(UnreadableImageError, match=r"^one\.pgm cannot be used: it has no frame 2\.$"):
        read_frame(tmp_path / "one.pgm", 1)


def test_frames_that_the_file_promises_and_does_not_hold_are_damage(tmp_path):
    ds = tomosynthesis(stack())
    ds.NumberOfFrames = 50
    path = saved(ds, tmp_path / "tomo.dcm")
    with pytest.raises(UnreadableImageError, match="damaged or incomplete"):
        read_frame(path, 40)


def test_of_an_uncompressed_file_only_one_frame_is_in_memory(tmp_path):
    pixels = stack(frames=40, rows=400, columns=300)
    path = saved(tomosynthesis(pixels), tmp_path / "tomo.dcm")
    one = pixels[0].nbytes
    read_frame(path, 0)  # what is loaded once does not count
    tracemalloc.start()
    read_frame(path, 30)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 12 * one  # of 40; whole numbers of 32 bits are made on the way


def test_pydicom_reads_the_same_frames(tmp_path):
    path = saved(tomosynthesis(stack()), tmp_path / "tomo.dcm")
    assert np.array_equal(pydicom.dcmread(path).pixel_array[2], read_frame(path, 2).stored)


def test_an_inspection_says_why_many_frames_are_not_learnt_from_and_what_they_show(tmp_path):
    path = saved(tomosynthesis(stack()), tmp_path / "tomo.dcm")
    (found,) = inspect([path], grid=GridSettings(), spacing_mm={})
    assert found.reason.startswith("tomo.dcm is not used in training: it holds 5 frames")
    assert (found.rows, found.columns, found.laterality) == (ROWS, COLUMNS, Laterality.LEFT)
    assert (found.content_hash, found.study_uid) == (content_hash(path), "1.2.3")
    assert found.boxes == ()


def test_an_inspection_says_of_damaged_frames_that_they_are_damaged(tmp_path):
    path = saved(tomosynthesis(stack()), tmp_path / "tomo.dcm")
    path.write_bytes(path.read_bytes()[: -ROWS * COLUMNS * 2 * FRAMES + 100])
    (found,) = inspect([path], grid=GridSettings(), spacing_mm={})
    assert "damaged or incomplete" in found.reason
    assert found.rows == 0


@pytest.mark.parametrize("has_offsets", [True, False])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless, JPEGLosslessSV1, JPEG2000Lossless])
def test_several_pictures_under_a_header_that_states_one_are_refused(tmp_path, syntax, has_offsets):
    pixels = stack()
    ds = encoded(tomosynthesis(pixels), pixels, syntax)
    if syntax != ExplicitVRLittleEndian and not has_offsets:
        parts = list(generate_frames(ds.PixelData, number_of_frames=FRAMES))
        ds.PixelData = encapsulate(parts, has_bot=False)
    for keyword in ("NumberOfFrames", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        delattr(ds, keyword)
    path = saved(ds, tmp_path / "odd.dcm")
    with pytest.raises(UnreadableImageError, match="it holds 5 pictures, and its header states one"):
        read_mammogram(path)


def test_more_rows_than_the_header_states_are_refused_and_padding_is_not(tmp_path):
    ds = tomosynthesis(stack(frames=1))
    ds.PixelData += b"\0" * 60
    assert read_mammogram(saved(ds, tmp_path / "padded.dcm")).stored.shape == (ROWS, COLUMNS)
    ds.Rows = ROWS - 3
    with pytest.raises(UnreadableImageError, match="it holds 37 rows of pixels, and its header states 34"):
        read_mammogram(saved(ds, tmp_path / "odd.dcm"))
