"""The store: typed reads and whole writes on project.db. Each public write is one transaction and says what it touched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.domain import FindingId, ImageId
from storage.changes import Changes
from storage.records import EventKind, LedgerEvent
from storage.store.base import DEFAULT_ALPHA
from storage.store.statements import Statement, StatementStore

__all__ = ["DEFAULT_ALPHA", "Statement", "Store"]


class Store(StatementStore):
    """Everything one project knows: images, findings, models, drafts, sittings (see the parents), readers and the ledger."""

    def readers(self) -> list[str]:
        """Names of the readers, first come first."""
        return [row[0] for row in self._rows("SELECT name FROM reader ORDER BY id")]

    def add_reader(self, name: str) -> Changes:
        """Add a reader; one who is there already changes nothing. Raises UserError for an empty name."""
        with self.transaction():
            self._reader_id(name)
        return Changes()

    def log_event(
        self,
        kind: EventKind,
        *,
        reader: str | None,
        image_id: ImageId | None = None,
        seconds: float | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Add a row to the ledger. seconds: by a monotonic clock; details: plain values, no identifiers."""
        with self.transaction():
            reader_id = None if reader is None else self._reader_id(reader)
            self._record_event(
                EventKind(kind), reader_id=reader_id, image_id=image_id, seconds=seconds, details=details
            )

    def events(self) -> list[LedgerEvent]:
        """The whole ledger in the order in which things happened."""
        rows = self._rows(
            "SELECT ledger_event.id, at, kind, reader.name, image_id, finding_id, seconds, details "
            "FROM ledger_event LEFT JOIN reader ON reader.id = reader_id ORDER BY ledger_event.id"
        )
        return [_event(row) for row in rows]


def _event(row: tuple[Any, ...]) -> LedgerEvent:
    return LedgerEvent(
        id=row[0],
        at=row[1],
        kind=EventKind(row[2]),
        reader=row[3],
        image_id=None if row[4] is None else ImageId(row[4]),
        finding_id=None if row[5] is None else FindingId(row[5]),
        seconds=row[6],
        details=json.loads(row[7]),
    )
