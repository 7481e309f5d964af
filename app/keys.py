"""Which key does what: the keys of the table of actions, and what the reader made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QKeySequence

Keys = tuple[str, ...]

# Keys that the image, lists and dialogs answer to by themselves: no action may have them.
FIXED = (
    *("Space", "Esc", "Return", "Enter", "Backspace", "Tab", "Shift+Tab", "Backtab"),
    *("Left", "Right", "Up", "Down", "+", "-", "=", "Z"),
)


@dataclass(frozen=True, slots=True)
class Clash:
    """Why a key cannot be had: an action has it, or `action` is '' and it is fixed."""

    key: str
    action: str


class KeyBook:
    """Keys by the action's name. Texts of keys are QKeySequence's portable ones: 'Ctrl+Shift+Z'."""

    def __init__(self, usual: Mapping[str, Keys], changed: Mapping[str, Iterable[str]] | None = None) -> None:
        """usual: of every action. changed: as kept by the settings; what makes no sense in it is left out."""
        self._usual = {name: tuple(portable(key) for key in keys) for name, keys in usual.items()}
        self._changed: dict[str, Keys] = {}
        for name, keys in (changed or {}).items():
            if name in self._usual:
                self._changed[name] = tuple(filter(None, (portable(key) for key in keys)))

    @property
    def changed(self) -> dict[str, Keys]:
        """What differs from the usual keys."""
        return dict(self._changed)

    def of(self, name: str) -> Keys:
        """An action's keys, the first is shown. A usual key that another action was given is no longer there."""
        if name in self._changed:
            return self._changed[name]
        taken = {key for keys in self._changed.values() for key in keys}
        return tuple(key for key in self._usual[name] if key not in taken)

    def clash(self, name: str, key: str) -> Clash | None:
        """What stands against giving an action a key."""
        key = portable(key)
        if key in FIXED:
            return Clash(key, "")
        other = next((each for each in self._usual if each != name and key in self.of(each)), None)
        return None if other is None else Clash(key, other)

    def give(self, name: str, keys: Iterable[str]) -> None:
        """Give an action these keys. Raises ValueError at a clash: take the key from the other first."""
        keys = tuple(dict.fromkeys(filter(None, (portable(key) for key in keys))))
        for key in keys:
            if (clash := self.clash(name, key)) is not None:
                raise ValueError(f"{key} is the key of {clash.action or 'the window itself'}")
        self._keep(name, keys)

    def take(self, name: str, key: str) -> None:
        """Take a key from an action."""
        self._keep(name, tuple(each for each in self.of(name) if each != portable(key)))

    def reset(self, name: str) -> None:
        """Give an action its usual keys again; whoever has one of them loses it."""
        for key in self._usual[name]:
            for other, keys in list(self._changed.items()):
                if other != name and key in keys:
                    self.take(other, key)
        self._changed.pop(name, None)

    def reset_all(self) -> None:
        """The usual keys again."""
        self._changed.clear()

    def _keep(self, name: str, keys: Keys) -> None:
        self._changed[name] = keys
        if keys == self._usual[name]:
            del self._changed[name]


def portable(key: str) -> str:
    """A key as it is kept; '' where it cannot be understood."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)


def shown(key: str) -> str:
    """A key as it is told to the reader."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
