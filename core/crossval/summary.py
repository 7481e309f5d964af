"""Figures over folds and seeds: mean, deviation, patient-level interval; and tests between recipes.

Letters: r resamples, c cells (seed x fold).

A figure is measured within each cell and averaged over cells: never over probabilities pooled from several models,
whose scales differ. A resample draws, with replacement, as many patients in each fold as it holds; the figure is taken
in each cell anew and averaged. Every seed and every recipe sees the same resamples. The interval tells how much the
patients at hand decide; how much the training decides is told by the deviation over seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core import metrics
from core.crossval.measures import LEAST_PATIENTS, CellMeasures, Key

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Summary:
    """One figure of one recipe. mean, sd: over the `cells` that could measure it, of `planned`.

    sd_seeds: deviation, between seeds, of the mean over folds; None with one seed. low, high: 95 % interval, None where
    some fold has fewer than two patients of a class.
    """

    mean: float | None
    sd: float | None
    sd_seeds: float | None
    low: float | None
    high: float | None
    cells: int
    planned: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure of two recipes on the same cells: after minus before. p: two-sided, by the paired patient bootstrap.

    p_holm: corrected for all pairs that were compared on this figure. resamples: those in which both could be measured.
    """

    key: Key
    before: str
    after: str
    difference: float
    low: float | None
    high: float | None
    p: float | None
    p_holm: float | None
    cells: int
    resamples: int


def summarise(measured: Sequence[CellMeasures], key: Key, *, planned: int) -> Summary:
    """One figure over the cells of one recipe."""
    usable = [cell for cell in measured if cell.values.get(key) is not None]
    values = [_value(cell, key) for cell in usable]
    if not values:
        return Summary(None, None, None, None, None, 0, planned)
    drawn = averaged([cell.drawn[key] for cell in usable])
    interval = metrics.interval_of(drawn) if len(drawn) and _has_patients(usable, key) else None
    return Summary(
        mean=float(np.mean(values)),
        sd=_deviation(values),
        sd_seeds=_deviation(list(by_seed(usable, key).values())),
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        cells=len(values),
        planned=planned,
    )


def by_seed(measured: Sequence[CellMeasures], key: Key) -> dict[int, float]:
    """Mean over folds of each seed."""
    found: dict[int, list[float]] = {}
    for cell in measured:
        if cell.values.get(key) is not None:
            found.setdefault(cell.seed, []).append(_value(cell, key))
    return {seed: float(np.mean(values)) for seed, values in found.items()}


def compare_all(
    measured: Mapping[str, Sequence[CellMeasures]], key: Key, *, reference: str | None = None
) -> list[Comparison]:
    """Every pair of recipes in their order (or each with `reference`), with p values corrected after Holm."""
    names = list(measured)
    if reference is None:
        pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    else:
        pairs = [(reference, name) for name in names if name != reference]
    found = [one for a, b in pairs if (one := _compare(measured, key, before=a, after=b)) is not None]
    corrected = holm([one.p for one in found])
    return [replace(one, p_holm=p) for one, p in zip(found, corrected, strict=True)]


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down correction: p sorted, times (number left), made monotone, at most 1. None stays None."""
    there = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, index) in enumerate(there):
        highest = max(highest, min(1.0, p * (len(there) - rank)))
        corrected[index] = highest
    return corrected


def bootstrap_p(difference: FloatArray) -> float | None:
    """Two-sided p of (r,) resampled differences against 0: twice the smaller tail, each counted with one more.

    None where fewer than half of the resamples could be measured.
    """
    there = difference[~np.isnan(difference)]
    if not len(there) or 2 * len(there) < len(difference):
        return None
    tail = min(int((there <= 0).sum()), int((there >= 0).sum()))
    return min(1.0, 2 * (tail + 1) / (len(there) + 1))


def averaged(rows: Sequence[FloatArray]) -> FloatArray:
    """(r,) means of (c, r) values over the cells that could measure in each resample; NaN where none could."""
    table = np.asarray(rows, dtype=np.float64)
    there = ~np.isnan(table)
    count = there.sum(axis=0)
    total = np.where(there, table, 0.0).sum(axis=0)
    mean: FloatArray = np.divide(total, count, out=np.full(table.shape[1], np.nan), where=count > 0)
    return mean


def _compare(
    measured: Mapping[str, Sequence[CellMeasures]], key: Key, *, before: str, after: str
) -> Comparison | None:
    pairs = _paired(measured[before], measured[after], key)
    if not pairs:
        return None
    difference = float(np.mean([_value(b, key) - _value(a, key) for a, b in pairs]))
    drawn = averaged([b.drawn[key] - a.drawn[key] for a, b in pairs])
    is_allowed = len(drawn) > 0 and _has_patients([a for a, _ in pairs], key)
    interval = metrics.interval_of(drawn) if is_allowed else None
    return Comparison(
        key=key,
        before=before,
        after=after,
        difference=difference,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        p=bootstrap_p(drawn) if is_allowed else None,
        p_holm=None,
        cells=len(pairs),
        resamples=int((~np.isnan(drawn)).sum()),
    )


def _paired(
    before: Sequence[CellMeasures], after: Sequence[CellMeasures], key: Key
) -> list[tuple[CellMeasures, CellMeasures]]:
    """Cells of the same seed and fold that both could measure."""
    there = {(cell.seed, cell.fold): cell for cell in after if cell.values.get(key) is not None}
    return [
        (cell, there[cell.seed, cell.fold])
        for cell in before
        if cell.values.get(key) is not None and (cell.seed, cell.fold) in there
    ]


def _has_patients(measured: Sequence[CellMeasures], key: Key) -> bool:
    return all(min(cell.patients[key]) >= LEAST_PATIENTS for cell in measured)


def _value(cell: CellMeasures, key: Key) -> float:
    value = cell.values[key]
    assert value is not None, "cells without the figure were left out before"
    return value


def _deviation(values: Sequence[float]) -> float | None:
    """Standard deviation of a sample (n - 1); None of fewer than two."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else None
