"""Whether a patient whom an import names anew is one of the project: two imports may name one patient differently.

Taken for two, a patient could be tested on by one half and trained on by the other. Names stay in here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Stated:
    """What an import says of one image: its patient's name, its header's patient and study ('' where not given).

    there: the name under which the project has the patient of this very image, None where the image is new.
    """

    patient: str
    header: str
    study: str
    there: str | None = None


@dataclass(frozen=True, slots=True)
class Kinship:
    """Patients of the project by their source names, and by what else they can be recognised."""

    known: frozenset[str]
    by_name: Mapping[str, str]
    by_header: Mapping[str, str]
    by_study: Mapping[str, str]

    @classmethod
    def of(
        cls, stated: Iterable[Stated], *, studies: Mapping[str, frozenset[str]], known: Iterable[str]
    ) -> Self:
        """studies: by study UID, the patients of the project who have it.

        A header's patient or a study that this import, or the project, has for several patients tells nothing:
        such a value was written over when the files were made anonymous.
        """
        stated, known = list(stated), frozenset(known)
        headers = _names_by((row.header, row.patient) for row in stated)
        exams = _names_by((row.study, row.patient) for row in stated)
        there = _names_by((row.patient, row.there) for row in stated if row.there)
        return cls(
            known=known,
            by_name={name: one for name, others in there.items() if (one := _only(others))},
            by_header={header: header for header in known if len(headers.get(header, ())) == 1},
            by_study={
                study: one
                for study, names in exams.items()
                if len(names) == 1 and (one := _only(studies.get(study, frozenset())))
            },
        )

    def patient(self, stated: Stated) -> str:
        """The name under which the project has, or shall have, the patient of a new image."""
        if stated.patient in self.known:
            return stated.patient
        return (
            self.by_name.get(stated.patient)
            or self.by_study.get(stated.study)
            or self.by_header.get(stated.header)
            or stated.patient
        )

    def is_torn(self, stated: Stated) -> bool:
        """Whether the project has the exam of a new image under another of its patients."""
        other = self.by_study.get(stated.study)
        return stated.patient in self.known and other not in (None, stated.patient)


def _names_by(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key, name in pairs:
        if key:
            found.setdefault(key, set()).add(name)
    return found


def _only(names: Iterable[str]) -> str | None:
    """The one name, None where there are none or several."""
    found = list(names)
    return found[0] if len(found) == 1 else None
