"""What an import of a folder would do, before anything is read but names, the CSV and the contours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from storage.importing.coco import CocoContour, read_contours
from storage.importing.labels_csv import LabelRow, read_labels
from storage.importing.walk import FileIndex, FoundFiles, find_files
from storage.project import Project
from storage.records import KnownFile


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file to import. name: relative to the folder. known: what the project knows of it already."""

    path: Path
    name: str
    size_bytes: int
    modified_ns: int
    row: LabelRow | None = None
    known: KnownFile | None = None

    @property
    def is_unchanged(self) -> bool:
        """Whether the project holds this file as it is on disk, in use: it need not be inspected again."""
        return (
            self.known is not None
            and not self.known.failure
            and (self.known.size_bytes, self.known.modified_ns) == (self.size_bytes, self.modified_ns)
        )


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """Files, what is inspected first, (name, reason) of what cannot be used, and sentences to show.

    spacing_mm: by path, the spacing that the CSV states; for prepare_job's INSPECT step.
    """

    folder: Path
    files: tuple[PlannedFile, ...]
    contours: tuple[CocoContour, ...]
    failed: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    has_labels: bool

    @property
    def to_inspect(self) -> tuple[Path, ...]:
        """Files that must be opened; the others are in the project as they are."""
        return tuple(file.path for file in self.files if not file.is_unchanged)

    @property
    def spacing_mm(self) -> dict[str, float]:
        """The spacing that the CSV states, by path, of the files to inspect."""
        rows = [(file.path, file.row) for file in self.files if not file.is_unchanged]
        return {str(path): row.spacing_mm for path, row in rows if row and row.spacing_mm}

    @property
    def labels(self) -> Counter[str]:
        """How many files have each label; 'none' where the CSV gives none."""
        found = (file.row.label if file.row else None for file in self.files)
        return Counter(label.value if label else "none" for label in found)


def plan_import(
    folder: Path, csv: Path | None = None, contours: Path | None = None, *, project: Project | None = None
) -> ImportPlan:
    """Plan the import of a folder of images, with a CSV of labels and a COCO file of contours where given.

    With a CSV, the files that it names are imported; the others of the folder are left out, and counted.
    With a project, files that it holds unchanged are not inspected again. Raises UserError where the folder,
    the CSV or the contours cannot be used at all, or no image is left.
    """
    found = find_files(folder)
    known = project.store.known_files() if project else {}
    notes: list[str] = []
    failed = list(found.failed)
    rows: dict[Path, LabelRow] | None = None
    if csv is not None:
        rows, csv_failed, csv_notes = _match_rows(found, folder, csv)
        failed += csv_failed
        notes += csv_notes
    files = tuple(
        planned
        for path in (found.files if rows is None else rows)
        if (planned := _planned(path, folder.resolve(), rows or {}, known, failed)) is not None
    )
    if not files:
        why = f": {failed[0][1]}" if failed else "."
        raise UserError(f"{folder.name} holds no mammogram that can be imported{why}")
    if found.others:
        notes.append(f"{found.others} files of the folder are no images and were not looked at.")
    truth = read_contours(contours) if contours else None
    return ImportPlan(
        folder=folder.resolve(),
        files=files,
        contours=truth.contours if truth else (),
        failed=(*failed, *(truth.failed if truth else ())),
        notes=tuple(notes),
        has_labels=csv is not None,
    )


def _match_rows(
    found: FoundFiles, folder: Path, csv: Path
) -> tuple[dict[Path, LabelRow], list[tuple[str, str]], list[str]]:
    """The CSV's row of each file that it names; (file, reason) of rows without a file of their own; notes."""
    table = read_labels(csv)
    index = FileIndex(found.files, roots=(folder, csv.absolute().parent))
    rows: dict[Path, LabelRow] = {}
    failed = list(table.failed)
    for row in table.rows:
        try:
            path = index.find(row.file)
            if path in rows:
                raise UserError(f"It is the same file as in row {rows[path].row}, which was used.")
            rows[path] = row
        except UserError as error:
            failed.append((row.file, f"Row {row.row} of {csv.name}: {error}"))
    notes = list(table.notes)
    named = {name for name, _ in table.failed}
    unlisted = [path for path in found.files if path not in rows and not _is_named(path, named)]
    if unlisted:
        notes.append(f"{len(unlisted)} images of the folder are not in {csv.name} and were left out.")
    return rows, failed, notes


def _is_named(path: Path, names: set[str]) -> bool:
    return any(name.replace("\\", "/").rsplit("/", 1)[-1] in (path.name, path.stem) for name in names)


def _planned(
    path: Path,
    root: Path,
    rows: Mapping[Path, LabelRow],
    known: Mapping[Path, KnownFile],
    failed: list[tuple[str, str]],
) -> PlannedFile | None:
    try:
        status = path.stat()
    except OSError as error:
        failed.append((path.name, f"It cannot be opened: {error.strerror}."))
        return None
    return PlannedFile(
        path=path,
        name=path.relative_to(root).as_posix(),
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        row=rows.get(path),
        known=known.get(path),
    )
