"""Side and projection of a mammogram from words: names of files, descriptions, DICOM codes."""

from __future__ import annotations

import re

from core.domain import Laterality, View

_SIDES = {
    "L": Laterality.LEFT,
    "LEFT": Laterality.LEFT,
    "R": Laterality.RIGHT,
    "RIGHT": Laterality.RIGHT,
}
# Projections that are neither CC nor MLO (PS3.3 table C.8-77 and the data sets' own words).
_OTHER_VIEWS = "ML LM LMO XCC XCCL XCCM FB SIO ISO CV AT SPECIMEN"
_VIEWS = {"CC": View.CC, "MLO": View.MLO, **dict.fromkeys(_OTHER_VIEWS.split(), View.OTHER)}
# SRT, SNM3 and SNOMED CT codes of the two screening projections (PS3.16 CID 4014).
VIEW_CODES = {
    "R-10242": View.CC,
    "399162004": View.CC,
    "R-10226": View.MLO,
    "399368009": View.MLO,
}
# 'RCC', 'LMLO': side and projection written as one word.
_JOINED = re.compile(r"^(L|R)(CC|MLO|ML|XCCL)$")
# INbreast: <id>_<patient>_MG_<side>_<view>_ANON, in which ML stands for MLO.
_INBREAST = re.compile(r"_MG_[LR]_ML_ANON", re.IGNORECASE)
# CBIS-DDSM: the patient's key is the middle of the name of the case.
_CBIS = re.compile(
    r"^(?:Mass|Calc)-(?:Training|Test)_(P_\d+)_(?:LEFT|RIGHT)_(?:CC|MLO)(?:_\d+)?$", re.IGNORECASE
)


def laterality_in_name(name: str) -> Laterality:
    """Side told by the words of a file's name; UNKNOWN where none or both are told."""
    found = {_SIDES[word] for word in _words(name) if word in _SIDES}
    return found.pop() if len(found) == 1 else Laterality.UNKNOWN


def view_in_name(name: str) -> View:
    """Projection told by the words of a file's name; UNKNOWN where none or several are told."""
    if _INBREAST.search(name):
        return View.MLO
    found = {_VIEWS[word] for word in _words(name) if word in _VIEWS}
    return found.pop() if len(found) == 1 else View.UNKNOWN


def laterality_of(text: str) -> Laterality:
    """Side of a DICOM value such as 'L'."""
    return _SIDES.get(text.strip().upper(), Laterality.UNKNOWN)


def view_of(text: str) -> View:
    """Projection of a DICOM ViewPosition such as 'MLO'; anything else that is said is OTHER."""
    word = text.strip().upper()
    if not word:
        return View.UNKNOWN
    return _VIEWS.get(word, View.OTHER)


def view_of_code(value: str, meaning: str) -> View:
    """Projection of a coded view, by its code, else by its meaning."""
    if value in VIEW_CODES:
        return VIEW_CODES[value]
    plain = re.sub(r"[^a-z]", "", meaning.lower())
    by_meaning = {"craniocaudal": View.CC, "mediolateraloblique": View.MLO}
    return by_meaning.get(plain, View.OTHER if value or plain else View.UNKNOWN)


def patient_key(patient_id: str) -> str:
    """The patient's key in a PatientID: itself, but for CBIS-DDSM, where it names the case and the view."""
    match = _CBIS.match(patient_id)
    return match.group(1) if match else patient_id


def _words(name: str) -> list[str]:
    """Upper-case words of a name; a side and a projection written together are taken apart."""
    words: list[str] = []
    for word in re.split(r"[^A-Z0-9]+", name.upper()):
        joined = _JOINED.match(word)
        words.extend(joined.groups() if joined else [word])
    return words
