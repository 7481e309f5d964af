"""From the store to the cases that core.evaluation measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain import Contour, Finding, FindingClass, ImageId, Split
from core.evaluation import IOM_OF_A_HIT, Case
from core.prediction import Prediction
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
    images.sort(key=lambda image: image.id)
    predictions = store.predictions(model.id, images=[image.id for image in images])
    truth = contours if contours is not None else drawn_contours(store.all_findings())
    cases = cases_from(store, predictions, images=images, truth=truth, grid_key=model.recipe.grid.key)
    return Cases(cases, tuple(_notes(images, predictions)))


def cases_from(
    store: Store,
    predictions: Mapping[ImageId, Prediction],
    *,
    images: Sequence[ImageRecord],
    truth: Mapping[ImageId, Sequence[Contour]],
    grid_key: str,
) -> tuple[Case, ...]:
    """Cases of those of some images that have a label and a prediction, in their order; truth: malignant contours."""
    return tuple(
        Case(
            image_id=image.id,
            patient=image.patient_id,
            breast=(image.patient_id, image.laterality.value),
            label=image.label,
            probability=predictions[image.id].probability,
            score=predictions[image.id].score[:, 1],
            is_hit=_hits_of(store, image, truth.get(image.id), grid_key=grid_key),
        )
        for image in images
        if image.label is not None and image.id in predictions
    )


def _hits_of(
    store: Store, image: ImageRecord, contours: Sequence[Contour] | None, *, grid_key: str
) -> NDArray[np.bool_] | None:
    return hits(store.grid(image.id, grid_key=grid_key), contours, image=image) if contours else None


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
