"""A drop-down list whose choices are values of ours, not texts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from PySide6.QtWidgets import QComboBox

from app.translation import tr_data

T = TypeVar("T")


class Choice(QComboBox, Generic[T]):
    """Keeps its values beside the texts: Qt would hand an enum's value back as a bare string.

    A text that is one of the data that are translated is shown in the reader's language.
    """

    def __init__(self, name: str, choices: Iterable[tuple[str, T]]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._values: list[T] = []
        for text, value in choices:
            self._values.append(value)
            self.addItem(tr_data(text))

    @property
    def chosen(self) -> T:
        """The value chosen."""
        return self._values[self.currentIndex()]

    def choose(self, value: T) -> None:
        """Choose one of the values."""
        self.setCurrentIndex(self._values.index(value))

    def add(self, text: str, value: T) -> None:
        """Offer one more."""
        self._values.append(value)
        self.addItem(tr_data(text))

    def remove(self, value: T) -> None:
        """Offer one no longer."""
        place = self._values.index(value)
        del self._values[place]
        self.removeItem(place)

    def offer(self, choices: Iterable[tuple[str, T]]) -> None:
        """Offer others, quietly; the value chosen stays chosen where it is among them, else the first is."""
        kept = self.chosen if self._values else None
        self.blockSignals(True)
        self.clear()
        self._values.clear()
        for text, value in choices:
            self.add(text, value)
        if kept in self._values:
            self.choose(kept)
        self.blockSignals(False)
