"""What a crash or an old job left in a project's folders, removed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.job import Job, read_result
from storage.jobs.interrupted import is_interrupted
from storage.project import Project

_KEPT_OF_OLD_JOBS = frozenset({"log.txt"})  # events name files
_JOB = re.compile(r"\.?\d{8}-\d{6}-[0-9a-f]{6}(\.tmp)?")  # storage.jobs.prepare names them


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep found: finished jobs whose results are not in the store, how many leftovers it removed, and how
    many finished jobs were among these because their results were damaged. interrupted: the newest training that can go
    on.
    """

    pending: tuple[Path, ...]
    removed: int
    damaged: int = 0
    interrupted: Path | None = None


def sweep_jobs(project: Project, *, running: Collection[Path] = ()) -> SweepReport:
    """Remove what a crash left: half-written folders, models without a row, what imported jobs need no more.

    Of jobs that ended without whole results, the log stays. Finished jobs that were not imported are told, not
    touched, and so is the newest training that was interrupted; older ones go. What the program does not make is left alone. running: folders of jobs at work, left alone too.
    """
    known = {model.folder.name for model in project.store.models()}
    orphans = [path for path in project.models_folder.iterdir() if _is_ours(path) and path.name not in known]
    pending, removed, damaged = [], len(orphans), 0
    interrupted: Path | None = None
    for path in orphans:
        _remove(path)
    for path in sorted(project.jobs_folder.iterdir()):
        if path in running:
            continue
        if path.is_symlink() or not path.is_dir() or not _JOB.fullmatch(path.name):
            continue
        if path.name.startswith("."):
            _remove(path)
            removed += 1
        elif (path / "result.json").exists() and not project.store.is_job_imported(path.name):
            if is_whole(path):
                pending.append(path)
            else:
                damaged += 1
                removed += _trim(path)
        elif is_interrupted(path) and not project.store.is_job_imported(path.name):
            removed += 0 if interrupted is None else _trim(interrupted)
            interrupted = path
        else:
            removed += _trim(path)
    return SweepReport(tuple(pending), removed, damaged, interrupted)


def is_whole(folder: Path) -> bool:
    """Whether the results of a job are as its worker sealed them."""
    try:
        read_result(folder)
        Job.read(folder)
    except (ValueError, UserError):
        return False
    return True


def _is_ours(path: Path) -> bool:
    """Whether the name is one that an import of results gives to a model's folder."""
    return path.name.isdigit() or (path.name.startswith(".") and path.name.endswith(".tmp"))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _trim(folder: Path) -> int:
    """Remove all but the log of a job, and a folder without one; returns how many entries went."""
    leftovers = [path for path in folder.iterdir() if path.name not in _KEPT_OF_OLD_JOBS]
    for path in leftovers:
        _remove(path)
    if not any(folder.iterdir()):
        folder.rmdir()
    return len(leftovers)
