"""The synthetic mammograms: valid files, honest labels, contours that tell the truth, the same every time."""

import csv
import json
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pydicom
import pytest
import shapely
from pycocotools.coco import COCO
from pycocotools.mask import area

from core.domain import FindingClass, Label, Laterality, View
from core.errors import UserError
from core.phantom import Cohort, PhantomSettings, make_cohort
from core.phantom.anatomy import make_breast
from core.phantom.dicom import synthetic_uid, write_dicom
from core.phantom.lesions import place
from core.phantom.plan import Encoding, FindingPlan, ImagePlan, Lesion, deal_labels, plan_cohort
from core.phantom.render import Rendered, render
from core.pixels import read_header

# The same anatomy on a quarter of the pixels.
COARSE = PhantomSettings(spacing_mm=0.14)
FOUR_LABELS = {Label.NORMAL, Label.BENIGN, Label.MALIGNANT, Label.BOTH}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return make_cohort(tmp_path_factory.mktemp("phantom"), images=16, seed=5, processes=1, settings=COARSE)


@pytest.fixture(scope="module")
def files(cohort: Cohort) -> dict[str, pydicom.FileDataset]:
    return {path.name: pydicom.dcmread(path) for path in sorted(cohort.images_folder.iterdir())}


@pytest.fixture(scope="module")
def rows(cohort: Cohort) -> list[dict[str, str]]:
    with cohort.labels_file.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def coco(cohort: Cohort) -> dict:
    return json.loads(cohort.contours_file.read_bytes())


def one_plan(lesion: Lesion, *, view: View = View.CC, laterality: Laterality = Laterality.LEFT) -> ImagePlan:
    """A density-b image that holds one finding in the middle of the breast."""
    plan = next(p for p in plan_cohort(2, seed=1, settings=COARSE) if p.view is view)
    finding = FindingPlan(lesion, radius_mm=7.0, strength=1.0, depth=0.5, across=0.1, height=0.1, seed=8)
    return replace(plan, density="b", laterality=laterality, findings=(finding,))


@cache
def drawn(plan: ImagePlan) -> Rendered:
    """The coarse image of a plan, drawn once."""
    return render(plan, COARSE)


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def contours_by_file(coco: dict) -> dict[str, list[dict]]:
    names = {image["id"]: Path(image["file_name"]).name for image in coco["images"]}
    found: dict[str, list[dict]] = {name: [] for name in names.values()}
    for annotation in coco["annotations"]:
        found[names[annotation["image_id"]]].append(annotation)
    return found


def polygon(annotation: dict) -> shapely.Polygon:
    (ring,) = annotation["segmentation"]
    return shapely.Polygon(np.reshape(ring, (-1, 2)))


# --- the same every time


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_processes(tmp_path: Path):
    made = [tmp_path / "alone", tmp_path / "together"]
    for folder, processes in zip(made, (1, 3), strict=True):
        make_cohort(folder, images=4, seed=3, processes=processes, settings=COARSE)
    assert content(made[0]) == content(made[1])


def test_another_seed_gives_other_images(cohort: Cohort, tmp_path: Path):
    other = make_cohort(tmp_path, images=4, seed=6, processes=1, settings=COARSE)
    ours, theirs = content(cohort.images_folder), content(other.images_folder)
    assert all(ours[name] != theirs[name] for name in theirs)


def test_a_number_of_images_that_is_not_a_multiple_of_four_is_rounded_up_and_said(tmp_path: Path):
    told = []
    made = make_cohort(
        tmp_path, images=3, processes=1, settings=COARSE, progress=lambda *step: told.append(step)
    )
    assert made.images == len(list(made.images_folder.iterdir())) == 4
    assert made.notice == "4 images were made instead of 3: 1 patient with four views each."
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_whole_number_of_patients_needs_no_notice(cohort: Cohort):
    assert (cohort.images, cohort.patients, cohort.notice) == (16, 4, "")


def test_a_cohort_of_no_images_is_refused_in_a_sentence(tmp_path: Path):
    with pytest.raises(UserError, match="at least one image"):
        make_cohort(tmp_path, images=0)


def test_making_images_does_not_load_torch():
    code = "import sys, core.phantom.cohort; sys.exit('torch' in sys.modules or 'PySide6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- labels


@pytest.mark.parametrize("patients", [2, 3, 4, 7, 15, 40])
@pytest.mark.parametrize("seed", range(5))
def test_all_four_labels_occur_from_two_patients_on(patients: int, seed: int):
    pairs = deal_labels(patients, np.random.default_rng(seed))
    assert len(pairs) == patients
    assert {label for pair in pairs for label in pair} == FOUR_LABELS


def test_sixty_images_hold_the_stated_mix():
    plans = plan_cohort(15, seed=0, settings=PhantomSettings())
    assert Counter(plan.label for plan in plans) == {"N": 24, "B": 16, "M": 14, "MB": 6}


@pytest.mark.parametrize("seed", range(5))
def test_one_patient_in_a_cohort_has_cancer_on_both_sides(seed: int):
    pairs = deal_labels(15, np.random.default_rng(seed))
    assert sorted(sum(label.is_malignant for label in pair) for pair in pairs)[-2:] == [1, 2]


def test_the_label_of_an_image_is_what_its_contours_say(rows: list[dict[str, str]], coco: dict):
    names = {category["id"]: category["name"] for category in coco["categories"]}
    expected = {"N": set(), "B": {"benign"}, "M": {"malignant"}, "MB": {"benign", "malignant"}}
    found = contours_by_file(coco)
    for row in rows:
        kinds = {names[annotation["category_id"]] for annotation in found[Path(row["file"]).name]}
        assert kinds == expected[row["label"]]


def test_the_csv_names_every_file_with_its_own_tags(
    cohort: Cohort, rows: list[dict[str, str]], files: dict[str, pydicom.FileDataset]
):
    assert {(cohort.folder / row["file"]).name for row in rows} == set(files)
    for row in rows:
        dataset = pydicom.dcmread(cohort.folder / row["file"], stop_before_pixels=True)
        assert (row["patient"], row["laterality"], row["view"]) == (
            dataset.PatientID,
            dataset.ImageLaterality,
            dataset.ViewPosition,
        )
        assert float(row["spacing_mm"]) == dataset.PixelSpacing[0] == 0.14


# --- files


def test_every_file_says_that_it_is_synthetic(cohort: Cohort, files: dict[str, pydicom.FileDataset]):
    for dataset in files.values():
        assert dataset.PatientName == "SYNTHETIC^PHANTOM"
        assert dataset.PatientID.startswith("PHANTOM-0")
        assert dataset.SeriesDescription.startswith("SYNTHETIC")
        assert dataset.ImageComments.startswith("SYNTHETIC")
    assert all(read_header(path).is_synthetic for path in cohort.images_folder.iterdir())
    assert "SYNTHETIC" in (cohort.folder / "SYNTHETIC.txt").read_text()
    assert "SYNTHETIC" in json.loads(cohort.contours_file.read_bytes())["info"]["description"]


def test_every_patient_has_four_views_in_one_study(files: dict[str, pydicom.FileDataset]):
    views = Counter(
        (d.StudyInstanceUID, d.PatientID, d.ImageLaterality, d.ViewPosition) for d in files.values()
    )
    assert len(views) == len(files) == 16
    assert len({study for study, *_ in views}) == 4
    assert len({d.SOPInstanceUID for d in files.values()}) == 16


def test_bits_vary_by_patient_and_no_value_exceeds_them(files: dict[str, pydicom.FileDataset]):
    bits = {(d.PatientID, d.BitsStored) for d in files.values()}
    assert len(bits) == 4
    assert {stored for _, stored in bits} <= {12, 13, 14}
    assert all(d.pixel_array.max() < 2**d.BitsStored for d in files.values())


@pytest.mark.parametrize("encoding", Encoding)
def test_every_encoding_gives_back_the_pixels_that_were_drawn(encoding: Encoding, tmp_path: Path):
    plan = replace(one_plan(Lesion.SMOOTH_MASS, laterality=Laterality.RIGHT), encoding=encoding)
    image = render(plan, COARSE)
    write_dicom(tmp_path / "image.dcm", plan, image, COARSE)
    read = pydicom.dcmread(tmp_path / "image.dcm")
    assert np.array_equal(read.pixel_array, image.stored)
    assert read.file_meta.TransferSyntaxUID.is_compressed == (encoding is not Encoding.EXPLICIT)


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not installed")
def test_dciodvfy_finds_no_error_in_any_file(cohort: Cohort):
    for path in cohort.images_folder.iterdir():
        done = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False)
        report = done.stdout + done.stderr
        assert "MammographyImageForPresentation" in report
        assert [line for line in report.splitlines() if line.startswith("Error")] == []


def test_a_synthetic_uid_is_valid_and_depends_on_its_parts_alone():
    uid = synthetic_uid("study", 0, 1)
    assert pydicom.uid.UID(uid).is_valid
    assert uid == synthetic_uid("study", 0, 1) != synthetic_uid("study", 0, 2)


# --- pictures


@pytest.mark.parametrize("laterality", [Laterality.LEFT, Laterality.RIGHT])
@pytest.mark.parametrize("view", [View.CC, View.MLO])
def test_the_chest_wall_is_where_the_laterality_puts_it_and_air_is_zero(laterality: Laterality, view: View):
    stored = render(one_plan(Lesion.SMOOTH_MASS, view=view, laterality=laterality), COARSE).stored
    chest, air = (0, -1) if laterality is Laterality.LEFT else (-1, 0)
    assert (stored[:, air] == 0).all()
    assert (stored[:, chest] > 0).mean() > 0.6
    filled = (stored > 0).any(axis=0).mean()
    assert 0.55 < filled < 0.85


def test_a_right_breast_is_the_mirror_image_of_the_same_plan_on_the_left():
    left, right = (
        render(one_plan(Lesion.SPICULATED_MASS, laterality=side), COARSE)
        for side in (Laterality.LEFT, Laterality.RIGHT)
    )
    assert np.array_equal(left.stored, right.stored[:, ::-1])
    mirrored = [(left.stored.shape[1] - x, y) for x, y in right.findings[0].outline]
    ours, theirs = shapely.Polygon(left.findings[0].outline), shapely.Polygon(mirrored)
    assert ours.symmetric_difference(theirs).area < 1e-2 * ours.area


def test_the_muscle_is_on_the_oblique_view_alone_and_bright():
    cc = make_breast(one_plan(Lesion.DISTORTION), settings=COARSE)
    mlo = make_breast(one_plan(Lesion.DISTORTION, view=View.MLO), settings=COARSE)
    assert not cc.shape.muscle.any()
    muscle, fat = (
        mlo.shape.muscle > 0.99,
        (mlo.shape.muscle < 0.01) & (mlo.gland < 0.05) & (mlo.shape.skin > 12),
    )
    assert mlo.picture[muscle].mean() > 1.4 * mlo.picture[fat].mean()


def test_denser_breasts_hold_more_gland_and_are_brighter():
    plan = one_plan(Lesion.SMOOTH_MASS)
    breasts = [make_breast(replace(plan, density=d), settings=COARSE) for d in "abcd"]
    gland = [breast.gland.mean() for breast in breasts]
    brightness = [breast.picture.mean() for breast in breasts]
    assert gland == sorted(gland)
    assert brightness == sorted(brightness)


def test_parenchyma_follows_a_power_law_like_breast_tissue():
    picture = make_breast(replace(one_plan(Lesion.SMOOTH_MASS), density="c"), settings=COARSE).picture
    h, mm = picture.shape[0], 0.5 / COARSE.spacing_mm
    patch = picture[h // 2 - 64 : h // 2 + 64, 20:148].astype(np.float64)
    taper = np.hanning(128)[:, None] * np.hanning(128)[None, :]
    power = np.abs(np.fft.fft2((patch - patch.mean()) * taper)) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(128), np.fft.fftfreq(128))) * mm
    band = (frequency > 0.12) & (frequency < 1.0)
    slope = np.polyfit(np.log(frequency[band]), np.log(power[band]), 1)[0]
    # Mammograms: 1 / f ** 2.5 to 1 / f ** 3.5 between about 0.1 and 1 per mm (Burgess 2001).
    assert -4.2 < slope < -2.2


# --- findings and their contours


@pytest.mark.parametrize("lesion", Lesion)
@pytest.mark.parametrize("view", [View.CC, View.MLO])
def test_a_finding_changes_the_image_inside_and_around_its_contour_and_nowhere_else(
    lesion: Lesion, view: View
):
    plan = one_plan(lesion, view=view)
    image, clean = drawn(plan), drawn(replace(plan, findings=()))
    change = np.abs(image.stored.astype(float) - clean.stored)
    outline = shapely.Polygon(image.findings[0].outline)
    near = outline.buffer(4 * plan.findings[0].radius_mm / COARSE.spacing_mm)
    y, x = np.mgrid[0 : change.shape[0], 0 : change.shape[1]] + 0.5
    inside = shapely.contains_xy(outline, x, y)
    assert change[~shapely.contains_xy(near, x, y)].max() == 0
    assert change[inside].mean() > 5 * change[~inside].mean()
    assert change[inside].max() > 0.03 * 2**plan.bits


@pytest.mark.parametrize("lesion", Lesion)
def test_every_calcification_lies_inside_its_contour(lesion: Lesion):
    plan = one_plan(lesion)
    image, clean = drawn(plan), drawn(replace(plan, findings=()))
    rises = image.stored.astype(float) - clean.stored
    y, x = np.unravel_index(rises.argmax(), rises.shape)
    assert shapely.contains_xy(shapely.Polygon(image.findings[0].outline).buffer(1), x + 0.5, y + 0.5)


def test_contours_are_valid_areas_on_the_breast(coco: dict, files: dict[str, pydicom.FileDataset]):
    for name, annotations in contours_by_file(coco).items():
        stored = files[name].pixel_array
        for annotation in annotations:
            outline = polygon(annotation)
            assert outline.is_valid
            assert outline.area == pytest.approx(annotation["area"], abs=0.01)
            assert shapely.box(0, 0, stored.shape[1], stored.shape[0]).contains(outline)
            assert stored[int(outline.centroid.y), int(outline.centroid.x)] > 0


def test_both_views_of_a_breast_show_the_same_findings(coco: dict):
    found = {
        name: [a["attributes"]["drawn_as"] for a in items] for name, items in contours_by_file(coco).items()
    }
    for name, kinds in found.items():
        if name.endswith("_CC.dcm"):
            assert found[name.replace("_CC", "_MLO")] == kinds


@pytest.mark.parametrize("depth", [0.3, 0.5, 0.7])
def test_a_finding_lies_equally_far_behind_the_nipple_in_both_views(depth: float):
    behind_mm = []
    for view in (View.CC, View.MLO):
        plan = one_plan(Lesion.SMOOTH_MASS, view=view)
        finding = replace(plan.findings[0], depth=depth, radius_mm=5.0)
        breast = make_breast(plan, settings=COARSE)
        ((x, _),) = place((finding,), breast, np.random.default_rng(0))
        behind_mm.append((breast.shape.nipple[0] - x) / breast.shape.mm)
    assert behind_mm[0] == pytest.approx(behind_mm[1], abs=12)


def test_pycocotools_reads_the_contours_and_finds_the_same_areas(cohort: Cohort):
    coco = COCO(str(cohort.contours_file))
    annotations = coco.loadAnns(coco.getAnnIds())
    assert len(annotations) == cohort.findings > 0
    for annotation in annotations:
        assert area(coco.annToRLE(annotation)) == pytest.approx(annotation["area"], rel=0.03)


def test_benign_and_malignant_kinds_are_told_apart_by_class():
    by_class = Counter(lesion.finding_class for lesion in Lesion)
    assert by_class == {FindingClass.BENIGN: 4, FindingClass.MALIGNANT: 5}


def test_settings_that_make_no_film_are_refused():
    with pytest.raises(ValueError, match="spacing"):
        PhantomSettings(spacing_mm=0)
