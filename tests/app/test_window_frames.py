"""An image of many frames in the real window: each frame to be seen, told which it is, and nothing to be drawn on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import BreastTomosynthesisImageStorage, ExplicitVRLittleEndian, generate_uid
from PySide6.QtCore import Qt

from app.viewer.corner_text import marks
from app.worklist import WorklistFilter, state_text, tells
from core.domain import Laterality, View
from core.job import sha256_of
from core.recipe import GridSettings
from storage.project import Project
from storage.records import NewImage, SplitSettings

FRAMES, ROWS, COLUMNS = 4, 220, 180
REASON = "tomo.dcm is not used in training: it holds 4 frames."
SHIFT = Qt.KeyboardModifier.ShiftModifier


def stack() -> np.ndarray:
    """Noise, another in each frame."""
    return np.random.default_rng(5).integers(0, 4096, (FRAMES, ROWS, COLUMNS)).astype(np.uint16)


@pytest.fixture
def reading(tmp_path: Path) -> Path:
    """A project with one tomosynthesis image, as an import leaves it."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = BreastTomosynthesisImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.Modality, ds.PatientID = "MG", "x"
    ds.NumberOfFrames, ds.Rows, ds.Columns = FRAMES, ROWS, COLUMNS
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.WindowCenter, ds.WindowWidth = ["2048", "1000"], ["4096", "900"]
    ds.PixelData = stack().tobytes()
    ds["PixelData"].VR = "OW"
    path = tmp_path / "tomo.dcm"
    ds.save_as(path, enforce_file_format=True)
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
        bits=12,
        failure=REASON,
    )
    folder = tmp_path / "reading"
    with Project.create(folder, splits=SplitSettings(test_fraction=0, validation_fraction=0)) as project:
        project.store.add_inspected([new], grid=GridSettings())
    return folder


def pixels_on_screen(hand) -> np.ndarray:
    """(ROWS, COLUMNS) grey bytes at 1:1, not turned."""
    canvas = hand.canvas
    x, y = round(canvas.transform.x), round(canvas.transform.y)
    image = canvas.grab().toImage()
    image = image.convertToFormat(image.Format.Format_RGB32)
    packed = np.frombuffer(image.constBits(), np.uint8)
    packed = packed.reshape(image.height(), image.bytesPerLine() // 4, 4)
    return packed[y : y + ROWS, x : x + COLUMNS, 0].copy()


def open_at_one_to_one(hand) -> None:
    hand.window.resize(1400, 900)
    worklist = hand.window.worklist
    worklist.which.setCurrentText(WorklistFilter.ALL.value)  # it is not among what is to be annotated
    worklist.move(1)
    hand.wait_for_image()
    if hand.canvas.is_flipped:
        hand.window.viewer.toggle_flip()
    hand.key(Qt.Key.Key_1)


def frame_of(hand) -> int:
    return hand.canvas.shown.mammogram.header.frame


def test_keys_step_through_all_frames_each_with_its_own_pixels(in_window, reading):
    def steps(hand) -> None:
        open_at_one_to_one(hand)
        zoom = hand.canvas.zoom
        for frame in range(FRAMES):
            if frame:
                hand.key(Qt.Key.Key_N, SHIFT)
                hand.wait(lambda frame=frame: frame_of(hand) == frame)
            # A linear window over the whole of 12 bits, by the formula of PS3.3 C.11.2.1.2.1.
            share = np.clip((stack()[frame] - 2047.5) / 4095 + 0.5, 0, 1)
            expected = np.floor(share * 255 + 0.5).astype(int)
            assert np.abs(pixels_on_screen(hand).astype(int) - expected).max() <= 1
            (mark,) = marks(hand.canvas.shown.mammogram.header)
            assert mark == f"Frame {frame + 1} of 4: not used in training"
            assert hand.canvas.zoom == zoom
        hand.key(Qt.Key.Key_N, SHIFT)
        assert "last frame" in hand.window.messages.text
        hand.key(Qt.Key.Key_P, SHIFT)
        hand.wait(lambda: frame_of(hand) == 2)

    assert in_window(reading, steps) == 0


def test_the_window_that_was_chosen_stays_from_frame_to_frame(in_window, reading):
    def steps(hand) -> None:
        open_at_one_to_one(hand)
        hand.key(Qt.Key.Key_Q)
        name = hand.canvas.picture.display.text
        assert "C 1000  W 900" in name
        hand.key(Qt.Key.Key_N, SHIFT)
        hand.wait(lambda: frame_of(hand) == 1)
        assert hand.canvas.picture.display.text == name

    assert in_window(reading, steps) == 0


def test_keys_in_a_row_end_at_the_frame_that_they_count_to(in_window, reading):
    def steps(hand) -> None:
        open_at_one_to_one(hand)
        for key in (Qt.Key.Key_N, Qt.Key.Key_N, Qt.Key.Key_N, Qt.Key.Key_P):
            hand.key(key, SHIFT)
        hand.wait(lambda: frame_of(hand) == 2)

    assert in_window(reading, steps) == 0


def test_nothing_can_be_drawn_and_the_window_says_why(in_window, reading):
    def steps(hand) -> None:
        open_at_one_to_one(hand)
        for tool in (Qt.Key.Key_D, Qt.Key.Key_E):
            hand.key(tool)
            hand.draw(x=90, y=110, radius=40)
            assert not hand.canvas.draft_points()
        assert "Nothing can be drawn on this image" in hand.window.messages.text
        record = hand.window.worklist.model.records[0]
        assert (record.malignant_findings, state_text(record)) == (0, "to look at only")
        assert "is not used in training" in tells(record)
        assert not hand.window.findings.nothing.isEnabled()

    assert in_window(reading, steps) == 0


def test_a_file_that_changed_between_two_frames_is_told(in_window, reading):
    def steps(hand) -> None:
        open_at_one_to_one(hand)
        path = Path(hand.window.worklist.model.records[0].file)
        path.write_bytes(path.read_bytes()[:-2] + b"xx")
        hand.key(Qt.Key.Key_N, SHIFT)
        hand.wait(lambda: hand.canvas.picture is None)
        assert "is not the file that was imported" in hand.canvas.accessibleDescription()

    assert in_window(reading, steps) == 0


def test_an_image_of_one_frame_says_that_it_has_no_other(in_window, project_folder):
    def steps(hand) -> None:
        hand.wait_for_image()
        before = hand.canvas.shown
        hand.key(Qt.Key.Key_N, SHIFT)
        assert "has one frame" in hand.window.messages.text
        assert hand.canvas.shown is before

    assert in_window(project_folder, steps) == 0
