"""A project of version 1 opens, keeps everything, and knows the model it had as the one in use."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.domain import Contour, Decision, FindingId, FindingType, ImageId, Provenance, Role
from core.errors import UserError
from core.recipe import Recipe
from storage.project import Project
from storage.records import PromotionKind, PromotionRules, TrainedOn
from storage.schema import APPLICATION_ID

DATA = Path(__file__).parent / "data"
ROWS = """
INSERT INTO project VALUES (1, '2026-01-01T00:00:00+00:00', 0, 0.25, 0.15, 1);
INSERT INTO reader VALUES (1, 'Dr A', '2026-01-01T00:00:00+00:00');
INSERT INTO patient VALUES (1, 'SECRET', 'P0001');
INSERT INTO split VALUES (1, 'train', '2026-01-01T00:00:00+00:00');
INSERT INTO study VALUES (1, 1, '');
INSERT INTO image VALUES (1, 1, '/images/a.dcm', printf('%064d', 7), 10, 10, 'L', 'CC', 600, 400, NULL, 1.0, 16, 0, 0, '',
    '2026-01-01T00:00:00+00:00');
INSERT INTO image_label VALUES (1, 1, 'M', 'csv', '5', '', NULL, '2026-01-01T00:00:00+00:00', NULL);
INSERT INTO model VALUES (1, 'old', 1, NULL, '1', printf('%064d', 1), '{}', 0, 0, '2026-01-02T00:00:00+00:00');
INSERT INTO model VALUES (2, 'new', 1, 1, '2', printf('%064d', 2), '{}', 3, 1, '2026-01-03T00:00:00+00:00');
INSERT INTO prediction VALUES (2, 1, 0.25, 0.75, 1, zeroblob(12), zeroblob(8));
"""


@pytest.fixture
def first_version(tmp_path, blank_project):
    """A project exactly as version 1 left it: its released tables, two models, the second in use."""
    folder = Path(shutil.copytree(blank_project, tmp_path / "project"))
    for left in folder.glob("project.db*"):
        left.unlink()
    with closing(sqlite3.connect(folder / "project.db")) as connection:
        connection.executescript((DATA / "schema_v1.sql").read_text(encoding="utf-8"))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
        connection.executescript(
            "CREATE TABLE _sqlite_migrations (id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT);"
            "INSERT INTO _sqlite_migrations VALUES (1, 'lesionloop', 'm0001_first_tables', '2026-01-01');"
        )
        kinds = ["model added", "model chosen", "label set", "worklist ranked"]
        connection.executemany("INSERT INTO event_kind VALUES (?)", [(kind,) for kind in kinds])
        recipe = {k: v for k, v in Recipe().to_json().items() if k not in ("name", "members", "calibrate")}
        connection.execute("INSERT INTO recipe VALUES (1, ?)", (json.dumps(recipe),))
        connection.executescript(ROWS)
        connection.commit()
    return folder


def test_a_project_of_version_1_keeps_what_it_holds_and_its_model_counts_as_promoted(first_version):
    with Project.open(first_version) as project:
        store = project.store
        assert store.current_model().id == 2
        [promotion] = store.promotions()
        assert (promotion.model_id, promotion.kind, promotion.reader) == (2, PromotionKind.FIRST, None)
        assert promotion.created_at == "2026-01-03T00:00:00+00:00"
        [image] = store.images()
        assert (image.label.value, image.p_malignant, image.density) == ("M", 0.75, "")
        assert store.models()[0].trained_on == TrainedOn()
        assert store.promotion_rules() == PromotionRules()
        assert store.former_model() is None


def test_the_backup_before_the_migration_is_of_version_1(first_version):
    Project.open(first_version).close()
    [backup] = (first_version / "backups").iterdir()
    assert backup.name.startswith("project-v1-")
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (1,)
        assert copy.execute("SELECT count(*) FROM model").fetchone() == (2,)


def test_a_project_of_version_1_opened_read_only_says_what_to_do_and_is_not_touched(first_version):
    before = (first_version / "project.db").read_bytes()
    with pytest.raises(UserError, match="made by an older Lesionloop: open it once for writing"):
        Project.open(first_version, read_only=True)
    assert (first_version / "project.db").read_bytes() == before


def test_migrated_tables_are_those_of_a_new_project(first_version):
    Project.open(first_version).close()
    with closing(sqlite3.connect(first_version / "project.db")) as connection:
        found = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql NOT NULL"))
    golden = (DATA / "schema_v5.sql").read_text(encoding="utf-8")
    assert all(sql in golden for name, sql in found.items() if "sqlite_" not in name)
    assert {"promotion", "promotion_is_never_changed", "promotion_is_never_deleted"} <= set(found)


def test_a_project_of_version_2_gets_room_for_unfinished_contours(tmp_path, blank_project):
    folder = Path(shutil.copytree(blank_project, tmp_path / "project"))
    for left in folder.glob("project.db*"):
        left.unlink()
    with closing(sqlite3.connect(folder / "project.db")) as connection:
        released = (DATA / "schema_v2.sql").read_text(encoding="utf-8").removesuffix(";\n").split(";\n\n")
        for statement in sorted(released, key=lambda sql: sql.startswith("CREATE TRIGGER")):
            connection.execute(statement)
        connection.executescript(
            f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 2;"
            "CREATE TABLE _sqlite_migrations (id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT);"
            "INSERT INTO _sqlite_migrations VALUES (1, 'lesionloop', 'm0001_first_tables', '2026-01-01'),"
            "  (2, 'lesionloop', 'm0002_models_are_promoted', '2026-01-01');"
            "INSERT INTO project (id, created_at, split_seed, test_fraction, validation_fraction, closed_cleanly)"
            "  VALUES (1, '2026-01-01T00:00:00+00:00', 0, 0.25, 0.15, 1);"
            "INSERT INTO reader VALUES (1, 'Dr A', '2026-01-01T00:00:00+00:00');"
        )
    with Project.open(folder) as project:
        assert project.store.readers() == ["Dr A"]
        assert project.store.drafts(reader="Dr A") == []
    assert len(list((folder / "backups").iterdir())) == 1


OF_VERSION_3 = """
INSERT INTO event_kind VALUES ('finding changed');
INSERT INTO project (id, created_at, split_seed, test_fraction, validation_fraction, closed_cleanly)
    VALUES (1, '2026-01-01T00:00:00+00:00', 0, 0.25, 0.15, 1);
INSERT INTO reader VALUES (1, 'Dr A', '2026-01-01T00:00:00+00:00'), (2, 'Dr B', '2026-01-01T00:00:00+00:00');
INSERT INTO patient VALUES (1, 'SECRET', 'P0001');
INSERT INTO split VALUES (1, 'train', '2026-01-01T00:00:00+00:00');
INSERT INTO study VALUES (1, 1, '');
INSERT INTO image (id, study_id, path, content_hash, size_bytes, modified_ns, laterality, view, rows, columns, scale, bits,
    is_for_processing, is_lossy, failure, added_at) VALUES (1, 1, '/images/a.dcm', printf('%064d', 7), 10, 10, 'L', 'CC',
    600, 400, 1.0, 16, 0, 0, '', '2026-01-01T00:00:00+00:00');
INSERT INTO finding VALUES (1, 1, 2, 0), (2, 1, 1, 0), (3, 1, 2, 1);
INSERT INTO finding_version VALUES
    (1, 1, 'added', 1, 'malignant', 'mass', :square, '2026-01-01T00:00:00+00:00'),
    (1, 2, 'changed', 2, 'malignant', 'mass', :square, '2026-01-02T00:00:00+00:00'),
    (2, 1, 'imported', 2, 'benign', 'calcification', :square, '2026-01-01T00:00:00+00:00'),
    (3, 1, 'added', 1, 'benign', 'mass', :square, '2026-01-01T00:00:00+00:00'),
    (3, 2, 'deleted', 1, 'benign', 'mass', :square, '2026-01-02T00:00:00+00:00');
INSERT INTO decision VALUES
    (1, 1, 'skipped', 1, '2026-01-01T00:00:00+00:00', '2026-01-02T00:00:00+00:00'),
    (2, 1, 'annotated', 2, '2026-01-02T00:00:00+00:00', NULL);
"""


def test_a_project_of_version_3_keeps_every_version_and_knows_whose_each_finding_is(tmp_path, blank_project):
    folder = Path(shutil.copytree(blank_project, tmp_path / "project"))
    for left in folder.glob("project.db*"):
        left.unlink()
    square = Contour.from_points([(10, 10), (60, 10), (60, 60), (10, 60)])
    geometry = json.dumps(square.to_geojson())
    with closing(sqlite3.connect(folder / "project.db")) as connection:
        released = (DATA / "schema_v3.sql").read_text(encoding="utf-8").removesuffix(";\n").split(";\n\n")
        for statement in sorted(released, key=lambda sql: sql.startswith("CREATE TRIGGER")):
            connection.execute(statement)
        connection.executescript(
            f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 3;"
            "CREATE TABLE _sqlite_migrations (id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT);"
            "INSERT INTO _sqlite_migrations VALUES (1, 'lesionloop', 'm0001_first_tables', '2026-01-01'),"
            "  (2, 'lesionloop', 'm0002_models_are_promoted', '2026-01-01'),"
            "  (3, 'lesionloop', 'm0003_unfinished_contours_are_kept', '2026-01-01');"
        )
        connection.executescript(OF_VERSION_3.replace(":square", f"'{geometry}'"))
        before = connection.execute("SELECT * FROM finding_version ORDER BY 1, 2").fetchall()
        connection.commit()
    with Project.open(folder) as project:
        store = project.store
        mine, imported = store.findings(ImageId(1))
        assert (mine.owner, mine.reader, mine.role, mine.provenance) == (
            "Dr A",
            "Dr B",
            Role.READER,
            Provenance.DRAWN,
        )
        assert (imported.role, imported.provenance) == (Role.IMPORTED, Provenance.IMPORTED)
        assert [f.id for f in store.findings(ImageId(1), reader="Dr B")] == [2]
        assert store.decisions(ImageId(1)) == {"Dr B": (Decision.ANNOTATED, "")}
        columns = "finding_id, version, action, reader_id, finding_class, finding_type, geometry, created_at"
        assert store._rows(f"SELECT {columns} FROM finding_version ORDER BY 1, 2") == before
        store.change_finding(FindingId(1), reader="Dr A", finding_type=FindingType.OTHER)
    with closing(sqlite3.connect(folder / "project.db")) as connection:
        found = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql NOT NULL"))
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    golden = (DATA / "schema_v5.sql").read_text(encoding="utf-8")
    assert all(sql in golden for name, sql in found.items() if "sqlite_" not in name)
