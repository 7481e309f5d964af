"""Take inspected files, their labels and their contours into the project, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.domain import ImageId, Role
from core.errors import UserError
from core.job import Job, read_result
from core.recipe import GridSettings
from core.regions import clip_to_image, reaches_outside
from storage.changes import Changes
from storage.importing.coco import CocoContour
from storage.importing.kinship import Kinship, Stated
from storage.importing.naming import header_patient, name_image, patient_notes
from storage.importing.plan import ImportPlan, PlannedFile
from storage.importing.walk import FileIndex
from storage.jobs import mark_imported
from storage.project import Project
from storage.records import EventKind, KnownFile, NewImage
from storage.store import Store

if TYPE_CHECKING:
    from core.inspection import Inspected


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. added: images that can be used now and could not before. already_there: images that
    the project held. failed: (file, reason). contours: how many were added. not_inspected: files that a
    stopped inspection left; importing again goes on with them.
    """

    added: int
    already_there: int
    labels_changed: int
    failed: tuple[tuple[str, str], ...]
    contours: int
    not_inspected: int
    notes: tuple[str, ...]
    changes: Changes


@dataclass(slots=True)
class _Tally:
    """What happened so far, while an import goes through its files."""

    new: list[NewImage] = field(default_factory=list)
    there: dict[Path, ImageId] = field(default_factory=dict)
    twins: dict[Path, Path] = field(default_factory=dict)  # a file -> the new one of the same content
    failed: list[tuple[str, str]] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)  # sentence -> names of the files it concerns
    patients: list[tuple[str, str]] = field(default_factory=list)
    not_inspected: int = 0
    changes: Changes = field(default_factory=Changes)

    def note(self, sentence: str, name: str) -> None:
        self.notes.setdefault(sentence, []).append(name)


def finish_import(project: Project, plan: ImportPlan, job_folder: Path | None) -> ImportReport:
    """Take a plan's files in, with what the inspection in `job_folder` found (None where nothing was inspected).

    What is there by content is not added twice; one file that fails stops no other, and is kept with its
    reason so that the worklist shows it. Raises UserError where the inspection's results are incomplete.
    """
    inspected, grid = _read_inspected(job_folder) if job_folder else ({}, GridSettings())
    store = project.store
    tally = _Tally(failed=list(plan.failed))
    with store.transaction():
        if job_folder and store.is_job_imported(job_folder.name):
            raise UserError(
                "This inspection was imported already: nothing was changed. Plan the import again."
            )
        _sort_out(plan, inspected, store=store, tally=tally)
        changes = tally.changes
        if tally.new:
            ids, added_changes = store.add_inspected(tally.new, grid=grid)
            changes |= added_changes
            tally.there.update({new.path: ids[new.path] for new in tally.new if not new.failure})
        tally.there.update({path: tally.there[first] for path, first in tally.twins.items()})
        labels_changed = _update_labels(plan, store, tally)
        contours = _add_contours(plan, store, tally)
        changes |= tally.changes
        if job_folder:
            mark_imported(project, job_folder)
    added = sum(not new.failure for new in tally.new)
    return ImportReport(
        added=added,
        already_there=len(tally.there) - added,
        labels_changed=labels_changed,
        failed=tuple(tally.failed),
        contours=contours,
        not_inspected=tally.not_inspected,
        notes=(*plan.notes, *patient_notes(tally.patients), *_sentences(tally.notes)),
        changes=changes
        | Changes(everything=bool(contours or labels_changed or tally.new), findings=bool(contours)),
    )


def _read_inspected(folder: Path) -> tuple[dict[Path, Inspected], GridSettings]:
    from core.inspection import Inspected  # decoders come with it; the window need not wait for them

    try:
        if "inspected.jsonl" not in read_result(folder):
            raise ValueError("no inspection in it")
        job = Job.read(folder)
        lines = (folder / "inspected.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [Inspected.from_json(json.loads(line)) for line in lines if line.strip()]
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise UserError(
            "The inspection of the files is incomplete or damaged; nothing was imported. Import the folder again."
        ) from error
    return {Path(row.path): row for row in rows}, job.grid or job.recipe.grid


def _sort_out(plan: ImportPlan, inspected: dict[Path, Inspected], *, store: Store, tally: _Tally) -> None:
    """Decide of each file whether it is new, there, moved, a twin, changed or unusable."""
    by_content = {known.content_hash: known for known in store.known_files().values() if not known.failure}
    contents = {path: row.content_hash for path, row in inspected.items()}
    kinship = _kinship(plan, inspected, by_content=by_content, store=store)
    new_content: dict[str, Path] = {}
    for file in plan.files:
        if file.is_unchanged and file.known:
            tally.there[file.path] = file.known.image_id
            continue
        row = inspected.get(file.path)
        if row is None:
            tally.not_inspected += 1
        elif row.reason:
            _take_failed(file, row, kinship=kinship, tally=tally)
        elif row.content_hash in by_content:
            known = by_content[row.content_hash]
            # What is elsewhere in this import, and not where it was, was moved.
            is_left = contents.get(known.path, known.content_hash) != known.content_hash
            _take_known(file, known, is_left=is_left or not known.path.exists(), store=store, tally=tally)
        elif file.known and not file.known.failure and file.known.content_hash not in contents.values():
            tally.failed.append(
                (file.name, "The file has changed since it was imported and was not taken in again.")
            )
        elif row.content_hash in new_content:
            tally.twins[file.path] = new_content[row.content_hash]
            tally.note(
                "They hold the same content as another file of this import and were taken in once.", file.name
            )
        else:
            new_content[row.content_hash] = file.path
            tally.new.append(_new_image(file, row, kinship=kinship, tally=tally))


def _take_failed(file: PlannedFile, row: Inspected, *, kinship: Kinship, tally: _Tally) -> None:
    """List the file; keep it in the project too, unless what it was before is there in use."""
    tally.failed.append((file.name, row.reason))
    if file.known is None or file.known.failure:
        tally.new.append(_new_image(file, row, kinship=kinship, tally=tally))


def _take_known(file: PlannedFile, known: KnownFile, *, is_left: bool, store: Store, tally: _Tally) -> None:
    """The content is in the project: follow it where the file was moved, else it is a copy.

    is_left: where the project has the image, there is nothing or something else now.
    """
    tally.there[file.path] = known.image_id
    if known.path == file.path or is_left:
        tally.changes |= store.relocate(
            known.image_id, file.path, size_bytes=file.size_bytes, modified_ns=file.modified_ns
        )
    else:
        tally.note(
            "They hold the same content as an image of the project and were not added again.", file.name
        )


def _kinship(
    plan: ImportPlan, inspected: dict[Path, Inspected], *, by_content: dict[str, KnownFile], store: Store
) -> Kinship:
    sources = store.patient_sources()
    stated = []
    for file in plan.files:
        row = inspected.get(file.path)
        there = file.known if row is None else by_content.get(row.content_hash)
        source = sources[there.image_id] if there else None
        if row is not None:
            stated.append(_stated(file, row, there=source))
        elif file.row is not None:
            stated.append(Stated(file.row.patient, header="", study="", there=source))
    return Kinship.of(stated, studies=store.study_patients(), known=sources.values())


def _stated(file: PlannedFile, row: Inspected, *, there: str | None = None) -> Stated:
    return Stated(name_image(file, row).patient, header=header_patient(row), study=row.study_uid, there=there)


def _patient(file: PlannedFile, row: Inspected, *, kinship: Kinship, tally: _Tally) -> str:
    stated = _stated(file, row)
    patient = kinship.patient(stated)
    if patient != stated.patient:
        tally.note(
            "They belong to a patient whom the project has under another name, and were put there, so that nobody "
            "is both trained and tested on.",
            file.name,
        )
    if kinship.is_torn(stated):
        tally.note(
            "The project has their exam under another patient: one person could be both trained and tested on. "
            "Check the patient column.",
            file.name,
        )
    return patient


def _new_image(file: PlannedFile, row: Inspected, *, kinship: Kinship, tally: _Tally) -> NewImage:
    naming = name_image(file, row)
    for conflict in naming.conflicts:
        tally.note(conflict, file.name)
    if naming.is_patient_from_name and not row.reason:
        tally.note(
            "They name no patient; the first part of the file's name was taken. Check that no patient became two.",
            file.name,
        )
    if row.is_for_processing and not row.reason:
        tally.note(
            "They are raw images (for processing), which look unlike those for presentation.", file.name
        )
    tally.patients.append((file.row.patient if file.row else "", header_patient(row)))
    return NewImage(
        path=file.path,
        content_hash=row.content_hash,
        patient=_patient(file, row, kinship=kinship, tally=tally),
        size_bytes=file.size_bytes,
        modified_ns=file.modified_ns,
        study=row.study_uid,
        study_date=row.study_date if row.study_uid else "",
        laterality=naming.laterality,
        view=naming.view,
        rows=row.rows,
        columns=row.columns,
        spacing_mm=row.spacing_mm,
        scale=row.scale,
        bits=row.bits,
        is_for_processing=row.is_for_processing,
        is_lossy=row.is_lossy,
        boxes=np.asarray(row.boxes, np.float64).reshape(-1, 4),
        failure=row.reason,
        label=file.row.label if file.row else None,
        label_source="csv" if file.row and (file.row.label or file.row.birads) else "",
        birads=file.row.birads if file.row else "",
        label_note=file.row.note if file.row else "",
        density=file.row.density if file.row else "",
    )


def _update_labels(plan: ImportPlan, store: Store, tally: _Tally) -> int:
    """Where the CSV now says another label than the project holds from a CSV, it is the newer statement."""
    images = store.images()
    current = {image.id: image.label for image in images}
    densities = {image.id: image.density for image in images}
    sources = store.patient_sources()
    changed = 0
    seen: set[ImageId] = set()
    for file in plan.files:
        image_id = tally.there.get(file.path)
        if file.row is None or image_id is None:
            continue
        if image_id in seen and file.row.label != current[image_id]:
            tally.note(
                "The CSV gives the same content two labels; the one of the first file stays.", file.name
            )
            continue
        seen.add(image_id)
        if sources[image_id] != file.row.patient:
            tally.note(
                "The CSV now names another patient; the patient and the split stay as they were.", file.name
            )
        if file.row.density not in ("", densities[image_id]):
            tally.changes |= store.set_density(image_id, file.row.density)
        if file.row.label is None or file.row.label == current[image_id]:
            continue
        if any(label.source == "reader" for label in store.labels(image_id)):
            tally.note("The CSV gives another label than a reader did; the reader's stays.", file.name)
            continue
        store.set_label(image_id, file.row.label, source="csv", birads=file.row.birads, note=file.row.note)
        current[image_id] = file.row.label
        changed += 1
    return changed


def _add_contours(plan: ImportPlan, store: Store, tally: _Tally) -> int:
    """Add the contours that are not there yet in any version; list those that find no image or lie outside."""
    if not plan.contours:
        return 0
    index = FileIndex(tally.there, roots=(plan.folder,))
    by_content = {image.content_hash: image.id for image in store.images() if not image.failure}
    added = 0
    for contour in plan.contours:
        name = contour.file_name or "a contour"
        try:
            image_id = by_content.get(contour.content_hash) or tally.there[index.find(contour.file_name)]
            added += _add_contour(image_id, contour, store, tally)
        except UserError as error:
            tally.failed.append((f"contour of {name}", str(error)))
    if added:
        store.log_event(EventKind.CONTOURS_IMPORTED, reader=None, details={"contours": added})
    return added


def _add_contour(image_id: ImageId, contour: CocoContour, store: Store, tally: _Tally) -> bool:
    rows, columns = store.shape(image_id)
    clipped = clip_to_image(contour.contour, rows=rows, columns=columns)
    same = (contour.finding_class, contour.finding_type, clipped)
    versions = store.versions_on(image_id)
    if any((v.finding_class, v.finding_type, v.contour) == same for v in versions):
        return False
    store.add_finding(
        image_id,
        reader=contour.reader,
        finding_class=contour.finding_class,
        finding_type=contour.finding_type,
        contour=contour.contour,
        role=Role.IMPORTED,
    )
    if reaches_outside(contour.contour, rows=rows, columns=columns):
        sentence = "A contour reaches past the image's edge; what lies outside was cut off."
        tally.note(sentence, contour.file_name or "a contour")
    return True


def _sentences(notes: dict[str, list[str]]) -> Sequence[str]:
    return [f"{len(names)} files (first: {names[0]}): {sentence}" for sentence, names in notes.items()]
