"""What a job folder holds for images that are shown turned: their contours, and nobody's name."""

from __future__ import annotations

import json

import pytest

from core.domain import FindingClass, FindingType, Label, Split
from core.job import CONTOURS, ImageContours, Job, Step, read_contours
from core.recipe import Augmentation, Recipe
from storage.jobs import prepare_job

FIT = (Step.FEATURES, Step.FIT)
ROWS, COLUMNS = 600, 400  # of the images that add_images makes
AUGMENTING = Recipe(augmentation=Augmentation.ALL, variants=4)


def draw(project, image, contour, finding_class=FindingClass.MALIGNANT):
    project.store.add_finding(
        image,
        contour=contour,
        finding_class=finding_class,
        finding_type=FindingType.MASS,
        reader="Dr Reader",
    )


@pytest.fixture
def three(project, add_images, square):
    """A malignant image with malignant and benign contours in each split: train, validation, test."""
    images = add_images(project, *[Label.MALIGNANT] * 3, per_patient=1)
    for image, split in zip(images, (Split.TRAIN, Split.VALIDATION, Split.TEST), strict=True):
        project.store.set_splits({project.store.image(image).patient_id: split})
        draw(project, image, square(20, 20))
        draw(project, image, square(200, 300), FindingClass.BENIGN)
    return images


@pytest.mark.parametrize("how", [Augmentation.ALL, Augmentation.RARE])
def test_malignant_contours_of_annotated_training_images_alone_are_in_an_augmenting_job(
    project, three, square, how
):
    recipe = Recipe(augmentation=how, variants=4)
    found = read_contours(prepare_job(project, steps=FIT, recipe=recipe))
    assert found == {three[0]: ImageContours(ROWS, COLUMNS, (square(20, 20),))}


@pytest.mark.parametrize("recipe", [Recipe(), Recipe(augmentation=Augmentation.ALL), Recipe(variants=4)])
def test_without_variants_no_contour_leaves_the_store(project, three, recipe):
    folder = prepare_job(project, steps=FIT, recipe=recipe)
    assert not (folder / CONTOURS).exists()
    assert read_contours(folder) == {}


def test_a_patient_moved_to_test_takes_the_contours_along(project, three):
    project.store.set_splits({project.store.image(three[0]).patient_id: Split.TEST})
    assert read_contours(prepare_job(project, steps=FIT, recipe=AUGMENTING)) == {}


def test_contours_in_a_job_name_no_patient_and_no_reader(project, three):
    content = (prepare_job(project, steps=FIT, recipe=AUGMENTING) / CONTOURS).read_text()
    assert "SECRET" not in content
    assert "Reader" not in content
    assert set(json.loads(content)) == {str(three[0])}
    assert set(json.loads(content)[str(three[0])]) == {"rows", "columns", "malignant"}


def test_the_limit_of_the_features_folder_goes_along(project, three):
    assert Job.read(prepare_job(project, steps=FIT)).features_limit_gb is None
    assert Job.read(prepare_job(project, steps=FIT, features_limit_gb=2.5)).features_limit_gb == 2.5
