"""What a crash or an old job left in a project's folders, removed."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from storage.project import Project

_KEPT_OF_OLD_JOBS = frozenset({"log.txt", "events.jsonl"})


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep found: finished jobs whose results are not in the store, and how many leftovers it removed."""

    pending: tuple[Path, ...]
    removed: int


def sweep_jobs(project: Project, *, running: Collection[Path] = ()) -> SweepReport:
    """Remove what a crash left: half-written folders, models without a row, what imported jobs need no more.

    Of jobs that ended without results, the log stays. Finished jobs that were not imported are told, not
    touched. running: folders of jobs at work, left alone.
    """
    known = {model.folder.name for model in project.store.models()}
    orphans = [path for path in project.models_folder.iterdir() if path.name not in known]
    pending, removed = [], len(orphans)
    for path in orphans:
        _remove(path)
    for path in sorted(project.jobs_folder.iterdir()):
        if path in running:
            continue
        if path.name.startswith(".") or not path.is_dir():
            _remove(path)
            removed += 1
        elif (path / "result.json").exists() and not project.store.is_job_imported(path.name):
            pending.append(path)
        else:
            removed += _trim(path)
    return SweepReport(tuple(pending), removed)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _trim(folder: Path) -> int:
    """Remove all but the logs of a job; returns how many entries went."""
    leftovers = [path for path in folder.iterdir() if path.name not in _KEPT_OF_OLD_JOBS]
    for path in leftovers:
        _remove(path)
    return len(leftovers)
