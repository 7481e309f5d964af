"""What the window's tests share: no screen, settings of their own, and a small project of synthetic images."""

from __future__ import annotations

import gc
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.settings import FOLDER_VARIABLE, Settings
from app.viewer.canvas import Canvas
from app.window import run
from core.domain import ImageId, Label, Laterality, View
from core.job import sha256_of
from core.recipe import GridSettings
from core.regions import region_grid
from storage.project import Project
from storage.records import NewImage, SplitSettings

ROWS, COLUMNS = 560, 400
LABELS = (Label.MALIGNANT, Label.NORMAL, Label.BENIGN, Label.MALIGNANT, Label.BOTH, Label.NORMAL)
PATIENTS = 12
RECIPE_FOR_TESTS = {"epochs": 12, "components": 8, "hidden": 16, "batch_images": 64, "threads": 1}


_top_level_widgets = QApplication.topLevelWidgets


def _listed_while_none_is_collected() -> list[QWidget]:
    """Qt copies its list of windows as bare pointers, and PySide wraps them one by one: garbage that is collected in between
    may delete a window of an earlier test that is still in the list, which ends the process.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return _top_level_widgets()
    finally:
        if was_enabled:
            gc.enable()


@pytest.fixture(autouse=True)
def whole_lists_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests may ask for windows while windows of earlier tests wait to be collected."""
    monkeypatch.setattr(QApplication, "topLevelWidgets", staticmethod(_listed_while_none_is_collected))


@pytest.fixture(autouse=True)
def settings_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Every test starts with its own settings: a reader is known, training is short, no thread is left."""
    folder = tmp_path / "settings"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    settings = Settings()
    settings.reader = "Dr Test"
    settings.language = "en"
    settings.recipe_changes = dict(RECIPE_FOR_TESTS)
    settings.close()
    before = set(threading.enumerate())
    yield folder
    new = [thread for thread in threading.enumerate() if thread not in before]
    for thread in new:
        thread.join(10)  # one that was told to end may still be ending
    left = [thread.name for thread in new if thread.is_alive()]
    assert not left, f"threads were left behind: {left}"


@pytest.fixture(autouse=True)
def no_crash(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fault of ours fails the test instead of waiting in a dialog that nobody closes."""
    crashes: list[str] = []
    monkeypatch.setattr("app.crash.show_crash", lambda details, _path: crashes.append(details))
    yield
    assert not crashes, crashes[0]


@pytest.fixture(scope="session")
def images_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One CC and one MLO image of each patient, as 16-bit PNG, with a CSV of labels beside them."""
    folder = tmp_path_factory.mktemp("images")
    lines = ["file,patient,laterality,view,label"]
    for patient in range(PATIENTS):
        label = LABELS[patient % len(LABELS)]
        for view in (View.CC, View.MLO):
            name = f"{patient:02}-{view.value}.png"
            pixels = breast_picture(seed=patient * 2 + (view is View.MLO), label=label)
            Image.fromarray(pixels).save(folder / name)
            lines.append(f"{name},{patient:02},L,{view.value},{label.value}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def project_template(images_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that holds those images, as an import leaves it."""
    folder = tmp_path_factory.mktemp("template") / "project"
    grid = GridSettings()
    tissue = np.ones((ROWS, COLUMNS), bool)
    boxes = region_grid(tissue, scale=1.0, settings=grid)
    with Project.create(folder, splits=SplitSettings(test_fraction=0.2, validation_fraction=0.2)) as project:
        new = [
            NewImage(
                path=path,
                content_hash=sha256_of(path),
                patient=path.name.split("-")[0],
                size_bytes=path.stat().st_size,
                modified_ns=path.stat().st_mtime_ns,
                laterality=Laterality.LEFT,
                view=View(path.stem.split("-")[1]),
                rows=ROWS,
                columns=COLUMNS,
                bits=16,
                boxes=boxes,
                label=LABELS[int(path.name.split("-")[0]) % len(LABELS)],
                label_source="csv",
            )
            for path in sorted(images_folder.glob("*.png"))
        ]
        project.store.add_inspected(new, grid=grid)
    return folder


@pytest.fixture
def project_folder(project_template: Path, tmp_path: Path) -> Path:
    """A project of the test's own."""
    return Path(shutil.copytree(project_template, tmp_path / "reading"))


@pytest.fixture
def project(project_folder: Path) -> Iterator[Project]:
    """The test's own project, open."""
    with Project.open(project_folder) as opened:
        yield opened


class Hand:
    """A reader's hand on the window: real key and mouse events, and waiting for what they bring."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self.qtbot, self.window = qtbot, window

    @property
    def canvas(self) -> Canvas:
        """The canvas of the open image."""
        return self.window.viewer.canvas

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key while the image has the focus."""
        self.canvas.setFocus()
        self.qtbot.keyClick(self.canvas, key, modifiers)

    def click(self, button: QAbstractButton) -> None:
        """Click a button."""
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def wait(self, condition: Callable[[], bool], *, seconds: float = 20) -> None:
        """Let the window work until something is so."""
        self.qtbot.waitUntil(condition, timeout=int(seconds * 1000))

    def wait_for_image(self) -> ImageId:
        """Let the window work until the chosen image is on screen."""
        self.wait(lambda: self.window.viewer.image_id == self.window.worklist.current_image is not None)
        image_id = self.window.viewer.image_id
        assert image_id is not None
        return image_id

    def draw(self, *, x: float, y: float, radius: float) -> None:
        """Draw a circle, in image pixels, with the tool in hand."""
        angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        path = [self.at(x + radius * np.cos(angle), y + radius * np.sin(angle)) for angle in angles]
        self.qtbot.mousePress(self.canvas, Qt.MouseButton.LeftButton, pos=path[0])
        for place in path[1:]:
            self.qtbot.mouseMove(self.canvas, place)
        self.qtbot.mouseRelease(self.canvas, Qt.MouseButton.LeftButton, pos=path[-1])

    def at(self, x: float, y: float) -> QPoint:
        """Where an image point is on the canvas."""
        return QPointF(*self.canvas.transform.to_view((x, y))).toPoint()

    def with_dialog(self, kind: type[QDialog], act: Callable[[Any], None]) -> None:
        """When the next dialog of this kind is up, act on it; it is closed afterwards."""

        def look() -> None:
            for widget in QApplication.topLevelWidgets():
                if isinstance(widget, kind) and widget.isVisible():
                    try:
                        act(widget)
                    finally:
                        widget.close()
                    return
            QTimer.singleShot(10, look)

        QTimer.singleShot(0, look)


Steps = Callable[[Hand], None]


@pytest.fixture
def in_window(qtbot: QtBot) -> Callable[..., int]:
    """Opens the window through its real entry, does steps in its event loop, closes it; gives the exit code."""

    def opened(folder: Path | None, steps: Steps, *, read_only: bool = False) -> int:
        failures: list[BaseException] = []

        def drive() -> None:
            window = next(
                w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow) and w.isVisible()
            )
            try:
                qtbot.waitActive(window)
                steps(Hand(qtbot, window))
            except BaseException as failure:  # noqa: BLE001 (raised again below, outside Qt's loop)
                failures.append(failure)
            finally:
                window.close()

        QTimer.singleShot(0, drive)
        code = run(folder, read_only=read_only)
        if failures:
            raise failures[0]
        return code

    return opened


def breast_picture(*, seed: int, label: Label) -> NDArray[np.uint16]:
    """(ROWS, COLUMNS) uint16: a bright half-ellipse on black, with a mass where the label says so."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:ROWS, :COLUMNS]
    inside = (x / (COLUMNS * 0.9)) ** 2 + ((y - ROWS / 2) / (ROWS * 0.46)) ** 2 < 1
    picture = inside * (14_000 + 1_500 * generator.standard_normal((ROWS, COLUMNS)))
    if label.is_malignant:
        cx, cy = generator.integers(80, 250), generator.integers(180, 380)
        spikes = 1 + 0.5 * np.sin(9 * np.arctan2(y - cy, x - cx))
        picture += inside * 16_000 * np.exp(-(((x - cx) ** 2 + (y - cy) ** 2) / (35 * spikes) ** 2))
    if label in (Label.BENIGN, Label.BOTH):
        cx, cy = generator.integers(80, 250), generator.integers(180, 380)
        picture += inside * 9_000 * ((x - cx) ** 2 + (y - cy) ** 2 < 28**2)
    return np.clip(picture, 0, 65_535).astype(np.uint16)
