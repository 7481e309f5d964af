"""Findings in several views that are one lesion."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from core.domain import Finding, FindingId, ImageId
from core.errors import UserError
from storage.changes import Changes
from storage.records import FindingAction
from storage.store.findings import FINDINGS, FindingStore, finding_of


class LesionStore(FindingStore):
    """The part of the store about links between findings: findings of one lesion share its id, that of the first."""

    def link_findings(self, finding_ids: Sequence[FindingId], *, reader: str) -> Changes:
        """State that findings on different images of one patient are one lesion, together with those linked to them.

        Raises UserError for fewer than two, for two of one image, of one reader and another, or of different patients.
        """
        with self.transaction():
            found = self._lesions(finding_ids)
            _check_lesion(found, patients=self._patients_of({each.image_id for each in found}))
            lesion_id = min(each.id for each in found)
            for each in found:
                if each.lesion_id != lesion_id:
                    becomes = replace(each, lesion_id=lesion_id)
                    self._put_next(becomes, reader=reader, action=FindingAction.CHANGED, seconds=None)
        return Changes(images=frozenset(each.image_id for each in found), findings=True)

    def unlink_finding(self, finding_id: FindingId, *, reader: str) -> Changes:
        """State that a finding is a lesion of its own."""
        with self.transaction():
            now_is = self._changeable(finding_id)
            if now_is.lesion_id is not None:
                becomes = replace(now_is, lesion_id=None)
                self._put_next(becomes, reader=reader, action=FindingAction.CHANGED, seconds=None)
        return Changes(images=frozenset({now_is.image_id}), findings=True)

    def lesion(self, lesion_id: FindingId) -> list[Finding]:
        """The findings that are one lesion, by id; deleted ones left out."""
        rows = self._rows(
            FINDINGS + " WHERE newest.lesion_id = ? AND NOT is_deleted ORDER BY finding.id", (lesion_id,)
        )
        return [finding_of(row) for row in rows]

    def _lesions(self, finding_ids: Sequence[FindingId]) -> list[Finding]:
        """The findings with all that are linked to any of them, by id."""
        found = {each.id: each for each in map(self._changeable, finding_ids)}
        for each in list(found.values()):
            if each.lesion_id is not None:
                found.update({other.id: other for other in self.lesion(each.lesion_id)})
        return [found[key] for key in sorted(found)]

    def _patients_of(self, images: set[ImageId]) -> set[int]:
        rows = self._rows(
            "SELECT DISTINCT patient_id FROM image JOIN study ON study.id = study_id "
            "WHERE image.id IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(images)),),
        )
        return {row[0] for row in rows}


def _check_lesion(found: Sequence[Finding], *, patients: set[int]) -> None:
    if len(found) < 2:
        raise UserError("A link needs two findings: choose one in each of two views.")
    if len({each.image_id for each in found}) < len(found):
        raise UserError(
            "Two findings of one image cannot be linked: they would be one lesion seen twice in one view."
        )
    if len(patients) > 1:
        raise UserError("Findings of different patients cannot be linked.")
    if len({(each.owner, each.role) for each in found}) > 1:
        raise UserError("Findings of different readers cannot be linked.")
