"""Choosing a recipe without looking at what it is judged on: inner folds choose, the outer held-out images judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.crossval.cohort import Cohort
from core.crossval.folds import Fold, deal_folds
from core.crossval.measures import CellMeasures, Key, Level, froc_key
from core.evaluation import Task

CRITERION = (froc_key(Task.MALIGNANT, 1.0), Key(Task.MALIGNANT, Level.IMAGE, "paucr"))
CRITERION_TEXT = "mean of FROC sensitivity at 1 FPPI and pAUCR (M vs. BN)"


@dataclass(frozen=True, slots=True)
class Choice:
    """The recipe that the inner folds of one outer fold chose, and every recipe's criterion there (None: no figure)."""

    seed: int
    fold: int
    chosen: str | None
    criteria: Mapping[str, float | None]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"seed": self.seed, "fold": self.fold, "chosen": self.chosen, "criteria": dict(self.criteria)}


def inner_folds(cohort: Cohort, outer: Fold, *, count: int, seed: int) -> tuple[Fold, ...]:
    """Folds of the images that train and validate in an outer fold: its held-out patients are in none of them."""
    there = {*outer.train, *outer.validation}
    inside = Cohort(tuple(image for image in cohort.images if image.image_id in there))
    return deal_folds(inside, count=count, seed=seed + 1000 * (outer.number + 1))


def criterion(measured: Sequence[CellMeasures]) -> float | None:
    """The mean of CRITERION, each averaged over the cells that could measure it; of those there are.

    Where no contour is drawn there is no FROC, and pAUCR decides alone.
    """
    means = []
    for key in CRITERION:
        values = [value for cell in measured if (value := cell.values.get(key)) is not None]
        if values:
            means.append(float(np.mean(values)))
    return float(np.mean(means)) if means else None


def choose(inner: Mapping[str, Sequence[CellMeasures]], *, seed: int, fold: int, planned: int) -> Choice:
    """The recipe with the best criterion, the first named among equals.

    Only recipes whose `planned` inner cells are all there can be chosen.
    """
    criteria = {name: criterion(cells) if len(cells) == planned else None for name, cells in inner.items()}
    there = {name: value for name, value in criteria.items() if value is not None}
    chosen = max(there, key=lambda name: there[name]) if there else None
    return Choice(seed, fold, chosen, criteria)


def outer_cells(choices: Sequence[Choice], outer: Mapping[str, Sequence[CellMeasures]]) -> list[CellMeasures]:
    """The outer cell of each chosen recipe: what the whole procedure, choosing included, is worth."""
    chosen = {(choice.seed, choice.fold): choice.chosen for choice in choices}
    return [
        cell for name, cells in outer.items() for cell in cells if chosen.get((cell.seed, cell.fold)) == name
    ]
