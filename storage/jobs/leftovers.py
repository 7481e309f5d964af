"""Finished jobs that nobody took in, because the program ended in between."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import UserError
from core.job import Job, Step
from storage.jobs.interrupted import Interrupted, interrupted_training
from storage.jobs.reading import UnusableResultsError
from storage.jobs.results import ImportedJob, import_results, mark_imported
from storage.jobs.sweep import sweep_jobs
from storage.project import Project


@dataclass(frozen=True, slots=True)
class Leftovers:
    """taken: what came in. troubles: a sentence for each that did not. removed: entries that were cleared away.
    interrupted: a training that can go on.
    """

    taken: tuple[ImportedJob, ...]
    troubles: tuple[str, ...]
    removed: int
    interrupted: Interrupted | None = None


def take_leftovers(project: Project) -> Leftovers:
    """Take in the results of finished jobs that are whole, and clear away what a crash left.

    Inspections are not taken in: an import begins anew. Nothing may be at work in the project.
    """
    report = sweep_jobs(project)
    taken, troubles = [], []
    for folder in report.pending:
        if Step.INSPECT in Job.read(folder).steps:
            mark_imported(project, folder)
            continue
        try:
            taken.append(import_results(project, folder))
        except UnusableResultsError as error:
            troubles.append(str(error))
            mark_imported(project, folder)  # told once, then cleared away
        except UserError as error:
            troubles.append(str(error))
    if report.damaged:
        troubles.append(
            f"The results of {report.damaged} finished jobs are damaged and were cleared away: train again. "
            "The project is as it was."
        )
    removed = report.removed + sweep_jobs(project).removed
    return Leftovers(tuple(taken), tuple(troubles), removed, interrupted_training(project))
