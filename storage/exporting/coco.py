"""Export as one COCO file of polygons, which storage.importing.coco reads back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import shapely

from core.domain import Contour, Finding, FindingClass
from storage.database import now
from storage.exporting.query import ExportQuery, Selection, select
from storage.exporting.writing import RESEARCH_ONLY, ExportReport, file_name, program_version, write_export
from storage.project import Project
from storage.records import ImageRecord

_CATEGORIES = {FindingClass.MALIGNANT: 1, FindingClass.BENIGN: 2}


def export_coco(project: Project, target: Path, query: ExportQuery | None = None) -> ExportReport:
    """Write contours.json (COCO) and manifest.json into a new folder.

    Coordinates are exact, in pixels of the image as stored. COCO polygons carry no holes: such a finding is
    written by its outer outline, and the report says how many there were.
    """
    query = query or ExportQuery()
    selection = select(project.store, query)
    findings = [finding for image in selection.images for finding in selection.findings[image.id]]
    with_holes = sum(any(polygon.holes for polygon in finding.contour.polygons) for finding in findings)
    notes = []
    if with_holes:
        notes.append(
            f"{with_holes} findings have holes, which COCO cannot carry: their outer outline was written."
        )
    content = json.dumps(
        _coco(selection, findings, with_texts=query.with_texts), allow_nan=False, indent=1
    ).encode()
    return write_export(
        project,
        target,
        kind="coco",
        query=query,
        selection=selection,
        files={"contours.json": content},
        notes=tuple(notes),
    )


def _coco(selection: Selection, findings: list[Finding], *, with_texts: bool) -> dict[str, Any]:
    return {
        "info": {
            "description": f"Findings drawn on mammograms. {RESEARCH_ONLY}",
            "version": program_version(),
            "contributor": "Lesionloop",
            "date_created": now(),
        },
        "licenses": [],
        "images": [_image(image, with_texts=with_texts) for image in selection.images],
        "categories": [
            {"id": number, "name": kind.value, "supercategory": "finding"}
            for kind, number in _CATEGORIES.items()
        ],
        "annotations": [_annotation(finding, with_texts=with_texts) for finding in findings],
    }


def _image(image: ImageRecord, *, with_texts: bool) -> dict[str, Any]:
    return {
        "id": image.id,
        "file_name": file_name(image),
        "width": image.columns,
        "height": image.rows,
        "content_hash": image.content_hash,
        "patient": image.patient_key,
        "laterality": image.laterality,
        "view": image.view,
        "spacing_mm": image.spacing_mm,
        "label": image.label,
        "split": image.split,
        "decision": image.decision,
        **({"decision_reason": image.decision_reason} if with_texts else {}),
    }


def _annotation(finding: Finding, *, with_texts: bool) -> dict[str, Any]:
    x0, y0, x1, y1 = finding.contour.bounds
    return {
        "id": finding.id,
        "image_id": finding.image_id,
        "category_id": _CATEGORIES[finding.finding_class],
        "segmentation": [_flat(polygon.exterior) for polygon in finding.contour.polygons],
        "area": _area(finding.contour),
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "iscrowd": 0,
        "attributes": {
            "finding_type": finding.finding_type,
            "reader": finding.reader,
            "version": finding.version,
            **_stated(finding, with_texts=with_texts),
        },
    }


def _stated(finding: Finding, *, with_texts: bool) -> dict[str, Any]:
    suggestion = finding.suggestion
    return {
        "drawn_by": finding.owner,
        "role": finding.role,
        "birads": finding.birads,
        "provenance": finding.provenance,
        "suggested_by_model": None if suggestion is None else suggestion.model_id,
        "suggestion_iom": None if suggestion is None else suggestion.iom,
        "lesion": finding.lesion_id,
        **({"note": finding.note} if with_texts else {}),
    }


def _flat(ring: tuple[tuple[float, float], ...]) -> list[float]:
    return [coordinate for point in ring for coordinate in point]


def _area(contour: Contour) -> float:
    """Square pixels within the outer outlines, as they are written."""
    return float(sum(shapely.Polygon(polygon.exterior).area for polygon in contour.polygons))
