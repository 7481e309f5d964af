"""The loader: a small version first where there is one, the whole always, and never another file's pixels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import (
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    generate_uid,
)
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QSignalSpy

from app.hung_study import ShownImage
from app.image_loader import ImageLoader, WantedImage
from app.viewer import Tool, Viewer
from app.viewer.pyramid import Pyramid, ReducedPyramid
from core.domain import ImageId
from core.job import sha256_of

ROWS, COLUMNS = 800, 640


@pytest.fixture
def loader(qapp: object) -> Iterator[ImageLoader]:
    made = ImageLoader()
    yield made
    made.close()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A ramp as JPEG 2000."""
    stored = np.add.outer(np.arange(ROWS), np.arange(COLUMNS)).astype(np.uint16)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid()
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.Modality, ds.PatientID = "MG", "x"
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = ROWS, COLUMNS, 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.PixelData = stored.tobytes()
    ds["PixelData"].VR = "OW"
    ds.compress(JPEG2000Lossless)
    path = tmp_path / "film.dcm"
    ds.save_as(path, enforce_file_format=True)
    return path


def wanted(path: Path, number: int = 1) -> WantedImage:
    return WantedImage(ImageId(number), path, sha256_of(path))


def test_the_small_version_comes_first_and_the_whole_after_it(qtbot, loader, film):
    small, whole = QSignalSpy(loader.previewed), QSignalSpy(loader.loaded)
    order = []
    loader.previewed.connect(lambda *_: order.append("small"))
    loader.loaded.connect(lambda *_: order.append("whole"))
    loader.request(wanted(film))
    qtbot.waitUntil(lambda: whole.count() == 1, timeout=20_000)
    assert order == ["small", "whole"]
    first, last = small.at(0)[1], whole.at(0)[1]
    assert first.is_reduced
    assert not last.is_reduced
    assert first.pyramid.shape == last.pyramid.shape == (ROWS, COLUMNS)
    assert first.mammogram.stored.shape == (100, 80)
    assert last.mammogram.stored.shape == (ROWS, COLUMNS)
    loader.request(wanted(film))
    assert (small.count(), whole.count()) == (1, 2)


def test_a_picture_without_a_quick_way_comes_whole_alone(qtbot, loader, tmp_path):
    path = tmp_path / "film.png"
    Image.fromarray(np.full((60, 50), 900, np.uint16)).save(path)
    small, whole = QSignalSpy(loader.previewed), QSignalSpy(loader.loaded)
    loader.request(wanted(path))
    qtbot.waitUntil(lambda: whole.count() == 1, timeout=20_000)
    assert small.count() == 0


def test_of_a_file_that_is_another_one_by_now_nothing_is_shown(qtbot, loader, film):
    other = WantedImage(ImageId(1), film, "0" * 64)
    small, failed = QSignalSpy(loader.previewed), QSignalSpy(loader.failed)
    loader.request(other)
    qtbot.waitUntil(lambda: failed.count() == 1, timeout=20_000)
    assert small.count() == 0
    assert "not the file that was imported" in failed.at(0)[1]


def test_a_reduced_pyramid_shows_the_same_places_as_the_whole():
    stored = np.add.outer(np.arange(ROWS) * 20, np.arange(COLUMNS) * 30).astype(np.uint16)
    whole = Pyramid(stored)
    reduced = ReducedPyramid(whole.level(3), depth=3, shape=(ROWS, COLUMNS))
    for zoom in (0.1, 0.25, 0.4, 1.0, 1.7, 3.0):
        box = {
            "x0": round(100 * zoom),
            "y0": round(200 * zoom),
            "x1": round(300 * zoom),
            "y1": round(400 * zoom),
        }
        one, other = (pyramid.resampled(zoom=zoom, **box).astype(int) for pyramid in (whole, reduced))
        assert one.shape == other.shape
        assert np.abs(one - other).max() < 8 * (20 + 30)


def test_nothing_can_be_drawn_on_a_small_version_and_the_view_stays_when_the_whole_comes(qtbot, loader, film):
    viewer = Viewer()
    qtbot.addWidget(viewer)
    viewer.resize(700, 600)
    with qtbot.waitExposed(viewer):
        viewer.show()
    small, whole = QSignalSpy(loader.previewed), QSignalSpy(loader.loaded)
    loader.request(wanted(film))
    qtbot.waitUntil(lambda: whole.count() == 1, timeout=20_000)
    drawn = QSignalSpy(viewer.contour_drawn)

    def show(pixels) -> None:
        shown = ShownImage(
            ImageId(1), pixels.mammogram, "", pyramid=pixels.pyramid, is_reduced=pixels.is_reduced
        )
        viewer.show_image(shown)

    show(small.at(0)[1])
    viewer.one_to_one()
    viewer.canvas.drag_window(40, 25, start=viewer.canvas.window_numbers())
    viewer.set_tool(Tool.ELLIPSE)
    qtbot.mousePress(viewer.canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    qtbot.mouseMove(viewer.canvas, QPoint(400, 400))
    qtbot.mouseRelease(viewer.canvas, Qt.MouseButton.LeftButton, pos=QPoint(400, 400))
    assert drawn.count() == 0
    place, numbers = viewer.canvas.transform, viewer.canvas.window_numbers()
    seen = np.array([viewer.canvas.grab().toImage().pixelColor(300, 300).red()])
    show(whole.at(0)[1])
    assert viewer.canvas.transform == place
    assert viewer.canvas.window_numbers() == numbers
    assert abs(int(viewer.canvas.grab().toImage().pixelColor(300, 300).red()) - int(seen[0])) <= 3
    qtbot.mousePress(viewer.canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    qtbot.mouseMove(viewer.canvas, QPoint(400, 400))
    qtbot.mouseRelease(viewer.canvas, Qt.MouseButton.LeftButton, pos=QPoint(400, 400))
    assert drawn.count() == 1
