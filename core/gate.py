"""The promotion gate: whether a new model is shown not to be worse than the one in use, on the same test patients.

Paired bootstrap over patients of the difference new - former in AUROC (M vs. BN, by image) and, where true contours are
known, in FROC sensitivity at 1 FPPI. A measure is shown not to be worse where the lower bound of its difference, at a
one-sided level, lies above -margin. Every measure with patients enough must be: a union of nulls, each tested at the
level, is tested at the level (Berger, Technometrics 24:295, 1982). What is right for how many patients: docs/promotion.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core import metrics
from core.evaluation import Case, Measure, Task, froc_image, with_known_contours
from core.metrics import Interval

AUROC = "AUROC"
FROC = "FROC sensitivity at 1 FPPI"
LEVEL_OF_FPPI = 1.0
RESAMPLES = 2000
_LEAST_SHARE = 0.5  # of the resamples in which a measure must exist


class Verdict(StrEnum):
    """What the gate found."""

    NOT_WORSE = "not worse"
    NOT_SHOWN = "not shown"
    NOT_MEASURED = "cannot be measured"


@dataclass(frozen=True, slots=True)
class GateSettings:
    """margin: by how much a new model may be worse, in (0, 0.5]. level: of the one-sided test, in [0.5, 1)."""

    margin: float = 0.05
    level: float = 0.95
    resamples: int = RESAMPLES
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.margin <= 0.5 or not 0.5 <= self.level < 1 or self.resamples < 1:
            raise ValueError(f"no gate can be made of {self}")

    @property
    def least_patients(self) -> int:
        """Patients needed with a malignant image, and with another one, before anything can be shown.

        So many that, if a share `margin` of them fared worst under the new model, a sample in which nobody does had
        a chance of at most 1 - level. With fewer, such a sample, whose bootstrap interval has no width, proves nothing.
        """
        return math.ceil(math.log(1 - self.level) / math.log(1 - self.margin) - 1e-9)


@dataclass(frozen=True, slots=True)
class GateMeasure:
    """One measure under both models. difference: its interval runs from 1 - level to level, so that its lower end is
    the one-sided bound; those of `before` and `after` are 95 % intervals. malignant_patients: patients with a malignant
    image that the measure could use.
    """

    name: str
    before: Measure
    after: Measure
    difference: Measure
    malignant_patients: int

    def is_shown(self, margin: float) -> bool:
        """Whether the measure is shown not to be worse by `margin` or more."""
        interval = self.difference.interval
        return interval is not None and interval.low > -margin

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        parts = {"before": self.before, "after": self.after, "difference": self.difference}
        plain = {name: part.to_json() for name, part in parts.items()}
        return {"name": self.name, **plain, "malignant_patients": self.malignant_patients}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Inverse of to_json."""
        return cls(
            value["name"],
            before=_measure(value["before"]),
            after=_measure(value["after"]),
            difference=_measure(value["difference"]),
            malignant_patients=value["malignant_patients"],
        )


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate found, and on what. Counts are of the test images that both models scored.

    malignant_patients: those with a malignant image. other_patients: those with one that is not.
    """

    verdict: Verdict
    settings: GateSettings
    measures: tuple[GateMeasure, ...]
    images: int
    malignant_images: int
    patients: int
    malignant_patients: int
    other_patients: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "verdict": self.verdict.value,
            "settings": asdict(self.settings),
            "measures": [measure.to_json() for measure in self.measures],
            "images": self.images,
            "malignant_images": self.malignant_images,
            "patients": self.patients,
            "malignant_patients": self.malignant_patients,
            "other_patients": self.other_patients,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Inverse of to_json."""
        return cls(
            **{
                **value,
                "verdict": Verdict(value["verdict"]),
                "settings": GateSettings(**value["settings"]),
                "measures": tuple(GateMeasure.from_json(measure) for measure in value["measures"]),
            }
        )

    @property
    def has_too_few(self) -> bool:
        """Whether there are fewer patients on either side than anything can be shown with."""
        return min(self.malignant_patients, self.other_patients) < self.settings.least_patients

    @property
    def deciding(self) -> tuple[GateMeasure, ...]:
        """The measures that must be shown not to be worse: those with patients enough.

        Where contours are known of few malignant test patients only, FROC is told but decides nothing.
        """
        least = self.settings.least_patients
        return tuple(m for m in self.measures if m.name == AUROC or m.malignant_patients >= least)

    def __str__(self) -> str:
        if self.verdict is Verdict.NOT_MEASURED:
            return (
                "It cannot be measured: the test patients have no images with a malignant and without a malignant "
                "label that both models scored."
            )
        told = "; ".join(_told(measure, decides=measure in self.deciding) for measure in self.measures)
        of_whom = f"{self.patients} test patients, {self.malignant_patients} of them with a malignant image"
        margin = f"{self.settings.margin:.2g}"
        if self.verdict is Verdict.NOT_WORSE:
            return f"{told}, on {of_whom}: not worse by {margin} or more."
        least = self.settings.least_patients
        few = f" (that takes {least} such patients and {least} with other images)" if self.has_too_few else ""
        return f"{told}, on {of_whom}: not shown to be less than {margin} worse{few}."


def judge(before: Sequence[Case], after: Sequence[Case], settings: GateSettings) -> GateResult:
    """Compare two models on the same images in the same order; `before` is the model in use.

    Raises ValueError where the images differ.
    """
    if [case.image_id for case in before] != [case.image_id for case in after]:
        raise ValueError("two models are compared on the same images only")
    compared = [_compared(name, before, after, settings=settings) for name in (AUROC, FROC)]
    measures = tuple(measure for measure in compared if measure is not None)
    patients = {case.patient for case in after}
    with_malignant = {case.patient for case in after if case.label.is_malignant}
    found = GateResult(
        verdict=Verdict.NOT_MEASURED,
        settings=settings,
        measures=measures,
        images=len(after),
        malignant_images=sum(case.label.is_malignant for case in after),
        patients=len(patients),
        malignant_patients=len(with_malignant),
        other_patients=len({case.patient for case in after if not case.label.is_malignant}),
    )
    if not any(measure.name == AUROC for measure in measures):
        return found
    is_shown = not found.has_too_few and all(measure.is_shown(settings.margin) for measure in found.deciding)
    verdict = Verdict.NOT_WORSE if is_shown else Verdict.NOT_SHOWN
    return replace(found, verdict=verdict)


def figures(
    cases: Sequence[Case], *, resamples: int = metrics.RESAMPLES, seed: int = 0
) -> dict[str, Measure]:
    """AUROC of M vs. BN and FROC sensitivity at 1 FPPI with 95 % patient intervals; what cannot be measured is left out."""
    found = {}
    for name, measured in ((AUROC, _auroc_of), (FROC, _froc_of)):
        value, drawn = measured(cases, resamples=resamples, seed=seed)
        if value is not None:
            found[name] = Measure(value, metrics.interval_of(drawn))
    return found


_Drawn = tuple[float | None, NDArray[np.float64]]  # the value, and (r,) of it in resamples


def _compared(
    name: str, before: Sequence[Case], after: Sequence[Case], *, settings: GateSettings
) -> GateMeasure | None:
    measured = _auroc_of if name == AUROC else _froc_of
    was, drawn_before = measured(before, resamples=settings.resamples, seed=settings.seed)
    now, drawn_after = measured(after, resamples=settings.resamples, seed=settings.seed)
    if was is None or now is None:
        return None
    usable = after if name == AUROC else with_known_contours(after)
    interval = _one_sided(drawn_after - drawn_before, level=settings.level)
    return GateMeasure(
        name,
        before=Measure(was, metrics.interval_of(drawn_before)),
        after=Measure(now, metrics.interval_of(drawn_after)),
        difference=Measure(now - was, interval),
        malignant_patients=len({case.patient for case in usable if case.label.is_malignant}),
    )


def _auroc_of(cases: Sequence[Case], *, resamples: int, seed: int) -> _Drawn:
    score = [case.task_score(Task.MALIGNANT) for case in cases]
    positive = [case.label.is_malignant for case in cases]
    value = metrics.auroc(score, positive) if cases else None
    if value is None:
        return None, np.empty(0)
    patients = [case.patient for case in cases]
    return value, metrics.roc_resamples(score, positive, patients, resamples=resamples, seed=seed)["auroc"]


def _froc_of(cases: Sequence[Case], *, resamples: int, seed: int) -> _Drawn:
    usable = with_known_contours(cases)
    images = [froc_image(case) for case in usable]
    curve = metrics.froc(images) if images else None
    if curve is None:
        return None, np.empty(0)
    patients = [case.patient for case in usable]
    drawn = metrics.froc_resamples(images, patients, resamples=resamples, seed=seed, levels=[LEVEL_OF_FPPI])
    return curve.sensitivity_at(LEVEL_OF_FPPI), drawn[LEVEL_OF_FPPI]


def _one_sided(differences: NDArray[np.float64], *, level: float) -> Interval | None:
    """Percentile interval from 1 - level to level; None where fewer than half of the resamples carry the measure."""
    there = differences[~np.isnan(differences)]
    if len(there) < _LEAST_SHARE * len(differences) or not len(there):
        return None
    low, high = np.quantile(there, [1 - level, level])
    return Interval(float(low), float(high), len(there))


def _measure(value: dict[str, Any]) -> Measure:
    if value["low"] is None:
        return Measure(value["value"])
    return Measure(value["value"], Interval(value["low"], value["high"], int(value.get("resamples", 0))))


def _told(measure: GateMeasure, *, decides: bool) -> str:
    """'AUROC 0.80 -> 0.85 (+0.05 [-0.08, +0.17])'."""
    between = measure.difference
    interval = between.interval
    span = f" [{_signed(interval.low)}, {_signed(interval.high)}]" if interval else ""
    change = f"{measure.before.value:.2f} \N{RIGHTWARDS ARROW} {measure.after.value:.2f}"
    few = "" if decides else f", known of {measure.malignant_patients} patients, too few to decide by"
    return f"{measure.name} {change} ({_signed(between.value)}{span}{few})"


def _signed(value: float | None) -> str:
    """Two digits with a sign; what rounds to nothing is +0.00."""
    return "-" if value is None else f"{round(value, 2) + 0.0:+.2f}"
