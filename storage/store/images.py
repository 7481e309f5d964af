"""Patients, studies, images, their grids, weak labels, decisions and splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.domain import Decision, ImageId, Label, Laterality, PatientId, Split, StudyId, View
from core.errors import UserError
from core.recipe import GridSettings
from storage.changes import Changes
from storage.database import now
from storage.records import EventKind, ImageRecord, KnownFile, LabelRecord, NewImage, SplitSettings
from storage.splits import assign_splits, worst_label
from storage.store.base import StoreBase

# A patient gets a split with the first usable image; until then 'test' keeps the patient out of training.
# Contours are counted once for all images that are wanted, not image by image; where any is adjudicated, those alone
# count. :reader is NULL for what all readers said together, of whose decisions the newest counts.
_IMAGES = """
WITH drawn AS MATERIALIZED (
    SELECT finding.image_id, max(finding.role = 'adjudicated') AS is_settled,
        sum(newest.finding_class = 'malignant') AS malignant,
        sum(newest.finding_class = 'benign') AS benign,
        sum(newest.finding_class = 'malignant' AND finding.role = 'adjudicated') AS settled_malignant,
        sum(newest.finding_class = 'benign' AND finding.role = 'adjudicated') AS settled_benign
    FROM finding JOIN finding_version AS newest
        ON newest.finding_id = finding.id AND newest.version = finding.version
    WHERE NOT finding.is_deleted AND (:reader IS NULL OR finding.role = 'imported'
        OR finding.role = 'reader' AND finding.owner_id = :reader) {of_image}
    GROUP BY finding.image_id
)
SELECT image.id, patient.id, patient.key, image.study_id, image.path, image.content_hash, image.laterality,
    image.view, image.rows, image.columns, image.spacing_mm, image.scale, image_label.label,
    coalesce(split.split, 'test'),
    coalesce((SELECT regions FROM region_grid WHERE image_id = image.id ORDER BY id DESC LIMIT 1), 0),
    decision.decision, coalesce(iif(drawn.is_settled, drawn.settled_malignant, drawn.malignant), 0),
    coalesce(iif(drawn.is_settled, drawn.settled_benign, drawn.benign), 0),
    prediction.p_malignant, prediction.p_benign,
    ranking_item.position, ranking_item.score, coalesce(ranking_item.reason, ''), image.failure,
    image.density, coalesce(decision.reason, '')
FROM image
JOIN study ON study.id = image.study_id
JOIN patient ON patient.id = study.patient_id
LEFT JOIN split ON split.patient_id = patient.id
LEFT JOIN drawn ON drawn.image_id = image.id
LEFT JOIN image_label ON image_label.image_id = image.id AND image_label.superseded_at IS NULL
LEFT JOIN decision ON decision.id = (
    SELECT max(id) FROM decision WHERE image_id = image.id AND superseded_at IS NULL AND decision IS NOT NULL
        AND (:reader IS NULL OR reader_id = :reader))
LEFT JOIN prediction INDEXED BY prediction_summary ON prediction.image_id = image.id
    AND prediction.model_id = (SELECT id FROM model WHERE is_current = 1)
LEFT JOIN ranking_item ON ranking_item.image_id = image.id
    AND ranking_item.ranking_id = (SELECT id FROM ranking WHERE is_current = 1)
"""
_ALL_IMAGES = _IMAGES.format(of_image="") + (
    "ORDER BY ranking_item.position IS NULL, ranking_item.position, image.id"
)
_ONE_IMAGE = _IMAGES.format(of_image="AND finding.image_id = :image") + "WHERE image.id = :image"

_OF_STUDY = "AND finding.image_id IN (SELECT id FROM image WHERE study_id = :study)"
_STUDY = _IMAGES.format(of_image=_OF_STUDY) + "WHERE image.study_id = :study ORDER BY image.id"

_LABELS: dict[str | None, Label | None] = {None: None, **{label.value: label for label in Label}}
_DECISIONS: dict[str | None, Decision | None] = {None: None, **{d.value: d for d in Decision}}
_SPLITS = {split.value: split for split in Split}
_SIDES = {side.value: side for side in Laterality}
_VIEWS = {view.value: view for view in View}


NOBODY = -1


class ImageStore(StoreBase):
    """The part of the store about images and what is said of them as a whole."""

    def images(self, *, reader: str | None = None) -> list[ImageRecord]:
        """All images in the order of the worklist; those that no ranking holds come after, by id.

        reader: count contours and take decisions as this reader knows them before the review; None: those of all.
        """
        return [_image_record(row) for row in self._rows(_ALL_IMAGES, {"reader": self._seen_by(reader)})]

    def has_images(self) -> bool:
        """Whether there is any, usable or not."""
        return self._row("SELECT 1 FROM image LIMIT 1") is not None

    def image(self, image_id: ImageId, *, reader: str | None = None) -> ImageRecord:
        """One image, as images() gives it. Raises KeyError where there is none with this id."""
        row = self._row(_ONE_IMAGE, {"image": image_id, "reader": self._seen_by(reader)})
        if row is None:
            raise KeyError(image_id)
        return _image_record(row)

    def study_images(self, study_id: StudyId, *, reader: str | None = None) -> list[ImageRecord]:
        """All images of one study, usable or not, by id; otherwise as images() gives them."""
        rows = self._rows(_STUDY, {"study": study_id, "reader": self._seen_by(reader)})
        return [_image_record(row) for row in rows]

    def prior_studies(self, study_id: StudyId) -> list[StudyId]:
        """Earlier studies of the same patient, the latest first; those without a date are in no order and left out."""
        rows = self._rows(
            "SELECT other.id FROM study JOIN study AS other ON other.patient_id = study.patient_id "
            "WHERE study.id = ? AND study.date <> '' AND other.date <> '' AND other.date < study.date "
            "ORDER BY other.date DESC, other.id DESC",
            (study_id,),
        )
        return [StudyId(row[0]) for row in rows]

    def _seen_by(self, reader: str | None) -> int | None:
        """The parameter :reader. A reader without any row yet has the number of nobody."""
        if reader is None:
            return None
        row = self._row("SELECT id FROM reader WHERE name = ?", (reader.strip(),))
        return NOBODY if row is None else int(row[0])

    def shape(self, image_id: ImageId) -> tuple[int, int]:
        """(rows, columns) of an image; (0, 0) where its file cannot be read. KeyError where there is none."""
        row = self._row("SELECT rows, columns, failure FROM image WHERE id = ?", (image_id,))
        if row is None:
            raise KeyError(image_id)
        return (0, 0) if row[2] else (row[0], row[1])

    def grid(self, image_id: ImageId, *, grid_key: str | None = None) -> NDArray[np.float64]:
        """Region boxes (m, 4) in image pixels, of the newest grid or the one named; (0, 4) without."""
        row = self._row(
            "SELECT boxes FROM region_grid WHERE image_id = ? AND (? IS NULL OR grid_key = ?) "
            "ORDER BY id DESC LIMIT 1",
            (image_id, grid_key, grid_key),
        )
        return np.empty((0, 4)) if row is None else _boxes(row[0])

    def grids(self, grid_key: str) -> dict[ImageId, NDArray[np.float64]]:
        """Boxes of every image that has this grid."""
        rows = self._rows("SELECT image_id, boxes FROM region_grid WHERE grid_key = ?", (grid_key,))
        return {ImageId(image_id): _boxes(boxes) for image_id, boxes in rows}

    def labels(self, image_id: ImageId) -> list[LabelRecord]:
        """Every weak label that the image had, oldest first."""
        rows = self._rows(
            "SELECT image_id, label, source, birads, note, created_at, superseded_at IS NULL "
            "FROM image_label WHERE image_id = ? ORDER BY id",
            (image_id,),
        )
        return [_label_record(row) for row in rows]

    def set_label(
        self,
        image_id: ImageId,
        label: Label | None,
        *,
        source: str,
        birads: str = "",
        note: str = "",
        reader: str | None = None,
    ) -> Changes:
        """State the weak label of an image; the former one stays in its history."""
        with self.transaction():
            before = self.image(image_id).label
            reader_id = None if reader is None else self._reader_id(reader)
            moment = now()
            self._write(
                "UPDATE image_label SET superseded_at = ? WHERE image_id = ? AND superseded_at IS NULL",
                (moment, image_id),
            )
            self._write(
                "INSERT INTO image_label (image_id, label, source, birads, note, reader_id, created_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (image_id, label and label.value, source, birads, note, reader_id, moment),
            )
            self._record_event(
                EventKind.LABEL_SET,
                reader_id=reader_id,
                image_id=image_id,
                details={"before": before, "after": label, "source": source},
            )
        return Changes(images=frozenset({image_id}))

    def set_density(self, image_id: ImageId, density: str) -> Changes:
        """State the density of the breast: 'A' to 'D', '' where it is not known."""
        with self.transaction():
            self._write("UPDATE image SET density = ? WHERE id = ?", (density, image_id))
        return Changes(images=frozenset({image_id}))

    def set_decision(
        self,
        image_id: ImageId,
        *,
        reader: str,
        decision: Decision | None,
        reason: str = "",
        seconds: float | None = None,
    ) -> Changes:
        """State what a reader decided about an image and why, None to take it back; the former stays in its history.

        Decisions of other readers stay in force.
        """
        with self.transaction():
            before = self.image(image_id, reader=reader).decision
            reader_id, moment = self._reader_id(reader), now()
            self._supersede("decision", image_id, reader_id, moment)
            self._write(
                "INSERT INTO decision (image_id, decision, reason, reader_id, sitting_id, created_at) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (image_id, decision and decision.value, reason.strip(), reader_id, self._sitting_id, moment),
            )
            self._record_event(
                EventKind.DECISION_SET,
                reader_id=reader_id,
                image_id=image_id,
                seconds=seconds,
                details={"before": before, "after": decision},
            )
        return Changes(images=frozenset({image_id}))

    def decisions(self, image_id: ImageId) -> dict[str, tuple[Decision, str]]:
        """What each reader decided about an image, with the reason, by name."""
        rows = self._rows(
            "SELECT reader.name, decision, reason FROM decision JOIN reader ON reader.id = reader_id "
            "WHERE image_id = ? AND superseded_at IS NULL AND decision IS NOT NULL ORDER BY reader.id",
            (image_id,),
        )
        return {row[0]: (Decision(row[1]), row[2]) for row in rows}

    def all_decisions(self) -> dict[ImageId, dict[str, Decision]]:
        """What each reader decided, by image and name."""
        found: dict[ImageId, dict[str, Decision]] = {}
        for image_id, name, decision in self._rows(
            "SELECT image_id, reader.name, decision FROM decision JOIN reader ON reader.id = reader_id "
            "WHERE superseded_at IS NULL AND decision IS NOT NULL ORDER BY image_id, reader.id"
        ):
            found.setdefault(ImageId(image_id), {})[name] = Decision(decision)
        return found

    def set_assessment(self, image_id: ImageId, *, reader: str, birads: str) -> Changes:
        """State a reader's BI-RADS category of an image, '' to take it back; the former stays in its history."""
        with self.transaction():
            before = self.assessment(image_id, reader=reader)
            reader_id, moment = self._reader_id(reader), now()
            self._supersede("assessment", image_id, reader_id, moment)
            self._write(
                "INSERT INTO assessment (image_id, reader_id, birads, sitting_id, created_at) VALUES (?, ?, ?, ?, ?)",
                (image_id, reader_id, birads, self._sitting_id, moment),
            )
            self._record_event(
                EventKind.ASSESSMENT_SET,
                reader_id=reader_id,
                image_id=image_id,
                details={"before": before, "after": birads},
            )
        return Changes(images=frozenset({image_id}))

    def assessment(self, image_id: ImageId, *, reader: str) -> str:
        """A reader's BI-RADS category of an image, '' where none is stated."""
        row = self._row(
            "SELECT birads FROM assessment JOIN reader ON reader.id = reader_id "
            "WHERE image_id = ? AND reader.name = ? AND superseded_at IS NULL",
            (image_id, reader.strip()),
        )
        return "" if row is None else str(row[0])

    def assessments(self, image_id: ImageId) -> dict[str, str]:
        """The BI-RADS category of an image by each reader who stated one."""
        rows = self._rows(
            "SELECT reader.name, birads FROM assessment JOIN reader ON reader.id = reader_id "
            "WHERE image_id = ? AND superseded_at IS NULL AND birads <> '' ORDER BY reader.id",
            (image_id,),
        )
        return {row[0]: row[1] for row in rows}

    def place_image(self, image_id: ImageId, *, reader: str, laterality: Laterality, view: View) -> Changes:
        """State side and view of an image, as where its file does not tell them; the former stay in its history.

        The regions that training uses were made at import, and stay as they are.
        """
        with self.transaction():
            before = self.image(image_id)
            reader_id = self._reader_id(reader)
            self._write(
                "INSERT INTO placement (image_id, reader_id, laterality, view, former_laterality, former_view, created_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    image_id,
                    reader_id,
                    laterality.value,
                    view.value,
                    before.laterality.value,
                    before.view.value,
                    now(),
                ),
            )
            self._write(
                "UPDATE image SET laterality = ?, view = ? WHERE id = ?",
                (laterality.value, view.value, image_id),
            )
            self._record_event(
                EventKind.IMAGE_PLACED,
                reader_id=reader_id,
                image_id=image_id,
                details={"laterality": laterality, "view": view},
            )
        return Changes(images=frozenset({image_id}))

    def _supersede(self, table: str, image_id: ImageId, reader_id: int, moment: str) -> None:
        self._write(
            f"UPDATE {table} SET superseded_at = ? WHERE image_id = ? AND reader_id = ? "  # noqa: S608 - our own table names
            "AND superseded_at IS NULL",
            (moment, image_id, reader_id),
        )

    def known_files(self) -> dict[Path, KnownFile]:
        """What is known of each file, by path."""
        rows = self._rows("SELECT id, path, content_hash, size_bytes, modified_ns, failure FROM image")
        files = (KnownFile(ImageId(row[0]), Path(row[1]), *row[2:]) for row in rows)
        return {file.path: file for file in files}

    def patient_sources(self) -> dict[ImageId, str]:
        """Source identifier of each image's patient, for importing only: never shown or logged."""
        rows = self._rows(
            "SELECT image.id, patient.source_id FROM image JOIN study ON study.id = study_id "
            "JOIN patient ON patient.id = patient_id"
        )
        return {ImageId(image_id): source for image_id, source in rows}

    def study_patients(self) -> dict[str, frozenset[str]]:
        """Source identifiers of the patients who have each study, by its UID; for importing only."""
        rows = self._rows(
            "SELECT source_uid, patient.source_id FROM study JOIN patient ON patient.id = patient_id "
            "WHERE source_uid <> ''"
        )
        found: dict[str, set[str]] = {}
        for uid, source in rows:
            found.setdefault(uid, set()).add(source)
        return {uid: frozenset(sources) for uid, sources in found.items()}

    def add_inspected(
        self, images: Sequence[NewImage], *, grid: GridSettings
    ) -> tuple[dict[Path, ImageId], Changes]:
        """Add inspected files, those with a failure too; new patients get their split in the same step.

        An image whose path is there with a failure takes its place. Paths and the contents of usable
        images must be new otherwise: the importer sees to it, the database refuses the rest.

        Returns the id of each image by path.
        """
        with self.transaction():
            ids = {image.path: self._put_image(image, grid_key=grid.key) for image in images}
            self._deal_new_patients()
            usable = sum(not image.failure for image in images)
            details = {"usable": usable, "failed": len(images) - usable}
            self._record_event(EventKind.IMAGES_IMPORTED, details=details)
        return ids, Changes(images=frozenset(ids.values()), everything=True)

    def relocate(self, image_id: ImageId, path: Path, *, size_bytes: int, modified_ns: int) -> Changes:
        """The same content is at another path now.

        An image that the store has there gets the path that this one leaves: its file was moved over, or changed
        places with this one. One that could not be used there is no more, and is dropped.
        """
        with self.transaction():
            others = self._clear_path(path, leaving=image_id)
            self._write(
                "UPDATE image SET path = ?, size_bytes = ?, modified_ns = ? WHERE id = ?",
                (str(path), size_bytes, modified_ns, image_id),
            )
        return Changes(images=frozenset({image_id}), everything=others)

    def _clear_path(self, path: Path, *, leaving: ImageId) -> bool:
        """Make room at a path for an image that comes from another one; returns whether any was there."""
        there = self._row("SELECT id, failure FROM image WHERE path = ? AND id <> ?", (str(path), leaving))
        if there is None:
            return False
        if there[1]:
            self._write("DELETE FROM image WHERE id = ?", (there[0],))
            return True
        left = str(self.image(leaving).path)
        self._write(
            "UPDATE image SET path = ? WHERE id = ?", (f"{path}\n{leaving}", leaving)
        )  # free for a moment
        self._write("UPDATE image SET path = ? WHERE id = ?", (left, there[0]))
        return True

    def split_settings(self) -> SplitSettings:
        """How this project deals patients to the splits."""
        row = self._row("SELECT split_seed, test_fraction, validation_fraction FROM project")
        assert row is not None, "a project has its row"
        return SplitSettings(seed=row[0], test_fraction=row[1], validation_fraction=row[2])

    def splits(self) -> dict[PatientId, Split]:
        """The split of each patient who has one."""
        rows = self._rows("SELECT patient_id, split FROM split")
        return {PatientId(patient): _SPLITS[split] for patient, split in rows}

    def set_splits(self, splits: Mapping[PatientId, Split]) -> Changes:
        """State the split of patients: one for all the images of each.

        Raises UserError where a test patient would leave the test once a model was trained: figures of that model, and of
        every later one beside it, were or will be measured on these patients.
        """
        with self.transaction():
            held_out = {patient for patient, split in self.splits().items() if split is Split.TEST}
            leaving = sum(
                patient in held_out and split is not Split.TEST for patient, split in splits.items()
            )
            if leaving and self._row("SELECT 1 FROM model LIMIT 1") is not None:
                raise UserError(
                    f"{leaving} test {'patient' if leaving == 1 else 'patients'} would leave the test, but models were trained "
                    "and measured without them. Start a new project to deal the patients anew."
                )
            self._write_splits(splits)
        return Changes(everything=True)

    def _write_splits(self, splits: Mapping[PatientId, Split]) -> None:
        self._write_many(
            "INSERT INTO split (patient_id, split, created_at) VALUES (?, ?, ?) "
            "ON CONFLICT (patient_id) DO UPDATE SET split = excluded.split, created_at = excluded.created_at",
            [(patient, split.value, now()) for patient, split in splits.items()],
        )
        counts = {split.value: sum(s == split for s in splits.values()) for split in Split}
        self._record_event(EventKind.SPLITS_SET, details=counts)

    def _deal_new_patients(self) -> None:
        """Give a split to every patient with a usable image who has none; no one else is moved."""
        rows = self._rows(
            "SELECT patient_id, label FROM image JOIN study ON study.id = study_id "
            "LEFT JOIN image_label ON image_id = image.id AND superseded_at IS NULL WHERE failure = ''"
        )
        labels: dict[PatientId, list[Label | None]] = {}
        for patient, label in rows:
            labels.setdefault(PatientId(patient), []).append(_LABELS[label])
        worst = {patient: worst_label(found) for patient, found in labels.items()}
        new = assign_splits(worst, settings=self.split_settings(), existing=self.splits())
        if new:
            self._write_splits(new)

    def _put_image(self, image: NewImage, *, grid_key: str) -> ImageId:
        study = self._study_id(self._patient_id(image.patient), image.study)
        if image.study_date:
            self._write("UPDATE study SET date = ? WHERE id = ? AND date = ''", (image.study_date, study))
        values: dict[str, Any] = {
            "study_id": study,
            "path": str(image.path),
            "content_hash": image.content_hash,
            "size_bytes": image.size_bytes,
            "modified_ns": image.modified_ns,
            "laterality": image.laterality.value,
            "view": image.view.value,
            "rows": image.rows,
            "columns": image.columns,
            "spacing_mm": image.spacing_mm,
            "scale": image.scale,
            "bits": image.bits,
            "is_for_processing": int(image.is_for_processing),
            "is_lossy": int(image.is_lossy),
            "failure": image.failure,
            "density": image.density,
            "added_at": now(),
        }
        image_id = self._insert_or_replace_failed(values)
        if not image.failure:
            self._put_grid(image_id, image.boxes, grid_key=grid_key)
        if image.label is not None or image.label_source:
            self._put_label(image_id, image)
        return image_id

    def _insert_or_replace_failed(self, values: Mapping[str, Any]) -> ImageId:
        former = self._row("SELECT id FROM image WHERE path = ? AND failure <> ''", (values["path"],))
        if former is not None:
            sets = ", ".join(f"{name} = :{name}" for name in values)
            self._write(f"UPDATE image SET {sets} WHERE id = :id", {**values, "id": former[0]})  # noqa: S608 - our own column names
            return ImageId(former[0])
        columns, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        return ImageId(self._write(f"INSERT INTO image ({columns}) VALUES ({marks})", values))  # noqa: S608 - our own column names

    def _put_grid(self, image_id: ImageId, boxes: NDArray[np.float64], *, grid_key: str) -> None:
        if boxes.ndim != 2 or boxes.shape[1:] != (4,) or not np.isfinite(boxes).all():
            raise ValueError(f"boxes are (m, 4) numbers, not {boxes.shape}")
        self._write(
            "INSERT INTO region_grid (image_id, grid_key, regions, boxes) VALUES (?, ?, ?, ?)",
            (image_id, grid_key, len(boxes), np.ascontiguousarray(boxes, "<f8").tobytes()),
        )

    def _put_label(self, image_id: ImageId, image: NewImage) -> None:
        """First label of an image, or the one that replaces the table's label it had while it could not be read."""
        if any(label.source == "reader" for label in self.labels(image_id)):
            return
        moment = now()
        self._write(
            "UPDATE image_label SET superseded_at = ? WHERE image_id = ? AND superseded_at IS NULL",
            (moment, image_id),
        )
        self._write(
            "INSERT INTO image_label (image_id, label, source, birads, note, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            (
                image_id,
                image.label and image.label.value,
                image.label_source,
                image.birads,
                image.label_note,
                moment,
            ),
        )

    def _patient_id(self, source: str) -> PatientId:
        row = self._row("SELECT id FROM patient WHERE source_id = ?", (source,))
        if row is not None:
            return PatientId(row[0])
        if not source:
            raise UserError("An image without a patient cannot be added: its split could not be kept apart.")
        number = self._row("SELECT coalesce(max(id), 0) + 1 FROM patient")
        assert number is not None
        values = (number[0], source, f"P{number[0]:04d}")
        return PatientId(self._write("INSERT INTO patient (id, source_id, key) VALUES (?, ?, ?)", values))

    def _study_id(self, patient: PatientId, uid: str) -> StudyId:
        row = self._row("SELECT id FROM study WHERE patient_id = ? AND source_uid = ?", (patient, uid))
        if row is not None:
            return StudyId(row[0])
        return StudyId(
            self._write("INSERT INTO study (patient_id, source_uid) VALUES (?, ?)", (patient, uid))
        )


def _boxes(blob: bytes) -> NDArray[np.float64]:
    return np.frombuffer(blob, "<f8").reshape(-1, 4).astype(np.float64)


def _label_record(row: tuple[Any, ...]) -> LabelRecord:
    return LabelRecord(
        image_id=ImageId(row[0]),
        label=_LABELS[row[1]],
        source=row[2],
        birads=row[3],
        note=row[4],
        created_at=row[5],
        is_current=bool(row[6]),
    )


def _image_record(row: tuple[Any, ...]) -> ImageRecord:
    """A row of _IMAGES, which has the fields in their order: by place, since there may be 100,000 of them."""
    fields = (
        *row[:6],
        _SIDES[row[6]],
        _VIEWS[row[7]],
        *row[8:12],
        _LABELS[row[12]],
        _SPLITS[row[13]],
        row[14],
        _DECISIONS[row[15]],
        *row[16:],
    )
    return ImageRecord(*fields)
