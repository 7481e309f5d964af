"""Numbers as the report shows them, each kind in one way; '-' where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOTHING = "-"


def number(value: float | None, *, digits: int = 3) -> str:
    """A plain figure."""
    return NOTHING if value is None else f"{value:.{digits}f}"


def mean_sd(row: Mapping[str, Any]) -> str:
    """Mean (standard deviation over folds and seeds)."""
    if row["mean"] is None:
        return NOTHING
    return number(row["mean"]) if row["sd"] is None else f"{row['mean']:.3f} ({row['sd']:.3f})"


def interval(row: Mapping[str, Any], *, sign: str = "") -> str:
    """[low, high], 95 %."""
    if row["low"] is None:
        return NOTHING
    return f"[{row['low']:{sign}.3f}, {row['high']:{sign}.3f}]"


def difference(row: Mapping[str, Any]) -> str:
    """A signed difference with its interval."""
    text = f"{round(row['difference'], 3) + 0.0:+.3f}"
    return text if row["low"] is None else f"{text} {interval(row, sign='+')}"


def p_value(value: float | None) -> str:
    """A p value to three digits."""
    if value is None:
        return NOTHING
    return "< .001" if value < 0.001 else number(value)


def share(value: float | None) -> str:
    """A share as a percentage."""
    return NOTHING if value is None else f"{100 * value:.0f} %"
