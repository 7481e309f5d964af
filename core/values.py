"""What values a declarative object may hold, checked the same way wherever it comes from, and told in a sentence."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from core.errors import UserError


class RecipeError(UserError, ValueError):
    """A setting of a recipe that makes no sense, told in a sentence."""


class Wanted(Protocol):
    """What one setting may be; as a text, the end of the sentence 'it is ..'."""

    def read(self, value: object) -> object | None:
        """The value as it is kept, or None where it makes no sense."""
        ...


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number, both ends included."""

    least: int
    most: int

    def __str__(self) -> str:
        return f"a whole number from {self.least} to {self.most}"

    def read(self, value: object) -> int | None:
        """The number itself."""
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        return value if self.least <= value <= self.most else None


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number, both ends included; a whole one is kept as a float."""

    least: float
    most: float

    def __str__(self) -> str:
        return f"a number from {self.least:g} to {self.most:g}"

    def read(self, value: object) -> float | None:
        """The number as a float."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        is_inside = math.isfinite(value) and self.least <= value <= self.most
        return float(value) if is_inside else None


@dataclass(frozen=True, slots=True)
class Text:
    """A text, one of `choices` where there are any."""

    choices: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"one of {', '.join(self.choices)}" if self.choices else "a text"

    def read(self, value: object) -> str | None:
        """The text itself."""
        is_choice = not self.choices or value in self.choices
        return value if isinstance(value, str) and is_choice else None


@dataclass(frozen=True, slots=True)
class Choice:
    """A member of an enumeration, or its text."""

    kind: type[StrEnum]

    def __str__(self) -> str:
        return f"one of {', '.join(self.kind)}"

    def read(self, value: object) -> StrEnum | None:
        """The member."""
        return next((choice for choice in self.kind if choice == value), None)


@dataclass(frozen=True, slots=True)
class Of:
    """True or false, or an object of a class."""

    kind: type

    def __str__(self) -> str:
        return "true or false" if self.kind is bool else "an object"

    def read(self, value: object) -> object | None:
        """The value itself."""
        return value if isinstance(value, self.kind) else None


def check(settings: object, values: Mapping[str, Wanted]) -> None:
    """Raise RecipeError for the first field of a frozen object that is not as wanted; keep each as it was read."""
    for name, wanted in values.items():
        given = getattr(settings, name)
        understood = wanted.read(given)
        if understood is None:
            raise RecipeError(f"The recipe's {name} cannot be {_shown(given)}: it is {wanted}.")
        object.__setattr__(settings, name, understood)


def settings_by_name(value: object, *, known: Mapping[str, Wanted]) -> dict[str, Any]:
    """A JSON object all of whose keys are known. Raises RecipeError for anything else."""
    if not isinstance(value, Mapping):
        raise RecipeError(f"A recipe holds settings by name, which {_shown(value)} does not.")
    unknown = sorted(set(value) - set(known), key=str)
    if unknown:
        raise RecipeError(
            f"The recipe has a setting {_shown(unknown[0])} that this version does not know: "
            "correct or remove it, or use a newer version."
        )
    return dict(value)


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."
