"""What is compared: a recipe, and how large a part of the malignant training images lends its contours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from core.errors import UserError
from core.recipe import Method, Recipe

TABLE_2 = (
    "DB-Baseline",
    "Max-Region",
    "Cls-Det",
    "Cls-Det-RS",
    "SS-Cls-Det-RS@.25",
    "SS-Baseline-RS@.5",
    "SS-Cls-Det-RS@.5",
    "SS-Cls-Det-RS@.75",
    "SS-Cls-Det-RS@1",
)
_FRACTION = re.compile(r"^(?P<name>.+)@(?P<fraction>\d*\.?\d+)$")
_TABLE = "table2"
_METHODS = frozenset(method.value for method in Method)


@dataclass(frozen=True, slots=True)
class Arm:
    """One row of the tables. `text` names it everywhere; fraction is of the annotated malignant training images."""

    text: str
    recipe: Recipe
    fraction: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read NAME, NAME@FRACTION, BASE:METHOD or BASE:METHOD@FRACTION.

        NAME: a method of Table II on the default recipe, a named recipe, or the path of a recipe file. BASE: a named
        recipe or a file. A semi-supervised method without a fraction takes all contours. Raises UserError.
        """
        found = _FRACTION.match(text)
        name = found["name"] if found else text
        recipe = _recipe(name)
        if not recipe.method.is_semi_supervised:
            if found:
                raise UserError(
                    f"{text}: {recipe.method.value} learns from image labels alone and takes no fraction of contours. "
                    f"Write {name}."
                )
            return cls(_shown(text), recipe, 0.0)
        fraction = float(found["fraction"]) if found else 1.0
        if not 0.0 < fraction <= 1.0:
            raise UserError(f"{text}: the fraction of contours must be above 0 and at most 1.")
        return cls(_shown(text), recipe, fraction)

    @property
    def slug(self) -> str:
        """A name for folders: letters, digits, dots and dashes."""
        return re.sub(r"[^A-Za-z0-9.]+", "-", self.text.replace("@", "-at-")).strip("-.")


def parse_arms(text: str) -> tuple[Arm, ...]:
    """Arms from a list with commas; `table2` (or BASE:table2) stands for the nine rows of Table II. Raises UserError."""
    names = [name for part in text.split(",") if part.strip() for name in _expanded(part.strip())]
    arms = tuple(Arm.parse(name) for name in names)
    if not arms:
        raise UserError("No recipe is named: write, say, --recipes Cls-Det-RS,SS-Cls-Det-RS@.5")
    _check_unique([arm.text for arm in arms])
    _check_unique([arm.slug for arm in arms])
    return arms


def _shown(text: str) -> str:
    """Of a file, its name alone: a path may tell more than is meant to be passed on."""
    return re.split(r"[/\\]", text)[-1]


def _expanded(name: str) -> Sequence[str]:
    base, colon, method = name.rpartition(":")
    return [f"{base}{colon}{row}" for row in TABLE_2] if method == _TABLE else [name]


def _recipe(name: str) -> Recipe:
    base, _, method = name.rpartition(":")
    if base and method in _METHODS:
        return replace(_named(base), method=Method(method))
    return _named(name)


def _named(name: str) -> Recipe:
    from core.recipes import recipe_of

    return recipe_of(name)


def _check_unique(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"{name} is named twice among the recipes: each is compared once.")
