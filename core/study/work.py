"""How much work annotated images are: images, contours, regions that gain the label M, and minutes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from core.crossval.cohort import Cohort
from core.domain import RegionLabel
from core.study.plan import Budget, Unit


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that a reader takes: to open and judge an image, and to draw a contour on it.

    The defaults are a stated guess, not a measurement; a study on a project takes its readers' own where there are any.
    """

    image_seconds: float = 30.0
    contour_seconds: float = 30.0
    is_measured: bool = False


@dataclass(frozen=True, slots=True)
class ImageWork:
    """What annotating one image is: contours to draw, regions that they make M, and minutes."""

    contours: int
    regions: int
    minutes: float


@dataclass(frozen=True, slots=True)
class Work:
    """The same of several images."""

    images: int
    contours: int
    regions: int
    minutes: float


def work_by_image(cohort: Cohort, *, grid_key: str, alpha: float, pace: Pace) -> dict[int, ImageWork]:
    """The work that each image is whose malignant contours are known."""
    found = {}
    for image in cohort.images:
        if image.is_annotated:
            labels = image.region_labels(grid_key=grid_key, alpha=alpha)
            contours = len(image.malignant)
            found[image.image_id] = ImageWork(
                contours=contours,
                regions=int(np.sum(labels == RegionLabel.M)),
                minutes=(pace.image_seconds + contours * pace.contour_seconds) / 60.0,
            )
    return found


def total(work: Mapping[int, ImageWork], images: Iterable[int]) -> Work:
    """The work of several images together."""
    parts = [work[image] for image in images]
    return Work(
        images=len(parts),
        contours=sum(part.contours for part in parts),
        regions=sum(part.regions for part in parts),
        minutes=sum((part.minutes for part in parts), 0.0),
    )


def is_spent(budget: Budget, work: Work, *, whole: Work) -> bool:
    """Whether a budget is used up."""
    spent = {
        Unit.SHARE: 100.0 * work.images / whole.images,
        Unit.IMAGES: float(work.images),
        Unit.CONTOURS: float(work.contours),
        Unit.MINUTES: work.minutes,
    }[budget.unit]
    return spent >= budget.amount - 1e-9
