"""The store and the workers: a job folder out, its results in, leftovers away."""

from storage.jobs.leftovers import Leftovers, take_leftovers
from storage.jobs.prepare import prepare_job
from storage.jobs.results import ImportedJob, import_results, mark_imported
from storage.jobs.sweep import SweepReport, sweep_jobs

__all__ = [
    "ImportedJob",
    "Leftovers",
    "SweepReport",
    "import_results",
    "mark_imported",
    "prepare_job",
    "sweep_jobs",
    "take_leftovers",
]
