"""What every part of the store stands on: the connection, the one way to write, readers and ledger rows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from core.domain import FindingId, ImageId
from core.errors import UserError
from core.recipe import Recipe
from storage.database import now, sentence_for
from storage.records import EventKind

DEFAULT_ALPHA = Recipe().alpha  # IoM from which a region is M; labels for it are kept up to date

Parameters = Sequence[Any] | Mapping[str, Any]


class StoreBase:
    """The open database of one project. Nobody outside `storage` sees a row or the connection."""

    def __init__(self, db: Database, *, folder: Path, read_only: bool) -> None:
        self._db = db
        self._folder = folder
        self._read_only = read_only
        self._sitting_id: int | None = None  # in which what is stated now is stated

    @property
    def is_read_only(self) -> bool:
        """Whether every write is refused."""
        return self._read_only

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside become true together or not at all; inside another one, they join it as a part.

        A part that raises takes its own writes back, so that the whole may go on without it. Raises UserError where the disk is full, the file read-only or the project opened read-only.
        """
        if self._read_only:
            raise UserError(f"{self._folder.name} is open read-only: nothing can be changed in it.")
        if self._is_in_transaction():
            with self._part():
                yield
            return
        with self._told_as_sentence():
            # sqlite-utils' atomic() begins deferred, which fails at once when another reader became a writer.
            self._db.conn.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.conn.execute("COMMIT")
            except BaseException:
                if self._is_in_transaction():
                    self._db.conn.execute("ROLLBACK")
                raise

    @contextmanager
    def _part(self) -> Iterator[None]:
        # One name serves all depths: SQLite rolls back to the innermost savepoint of that name.
        self._db.conn.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            if self._is_in_transaction():
                self._db.conn.execute("ROLLBACK TO part")
                self._db.conn.execute("RELEASE part")
            raise
        self._db.conn.execute("RELEASE part")

    def _is_in_transaction(self) -> bool:
        return bool(self._db.conn.in_transaction)

    def _rows(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        with self._told_as_sentence():
            return self._db.conn.execute(sql, parameters).fetchall()

    def _row(self, sql: str, parameters: Parameters = ()) -> tuple[Any, ...] | None:
        with self._told_as_sentence():
            row: tuple[Any, ...] | None = self._db.conn.execute(sql, parameters).fetchone()
            return row

    def _write(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one statement inside transaction(); returns the id of the row it inserted."""
        assert self._db.conn.in_transaction, "a write outside transaction()"
        return int(self._db.conn.execute(sql, parameters).lastrowid or 0)

    def _write_many(self, sql: str, rows: Sequence[Parameters]) -> None:
        assert self._db.conn.in_transaction, "a write outside transaction()"
        self._db.conn.executemany(sql, rows)

    @contextmanager
    def _told_as_sentence(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            sentence = sentence_for(error, self._folder.name)
            if sentence is None:
                raise
            raise UserError(sentence) from error

    def _reader_id(self, name: str) -> int:
        """Id of a reader, who is added where the name is new. Raises UserError for an empty name."""
        name = name.strip()
        if not name:
            raise UserError("Say first who is reading: the reader's name is empty.")
        row = self._row("SELECT id FROM reader WHERE name = ?", (name,))
        if row is not None:
            return int(row[0])
        return self._write("INSERT INTO reader (name, created_at) VALUES (?, ?)", (name, now()))

    def _record_event(
        self,
        kind: EventKind,
        *,
        reader_id: int | None = None,
        image_id: ImageId | None = None,
        finding_id: FindingId | None = None,
        seconds: float | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        self._write(
            "INSERT INTO ledger_event (at, kind, reader_id, image_id, finding_id, seconds, details) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (now(), kind.value, reader_id, image_id, finding_id, seconds, _json(details or {})),
        )


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False)
