"""A project folder: made whole, opened once, never mistaken for something else."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from core.domain import Label
from core.errors import ProjectBusyError, UserError
from storage.database import sentence_for
from storage.project import Project
from storage.schema import migrations

OTHER_PROCESS = """
import sys
from pathlib import Path
from storage.project import Project
project = Project.open(Path(sys.argv[1]))
project.store.add_reader("acknowledged")
print("open", flush=True)
sys.stdin.read()
project.close()
"""


@pytest.fixture
def other_process(tmp_path):
    """Start a process that opens a project and keeps it open."""
    started: list[subprocess.Popen[str]] = []

    def start(folder: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", OTHER_PROCESS, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "open"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_what_was_written_is_there_after_reopening(tmp_path, add_images):
    with Project.create(tmp_path / "p") as project:
        ids = add_images(project, Label.MALIGNANT, Label.NORMAL)
    with Project.open(tmp_path / "p") as project:
        assert [image.id for image in project.store.images()] == ids


def test_a_new_project_has_the_folders_of_the_design(project):
    names = {path.name for path in project.folder.iterdir()}
    assert {"project.db", "features", "models", "jobs", "backups"} <= names
    assert project.models_folder == project.folder / "models"


def test_an_empty_folder_becomes_a_project(tmp_path):
    (tmp_path / "p").mkdir()
    with Project.create(tmp_path / "p") as project:
        assert project.store.images() == []


def test_the_folder_that_one_stands_in_becomes_a_project_and_stays_the_same(tmp_path, monkeypatch):
    (tmp_path / "p").mkdir()
    before = (tmp_path / "p").stat().st_ino
    monkeypatch.chdir(tmp_path / "p")
    with Project.create(Path()) as project:
        assert project.folder == tmp_path / "p"
    assert Path.cwd().stat().st_ino == before
    assert not list(tmp_path.rglob("*.tmp"))


NO_ROOM = """
import resource, sys
from pathlib import Path
from core.errors import UserError
from storage.project import Project

def no_room(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

no_room(50_000)
try:
    Project.create(Path(sys.argv[1]) / "new")
except UserError as error:
    print(error)
no_room(resource.RLIM_INFINITY)
with Project.open(Path(sys.argv[1]) / "project") as project:
    project.store.add_reader("kept")
    no_room(0)
print("closed")
"""


@pytest.mark.skipif(os.name != "posix", reason="there are no such limits there")
def test_without_room_no_project_is_made_and_an_open_one_still_closes(project, tmp_path):
    project.close()
    done = subprocess.run(
        [sys.executable, "-c", NO_ROOM, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    sentence, closed = done.stdout.splitlines()
    assert sentence.startswith("new could not be")
    assert closed == "closed"
    assert [path.name for path in tmp_path.iterdir()] == ["project"]
    with Project.open(project.folder) as again:
        assert again.store.readers() == ["kept"]


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("chapter one")
    with pytest.raises(UserError, match="holds other files"):
        Project.create(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_making_a_project_twice_is_refused(project):
    with pytest.raises(UserError, match="is a project already"):
        Project.create(project.folder)


def test_a_creation_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("storage.project.create_database", fail)
    with pytest.raises(UserError, match="No space left"):
        Project.create(tmp_path / "p")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_project_is_refused(tmp_path):
    with pytest.raises(UserError, match="is not a Lesionloop project"):
        Project.open(tmp_path)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "project.db").write_text("hello, I am a text that is long enough")
    with pytest.raises(UserError, match="not a Lesionloop database"):
        Project.open(tmp_path)


def test_a_database_of_another_program_is_refused_and_not_changed(tmp_path):
    path = tmp_path / "project.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    with pytest.raises(UserError, match="belongs to another program"):
        Project.open(tmp_path)
    assert path.read_bytes() == before


def set_pragma(folder: Path, pragma: str) -> None:
    with closing(sqlite3.connect(folder / "project.db")) as connection:
        connection.execute(f"PRAGMA {pragma}")


@pytest.mark.parametrize("read_only", [False, True])
def test_a_newer_project_is_refused(project, read_only):
    project.close()
    set_pragma(project.folder, "user_version = 99")
    with pytest.raises(UserError, match="made by a newer Lesionloop"):
        Project.open(project.folder, read_only=read_only)


def test_a_second_process_is_told_who_has_the_project(project, other_process):
    project.close()
    other = other_process(project.folder)
    with pytest.raises(ProjectBusyError) as caught:
        Project.open(project.folder)
    assert str(caught.value) == (
        f"project is open in another Lesionloop (process {other.pid} on {socket.gethostname()}). "
        "Close it there first, or open it read-only."
    )


def test_a_project_can_be_read_while_another_process_has_it(project, other_process):
    project.close()
    other_process(project.folder)
    with Project.open(project.folder, read_only=True) as reader:
        assert reader.store.readers() == ["acknowledged"]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a POSIX signal")
def test_after_a_kill_the_lock_is_free_and_what_was_acknowledged_is_there(project, other_process):
    project.close()
    other = other_process(project.folder)
    other.send_signal(signal.SIGKILL)
    other.communicate()
    with Project.open(project.folder) as again:
        assert again.store.readers() == ["acknowledged"]


def test_read_only_refuses_writes_and_changes_no_byte(project, add_images):
    add_images(project, Label.NORMAL)
    project.close()
    before = (project.folder / "project.db").read_bytes()
    with Project.open(project.folder, read_only=True) as reader:
        assert len(reader.store.images()) == 1
        with pytest.raises(UserError, match="open read-only"):
            reader.store.add_reader("A")
    assert (project.folder / "project.db").read_bytes() == before


def test_closing_twice_is_closing_once(project):
    project.close()
    project.close()
    Project.open(project.folder).close()


def test_a_project_closed_uncleanly_is_checked_before_it_is_used(project, add_images):
    add_images(project, *[Label.NORMAL] * 40)
    project.close()
    path = project.folder / "project.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE project SET closed_cleanly = 0")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'image_study'").fetchone()[
            0
        ]
        connection.commit()
    content = bytearray(path.read_bytes())
    content[(root - 1) * 16384 + 16000 : root * 16384] = b"\x55" * 384
    path.write_bytes(content)
    with pytest.raises(UserError, match="damaged"):
        Project.open(project.folder)


def test_a_clean_close_is_noted_and_an_open_project_is_not_clean(project):
    def flag() -> int:
        with closing(sqlite3.connect(project.folder / "project.db")) as connection:
            return int(connection.execute("SELECT closed_cleanly FROM project").fetchone()[0])

    assert flag() == 0
    project.close()
    assert flag() == 1


def test_rows_that_refer_to_nothing_are_told(project, add_images):
    add_images(project, Label.NORMAL)
    project.close()
    with closing(sqlite3.connect(project.folder / "project.db")) as connection:
        connection.execute("DELETE FROM study")
        connection.commit()
    with pytest.raises(UserError, match="rows of image refer to rows that are not there"):
        Project.open(project.folder)


def test_a_migration_is_preceded_by_a_whole_backup_and_follows_in_one_piece(project, add_images, monkeypatch):
    add_images(project, Label.NORMAL)
    project.close()

    class Next:
        name = "m0002_next"
        transactional = True

        @staticmethod
        def fn(db) -> None:
            db.execute("ALTER TABLE reader ADD COLUMN colour TEXT")

    monkeypatch.setattr(migrations, "_migrations", [*migrations._migrations, Next])
    with pytest.raises(UserError, match="made by an older Lesionloop"):
        Project.open(project.folder, read_only=True)
    with Project.open(project.folder) as migrated:
        columns = migrated.store._rows("SELECT name FROM pragma_table_info('reader')")
        assert ("colour",) in columns
    [backup] = (project.folder / "backups").iterdir()
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT count(*) FROM image").fetchone() == (1,)
        assert ("colour",) not in copy.execute("SELECT name FROM pragma_table_info('reader')").fetchall()


def test_a_failing_migration_leaves_the_project_as_it_was(project, monkeypatch):
    project.close()

    class Broken:
        name = "m0002_broken"
        transactional = True

        @staticmethod
        def fn(db) -> None:
            db.execute("ALTER TABLE reader ADD COLUMN colour TEXT")
            raise RuntimeError("our mistake")

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_migrations", [*migrations._migrations, Broken])
        with pytest.raises(RuntimeError):
            Project.open(project.folder)
    with Project.open(project.folder) as again:
        assert ("colour",) not in again.store._rows("SELECT name FROM pragma_table_info('reader')")


def test_a_full_disk_is_one_sentence_and_loses_nothing(project, add_images):
    add_images(project, Label.NORMAL)
    db = project.store._db.conn
    db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")

    def fill() -> None:
        for n in range(2000):
            project.store.add_reader(f"reader {n} " + "x" * 500)

    with pytest.raises(UserError, match="the disk is full"):
        fill()
    db.execute("PRAGMA max_page_count = 100000")
    written = len(project.store.readers())
    project.store.add_reader("after")
    assert len(project.store.readers()) == written + 1
    assert len(project.store.images()) == 1


def test_our_own_mistakes_in_sql_are_no_sentence_for_people():
    assert sentence_for(sqlite3.OperationalError("no such column: x"), "p") is None
