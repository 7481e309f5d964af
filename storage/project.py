"""A project on disk: one folder, one lock, one database; made whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout
from sqlite_utils import Database

from core.errors import ProjectBusyError, UserError
from core.job import write_atomically
from storage.database import close_database, create_database, open_database, open_read_only
from storage.records import SplitSettings
from storage.store import Store

DATABASE = "project.db"
_FOLDERS = ("features", "models", "jobs", "backups")
_OWNER = "owner.json"


class Project:
    """An open project. Use as a context manager, or call close()."""

    def __init__(self, folder: Path, *, db: Database, lock: FileLock | None) -> None:
        self._folder = folder
        self._db = db
        self._lock = lock
        self._is_closed = False
        self._store = Store(db, folder=folder, read_only=lock is None)

    @classmethod
    def create(cls, folder: Path, *, splits: SplitSettings | None = None) -> Self:
        """Make a new project in a folder that does not exist or is empty, and open it.

        Raises UserError where the folder holds anything or cannot be written.
        """
        folder = folder.absolute()
        beside = place_beside(folder)
        try:
            _refuse_taken(folder)
            _lay_out(beside, splits or SplitSettings(), name=folder.name)
            move_whole(beside, folder, last=DATABASE)
        except OSError as error:
            raise UserError(
                f"The project {folder.name} cannot be made: {error.strerror or 'its folder cannot be written'}. "
                "Choose another folder."
            ) from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path, *, read_only: bool = False) -> Self:
        """Open a project: for writing it takes the lock; read-only it takes none and writes nothing.

        Raises UserError for a folder that is no project, a foreign, newer or damaged file, and a project
        that another process has open for writing.
        """
        folder = folder.absolute()
        path = folder / DATABASE
        if not path.is_file():
            raise UserError(f"{folder.name} is not a Lesionloop project: there is no {DATABASE} in it.")
        if read_only:
            return cls(folder, db=open_read_only(path), lock=None)
        lock = _take_lock(folder)
        try:
            for name in _FOLDERS:
                (folder / name).mkdir(exist_ok=True)
            return cls(folder, db=open_database(path, backups=folder / "backups"), lock=lock)
        except BaseException:
            lock.release()
            raise

    @property
    def folder(self) -> Path:
        """The project's folder, absolute."""
        return self._folder

    @property
    def store(self) -> Store:
        """What the project knows."""
        return self._store

    @property
    def features_folder(self) -> Path:
        """Region features, one packed file a trunk and grid."""
        return self._folder / "features"

    @property
    def models_folder(self) -> Path:
        """One folder a model."""
        return self._folder / "models"

    @property
    def jobs_folder(self) -> Path:
        """One folder a job."""
        return self._folder / "jobs"

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be changed."""
        return self._lock is None

    def close(self) -> None:
        """Close the database and give the lock back. Closing twice does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            close_database(self._db, read_only=self.is_read_only)
        finally:
            if self._lock is not None:
                (self._folder / _OWNER).unlink(missing_ok=True)
                self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _refuse_taken(folder: Path) -> None:
    if (folder / DATABASE).exists():
        raise UserError(f"{folder.name} is a project already: open it, or choose another folder.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(
            f"The project cannot be made in {folder.name}: it holds other files. Choose a new or empty folder."
        )


def place_beside(folder: Path) -> Path:
    """Where to make a folder before it gets its name: on the same disk."""
    return (folder if folder.is_dir() else folder.parent) / f".{folder.name}.{os.getpid()}.tmp"


def move_whole(beside: Path, folder: Path, *, last: str) -> None:
    """Give a finished folder its name; into an empty one that is there, its entries are moved, `last` at the end.

    A folder that is there stays the same one: somebody may stand in it, or a disk may be mounted on it.
    """
    if not folder.exists():
        beside.rename(folder)
        return
    for entry in sorted(beside.iterdir(), key=lambda entry: entry.name == last):
        entry.rename(folder / entry.name)


def _lay_out(folder: Path, splits: SplitSettings, *, name: str) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    for inner in _FOLDERS:
        (folder / inner).mkdir()
    create_database(folder / DATABASE, splits, name=name)


def _take_lock(folder: Path) -> FileLock:
    # thread_local off: the thread that closes need not be the one that opened.
    lock = FileLock(folder / "project.lock", timeout=0, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise ProjectBusyError(
            f"{folder.name} is open in another Lesionloop{_owner(folder)}. "
            "Close it there first, or open it read-only."
        ) from error
    except OSError as error:
        raise UserError(
            f"{folder.name} cannot be opened for writing: {error.strerror or 'its folder cannot be locked'}. "
            "Open it read-only, or choose a folder that this user may write to."
        ) from error
    try:
        owner = {"process": os.getpid(), "host": socket.gethostname()}
        write_atomically(folder / _OWNER, json.dumps(owner).encode())
    except OSError as error:
        lock.release()
        raise UserError(
            f"{folder.name} cannot be opened for writing: {error.strerror or 'its folder cannot be written'}."
        ) from error
    return lock


def _owner(folder: Path) -> str:
    try:
        owner = json.loads((folder / _OWNER).read_bytes())
        return f" (process {int(owner['process'])} on {owner['host']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
