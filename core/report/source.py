"""The folder of an evaluation, read back: what figures and tables are made of."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.domain import Label

Row = dict[str, Any]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Places:
    """Images of one cell in the plane. position: (n, 2) at (p_M, p_B); label: one an image."""

    position: FloatArray
    label: tuple[Label, ...]


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

    def plane(self, recipe: str) -> tuple[dict[str, Places], str] | None:
        """Training and held-out images of the recipe's first cell in the plane, and which cell it is."""
        labels = {row["image_id"]: Label(row["label"]) for row in _csv(self.folder / "images.csv")}
        rows = [row for row in _csv(self.folder / "predictions.csv") if row["recipe"] == recipe]
        if not rows:
            return None
        first = min((int(row["seed"]), int(row["fold"])) for row in rows)
        mine = [row for row in rows if (int(row["seed"]), int(row["fold"])) == first]
        found = {}
        for role in ("train", "test"):
            part = [row for row in mine if row["split_role"] == role]
            position = [(float(row["p_malignant"]), float(row["p_benign"])) for row in part]
            found[role] = Places(
                np.array(position, np.float64).reshape(-1, 2), tuple(labels[row["image_id"]] for row in part)
            )
        return found, f"seed {first[0]}, fold {first[1]}"

    def _curve_files(self, recipe: str) -> Iterator[Path]:
        for cell in self.value["cells"]:
            is_outer = cell["recipe"] == recipe and cell["inner"] is None
            path = self.folder / str(cell["folder"]) / "curves.csv"
            if is_outer and cell["state"] == "done" and path.is_file():
                yield path


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _columns(path: Path) -> dict[str, FloatArray]:
    rows = _csv(path)
    names = list(rows[0]) if rows else ["epoch"]
    return {name: np.array([float(row[name]) if row[name] else np.nan for row in rows]) for name in names}


def read_json(path: Path) -> Row:
    """A JSON object of a file."""
    value: Row = json.loads(path.read_bytes())
    return value
