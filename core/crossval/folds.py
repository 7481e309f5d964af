"""Who is held out when: patient-wise stratified folds, a validation part in each, and nested parts of the contours."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from core.crossval.cohort import Cohort, CohortImage
from core.domain import FindingType, Label
from core.errors import UserError

VALIDATION_PARTS = 7  # one of seven parts of the training patients validates
ATTEMPTS = 50  # deals tried until every fold holds both sides of M vs. BN


@dataclass(frozen=True, slots=True)
class Fold:
    """Image numbers of one fold, sorted. No patient is in two of the three."""

    number: int
    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]


def deal_folds(cohort: Cohort, *, count: int, seed: int) -> tuple[Fold, ...]:
    """Deal the patients to `count` folds; each is held out once, and part of the others validates.

    Stratified by label, and within a label by finding type and density where enough patients have them
    (scikit-learn's StratifiedGroupKFold). The same cohort and seed give the same folds. Raises UserError where there
    are too few patients.
    """
    images = cohort.images
    _check_size(images, count=count)
    parts = _deal(images, count=count, seed=seed)
    if parts is None:
        raise UserError(
            f"The patients cannot be dealt to {count} folds that each hold malignant and other images: choose fewer folds."
        )
    folds = []
    for number, held_out in enumerate(parts):
        test = set(held_out)
        rest = [image for image in images if image.image_id not in test]
        validation = set(_validation(rest, seed=seed + number))
        train = [image.image_id for image in rest if image.image_id not in validation]
        folds.append(Fold(number, tuple(train), tuple(sorted(validation)), tuple(sorted(test))))
    check_folds(folds, cohort)
    return tuple(folds)


def check_folds(folds: Sequence[Fold], cohort: Cohort) -> None:
    """Raise ValueError where a patient is in two folds, or in two parts of one, or an image is held out not once."""
    patient = {image.image_id: image.patient for image in cohort.images}
    every = Counter(list(patient))
    held_out: dict[int, int] = {}
    for fold in folds:
        parts = [{patient[i] for i in part} for part in (fold.train, fold.validation, fold.test)]
        if parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2]:
            raise ValueError(f"a patient is in two parts of fold {fold.number}")
        for one in parts[2]:
            if held_out.setdefault(one, fold.number) != fold.number:
                raise ValueError("a patient is held out in two folds")
        if Counter((*fold.train, *fold.validation, *fold.test)) != every:
            raise ValueError(f"fold {fold.number} does not hold every image once")
    if Counter(i for fold in folds for i in fold.test) != every:
        raise ValueError("an image is not held out exactly once")


def annotated_part(images: Sequence[CohortImage], *, fraction: float, seed: int) -> frozenset[int]:
    """Images of `images` that lend their contours: whole patients in an order drawn by seed.

    As many patients as come nearest to the fraction of the annotated images, at least one where fraction > 0. The part
    of a smaller fraction lies within that of a larger one.
    """
    if not 0.0 <= fraction <= 1.0:
        raise ValueError(f"a fraction is in [0, 1], not {fraction}")
    annotated = [image for image in images if image.is_annotated]
    if not annotated or fraction == 0.0:
        return frozenset()
    patients = sorted({image.patient for image in annotated})
    order = np.random.default_rng([seed, len(patients)]).permutation(len(patients))
    counts = Counter(image.patient for image in annotated)
    reached = np.cumsum([counts[patients[i]] for i in order])
    taken = 1 + int(np.argmin(np.abs(reached - fraction * len(annotated))))
    chosen = {patients[i] for i in order[:taken]}
    return frozenset(image.image_id for image in annotated if image.patient in chosen)


def strata(images: Sequence[CohortImage], *, least: int) -> list[str]:
    """The stratum of each image: as fine as leaves every stratum at least `least` patients.

    Label, finding type and density; where that is too few, label and type; then the label; then its side of M vs. BN.
    """
    levels: list[Callable[[CohortImage], str]] = [_side, _label, _type, _density]
    found = [_side(image) for image in images]
    for level in levels[1:]:
        finer = [level(image) for image in images]
        large = _strata_of_at_least(least, finer, images)
        # A stratum is split only where all of its parts are large enough.
        parts: dict[str, set[str]] = {}
        for coarse, fine in zip(found, finer, strict=True):
            parts.setdefault(coarse, set()).add(fine)
        found = [
            fine if parts[coarse] <= large else coarse for coarse, fine in zip(found, finer, strict=True)
        ]
    return found


def _side(image: CohortImage) -> str:
    return "M" if image.label.is_malignant else "BN"


def _label(image: CohortImage) -> str:
    return image.label.value


def _type(image: CohortImage) -> str:
    order = list(FindingType)
    worst = max(image.finding_types, key=order.index, default=FindingType.UNSPECIFIED)
    return f"{image.label.value}/{worst.value}"


def _density(image: CohortImage) -> str:
    return f"{_type(image)}/{image.density}"


def _strata_of_at_least(least: int, names: Sequence[str], images: Sequence[CohortImage]) -> set[str]:
    patients: dict[str, set[int]] = {}
    for name, image in zip(names, images, strict=True):
        patients.setdefault(name, set()).add(image.patient)
    return {name for name, members in patients.items() if len(members) >= least}


def _patients(images: Sequence[CohortImage]) -> tuple[int, int]:
    """Patients with a malignant image, and patients with another one."""
    return (
        len({image.patient for image in images if image.label.is_malignant}),
        len({image.patient for image in images if not image.label.is_malignant}),
    )


def _check_size(images: Sequence[CohortImage], *, count: int) -> None:
    if count < 2:
        raise UserError("Cross-validation needs at least 2 folds: say so with --folds.")
    malignant, others = _patients(images)
    if min(malignant, others) < count:
        raise UserError(
            f"{count} folds need at least {count} patients with a malignant image and {count} with another one; "
            f"there are {malignant} and {others}. Choose fewer folds, or import more patients."
        )


def _deal(images: Sequence[CohortImage], *, count: int, seed: int) -> list[list[int]] | None:
    """Image numbers of each part; every part holds both sides of M vs. BN, or there is no deal."""
    from sklearn.model_selection import StratifiedGroupKFold

    ids = np.array([image.image_id for image in images])
    groups = np.array([image.patient for image in images])
    malignant = np.array([image.label.is_malignant for image in images])
    names = np.array(strata(images, least=count))
    for attempt in range(ATTEMPTS):
        dealer = StratifiedGroupKFold(count, shuffle=True, random_state=_derived(seed, attempt))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a small stratum: the check below is what counts
            parts = [held_out for _, held_out in dealer.split(ids, names, groups)]
        if all(malignant[part].any() and not malignant[part].all() for part in parts):
            return [sorted(int(i) for i in ids[part]) for part in parts]
    return None


def _validation(images: Sequence[CohortImage], *, seed: int) -> list[int]:
    """Image numbers that validate: as small a part as holds both sides; none where there are too few patients."""
    for count in range(min(VALIDATION_PARTS, *_patients(images)), 1, -1):
        parts = _deal(images, count=count, seed=seed)
        if parts is not None:
            return parts[0]
    return []


def _derived(seed: int, attempt: int) -> int:
    """The seed itself at first, as a reader of scikit-learn's page expects."""
    return seed if attempt == 0 else int(np.random.default_rng([seed, attempt]).integers(2**31))


def label_counts(images: Sequence[CohortImage]) -> dict[str, int]:
    """Images by label, in the order N, B, M, MB."""
    found: Counter[Hashable] = Counter(image.label for image in images)
    return {label.value: found[label] for label in Label}
