"""The multi-class decision on the probability plane (Table III): one-vs-rest kernel SVM on (p_M, p_B)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.crossval.cells import CellResult
from core.crossval.cohort import CohortImage
from core.errors import UserError
from core.plane import PLANE_CLASSES, class_of, decision_areas
from core.plane import confusion as counted

CLASSES = tuple(label.value for label in PLANE_CLASSES)  # N, B, M; M and MB together


@dataclass(frozen=True, slots=True)
class Confusion:
    """counts: rows true, columns predicted, in the order N, B, M, over the held-out images of `folds` folds, by seed.

    skipped: cells whose training images lack one of the three classes.
    """

    by_seed: Mapping[int, tuple[tuple[int, ...], ...]]
    cells: int
    skipped: int

    def to_json(self) -> dict[str, Any]:
        """Plain values; `counts` is the mean over seeds, `accuracy` and `recall` are of it."""
        tables = [np.array(table, dtype=np.float64) for table in self.by_seed.values()]
        mean = np.mean(tables, axis=0) if tables else np.zeros((3, 3))
        total, rows = mean.sum(), mean.sum(axis=1)
        return {
            "classes": list(CLASSES),
            "counts": mean.tolist(),
            "by_seed": {str(seed): [list(row) for row in table] for seed, table in self.by_seed.items()},
            "accuracy": float(np.trace(mean) / total) if total else None,
            "recall": [float(mean[i, i] / rows[i]) if rows[i] else None for i in range(len(CLASSES))],
            "cells": self.cells,
            "skipped": self.skipped,
        }


def confusion(results: Sequence[CellResult], images: Mapping[int, CohortImage]) -> Confusion:
    """Fit on each cell's training images, predict its held-out ones, add up over folds."""
    tables: dict[int, NDArray[np.int64]] = {}
    skipped = 0
    for result in results:
        table = _of_cell(result, images)
        if table is None:
            skipped += 1
            continue
        seed = int(result.figures["seed"])
        tables[seed] = tables.get(seed, np.zeros((3, 3), np.int64)) + table
    return Confusion(
        {seed: tuple(tuple(row) for row in table.tolist()) for seed, table in sorted(tables.items())},
        cells=len(results) - skipped,
        skipped=skipped,
    )


def _of_cell(result: CellResult, images: Mapping[int, CohortImage]) -> NDArray[np.int64] | None:
    train, train_class = _plane(result, images, "train")
    test, test_class = _plane(result, images, "test")
    try:
        areas = decision_areas(train, train_class, cells=1)
    except UserError:
        return None  # a class has no training image
    return counted(test_class, areas.classes_of(test))


def _plane(
    result: CellResult, images: Mapping[int, CohortImage], role: str
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """(n, 2) places at (p_M, p_B) and (n,) classes."""
    ids = result.images(role)
    places = np.array([result.probability[i][::-1] for i in ids], np.float64).reshape(-1, 2)
    return places, np.array([class_of(images[i].label) for i in ids], np.int8)
