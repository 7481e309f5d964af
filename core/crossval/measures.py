"""What one cell's held-out images say: every measure of the paper, with its values in resamples of the fold's patients.

Letters: r resamples. Measures are taken within one fold, because the probabilities of two models have no common scale;
averages over folds come after (core.crossval.summary).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core import metrics
from core.crossval.cells import CellResult
from core.crossval.cohort import CohortImage
from core.domain import Label
from core.evaluation import Task
from core.metrics import FPPI_LEVELS, FrocImage

FloatArray = NDArray[np.float64]

LEAST_PATIENTS = 2  # of each class in every fold, for an interval
SPECIFICITIES = (0.85, 0.90)


class Level(StrEnum):
    """What counts once: an image, a breast (its most suspicious view), or an image whose findings are looked for."""

    IMAGE = "image"
    BREAST = "breast"
    FROC = "froc"


@dataclass(frozen=True, slots=True)
class Key:
    """Names one figure: 'auroc', 'paucr', 'specificity_at_0.85', ..., or 'sensitivity_at_1' (FPPI) at level FROC."""

    task: Task
    level: Level
    name: str

    def __str__(self) -> str:
        return f"{self.task.value} / {self.level.value} / {self.name}"


@dataclass(frozen=True, eq=False, slots=True)
class Truth:
    """Where the findings of an image lie: (m,) bool by class, for the regions of one grid."""

    malignant: NDArray[np.bool_]
    benign: NDArray[np.bool_]

    @classmethod
    def of(cls, image: CohortImage, *, grid_key: str) -> Truth:
        """From the contours drawn on an image."""
        return cls(
            image.hits(image.malignant, grid_key=grid_key), image.hits(image.benign, grid_key=grid_key)
        )


@dataclass(frozen=True, slots=True)
class FrocCounts:
    """What an FROC was measured on. left_out: images whose findings of the task are not (all) drawn."""

    images: int
    called: int
    true_positive: int
    operating_threshold: float
    left_out: int


@dataclass(frozen=True, eq=False, slots=True)
class CellMeasures:
    """Figures of one cell. values: None where the images cannot carry it. drawn: (r,), NaN where a resample cannot.

    patients: (of positive, of negative) patients behind each figure; for FROC, positive patients twice.
    roc, froc: points of the curves, by task.
    """

    seed: int
    fold: int
    values: dict[Key, float | None] = field(default_factory=dict)
    drawn: dict[Key, FloatArray] = field(default_factory=dict)
    patients: dict[Key, tuple[int, int]] = field(default_factory=dict)
    roc: dict[Task, metrics.RocCurve] = field(default_factory=dict)
    froc: dict[Task, metrics.FrocCurve] = field(default_factory=dict)
    froc_counts: dict[Task, FrocCounts] = field(default_factory=dict)


def measure_cell(
    result: CellResult,
    images: Mapping[int, CohortImage],
    truth: Mapping[int, Truth],
    *,
    resamples: int,
    seed: int = 0,
) -> CellMeasures:
    """Measure the held-out images of a cell.

    The same fold gives the same resamples of patients whatever the recipe, so that figures of two recipes can be
    subtracted resample by resample.
    """
    held_out = [images[image_id] for image_id in sorted(result.images("test"))]
    figures = result.figures
    found = CellMeasures(figures["seed"], figures["fold"])
    draw_seed = int(np.random.default_rng([seed, found.fold]).integers(2**31))
    for task in Task:
        score = np.array([task_score(result.probability[image.image_id], task) for image in held_out])
        _measure_roc(found, held_out, score, task=task, resamples=resamples, seed=draw_seed)
        _measure_froc(found, held_out, result, truth, task=task, resamples=resamples, seed=draw_seed)
    return found


def task_score(probability: FloatArray, task: Task) -> float:
    """p(y_M = 1) for M vs. BN, the larger of both for MB vs. N. probability: (2,) for (B, M)."""
    return float(probability[1] if task is Task.MALIGNANT else probability.max())


def is_positive(label: Label, task: Task) -> bool:
    """On which side of a task a label is."""
    return label.is_malignant if task is Task.MALIGNANT else label is not Label.NORMAL


def froc_image(image: CohortImage, result: CellResult, truth: Truth, *, task: Task) -> FrocImage | None:
    """An image for FROC; None where not all findings that count for the task are drawn.

    M vs. BN: d^M against malignant contours. MB vs. N: max(d^M, d^B) against contours of either class.
    """
    if not (image.knows_malignant if task is Task.MALIGNANT else image.knows_all):
        return None
    score = result.score[image.image_id].astype(np.float64)
    positive = is_positive(image.label, task)
    hit = truth.malignant if task is Task.MALIGNANT else truth.malignant | truth.benign
    return FrocImage(
        probability=task_score(result.probability[image.image_id], task),
        is_positive=positive,
        score=score[:, 1] if task is Task.MALIGNANT else score.max(axis=1),
        is_hit=hit & positive,
    )


def _measure_roc(
    found: CellMeasures,
    images: Sequence[CohortImage],
    score: FloatArray,
    *,
    task: Task,
    resamples: int,
    seed: int,
) -> None:
    positive = np.array([is_positive(image.label, task) for image in images])
    patient = [image.patient for image in images]
    _put_roc(found, Level.IMAGE, score, positive, patient, task=task, resamples=resamples, seed=seed)
    curve = metrics.roc_curve(score, positive)
    if curve is not None:
        found.roc[task] = curve
    owner: dict[Hashable, int] = {image.breast: image.patient for image in images}
    score, positive, breasts = metrics.breast_maximum(score, positive, [image.breast for image in images])
    patient = [owner[breast] for breast in breasts]
    _put_roc(found, Level.BREAST, score, positive, patient, task=task, resamples=resamples, seed=seed)


def _put_roc(
    found: CellMeasures,
    level: Level,
    score: FloatArray,
    positive: NDArray[np.bool_],
    patient: Sequence[int],
    *,
    task: Task,
    resamples: int,
    seed: int,
) -> None:
    values = {
        "auroc": metrics.auroc(score, positive),
        "paucr": metrics.paucr(score, positive),
        **{
            f"specificity_at_{s:.2f}": metrics.specificity_at(score, positive, sensitivity=s)
            for s in SPECIFICITIES
        },
    }
    drawn = (
        metrics.roc_resamples(
            score, positive, patient, resamples=resamples, seed=seed, sensitivities=SPECIFICITIES
        )
        if resamples
        else dict.fromkeys(values, np.zeros(0))
    )
    owners = np.array(patient)
    counts = (len(set(owners[positive])), len(set(owners[~positive])))
    for name, resampled in zip(values, drawn.values(), strict=True):
        key = Key(task, level, name)
        found.values[key], found.drawn[key], found.patients[key] = values[name], resampled, counts


def _measure_froc(
    found: CellMeasures,
    images: Sequence[CohortImage],
    result: CellResult,
    truth: Mapping[int, Truth],
    *,
    task: Task,
    resamples: int,
    seed: int,
) -> None:
    pairs = [(image, froc_image(image, result, truth[image.image_id], task=task)) for image in images]
    usable = [(image, shown) for image, shown in pairs if shown is not None]
    shown = [one for _, one in usable]
    curve = metrics.froc(shown)
    if curve is None:
        found.values.update({froc_key(task, level): None for level in FPPI_LEVELS})
        return
    patient = [image.patient for image, _ in usable]
    drawn = (
        metrics.froc_resamples(shown, patient, resamples=resamples, seed=seed)
        if resamples
        else dict.fromkeys(FPPI_LEVELS, np.zeros(0))
    )
    positive = len({image.patient for image, one in usable if one.is_positive})
    for level in FPPI_LEVELS:
        key = froc_key(task, level)
        found.values[key], found.drawn[key] = curve.sensitivity_at(level), drawn[level]
        found.patients[key] = (positive, positive)
    found.froc[task] = curve
    found.froc_counts[task] = FrocCounts(
        images=len(usable),
        called=curve.called,
        true_positive=curve.true_positive,
        operating_threshold=curve.operating_threshold,
        left_out=len(images) - len(usable),
    )


def froc_key(task: Task, fppi: float) -> Key:
    """The key of an FROC sensitivity."""
    return Key(task, Level.FROC, f"sensitivity_at_{fppi:g}")


def all_keys() -> tuple[Key, ...]:
    """Every figure, in the order of tables."""
    names = ["auroc", "paucr", *(f"specificity_at_{s:.2f}" for s in SPECIFICITIES)]
    return tuple(
        key
        for task in Task
        for key in (
            *(Key(task, level, name) for level in (Level.IMAGE, Level.BREAST) for name in names),
            *(froc_key(task, level) for level in FPPI_LEVELS),
        )
    )
