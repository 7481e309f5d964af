"""Which patients train, validate and test: dealt once, by patient, stratified by the worst label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from core.domain import Label, PatientId, Split
from storage.records import SplitSettings

_SEVERITY: Final[tuple[Label | None, ...]] = (None, Label.NORMAL, Label.BENIGN, Label.BOTH, Label.MALIGNANT)


def worst_label(labels: Iterable[Label | None]) -> Label | None:
    """The gravest label among a patient's images: M, then MB, B, N, none."""
    return max(labels, key=_SEVERITY.index, default=None)


def assign_splits(
    labels: Mapping[PatientId, Label | None],
    *,
    settings: SplitSettings,
    existing: Mapping[PatientId, Split] | None = None,
) -> dict[PatientId, Split]:
    """Splits of the patients who have none yet; those of `existing` are never moved.

    labels: each patient's worst label. Within each stratum (malignant, benign, normal, unknown) new patients
    fill the splits up to their share of the whole stratum, rounded; with two malignant patients or more,
    at least one trains and, where testing is asked for, one tests. Same input, same splits.
    """
    existing = existing or {}
    new: dict[PatientId, Split] = {}
    for stratum in ("malignant", "benign", "normal", "unknown"):
        members = sorted(patient for patient, label in labels.items() if _stratum(label) == stratum)
        settled = [existing[patient] for patient in members if patient in existing]
        fresh = [patient for patient in members if patient not in existing]
        order = np.random.default_rng([settings.seed, len(settled), *stratum.encode()]).permutation(
            len(fresh)
        )
        quota = _quota(len(members), settings, needs_test=stratum == "malignant")
        kinds = _fill(quota, settled=settled, count=len(fresh))
        new.update({fresh[i]: kind for i, kind in zip(order, kinds, strict=True)})
    return new


def _stratum(label: Label | None) -> str:
    if label is None:
        return "unknown"
    if label.is_malignant:
        return "malignant"
    return "benign" if label == Label.BENIGN else "normal"


def _quota(count: int, settings: SplitSettings, *, needs_test: bool) -> dict[Split, int]:
    """How many of a whole stratum test and validate; the rest train."""
    test = round(count * settings.test_fraction)
    if needs_test and count >= 2 and settings.test_fraction > 0:
        test = min(max(test, 1), count - 1)
    validation = min(round(count * settings.validation_fraction), count - test)
    if needs_test and count - test - validation < 1:
        validation = max(count - test - 1, 0)
    return {Split.TEST: test, Split.VALIDATION: validation}


def _fill(quota: Mapping[Split, int], *, settled: list[Split], count: int) -> list[Split]:
    """Splits for `count` new patients of a stratum in which `settled` are taken."""
    missing = {split: max(wanted - settled.count(split), 0) for split, wanted in quota.items()}
    # Someone must train: where nobody of the stratum does yet, the first new patient trains.
    first = [] if Split.TRAIN in settled or count < 2 else [Split.TRAIN]
    kinds = first + [split for split, number in missing.items() for _ in range(number)]
    return (kinds + [Split.TRAIN] * count)[:count]
