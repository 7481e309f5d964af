"""COCO files of contours: polygons in image pixels, categories 'malignant' and 'benign'.

images[].file_name (or content_hash, the SHA-256 that our own export writes) names the image. An annotation's
`attributes` may hold finding_type and reader. Masks (run lengths) and crowds are refused by annotation, with a
reason; the others go on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.domain import Contour, FindingClass, FindingType
from core.errors import UserError

UNNAMED_READER = "imported"


@dataclass(frozen=True, slots=True)
class CocoContour:
    """One contour as the file has it. file_name: as written there; content_hash: '' where not given."""

    file_name: str
    content_hash: str
    finding_class: FindingClass
    finding_type: FindingType
    reader: str
    contour: Contour


@dataclass(frozen=True, slots=True)
class CocoContours:
    """A COCO file as read: contours, and (annotation, reason) of those that cannot be used."""

    contours: tuple[CocoContour, ...]
    failed: tuple[tuple[str, str], ...]


class _AnnotationError(ValueError):
    """One annotation cannot be used; the text says why."""


def read_contours(path: Path) -> CocoContours:
    """Read a COCO file. Raises UserError where it is not one."""
    try:
        value = json.loads(path.read_bytes())
        images = {image["id"]: image for image in value["images"]}
        categories = {category["id"]: str(category["name"]) for category in value["categories"]}
        annotations = list(value["annotations"])
    except OSError as error:
        raise UserError(
            f"{path.name} cannot be read: {error.strerror or 'the file is not accessible'}."
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(
            f"{path.name} cannot be used: it is not a COCO file with images, categories and annotations."
        ) from error
    contours, failed = [], []
    for number, annotation in enumerate(annotations, start=1):
        try:
            contours.append(_contour(annotation, images=images, categories=categories))
        except _AnnotationError as error:
            failed.append((f"annotation {number} of {path.name}", f"{error}."))
    return CocoContours(tuple(contours), tuple(failed))


def _contour(annotation: Any, *, images: dict[Any, Any], categories: dict[Any, str]) -> CocoContour:
    try:
        image = images[annotation["image_id"]]
        name, content_hash = str(image["file_name"]), str(image.get("content_hash", ""))
        category = categories[annotation["category_id"]]
        attributes = dict(annotation.get("attributes") or {})
        outlines = annotation["segmentation"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _AnnotationError("It names no image, category or outline that the file holds") from error
    return CocoContour(
        file_name=name,
        content_hash=content_hash,
        finding_class=_finding_class(category),
        finding_type=_finding_type(attributes.get("finding_type")),
        reader=str(attributes.get("reader") or UNNAMED_READER),
        contour=_polygons(outlines),
    )


def _finding_class(category: str) -> FindingClass:
    try:
        return FindingClass(category.strip().lower())
    except ValueError:
        raise _AnnotationError(
            f"Its category {category[:30]!r} is not known; accepted are malignant and benign"
        ) from None


def _finding_type(name: Any) -> FindingType:
    if name is None:
        return FindingType.UNSPECIFIED
    try:
        return FindingType(str(name).strip().lower())
    except ValueError:
        accepted = ", ".join(FindingType)
        raise _AnnotationError(
            f"Its finding type {str(name)[:30]!r} is not known; accepted are {accepted}"
        ) from None


def _polygons(outlines: Any) -> Contour:
    """One polygon for each outline: COCO carries no holes."""
    if isinstance(outlines, dict):
        raise _AnnotationError("It is a mask (run lengths); only polygons can be imported")
    if not isinstance(outlines, list) or not outlines:
        raise _AnnotationError("It has no outline")
    try:
        return Contour(tuple(Contour.from_points(_points(outline)).polygons[0] for outline in outlines))
    except (ValueError, TypeError, IndexError) as error:
        raise _AnnotationError("Its outline is not a list of at least three points of two numbers") from error


def _points(flat: Any) -> list[tuple[float, float]]:
    if len(flat) % 2:
        raise ValueError("an odd count of coordinates")
    return [(float(x), float(y)) for x, y in zip(flat[::2], flat[1::2], strict=True)]
