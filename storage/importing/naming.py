"""Whose image a file is and what it shows, where several sources speak: the CSV, the file's header, its name.

Texts made here never hold a patient identifier.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from core.domain import Laterality, View
from storage.importing.plan import PlannedFile

if TYPE_CHECKING:
    from core.inspection import Inspected

_Word = TypeVar("_Word", Laterality, View)

# CBIS-DDSM writes the view into PatientID ('Mass-Test_P_00016_LEFT_CC'): taken as it is, one patient would be many.
_CBIS = re.compile(r"(?:Mass|Calc)-(?:Training|Test)_(P_\d+)_(LEFT|RIGHT)_(CC|MLO)(?:_\d+)?")
_SIDES = {
    "l": Laterality.LEFT,
    "left": Laterality.LEFT,
    "r": Laterality.RIGHT,
    "right": Laterality.RIGHT,
}
_VIEWS = {"cc": View.CC, "mlo": View.MLO, "ml": View.MLO}


@dataclass(frozen=True, slots=True)
class Naming:
    """Patient (source identifier), side and view of one image; where each came from; conflicts in words."""

    patient: str
    laterality: Laterality
    view: View
    is_patient_from_name: bool
    conflicts: tuple[str, ...]


def name_image(file: PlannedFile, inspected: Inspected) -> Naming:
    """Patient, side and view: the CSV's where it says, else the header's, else the file name's."""
    header = header_patient(inspected)
    stated = file.row.patient if file.row else ""
    words = re.split(r"[^a-z0-9]+", file.path.stem.lower())
    row_side = file.row.laterality if file.row else Laterality.UNKNOWN
    row_view = file.row.view if file.row else View.UNKNOWN
    conflicts = []
    if Laterality.UNKNOWN not in (row_side, inspected.laterality) and row_side != inspected.laterality:
        conflicts.append("The CSV and the file disagree on the laterality; the CSV's was used.")
    if View.UNKNOWN not in (row_view, inspected.view) and row_view != inspected.view:
        conflicts.append("The CSV and the file disagree on the view; the CSV's was used.")
    return Naming(
        patient=stated or header or re.split(r"[_\-. ]", file.path.stem)[0] or file.path.stem,
        laterality=_first(
            Laterality.UNKNOWN, row_side, inspected.laterality, _only(words, _SIDES, Laterality.UNKNOWN)
        ),
        view=_first(View.UNKNOWN, row_view, inspected.view, _only(words, _VIEWS, View.UNKNOWN)),
        is_patient_from_name=not stated and not header,
        conflicts=tuple(conflicts),
    )


def header_patient(inspected: Inspected) -> str:
    """The header's patient, without the view that CBIS-DDSM writes into it; '' where it names none."""
    match = _CBIS.fullmatch(inspected.patient_id.strip())
    return match[1] if match else inspected.patient_id.strip()


def patient_notes(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """What to say of (CSV's patient, header's patient) pairs that differ, by how they differ."""
    differing = [(stated, header) for stated, header in pairs if stated and header]
    by_header: dict[str, set[str]] = {}
    by_stated: dict[str, set[str]] = {}
    for stated, header in differing:
        by_header.setdefault(header, set()).add(stated)
        by_stated.setdefault(stated, set()).add(header)
    notes = []
    if count := sum(stated != header for stated, header in differing):
        notes.append(
            f"The CSV names patients differently from {count} of the files; the CSV's names were used."
        )
    if count := sum(len(stated) > 1 for stated in by_header.values()):
        notes.append(
            f"{count} patients of the files are several patients in the CSV: their images could be both trained "
            "and tested on. Check the patient column."
        )
    if count := sum(len(header) > 1 for header in by_stated.values()):
        notes.append(
            f"{count} patients of the CSV are several patients in the files. Check the patient column."
        )
    return notes


def _first(unknown: _Word, *values: _Word) -> _Word:
    return next((value for value in values if value != unknown), unknown)


def _only(words: list[str], meanings: dict[str, _Word], unknown: _Word) -> _Word:
    """What the words mean where they mean one thing only."""
    found = {meanings[word] for word in words if word in meanings}
    return found.pop() if len(found) == 1 else unknown
