"""What all exports share: a folder written beside and renamed, names without identifiers, a manifest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.job import sha256_of, write_atomically
from storage.database import now
from storage.exporting.query import ExportQuery, Selection
from storage.importing.walk import IMAGE_SUFFIXES
from storage.project import Project, move_whole, place_beside
from storage.records import EventKind, ImageRecord

RESEARCH_ONLY = "Research use only. Not for diagnosis, treatment or any other clinical decision."


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written, and sentences on what the format could not carry."""

    folder: Path
    images: int
    findings: int
    verified_empty: int
    notes: tuple[str, ...]


def file_name(image: ImageRecord) -> str:
    """Name of an image in an export: patient key and number, never the file's own name, which may identify."""
    suffix = image.path.suffix.lower()  # what follows the last dot of a name without one may identify, too
    return f"{image.name}{suffix if suffix in IMAGE_SUFFIXES else ''}"


def write_export(
    project: Project,
    target: Path,
    *,
    kind: str,
    query: ExportQuery,
    selection: Selection,
    files: Mapping[str, bytes],
    notes: tuple[str, ...],
) -> ExportReport:
    """Write files and their manifest into a new or empty folder, whole or not at all.

    Raises UserError where the query chose nothing, the folder holds anything or the disk refuses.
    """
    target = target.absolute()
    if not selection.images:
        raise UserError("No image fits what was asked for: nothing was exported. Widen the query.")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(
            f"Nothing was exported: {target.name} holds other files. Choose a new or empty folder."
        )
    if selection.unusable:
        notes = (*notes, f"{selection.unusable} images that could not be read were left out.")
    report = ExportReport(
        folder=target,
        images=len(selection.images),
        findings=selection.finding_count,
        verified_empty=selection.empty_count,
        notes=notes,
    )
    beside = place_beside(target)
    try:
        beside.mkdir(parents=True)
        for name, content in files.items():
            write_atomically(beside / name, content)
        hashes = {name: sha256_of(beside / name) for name in files}
        manifest = _manifest(kind, query=query, report=report, hashes=hashes)
        write_atomically(beside / "manifest.json", json.dumps(manifest, indent=1).encode())
        move_whole(beside, target, last="manifest.json")
    except OSError as error:
        raise UserError(
            f"Nothing was exported: {error.strerror or 'the folder cannot be written'}. "
            "Choose another folder, or free some space, and export again."
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    if not project.is_read_only:
        details = {"kind": kind, "images": report.images, "findings": report.findings}
        project.store.log_event(EventKind.EXPORTED, reader=None, details=details)
    return report


def program_version() -> str:
    """Version of Lesionloop, 'unknown' where it runs without being installed."""
    try:
        return version("lesionloop")
    except PackageNotFoundError:
        return "unknown"


def _manifest(
    kind: str, *, query: ExportQuery, report: ExportReport, hashes: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "format": kind,
        "made_by": f"Lesionloop {program_version()}",
        "made_at": now(),
        "intended_use": RESEARCH_ONLY,
        "licence": "None is granted by this export: the terms of the images' source apply.",
        "query": query.to_json(),
        "counts": {
            "images": report.images,
            "findings": report.findings,
            "images_without_finding": report.verified_empty,
        },
        "identifiers": "Patients are named by pseudonyms of the project; images by pseudonym and content hash.",
        "notes": list(report.notes),
        "sha256": dict(hashes),
    }
