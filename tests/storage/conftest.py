"""Small real projects to test the storage ring on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from core.domain import Contour, ImageId, Label, Laterality, View
from core.recipe import GridSettings
from storage.project import Project
from storage.records import NewImage, SplitSettings

ROWS, COLUMNS = 600, 400


def _boxes() -> np.ndarray:
    """3 x 2 windows of 224 px at stride 112 (and the edge) over 600 x 400 pixels."""
    return np.array([[x, y, x + 224, y + 224] for y in (0, 112, 224, 376) for x in (0, 112, 176)], float)


@pytest.fixture
def boxes() -> np.ndarray:
    return _boxes()


@pytest.fixture(scope="session")
def blank_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project whose patients all train, closed: copied for each test, which is quicker than making one."""
    folder = tmp_path_factory.mktemp("blank") / "project"
    Project.create(folder, splits=SplitSettings(test_fraction=0, validation_fraction=0)).close()
    return folder


@pytest.fixture
def project(tmp_path: Path, blank_project: Path) -> Iterator[Project]:
    shutil.copytree(blank_project, tmp_path / "project")
    with Project.open(tmp_path / "project") as opened:
        yield opened


AddImages = Callable[..., list[ImageId]]


@pytest.fixture
def add_images(tmp_path: Path) -> AddImages:
    """Add images with given labels; two of each patient, unless told."""

    def add(project: Project, *labels: Label | None, per_patient: int = 2) -> list[ImageId]:
        first = len(project.store.images())
        rows = [
            NewImage(
                path=tmp_path / "images" / f"{n:04d}.dcm",
                content_hash=f"{n:064x}",
                patient=f"SECRET-{n // per_patient}",
                rows=ROWS,
                columns=COLUMNS,
                laterality=Laterality.LEFT if n % 2 else Laterality.RIGHT,
                view=View.CC,
                boxes=_boxes(),
                label=label,
                label_source="csv",
            )
            for n, label in enumerate(labels, start=first)
        ]
        ids, _ = project.store.add_inspected(rows, grid=GridSettings())
        return [ids[row.path] for row in rows]

    return add


@pytest.fixture
def square() -> Callable[..., Contour]:
    def make(x: float, y: float, side: float = 50) -> Contour:
        return Contour.from_points([(x, y), (x + side, y), (x + side, y + side), (x, y + side)])

    return make
