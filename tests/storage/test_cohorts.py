"""Who enters a cross-validation, and what is known of them there."""

import numpy as np
import pytest

from core.domain import Decision, FindingClass, FindingType, Label
from core.errors import UserError
from core.recipe import GridSettings
from storage.cohorts import cohort_of
from storage.project import Project
from storage.records import SplitSettings

GRIDS = [GridSettings()]


def test_labelled_images_enter_with_what_is_drawn_on_them(project, add_images, square):
    ids = add_images(project, Label.BOTH, Label.NORMAL, None)
    for finding_class, place in ((FindingClass.MALIGNANT, 20), (FindingClass.BENIGN, 200)):
        project.store.add_finding(
            ids[0],
            reader="A",
            finding_class=finding_class,
            finding_type=FindingType.MASS,
            contour=square(place, place),
        )
    cohort = cohort_of(project.store, grids=GRIDS)
    assert [image.image_id for image in cohort.images] == ids[:2]
    both = cohort.images[0]
    assert (len(both.malignant), len(both.benign), both.malignant[0].finding_type) == (1, 1, FindingType.MASS)
    assert both.largest_px2 == pytest.approx(2500)
    assert both.is_annotated
    assert not cohort.images[1].is_annotated
    assert both.boxes[GRIDS[0].key].shape == (12, 4)
    assert cohort.notes == ("1 images without a label are left out.",)


def test_two_views_of_a_side_are_one_breast_and_two_sides_are_two(project, add_images):
    add_images(project, *[Label.NORMAL] * 4, per_patient=4)
    images = cohort_of(project.store, grids=GRIDS).images
    assert len({image.patient for image in images}) == 1
    assert [image.breast for image in images] == [0, 1, 0, 1]


def test_test_patients_never_take_part_and_are_counted(tmp_path, add_images):
    splits = SplitSettings(test_fraction=0.5, validation_fraction=0)
    with Project.create(tmp_path / "split", splits=splits) as project:
        add_images(project, *[Label.MALIGNANT, Label.MALIGNANT, Label.NORMAL, Label.NORMAL] * 4)
        test = {image.patient_id for image in project.store.images() if image.split == "test"}
        cohort = cohort_of(project.store, grids=GRIDS)
    assert test
    assert not test & {image.patient for image in cohort.images}
    assert f"of {len(test)} test patients are left out" in cohort.notes[0]


def test_an_image_that_a_reader_called_unreadable_is_left_out(project, add_images):
    ids = add_images(project, Label.NORMAL, Label.MALIGNANT)
    project.store.set_decision(ids[0], reader="A", decision=Decision.UNREADABLE)
    cohort = cohort_of(project.store, grids=GRIDS)
    assert [image.image_id for image in cohort.images] == ids[1:]
    assert "that a reader called unreadable" in cohort.notes[0]


def test_a_project_without_labels_or_of_another_grid_is_told_in_a_sentence(project, add_images):
    add_images(project, None)
    with pytest.raises(UserError, match="nothing to cross-validate"):
        cohort_of(project.store, grids=GRIDS)
    add_images(project, Label.NORMAL)
    with pytest.raises(UserError, match="no regions for the window grid"):
        cohort_of(project.store, grids=[GridSettings(stride=56)])


def test_region_labels_are_those_of_the_store(project, add_images, square):
    (image_id,) = add_images(project, Label.MALIGNANT)
    project.store.add_finding(
        image_id,
        reader="A",
        finding_class=FindingClass.MALIGNANT,
        finding_type=FindingType.MASS,
        contour=square(100, 100, 160),
    )
    (image,) = cohort_of(project.store, grids=GRIDS).images
    mine = image.region_labels(grid_key=GRIDS[0].key, alpha=0.5)
    np.testing.assert_array_equal(mine, project.store.region_labels(image_id))
