"""What leaves a project: complete, exact, free of identifiers, safe to open."""

from __future__ import annotations

import csv
import io
import json
from contextlib import redirect_stdout

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pycocotools.coco import COCO

from core.domain import Arm, Contour, Decision, FindingClass, FindingType, Label, Polygon, Split
from core.errors import UserError
from core.job import sha256_of
from storage.exporting import ExportQuery, export_coco, export_csv, select
from storage.exporting.tables import safe_cell
from storage.importing.coco import read_contours
from storage.project import Project

ROUND = tuple((200 + 60.125 * np.cos(a), 250 + 60.3 * np.sin(a)) for a in np.linspace(0, 6, 40))


@pytest.fixture
def drawn(project, add_images, square):
    """Four images: a malignant contour of A; a benign of B; verified empty; untouched."""
    images = add_images(project, Label.MALIGNANT, Label.BOTH, Label.NORMAL, Label.BENIGN)
    for image, reader, kind, contour in (
        (images[0], "A", FindingClass.MALIGNANT, Contour.from_points(ROUND)),
        (images[1], "B", FindingClass.BENIGN, square(10.123456789, 20.5)),
    ):
        project.store.add_finding(
            image, reader=reader, finding_class=kind, finding_type=FindingType.MASS, contour=contour
        )
    project.store.set_decision(images[2], reader="A", decision=Decision.NOTHING_TO_DRAW)
    return images


def rows(path):
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode())))


@pytest.mark.parametrize(
    ("query", "places"),
    [
        (ExportQuery(), [0, 1, 2]),
        (ExportQuery(include_verified_empty=False), [0, 1]),
        (ExportQuery(annotated_only=False), [0, 1, 2, 3]),
        (ExportQuery(reader="A", include_verified_empty=False), [0]),
        (ExportQuery(finding_class=FindingClass.BENIGN, include_verified_empty=False), [1]),
        (ExportQuery(finding_type=FindingType.ASYMMETRY, include_verified_empty=False), []),
        (ExportQuery(label=Label.NORMAL), [2]),
        (ExportQuery(split=Split.TEST), []),
        (ExportQuery(decision=Decision.NOTHING_TO_DRAW), [2]),
    ],
)
def test_a_query_chooses_images_and_findings(project, drawn, query, places):
    assert [image.id for image in select(project.store, query).images] == [drawn[i] for i in places]


# pycocotools' own code, on numpy 2
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_pycocotools_reads_the_export_and_finds_the_same_areas(project, drawn, tmp_path):
    report = export_coco(project, tmp_path / "out")
    with redirect_stdout(io.StringIO()):
        coco = COCO(str(tmp_path / "out" / "contours.json"))
    assert (report.images, report.findings, report.verified_empty) == (3, 2, 1)
    assert sorted(coco.getImgIds()) == drawn[:3]
    assert [category["name"] for category in coco.loadCats(coco.getCatIds())] == ["malignant", "benign"]
    assert coco.getAnnIds(imgIds=[drawn[2]]) == []
    for annotation in coco.loadAnns(coco.getAnnIds()):
        mask = coco.annToMask(annotation)
        assert mask.shape == (600, 400)
        assert mask.sum() == pytest.approx(annotation["area"], rel=0.03)
        x, y, width, height = annotation["bbox"]
        ys, xs = np.nonzero(mask)
        assert abs(xs.min() - x) < 1.01
        assert abs(ys.max() + 1 - (y + height)) < 1.01
        assert width > 0


def test_contours_come_back_from_coco_as_they_went(project, drawn, tmp_path):
    export_coco(project, tmp_path / "out")
    found = read_contours(tmp_path / "out" / "contours.json")
    hashes = {project.store.image(image).content_hash: image for image in drawn}
    for contour in found.contours:
        [finding] = project.store.findings(hashes[contour.content_hash])
        assert (contour.finding_class, contour.finding_type, contour.reader) == (
            finding.finding_class,
            finding.finding_type,
            finding.reader,
        )
        np.testing.assert_allclose(
            contour.contour.polygons[0].exterior, finding.contour.polygons[0].exterior, atol=0.01, rtol=0
        )
    assert len(found.contours) == 2
    assert found.failed == ()


def test_holes_are_told_since_coco_cannot_carry_them_and_kept_by_csv(project, add_images, tmp_path):
    [image] = add_images(project, Label.MALIGNANT)
    ring = Polygon(
        ((10, 10), (110, 10), (110, 110), (10, 110)), holes=(((30, 30), (60, 30), (60, 60), (30, 60)),)
    )
    project.store.add_finding(
        image,
        reader="A",
        finding_class=FindingClass.MALIGNANT,
        finding_type=FindingType.MASS,
        contour=Contour((ring,)),
    )
    report = export_coco(project, tmp_path / "coco")
    assert report.notes == (
        "1 findings have holes, which COCO cannot carry: their outer outline was written.",
    )
    [annotation] = json.loads((tmp_path / "coco" / "contours.json").read_bytes())["annotations"]
    assert annotation["area"] == 100 * 100
    export_csv(project, tmp_path / "csv")
    [row] = rows(tmp_path / "csv" / "findings.csv")
    assert float(row["area_px"]) == 100 * 100 - 30 * 30
    assert shapely.from_wkt(row["wkt"]).equals(shapely.Polygon(ring.exterior, ring.holes))


def test_tables_agree_with_the_store(project, drawn, tmp_path):
    export_csv(project, tmp_path / "out", ExportQuery(annotated_only=False))
    images, findings, regions = (
        rows(tmp_path / "out" / f"{name}.csv") for name in ("images", "findings", "regions")
    )
    assert [int(row["image"]) for row in images] == drawn
    assert [row["label"] for row in images] == ["M", "MB", "N", "B"]
    assert [row["decision"] for row in images] == ["", "", "nothing to draw", ""]
    assert [(int(row["image"]), row["reader"], row["class"]) for row in findings] == [
        (drawn[0], "A", "malignant"),
        (drawn[1], "B", "benign"),
    ]
    assert len(regions) == 4 * 12
    labels = project.store.region_labels(drawn[0])
    assert labels is not None
    words = {1: "M", 0: "BN", -1: "ignored"}
    assert [row["label"] for row in regions[:12]] == [words[int(label)] for label in labels]
    assert {row["label"] for row in regions[12:]} == {""}
    np.testing.assert_array_equal(
        [[float(row[name]) for name in ("x0", "y0", "x1", "y1")] for row in regions[:12]],
        project.store.grid(drawn[0]),
    )


def test_the_manifest_counts_what_was_written(project, drawn, tmp_path):
    for name, export in (("a", export_coco), ("b", export_csv)):
        export(project, tmp_path / name, ExportQuery(reader="A"))
        manifest = json.loads((tmp_path / name / "manifest.json").read_bytes())
        assert manifest["counts"] == {"images": 2, "findings": 1, "images_without_finding": 1}
        assert manifest["query"]["reader"] == "A"
        assert manifest["intended_use"].startswith("Research use only")
        for file, digest in manifest["sha256"].items():
            assert sha256_of(tmp_path / name / file) == digest


def test_no_identifier_leaves(project, drawn, tmp_path):
    for name, export in (("a", export_coco), ("b", export_csv)):
        export(project, tmp_path / name, ExportQuery(annotated_only=False))
        for path in (tmp_path / name).iterdir():
            content = path.read_bytes()
            assert b"SECRET" not in content
            assert b"0000.dcm" not in content
            assert str(tmp_path).encode() not in content
    assert b"P0001" in (tmp_path / "a" / "contours.json").read_bytes()


def test_a_folder_with_other_files_is_refused_and_left_alone(project, drawn, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("chapter one")
    with pytest.raises(UserError, match="holds other files"):
        export_coco(project, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]


def test_an_empty_folder_is_used(project, drawn, tmp_path):
    (tmp_path / "out").mkdir()
    before = (tmp_path / "out").stat().st_ino
    export_csv(project, tmp_path / "out")
    assert (tmp_path / "out" / "manifest.json").exists()
    assert (tmp_path / "out").stat().st_ino == before  # somebody may stand in it
    assert not list((tmp_path / "out").glob(".*"))


@pytest.mark.parametrize("name", ["scan.Doe_Jane", "1.2.840.4711", "image.dcm.doe"])
def test_what_follows_the_last_dot_of_a_files_name_is_not_exported(project, drawn, tmp_path, name):
    image = project.store.images()[0]
    project.store.relocate(image.id, tmp_path / name, size_bytes=1, modified_ns=1)
    for export in (export_coco, export_csv):
        target = tmp_path / export.__name__
        export(project, target, ExportQuery(annotated_only=False))
        text = "".join(path.read_text() for path in target.iterdir()).lower()
        assert "doe" not in text
        assert "4711" not in text


def test_an_export_that_fails_leaves_nothing(project, drawn, tmp_path, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    before = set(tmp_path.iterdir())
    monkeypatch.setattr("storage.exporting.writing.sha256_of", fail)
    with pytest.raises(UserError, match="Nothing was exported: No space left"):
        export_coco(project, tmp_path / "out")
    assert set(tmp_path.iterdir()) == before


def test_a_query_that_fits_nothing_is_one_sentence(project, drawn, tmp_path):
    with pytest.raises(UserError, match="No image fits"):
        export_coco(project, tmp_path / "out", ExportQuery(split=Split.TEST))
    assert not (tmp_path / "out").exists()


def test_an_export_is_in_the_ledger_and_works_read_only_without_it(project, drawn, tmp_path):
    export_coco(project, tmp_path / "a")
    assert project.store.events()[-1].details == {"kind": "coco", "images": 3, "findings": 2}
    project.close()
    with Project.open(project.folder, read_only=True) as reader:
        assert export_coco(reader, tmp_path / "b").images == 3


@given(st.text())
def test_no_cell_can_be_run_by_a_spreadsheet_and_texts_can_be_had_back(text):
    cell = safe_cell(text)
    assert isinstance(cell, str)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\0"))
    assert cell.removeprefix("'") == text or cell == text


@pytest.mark.parametrize("number", [-3, -0.5, 1e-9, None])
def test_numbers_stay_numbers(number):
    assert safe_cell(number) is number


def test_a_readers_name_that_is_a_formula_does_not_run(project, add_images, square, tmp_path):
    [image] = add_images(project, Label.MALIGNANT)
    project.store.add_finding(
        image,
        reader="=1+1",
        finding_class=FindingClass.MALIGNANT,
        finding_type=FindingType.MASS,
        contour=square(5, 5),
    )
    export_csv(project, tmp_path / "out")
    assert rows(tmp_path / "out" / "findings.csv")[0]["reader"] == "'=1+1"


def test_what_a_reader_wrote_freely_is_exported_only_when_asked_and_the_rest_always(
    project, add_images, square, tmp_path
):
    [image] = add_images(project, Label.MALIGNANT)
    project.store.add_finding(
        image,
        reader="A",
        finding_class=FindingClass.MALIGNANT,
        finding_type=FindingType.OTHER,
        contour=square(10, 10),
        birads="4c",
        note="as in Mrs Miller's film",
    )
    project.store.set_decision(image, reader="A", decision=Decision.ANNOTATED, reason="Mrs Miller")
    for asked in (False, True):
        for kind, write in (("coco", export_coco), ("csv", export_csv)):
            folder = tmp_path / f"{kind} {asked}"
            write(project, folder, ExportQuery(with_texts=asked))
            text = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()))
            wanted = {"coco": 2, "csv": 3}[kind]  # the tables say the reason for the image and for its reader
            assert text.count("Miller") == (wanted if asked else 0)
            assert "4c" in text
            assert "drawn" in text


def test_each_reader_and_arm_is_told_and_an_image_that_nobody_reviewed_has_no_statement(
    project, drawn, square, tmp_path
):
    store, [_, second, empty, untouched] = project.store, drawn
    store.begin_sitting(reader="B", arm=Arm.HIDDEN)
    store.set_decision(empty, reader="B", decision=Decision.SKIPPED, reason="later")
    store.set_assessment(empty, reader="B", birads="4a")
    found, _ = store.add_finding(
        second,
        reader="B",
        finding_class=FindingClass.BENIGN,
        finding_type=FindingType.MASS,
        contour=square(30, 30),
    )
    store.end_sitting()
    store.set_assessment(second, reader="A", birads="2")
    export_csv(project, tmp_path / "out", ExportQuery(annotated_only=False))
    said = [tuple(row.values()) for row in rows(tmp_path / "out" / "statements.csv")]
    assert said == [
        (str(second), "A", "", "", "", "2", ""),
        (str(empty), "A", "nothing to draw", "", "", "", ""),
        (str(empty), "B", "skipped", "", "hidden", "4a", "hidden"),
    ]
    assert not any(row[0] == str(untouched) for row in said)
    arms = {int(row["finding"]): row["arm"] for row in rows(tmp_path / "out" / "findings.csv")}
    assert arms.pop(found) == "hidden"
    assert set(arms.values()) == {""}
