"""What the window's tests share: no screen, settings of their own, and a small project of synthetic images."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from app.settings import FOLDER_VARIABLE, Settings
from core.domain import Label, Laterality, View
from core.job import sha256_of
from core.recipe import GridSettings
from core.regions import region_grid
from storage.project import Project
from storage.records import NewImage, SplitSettings

ROWS, COLUMNS = 560, 400
LABELS = (Label.MALIGNANT, Label.NORMAL, Label.BENIGN, Label.MALIGNANT, Label.BOTH, Label.NORMAL)
PATIENTS = 12
RECIPE_FOR_TESTS = {"epochs": 12, "components": 8, "hidden": 16, "batch_images": 64, "threads": 1}


@pytest.fixture(autouse=True)
def settings_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Every test starts with its own settings: a reader is known, training is short, no thread is left."""
    folder = tmp_path / "settings"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    settings = Settings()
    settings.reader = "Dr Test"
    settings.recipe_changes = dict(RECIPE_FOR_TESTS)
    settings.close()
    before = set(threading.enumerate())
    yield folder
    left = [thread.name for thread in threading.enumerate() if thread not in before]
    assert not left, f"threads were left behind: {left}"


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


@pytest.fixture
def mouse_path() -> Callable[..., list[tuple[float, float]]]:
    """Points around a circle in image pixels, as a hand would go."""

    def circle(x: float, y: float, *, radius: float, points: int = 24) -> list[tuple[float, float]]:
        angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
        return [(x + radius * np.cos(angle), y + radius * np.sin(angle)) for angle in angles]

    return circle


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
