"""Splits are by patient, stratified, seeded, and never move anyone."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import Label, Split
from storage.project import Project
from storage.records import SplitSettings
from storage.splits import assign_splits, worst_label

cohorts = st.dictionaries(st.integers(1, 200), st.none() | st.sampled_from(Label), max_size=60)
settings = st.builds(
    SplitSettings,
    seed=st.integers(0, 5),
    test_fraction=st.floats(0.05, 0.5),
    validation_fraction=st.floats(0, 0.4),
)


@given(cohorts, settings)
def test_everyone_gets_one_split_and_the_same_one_again(labels, chosen):
    first = assign_splits(labels, settings=chosen)
    assert set(first) == set(labels)
    assert assign_splits(dict(reversed(labels.items())), settings=chosen) == first


@given(cohorts, settings)
def test_two_malignant_patients_are_enough_to_train_and_test(labels, chosen):
    found = assign_splits(labels, settings=chosen)
    malignant = [found[patient] for patient, label in labels.items() if label and label.is_malignant]
    if len(malignant) >= 2:
        assert {Split.TRAIN, Split.TEST} <= set(malignant)


@given(cohorts, cohorts, settings)
def test_a_later_import_moves_no_one(labels, later, chosen):
    first = assign_splits(labels, settings=chosen)
    new = assign_splits({**later, **labels}, settings=chosen, existing=first)
    assert set(new) == set(later) - set(labels)


def test_each_stratum_is_dealt_by_the_fractions():
    labels = {n: [Label.MALIGNANT, Label.BENIGN, Label.NORMAL, None][n % 4] for n in range(400)}
    found = assign_splits(labels, settings=SplitSettings(test_fraction=0.2, validation_fraction=0.1))
    for kind in (Label.MALIGNANT, Label.BENIGN, Label.NORMAL, None):
        counts = Counter(found[n] for n in labels if labels[n] == kind)
        assert counts == {Split.TEST: 20, Split.VALIDATION: 10, Split.TRAIN: 70}


def test_another_seed_deals_otherwise():
    labels = dict.fromkeys(range(40), Label.NORMAL)
    first, second = (assign_splits(labels, settings=SplitSettings(seed=seed)) for seed in (0, 1))
    assert first != second


def test_the_worst_label_of_a_patient_counts():
    assert worst_label([Label.NORMAL, Label.BOTH, None]) == Label.BOTH
    assert worst_label([None, Label.NORMAL]) == Label.NORMAL
    assert worst_label([None]) is None


def test_fractions_that_leave_nothing_to_train_on_are_refused():
    with pytest.raises(ValueError, match="nothing to train"):
        SplitSettings(test_fraction=0.6, validation_fraction=0.4)


def test_all_images_of_a_patient_share_a_split_that_a_later_import_keeps(tmp_path, add_images):
    with Project.create(tmp_path / "p") as project:
        add_images(project, *[Label.MALIGNANT, Label.NORMAL] * 20, per_patient=4)
        before = {image.id: image.split for image in project.store.images()}
        by_patient: dict[int, set[Split]] = {}
        for image in project.store.images():
            by_patient.setdefault(image.patient_id, set()).add(image.split)
        assert all(len(splits) == 1 for splits in by_patient.values())
        assert {Split.TRAIN, Split.TEST} <= set().union(*by_patient.values())
        add_images(project, *[Label.BENIGN] * 21, per_patient=4)
        after = {image.id: image.split for image in project.store.images()}
        assert {image: after[image] for image in before} == before


def test_splits_can_be_stated(project, add_images):
    [image] = add_images(project, Label.NORMAL)
    patient = project.store.image(image).patient_id
    project.store.set_splits({patient: Split.TEST})
    assert project.store.image(image).split == Split.TEST
    assert project.store.splits() == {patient: Split.TEST}
