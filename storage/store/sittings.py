"""Sittings of readers and what they do in them: rows that are only added, on a clock that never goes back."""

from __future__ import annotations

import json
from collections.abc import Sequence

from core.domain import Arm, FindingId, ImageId
from storage.database import now
from storage.records import ReadingEvent, ReadingKind, SittingRecord
from storage.store.drafts import DraftStore


class SittingStore(DraftStore):
    """The part of the store about who sat down when, what the model was allowed to show, and what was done."""

    def begin_sitting(self, *, reader: str, arm: Arm) -> int:
        """A reader sits down: what is stated from now on belongs to this sitting. Returns its number."""
        with self.transaction():
            self._sitting_id = self._write(
                "INSERT INTO sitting (reader_id, arm, began_at) VALUES (?, ?, ?)",
                (self._reader_id(reader), arm.value, now()),
            )
        return self._sitting_id

    def end_sitting(self) -> None:
        """What is stated from now on belongs to no sitting."""
        self._sitting_id = None

    def sittings(self) -> list[SittingRecord]:
        """Every sitting, oldest first."""
        rows = self._rows(
            "SELECT sitting.id, reader.name, arm, began_at FROM sitting JOIN reader ON reader.id = reader_id "
            "ORDER BY sitting.id"
        )
        return [SittingRecord(row[0], row[1], Arm(row[2]), row[3]) for row in rows]

    def add_reading(self, events: Sequence[ReadingEvent]) -> None:
        """Add what was done, in its order, all of it or nothing."""
        if not events:
            return
        with self.transaction():
            self._write_many(
                "INSERT INTO reading_event (sitting_id, seconds, at, kind, image_id, finding_id, details) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        each.sitting_id,
                        each.seconds,
                        each.at or now(),
                        each.kind.value,
                        each.image_id,
                        each.finding_id,
                        json.dumps(each.details, sort_keys=True, allow_nan=False),
                    )
                    for each in events
                ],
            )

    def reading(self, *, reader: str | None = None) -> list[ReadingEvent]:
        """What was done, of all readers or of one, sitting by sitting in its order."""
        rows = self._rows(
            "SELECT sitting_id, seconds, at, kind, image_id, finding_id, details FROM reading_event "
            "JOIN sitting ON sitting.id = sitting_id JOIN reader ON reader.id = reader_id "
            "WHERE :reader IS NULL OR reader.name = :reader ORDER BY sitting_id, reading_event.id",
            {"reader": reader},
        )
        return [
            ReadingEvent(
                sitting_id=row[0],
                seconds=row[1],
                kind=ReadingKind(row[3]),
                image_id=None if row[4] is None else ImageId(row[4]),
                finding_id=None if row[5] is None else FindingId(row[5]),
                details=json.loads(row[6]),
                at=row[2],
            )
            for row in rows
        ]
