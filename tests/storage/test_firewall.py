"""A test patient does not come into training by a door of the store: each is tried."""

import sqlite3
from contextlib import closing

import pytest

from core.domain import FindingClass, FindingType, Label, Split
from core.errors import UserError
from core.recipe import GridSettings, Recipe
from storage.cohorts import cohort_of
from storage.records import NewModel
from storage.worklist import rank_worklist


@pytest.fixture
def frozen(project, add_images, square):
    """Four patients, the first held out with a contour on its malignant image; a model was trained."""
    images = add_images(
        project, Label.MALIGNANT, Label.MALIGNANT, Label.NORMAL, Label.MALIGNANT, per_patient=1
    )
    store = project.store
    patients = [store.image(image).patient_id for image in images]
    store.set_splits(
        {patient: Split.TEST if number == 0 else Split.TRAIN for number, patient in enumerate(patients)}
    )
    store.add_finding(
        images[0],
        reader="A",
        finding_class=FindingClass.MALIGNANT,
        finding_type=FindingType.MASS,
        contour=square(5, 5),
    )
    number = store.next_model_id()
    store.add_model(NewModel("m", Recipe(), str(number), "0" * 64, {}, annotated_images=0))
    return project, images, patients


@pytest.mark.parametrize("split", [Split.TRAIN, Split.VALIDATION])
def test_a_test_patient_does_not_leave_the_test_once_a_model_was_trained(frozen, split):
    project, images, patients = frozen
    with pytest.raises(UserError, match="1 test patient would leave the test"):
        project.store.set_splits({patients[1]: split, patients[0]: split})
    assert project.store.image(images[0]).split is Split.TEST
    assert project.store.image(images[1]).split is Split.TRAIN


def test_before_the_first_model_patients_may_be_dealt_anew(project, add_images):
    [image] = add_images(project, Label.MALIGNANT)
    patient = project.store.image(image).patient_id
    for split in (Split.TEST, Split.TRAIN):
        project.store.set_splits({patient: split})
        assert project.store.image(image).split is split


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE split SET split = 'train' WHERE split = 'test'",
        "UPDATE split SET patient_id = 9999 WHERE split = 'test'",
        "INSERT OR REPLACE INTO split SELECT patient_id, 'train', created_at FROM split WHERE split = 'test'",
        "DELETE FROM split WHERE split = 'test'",
        (
            "UPDATE study SET patient_id = (SELECT patient_id FROM split WHERE split = 'train' LIMIT 1) "
            "WHERE patient_id = (SELECT patient_id FROM split WHERE split = 'test')"
        ),
        (
            "UPDATE image SET study_id = (SELECT id FROM study JOIN split USING (patient_id) WHERE split = 'train' LIMIT 1) "
            "WHERE study_id = (SELECT id FROM study JOIN split USING (patient_id) WHERE split = 'test')"
        ),
    ],
)
def test_no_program_that_writes_into_the_file_moves_one_either(frozen, statement):
    project, images, _ = frozen
    with (
        closing(sqlite3.connect(project.folder / "project.db")) as connection,
        pytest.raises(sqlite3.IntegrityError, match="held out"),
    ):
        connection.execute(statement)
    assert project.store.image(images[0]).split is Split.TEST


def test_a_label_stated_anew_leaves_the_image_where_it_is(frozen):
    project, images, _ = frozen
    project.store.set_label(images[0], Label.NORMAL, source="reader")
    project.store.set_label(images[0], Label.MALIGNANT, source="reader")
    assert project.store.image(images[0]).split is Split.TEST


def test_a_test_image_is_in_no_pool_and_in_no_cohort_that_is_cross_validated_or_replayed(frozen):
    project, images, _ = frozen
    ranked = rank_worklist(project.store, strategy="random")
    order = [image for image, _, _ in project.store.ranking()]
    assert images[0] not in order[: ranked.pool]
    cohort = cohort_of(project.store, grids=[GridSettings()])
    assert images[0] not in {image.image_id for image in cohort.images}
