"""From the store to the cases that core.evaluation measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain import Contour, Finding, FindingClass, ImageId, Split
from core.evaluation import IOM_OF_A_HIT, Case
from core.regions import clip_to_image, iom
from storage.records import ImageRecord, ModelRecord
from storage.store import Store


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases of a split, and sentences about images that were left out."""

    cases: tuple[Case, ...]
    notes: tuple[str, ...]


def cases_of(
    store: Store,
    model: ModelRecord,
    *,
    split: Split | None,
    contours: Mapping[ImageId, Sequence[Contour]] | None = None,
) -> Cases:
    """Labelled and scored images of a split (None: all), with the regions that truly hit.

    contours: true malignant contours by image; without them, those drawn in the project count.
    """
    images = [image for image in store.images() if split in (None, image.split) and not image.failure]
    predictions = store.predictions(model.id)
    grids = store.grids(model.recipe.grid.key)
    truth = contours if contours is not None else drawn_contours(store.all_findings())
    cases = []
    for image in sorted(images, key=lambda image: image.id):
        prediction = predictions.get(image.id)
        if image.label is None or prediction is None:
            continue
        cases.append(
            Case(
                image_id=image.id,
                patient=image.patient_id,
                breast=(image.patient_id, image.laterality.value),
                label=image.label,
                probability=prediction.probability,
                score=prediction.score[:, 1],
                is_hit=hits(grids[image.id], truth.get(image.id), image=image),
            )
        )
    return Cases(tuple(cases), tuple(_notes(images, predictions)))


def drawn_contours(findings: Mapping[ImageId, Sequence[Finding]]) -> dict[ImageId, list[Contour]]:
    """Malignant contours that readers drew, by image."""
    malignant = {
        image_id: [f.contour for f in items if f.finding_class is FindingClass.MALIGNANT]
        for image_id, items in findings.items()
    }
    return {image_id: contours for image_id, contours in malignant.items() if contours}


def hits(
    boxes: NDArray[np.float64], contours: Sequence[Contour] | None, *, image: ImageRecord
) -> NDArray[np.bool_] | None:
    """(m,) whether each region has IoM >= 0.5 with one of the contours; None where none is known."""
    if not contours:
        return None
    found = np.zeros(len(boxes), dtype=bool)
    for contour in contours:
        inside = clip_to_image(contour, rows=image.rows, columns=image.columns)
        if inside is not None:
            found |= iom(boxes, inside) >= IOM_OF_A_HIT - 1e-12
    return found


def _notes(images: Sequence[ImageRecord], predictions: Mapping[ImageId, object]) -> list[str]:
    unlabelled = sum(image.label is None for image in images)
    unscored = sum(image.label is not None and image.id not in predictions for image in images)
    notes = []
    if unlabelled:
        notes.append(f"{unlabelled} images without a label are left out.")
    if unscored:
        notes.append(
            f"{unscored} images that this model has not scored are left out: run `lesionloop score`."
        )
    return notes
