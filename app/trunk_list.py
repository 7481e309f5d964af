"""The trunks whose weights this user has: a small JSON file beside the settings, without Qt and without torch.

A recipe may name one of them. What is stored with a model is never such a name, but the architecture and the SHA-256
of the weights, so that a model means the same on every machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from app.places import settings_folder
from core.errors import UserError
from core.job import write_atomically
from core.recipe import Recipe, TrunkSettings
from core.trunks.catalogue import ARCHITECTURES, LITE0, find_architecture, no_weights

FILE_NAME = "trunks.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True)
class ListedTrunk:
    """One weights file. input_scaling: see TrunkSettings; '' is the architecture's own."""

    name: str
    architecture: str
    file: str
    weights_sha256: str
    input_scaling: str = ""

    @property
    def is_there(self) -> bool:
        """Whether the file is where it was; its content is checked when it is used."""
        return Path(self.file).is_file()


class TrunkList:
    """The list in a folder; every change is written at once."""

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or settings_folder()) / FILE_NAME
        self._trunks = {trunk.name: trunk for trunk in self._read()}

    def __iter__(self) -> Iterator[ListedTrunk]:
        return iter(self._trunks.values())

    def __contains__(self, name: str) -> bool:
        return name in self._trunks

    def add(self, trunk: ListedTrunk) -> None:
        """List a trunk; one of the same name is replaced. Raises UserError for a name that cannot be used."""
        check_name(trunk.name, architecture=trunk.architecture)
        self._write({**self._trunks, trunk.name: trunk})

    def remove(self, name: str) -> None:
        """Forget a trunk; its file stays. Raises UserError where there is none of that name."""
        if name not in self._trunks:
            raise UserError(f"There is no trunk {name!r} in your list: `lesionloop trunks` shows it.")
        self._write({key: trunk for key, trunk in self._trunks.items() if key != name})

    def resolved(self, settings: TrunkSettings) -> tuple[TrunkSettings, Path | None]:
        """Settings that core understands, and the weights file where there is one.

        Settings that name weights by SHA-256 keep them, wherever the file is now. Raises UserError where the name is
        unknown, or its weights are not there.
        """
        if settings.weights_sha256:
            same = [t for t in self if t.weights_sha256 == settings.weights_sha256]
            found = next((Path(trunk.file) for trunk in same if trunk.is_there), None)
            return settings, found or (Path(same[0].file) if same else None)
        if settings.name in self._trunks:
            trunk = self._trunks[settings.name]
            known = replace(
                settings,
                name=trunk.architecture,
                weights_sha256=trunk.weights_sha256,
                input_scaling=trunk.input_scaling,
            )
            return known, Path(trunk.file)
        find_architecture(settings.name)
        if settings.name != LITE0:
            raise UserError(no_weights(settings.name))
        return settings, None

    def _read(self) -> list[ListedTrunk]:
        try:
            content: Any = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise self._damaged() from error
        try:
            trunks = [ListedTrunk(**value) for value in content["trunks"]]
        except (KeyError, TypeError) as error:
            raise self._damaged() from error
        if any(not isinstance(value, str) for trunk in trunks for value in asdict(trunk).values()):
            raise self._damaged()
        return trunks

    def _damaged(self) -> UserError:
        return UserError(
            f"Your list of trunks, {self.path.name}, cannot be read: correct it, or move it out of the settings folder "
            "and add your weights files again with `lesionloop trunks add`."
        )

    def _write(self, trunks: dict[str, ListedTrunk]) -> None:
        content = {"trunks": [asdict(trunk) for trunk in trunks.values()]}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.path, json.dumps(content, indent=1).encode())
        except OSError as error:
            raise UserError(
                f"Your list of trunks could not be written ({error.strerror}): nothing was changed in it. "
                "Make the settings folder writable, then try again."
            ) from error
        self._trunks = trunks


def check_name(name: str, *, architecture: str) -> None:
    """Raises UserError where a trunk of this architecture cannot be called so."""
    if not _NAME.fullmatch(name):
        raise UserError(f"{name!r} is no name for a trunk: use small letters, digits, '-', '_' and '.'.")
    if name == LITE0 or (name in ARCHITECTURES and name != architecture):
        raise UserError(
            f"{name!r} is the name of another trunk: choose another name for your weights with --name."
        )


def with_weights(recipe: Recipe, *, trunks: TrunkList | None = None) -> tuple[Recipe, Path | None]:
    """The recipe with the trunk that it names, and that trunk's weights file where there is one.

    Raises UserError where the trunk is unknown, or its weights are not there.
    """
    settings, path = (TrunkList() if trunks is None else trunks).resolved(recipe.trunk)
    return replace(recipe, trunk=settings), path
