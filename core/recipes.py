"""Recipes by name: the default, the paper's, a quick one, and each method of Table II; and recipes from files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.recipe import Augmentation, Method, Normalisation, Recipe, TrunkMode, TrunkSettings
from core.values import RecipeError

LARGEST_FILE = 1_000_000  # bytes; a recipe has about one thousand
BASE = "base"  # key of a recipe file: the named recipe that the file's settings change

PAPER_VARIANTS = (
    15  # 7 rotations, 2 flips and 6 shifts, each by itself: the paper does not say how they go together
)


def named_recipes() -> dict[str, Recipe]:
    """All recipes that have a name; each says its name itself.

    default: the product's. paper: the paper's values on the paper's trunk, whose weights the user points to.
    paper-head: the paper's head on the default's trunk. quick: to try something out in a quarter of the epochs.
    Then the six methods of Table II on the default's settings, by their names in the paper.
    """
    recipes = {
        "default": Recipe(),
        "paper": _paper(),
        "paper-head": _with_papers_head(Recipe()),
        "quick": replace(Recipe(), epochs=50, dense_epochs=10),
    }
    recipes |= {method.value: replace(Recipe(), method=method) for method in Method}
    return {name: replace(recipe, name=name) for name, recipe in recipes.items()}


def recipe_of(text: str) -> Recipe:
    """A recipe by its name, or from a JSON file. UserError for anything else.

    A file holds a recipe as Recipe.to_json gives it, or some of its settings alone, which then change the default, or
    the named recipe that "base" says: {"base": "paper", "k": 5}. Without a name of its own it is called like its file.
    A trunk of another name keeps none of the base's settings of its trunk.
    """
    named = {name.casefold(): recipe for name, recipe in named_recipes().items()}
    if text.casefold() in named:
        return named[text.casefold()]
    path = Path(text)
    if path.suffix.casefold() != ".json" and not path.is_file():
        raise UserError(
            f"There is no recipe '{text}': choose {', '.join(named_recipes())}, or give the path of a JSON file."
        )
    try:
        return _from_file(_content(path), name=path.stem)
    except RecipeError as error:
        raise UserError(f"The recipe {path.name} cannot be used. {error}") from error


def _with_papers_head(recipe: Recipe) -> Recipe:
    """Sec. V, Implementation; the number of epochs and the L2 coefficient, which the paper does not give, stay."""
    return replace(
        recipe, learning_rate=1e-4, dense_epochs=0, k=10, hidden=128, dropout=0.5, batch_images=256
    )


def _paper() -> Recipe:
    return replace(
        _with_papers_head(Recipe()),
        components=0,
        normalisation=Normalisation.NONE,
        augmentation=Augmentation.ALL,
        variants=PAPER_VARIANTS,
        balance=True,
        trunk=TrunkSettings(name="cnn-m-128", mode=TrunkMode.WINDOWS, pooling="mean"),
    )


def _content(path: Path) -> Any:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UserError(f"{path.name} is too large for a recipe: choose another file.")
        return json.loads(path.read_bytes())
    except OSError as error:
        raise UserError(f"The recipe {path.name} cannot be read: check that the file is there.") from error
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"The recipe {path.name} is not in JSON: correct it, or choose another file."
        ) from error


def _from_file(content: Any, *, name: str) -> Recipe:
    if not isinstance(content, Mapping):
        raise RecipeError("It holds no settings by name.")
    if _is_whole(content):
        return Recipe.from_json(content)
    settings = dict(content)
    base = settings.pop(BASE, "default")
    if base not in tuple(named_recipes()):
        raise RecipeError(f"Its base is none of {', '.join(named_recipes())}.")
    plain = named_recipes()[base].to_json()
    for part in ("grid", "trunk"):
        changed = settings.get(part)
        if isinstance(changed, Mapping):
            is_another = part == "trunk" and changed.get("name", plain[part]["name"]) != plain[part]["name"]
            # Taps, poolings and weights are those of one trunk: another starts from its own.
            settings[part] = dict(changed) if is_another else {**plain[part], **changed}
    return Recipe.from_json({**plain, "name": name, **settings})


def _is_whole(content: Mapping[str, Any]) -> bool:
    """Whether a file holds every setting that recipes had from the first: what it lacks is then older than the rest."""
    optional = Recipe.settings_since_0_2()
    return {item.name for item in fields(Recipe)} - optional <= set(content)
