"""From cells to curves: quality against what annotating cost, with intervals over patients, and what sets strategies apart.

Every figure is a mean over folds and seeds. Its interval is of resampled test patients: the resamples of a cell are
averaged over the seeds of a fold (which test on the same patients) and then over folds (which test on others), resample
by resample. All strategies share their resamples, so that a difference is taken within each of them. Seeds are not
resampled: how far they spread is told apart.
Letters: r resamples.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.study.points import Point

FloatArray = NDArray[np.float64]
RANDOM = "random"
INTERVAL = (2.5, 97.5)  # percent
LEAST_DRAWN = 100  # resamples that must carry a figure before it has an interval


@dataclass(frozen=True, eq=False, slots=True)
class Estimate:
    """A mean with its 95 % interval, None where the resamples cannot carry one. drawn: (r,), NaN where one cannot."""

    value: float
    low: float | None
    high: float | None
    drawn: FloatArray

    @classmethod
    def of(cls, value: float, drawn: FloatArray) -> Estimate:
        """Percentile interval."""
        whole = drawn[np.isfinite(drawn)]
        if len(whole) < LEAST_DRAWN or len(whole) < 0.9 * len(drawn):
            return cls(value, None, None, drawn)
        low, high = np.percentile(whole, INTERVAL)
        return cls(value, float(low), float(high), drawn)

    def minus(self, other: Estimate) -> Estimate:
        """The difference, taken within each resample."""
        drawn = self.drawn - other.drawn if self.drawn.shape == other.drawn.shape else np.zeros(0)
        return Estimate.of(self.value - other.value, drawn)

    @property
    def p_value(self) -> float | None:
        """Two-sided p against 0: twice the smaller share of resamples on either side, never below 2 / (r + 1)."""
        if self.low is None:
            return None
        whole = self.drawn[np.isfinite(self.drawn)]
        side = min(np.sum(whole <= 0), np.sum(whole >= 0))
        return float(min(1.0, 2.0 * (side + 1) / (len(whole) + 1)))


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One budget of a strategy: means over folds and seeds of what was annotated, and the measure.

    seeds_sd: standard deviation over seeds of the means over folds; None of a single seed. cells: how many there are.
    """

    budget: float
    images: float
    contours: float
    regions: float
    minutes: float | None
    figure: Estimate
    seeds_sd: float | None
    cells: int


@dataclass(frozen=True, eq=False, slots=True)
class Area:
    """Mean of the measure over the share of images annotated, from none to all (trapezoids)."""

    strategy: str
    area: Estimate
    difference: Estimate | None = None  # to random
    p: float | None = None
    p_holm: float | None = None


@dataclass(frozen=True, slots=True)
class Plateau:
    """The smallest budget from which on the measure is within `margin` of the ceiling; None: not before all.

    low, high: 95 % of the resamples have theirs between; all images count as 1.
    """

    margin: float
    step: Step | None
    low: float | None
    high: float | None


@dataclass(frozen=True, eq=False, slots=True)
class Gain:
    """What the images between two budgets added. per_hour: None where minutes are unknown."""

    before: Step
    after: Step
    difference: Estimate
    per_hour: float | None


class Curves:
    """The curves of one measure. Cells that cannot carry it are left out of a step only together with their fold."""

    def __init__(self, points: Sequence[Point], *, measure: str) -> None:
        self.measure = measure
        self._cells: dict[tuple[str, float], dict[tuple[int, int], Point]] = defaultdict(dict)
        for point in points:
            if point.values.get(measure) is not None:
                self._cells[point.strategy, point.budget][point.fold, point.seed] = point
        self.strategies = tuple(dict.fromkeys(p.strategy for p in points if p.strategy))

    @property
    def floor(self) -> Step | None:
        """Nothing annotated."""
        return self._step("", 0.0)

    @property
    def ceiling(self) -> Step | None:
        """Everything annotated."""
        return self._step("", 1.0)

    def steps(self, strategy: str) -> tuple[Step, ...]:
        """A strategy's curve with floor and ceiling, in growing order of the budget."""
        keys = sorted({budget for name, budget in self._cells if name == strategy})
        inner = [self._step(strategy, budget) for budget in keys]
        return tuple(step for step in (self.floor, *inner, self.ceiling) if step is not None)

    def areas(self) -> tuple[Area, ...]:
        """All strategies, each against random with Holm's correction over the others, best first."""
        found = {name: self._area(name) for name in self.strategies}
        areas = {name: area for name, area in found.items() if area is not None}
        if RANDOM not in areas:
            return _best_first([Area(name, area) for name, area in areas.items()])
        differences = {name: a.minus(areas[RANDOM]) for name, a in areas.items() if name != RANDOM}
        holm = holm_corrected({name: d.p_value for name, d in differences.items()})
        rows = [
            Area(name, area, differences.get(name), _p(differences.get(name)), holm.get(name))
            for name, area in areas.items()
        ]
        return _best_first(rows)

    def by_seed(self, strategy: str) -> dict[int, float]:
        """The area of each seed alone, a mean over folds; to tell how far seeds spread."""
        seeds = sorted({seed for _, seed in self._common(strategy)})
        found = {}
        for seed in seeds:
            area = self._area(strategy, only=seed)
            if area is not None:
                found[seed] = area.value
        return found

    def plateau(self, strategy: str, *, margin: float) -> Plateau:
        """The smallest budget from which on every step is at least the ceiling less `margin`."""
        steps = self.steps(strategy)
        if len(steps) < 2 or steps[-1].budget < 1.0:
            return Plateau(margin, None, None, None)
        at = _reached(np.array([[step.figure.value] for step in steps]), margin=margin)[0]
        drawn = [step.figure.drawn for step in steps]
        low = high = None
        if len({d.shape for d in drawn}) == 1 and len(drawn[0]) >= LEAST_DRAWN:
            table = np.array(drawn)
            table = table[:, np.isfinite(table).all(axis=0)]
            if table.shape[1] >= LEAST_DRAWN:
                budgets = np.array([step.budget for step in steps])[_reached(table, margin=margin)]
                low, high = (float(v) for v in np.percentile(budgets, INTERVAL, method="nearest"))
        step = steps[at] if at < len(steps) - 1 else None
        return Plateau(margin, step, low, high)

    def gains(self, strategy: str) -> tuple[Gain, ...]:
        """What each part of the images added."""
        steps = self.steps(strategy)
        gains = []
        for before, after in pairwise(steps):
            difference = after.figure.minus(before.figure)
            per_hour = None
            if before.minutes is not None and after.minutes is not None and after.minutes > before.minutes:
                per_hour = difference.value / (after.minutes - before.minutes) * 60.0
            gains.append(Gain(before, after, difference, per_hour))
        return tuple(gains)

    def _step(self, strategy: str, budget: float) -> Step | None:
        cells = self._cells.get((strategy, budget))
        if not cells:
            return None
        points = list(cells.values())
        minutes = [point.minutes for point in points]
        known = [value for value in minutes if value is not None]
        by_seed = [
            float(np.mean([_value(p, self.measure) for (_, s), p in cells.items() if s == seed]))
            for seed in sorted({seed for _, seed in cells})
        ]
        return Step(
            budget=budget,
            images=float(np.mean([point.images for point in points])),
            contours=float(np.mean([point.contours for point in points])),
            regions=float(np.mean([point.regions for point in points])),
            minutes=float(np.mean(known)) if len(known) == len(minutes) else None,
            figure=_mean({key: self._of(point) for key, point in cells.items()}),
            seeds_sd=float(np.std(by_seed, ddof=1)) if len(by_seed) > 1 else None,
            cells=len(points),
        )

    def _of(self, point: Point) -> tuple[float, FloatArray]:
        return _value(point, self.measure), point.drawn.get(self.measure, np.zeros(0))

    def _common(self, strategy: str) -> set[tuple[int, int]]:
        """Folds and seeds that every step of a strategy has."""
        names = [key for key in self._cells if key[0] in ("", strategy)]
        return set.intersection(*(set(self._cells[key]) for key in names)) if names else set()

    def _area(self, strategy: str, *, only: int | None = None) -> Estimate | None:
        """Of each fold and seed by trapezoids over its own shares of images, then the mean."""
        budgets = sorted(budget for name, budget in self._cells if name == strategy)
        keys = [("", 0.0), *((strategy, budget) for budget in budgets), ("", 1.0)]
        if not all(key in self._cells for key in keys):
            return None
        found = {}
        for cell in sorted(self._common(strategy)):
            if only is not None and cell[1] != only:
                continue
            points = [self._cells[key][cell] for key in keys]
            whole = max(point.images for point in points)
            x = np.array([point.images / whole for point in points])
            values, drawn = zip(*(self._of(point) for point in points), strict=True)
            table = np.array(drawn) if len({d.shape for d in drawn}) == 1 else np.zeros((len(x), 0))
            found[cell] = (float(np.trapezoid(values, x)), np.trapezoid(table, x, axis=0))
        return _mean(found) if found else None


def holm_corrected(p: Mapping[str, float | None]) -> dict[str, float | None]:
    """Holm's step-down correction (1979); None stays None and is not counted."""
    known = sorted((value, name) for name, value in p.items() if value is not None)
    found: dict[str, float | None] = dict.fromkeys(p)
    highest = 0.0
    for place, (value, name) in enumerate(known):
        highest = max(highest, min(1.0, value * (len(known) - place)))
        found[name] = highest
    return found


def _mean(cells: Mapping[tuple[int, int], tuple[float, FloatArray]]) -> Estimate:
    """Over (fold, seed): first the seeds of a fold, then the folds."""
    folds = sorted({fold for fold, _ in cells})
    values, tables = [], []
    for fold in folds:
        parts = [part for (number, _), part in cells.items() if number == fold]
        values.append(np.mean([value for value, _ in parts]))
        shapes = {drawn.shape for _, drawn in parts}
        tables.append(np.mean([drawn for _, drawn in parts], axis=0) if len(shapes) == 1 else np.zeros(0))
    drawn = np.mean(tables, axis=0) if len({t.shape for t in tables}) == 1 else np.zeros(0)
    return Estimate.of(float(np.mean(values)), np.asarray(drawn, np.float64))


def _reached(table: FloatArray, *, margin: float) -> NDArray[np.intp]:
    """(steps, r) to (r,): the first step from which on all are within the margin of the last."""
    is_near = table >= table[-1] - margin - 1e-12
    stays = np.logical_and.accumulate(is_near[::-1], axis=0)[::-1]
    first: NDArray[np.intp] = np.argmax(stays, axis=0)
    return first


def _value(point: Point, measure: str) -> float:
    value = point.values[measure]
    assert value is not None, "points without a value are left out"
    return value


def _p(difference: Estimate | None) -> float | None:
    return None if difference is None else difference.p_value


def _best_first(areas: Sequence[Area]) -> tuple[Area, ...]:
    return tuple(sorted(areas, key=lambda row: -row.area.value))
