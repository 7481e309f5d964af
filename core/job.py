"""The job folder: what a worker process is told (`job.json`, `arrays.npz`) and what it leaves behind.

Standard library and numpy only. Layout of a folder:

    job.json         kind, recipe, images (this module)
    arrays.npz       "boxes" (T, 4) float64 image pixels; "region_labels" (T,) int8 (core.domain.RegionLabel);
                     "offsets" (n + 1,) int64: regions of image i are rows offsets[i] to offsets[i + 1]
    contours.json    {image id: {"rows", "columns", "malignant": [GeoJSON]}}, of annotated training images, where the
                     recipe augments: their contours turn with their variants
    log.txt          whatever the worker printed
    events.jsonl     every event, as told on standard output
    model/           weights.safetensors, recipe.json, metrics.json, curves.csv     (after a fit)
    predictions.npz  "image_id" (n,), "offsets" (n + 1,), "probability" (n, 2) for (B, M),
                     "cls" (T, 3) for (N, B, M), "score" (T, 2) for (B, M), Eq. 13  (after scoring)
    evidence.npz     what rankings need of the same images (core.ranking.evidence)
    inspected.jsonl  one inspected file a line                                      (after an inspection)
    result.json      {"files": {name: sha256}}, written last: without it nothing counts
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self, TypeVar

from core.domain import Contour, Label, Split
from core.errors import UserError
from core.recipe import GridSettings, Recipe, RecipeError
from core.values import Number, Of, Text, Wanted, Whole

T = TypeVar("T")
CONTOURS = "contours.json"
_ID, _SIDE = Whole(0, 2**62), Whole(1, 10**6)
_IMAGE_VALUES: dict[str, Wanted] = {
    "image_id": _ID,
    "path": Text(),
    "content_hash": Text(),
    "scale": Number(1e-6, 1e6),
    "is_annotated": Of(bool),
}
_JOB_VALUES: dict[str, Wanted] = {
    "features_folder": Text(),
    "model_folder": Text(),
    "current_model": _ID,
    "weights_file": Text(),
    "features_limit_gb": Number(0, 1e6),
    "spacing_mm": Of(dict),
}
_MAY_BE_NONE = frozenset({"current_model", "features_limit_gb", "spacing_mm"})


class Step(StrEnum):
    """What a job does, in this order."""

    INSPECT = "inspect"
    FEATURES = "features"
    FIT = "fit"
    SCORE = "score"


@dataclass(frozen=True, slots=True)
class JobImage:
    """One image as a worker needs it. `scale`: working pixels per image pixel.

    `label` is None where nothing is known: such an image is scored, never trained on.
    `is_annotated`: the image is in F (a malignant image whose malignant contours are drawn).
    """

    image_id: int
    path: str
    content_hash: str
    scale: float
    label: Label | None
    split: Split
    is_annotated: bool


@dataclass(frozen=True, slots=True)
class Job:
    """The content of job.json. `features_folder` is shared between jobs of one project.

    `model_folder` names the model to score with where nothing is fitted; `current_model` is the number of the model
    that was the project's current one when the job was made. `files` are those to inspect; `spacing_mm` gives, by
    path, the spacing the user states for a file. `weights_file` has the trunk's weights where no package brings them.
    `features_limit_gb` bounds the features folder; None leaves it to core.feature_folder.
    """

    steps: tuple[Step, ...]
    recipe: Recipe
    images: tuple[JobImage, ...] = ()
    features_folder: str = ""
    model_folder: str = ""
    current_model: int | None = None
    files: tuple[str, ...] = ()
    spacing_mm: dict[str, float] | None = None
    grid: GridSettings | None = None
    weights_file: str = ""
    features_limit_gb: float | None = None

    def write(self, folder: Path) -> None:
        """Write job.json into an existing folder."""
        plain = asdict(self)
        plain["recipe"] = self.recipe.to_json()
        write_atomically(folder / "job.json", json.dumps(plain, indent=1).encode())

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Inverse of write. Raises UserError where the file is missing, or not as it was written."""
        try:
            value: dict[str, Any] = json.loads((folder / "job.json").read_bytes())
            value["steps"] = tuple(Step(step) for step in value["steps"])
            value["recipe"] = Recipe.from_json(value["recipe"])
            value["images"] = tuple(_image(image) for image in value["images"])
            value["files"] = tuple(value["files"])
            value["grid"] = GridSettings(**value["grid"]) if value["grid"] else None
            return _checked(cls(**value), _JOB_VALUES)
        except RecipeError as error:
            raise UserError(f"The work cannot be done: {error} Nothing was changed.") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                "The work cannot be done: its job.json is missing or damaged. Nothing was changed; start it again."
            ) from error


@dataclass(frozen=True, slots=True)
class ImageContours:
    """The malignant contours of one image of (rows, columns), in its own pixels."""

    rows: int
    columns: int
    malignant: tuple[Contour, ...]


def contours_json(contours: Mapping[int, ImageContours]) -> bytes:
    """Contours by image id as contours.json has them."""
    plain = {
        str(image_id): {
            "rows": image.rows,
            "columns": image.columns,
            "malignant": [contour.to_geojson() for contour in image.malignant],
        }
        for image_id, image in contours.items()
    }
    return json.dumps(plain, allow_nan=False).encode()


def read_contours(folder: Path) -> dict[int, ImageContours]:
    """Contours by image id; none where the job has no such file. Raises UserError where it is damaged."""
    try:
        value = json.loads((folder / CONTOURS).read_bytes())
        return {int(image_id): _contours(image) for image_id, image in value.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise UserError(
            "The work cannot be done: its contours.json is damaged. Nothing was changed; start it again."
        ) from error


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside the target, sync, rename: a reader sees the old file or the whole new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)  # half a file on a full disk helps nobody
        raise


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_result(folder: Path, names: list[str]) -> None:
    """Seal the results named (paths relative to the folder)."""
    files = {name: sha256_of(folder / name) for name in names}
    write_atomically(folder / "result.json", json.dumps({"files": files}, indent=1).encode())


def read_result(folder: Path) -> list[str]:
    """Names of the sealed results, each checked. Raises ValueError if one is missing or damaged."""
    try:
        files: dict[str, str] = json.loads((folder / "result.json").read_bytes())["files"]
        damaged = [name for name, digest in files.items() if sha256_of(folder / name) != digest]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the job has no whole result: {folder.name}") from error
    if damaged:
        raise ValueError(f"results of the job are damaged: {', '.join(damaged)}")
    return list(files)


def _image(value: dict[str, Any]) -> JobImage:
    label = Label(value.pop("label")) if value.get("label") else value.pop("label", None)
    return _checked(JobImage(**{**value, "split": Split(value["split"])}, label=label), _IMAGE_VALUES)


def _contours(value: dict[str, Any]) -> ImageContours:
    rows, columns = (_SIDE.read(value[name]) for name in ("rows", "columns"))
    if rows is None or columns is None:
        raise ValueError("not the size of an image")
    return ImageContours(rows, columns, tuple(map(Contour.from_geojson, value["malignant"])))


def _checked(settings: T, values: Mapping[str, Wanted]) -> T:
    """The object itself. Raises ValueError where a field is not as wanted; None is left to those that may be it."""
    for name, wanted in values.items():
        value = getattr(settings, name)
        if wanted.read(value) is None and not (value is None and name in _MAY_BE_NONE):
            raise ValueError(f"{name} is not {wanted}")
    return settings
