"""A viewer on the offscreen platform, small mammograms, and mouse and key events as a reader gives them."""

from __future__ import annotations

import math
import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from app.viewer import ShownImage, Viewer
from core.domain import (
    Contour,
    Finding,
    FindingClass,
    FindingId,
    FindingType,
    ImageId,
    Laterality,
    View,
)
from core.pixels import ImageHeader, Mammogram, Window
from core.prediction import Prediction

LEFT = Qt.MouseButton.LeftButton


def _header(stored: np.ndarray, **changes: object) -> ImageHeader:
    values: dict[str, object] = {
        "rows": stored.shape[0],
        "columns": stored.shape[1],
        "laterality": Laterality.RIGHT,
        "view": View.MLO,
        "spacing_mm": 0.07,
        "spacing_source": "PixelSpacing",
        "is_inverted": False,
        "bits": 12,
        "frames": 1,
        "is_for_processing": False,
        "is_lossy": False,
        "patient_id": "",
        "study_uid": "",
        "sop_class": "",
        "transfer_syntax": "",
    }
    return ImageHeader(**{**values, **changes})


@pytest.fixture
def make_mammogram():
    """A mammogram of given stored values; windows default to one from 0 to 4095."""

    def make(stored: np.ndarray, *, windows: tuple[Window, ...] | None = None, **header: object) -> Mammogram:
        if windows is None:
            windows = (
                Window("NORMAL", 2048.0, 4096.0, "LINEAR"),
                Window("HARDER", 2300.0, 1500.0, "SIGMOID"),
            )
        return Mammogram(_header(stored, **header), stored, 0.0, windows, ())

    return make


@pytest.fixture
def grey_mammogram(make_mammogram):
    """400 rows by 300 columns of one middle grey."""
    return make_mammogram(np.full((400, 300), 2048, np.uint16))


@pytest.fixture
def viewer(qtbot) -> Viewer:
    """An empty viewer of 500 by 400 logical pixels, with the keys."""
    viewer = Viewer()
    qtbot.addWidget(viewer)
    viewer.resize(500, 400)
    with qtbot.waitExposed(viewer):
        viewer.show()
    viewer.canvas.setFocus()
    return viewer


@pytest.fixture
def opened(viewer, grey_mammogram) -> Viewer:
    """A viewer with the grey image, number 1, at 1:1."""
    viewer.show_image(ShownImage(ImageId(1), grey_mammogram, "Patient 7f3a"))
    viewer.one_to_one()
    return viewer


class Hand:
    """The reader's hand on one viewer; places are in image pixels."""

    def __init__(self, viewer: Viewer, qtbot) -> None:
        self.viewer, self.canvas, self._qtbot = viewer, viewer.canvas, qtbot

    def place(self, x: float, y: float) -> QPoint:
        """The screen pixel that holds a place; at 1:1 its middle is (x, y) if both end in a half."""
        return QPoint(*(math.floor(value) for value in self.canvas.transform.to_view((x, y))))

    def press(self, x: float, y: float, *, button=LEFT, keys=Qt.KeyboardModifier.NoModifier) -> None:
        self._qtbot.mousePress(self.canvas, button, keys, self.place(x, y))

    def move(self, x: float, y: float) -> None:
        self._qtbot.mouseMove(self.canvas, self.place(x, y))

    def release(self, x: float, y: float, *, button=LEFT) -> None:
        self._qtbot.mouseRelease(self.canvas, button, Qt.KeyboardModifier.NoModifier, self.place(x, y))

    def click(self, x: float, y: float, **options) -> None:
        self.press(x, y, **options)
        self.release(x, y)

    def double_click(self, x: float, y: float) -> None:
        self.click(x, y)
        self._qtbot.mouseDClick(self.canvas, LEFT, Qt.KeyboardModifier.NoModifier, self.place(x, y))
        self.release(x, y)

    def drag(self, points: list[tuple[float, float]], *, button=LEFT) -> None:
        self.press(*points[0], button=button)
        for point in points[1:]:
            self.move(*point)
        self.release(*points[-1], button=button)

    def drag_screen(self, start: QPoint, dx: int, dy: int, *, button=LEFT) -> None:
        keys = Qt.KeyboardModifier.NoModifier
        self._qtbot.mousePress(self.canvas, button, keys, start)
        for part in (0.25, 0.5, 0.75, 1.0):
            self._qtbot.mouseMove(self.canvas, start + QPoint(round(dx * part), round(dy * part)))
        self._qtbot.mouseRelease(self.canvas, button, keys, start + QPoint(dx, dy))

    def wheel(self, at: QPoint, steps: int) -> None:
        event = QWheelEvent(
            QPointF(at),
            QPointF(self.canvas.mapToGlobal(at)),
            QPoint(0, 0),
            QPoint(0, 120 * steps),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(self.canvas, event)

    def key(self, key: Qt.Key) -> None:
        self._qtbot.keyClick(self.canvas, key)

    def screen(self) -> np.ndarray:
        """(height, width, 3) of what is on the canvas, in device pixels."""
        image = self.canvas.grab().toImage().convertToFormat(self.canvas.grab().toImage().Format.Format_RGB32)
        packed = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return packed[:, : image.width() * 4].reshape(image.height(), image.width(), 4)[..., 2::-1].copy()


@pytest.fixture
def hand(viewer, qtbot) -> Hand:
    return Hand(viewer, qtbot)


@pytest.fixture
def square_finding():
    """A square finding with corners (60.5, 60.5) and (140.5, 140.5) on image 1."""

    def make(
        number: int = 7,
        *,
        finding_class: FindingClass = FindingClass.MALIGNANT,
        low: float = 60.5,
        high: float = 140.5,
        image: int = 1,
    ) -> Finding:
        contour = Contour.from_points([(low, low), (high, low), (high, high), (low, high)])
        return Finding(FindingId(number), ImageId(image), "A", finding_class, FindingType.MASS, contour, 1)

    return make


@pytest.fixture
def prediction():
    """Scores for four boxes: the best malignant one at (40, 40), the best benign one at (160, 240)."""
    boxes = np.array(
        [(40, 40, 120, 120), (160, 40, 240, 120), (40, 240, 120, 320), (160, 240, 240, 320)], float
    )
    score = np.array([(0.0, 0.6), (0.05, 0.1), (0.1, 0.0), (0.3, 0.0)], np.float32)
    return Prediction(score.sum(axis=0).astype(float), np.full((4, 3), 1 / 3, np.float32), score), boxes
