"""A drop-down list whose choices are values of ours, not texts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from PySide6.QtWidgets import QComboBox

T = TypeVar("T")


class Choice(QComboBox, Generic[T]):
    """Keeps its values beside the texts: Qt would hand an enum's value back as a bare string."""

    def __init__(self, name: str, choices: Iterable[tuple[str, T]]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._values: list[T] = []
        for text, value in choices:
            self._values.append(value)
            self.addItem(text)

    @property
    def chosen(self) -> T:
        """The value chosen."""
        return self._values[self.currentIndex()]

    def choose(self, value: T) -> None:
        """Choose one of the values."""
        self.setCurrentIndex(self._values.index(value))
