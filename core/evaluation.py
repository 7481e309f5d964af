"""How good a model is on given images: both tasks of the paper, by image and by breast, and FROC, as one report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import metrics
from core.domain import Label
from core.metrics import FPPI_LEVELS, FrocImage, Interval

IOM_OF_A_HIT = 0.5
LEAST_PATIENTS = 2  # of each class, for an interval: one patient resampled is the same patient


class Task(StrEnum):
    """The two binary tasks of the paper (Sec. V)."""

    MALIGNANT = "M vs. BN"
    ABNORMAL = "MB vs. N"


@dataclass(frozen=True, eq=False, slots=True)
class Case:
    """One image with its label, what the model says, and where its malignant findings truly are.

    patient, breast: any keys; images with the same key belong together. probability: (2,) for (B, M).
    score: (m,), d^M of each region (Eq. 13). is_hit: (m,), whether the region has IoM >= 0.5 with a true
    malignant contour; None where no true contours are known: such an image, when malignant, is left out
    of FROC and counted.
    """

    image_id: int
    patient: Hashable
    breast: Hashable
    label: Label
    probability: NDArray[np.float64]
    score: NDArray[np.float32]
    is_hit: NDArray[np.bool_] | None = None

    def is_positive(self, task: Task) -> bool:
        """Whether the label is on the positive side of a task."""
        return self.label.is_malignant if task is Task.MALIGNANT else self.label is not Label.NORMAL

    def task_score(self, task: Task) -> float:
        """p(y_M = 1) for M vs. BN; max of both for MB vs. N."""
        return float(self.probability[1] if task is Task.MALIGNANT else self.probability.max())


@dataclass(frozen=True, slots=True)
class Measure:
    """One number with its 95 % interval. `value` is None where the images cannot carry it.

    lacks_patients: an interval was asked for, and a class has fewer than two patients to resample.
    """

    value: float | None
    interval: Interval | None = None
    lacks_patients: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        low, high = (self.interval.low, self.interval.high) if self.interval else (None, None)
        return {"value": self.value, "low": low, "high": high}

    def __str__(self) -> str:
        if self.value is None:
            return "-"
        if self.interval:
            return f"{self.value:.3f} [{self.interval.low:.3f}, {self.interval.high:.3f}]"
        return f"{self.value:.3f} [-]" if self.lacks_patients else f"{self.value:.3f}"


@dataclass(frozen=True, slots=True)
class TaskResult:
    """One task at one level ('image' or 'breast'). `total` and `positive` count images or breasts."""

    task: Task
    level: str
    total: int
    positive: int
    auroc: Measure
    paucr: Measure
    specificity_85: Measure
    specificity_90: Measure

    @property
    def measures(self) -> dict[str, Measure]:
        """The numbers by the names under which tables show them."""
        return {
            "AUROC": self.auroc,
            "pAUCR": self.paucr,
            "spec@.85": self.specificity_85,
            "spec@.90": self.specificity_90,
        }


@dataclass(frozen=True, slots=True)
class FrocResult:
    """FROC of malignant findings at the operating point; `without_contours` malignant images are left out."""

    called: int
    true_positive: int
    operating_threshold: float
    sensitivity: dict[float, Measure]
    without_contours: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """One measure under two models, and what lies between them."""

    name: str
    before: Measure
    after: Measure
    difference: Measure

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        parts = {"before": self.before, "after": self.after, "difference": self.difference}
        return {"measure": self.name, **{name: measure.to_json() for name, measure in parts.items()}}


@dataclass(frozen=True, slots=True)
class Report:
    """Everything measured on one set of images."""

    images: int
    patients: int
    labels: dict[str, int]
    results: tuple[TaskResult, ...]
    froc: FrocResult | None
    notes: tuple[str, ...] = field(default=())

    def result(self, task: Task, *, level: str = "image") -> TaskResult:
        """The result of one task at one level."""
        return next(r for r in self.results if r.task is task and r.level == level)

    def to_json(self) -> dict[str, Any]:
        """Plain values without NaN."""
        return {
            "images": self.images,
            "patients": self.patients,
            "labels": self.labels,
            "tasks": [_task_json(result) for result in self.results],
            "froc": _froc_json(self.froc) if self.froc else None,
            "notes": list(self.notes),
        }


def evaluate(cases: Sequence[Case], *, resamples: int = 0, seed: int = 0) -> Report:
    """Measure on `cases`. With resamples > 0 each number gets a patient-level bootstrap interval."""
    results = [
        _task_result(cases, task, by_breast=by_breast, resamples=resamples, seed=seed)
        for by_breast in (False, True)
        for task in Task
    ]
    froc, notes = _froc_result(cases, resamples=resamples, seed=seed)
    return Report(
        images=len(cases),
        patients=len({case.patient for case in cases}),
        labels={label.value: count for label, count in Counter(c.label for c in cases).items()},
        results=tuple(results),
        froc=froc,
        notes=tuple(notes),
    )


def compare(
    before: Sequence[Case], after: Sequence[Case], *, resamples: int = metrics.RESAMPLES, seed: int = 0
) -> tuple[Comparison, ...]:
    """M vs. BN by image, and FROC at 1 FPPI, of two models on the same images in the same order.

    The interval of a difference comes from resamples that both models share.
    """
    if [case.image_id for case in before] != [case.image_id for case in after]:
        raise ValueError("two models are compared on the same images only")
    reports = [evaluate(cases, resamples=resamples, seed=seed) for cases in (before, after)]
    drawn = [_resampled(cases, resamples=resamples, seed=seed) for cases in (before, after)]
    measures = [_headline(report) for report in reports]
    return tuple(
        Comparison(name, measures[0][name], measures[1][name], _difference(name, measures, drawn))
        for name in measures[0]
    )


def text_table(report: Report) -> str:
    """The report as a table for a terminal."""
    labels = ", ".join(f"{report.labels.get(label.value, 0)} {label.value}" for label in Label)
    lines = [f"{report.images} images of {report.patients} patients ({labels})", ""]
    rows = [["task", "by", "n", "positive", *report.results[0].measures]]
    for result in report.results:
        counts = [str(result.total), str(result.positive)]
        rows.append([result.task, result.level, *counts, *map(str, result.measures.values())])
    lines += aligned(rows)
    if report.froc:
        lines += ["", *_froc_lines(report.froc)]
    if report.notes:
        lines += ["", *report.notes]
    return "\n".join(lines)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with columns of equal width; the first row is a heading, underlined."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return [line.rstrip() for line in (lines[0], "  ".join("-" * width for width in widths), *lines[1:])]


def _task_result(
    cases: Sequence[Case], task: Task, *, by_breast: bool, resamples: int, seed: int
) -> TaskResult:
    score = np.array([case.task_score(task) for case in cases], dtype=np.float64)
    positive = np.array([case.is_positive(task) for case in cases], dtype=bool)
    patient: list[Hashable] = [case.patient for case in cases]
    if by_breast:
        owner = {case.breast: case.patient for case in cases}
        score, positive, breasts = metrics.breast_maximum(score, positive, [case.breast for case in cases])
        patient = [owner[breast] for breast in breasts]
    intervals: dict[str, Interval | None] = {}
    lacks = bool(resamples) and _lack_patients(patient, positive)
    if resamples and not lacks:
        drawn = metrics.roc_resamples(score, positive, patient, resamples=resamples, seed=seed)
        intervals = {name: metrics.interval_of(values) for name, values in drawn.items()}

    def measure(value: float | None, name: str) -> Measure:
        return Measure(value, intervals.get(name), lacks_patients=lacks)

    specificity = {s: metrics.specificity_at(score, positive, sensitivity=s) for s in (0.85, 0.90)}
    return TaskResult(
        task=task,
        level="breast" if by_breast else "image",
        total=len(score),
        positive=int(positive.sum()),
        auroc=measure(metrics.auroc(score, positive), "auroc"),
        paucr=measure(metrics.paucr(score, positive), "paucr"),
        specificity_85=measure(specificity[0.85], metrics.specificity_name(0.85)),
        specificity_90=measure(specificity[0.90], metrics.specificity_name(0.90)),
    )


def _froc_result(cases: Sequence[Case], *, resamples: int, seed: int) -> tuple[FrocResult | None, list[str]]:
    usable = with_known_contours(cases)
    without = len(cases) - len(usable)
    images = [froc_image(case) for case in usable]
    curve = metrics.froc(images)
    notes = _froc_notes(images, without=without)
    if curve is None:
        return None, notes
    intervals: dict[float, Interval | None] = {}
    patients = [case.patient for case in usable]
    lacks = bool(resamples) and len({c.patient for c in usable if c.label.is_malignant}) < LEAST_PATIENTS
    if resamples and not lacks:
        drawn = metrics.froc_resamples(images, patients, resamples=resamples, seed=seed)
        intervals = {level: metrics.interval_of(values) for level, values in drawn.items()}
    result = FrocResult(
        called=curve.called,
        true_positive=curve.true_positive,
        operating_threshold=curve.operating_threshold,
        sensitivity={
            level: Measure(curve.sensitivity_at(level), intervals.get(level), lacks_patients=lacks)
            for level in FPPI_LEVELS
        },
        without_contours=without,
    )
    return result, notes


def _lack_patients(patient: Sequence[Hashable], positive: NDArray[np.bool_]) -> bool:
    """Whether a class has too few patients for an interval."""
    of_class = (
        {p for p, is_positive in zip(patient, positive.tolist(), strict=True) if is_positive is side}
        for side in (True, False)
    )
    return min(map(len, of_class)) < LEAST_PATIENTS


def _headline(report: Report) -> dict[str, Measure]:
    """The numbers that two models are compared by."""
    froc = report.froc.sensitivity[1.0] if report.froc else Measure(None)
    return {**report.result(Task.MALIGNANT).measures, "FROC sensitivity at 1 FPPI": froc}


def _resampled(cases: Sequence[Case], *, resamples: int, seed: int) -> list[NDArray[np.float64]]:
    """(r,) values of each measure of _headline, in its order."""
    score = [case.task_score(Task.MALIGNANT) for case in cases]
    positive = [case.label.is_malignant for case in cases]
    patients = [case.patient for case in cases]
    roc = metrics.roc_resamples(score, positive, patients, resamples=resamples, seed=seed)
    usable = with_known_contours(cases)
    images, owners = [froc_image(case) for case in usable], [case.patient for case in usable]
    froc = metrics.froc_resamples(images, owners, resamples=resamples, seed=seed, levels=[1.0])
    return [*roc.values(), froc[1.0]]


def _difference(
    name: str, measures: Sequence[dict[str, Measure]], drawn: Sequence[list[NDArray[np.float64]]]
) -> Measure:
    before, after = (measure[name].value for measure in measures)
    if before is None or after is None:
        return Measure(None)
    if measures[0][name].lacks_patients:
        return Measure(after - before, lacks_patients=True)
    column = list(measures[0]).index(name)
    return Measure(after - before, metrics.interval_of(drawn[1][column] - drawn[0][column]))


def with_known_contours(cases: Sequence[Case]) -> list[Case]:
    """Cases whose true contours are known, or that hold none by their label."""
    return [case for case in cases if case.is_hit is not None or not case.label.is_malignant]


def _froc_notes(images: Sequence[FrocImage], *, without: int) -> list[str]:
    notes = []
    if without:
        notes.append(f"FROC leaves out {without} malignant images whose true contours are not known.")
    if not any(image.is_positive for image in images):
        notes.append("FROC needs at least one malignant image with true contours; there is none.")
    return notes


def froc_image(case: Case) -> FrocImage:
    """A case as FROC of malignant findings takes it; without known contours, no region hits."""
    hit = case.is_hit if case.is_hit is not None else np.zeros(len(case.score), dtype=bool)
    return FrocImage(
        probability=case.task_score(Task.MALIGNANT),
        is_positive=case.label.is_malignant,
        score=case.score.astype(np.float64),
        is_hit=hit,
    )


def _froc_lines(froc: FrocResult) -> list[str]:
    heading = (
        f"FROC of malignant findings among {froc.called} images called malignant "
        f"({froc.true_positive} of them truly), at p >= {froc.operating_threshold:.4f}:"
    )
    rows = [["false positive regions an image", *(f"{level:g}" for level in froc.sensitivity)]]
    rows.append(["sensitivity", *map(str, froc.sensitivity.values())])
    return [heading, *aligned(rows)]


def _task_json(result: TaskResult) -> dict[str, Any]:
    measures = {
        "auroc": result.auroc,
        "paucr": result.paucr,
        "specificity_at_0.85": result.specificity_85,
        "specificity_at_0.90": result.specificity_90,
    }
    counts = {
        "task": result.task.value,
        "level": result.level,
        "n": result.total,
        "positive": result.positive,
    }
    return {**counts, **{name: measure.to_json() for name, measure in measures.items()}}


def _froc_json(froc: FrocResult) -> dict[str, Any]:
    return {
        "called": froc.called,
        "true_positive": froc.true_positive,
        "operating_threshold": froc.operating_threshold,
        "without_contours": froc.without_contours,
        "sensitivity_at_fppi": {f"{level:g}": m.to_json() for level, m in froc.sensitivity.items()},
    }
