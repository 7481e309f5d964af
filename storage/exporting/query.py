"""Which images and findings an export takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.domain import Decision, Finding, FindingClass, FindingType, ImageId, Label, Split
from storage.records import ImageRecord
from storage.store import Store


@dataclass(frozen=True, slots=True)
class ExportQuery:
    """What to export; what is None does not restrict.

    reader, finding_class, finding_type: of the findings. label, split, decision: of the images.
    images: exactly these, by id; the manifest tells how many, the tables which.
    annotated_only: leave out images on which no finding fits, except, with include_verified_empty, those on
    which a reader decided that there is nothing to draw. with_texts: notes and reasons too, which readers wrote freely
    and which may name a patient.
    """

    reader: str | None = None
    finding_class: FindingClass | None = None
    finding_type: FindingType | None = None
    label: Label | None = None
    split: Split | None = None
    decision: Decision | None = None
    annotated_only: bool = True
    include_verified_empty: bool = True
    images: frozenset[ImageId] | None = None
    with_texts: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain values for the manifest."""
        return {
            "reader": self.reader,
            "finding_class": self.finding_class,
            "finding_type": self.finding_type,
            "label": self.label,
            "split": self.split,
            "decision": self.decision,
            "annotated_only": self.annotated_only,
            "include_verified_empty": self.include_verified_empty,
            "with_texts": self.with_texts,
            "images": None if self.images is None else len(self.images),
        }


@dataclass(frozen=True, slots=True)
class Selection:
    """What a query chose: images by id, the fitting findings of each (maybe none), and how many images of the
    project cannot be used and were left out for that.
    """

    images: tuple[ImageRecord, ...]
    findings: Mapping[ImageId, tuple[Finding, ...]]
    unusable: int

    @property
    def finding_count(self) -> int:
        """Findings of all the images."""
        return sum(map(len, self.findings.values()))

    @property
    def empty_count(self) -> int:
        """Images without a fitting finding."""
        return sum(not self.findings[image.id] for image in self.images)


def select(store: Store, query: ExportQuery) -> Selection:
    """The images and findings that a query asks for, in the order of their ids."""
    drawn = store.all_findings(counting=False)
    images, findings, unusable = [], {}, 0
    for image in sorted(store.images(), key=lambda image: image.id):
        fitting = tuple(finding for finding in drawn.get(image.id, ()) if _finding_fits(finding, query))
        if not _image_fits(image, query, has_finding=bool(fitting), is_drawn=image.id in drawn):
            continue
        if image.failure:
            unusable += 1
            continue
        images.append(image)
        findings[image.id] = fitting
    return Selection(tuple(images), findings, unusable)


def _finding_fits(finding: Finding, query: ExportQuery) -> bool:
    return (
        query.reader in (None, finding.reader)
        and query.finding_class in (None, finding.finding_class)
        and query.finding_type in (None, finding.finding_type)
    )


def _image_fits(image: ImageRecord, query: ExportQuery, *, has_finding: bool, is_drawn: bool) -> bool:
    if query.images is not None and image.id not in query.images:
        return False
    if query.label not in (None, image.label) or query.split not in (None, image.split):
        return False
    if query.decision not in (None, image.decision):
        return False
    is_verified_empty = image.decision == Decision.NOTHING_TO_DRAW and not is_drawn
    if is_verified_empty:
        return query.include_verified_empty
    return has_finding or not query.annotated_only
