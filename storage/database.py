"""One connection to project.db: created, opened, checked, backed up and migrated in a fixed order.

Exactly one connection writes (the owner of the project's lock); all others are opened read-only. Failures of
the file and the disk come out as one sentence each.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from core.errors import UserError
from storage.records import SplitSettings
from storage.schema import APPLICATION_ID, NEWEST_VERSION, PAGE_SIZE, migrations

_HEADER = b"SQLite format 3\0"


def now() -> str:
    """This moment in UTC, ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def create_database(path: Path, splits: SplitSettings, *, name: str) -> None:
    """Make an empty project database at a path where nothing is yet. name: of the project, for messages."""
    with _told_as_sentence(name), closing(_connect(path, mode="rwc")) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        db = Database(connection, recursive_triggers=False, execute_plugins=False)
        migrations.apply(db)
        connection.execute(
            "INSERT INTO project (id, created_at, split_seed, test_fraction, validation_fraction, closed_cleanly) "
            "VALUES (1, ?, ?, ?, ?, 1)",
            (now(), splits.seed, splits.test_fraction, splits.validation_fraction),
        )


def open_database(path: Path, *, backups: Path) -> Database:
    """Open for writing: back up where a migration pends, migrate, check, foreign keys on, WAL, full sync.

    The caller holds the project's lock. Raises UserError for a foreign, newer or damaged file.
    """
    connection = _connect_checked(path, mode="rw")
    try:
        db = Database(connection, recursive_triggers=False, execute_plugins=False)
        with _told_as_sentence(path.parent.name):
            _prepare(db, path=path, backups=backups)
    except BaseException:
        connection.close()
        raise
    return db


def open_read_only(path: Path) -> Database:
    """Open without writing a byte. Raises UserError where the file must first be migrated by its owner."""
    connection = _connect_checked(path, mode="ro")
    try:
        with _told_as_sentence(path.parent.name):
            connection.execute("PRAGMA query_only = on")
            db = Database(connection, recursive_triggers=False, execute_plugins=False)
            if migrations.pending(db):
                raise UserError(
                    f"{path.parent.name} was made by an older Lesionloop: open it once for writing to bring it "
                    "up to date, then it can be opened read-only."
                )
    except BaseException:
        connection.close()
        raise
    return db


def close_database(db: Database, *, read_only: bool) -> None:
    """Close; for the owner, note first that this was a clean end."""
    try:
        if not read_only and not db.conn.in_transaction:
            db.conn.execute("UPDATE project SET closed_cleanly = 1")
    except sqlite3.OperationalError:
        pass  # on a full or lost disk it stays noted as open: the next one to open it checks every page
    finally:
        db.conn.close()


def sentence_for(error: sqlite3.Error, name: str) -> str | None:
    """What a person should know of a failure that the disk or the file caused; None where it is ours."""
    text = str(error)
    if "full" in text:
        return f"{name} could not be saved: the disk is full. Nothing was changed; free some space and try again."
    if "readonly" in text or "read-only" in text:
        return f"{name} could not be saved: its folder or file is read-only. Nothing was changed."
    if "disk I/O" in text:
        return f"{name} could not be read or saved: the disk reported an error. Nothing was changed; check the disk."
    if "unable to open" in text:
        return f"{name} cannot be opened: its project.db is missing, or this user may not open it."
    if "locked" in text:
        return (
            f"{name} is being written by another program. Nothing was changed; close it there and try again."
        )
    if "malformed" in text or "not a database" in text:
        return f"{name} is damaged: its project.db is not a whole database. A copy may be in its 'backups' folder."
    return None


def _prepare(db: Database, *, path: Path, backups: Path) -> None:
    connection = db.conn
    if not _was_closed_cleanly(db):
        _check_integrity(connection, path)
    if migrations.pending(db):
        back_up(connection, backups)
        migrations.apply(db)
    if broken := connection.execute("PRAGMA foreign_key_check").fetchall():
        tables = ", ".join(sorted({row[0] for row in broken}))
        raise UserError(
            f"{path.parent.name} is damaged: rows of {tables} refer to rows that are not there. "
            "Restore project.db from the newest file in its 'backups' folder."
        )
    connection.execute("PRAGMA foreign_keys = on")
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute("PRAGMA synchronous = full")
    connection.execute("UPDATE project SET closed_cleanly = 0")


def back_up(connection: sqlite3.Connection, folder: Path) -> Path:
    """A checked copy of the database in `folder`, through SQLite's backup; returns its path."""
    folder.mkdir(exist_ok=True)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    stamp = re.sub(r"[^0-9]", "", now())[:17]
    target = folder / f"project-v{version}-{stamp}.db"
    beside = target.with_suffix(".tmp")
    with closing(sqlite3.connect(beside)) as copy:
        connection.backup(copy)
        _check_integrity(copy, beside)
    beside.replace(target)
    return target


def _was_closed_cleanly(db: Database) -> bool:
    row = db.conn.execute("SELECT closed_cleanly FROM project").fetchone()
    return row is not None and bool(row[0])


def _check_integrity(connection: sqlite3.Connection, path: Path) -> None:
    problems = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
    if problems != ["ok"]:
        raise UserError(
            f"{path.parent.name} was not closed cleanly and its project.db is damaged. "
            "Restore it from the newest file in its 'backups' folder."
        )


def _connect(path: Path, *, mode: str) -> sqlite3.Connection:
    """isolation_level None: transactions begin where the store says BEGIN IMMEDIATE, nowhere else."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=10
    )


def _connect_checked(path: Path, *, mode: str) -> sqlite3.Connection:
    name = path.parent.name
    _refuse_foreign_bytes(path)
    with _told_as_sentence(name):
        connection = _connect(path, mode=mode)
        try:
            try:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except sqlite3.OperationalError:
                if mode != "ro" or path.with_name(f"{path.name}-wal").exists():
                    raise
                # A folder that nobody may write to: without a log beside it, the file is the whole truth.
                connection.close()
                connection = _connect(path, mode="ro&immutable=1")
            _refuse_foreign(connection, name)
        except BaseException:
            connection.close()
            raise
    return connection


def _refuse_foreign_bytes(path: Path) -> None:
    try:
        with path.open("rb") as file:
            header = file.read(len(_HEADER))
    except OSError as error:
        raise UserError(
            f"{path.parent.name} cannot be opened: {error.strerror or 'its file cannot be read'}."
        ) from error
    if header != _HEADER:
        raise UserError(
            f"{path.parent.name} cannot be opened: its project.db is not a Lesionloop database. "
            "Choose a folder that Lesionloop made."
        )


def _refuse_foreign(connection: sqlite3.Connection, name: str) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise UserError(
            f"{name} cannot be opened: its project.db belongs to another program. "
            "Choose a folder that Lesionloop made."
        )
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > NEWEST_VERSION:
        raise UserError(
            f"{name} was made by a newer Lesionloop (project version {version}, this one knows {NEWEST_VERSION}): "
            "install the newer Lesionloop to open it."
        )


@contextmanager
def _told_as_sentence(name: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        sentence = sentence_for(error, name)
        if sentence is None:
            raise
        raise UserError(sentence) from error
