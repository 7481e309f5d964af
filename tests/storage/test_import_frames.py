"""Files of many frames in a project: told, counted, there to look at, and never learnt from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import BreastTomosynthesisImageStorage, ExplicitVRLittleEndian, generate_uid

from core.domain import Contour, FindingClass, FindingType, Laterality, View
from core.errors import UserError
from core.inspection import inspect
from core.job import Job, Step, write_result
from core.recipe import GridSettings
from storage.checkup import check_images
from storage.importing import finish_import, plan_import
from storage.jobs import prepare_job

FRAMES, ROWS, COLUMNS = 3, 300, 260


def write(path: Path, *, frames: int) -> None:
    y, x = np.mgrid[:ROWS, :COLUMNS]
    breast = np.where((x / COLUMNS) ** 2 + ((y - ROWS / 2) / ROWS) ** 2 < 0.2, 2000 + 5 * (y % 100), 20)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = BreastTomosynthesisImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.Modality, ds.PatientID, ds.StudyInstanceUID = "MG", "P-1", "1.2.3"
    ds.ImageLaterality, ds.ViewPosition = "L", "CC"
    ds.NumberOfFrames, ds.Rows, ds.Columns = frames, ROWS, COLUMNS
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.PixelData = np.stack([breast] * frames).astype("<u2").tobytes()
    ds["PixelData"].VR = "OW"
    ds.save_as(path, enforce_file_format=True)


@pytest.fixture
def imported(project, tmp_path):
    """The report of importing one tomosynthesis and one 2D view of a breast."""
    folder = tmp_path / "images"
    folder.mkdir()
    write(folder / "tomo.dcm", frames=FRAMES)
    write(folder / "view.dcm", frames=1)
    plan = plan_import(folder, project=project)
    job = prepare_job(project, steps=[Step.INSPECT], files=plan.to_inspect)
    found = inspect(plan.to_inspect, grid=GridSettings(), spacing_mm={})
    lines = [json.dumps(one.to_json()) for one in found]
    (job / "inspected.jsonl").write_text("\n".join(lines) + "\n")
    write_result(job, ["inspected.jsonl"])
    return finish_import(project, plan, job)


def by_name(project):
    return {image.path.name: image for image in project.store.images()}


def test_they_are_counted_and_told_at_import(imported):
    assert imported.added == 1
    ((name, reason),) = imported.failed
    assert name == "tomo.dcm"
    assert "is not used in training: it holds 3 frames" in reason


def test_they_lie_in_their_study_and_can_be_shown(project, imported):
    tomo, view = (by_name(project)[name] for name in ("tomo.dcm", "view.dcm"))
    assert (tomo.study_id, tomo.laterality, tomo.view) == (view.study_id, Laterality.LEFT, View.CC)
    assert (tomo.rows, tomo.columns, tomo.regions) == (ROWS, COLUMNS, 0)
    assert "3 frames" in tomo.failure
    assert tomo.can_be_shown
    assert view.can_be_shown
    assert not view.failure


def test_no_job_gets_them(project, imported):
    job = Job.read(prepare_job(project, steps=[Step.FEATURES]))
    assert [Path(image.path).name for image in job.images] == ["view.dcm"]


def test_no_contour_is_taken_for_them(project, imported):
    tomo = by_name(project)["tomo.dcm"]
    with pytest.raises(UserError):
        project.store.add_finding(
            tomo.id,
            reader="A",
            finding_class=FindingClass.MALIGNANT,
            finding_type=FindingType.MASS,
            contour=Contour.from_points([(10, 10), (60, 10), (60, 60)]),
        )
    assert project.store.findings(tomo.id) == []


def test_they_are_no_trouble_of_a_project_unless_their_file_is(project, imported):
    assert not check_images(project.store.images())
    tomo = by_name(project)["tomo.dcm"]
    tomo.path.unlink()
    (trouble,) = check_images(project.store.images())
    assert str(tomo.id) in trouble.what


def test_importing_again_tells_it_again_and_adds_nothing(project, imported, tmp_path):
    plan = plan_import(tmp_path / "images", project=project)
    assert [path.name for path in plan.to_inspect] == ["tomo.dcm"]
    assert len(project.store.images()) == 2
