"""The predictions of an evaluation (`lesionloop evaluate --out FOLDER`), to be looked at in the plane."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.plane.points import SPLITS, PlanePoints, points_at
from app.translation import tr
from core.domain import ImageId
from core.errors import UserError
from storage.records import ImageRecord

FILE, IMAGES = "predictions.csv", "images.csv"
COLUMNS = ("recipe", "seed", "fold", "split_role", "image_id", "p_benign", "p_malignant")
_ROLES = {split.value: code for code, split in enumerate(SPLITS)}


@dataclass(frozen=True, eq=False, slots=True)
class Run:
    """One recipe under one seed, all its folds: (n,) arrays, one entry a row of the file. role: place in SPLITS."""

    image_id: NDArray[np.int64]
    fold: NDArray[np.int16]
    role: NDArray[np.int8]
    p_benign: NDArray[np.float64]
    p_malignant: NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class EvaluationFolder:
    """All runs of one evaluation, by recipe and seed, in the order of the file. labels: by image, where it tells them."""

    name: str
    runs: Mapping[tuple[str, str], Run]
    labels: Mapping[int, str]

    @property
    def recipes(self) -> list[str]:
        """Names, in order."""
        return list(dict.fromkeys(recipe for recipe, _ in self.runs))

    def seeds(self, recipe: str) -> list[str]:
        """Seeds of a recipe, in order."""
        return [seed for name, seed in self.runs if name == recipe]


def read_evaluation(folder: Path) -> EvaluationFolder:
    """Read predictions.csv of a folder. Raises UserError with a sentence on what is not as it should be."""
    path = folder / FILE
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise UserError(
                    tr(
                        "{folder} cannot be shown: {file} has no column {missing}. Choose a folder that `lesionloop "
                        "evaluate --out` wrote."
                    ).format(folder=folder.name, file=FILE, missing=missing[0])
                )
            runs = _read_rows(rows)
    except FileNotFoundError as error:
        raise UserError(
            tr(
                "{folder} is no evaluation: there is no {file} in it. Choose a folder that `lesionloop evaluate "
                "--out` wrote."
            ).format(folder=folder.name, file=FILE)
        ) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            tr("{folder} cannot be shown: {file} cannot be read. Evaluate again.").format(
                folder=folder.name, file=FILE
            )
        ) from error
    if not runs:
        raise UserError(
            tr("{folder} cannot be shown: {file} holds no prediction yet.").format(
                folder=folder.name, file=FILE
            )
        )
    return EvaluationFolder(
        folder.name, {key: _run(values) for key, values in runs.items()}, _labels(folder / IMAGES)
    )


def other_labels(folder: EvaluationFolder, records: Mapping[ImageId, ImageRecord]) -> int:
    """How many images of this project have another label than the evaluation knew: numbers alone do not tell whose
    they are, so many of them mean an evaluation of another project.
    """
    labels = {int(image_id): record.label for image_id, record in records.items()}
    return sum(
        image_id in labels and label != getattr(labels[image_id], "value", "")
        for image_id, label in folder.labels.items()
    )


def evaluation_points(run: Run, records: Mapping[ImageId, ImageRecord]) -> tuple[PlanePoints, int]:
    """The points of a run, and how many rows are of images that this project does not hold."""
    known = np.array([ImageId(int(each)) in records for each in run.image_id], bool)
    points = points_at(
        run.image_id[known],
        p_malignant=run.p_malignant[known],
        p_benign=run.p_benign[known],
        split=run.role[known],
        fold=run.fold[known],
        records=records,
    )
    return points, int((~known).sum())


def _labels(path: Path) -> dict[int, str]:
    """Labels by image from images.csv; none where it is not there or says none."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return {int(row["image_id"]): row["label"] for row in csv.DictReader(file)}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, ValueError, TypeError):
        return {}


Values = list[tuple[int, int, int, float, float]]


def _read_rows(rows: csv.DictReader[str]) -> dict[tuple[str, str], Values]:
    runs: dict[tuple[str, str], Values] = {}
    for row in rows:
        try:
            value = (
                int(row["image_id"]),
                int(row["fold"]),
                _ROLES[row["split_role"]],
                _probability(row["p_benign"]),
                _probability(row["p_malignant"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(
                tr(
                    "Line {line_num} of {file} cannot be understood: the evaluation was not opened. Evaluate again."
                ).format(line_num=rows.line_num, file=FILE)
            ) from error
        runs.setdefault((row["recipe"], row["seed"]), []).append(value)
    return runs


def _probability(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise ValueError(text)
    return value


def _run(values: Values) -> Run:
    image_id, fold, role, benign, malignant = zip(*values, strict=True)
    return Run(
        image_id=np.array(image_id, np.int64),
        fold=np.array(fold, np.int16),
        role=np.array(role, np.int8),
        p_benign=np.array(benign, np.float64),
        p_malignant=np.array(malignant, np.float64),
    )
