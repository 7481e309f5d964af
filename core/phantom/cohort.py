"""Make a synthetic cohort on disk: DICOM files, the CSV of labels and, apart, the true contours."""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import shapely

from core.domain import FindingClass, Label
from core.errors import UserError
from core.job import write_atomically
from core.phantom.dicom import write_dicom
from core.phantom.plan import IMAGES_PER_PATIENT, ImagePlan, plan_cohort
from core.phantom.render import TrueFinding, render
from core.phantom.settings import PhantomSettings

CATEGORIES = {FindingClass.MALIGNANT: 1, FindingClass.BENIGN: 2}
BIRADS = {Label.NORMAL: "1", Label.BENIGN: "2", Label.MALIGNANT: "5", Label.BOTH: "5"}
STATEMENT = """SYNTHETIC IMAGES

Every file in this folder was computed from random numbers. No image shows a patient, and no
name, date or identifier belongs to anyone. The images are for trying and testing Lesionloop.
They are not mammograms: nothing measured on them tells how a model, a reader or a scanner
does on women, and they must not be used to train or to judge anything that is meant for care.

  images/        DICOM MG For Presentation, four views a patient
  labels.csv     the label of each image (N normal, B benign, M malignant, MB both)
  contours.json  the true contour of every finding (COCO), kept apart from the images

"""


@dataclass(frozen=True, slots=True)
class Cohort:
    """A synthetic cohort on disk.

    images: how many were made, a multiple of four and so perhaps more than were asked for.
    labels: images by label. findings: contours in contours.json. notice: a sentence where the number of
    images was rounded up, else ''.
    """

    folder: Path
    images: int
    patients: int
    labels: dict[Label, int]
    findings: int
    notice: str

    @property
    def images_folder(self) -> Path:
        """Where the DICOM files are."""
        return self.folder / "images"

    @property
    def labels_file(self) -> Path:
        """The CSV of labels, as the import reads it."""
        return self.folder / "labels.csv"

    @property
    def contours_file(self) -> Path:
        """The COCO file of true contours."""
        return self.folder / "contours.json"


def make_cohort(
    folder: Path,
    *,
    images: int = 60,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    processes: int = 2,
    settings: PhantomSettings | None = None,
) -> Cohort:
    """Make a cohort of synthetic patients with four images each; the same seed gives the same bytes.

    images: rounded up to whole patients; the cohort returned says so. progress: called with (done, total)
    after each image. processes: 1 works in this process, more start helpers that import this module anew.
    """
    if images < 1:
        raise UserError("A demonstration cohort needs at least one image.")
    patients = -(-images // IMAGES_PER_PATIENT)
    settings = settings or PhantomSettings()
    plans = plan_cohort(patients, seed=seed, settings=settings)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "SYNTHETIC.txt", f"{STATEMENT}Made with seed {seed}.\n".encode())
    truth: list[tuple[TrueFinding, ...]] = []
    for findings in _draw_all(plans, folder / "images", settings=settings, processes=processes):
        truth.append(findings)
        if progress:
            progress(len(truth), len(plans))
    write_atomically(folder / "labels.csv", _labels_csv(plans, settings).encode())
    write_atomically(folder / "contours.json", _contours_json(plans, truth).encode())
    return Cohort(
        folder=folder,
        images=len(plans),
        patients=patients,
        labels=dict(sorted(Counter(plan.label for plan in plans).items())),
        findings=sum(map(len, truth)),
        notice=_notice(images, len(plans), patients),
    )


def _notice(asked: int, made: int, patients: int) -> str:
    if asked == made:
        return ""
    patients_text = "1 patient" if patients == 1 else f"{patients} patients"
    return f"{made} images were made instead of {asked}: {patients_text} with four views each."


def _draw_all(
    plans: list[ImagePlan], folder: Path, *, settings: PhantomSettings, processes: int
) -> Iterator[tuple[TrueFinding, ...]]:
    """Draw and write every image, in order."""
    draw = partial(_draw, folder=folder, settings=settings)
    if processes <= 1:
        yield from map(draw, plans)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(plans)), mp_context=context) as pool:
        try:
            yield from pool.map(draw, plans)
        finally:
            pool.shutdown(cancel_futures=True)


def _draw(plan: ImagePlan, *, folder: Path, settings: PhantomSettings) -> tuple[TrueFinding, ...]:
    image = render(plan, settings)
    write_dicom(folder / plan.file_name, plan, image, settings)
    return image.findings


def _labels_csv(plans: list[ImagePlan], settings: PhantomSettings) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file", "patient", "laterality", "view", "label", "birads", "spacing_mm"])
    for plan in plans:
        writer.writerow(
            [
                f"images/{plan.file_name}",
                plan.patient_name,
                plan.laterality,
                plan.view,
                plan.label,
                BIRADS[plan.label],
                f"{settings.spacing_mm:g}",
            ]
        )
    return text.getvalue()


def _contours_json(plans: list[ImagePlan], truth: list[tuple[TrueFinding, ...]]) -> str:
    images = [
        {"id": number, "file_name": f"images/{plan.file_name}", "width": plan.columns, "height": plan.rows}
        for number, plan in enumerate(plans, start=1)
    ]
    pairs = [(number, finding) for number, items in enumerate(truth, start=1) for finding in items]
    value = {
        "info": {"description": "SYNTHETIC phantom: true contours, computed, of no patient", "version": "1"},
        "images": images,
        "categories": [
            {"id": number, "name": str(name), "supercategory": "finding"}
            for name, number in CATEGORIES.items()
        ],
        "annotations": [
            _annotation(number, image, finding) for number, (image, finding) in enumerate(pairs, start=1)
        ],
    }
    return json.dumps(value, indent=1, allow_nan=False) + "\n"


def _annotation(number: int, image: int, finding: TrueFinding) -> dict[str, Any]:
    polygon = shapely.Polygon(finding.outline)
    x0, y0, x1, y1 = polygon.bounds
    lesion = finding.plan.lesion
    return {
        "id": number,
        "image_id": image,
        "category_id": CATEGORIES[lesion.finding_class],
        "segmentation": [[coordinate for point in finding.outline for coordinate in point]],
        "bbox": [round(value, 2) for value in (x0, y0, x1 - x0, y1 - y0)],
        "area": round(polygon.area, 2),
        "iscrowd": 0,
        "attributes": {"finding_type": str(lesion.finding_type), "reader": "truth", "drawn_as": str(lesion)},
    }
