"""Hanging protocols: layouts of places, read from a small JSON file.

    {"layouts": [{"name": "four", "text": "Four views", "columns": 2, "places": ["R CC", "L CC", "R MLO", "L MLO"]}]}

Places are filled row by row. A place is a side and a view, as DICOM's ImageLaterality and ViewPosition write them, or
"*", any image. The file in resources holds ours; one of the same form in the settings folder takes its place.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from core.domain import Laterality, View
from core.errors import UserError

FILE = "hanging.json"  # in the settings folder
NAMES = ("single", "four", "cc", "mlo", "row")  # layouts that have a key
ANY = "*"
MOST_PLACES = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image of one side and view hangs; both None: whatever is open."""

    laterality: Laterality | None = None
    view: View | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """'R CC' or '*'. Raises ValueError."""
        if text == ANY:
            return cls()
        side, _, view = text.partition(" ")
        return cls(Laterality(side), View(view))

    @property
    def name(self) -> str:
        """'R CC'; '' for any."""
        return "" if self.laterality is None else f"{self.laterality} {self.view}"


@dataclass(frozen=True, slots=True)
class Layout:
    """Places in rows of so many columns."""

    name: str
    text: str
    columns: int
    places: tuple[Place, ...]

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Raises ValueError, KeyError or TypeError where it is none."""
        layout = cls(
            str(value["name"]),
            str(value["text"]),
            int(value["columns"]),
            tuple(Place.parse(place) for place in value["places"]),
        )
        if not 1 <= len(layout.places) <= MOST_PLACES or not 1 <= layout.columns <= len(layout.places):
            raise ValueError("a layout has 1 to 16 places, and no more columns than places")
        named = [place for place in layout.places if place.laterality is not None]
        if len(set(named)) != len(named):
            raise ValueError("a layout has each place once")
        return layout


@dataclass(frozen=True, slots=True)
class Protocol:
    """Layouts by name, in the order of the file."""

    layouts: tuple[Layout, ...]

    def __getitem__(self, name: str) -> Layout:
        return next(layout for layout in self.layouts if layout.name == name)

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Raises ValueError, KeyError or TypeError where it is none."""
        protocol = cls(tuple(Layout.from_json(each) for each in value["layouts"]))
        names = [layout.name for layout in protocol.layouts]
        missing = [name for name in NAMES if name not in names]
        if missing or len(set(names)) != len(names):
            raise ValueError(f"a protocol has the layouts {', '.join(NAMES)}, each once")
        return protocol


def load_protocol(own: Path, *, ours: Path) -> Protocol:
    """The user's protocol if there is one, else ours. Raises UserError where the user's cannot be understood."""
    if not own.exists():
        return Protocol.from_json(json.loads(ours.read_text(encoding="utf-8")))
    try:
        return Protocol.from_json(json.loads(own.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(
            f"The hanging protocol {own.name} in the settings folder cannot be understood, so the usual one is used: "
            "correct it or remove it, then start Lesionloop again."
        ) from error
