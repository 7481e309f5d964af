"""The bytes on screen in the real window, against pydicom's own reading of the same file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.pixels import apply_modality_lut, apply_voi, apply_windowing
from pydicom.uid import (
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    generate_uid,
)
from PySide6.QtCore import Qt

from app.viewer.corner_text import marks
from core.domain import Label, Laterality, View
from core.job import sha256_of
from core.pixels import Unusable, model_input, read_mammogram
from core.recipe import GridSettings
from storage.project import Project
from storage.records import NewImage, SplitSettings

InWindow = Callable[..., int]
ROWS, COLUMNS = 220, 180


def write_dicom(path: Path, stored: np.ndarray, **elements: Any) -> None:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    values: dict[str, Any] = {
        "SOPClassUID": meta.MediaStorageSOPClassUID,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "Modality": "MG",
        "PatientID": "x",
        "Rows": ROWS,
        "Columns": COLUMNS,
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "PresentationIntentType": "FOR PRESENTATION",
        **elements,
    }
    for name, value in values.items():
        setattr(dataset, name, value)
    dataset.PixelData = stored.astype("<u2" if values["PixelRepresentation"] == 0 else "<i2").tobytes()
    dataset.save_as(path, enforce_file_format=True)


def window_of(function: str, center: float, width: float, **more: Any) -> dict[str, Any]:
    return {"WindowCenter": str(center), "WindowWidth": str(width), "VOILUTFunction": function, **more}


def lut_of(bits: int = 10) -> dict[str, Any]:
    item = Dataset()
    count = 2000
    item.LUTDescriptor = [count, 500, bits]
    curve = ((np.arange(count) / (count - 1)) ** 0.6 * (2**bits - 1)).astype(np.uint16)
    item.add_new("LUTData", "OW", curve.astype("<u2").tobytes())
    item.LUTExplanation = "film"
    return {"VOILUTSequence": [item]}


RESCALED = {"RescaleSlope": "1.5", "RescaleIntercept": "-200"}
CASES = {
    "linear": window_of("LINEAR", 2000, 1500),
    "linear, narrow": window_of("LINEAR", 2000, 1),
    "linear exact": window_of("LINEAR_EXACT", 1900, 1700),
    "sigmoid": window_of("SIGMOID", 2100, 1200),
    "linear of rescaled values": window_of("LINEAR", 2600, 2000, **RESCALED),
    "sigmoid of rescaled values": window_of("SIGMOID", 2600, 2000, **RESCALED),
    "VOI LUT of 10 bits": lut_of(10),
    "VOI LUT of 8 bits": lut_of(8),
    "MONOCHROME1": window_of("LINEAR", 2000, 1500, PhotometricInterpretation="MONOCHROME1"),
    "MONOCHROME1, sigmoid": window_of("SIGMOID", 2000, 1500, PhotometricInterpretation="MONOCHROME1"),
    "16 bits": window_of("LINEAR", 30000, 40000, BitsStored=16, HighBit=15),
    "signed": window_of("LINEAR", 100, 1500, PixelRepresentation=1),
}


def expected_of(path: Path) -> np.ndarray:
    """8-bit grey of a file by pydicom: modality values, VOI, then 0 to 255; turned for MONOCHROME1."""
    import pydicom

    dataset = pydicom.dcmread(path)
    values = apply_modality_lut(dataset.pixel_array, dataset)
    if "VOILUTSequence" in dataset:
        count, first, bits = dataset.VOILUTSequence[0].LUTDescriptor
        entries = np.frombuffer(dataset.VOILUTSequence[0].LUTData, "<u2").astype(float)
        shown = entries[np.clip(values.astype(int) - first, 0, count - 1)]
        if bits > 8:  # pydicom counts places in a table of 8 bits with 8 bits
            assert np.array_equal(shown, apply_voi(values, dataset))
        low, high = 0.0, 2.0**bits - 1
    else:
        shown = apply_windowing(values, dataset)
        slope, intercept = float(dataset.get("RescaleSlope", 1)), float(dataset.get("RescaleIntercept", 0))
        bits = int(dataset.BitsStored)
        ends = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if dataset.PixelRepresentation else (0, 2**bits - 1)
        low, high = (slope * end + intercept for end in ends)
    grey = np.floor((shown - low) / (high - low) * 255 + 0.5)
    return 255 - grey if dataset.PhotometricInterpretation == "MONOCHROME1" else grey


def project_of(folder: Path, path: Path) -> Path:
    grid = GridSettings()
    new = NewImage(
        path,
        sha256_of(path),
        "p",
        size_bytes=path.stat().st_size,
        modified_ns=path.stat().st_mtime_ns,
        laterality=Laterality.LEFT,
        view=View.CC,
        rows=ROWS,
        columns=COLUMNS,
        bits=16,
        label=Label.MALIGNANT,
        boxes=np.array([[0, 0, 100, 100]], float),
    )
    with Project.create(folder, splits=SplitSettings(test_fraction=0, validation_fraction=0)) as project:
        project.store.add_inspected([new], grid=grid)
    return folder


def open_at_one_to_one(hand) -> None:
    hand.window.resize(1400, 900)
    hand.wait_for_image()
    if hand.canvas.is_flipped:
        hand.window.viewer.toggle_flip()
    hand.key(Qt.Key.Key_1)


def on_screen(hand) -> np.ndarray:
    """What the whole image looks like at 1:1, as grey bytes of the screen."""
    canvas = hand.canvas
    x, y = round(canvas.transform.x), round(canvas.transform.y)
    assert min(x, y) > 0
    image = canvas.grab().toImage()
    image = image.convertToFormat(image.Format.Format_RGB32)
    packed = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    part = packed[y : y + ROWS, x : x + COLUMNS, :3]
    assert (part == part[..., :1]).all()
    return part[..., 0].copy()


def shown_in(in_window: InWindow, project: Path) -> np.ndarray:
    """What the whole image looks like at 1:1 when it opens."""
    found = []

    def steps(hand) -> None:
        open_at_one_to_one(hand)
        found.append(on_screen(hand))

    assert in_window(project, steps) == 0
    return found[0]


@pytest.mark.parametrize("name", CASES)
def test_the_window_shows_what_pydicom_makes_of_the_file(in_window: InWindow, tmp_path: Path, name: str):
    elements = CASES[name]
    bits = elements.get("BitsStored", 12)
    random = np.random.default_rng(3)
    low, high = (-(2**11), 2**11) if elements.get("PixelRepresentation") else (0, 2**bits)
    stored = random.integers(low, high, (ROWS, COLUMNS))
    path = tmp_path / "film.dcm"
    write_dicom(path, stored, **elements)
    shown = shown_in(in_window, project_of(tmp_path / "reading", path)).astype(int)
    expected = expected_of(path)
    # pydicom rounds to whole grey values of the file's depth first, which may move a byte at a half by one.
    assert np.abs(shown - expected).max() <= 1
    assert (shown == expected).mean() > 0.97


@pytest.mark.parametrize(("suffix", "bits"), [("png", 16), ("tif", 16), ("pgm", 16), ("png", 8), ("tif", 8)])
def test_pictures_are_shown_with_all_their_bits(in_window: InWindow, tmp_path: Path, suffix: str, bits: int):
    values = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) * (2**bits - 1) // (ROWS * COLUMNS - 1)
    stored = values.astype(np.uint16 if bits == 16 else np.uint8)
    path = tmp_path / f"film.{suffix}"
    if suffix == "pgm":
        path.write_bytes(b"P5 %d %d 65535\n" % (COLUMNS, ROWS) + stored.astype(">u2").tobytes())
    else:
        Image.fromarray(stored).save(path)
    shown = shown_in(in_window, project_of(tmp_path / "reading", path)).astype(int)
    assert (np.diff(shown.ravel()) >= 0).all()
    assert len(np.unique(shown)) > 250


def test_raw_data_open_with_their_logarithm_and_a_key_shows_them_as_stored(
    in_window: InWindow, tmp_path: Path
):
    stored = np.random.default_rng(9).integers(60, 4096, (ROWS, COLUMNS))
    path = tmp_path / "raw.dcm"
    raw = {"PresentationIntentType": "FOR PROCESSING", "PixelIntensityRelationship": "LIN"}
    write_dicom(path, stored, PixelIntensityRelationshipSign=1, **raw)

    def grey(values: np.ndarray) -> np.ndarray:
        ends = np.percentile(values, [1.0, 99.8], method="inverted_cdf")
        return np.floor(np.clip((values - ends[0]) / (ends[1] - ends[0]), 0, 1) * 255 + 0.5)

    breast = np.ones(stored.shape, bool)
    to_the_model = model_input(read_mammogram(path), breast)

    def steps(hand) -> None:
        def says(name: str) -> None:
            assert hand.canvas.picture.display.text == name
            assert np.array_equal(model_input(hand.canvas.shown.mammogram, breast), to_the_model)

        def away(expected: np.ndarray) -> int:
            return int(np.abs(on_screen(hand).astype(int) - expected).max())

        open_at_one_to_one(hand)
        assert "For Processing: raw detector data" in marks(hand.canvas.shown.mammogram.header)
        says("Logarithm, inverted")
        assert away(255 - grey(np.log1p(stored))) <= 1
        hand.key(Qt.Key.Key_Q, Qt.KeyboardModifier.ShiftModifier)
        says("As stored")
        assert away(grey(stored)) <= 1
        hand.key(Qt.Key.Key_Q, Qt.KeyboardModifier.ShiftModifier)
        says("Logarithm, inverted")

    assert in_window(project_of(tmp_path / "reading", path), steps) == 0


def test_a_file_whose_window_makes_no_sense_is_shown_otherwise_and_marked(
    in_window: InWindow, tmp_path: Path
):
    stored = np.random.default_rng(9).integers(0, 4096, (ROWS, COLUMNS))
    path = tmp_path / "odd.dcm"
    write_dicom(path, stored, **window_of("LINEAR", 2000, 0))

    def steps(hand) -> None:
        open_at_one_to_one(hand)
        shown = hand.canvas.shown.mammogram
        assert shown.unusable == (Unusable.WINDOW,)
        assert hand.canvas.picture.display.name == "Automatic"
        low, high = np.percentile(stored, [1.0, 99.8], method="inverted_cdf")
        expected = np.floor(np.clip((stored - low) / (high - low), 0, 1) * 255 + 0.5)
        assert np.abs(on_screen(hand).astype(int) - expected).max() <= 1
        hand.key(Qt.Key.Key_Q, Qt.KeyboardModifier.ShiftModifier)
        assert "not raw detector data" in hand.window.messages.text

    assert in_window(project_of(tmp_path / "reading", path), steps) == 0
