"""What a bench tells: figures, each with its bar where there is one, and how times are taken side by side."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

ROUNDS = 3

SECTIONS = {
    "limits": "what the machine can do: copying and products of matrices",
    "head": "training the head, beside published ways of training and the limits",
    "labels": "region labels from contours, beside polygon overlays",
    "metrics": "bootstrap intervals, beside scikit-learn and plain loops",
    "features": "region features of one large image",
    "work": "synthetic images, ranking, memory of this process",
}
WINDOW_SECTION = {
    "window": "the window's start and memory, offscreen",
    "viewer": "from file to picture, and frames of the viewer, beside pydicom and a bare pyqtgraph",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. note: how it was taken. at_least, at_most: the bar, in the figure's own unit."""

    name: str
    value: float
    unit: str
    note: str = ""
    at_least: float | None = None
    at_most: float | None = None

    def __str__(self) -> str:
        return f"{_digits(self.value)} {self.unit}".rstrip()

    @property
    def is_met(self) -> bool | None:
        """Whether the figure meets its bar; None without one."""
        if (self.at_least is None and self.at_most is None) or not math.isfinite(self.value):
            return None
        low = -math.inf if self.at_least is None else self.at_least
        high = math.inf if self.at_most is None else self.at_most
        return low <= self.value <= high

    @property
    def bar(self) -> str:
        """The bar in words: 'at least 150 x: met'; empty without one."""
        if self.is_met is None:
            return ""
        limits = (("at least", self.at_least), ("at most", self.at_most))
        texts = [f"{words} {limit:,g} {self.unit}".rstrip() for words, limit in limits if limit is not None]
        return f"{', '.join(texts)}: {'met' if self.is_met else 'missed'}"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        value = self.value if math.isfinite(self.value) else None
        plain = {"name": self.name, "value": value, "unit": self.unit, "note": self.note}
        return {**plain, "at_least": self.at_least, "at_most": self.at_most, "met": self.is_met}


def side_by_side(ways: Mapping[str, Callable[[], object]], *, rounds: int = ROUNDS) -> dict[str, float]:
    """Median processor seconds of one call of each way: each round calls every way once, in turn.

    A first round that is not counted makes everything warm. Python's collector rests meanwhile. Processor time
    counts all threads of this process: limit them to one where a time is wanted.
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    was_on = gc.isenabled()
    gc.disable()
    try:
        for number in range(rounds + 1):
            for name, way in ways.items():
                seconds = processor_seconds(way)
                if number:
                    taken[name].append(seconds)
            gc.collect()
    finally:
        if was_on:
            gc.enable()
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def processor_seconds(way: Callable[[], object]) -> float:
    """Processor seconds of one call."""
    started = time.process_time()
    way()
    return time.process_time() - started


def _digits(value: float) -> str:
    if not math.isfinite(value):
        return "-"
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) < 1e-6:
        return f"{value:.2g}"
    # Three digits without an exponent.
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
