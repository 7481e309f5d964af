"""The tables are as they were released, and refuse nonsense even when our code does not."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from enum import StrEnum
from pathlib import Path

import pytest

from core.domain import Decision, FindingClass, FindingType, Label, Laterality, Split, View
from storage.project import Project
from storage.records import EventKind, FindingAction, PromotionKind
from storage.schema import APPLICATION_ID, NEWEST_VERSION, PAGE_SIZE, migrations

GOLDEN = Path(__file__).parent / "data" / "schema_v5.sql"


@pytest.fixture
def connection(project: Project):
    with closing(sqlite3.connect(project.folder / "project.db")) as opened:
        opened.execute("PRAGMA foreign_keys = on")
        yield opened


def statements(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name NOT LIKE '\\_sqlite%' ESCAPE '\\' "
        "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type DESC, name"
    )
    return [row[0] for row in rows]


def test_a_new_project_has_exactly_the_released_tables(connection):
    found = ";\n\n".join(statements(connection)) + ";\n"
    if os.environ.get("LESIONLOOP_WRITE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")


def test_every_table_is_strict(connection):
    tables = connection.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'").fetchall()
    ours = {name: strict for name, strict in tables if "sqlite_" not in name}
    assert len(ours) > 15
    assert set(ours.values()) == {1}


def test_the_file_carries_its_marks(connection):
    marks = [
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "user_version", "page_size", "journal_mode")
    ]
    assert marks == [APPLICATION_ID, NEWEST_VERSION, PAGE_SIZE, "wal"]


def test_the_newest_version_counts_the_migrations(project):
    assert len(migrations.applied(project.store._db)) == NEWEST_VERSION
    assert not migrations.pending(project.store._db)


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("split", "split", Split),
        ("image", "laterality", Laterality),
        ("image", "view", View),
        ("image_label", "label", Label),
        ("decision", "decision", Decision),
        ("finding_version", "action", FindingAction),
        ("finding_version", "finding_class", FindingClass),
        ("finding_version", "finding_type", FindingType),
        ("promotion", "kind", PromotionKind),
    ],
)
def test_the_check_of_each_enumerated_column_lists_the_words_of_its_type(
    connection, table: str, column: str, words: type[StrEnum]
):
    sql = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    listed = sql.split(f"{column} IN (")[1].split(")")[0]
    assert sorted(word.strip().strip("'") for word in listed.split(",")) == sorted(words)


def test_the_ledger_knows_each_kind_of_event(connection):
    assert {row[0] for row in connection.execute("SELECT name FROM event_kind")} == set(EventKind)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE image SET view = 'sideways'",
        "UPDATE image SET scale = 0",
        "UPDATE image SET spacing_mm = -1",
        "UPDATE image SET content_hash = 'short'",
        "UPDATE image SET rows = 'many'",
        "UPDATE image SET study_id = 999",
        "UPDATE image_label SET label = 'X'",
        "UPDATE image_label SET birads = '7'",
        "UPDATE patient SET key = 'Jane'",
        "UPDATE split SET split = 'both'",
        "UPDATE region_grid SET regions = 3",
        "INSERT INTO image_label (image_id, label, source, birads, note, created_at) VALUES (1, 'N', '', '', '', '')",
        "INSERT INTO ledger_event (at, kind, details) VALUES ('', 'dreamt', '{}')",
        "INSERT INTO ledger_event (at, kind, seconds, details) VALUES ('', 'image read', -1, '{}')",
        "INSERT INTO finding (image_id, version, is_deleted) VALUES (999, 1, 0)",
        "INSERT INTO reader (name, created_at) VALUES ('  ', '')",
        "DELETE FROM patient",
        "UPDATE image SET density = 'E'",
        "UPDATE project SET gate_margin = 0",
        "UPDATE project SET gate_level = 1",
        "INSERT INTO project VALUES (2, '', 0, 0.1, 0.1, 1, 0.05, 0.95, 1)",
    ],
)
def test_the_database_refuses(project, add_images, connection, statement):
    add_images(project, Label.MALIGNANT)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)
