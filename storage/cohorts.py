"""From the store to the cohort that core.crossval divides into folds: no image of a frozen test patient is in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.crossval.cohort import Cohort, CohortImage, KnownFinding
from core.domain import Decision, Finding, FindingClass, ImageId, Split
from core.errors import UserError
from core.recipe import GridSettings
from storage.records import ImageRecord
from storage.store import Store

Grids = Mapping[str, Mapping[ImageId, NDArray[np.float64]]]


def cohort_of(store: Store, *, grids: Sequence[GridSettings]) -> Cohort:
    """Labelled, usable images of training and validation patients, with what is drawn on them.

    grids: of all the recipes. Raises UserError where there is no such image, or one has no regions for a grid.
    """
    images = sorted(store.images(), key=lambda image: image.id)
    chosen = [image for image in images if not _reason(image)]
    if not chosen:
        raise UserError(
            "There is nothing to cross-validate: no usable image outside the test patients has a label. "
            "Import images with labels first."
        )
    boxes = {grid.key: store.grids(grid.key) for grid in grids}
    for found in boxes.values():
        if missing := sum(image.id not in found for image in chosen):
            raise UserError(
                f"{missing} of {len(chosen)} images have no regions for the window grid of a recipe: use the grid with "
                "which they were imported."
            )
    findings = store.all_findings()
    breasts: dict[tuple[int, str], int] = {}
    return Cohort(
        images=tuple(
            _image(
                image,
                findings.get(image.id, []),
                boxes=boxes,
                breast=breasts.setdefault((image.patient_id, image.laterality.value), len(breasts)),
            )
            for image in chosen
        ),
        notes=tuple(_notes(images)),
    )


def _reason(image: ImageRecord) -> str:
    """Why an image takes no part; '' where it does."""
    if image.failure:
        return "cannot be used"
    if image.split is Split.TEST:
        return "test"
    if image.decision is Decision.UNREADABLE:
        return "was called unreadable by a reader"
    return "" if image.label is not None else "has no label"


def _notes(images: Sequence[ImageRecord]) -> list[str]:
    test = [image for image in images if _reason(image) == "test"]
    notes = []
    if test:
        patients = len({image.patient_id for image in test})
        notes.append(
            f"{len(test)} images of {patients} test patients are left out: they are kept for the gate."
        )
    for reason, words in (
        ("cannot be used", "that cannot be used"),
        ("was called unreadable by a reader", "that a reader called unreadable"),
        ("has no label", "without a label"),
    ):
        if count := sum(_reason(image) == reason for image in images):
            notes.append(f"{count} images {words} are left out.")
    return notes


def _image(image: ImageRecord, findings: Sequence[Finding], *, boxes: Grids, breast: int) -> CohortImage:
    assert image.label is not None, "images without a label were left out"
    return CohortImage(
        image_id=image.id,
        patient=image.patient_id,
        breast=breast,
        label=image.label,
        content_hash=image.content_hash,
        scale=image.scale,
        shape=(image.rows, image.columns),
        boxes={grid: found[image.id] for grid, found in boxes.items()},
        malignant=_of_class(findings, FindingClass.MALIGNANT),
        benign=_of_class(findings, FindingClass.BENIGN),
        spacing_mm=image.spacing_mm,
        density=image.density,
    )


def _of_class(findings: Sequence[Finding], finding_class: FindingClass) -> tuple[KnownFinding, ...]:
    return tuple(
        KnownFinding(finding.contour, finding.finding_type)
        for finding in findings
        if finding.finding_class is finding_class
    )
