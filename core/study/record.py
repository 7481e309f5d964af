"""A finished study as files that are read back: study.json, cells.csv, resamples.npz, sealed by result.json."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import UserError
from core.job import read_result, write_atomically, write_result
from core.study.points import MEASURES, Point

VERSION = 1
STUDY, CELLS, RESAMPLES = "study.json", "cells.csv", "resamples.npz"
_COLUMNS = ("strategy", "budget", "fold", "seed", "images", "contours", "regions", "minutes", *MEASURES)


@dataclass(frozen=True, eq=False, slots=True)
class StudyRecord:
    """points: of every finished cell. settings: what was asked for. provenance: on what it stands. notes: sentences."""

    points: tuple[Point, ...]
    settings: Mapping[str, Any]
    provenance: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def write_study(folder: Path, record: StudyRecord) -> None:
    """Write a study, whole or not at all. Raises OSError."""
    value = {
        "version": VERSION,
        "settings": dict(record.settings),
        "provenance": dict(record.provenance),
        "notes": list(record.notes),
    }
    write_atomically(folder / CELLS, cells_csv(record.points).encode())
    write_atomically(folder / RESAMPLES, _resamples(record.points))
    write_atomically(folder / STUDY, json.dumps(value, indent=1, allow_nan=False).encode())
    write_result(folder, [STUDY, CELLS, RESAMPLES])


def read_study(folder: Path) -> StudyRecord:
    """Read a study back. Raises UserError where there is none, it was changed, or another version wrote it."""
    try:
        sealed = read_result(folder)
        if not {STUDY, CELLS, RESAMPLES} <= set(sealed):
            raise ValueError("a file is not sealed")
        value = json.loads((folder / STUDY).read_bytes())
        if value["version"] != VERSION:
            raise UserError(
                f"The study in {folder.name} was made by another version of Lesionloop: run it again."
            )
        with np.load(folder / RESAMPLES, allow_pickle=False) as arrays:
            drawn = {name: arrays[name] for name in arrays.files}
        points = _points((folder / CELLS).read_text(encoding="utf-8"), drawn)
        return StudyRecord(points, value["settings"], value["provenance"], tuple(value["notes"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{folder.name} holds no finished study, or a file of it is missing or changed: run "
            f"`lesionloop study` with --out {folder.name} again; finished cells are kept."
        ) from error


def cells_csv(points: Sequence[Point]) -> str:
    """cells.csv: a row a cell; numbers as Python writes them, so that they read back the same."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for point in points:
        own = [getattr(point, name) for name in _COLUMNS[:8]]
        figures = [point.values.get(name) for name in MEASURES]
        rows.writerow(
            [
                "" if value is None else repr(value) if isinstance(value, float) else value
                for value in (*own, *figures)
            ]
        )
    return text.getvalue()


def _resamples(points: Sequence[Point]) -> bytes:
    """One (cells, r) table a measure, of the cells that were resampled; and which they are."""
    content = io.BytesIO()
    arrays = {}
    for name in MEASURES:
        rows = [number for number, point in enumerate(points) if name in point.drawn]
        arrays[f"{name}/cells"] = np.array(rows, np.int64)
        arrays[f"{name}/drawn"] = np.array([points[row].drawn[name] for row in rows], np.float64)
    np.savez_compressed(content, allow_pickle=False, **arrays)
    return content.getvalue()


def _points(text: str, drawn: Mapping[str, np.ndarray[Any, Any]]) -> tuple[Point, ...]:
    by_cell: dict[int, dict[str, Any]] = {}
    for name in MEASURES:
        for number, row in zip(drawn[f"{name}/cells"].tolist(), drawn[f"{name}/drawn"], strict=True):
            by_cell.setdefault(number, {})[name] = row
    return tuple(
        Point(
            strategy=row["strategy"],
            budget=float(row["budget"]),
            fold=int(row["fold"]),
            seed=int(row["seed"]),
            images=int(row["images"]),
            contours=int(row["contours"]),
            regions=int(row["regions"]),
            minutes=float(row["minutes"]) if row["minutes"] else None,
            values={name: float(row[name]) if row[name] else None for name in MEASURES},
            drawn=by_cell.get(number, {}),
        )
        for number, row in enumerate(csv.DictReader(io.StringIO(text)))
    )
