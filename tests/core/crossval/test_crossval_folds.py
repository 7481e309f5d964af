"""Who is held out when, and whose contours train."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from core.crossval.cohort import Cohort
from core.crossval.folds import Fold, annotated_part, check_folds, deal_folds, strata
from core.domain import Label
from core.errors import UserError
from tests.core.crossval.conftest import make_cohort


def patients(cohort, ids):
    return {image.patient for image in cohort.images if image.image_id in set(ids)}


@pytest.mark.parametrize("seed", range(4))
def test_no_patient_is_in_two_parts_and_every_image_is_held_out_once(seed):
    cohort = make_cohort(30, seed)
    folds = deal_folds(cohort, count=5, seed=seed)
    for fold in folds:
        parts = [patients(cohort, part) for part in (fold.train, fold.validation, fold.test)]
        assert sum(map(len, parts)) == len(set().union(*parts)) == 30
    held_out = [image_id for fold in folds for image_id in fold.test]
    assert sorted(held_out) == [image.image_id for image in cohort.images]


def test_folds_and_validation_hold_their_share_of_malignant_images():
    cohort = make_cohort(40)
    malignant = {image.image_id for image in cohort.images if image.label.is_malignant}
    for fold in deal_folds(cohort, count=5, seed=0):
        for part in (fold.test, fold.validation):
            assert 0.25 < len(malignant & set(part)) / len(part) < 0.75


def test_the_same_seed_deals_the_same_folds_and_another_one_others():
    cohort = make_cohort(30)
    assert deal_folds(cohort, count=3, seed=1) == deal_folds(cohort, count=3, seed=1)
    assert deal_folds(cohort, count=3, seed=1) != deal_folds(cohort, count=3, seed=2)


def test_too_few_patients_for_the_folds_are_told_in_a_sentence():
    with pytest.raises(UserError, match="20 folds need at least 20 patients with a malignant image"):
        deal_folds(make_cohort(12), count=20, seed=0)
    with pytest.raises(UserError, match="at least 2 folds"):
        deal_folds(make_cohort(12), count=1, seed=0)


def test_a_cohort_with_one_malignant_patient_cannot_be_dealt():
    images = [replace(image, label=Label.NORMAL) for image in make_cohort(8).images]
    images[0] = replace(images[0], label=Label.MALIGNANT)
    with pytest.raises(UserError, match="there are 1 and 8"):
        deal_folds(Cohort(tuple(images)), count=2, seed=0)


def test_where_there_is_no_patient_to_spare_none_validates():
    folds = deal_folds(make_cohort(4), count=4, seed=0)
    assert {bool(fold.validation) for fold in folds} <= {True, False}
    assert all(fold.train and fold.test for fold in folds)


def test_the_check_finds_a_patient_in_two_parts_and_a_lost_image():
    cohort = make_cohort(4)
    ids = [image.image_id for image in cohort.images]
    good = [Fold(0, tuple(ids[4:]), (), tuple(ids[:4])), Fold(1, tuple(ids[:4]), (), tuple(ids[4:]))]
    check_folds(good, cohort)
    torn = [replace(good[0], train=tuple(ids[3:]), test=tuple(ids[:3])), good[1]]
    with pytest.raises(ValueError, match="two parts"):
        check_folds(torn, cohort)
    with pytest.raises(ValueError, match="every image once"):
        check_folds([replace(good[0], train=tuple(ids[6:])), good[1]], cohort)
    with pytest.raises(ValueError, match="held out in two folds"):
        check_folds([good[0], replace(good[0], number=1)], cohort)


def test_parts_of_the_contours_are_nested_whole_patients_near_their_fraction():
    images = make_cohort(40).images
    annotated = [image for image in images if image.is_annotated]
    parts = [annotated_part(images, fraction=f, seed=3) for f in (0.25, 0.5, 0.75, 1.0)]
    for smaller, larger in itertools.pairwise(parts):
        assert smaller < larger
    for part, fraction in zip(parts, (0.25, 0.5, 0.75, 1.0), strict=True):
        assert len(part) == pytest.approx(fraction * len(annotated), abs=1)
        owners = {image.patient for image in annotated if image.image_id in part}
        assert part == {image.image_id for image in annotated if image.patient in owners}


def test_another_seed_draws_other_contours_and_no_fraction_draws_none():
    images = make_cohort(40).images
    assert annotated_part(images, fraction=0.5, seed=0) != annotated_part(images, fraction=0.5, seed=1)
    assert annotated_part(images, fraction=0.0, seed=0) == frozenset()
    assert len(annotated_part(images, fraction=1e-6, seed=0)) >= 1


def test_a_stratum_is_split_only_into_parts_of_enough_patients():
    images = make_cohort(16).images
    coarse = strata(images, least=1000)
    assert set(coarse) == {"M", "BN"}
    fine = strata(images, least=3)
    assert len(set(fine)) > 2
    for name in set(fine):
        members = {image.patient for image, own in zip(images, fine, strict=True) if own == name}
        assert len(members) >= 3
    by_label = {name.split("/")[0] for name in fine}
    assert by_label <= {"N", "B", "M", "MB"}


def test_density_takes_part_in_the_strata_where_it_is_known():
    images = [
        replace(image, density="A" if image.patient // 4 % 2 else "D") for image in make_cohort(40).images
    ]
    assert any(name.endswith("/A") for name in strata(images, least=2))
    assert np.unique(strata(images, least=2)).size > np.unique(strata(make_cohort(40).images, least=2)).size
