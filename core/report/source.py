"""The folder of an evaluation, read back: what figures and tables are made of."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.domain import Label
from core.errors import UserError

Row = dict[str, Any]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Places:
    """Images of one cell in the plane. position: (n, 2) at (p_M, p_B); label: one an image."""

    position: FloatArray
    label: tuple[Label, ...]

    @classmethod
    def of(cls, placed: Sequence[tuple[float, float, Label]]) -> Self:
        """From (p_M, p_B, label) of each image."""
        position = np.array([place[:2] for place in placed], np.float64).reshape(-1, 2)
        return cls(position, tuple(place[2] for place in placed))


@dataclass(frozen=True, eq=False, slots=True)
class Plane:
    """The probability plane of one run."""

    train: Places
    test: Places
    seed: int
    fold: int


@dataclass(frozen=True, eq=False, slots=True)
class Curves:
    """One figure per epoch over the cells of a recipe. value: (cells, epochs), NaN where it cannot be computed."""

    name: str
    value: FloatArray


@dataclass(frozen=True, eq=False, slots=True)
class Source:
    """An evaluation's folder with the content of its evaluation.json."""

    folder: Path
    value: Row
    recipes: tuple[str, ...] = field(default=())

    @classmethod
    def read(cls, folder: Path) -> Source:
        """Read evaluation.json. Raises UserError where it is not there or of another version."""
        from core.crossval import read_evaluation

        value = read_evaluation(folder)
        return cls(folder, value, tuple(recipe["recipe"] for recipe in value["recipes"]))

    def figure(self, recipe: str, *, task: str, level: str, name: str) -> Row:
        """One row of `figures`."""
        wanted = (recipe, task, level, name)
        return next(
            row
            for row in self.value["figures"]
            if (row["recipe"], row["task"], row["level"], row["name"]) == wanted
        )

    def rows(self, what: str, *, recipe: str, task: str) -> Row:
        """The row of `roc` or `froc` of a recipe and task."""
        return next(r for r in self.value[what] if (r["recipe"], r["task"]) == (recipe, task))

    def fraction(self, recipe: str) -> float:
        """The part of the malignant training images' contours that the recipe learns from."""
        return float(next(r["fraction"] for r in self.value["recipes"] if r["recipe"] == recipe))

    def curves(self, recipe: str) -> list[Curves]:
        """Every figure of the recipe's outer cells, epoch by epoch; a shorter fit is NaN after its end."""
        tables = [_columns(path) for path in self._curve_files(recipe)]
        if not tables:
            return []
        epochs = max(len(table["epoch"]) for table in tables)
        names = [name for name in tables[0] if name != "epoch"]
        found = []
        for name in names:
            value = np.full((len(tables), epochs), np.nan)
            for row, table in zip(value, tables, strict=True):
                row[: len(table["epoch"])] = table.get(name, np.full(len(table["epoch"]), np.nan))
            found.append(Curves(name, value))
        return found

    def planes(self) -> dict[str, Plane]:
        """Training and held-out images of each recipe's first finished run, by recipe.

        Raises UserError where predictions.csv or images.csv cannot be read.
        """
        first = self._first_runs()
        placed: dict[str, dict[str, list[tuple[float, float, Label]]]] = {
            recipe: {"train": [], "test": []} for recipe in first
        }
        try:
            labels = {row["image_id"]: Label(row["label"]) for row in _csv(self.folder / "images.csv")}
            for row in _csv(self.folder / "predictions.csv"):
                recipe, role = row["recipe"], row["split_role"]
                if role in ("train", "test") and first.get(recipe) == (int(row["seed"]), int(row["fold"])):
                    place = (float(row["p_malignant"]), float(row["p_benign"]), labels[row["image_id"]])
                    placed[recipe][role].append(place)
        except (OSError, KeyError, ValueError) as error:
            raise UserError(
                f"predictions.csv or images.csv of {self.folder.name} is missing or damaged. Run the same evaluation "
                "again: the runs that are finished are kept."
            ) from error
        return {
            recipe: Plane(Places.of(roles["train"]), Places.of(roles["test"]), *first[recipe])
            for recipe, roles in placed.items()
        }

    def _first_runs(self) -> dict[str, tuple[int, int]]:
        """(seed, fold) of the first finished run of each recipe that has one."""
        found: dict[str, tuple[int, int]] = {}
        for cell in self.value["cells"]:
            if cell["inner"] is None and cell["state"] == "done":
                run = (cell["seed"], cell["fold"])
                found[cell["recipe"]] = min(run, found.get(cell["recipe"], run))
        return found

    def _curve_files(self, recipe: str) -> Iterator[Path]:
        for cell in self.value["cells"]:
            is_outer = cell["recipe"] == recipe and cell["inner"] is None
            path = self.folder / str(cell["folder"]) / "curves.csv"
            if is_outer and cell["state"] == "done" and path.is_file():
                yield path


def _csv(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _columns(path: Path) -> dict[str, FloatArray]:
    rows = list(_csv(path))
    names = list(rows[0]) if rows else ["epoch"]
    return {name: np.array([float(row[name]) if row[name] else np.nan for row in rows]) for name in names}
