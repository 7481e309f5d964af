"""Findings with every version, and the region labels that follow from them in the same transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.domain import (
    Contour,
    Finding,
    FindingClass,
    FindingId,
    FindingType,
    ImageId,
    ModelId,
    Provenance,
    Role,
    Suggestion,
)
from core.errors import UserError
from core.regions import clip_to_image, iom, region_labels
from storage.changes import Changes
from storage.database import now
from storage.records import EventKind, FindingAction, FindingVersion
from storage.store.base import DEFAULT_ALPHA
from storage.store.images import ImageStore

FINDINGS = """
SELECT finding.id, finding.image_id, reader.name, newest.finding_class, newest.finding_type, newest.geometry,
    finding.version, newest.birads, newest.note, newest.provenance, newest.suggested_by, newest.suggested_box,
    newest.suggestion_iom, newest.lesion_id, finding.role, coalesce(owner.name, reader.name)
FROM finding
JOIN finding_version AS newest ON newest.finding_id = finding.id AND newest.version = finding.version
JOIN reader ON reader.id = newest.reader_id
LEFT JOIN reader AS owner ON owner.id = finding.owner_id
"""
# What a reader sees before the review: their own, and what came with the data set.
_OWN = "(finding.role = 'imported' OR finding.role = 'reader' AND owner.name = :reader)"
# What settles an image where anything does; else what all its readers drew.
_COUNTING = (
    "(finding.role = 'adjudicated' OR NOT EXISTS (SELECT 1 FROM finding AS other WHERE other.image_id = finding.image_id "
    "AND other.role = 'adjudicated' AND NOT other.is_deleted))"
)
_VERSIONS = """
SELECT finding_id, version, action, reader.name, finding_class, finding_type, geometry, finding_version.created_at
FROM finding_version JOIN reader ON reader.id = reader_id
"""
_EVENTS = {
    FindingAction.ADDED: EventKind.FINDING_ADDED,
    FindingAction.IMPORTED: EventKind.FINDING_ADDED,
    FindingAction.CHANGED: EventKind.FINDING_CHANGED,
    FindingAction.DELETED: EventKind.FINDING_DELETED,
    FindingAction.RESTORED: EventKind.FINDING_RESTORED,
}


class FindingStore(ImageStore):
    """The part of the store about what readers drew."""

    def findings(self, image_id: ImageId, *, reader: str | None = None) -> list[Finding]:
        """The findings of an image in their newest versions, oldest finding first; deleted ones left out.

        reader: only what this reader sees before the review, which is their own and what came with the data set.
        """
        where = " WHERE finding.image_id = :image AND NOT is_deleted" + (f" AND {_OWN}" if reader else "")
        rows = self._rows(
            FINDINGS + where + " ORDER BY finding.id", {"image": image_id, "reader": (reader or "").strip()}
        )
        return [finding_of(row) for row in rows]

    def counting_findings(self, image_id: ImageId) -> list[Finding]:
        """What trains and what is measured against: adjudicated findings where there are any, else those of all readers."""
        where = f" WHERE finding.image_id = ? AND NOT is_deleted AND {_COUNTING} ORDER BY finding.id"
        return [finding_of(row) for row in self._rows(FINDINGS + where, (image_id,))]

    def all_findings(self, *, counting: bool = True) -> dict[ImageId, list[Finding]]:
        """The findings of every image that has any; counting: as counting_findings() gives them, else all."""
        found: dict[ImageId, list[Finding]] = {}
        where = " WHERE NOT is_deleted" + (f" AND {_COUNTING}" if counting else "")
        for row in self._rows(FINDINGS + where + " ORDER BY finding.id"):
            found.setdefault(ImageId(row[1]), []).append(finding_of(row))
        return found

    def readers_of(self, image_id: ImageId) -> list[str]:
        """Who has drawn on an image or decided about it, in the order of the readers."""
        rows = self._rows(
            "SELECT name FROM reader WHERE id IN (SELECT owner_id FROM finding WHERE image_id = :image "
            "AND role = 'reader' AND NOT is_deleted) OR id IN (SELECT reader_id FROM decision "
            "WHERE image_id = :image AND superseded_at IS NULL AND decision IS NOT NULL) ORDER BY id",
            {"image": image_id},
        )
        return [row[0] for row in rows]

    def finding(self, finding_id: FindingId) -> Finding:
        """One finding, deleted or not. Raises KeyError where there is none with this id."""
        row = self._row(FINDINGS + " WHERE finding.id = ?", (finding_id,))
        if row is None:
            raise KeyError(finding_id)
        return finding_of(row)

    def history(self, finding_id: FindingId) -> list[FindingVersion]:
        """Every version of a finding, oldest first."""
        return [
            _version(row)
            for row in self._rows(_VERSIONS + " WHERE finding_id = ? ORDER BY version", (finding_id,))
        ]

    def versions_on(self, image_id: ImageId) -> list[FindingVersion]:
        """Every version of every finding of an image, the deleted ones' too."""
        of_image = (
            " WHERE finding_id IN (SELECT id FROM finding WHERE image_id = ?) ORDER BY finding_id, version"
        )
        rows = self._rows(_VERSIONS + of_image, (image_id,))
        return [_version(row) for row in rows]

    def add_finding(
        self,
        image_id: ImageId,
        *,
        reader: str,
        finding_class: FindingClass,
        finding_type: FindingType,
        contour: Contour,
        birads: str = "",
        note: str = "",
        suggestion: Suggestion | None = None,
        role: Role = Role.READER,
        seconds: float | None = None,
    ) -> tuple[FindingId, Changes]:
        """Add a finding; what lies outside the image is cut off.

        suggestion: the model's box that the contour is; its IoM is worked out here. role: ADJUDICATED settles what
        readers see differently and leaves their own findings as they are. seconds: the reader's active seconds, for the ledger. Raises UserError for a contour outside the
        image or without area, and for an image that cannot be used.
        """
        action = FindingAction.IMPORTED if role is Role.IMPORTED else FindingAction.ADDED
        with self.transaction():
            clipped = self._clipped(image_id, contour)
            finding_id = FindingId(
                self._write(
                    "INSERT INTO finding (image_id, version, is_deleted, owner_id, role) VALUES (?, 1, 0, ?, ?)",
                    (image_id, self._reader_id(reader), role.value),
                )
            )
            finding = Finding(
                finding_id,
                image_id,
                reader,
                finding_class,
                finding_type,
                clipped,
                version=1,
                birads=birads,
                note=note.strip(),
                provenance=_first_provenance(role, suggestion),
                suggestion=suggestion,
                role=role,
            )
            self._put_version(finding, action=action, seconds=seconds)
        return finding_id, Changes(images=frozenset({image_id}), findings=True)

    def change_finding(
        self,
        finding_id: FindingId,
        *,
        reader: str,
        contour: Contour | None = None,
        finding_class: FindingClass | None = None,
        finding_type: FindingType | None = None,
        birads: str | None = None,
        note: str | None = None,
        seconds: float | None = None,
    ) -> Changes:
        """Add a version with what is given changed. Raises UserError for a deleted finding.

        A contour that was a box of the model as it is becomes an edited one with its first change.
        """
        with self.transaction():
            now_is = self._changeable(finding_id)
            provenance = now_is.provenance
            if contour is not None and provenance is Provenance.ACCEPTED:
                provenance = Provenance.EDITED
            becomes = replace(
                now_is,
                contour=now_is.contour if contour is None else self._clipped(now_is.image_id, contour),
                finding_class=finding_class or now_is.finding_class,
                finding_type=finding_type or now_is.finding_type,
                birads=now_is.birads if birads is None else birads,
                note=now_is.note if note is None else note.strip(),
                provenance=provenance,
            )
            self._put_next(becomes, reader=reader, action=FindingAction.CHANGED, seconds=seconds)
        return Changes(images=frozenset({now_is.image_id}), findings=True)

    def restate_finding(self, before: Finding, *, reader: str) -> Changes:
        """Add a version that says what a former one said, to undo changes. Raises UserError for a deleted finding."""
        with self.transaction():
            now_is = self._changeable(before.id)
            becomes = replace(before, version=now_is.version)
            self._put_next(becomes, reader=reader, action=FindingAction.CHANGED, seconds=None)
        return Changes(images=frozenset({before.image_id}), findings=True)

    def delete_finding(self, finding_id: FindingId, *, reader: str, seconds: float | None = None) -> Changes:
        """Take a finding off its image; all its versions stay. Deleting it twice changes nothing."""
        return self._set_deleted(finding_id, reader=reader, action=FindingAction.DELETED, seconds=seconds)

    def restore_finding(self, finding_id: FindingId, *, reader: str, seconds: float | None = None) -> Changes:
        """Undo delete_finding, under the same id. Restoring it twice changes nothing."""
        return self._set_deleted(finding_id, reader=reader, action=FindingAction.RESTORED, seconds=seconds)

    def region_labels(
        self, image_id: ImageId, *, alpha: float = DEFAULT_ALPHA, grid_key: str | None = None
    ) -> NDArray[np.int8] | None:
        """RegionLabel values of an image's regions (m,), None where no malignant contour is drawn.

        They belong to the contours as they are now: stored ones of another contour set are never read.
        Kept for the usual alpha; computed for any other.
        """
        malignant = _malignant(self.counting_findings(image_id))
        if not malignant:
            return None
        row = self._row(
            "SELECT labels FROM region_label WHERE image_id = :image AND alpha = :alpha "
            "AND contour_set = :contours AND grid_key = coalesce(:grid, "
            "(SELECT grid_key FROM region_grid WHERE image_id = :image ORDER BY id DESC LIMIT 1))",
            {"image": image_id, "alpha": alpha, "contours": contour_set(malignant), "grid": grid_key},
        )
        if row is not None:
            return np.frombuffer(row[0], np.int8).copy()
        boxes = self.grid(image_id, grid_key=grid_key)
        return region_labels(boxes, malignant, alpha=alpha, shape=self.shape(image_id))

    def label_conflicts(self) -> list[ImageId]:
        """Images with a malignant contour whose weak label is not malignant: someone should look.

        They are not in F (method.md: F holds malignant images), so their contours do not train.
        """
        return [
            image.id
            for image in self.images()
            if image.malignant_findings and not (image.label and image.label.is_malignant)
        ]

    def _clipped(self, image_id: ImageId, contour: Contour) -> Contour:
        rows, columns = self.shape(image_id)
        if not rows:
            name = self.image(image_id).name
            raise UserError(f"{name} cannot be annotated: it could not be used when it was imported.")
        clipped = clip_to_image(contour, rows=rows, columns=columns)
        if clipped is None:
            raise UserError(
                f"The contour lies outside {self.image(image_id).name} and was not stored: draw it on the "
                f"image ({columns} x {rows} pixels)."
            )
        return clipped

    def _is_deleted(self, finding_id: FindingId) -> bool:
        row = self._row("SELECT is_deleted FROM finding WHERE id = ?", (finding_id,))
        if row is None:
            raise KeyError(finding_id)
        return bool(row[0])

    def _set_deleted(
        self, finding_id: FindingId, *, reader: str, action: FindingAction, seconds: float | None
    ) -> Changes:
        with self.transaction():
            if self._is_deleted(finding_id) == (action == FindingAction.DELETED):
                return Changes()
            now_is = self.finding(finding_id)
            self._put_next(now_is, reader=reader, action=action, seconds=seconds)
        return Changes(images=frozenset({now_is.image_id}), findings=True)

    def _changeable(self, finding_id: FindingId) -> Finding:
        now_is = self.finding(finding_id)
        if self._is_deleted(finding_id):
            raise UserError("This finding was deleted and cannot be changed: restore it first.")
        return now_is

    def _put_next(
        self, becomes: Finding, *, reader: str, action: FindingAction, seconds: float | None
    ) -> None:
        """The next version. becomes: what it says, under the version that it follows."""
        version = becomes.version + 1
        self._write(
            "UPDATE finding SET version = ?, is_deleted = ? WHERE id = ?",
            (version, int(action == FindingAction.DELETED), becomes.id),
        )
        self._put_version(replace(becomes, reader=reader, version=version), action=action, seconds=seconds)

    def _put_version(self, finding: Finding, *, action: FindingAction, seconds: float | None) -> None:
        """The version's row, the region labels that follow, and the ledger's row."""
        reader_id = self._reader_id(finding.reader)
        self._write(
            "INSERT INTO finding_version (finding_id, version, action, reader_id, finding_class, finding_type, "
            "geometry, created_at, birads, note, provenance, suggested_by, suggested_box, suggestion_iom, lesion_id, "
            "sitting_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                finding.id,
                finding.version,
                action.value,
                reader_id,
                finding.finding_class.value,
                finding.finding_type.value,
                _geometry(finding.contour),
                now(),
                finding.birads,
                finding.note,
                finding.provenance.value,
                *_suggested(finding),
                finding.lesion_id,
                self._sitting_id,
            ),
        )
        self._refresh_region_labels(finding.image_id)
        self._record_event(
            _EVENTS[action],
            reader_id=reader_id,
            image_id=finding.image_id,
            finding_id=finding.id,
            seconds=seconds,
            details={"version": finding.version, "class": finding.finding_class},
        )

    def _refresh_region_labels(self, image_id: ImageId) -> None:
        """Replace the region labels of an image by those of its contours as they are now, for each grid."""
        self._write("DELETE FROM region_label WHERE image_id = ?", (image_id,))
        malignant = _malignant(self.counting_findings(image_id))
        if not malignant:
            return
        grids = self._rows("SELECT grid_key FROM region_grid WHERE image_id = ?", (image_id,))
        for (grid_key,) in grids:
            boxes = self.grid(image_id, grid_key=grid_key)
            labels = region_labels(boxes, malignant, alpha=DEFAULT_ALPHA, shape=self.shape(image_id))
            self._write(
                "INSERT INTO region_label (image_id, grid_key, alpha, contour_set, regions, labels) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (image_id, grid_key, DEFAULT_ALPHA, contour_set(malignant), len(labels), labels.tobytes()),
            )


def contour_set(contours: Sequence[Contour]) -> str:
    """SHA-256 that names a set of contours, whatever their order."""
    return hashlib.sha256("\n".join(sorted(map(_geometry, contours))).encode()).hexdigest()


def _malignant(findings: Sequence[Finding]) -> list[Contour]:
    return [finding.contour for finding in findings if finding.finding_class == FindingClass.MALIGNANT]


def _geometry(contour: Contour) -> str:
    return json.dumps(contour.to_geojson(), separators=(",", ":"), allow_nan=False)


def _first_provenance(role: Role, suggestion: Suggestion | None) -> Provenance:
    if role is Role.IMPORTED:
        return Provenance.IMPORTED
    return Provenance.DRAWN if suggestion is None else Provenance.ACCEPTED


def _suggested(finding: Finding) -> tuple[int | None, str | None, float | None]:
    """Model, box and the IoM of the box with the contour as it is in this version (Eq. 6)."""
    suggestion = finding.suggestion
    if suggestion is None:
        return None, None, None
    shared = float(iom(np.array([suggestion.box]), finding.contour)[0])
    return suggestion.model_id, json.dumps(list(suggestion.box)), min(max(shared, 0.0), 1.0)


def finding_of(row: tuple[Any, ...]) -> Finding:
    """A row of FINDINGS."""
    suggestion = None
    if row[11] is not None and row[10] is not None:
        x0, y0, x1, y1 = json.loads(row[11])
        suggestion = Suggestion(ModelId(row[10]), (x0, y0, x1, y1), row[12])
    return Finding(
        id=FindingId(row[0]),
        image_id=ImageId(row[1]),
        reader=row[2],
        finding_class=FindingClass(row[3]),
        finding_type=FindingType(row[4]),
        contour=Contour.from_geojson(json.loads(row[5])),
        version=row[6],
        birads=row[7],
        note=row[8],
        provenance=Provenance(row[9]),
        suggestion=suggestion,
        lesion_id=None if row[13] is None else FindingId(row[13]),
        role=Role(row[14]),
        owner=row[15],
    )


def _version(row: tuple[Any, ...]) -> FindingVersion:
    return FindingVersion(
        finding_id=FindingId(row[0]),
        version=row[1],
        action=FindingAction(row[2]),
        reader=row[3],
        finding_class=FindingClass(row[4]),
        finding_type=FindingType(row[5]),
        contour=Contour.from_geojson(json.loads(row[6])),
        created_at=row[7],
    )
