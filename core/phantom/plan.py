"""What a cohort holds, decided before anything is drawn: patients, labels, findings, films, encodings.

Plans are small frozen values made from the seed alone, so any image can be drawn by any process, in any
order, with the same result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np

from core.domain import FindingClass, FindingType, Label, Laterality, View
from core.phantom.settings import PhantomSettings

T = TypeVar("T")

IMAGES_PER_PATIENT = 4
SHARES = {Label.NORMAL: 0.40, Label.BENIGN: 0.27, Label.MALIGNANT: 0.23, Label.BOTH: 0.10}


class Lesion(StrEnum):
    """How a finding is drawn."""

    SMOOTH_MASS = "smooth mass"
    LOBULATED_MASS = "lobulated mass"
    ROUND_CALCIFICATIONS = "round calcifications"
    VASCULAR_CALCIFICATIONS = "vascular calcifications"
    SPICULATED_MASS = "spiculated mass"
    IRREGULAR_MASS = "irregular mass"
    PLEOMORPHIC_CLUSTER = "pleomorphic cluster"
    LINEAR_CLUSTER = "linear cluster"
    DISTORTION = "architectural distortion"

    @property
    def finding_class(self) -> FindingClass:
        """Benign or malignant, by kind: the truth of the phantom."""
        return FindingClass.BENIGN if self in BENIGN_DECK else FindingClass.MALIGNANT

    @property
    def finding_type(self) -> FindingType:
        """The radiological type under which its contour is written."""
        if self is Lesion.DISTORTION:
            return FindingType.DISTORTION
        return FindingType.MASS if self.value.endswith("mass") else FindingType.CALCIFICATION


BENIGN_DECK = (
    Lesion.SMOOTH_MASS,
    Lesion.ROUND_CALCIFICATIONS,
    Lesion.LOBULATED_MASS,
    Lesion.SMOOTH_MASS,
    Lesion.VASCULAR_CALCIFICATIONS,
)
MALIGNANT_DECK = (
    Lesion.SPICULATED_MASS,
    Lesion.PLEOMORPHIC_CLUSTER,
    Lesion.SPICULATED_MASS,
    Lesion.IRREGULAR_MASS,
    Lesion.DISTORTION,
    Lesion.SPICULATED_MASS,
    Lesion.LINEAR_CLUSTER,
)
DENSITY_DECK = "bcbacbcdbcbbccb"
RADIUS_MM = {
    Lesion.SMOOTH_MASS: (4.5, 9.0),
    Lesion.LOBULATED_MASS: (5.0, 9.5),
    Lesion.ROUND_CALCIFICATIONS: (5.0, 9.0),
    Lesion.VASCULAR_CALCIFICATIONS: (7.0, 11.0),
    Lesion.SPICULATED_MASS: (6.0, 9.5),
    Lesion.IRREGULAR_MASS: (6.0, 10.5),
    Lesion.PLEOMORPHIC_CLUSTER: (5.0, 9.0),
    Lesion.LINEAR_CLUSTER: (6.0, 10.0),
    Lesion.DISTORTION: (9.0, 13.0),
}


class Encoding(StrEnum):
    """How the pixels of a file are stored."""

    EXPLICIT = "explicit little endian"
    RLE = "RLE"
    JPEG_LS = "JPEG-LS lossless"
    JPEG_2000 = "JPEG 2000 lossless"


ENCODING_DECK = (*[Encoding.EXPLICIT] * 5, Encoding.RLE, Encoding.JPEG_LS, Encoding.JPEG_2000)


@dataclass(frozen=True, slots=True)
class FindingPlan:
    """One finding of a breast, the same in both views.

    depth: 0 at the chest wall to 1 at the nipple; across, height: -1 to 1, lateral to medial and upper to
    lower. strength: 0 to 1, where in the range of contrasts it lies.
    """

    lesion: Lesion
    radius_mm: float
    strength: float
    depth: float
    across: float
    height: float
    seed: int


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """One image to be drawn. `seed` is of the image, `breast_seed` is shared by its two views."""

    patient: int
    laterality: Laterality
    view: View
    label: Label
    density: str
    bits: int
    rows: int
    columns: int
    breast_depth: float
    findings: tuple[FindingPlan, ...]
    encoding: Encoding
    breast_seed: int
    seed: int
    cohort_seed: int

    @property
    def patient_name(self) -> str:
        """The synthetic patient's identifier."""
        return f"PHANTOM-{self.patient + 1:04d}"

    @property
    def file_name(self) -> str:
        """Name of the image file."""
        return f"{self.patient_name}_{self.laterality}_{self.view}.dcm"


def plan_cohort(patients: int, *, seed: int, settings: PhantomSettings) -> list[ImagePlan]:
    """The images of a cohort, four a patient, in the order L CC, L MLO, R CC, R MLO."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, 1]))
    labels = deal_labels(patients, rng)
    densities = _deal(DENSITY_DECK, patients, rng)
    encodings = _deal(ENCODING_DECK, patients * IMAGES_PER_PATIENT, rng)
    decks = {
        FindingClass.BENIGN: iter(_deal(BENIGN_DECK, 4 * patients, rng)),
        FindingClass.MALIGNANT: iter(_deal(MALIGNANT_DECK, 4 * patients, rng)),
    }
    plans: list[ImagePlan] = []
    for patient in range(patients):
        rows, columns = _film(settings, rng)
        bits, depth = int(rng.integers(12, 15)), float(rng.uniform(0.60, 0.75))
        for side, label in zip((Laterality.LEFT, Laterality.RIGHT), labels[patient], strict=True):
            first = len(plans)
            findings = _plan_findings(label, decks, rng)
            breast_seed, side_depth = int(rng.integers(2**31)), depth * float(rng.uniform(0.97, 1.03))
            plans.extend(
                ImagePlan(
                    patient=patient,
                    laterality=side,
                    view=view,
                    label=label,
                    density=densities[patient],
                    bits=bits,
                    rows=rows,
                    columns=columns,
                    breast_depth=side_depth,
                    findings=findings,
                    encoding=encodings[first + offset],
                    breast_seed=breast_seed,
                    seed=int(rng.integers(2**31)),
                    cohort_seed=seed,
                )
                for offset, view in enumerate((View.CC, View.MLO))
            )
    return plans


def deal_labels(patients: int, rng: np.random.Generator) -> list[tuple[Label, Label]]:
    """Labels of the (left, right) breast of each patient, near SHARES; from two patients on, all four occur.

    Cancers go to different patients, but for one patient in a cohort of ten or more, who has two.
    """
    counts = _quotas(2 * patients)
    cancers = [label for label in (Label.MALIGNANT, Label.BOTH) for _ in range(counts[label])]
    others = [label for label in (Label.NORMAL, Label.BENIGN) for _ in range(counts[label])]
    cancers, others = _shuffled(cancers, rng), _shuffled(others, rng)
    pairs: list[tuple[Label, Label]] = []
    if patients >= 10:
        pairs.append((cancers.pop(), cancers.pop()))
    while len(pairs) < patients:
        first = cancers.pop() if cancers else others.pop()
        pair = (first, others.pop())
        pairs.append(pair if rng.random() < 0.5 else pair[::-1])
    return _shuffled(pairs, rng)


def _quotas(breasts: int) -> dict[Label, int]:
    """Breasts of each label: largest remainders, then at least one of each where there are four or more."""
    if breasts < len(SHARES):
        return {Label.NORMAL: 1, Label.BENIGN: 0, Label.MALIGNANT: 1, Label.BOTH: 0}
    counts = {label: int(share * breasts) for label, share in SHARES.items()}
    by_remainder = sorted(SHARES, key=lambda label: counts[label] - SHARES[label] * breasts)
    for label in by_remainder[: breasts - sum(counts.values())]:
        counts[label] += 1
    for label in SHARES:
        if counts[label] == 0:
            counts[max(counts, key=lambda other: counts[other])] -= 1
            counts[label] = 1
    return counts


def _plan_findings(
    label: Label, decks: dict[FindingClass, Iterator[Lesion]], rng: np.random.Generator
) -> tuple[FindingPlan, ...]:
    malignant, benign = label.targets
    lesions = [next(decks[FindingClass.MALIGNANT]) for _ in range(malignant)]
    second = bool(benign and not malignant and rng.random() < 0.2)
    lesions += [next(decks[FindingClass.BENIGN]) for _ in range(benign + second)]
    quadrants = _shuffled([(-1, -1), (-1, 1), (1, 1), (1, -1)], rng)
    # Most findings lie in the upper outer quadrant, as they do in women.
    quadrants = sorted(quadrants, key=lambda q: q != (-1, -1)) if rng.random() < 0.4 else quadrants
    return tuple(_plan_finding(lesion, q, rng) for lesion, q in zip(lesions, quadrants, strict=False))


def _plan_finding(lesion: Lesion, quadrant: tuple[int, int], rng: np.random.Generator) -> FindingPlan:
    return FindingPlan(
        lesion=lesion,
        radius_mm=float(rng.uniform(*RADIUS_MM[lesion])),
        strength=float(rng.random()),
        depth=float(rng.uniform(0.25, 0.78)),
        across=quadrant[0] * float(rng.uniform(0.05, 0.6)),
        height=quadrant[1] * float(rng.uniform(0.05, 0.6)),
        seed=int(rng.integers(2**31)),
    )


def _film(settings: PhantomSettings, rng: np.random.Generator) -> tuple[int, int]:
    height, width = (side * rng.uniform(0.96, 1.04) / settings.spacing_mm for side in settings.film_mm)
    return 16 * round(height / 16), 16 * round(width / 16)


def _deal(deck: Sequence[T], count: int, rng: np.random.Generator) -> list[T]:
    """`count` cards from shuffled decks laid end to end, so that every deck's worth holds its shares."""
    cards: list[T] = []
    while len(cards) < count:
        cards += _shuffled(list(deck), rng)
    return cards[:count]


def _shuffled(items: list[T], rng: np.random.Generator) -> list[T]:
    return [items[i] for i in rng.permutation(len(items))]
