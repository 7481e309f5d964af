"""What is to be replayed: strategies, budgets, folds and seeds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from core.errors import UserError
from core.ranking.registry import find
from core.recipe import Recipe

_BUDGET = re.compile(r"^(?P<number>\d+(\.\d+)?)\s*(?P<unit>%|contours?|c|min|m)?$")


class Unit(StrEnum):
    """In what a budget is counted."""

    SHARE = "%"
    IMAGES = ""
    CONTOURS = "c"
    MINUTES = "min"


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is annotated before a training: a share of the images in percent, images, contours, or minutes."""

    amount: float
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 25%, 8 (images), 12c (contours) or 30min. Raises UserError."""
        found = _BUDGET.match(text.strip())
        if found is None or float(found["number"]) <= 0:
            raise UserError(
                f"{text.strip() or 'Nothing'} is no budget: write 25% of the images, 8 images, 12c (contours) or 30min."
            )
        unit = {"%": Unit.SHARE, None: Unit.IMAGES, "m": Unit.MINUTES, "min": Unit.MINUTES}.get(
            found["unit"], Unit.CONTOURS
        )
        amount = float(found["number"])
        if unit is Unit.SHARE and amount > 100:
            raise UserError(f"{text.strip()} is more than all images.")
        return cls(amount, unit)

    def __str__(self) -> str:
        return f"{self.amount:g}{self.unit.value}"


def parse_budgets(text: str) -> tuple[Budget, ...]:
    """Budgets from a list with commas, in growing order; nothing and all are always measured. Raises UserError."""
    budgets = [Budget.parse(part) for part in text.split(",") if part.strip()]
    inner = [b for b in budgets if not (b.unit is Unit.SHARE and b.amount == 100)]
    if len({b.unit for b in inner}) > 1:
        raise UserError("Count all budgets alike: in percent, images, contours or minutes.")
    if len({b.amount for b in inner}) < len(inner):
        raise UserError("A budget is named twice: each is measured once.")
    return tuple(sorted(inner, key=lambda b: b.amount))


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """A replay. budgets: between nothing and all, which are always measured. fold_seed deals the folds.

    recipe: semi-supervised; its own seed is not used, a fit's follows from its seed and fold alone, so that two strategies
    differ by what is annotated and by nothing else.
    """

    strategies: tuple[str, ...]
    budgets: tuple[Budget, ...]
    recipe: Recipe
    folds: int = 5
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    fold_seed: int = 0
    resamples: int = 1000

    def __post_init__(self) -> None:
        if not self.strategies or not self.seeds:
            raise UserError("A study needs a strategy and a seed.")
        for names, what in ((self.strategies, "strategy"), (self.seeds, "seed")):
            if len(set(names)) < len(names):
                raise UserError(f"A {what} is named twice: each is run once.")
        for name in self.strategies:
            find(name)
        if not self.recipe.method.is_semi_supervised:
            raise UserError(
                f"{self.recipe.method.value} learns nothing from contours: choose a semi-supervised recipe."
            )

    @property
    def fits(self) -> int:
        """How many models are fitted: those without and with all contours are shared by the strategies."""
        return self.folds * len(self.seeds) * (2 + len(self.strategies) * len(self.budgets))
