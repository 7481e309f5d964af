"""What the window remembers about its user, apart from any project: one small INI file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from app.colours import Look
from app.keys import Keys
from app.places import FOLDER_VARIABLE, log_folder, settings_folder
from app.translation import LANGUAGES
from app.viewer.inks import HeatColours, Inks, InkSet
from core.domain import Arm
from core.errors import UserError
from core.recipe import Method, Recipe

__all__ = ["FOLDER_VARIABLE", "Settings", "log_folder", "settings_folder"]

RECENT_PROJECTS = 8
USUAL_POINTS = 10
TEXT_POINTS = (8, 17)  # from, and up to but not


class Settings:
    """Typed access to the INI file. Values of the view that make no sense are read as never set."""

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or settings_folder()
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "settings.ini"
        self._values = QSettings(str(self.path), QSettings.Format.IniFormat)

    @property
    def reader(self) -> str:
        """Name of the reader at this desk; '' until asked."""
        return str(self._values.value("reader/name", "")).strip()

    @reader.setter
    def reader(self, name: str) -> None:
        self._set("reader/name", name.strip())

    @property
    def recent_projects(self) -> list[Path]:
        """Project folders opened here that still exist, newest first."""
        try:
            names = json.loads(str(self._values.value("projects/recent", "[]")))
        except json.JSONDecodeError:
            return []
        return [Path(name) for name in names if isinstance(name, str) and Path(name).is_dir()]

    def remember_project(self, folder: Path) -> None:
        """Put a project at the top of the recent ones."""
        others = [other for other in self.recent_projects if other != folder]
        names = [str(path) for path in [folder, *others][:RECENT_PROJECTS]]
        self._set("projects/recent", json.dumps(names))

    def recipe(self, *, annotated_images: int) -> Recipe:
        """What Retrain trains: the best semi-supervised method, or its weak form while nothing is drawn.

        `training/recipe` in the INI file may override single values, as a JSON object. Raises UserError where it
        cannot be understood: nothing is trained in another way than was asked for.
        """
        recipe = Recipe.from_json({**Recipe().to_json(), **self.recipe_changes})
        if annotated_images == 0 and recipe.method.is_semi_supervised:
            return replace(recipe, method=Method.CLS_DET_RS)
        return recipe

    @property
    def recipe_changes(self) -> dict[str, object]:
        """Values of the recipe that this user changed. Raises UserError where they make no sense."""
        try:
            changes = json.loads(str(self._values.value("training/recipe", "{}")))
            Recipe.from_json({**Recipe().to_json(), **changes})
        except (TypeError, ValueError) as error:
            raise UserError(
                f"The training settings in {self.path.name} cannot be understood, so nothing was trained: "
                "correct or remove the line 'recipe' of its part [training], then start Lesionloop again."
            ) from error
        return dict(changes)

    @recipe_changes.setter
    def recipe_changes(self, changes: dict[str, object]) -> None:
        self._set("training/recipe", json.dumps(changes))

    @property
    def overlay_opacity(self) -> float:
        """Opacity of the model's overlays, in [0, 1]."""
        try:
            return min(1.0, max(0.0, float(str(self._values.value("view/overlay_opacity", 0.45)))))
        except ValueError:
            return 0.45

    @overlay_opacity.setter
    def overlay_opacity(self, opacity: float) -> None:
        self._set("view/overlay_opacity", opacity)

    @property
    def arm(self) -> Arm:
        """What a sitting shows of the model before the reader has decided."""
        text = str(self._values.value("reading/arm", ""))
        return Arm(text) if text in list(Arm) else Arm.SHOWN

    @arm.setter
    def arm(self, arm: Arm) -> None:
        self._set("reading/arm", arm.value)

    @property
    def hanging(self) -> str:
        """Name of the layout in which studies hang."""
        return str(self._values.value("view/hanging", "four"))

    @hanging.setter
    def hanging(self, name: str) -> None:
        self._set("view/hanging", name)

    @property
    def look(self) -> Look:
        """Dark, or light."""
        text = str(self._values.value("window/look", ""))
        return Look(text) if text in list(Look) else Look.DARK

    @look.setter
    def look(self, look: Look) -> None:
        self._set("window/look", look.value)

    @property
    def text_points(self) -> int:
        """Size of the window's text, points."""
        text = str(self._values.value("window/text_points", ""))
        return int(text) if text.isdigit() and int(text) in range(*TEXT_POINTS) else USUAL_POINTS

    @text_points.setter
    def text_points(self, points: int) -> None:
        self._set("window/text_points", points)

    @property
    def inks(self) -> Inks:
        """Colours of what lies over the image."""
        which, heat = (str(self._values.value(f"view/{name}", "")) for name in ("inks", "heat_colours"))
        return Inks(
            InkSet(which) if which in list(InkSet) else InkSet.USUAL,
            HeatColours(heat) if heat in list(HeatColours) else HeatColours.WARM,
        )

    @inks.setter
    def inks(self, inks: Inks) -> None:
        self._set("view/inks", inks.which.value)
        self._set("view/heat_colours", inks.heat.value)

    @property
    def language(self) -> str:
        """One of LANGUAGES; '' for that of the system."""
        text = str(self._values.value("window/language", ""))
        return text if text in LANGUAGES else ""

    @language.setter
    def language(self, language: str) -> None:
        self._set("window/language", language)

    @property
    def changed_keys(self) -> dict[str, Keys]:
        """Keys that differ from the usual ones, by the action's name."""
        try:
            kept = json.loads(str(self._values.value("window/keys", "{}")))
        except json.JSONDecodeError:
            return {}
        if not isinstance(kept, dict):
            return {}
        return {
            name: tuple(key for key in keys if isinstance(key, str))
            for name, keys in kept.items()
            if isinstance(keys, list)
        }

    @changed_keys.setter
    def changed_keys(self, changed: dict[str, Keys]) -> None:
        self._set("window/keys", json.dumps(changed))

    def is_on(self, name: str, *, default: bool) -> bool:
        """A switch of the view, by name."""
        return str(self._values.value(f"view/{name}", default)).lower() in ("true", "1")

    def set_on(self, name: str, value: bool) -> None:
        """Remember a switch of the view."""
        self._set(f"view/{name}", value)

    def layout(self, name: str) -> QByteArray | None:
        """A window's geometry or a splitter's state as kept last time."""
        value = self._values.value(f"layout/{name}")
        return value if isinstance(value, QByteArray) and not value.isEmpty() else None

    def keep_layout(self, name: str, state: QByteArray) -> None:
        """Keep a window's geometry or a splitter's state."""
        self._set(f"layout/{name}", state)

    def close(self) -> None:
        """Write what is not written yet."""
        self._values.sync()

    def _set(self, key: str, value: object) -> None:
        self._values.setValue(key, value)
        self._values.sync()
