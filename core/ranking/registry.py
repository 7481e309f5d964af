"""Strategies by name: every module in core/ranking/strategies/ is imported once, and registers what it holds."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.errors import UserError
from core.ranking.pool import Opinion, Pool


@dataclass(frozen=True, slots=True)
class Strategy:
    """One way to rank. `title` is what a reader chooses by; `needs_prediction`, `needs_evidence`: only images of which
    the model has said that can be ranked.
    """

    name: str
    title: str
    opinion: Callable[[Pool], Opinion]
    needs_prediction: bool
    needs_evidence: bool = False


_strategies: dict[str, Strategy] = {}


def strategy(
    name: str, *, title: str, needs_prediction: bool = True, needs_evidence: bool = False
) -> Callable[[Callable[[Pool], Opinion]], Callable[[Pool], Opinion]]:
    """Register the decorated function under a name. A name can be given only once."""

    def register(function: Callable[[Pool], Opinion]) -> Callable[[Pool], Opinion]:
        if name in _strategies:
            raise ValueError(f"two ranking strategies are called {name!r}")
        _strategies[name] = Strategy(name, title, function, needs_prediction, needs_evidence)
        return function

    return register


def all_strategies() -> Mapping[str, Strategy]:
    """Every strategy by name, in alphabetical order."""
    discover()
    return MappingProxyType(dict(sorted(_strategies.items())))


def find(name: str) -> Strategy:
    """One strategy. Raises UserError with the names that exist."""
    known = all_strategies()
    if name not in known:
        raise UserError(f"There is no ranking strategy called {name!r}. Choose one of: {', '.join(known)}.")
    return known[name]


def discover() -> None:
    """Import every module of core.ranking.strategies that is not imported yet."""
    package = importlib.import_module("core.ranking.strategies")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
