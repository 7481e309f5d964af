"""The CSV of labels: one row an image, read as people write it.

Columns (case, spaces, '-' and '_' do not matter; the first name is ours, the others are understood):

    file        filename, file name, image, image file, path      needed
    patient     patient id, patientid, case, case id, subject     needed
    laterality  side, breast                                      L or R (also left, right)
    view        view position, projection                         CC, MLO, ML
    label       class, diagnosis, pathology                       N, B, M, MB (also normal, benign, malignant, both)
    birads      bi-rads, assessment                               0 to 6, 4a to 4c
    spacing_mm  spacing, pixel spacing, pixel spacing mm          millimetres of one image pixel
    density     breast density                                    A to D (also 1 to 4), of the breast

The delimiter is a comma, a semicolon or a tab. Where there is no label, it follows from BI-RADS: 1 N; 2 B;
4, 5, 6 M; 0 and 3 none. A row that cannot be read is listed with its number; the others go on.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.domain import Label, Laterality, View
from core.errors import UserError

_SYNONYMS = {
    "file": ("file", "filename", "image", "imagefile", "path"),
    "patient": ("patient", "patientid", "case", "caseid", "subject"),
    "laterality": ("laterality", "side", "breast"),
    "view": ("view", "viewposition", "projection"),
    "label": ("label", "class", "diagnosis", "pathology"),
    "birads": ("birads", "assessment"),
    "spacing_mm": ("spacingmm", "spacing", "pixelspacing", "pixelspacingmm"),
    "density": ("density", "breastdensity"),
}
_LABELS = {
    "n": Label.NORMAL,
    "normal": Label.NORMAL,
    "b": Label.BENIGN,
    "benign": Label.BENIGN,
    "m": Label.MALIGNANT,
    "malignant": Label.MALIGNANT,
    "mb": Label.BOTH,
    "bm": Label.BOTH,
    "both": Label.BOTH,
}
_SIDES = {"l": Laterality.LEFT, "left": Laterality.LEFT, "r": Laterality.RIGHT, "right": Laterality.RIGHT}
_DENSITIES = {
    key: name for name, number in zip("ABCD", "1234", strict=True) for key in (name.lower(), number)
}
_VIEWS = {"cc": View.CC, "mlo": View.MLO, "ml": View.MLO}
_BIRADS_LABELS = {
    "1": Label.NORMAL,
    "2": Label.BENIGN,
    "4": Label.MALIGNANT,
    "5": Label.MALIGNANT,
    "6": Label.MALIGNANT,
}
_BIRADS = re.compile(r"(?:bi-?\s?rads)?\s*:?\s*([0-6])(?:\.0+)?\s*([abc]?)", re.IGNORECASE)
_ACCEPTED_LABELS = "N, B, M, MB, normal, benign, malignant, both"
_NO_LABEL = {
    "0": "BI-RADS 0 (incomplete) gives no label.",
    "3": "BI-RADS 3 (probably benign) gives no label.",
}


@dataclass(frozen=True, slots=True)
class LabelRow:
    """What the CSV says of one file. row: its number in the file, the header being row 1. note: '' or a sentence."""

    row: int
    file: str
    patient: str
    laterality: Laterality = Laterality.UNKNOWN
    view: View = View.UNKNOWN
    label: Label | None = None
    birads: str = ""
    spacing_mm: float | None = None
    note: str = ""
    density: str = ""


@dataclass(frozen=True, slots=True)
class LabelTable:
    """A CSV of labels as read: rows, (file or row number, reason) of those that failed, and what else to know."""

    rows: tuple[LabelRow, ...]
    failed: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


class _RowError(ValueError):
    """One row cannot be read; the text says why."""


def read_labels(path: Path) -> LabelTable:
    """Read a CSV of labels. Raises UserError where it cannot be read as one at all."""
    text, notes = _decoded(path)
    delimiter, columns = _header(text, path.name)
    rows: dict[str, LabelRow] = {}
    failed: list[tuple[str, str]] = []
    for number, cells in _records(text, delimiter, path.name):
        value = _cells_by_name(cells, columns)
        try:
            _refuse_open_quotation(cells, columns)
            row = _read_row(number, value)
            if row.file in rows:
                first = rows[row.file].row
                raise _RowError(f"the file is named twice, here and in row {first}; row {first} was used")
            rows[row.file] = row
        except _RowError as error:
            name = value("file") if "\n" not in value("file") else ""
            failed.append((name or f"row {number}", f"Row {number} of {path.name}: {error}."))
    if not rows and not failed:
        raise UserError(f"{path.name} holds no rows below its header: there is nothing to import by it.")
    return LabelTable(tuple(rows.values()), tuple(failed), (*notes, *_row_notes(rows.values())))


def label_of_birads(birads: str) -> Label | None:
    """Label that a BI-RADS category gives (method.md): 1 N; 2 B; 4 to 6 M; 0 and 3 none."""
    return _BIRADS_LABELS.get(birads[:1])


def _decoded(path: Path) -> tuple[str, list[str]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path.name} cannot be read: {error.strerror or 'the file is not accessible'}."
        ) from error
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding), []
    except UnicodeDecodeError:
        note = f"{path.name} is not UTF-8; it was read as Latin-1. Check names with accents."
        return content.decode("latin-1"), [note]


def _header(text: str, name: str) -> tuple[str, dict[str, int]]:
    """Delimiter and position of each column that is understood. Raises UserError without file and patient."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    found = [(delimiter, _columns(next(csv.reader([line], delimiter=delimiter)))) for delimiter in ",;\t"]
    delimiter, columns = max(found, key=lambda item: len(item[1]))
    if missing := [column for column in ("file", "patient") if column not in columns]:
        raise UserError(
            f"{name} cannot be used: its first line names no column {' and no column '.join(missing)}. "
            "It needs the columns file and patient; laterality, view, label, birads, spacing_mm and density are optional."
        )
    return delimiter, columns


def _columns(names: list[str]) -> dict[str, int]:
    plain = [re.sub(r"[^a-z]", "", name.lower()) for name in names]
    positions = {}
    for column, synonyms in _SYNONYMS.items():
        position = next((plain.index(synonym) for synonym in synonyms if synonym in plain), None)
        if position is not None:
            positions[column] = position
    return positions


def _records(text: str, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """(row number, cells) below the header; empty lines left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    is_header = True
    number = 0
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                number += bool(not is_header)
                continue
            number += 1
            if is_header:
                is_header = False
                continue
            yield number, cells
    except csv.Error as error:
        raise UserError(f"{name} cannot be read after row {number}: a cell is broken or too long.") from error


def _cells_by_name(cells: list[str], columns: dict[str, int]) -> Callable[[str], str]:
    def value(column: str) -> str:
        position = columns.get(column)
        return cells[position].strip() if position is not None and position < len(cells) else ""

    return value


def _refuse_open_quotation(cells: list[str], columns: dict[str, int]) -> None:
    """A quotation mark that is never closed swallows the rows below it."""
    used = [cells[position] for position in columns.values() if position < len(cells)]
    if any("\n" in cell.strip() for cell in used):
        raise _RowError("a cell runs over several lines: a quotation mark too many hides the rows below it")


def _read_row(number: int, value: Callable[[str], str]) -> LabelRow:
    if not value("file"):
        raise _RowError("no file is named")
    if not value("patient"):
        raise _RowError("no patient is named, so the image could not be kept apart from other splits")
    label, birads = _read_label(value("label")), _read_birads(value("birads"))
    notes = []
    from_birads = label_of_birads(birads) if birads else None
    if label is None and birads:
        label = from_birads
        notes.append(_NO_LABEL.get(birads, ""))
    elif label and from_birads and label.is_malignant != from_birads.is_malignant:
        notes.append(f"The label {label.value} and BI-RADS {birads} disagree; the label was used.")
    view, side, density = value("view"), value("laterality"), value("density").lower()
    if density and density not in _DENSITIES:
        notes.append("Its density is not A to D; it was taken as unknown.")
    if side and side.lower() not in _SIDES:
        notes.append("Its laterality is not L or R; it was taken as unknown.")
    if view and view.lower() not in _VIEWS:
        notes.append("Its view is not CC or MLO; it was taken as another view.")
    return LabelRow(
        row=number,
        file=value("file").replace("\\", "/"),
        patient=value("patient"),
        laterality=_SIDES.get(side.lower(), Laterality.UNKNOWN),
        view=_VIEWS.get(view.lower(), View.OTHER if view else View.UNKNOWN),
        label=label,
        birads=birads,
        spacing_mm=_read_spacing(value("spacing_mm")),
        note=" ".join(note for note in notes if note),
        density=_DENSITIES.get(density, ""),
    )


def _read_label(text: str) -> Label | None:
    if not text:
        return None
    plain = text.lower()
    if plain not in _LABELS:
        raise _RowError(f"the label {text[:30]!r} is not known; accepted are {_ACCEPTED_LABELS}")
    return _LABELS[plain]


def _read_birads(text: str) -> str:
    if not text:
        return ""
    match = _BIRADS.fullmatch(text)
    if match is None or (match[2] and match[1] != "4"):
        raise _RowError(
            f"the BI-RADS category {text[:30]!r} is not known; accepted are 0 to 6 and 4a, 4b, 4c"
        )
    return match[1] + match[2].lower()


def _read_spacing(text: str) -> float | None:
    if not text:
        return None
    try:
        spacing = float(text.replace(",", "."))
    except ValueError:
        spacing = 0.0
    if not 0.001 <= spacing <= 2:
        raise _RowError(f"the pixel spacing {text[:30]!r} is not a number of millimetres from 0.001 to 2")
    return spacing


def _row_notes(rows: Iterable[LabelRow]) -> list[str]:
    """One sentence for each kind of note, with how many rows it concerns and the first of them."""
    concerned: dict[str, list[int]] = {}
    for row in rows:
        if row.note:
            concerned.setdefault(row.note, []).append(row.row)
    return [f"{len(numbers)} rows (first: {numbers[0]}): {note}" for note, numbers in concerned.items()]
