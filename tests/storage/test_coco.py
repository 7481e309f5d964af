"""COCO files of contours: polygons are read exactly, what is no polygon is refused by annotation."""

from __future__ import annotations

import json

import pytest

from core.domain import FindingClass, FindingType
from core.errors import UserError
from storage.importing.coco import read_contours


@pytest.fixture
def coco(tmp_path):
    def read(*annotations):
        value = {
            "images": [{"id": 7, "file_name": "images/a.dcm", "width": 10, "height": 10}],
            "categories": [
                {"id": 1, "name": "malignant"},
                {"id": 2, "name": "Benign"},
                {"id": 3, "name": "nipple"},
            ],
            "annotations": list(annotations),
        }
        path = tmp_path / "contours.json"
        path.write_text(json.dumps(value))
        return read_contours(path)

    return read


def annotation(**changes):
    return {"id": 1, "image_id": 7, "category_id": 1, "segmentation": [[0, 0, 4, 0, 4, 4.5]], **changes}


def test_a_polygon_is_read_with_its_attributes(coco):
    [found] = coco(annotation(attributes={"finding_type": "mass", "reader": "truth"})).contours
    assert (found.file_name, found.finding_class, found.finding_type, found.reader) == (
        "images/a.dcm",
        FindingClass.MALIGNANT,
        FindingType.MASS,
        "truth",
    )
    assert found.contour.polygons[0].exterior == ((0, 0), (4, 0), (4, 4.5))


def test_without_attributes_type_and_reader_have_their_defaults(coco):
    [found] = coco(annotation(category_id=2)).contours
    assert (found.finding_class, found.finding_type, found.reader) == (
        FindingClass.BENIGN,
        FindingType.UNSPECIFIED,
        "imported",
    )


def test_several_outlines_are_one_finding(coco):
    [found] = coco(annotation(segmentation=[[0, 0, 2, 0, 2, 2], [5, 5, 9, 5, 9, 9]])).contours
    assert len(found.contour.polygons) == 2


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"segmentation": {"counts": [1, 2], "size": [4, 4]}}, "is a mask"),
        ({"segmentation": []}, "no outline"),
        ({"segmentation": [[0, 0, 1, 1]]}, "at least three points"),
        ({"segmentation": [[0, 0, 1, 1, 2]]}, "at least three points"),
        ({"segmentation": [[0, 0, 1, 1, 2, "x"]]}, "at least three points"),
        ({"segmentation": [[0, 0, 1, 1, 2, float("nan")]]}, "at least three points"),
        ({"segmentation": [5]}, "at least three points"),
        ({"category_id": 3}, "'nipple' is not known; accepted are malignant and benign"),
        ({"attributes": {"finding_type": "blob"}}, "'blob' is not known"),
        ({"image_id": 8}, "names no image"),
        ({"category_id": 99}, "names no image, category"),
        ({"attributes": 5}, "names no image"),
    ],
)
def test_an_annotation_that_cannot_be_used_is_told_and_the_others_go_on(coco, changes, why):
    result = coco(annotation(**changes), annotation())
    assert len(result.contours) == 1
    [(name, reason)] = result.failed
    assert name == "annotation 1 of contours.json"
    assert why in reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"images": 5}',
        "[" * 100_000,
        '{"images": [1], "annotations": [], "categories": []}',
    ],
)
def test_a_file_that_is_no_coco_is_one_sentence(tmp_path, text):
    path = tmp_path / "c.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"c.json cannot be used"):
        read_contours(path)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        read_contours(tmp_path / "none.json")
