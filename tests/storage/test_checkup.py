"""What the check-up finds, on projects damaged on purpose, and that it changes nothing."""

from pathlib import Path

import numpy as np

from core.domain import Label
from core.feature_store import FeatureStore
from core.job import sha256_of
from core.recipe import GridSettings
from storage.checkup import check_database, check_features, check_images, check_models, features_in_words
from storage.project import DATABASE, Project


def damage_page(path: Path) -> None:
    """Overwrite the content of a page in the middle of a database."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 16384 * 16384
    content[middle : middle + 4000] = b"\xff" * 4000
    path.write_bytes(bytes(content))


def test_a_new_project_has_nothing_wrong_with_it(project, add_images):
    add_images(project, Label.NORMAL, Label.MALIGNANT)
    assert check_database(project.folder) == []
    assert check_features(project) == []
    assert check_models(project) == []


def test_a_damaged_page_of_the_store_is_found_and_the_backups_are_named(project, add_images):
    add_images(project, Label.NORMAL, Label.MALIGNANT)
    project.close()
    damage_page(project.folder / DATABASE)
    before = sha256_of(project.folder / DATABASE)
    troubles = check_database(project.folder)
    assert "project.db is damaged" in troubles[0].what
    assert "backups" in troubles[0].advice
    assert sha256_of(project.folder / DATABASE) == before


def test_images_are_known_by_content(project, add_images):
    (first, second) = add_images(project, Label.NORMAL, Label.MALIGNANT)
    records = project.store.images()
    for record in records:
        record.path.parent.mkdir(exist_ok=True)
        record.path.write_bytes(b"other content")
    calls = []
    troubles = check_images(records, progress=lambda *counts: calls.append(counts))
    assert {f"image {number} " in str(t) for t, number in zip(troubles, (first, second), strict=True)} == {
        True
    }
    assert all("not the one that was imported" in t.what for t in troubles)
    assert calls == [(1, 2), (2, 2)]


def test_a_read_only_project_can_be_checked(project, add_images):
    add_images(project, Label.NORMAL)
    project.close()
    with Project.open(project.folder, read_only=True) as opened:
        assert check_database(opened.folder) == check_features(opened) == check_models(opened) == []


def test_damaged_records_of_variants_are_found_and_sizes_are_told(project):
    with FeatureStore(project.features_folder, trunk_key="t" * 16, grid=GridSettings(), dimension=4) as store:
        store.images.append("a", np.ones((3, 4)))
        store.put_variant("b", np.ones((3, 4)), np.ones((3, 4)))
    assert check_features(project) == []
    assert features_in_words(project).startswith("The region features take 0.7 kB in 3 files;")
    boxes = next(project.features_folder.glob("*.boxes"))
    content = bytearray(boxes.read_bytes())
    content[-1] ^= 1
    boxes.write_bytes(bytes(content))
    [trouble] = check_features(project)
    assert "b is damaged" in trouble.what
