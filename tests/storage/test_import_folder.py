"""Importing a folder: everything in once, each failure told, nothing lost by doing it twice."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest

from core.domain import FindingClass, FindingType, Label, Laterality, Split, View
from core.errors import UserError
from core.job import Job, Step, write_result
from storage.exporting import export_coco
from storage.importing import finish_import, plan_import
from storage.jobs import prepare_job
from storage.project import Project
from storage.records import FindingAction

BOXES = [[0.0, 0.0, 224.0, 224.0], [76.0, 0.0, 300.0, 224.0]]


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "images"
    made.mkdir()
    return made


def write(folder: Path, *names: str, content: str = "") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content or f"pixels of {name}")


def inspect(job_folder: Path, told: dict[str, dict] | None = None, *, only: int | None = None) -> Path:
    """Leave what an inspection leaves; `told`: by file name, what its header says, or the reason of a failure."""
    told = told or {}
    lines = []
    for file in Job.read(job_folder).files[:only]:
        path = Path(file)
        row = {
            "path": file,
            "reason": "",
            "content_hash": hashlib.sha256(path.read_bytes()).hexdigest(),
            "rows": 400,
            "columns": 300,
            "laterality": "?",
            "view": "?",
            "spacing_mm": None,
            "bits": 12,
            "patient_id": "",
            "study_uid": "",
            "is_for_processing": False,
            "is_lossy": False,
            "scale": 1.0,
            "boxes": BOXES,
        } | told.get(path.name, {})
        if row["reason"]:
            row |= {"content_hash": "", "rows": 0, "columns": 0, "boxes": []}
        lines.append(json.dumps(row))
    (job_folder / "inspected.jsonl").write_text("\n".join(lines) + "\n")
    write_result(job_folder, ["inspected.jsonl"])
    return job_folder


def run(project, folder, csv=None, contours=None, told=None, only=None):
    plan = plan_import(folder, csv, contours, project=project)
    if not plan.to_inspect:
        return finish_import(project, plan, None)
    job = prepare_job(project, steps=[Step.INSPECT], files=plan.to_inspect, spacing_mm=plan.spacing_mm)
    return finish_import(project, plan, inspect(job, told, only=only))


def table(tmp_path, text) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text(text)
    return path


def coco(tmp_path, *outlines, name="a.dcm", category=1, **attributes) -> Path:
    value = {
        "images": [{"id": 1, "file_name": name}],
        "categories": [{"id": 1, "name": "malignant"}, {"id": 2, "name": "benign"}],
        "annotations": [
            {"image_id": 1, "category_id": category, "segmentation": [outline], "attributes": attributes}
            for outline in outlines
        ],
    }
    path = tmp_path / "truth.json"
    path.write_text(json.dumps(value))
    return path


def by_file(project) -> dict:
    return {image.path.name: image for image in project.store.images()}


# --- which files


def test_images_are_found_by_suffix_and_by_the_letters_dicm(folder):
    write(folder, "a.dcm", "b.PNG", "c/d.tiff", "e.pgm", "notes.txt", ".hidden.dcm", ".git/x.dcm", "DICOMDIR")
    (folder / "1.2.840.7").write_bytes(b"\0" * 128 + b"DICM" + b"\0" * 8)
    plan = plan_import(folder)
    assert [file.name for file in plan.files] == ["1.2.840.7", "a.dcm", "b.PNG", "e.pgm", "c/d.tiff"]
    assert plan.notes == ("1 files of the folder are no images and were not looked at.",)


def test_a_project_inside_the_folder_is_not_imported(folder):
    write(folder, "a.dcm", "project/project.db", "project/models/preview.png")
    assert [file.name for file in plan_import(folder).files] == ["a.dcm"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names of files are Unicode there")
def test_a_file_or_folder_whose_name_is_not_unicode_is_told_and_the_others_go_in(project, tmp_path):
    folder = tmp_path / "images"
    odd = Path(os.fsdecode(os.fsencode(folder) + b"/d\xff"))
    odd.mkdir(parents=True)
    for path in (folder / "a.dcm", odd / "b.dcm", Path(os.fsdecode(os.fsencode(folder) + b"/c\xfe.dcm"))):
        path.write_text(f"pixels of {path.name!r}")
    report = run(project, folder)
    assert report.added == 1
    assert sorted(name for name, _ in report.failed) == ["b.dcm", "c?.dcm"]
    assert all("not in Unicode" in reason for _, reason in report.failed)
    with pytest.raises(UserError, match=r"d\? cannot be imported"):
        plan_import(odd)


@pytest.mark.skipif(os.name != "posix", reason="links need no right there")
def test_a_link_to_a_folder_is_told(folder):
    write(folder, "a.dcm", "real/b.dcm")
    (folder / "link").symlink_to(folder / "real")
    plan = plan_import(folder)
    assert [file.name for file in plan.files] == ["a.dcm", "real/b.dcm"]
    assert plan.failed == (("link", "It is a link to a folder and was not followed."),)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders there")
def test_a_pipe_in_the_folder_is_told_and_not_waited_for(folder):
    write(folder, "a.dcm")
    os.mkfifo(folder / "b.dcm")
    os.mkfifo(folder / "c")
    plan = plan_import(folder)
    assert [file.name for file in plan.files] == ["a.dcm"]
    assert [name for name, _ in plan.failed] == ["b.dcm", "c"]


@pytest.mark.skipif(os.name != "posix", reason="links need no right there")
def test_a_link_out_of_the_folder_is_not_followed_and_told(folder, tmp_path):
    write(tmp_path, "secret.dcm")
    write(folder, "a.dcm")
    (folder / "b.dcm").symlink_to(tmp_path / "secret.dcm")
    plan = plan_import(folder)
    assert [file.name for file in plan.files] == ["a.dcm"]
    assert plan.failed == (("b.dcm", "It is a link that leads out of the folder and was not followed."),)


def test_a_folder_without_images_or_that_is_not_there_is_one_sentence(folder):
    with pytest.raises(UserError, match="holds no mammogram"):
        plan_import(folder)
    with pytest.raises(UserError, match="there is no such folder"):
        plan_import(folder / "none")


def test_the_csv_chooses_the_files_by_path_name_or_stem(folder, tmp_path):
    write(folder, "a.dcm", "deep/b.dcm", "c.dcm", "d.dcm")
    csv = table(tmp_path, "file,patient\nimages/a.dcm,P1\nb.dcm,P1\nC,P2\n")
    plan = plan_import(folder, csv)
    assert sorted(file.name for file in plan.files) == ["a.dcm", "c.dcm", "deep/b.dcm"]
    assert plan.notes == ("1 images of the folder are not in labels.csv and were left out.",)


def test_a_row_that_finds_no_file_several_or_one_outside_is_told(folder, tmp_path):
    write(tmp_path, "outside.dcm")
    write(folder, "a.dcm", "one/x.dcm", "two/x.dcm")
    csv = table(tmp_path, "file,patient\na.dcm,P\nnone.dcm,P\nx.dcm,P\n../outside.dcm,P\none/x.dcm,P\n")
    plan = plan_import(folder, csv)
    assert sorted(file.name for file in plan.files) == ["a.dcm", "one/x.dcm"]
    reasons = dict(plan.failed)
    assert "no such image file" in reasons["none.dcm"]
    assert "2 files in the folder have this name" in reasons["x.dcm"]
    assert "no such image file" in reasons["../outside.dcm"]


def test_two_rows_for_one_file_use_the_first(folder, tmp_path):
    write(folder, "a.dcm")
    plan = plan_import(folder, table(tmp_path, "file,patient,label\na.dcm,P,M\nimages/a.dcm,P,N\n"))
    assert plan.labels == {"M": 1}
    assert "same file as in row 2" in plan.failed[0][1]


def test_the_spacing_of_the_csv_goes_to_the_inspection(project, folder, tmp_path):
    write(folder, "a.dcm", "b.dcm")
    plan = plan_import(folder, table(tmp_path, "file,patient,spacing_mm\na.dcm,P,0.1\nb.dcm,P,\n"))
    assert plan.spacing_mm == {str(folder.resolve() / "a.dcm"): 0.1}


# --- what enters the project


def test_images_enter_with_what_the_csv_and_the_header_say(project, folder, tmp_path):
    write(folder, "a.dcm", "b.dcm")
    csv = table(tmp_path, "file,patient,laterality,view,label,birads\na.dcm,P1,L,MLO,,4b\nb.dcm,P1,,,N,\n")
    told = {"b.dcm": {"laterality": "R", "view": "CC", "spacing_mm": 0.07}}
    report = run(project, folder, csv, told=told)
    assert (report.added, report.already_there, report.failed) == (2, 0, ())
    a, b = by_file(project)["a.dcm"], by_file(project)["b.dcm"]
    assert (a.label, a.laterality, a.view, a.regions) == (Label.MALIGNANT, Laterality.LEFT, View.MLO, 2)
    assert (b.label, b.laterality, b.view, b.spacing_mm) == (Label.NORMAL, Laterality.RIGHT, View.CC, 0.07)
    assert a.patient_id == b.patient_id
    assert project.store.labels(a.id)[0].birads == "4b"
    assert report.changes.everything


def test_without_csv_the_patient_is_the_headers_or_the_first_part_of_the_name(project, folder):
    write(folder, "s1_L_CC.png", "s1_R_MLO.png", "x.dcm", "y.dcm")
    told = {name: {"patient_id": "DICOM-1"} for name in ("x.dcm", "y.dcm")}
    report = run(project, folder, told=told)
    images = by_file(project)
    assert images["s1_L_CC.png"].patient_id == images["s1_R_MLO.png"].patient_id
    assert images["x.dcm"].patient_id == images["y.dcm"].patient_id != images["s1_L_CC.png"].patient_id
    assert (images["s1_L_CC.png"].laterality, images["s1_R_MLO.png"].view) == (Laterality.LEFT, View.MLO)
    assert {image.label for image in images.values()} == {None}
    [note] = [note for note in report.notes if "name no patient" in note]
    assert note.startswith("2 files (first: s1_L_CC.png)")


def two_imports(project, tmp_path, *, first, second, told=None):
    """Import one.dcm, then one.dcm and two.dcm (or only two.dcm) by two tables; returns the second report."""
    for name, text in (("1", first), ("2", second)):
        folder = tmp_path / name
        for row in text.splitlines():
            write(folder, row.split(",")[0], content=f"pixels of {row.split(',')[0]}")
        table = folder / "labels.csv"
        table.write_text(f"file,patient,label\n{text}\n" if "," in text else "")
        report = run(project, folder, table if "," in text else None, told=told)
    return report


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        # the second table names the patient of an image that is there otherwise
        ("one.dcm,A,M", "one.dcm,B,M\ntwo.dcm,B,M", {}),
        # the same exam
        ("one.dcm,A,M", "two.dcm,B,M", {name: {"study_uid": "1.2.3"} for name in ("one.dcm", "two.dcm")}),
        # the first import took the header's patient
        ("one.dcm", "two.dcm,B,M", {name: {"patient_id": "H1"} for name in ("one.dcm", "two.dcm")}),
    ],
    ids=["an image in both", "one exam", "the header's patient"],
)
def test_a_patient_whom_two_imports_name_differently_stays_one(project, tmp_path, first, second, told):
    report = two_imports(project, tmp_path, first=first, second=second, told=told)
    one, two = (by_file(project)[name] for name in ("one.dcm", "two.dcm"))
    assert one.patient_id == two.patient_id
    assert one.split == two.split
    assert any("under another name" in note for note in report.notes)


def test_an_exam_number_that_all_files_share_makes_no_one_patient_of_them(project, tmp_path):
    told = {f"{name}.dcm": {"study_uid": "1.2.3", "patient_id": "ANON"} for name in ("one", "two", "three")}
    two_imports(project, tmp_path, first="one.dcm,A,M", second="two.dcm,B,M\nthree.dcm,C,M", told=told)
    assert len({image.patient_id for image in project.store.images()}) == 3


def test_an_exam_of_two_known_patients_is_told(project, tmp_path):
    told = {"one.dcm": {"study_uid": "1.2.3"}, "three.dcm": {"study_uid": "1.2.3"}}
    report = two_imports(
        project, tmp_path, first="one.dcm,A,M\ntwo.dcm,B,M", second="three.dcm,B,M", told=told
    )
    assert any("under another patient" in note for note in report.notes)
    assert not any("1.2.3" in note for note in report.notes)


def test_a_file_that_cannot_be_read_is_not_told_to_lack_a_patient(project, folder):
    write(folder, "a.dcm")
    report = run(project, folder, told={"a.dcm": {"reason": "a.dcm cannot be read."}})
    assert not any("name no patient" in note for note in report.notes)


def test_the_view_that_cbis_ddsm_writes_into_the_patient_is_taken_off(project, folder):
    write(folder, "x.dcm", "y.dcm")
    told = {
        "x.dcm": {"patient_id": "Mass-Test_P_00173_LEFT_CC"},
        "y.dcm": {"patient_id": "Mass-Test_P_00173_RIGHT_MLO"},
    }
    run(project, folder, told=told)
    assert len({image.patient_id for image in project.store.images()}) == 1


def test_a_file_that_cannot_be_used_is_told_and_shown_and_the_others_go_on(project, folder, tmp_path):
    write(folder, "a.dcm", "b.dcm")
    csv = table(tmp_path, "file,patient,label\na.dcm,P1,M\nb.dcm,P2,N\n")
    report = run(project, folder, csv, told={"a.dcm": {"reason": "a.dcm is cut short."}})
    assert (report.added, report.failed) == (1, (("a.dcm", "a.dcm is cut short."),))
    assert by_file(project)["a.dcm"].failure == "a.dcm is cut short."
    assert by_file(project)["b.dcm"].failure == ""


def test_a_row_with_an_unknown_label_is_told_and_the_others_go_on(project, folder, tmp_path):
    write(folder, "a.dcm", "b.dcm")
    report = run(project, folder, table(tmp_path, "file,patient,label\na.dcm,P1,??\nb.dcm,P2,N\n"))
    assert report.added == 1
    assert report.failed[0][0] == "a.dcm"
    assert "accepted are" in report.failed[0][1]
    assert list(by_file(project)) == ["b.dcm"]


def test_importing_twice_adds_nothing_twice(project, folder, tmp_path):
    write(folder, "a.dcm", "b.dcm", "c.dcm")
    csv = table(tmp_path, "file,patient,label\na.dcm,P1,M\nb.dcm,P2,N\nc.dcm,P3,N\n")
    truth = coco(tmp_path, [10, 10, 60, 10, 60, 60])
    told = {"c.dcm": {"reason": "c.dcm is cut short."}}
    run(project, folder, csv, truth, told=told)
    before = (project.store.images(), project.store.all_findings())
    plan = plan_import(folder, csv, truth, project=project)
    assert [path.name for path in plan.to_inspect] == ["c.dcm"]
    report = run(project, folder, csv, truth, told=told)
    assert (report.added, report.already_there, report.contours, report.labels_changed) == (0, 2, 0, 0)
    assert (project.store.images(), project.store.all_findings()) == before


def test_a_file_that_was_repaired_takes_the_place_of_the_failure(project, folder):
    write(folder, "a.dcm")
    run(project, folder, told={"a.dcm": {"reason": "cut short"}})
    assert project.store.splits() == {}
    report = run(project, folder)
    assert report.added == 1
    [image] = project.store.images()
    assert (image.failure, image.split) == ("", Split.TRAIN)


def test_a_stopped_inspection_goes_on_where_it_ended(project, folder):
    write(folder, "a.dcm", "b.dcm", "c.dcm")
    report = run(project, folder, only=1)
    assert (report.added, report.not_inspected) == (1, 2)
    plan = plan_import(folder, project=project)
    assert [path.name for path in plan.to_inspect] == ["b.dcm", "c.dcm"]
    assert run(project, folder).added == 2


def test_the_same_content_twice_in_a_folder_is_one_image(project, folder):
    write(folder, "a.dcm", "copy.dcm", content="the same pixels")
    report = run(project, folder)
    assert report.added == 1
    assert len(project.store.images()) == 1
    assert any("copy.dcm" in note and "same content" in note for note in report.notes)


def test_the_same_content_with_two_labels_is_told_each_time_and_changes_nothing(project, folder, tmp_path):
    write(folder, "a.dcm", "copy.dcm", content="the same pixels")
    csv = table(tmp_path, "file,patient,label\na.dcm,P1,M\ncopy.dcm,P1,N\n")
    for _ in range(2):
        report = run(project, folder, csv)
        assert any("two labels" in note for note in report.notes)
        assert report.labels_changed == 0
        assert [image.label for image in project.store.images()] == [Label.MALIGNANT]


def test_a_moved_folder_is_found_again(project, folder, tmp_path):
    write(folder, "a.dcm")
    run(project, folder)
    [before] = project.store.images()
    moved = folder.rename(tmp_path / "elsewhere")
    report = run(project, moved)
    [after] = project.store.images()
    assert (report.added, report.already_there) == (0, 1)
    assert (after.id, after.path) == (before.id, moved / "a.dcm")


def paths(project) -> dict[str, str]:
    """Content (as written by write) -> where the project has it."""
    contents = {hashlib.sha256(text.encode()).hexdigest(): text for text in ("A", "B", "C", "X")}
    return {
        contents[image.content_hash]: image.path.name for image in project.store.images() if not image.failure
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a.dcm": "A", "b.dcm": "B"}, {"a.dcm": "B", "b.dcm": "A"}),
        ({"a.dcm": "A", "b.dcm": "B", "c.dcm": "C"}, {"a.dcm": "C", "b.dcm": "A", "c.dcm": "B"}),
        ({"a.dcm": "A", "b.dcm": "B"}, {"a.dcm": "B", "c.dcm": "A"}),
        ({"a.dcm": "A"}, {"a.dcm": "X", "c.dcm": "A"}),
    ],
    ids=["swapped", "in a ring", "moved on", "a new one where one was"],
)
def test_files_that_changed_names_are_followed_by_their_content(project, folder, before, after):
    for name, content in before.items():
        write(folder, name, content=content)
    run(project, folder)
    numbers = {image.content_hash: image.id for image in project.store.images()}
    for name in before:
        (folder / name).unlink()
    for name, content in after.items():
        write(folder, name, content=content)
        os.utime(folder / name, ns=(1, 1))
    report = run(project, folder)
    assert report.failed == ()
    assert paths(project) == {content: name for name, content in after.items()}
    assert numbers.items() <= {image.content_hash: image.id for image in project.store.images()}.items()
    assert run(project, folder).already_there == len(after)


def test_an_image_whose_file_was_overwritten_by_another_one_keeps_its_record(project, folder):
    write(folder, "a.dcm", content="A")
    write(folder, "b.dcm", content="B")
    run(project, folder)
    (folder / "b.dcm").replace(folder / "a.dcm")
    report = run(project, folder)
    assert report.changes.everything
    assert paths(project) == {"B": "a.dcm", "A": "b.dcm"}


def test_an_image_moved_over_one_that_could_not_be_read_takes_its_place(project, folder):
    write(folder, "a.dcm", content="A")
    write(folder, "b.dcm", content="B")
    run(project, folder, told={"b.dcm": {"reason": "b.dcm cannot be read."}})
    (folder / "a.dcm").replace(folder / "b.dcm")
    report = run(project, folder)
    assert report.failed == ()
    assert paths(project) == {"A": "b.dcm"}
    assert len(project.store.images()) == 1


def test_a_readers_label_stays_when_an_image_that_failed_can_be_read(project, folder, tmp_path):
    write(folder, "a.dcm")
    csv = table(tmp_path, "file,patient,label\na.dcm,P1,N\n")
    run(project, folder, csv, told={"a.dcm": {"reason": "a.dcm is cut short."}})
    [image] = project.store.images()
    project.store.set_label(image.id, Label.MALIGNANT, source="reader", reader="A")
    run(project, folder, csv)
    [image] = project.store.images()
    assert (image.failure, image.label) == ("", Label.MALIGNANT)


def test_a_copy_elsewhere_does_not_move_the_image(project, folder, tmp_path):
    write(folder, "a.dcm", content="pixels")
    run(project, folder)
    write(tmp_path / "copy", "a.dcm", content="pixels")
    run(project, tmp_path / "copy")
    assert [image.path for image in project.store.images()] == [folder / "a.dcm"]


def test_a_file_that_changed_is_noticed_and_refused(project, folder):
    write(folder, "a.dcm")
    run(project, folder)
    before = project.store.images()
    write(folder, "a.dcm", content="other pixels, other size")
    report = run(project, folder)
    assert report.failed == (
        ("a.dcm", "The file has changed since it was imported and was not taken in again."),
    )
    assert project.store.images() == before


def test_a_touched_file_with_the_same_content_is_the_same(project, folder):
    write(folder, "a.dcm")
    run(project, folder)
    os.utime(folder / "a.dcm", (1, 1))
    assert len(plan_import(folder, project=project).to_inspect) == 1
    assert run(project, folder).already_there == 1
    assert plan_import(folder, project=project).to_inspect == ()


def test_a_newer_csv_corrects_a_label_but_never_a_readers(project, folder, tmp_path):
    write(folder, "a.dcm", "b.dcm")
    run(project, folder, table(tmp_path, "file,patient,label\na.dcm,P1,N\nb.dcm,P2,N\n"))
    images = by_file(project)
    project.store.set_label(images["b.dcm"].id, Label.BENIGN, source="reader", reader="A")
    report = run(project, folder, table(tmp_path, "file,patient,label\na.dcm,P1,M\nb.dcm,P2,M\n"))
    assert report.labels_changed == 1
    assert {name: image.label for name, image in by_file(project).items()} == {
        "a.dcm": Label.MALIGNANT,
        "b.dcm": Label.BENIGN,
    }
    assert any("the reader's stays" in note for note in report.notes)


def test_csv_and_header_that_disagree_are_told_without_naming_anyone(project, folder, tmp_path):
    write(folder, "a.dcm", "b.dcm", "c.dcm")
    csv = table(tmp_path, "file,patient,laterality\na.dcm,SECRET1,L\nb.dcm,SECRET2,L\nc.dcm,SECRET3,L\n")
    told = {
        "a.dcm": {"patient_id": "SECRET-D1", "laterality": "R"},
        "b.dcm": {"patient_id": "SECRET-D1", "laterality": "L"},
        "c.dcm": {"patient_id": "SECRET-D3"},
    }
    report = run(project, folder, csv, told=told)
    text = " ".join(report.notes)
    assert "1 files (first: a.dcm): The CSV and the file disagree on the laterality" in text
    assert "differently from 3 of the files" in text
    assert "1 patients of the files are several patients in the CSV" in text
    assert "SECRET" not in repr(report)
    assert by_file(project)["a.dcm"].laterality == Laterality.LEFT


def test_an_inspection_that_is_incomplete_changes_nothing(project, folder):
    write(folder, "a.dcm")
    plan = plan_import(folder, project=project)
    job = prepare_job(project, steps=[Step.INSPECT], files=plan.to_inspect)
    with pytest.raises(UserError, match="incomplete or damaged"):
        finish_import(project, plan, job)
    inspect(job)
    (job / "inspected.jsonl").write_text("{}")
    with pytest.raises(UserError, match="incomplete or damaged"):
        finish_import(project, plan, job)
    assert project.store.images() == []


def test_an_inspection_is_imported_once(project, folder):
    write(folder, "a.dcm")
    plan = plan_import(folder, project=project)
    job = inspect(prepare_job(project, steps=[Step.INSPECT], files=plan.to_inspect))
    finish_import(project, plan, job)
    with pytest.raises(UserError, match="imported already"):
        finish_import(project, plan, job)


# --- contours


def test_contours_enter_as_findings_with_their_reader_and_labels_follow(project, folder, tmp_path):
    write(folder, "a.dcm")
    csv = table(tmp_path, "file,patient,label\na.dcm,P1,M\n")
    truth = coco(tmp_path, [10, 10, 60, 10, 60, 60, 10, 60], finding_type="mass", reader="truth")
    report = run(project, folder, csv, truth)
    assert report.contours == 1
    [image] = project.store.images()
    [finding] = project.store.findings(image.id)
    assert (finding.reader, finding.finding_class, finding.finding_type) == (
        "truth",
        FindingClass.MALIGNANT,
        FindingType.MASS,
    )
    assert project.store.history(finding.id)[0].action == FindingAction.IMPORTED
    assert project.store.region_labels(image.id).tolist() == [1, 0]  # type: ignore[union-attr]


def test_contours_that_fit_no_image_or_lie_outside_are_told_and_the_others_go_on(project, folder, tmp_path):
    write(folder, "a.dcm")
    outside, inside = [900, 900, 950, 900, 950, 950], [10, 10, 60, 10, 60, 60]
    report = run(project, folder, contours=coco(tmp_path, outside, inside))
    assert report.contours == 1
    assert "lies outside" in report.failed[0][1]
    report = run(project, folder, contours=coco(tmp_path, inside, name="z.dcm"))
    assert report.contours == 0
    assert report.failed[0][0] == "contour of z.dcm"


def test_a_contour_that_reaches_past_the_edge_is_cut_off_there_and_that_is_told(project, folder, tmp_path):
    write(folder, "a.dcm")
    past, inside = [-30, 10, 60, 10, 60, 60], [10, 10, 60, 10, 60, 60]
    report = run(project, folder, contours=coco(tmp_path, past, inside))
    assert report.contours == 2
    assert [note for note in report.notes if "cut off" in note] == [
        "1 files (first: a.dcm): A contour reaches past the image's edge; what lies outside was cut off."
    ]


def test_a_contour_that_cannot_be_added_leaves_no_part_of_itself(project, folder, tmp_path):
    write(folder, "a.dcm")
    report = run(project, folder, contours=coco(tmp_path, [10, 10, 60, 10, 60, 60], reader="   "))
    assert (report.added, report.contours) == (1, 0)
    assert "reader's name is empty" in report.failed[0][1]
    assert project.store._rows("SELECT count(*) FROM finding") == [(0,)]


def test_a_contour_that_a_reader_deleted_does_not_come_back(project, folder, tmp_path):
    write(folder, "a.dcm")
    truth = coco(tmp_path, [10, 10, 60, 10, 60, 60])
    run(project, folder, contours=truth)
    [image] = project.store.images()
    [finding] = project.store.findings(image.id)
    project.store.delete_finding(finding.id, reader="A")
    assert run(project, folder, contours=truth).contours == 0
    assert project.store.findings(image.id) == []


def test_what_was_exported_comes_in_again_by_content(project, folder, tmp_path):
    write(folder, "a.dcm")
    outline = [10.123, 10.5, 60.25, 10.75, 60.0, 60.875]
    run(project, folder, contours=coco(tmp_path, outline, finding_type="distortion", reader="R"))
    export_coco(project, tmp_path / "out")
    with Project.create(tmp_path / "second") as second:
        report = run(second, folder, contours=tmp_path / "out" / "contours.json")
        assert (report.contours, report.failed) == (1, ())
        [image], [original] = second.store.images(), project.store.images()
        [copy], [finding] = second.store.findings(image.id), project.store.findings(original.id)
        assert (copy.contour, copy.finding_type, copy.reader) == (
            finding.contour,
            finding.finding_type,
            finding.reader,
        )


def test_a_density_enters_with_the_image_and_a_later_table_adds_or_corrects_it(project, folder, tmp_path):
    write(folder, "a.dcm", "b.dcm")
    run(project, folder, table(tmp_path, "file,patient,density\na.dcm,P1,B\nb.dcm,P2,\n"))
    assert {name: image.density for name, image in by_file(project).items()} == {"a.dcm": "B", "b.dcm": ""}
    report = run(project, folder, table(tmp_path, "file,patient,density\na.dcm,P1,\nb.dcm,P2,D\n"))
    assert {name: image.density for name, image in by_file(project).items()} == {"a.dcm": "B", "b.dcm": "D"}
    assert report.changes
