"""The images of a cross-validation, with everything that training and measuring need to know of them.

Letters: m regions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain import Contour, FindingType, Label, RegionLabel
from core.regions import clip_to_image, contour_area, iom, region_labels

IOM_OF_A_HIT = 0.5
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class KnownFinding:
    """One drawn finding: its type and its contour in image pixels."""

    contour: Contour
    finding_type: FindingType = FindingType.UNSPECIFIED


@dataclass(frozen=True, eq=False, slots=True)
class CohortImage:
    """One labelled image. patient, breast: numbers without meaning; equal ones belong together.

    boxes: by grid key, (m, 4) float64 in image pixels. shape: (rows, columns). spacing_mm: of one image pixel, None
    where unknown. density: ACR 'a' to 'd', '' where unknown. malignant, benign: what readers drew; empty also where
    nobody has looked.
    """

    image_id: int
    patient: int
    breast: int
    label: Label
    content_hash: str
    scale: float
    shape: tuple[int, int]
    boxes: Mapping[str, NDArray[np.float64]]
    malignant: tuple[KnownFinding, ...] = ()
    benign: tuple[KnownFinding, ...] = ()
    spacing_mm: float | None = None
    density: str = ""

    @property
    def is_annotated(self) -> bool:
        """Whether it can be in F: a malignant image whose malignant findings are drawn."""
        return self.label.is_malignant and bool(self.malignant)

    @property
    def knows_malignant(self) -> bool:
        """Whether it is known where malignant findings are, or that there are none."""
        return bool(self.malignant) or not self.label.is_malignant

    @property
    def knows_all(self) -> bool:
        """Whether that is known of both classes."""
        has_benign = self.label in (Label.BENIGN, Label.BOTH)
        return self.knows_malignant and (bool(self.benign) or not has_benign)

    @property
    def finding_types(self) -> frozenset[FindingType]:
        """Types of the findings drawn of the graver class that the label tells."""
        findings = self.malignant if self.label.is_malignant else self.benign
        return frozenset(finding.finding_type for finding in findings)

    @property
    def largest_px2(self) -> float | None:
        """Area of the largest such contour in square image pixels; None where none is drawn."""
        findings = self.malignant if self.label.is_malignant else self.benign
        areas = [
            contour_area(inside)
            for finding in findings
            if (inside := self._inside(finding.contour)) is not None
        ]
        return max(areas, default=None)

    @property
    def largest_mm2(self) -> float | None:
        """The same in square millimetres; None where the spacing is not known either."""
        area = self.largest_px2
        return None if area is None or self.spacing_mm is None else area * self.spacing_mm**2

    def hits(self, findings: Sequence[KnownFinding], *, grid_key: str) -> NDArray[np.bool_]:
        """(m,) whether each region has IoM >= 0.5 with one of the contours."""
        boxes = self.boxes[grid_key]
        found = np.zeros(len(boxes), dtype=bool)
        for finding in findings:
            inside = self._inside(finding.contour)
            if inside is not None:
                found |= iom(boxes, inside) >= IOM_OF_A_HIT - _ROUNDING
        return found

    def region_labels(self, *, grid_key: str, alpha: float) -> NDArray[np.int8]:
        """(m,) RegionLabel from the malignant contours (Eq. 7); all ignored where the image cannot be in F."""
        boxes = self.boxes[grid_key]
        if not self.is_annotated:
            return np.full(len(boxes), RegionLabel.IGNORED, np.int8)
        contours = [finding.contour for finding in self.malignant]
        return region_labels(boxes, contours, alpha=alpha, shape=self.shape)

    def _inside(self, contour: Contour) -> Contour | None:
        return clip_to_image(contour, rows=self.shape[0], columns=self.shape[1])


@dataclass(frozen=True, eq=False, slots=True)
class Cohort:
    """Images in the order of their numbers, none of a frozen test patient, and sentences about those left out."""

    images: tuple[CohortImage, ...]
    notes: tuple[str, ...] = ()

    @property
    def patients(self) -> int:
        """How many patients there are."""
        return len({image.patient for image in self.images})

    def by_id(self) -> dict[int, CohortImage]:
        """Images by their number."""
        return {image.image_id: image for image in self.images}

    def without(self, image_ids: frozenset[int], *, note: str) -> Cohort:
        """The cohort without some images, and a sentence why."""
        kept = tuple(image for image in self.images if image.image_id not in image_ids)
        return Cohort(kept, (*self.notes, note))


def contours_digest(image: CohortImage) -> str:
    """SHA-256 of what is drawn as malignant on an image, which training sees."""
    text = repr([finding.contour for finding in image.malignant])
    return hashlib.sha256(text.encode()).hexdigest()
