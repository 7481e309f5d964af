"""The store and the workers: a job folder out, its results in, leftovers away."""

from storage.jobs.interrupted import Interrupted, discard_training, interrupted_training, resume_job
from storage.jobs.leftovers import Leftovers, take_leftovers
from storage.jobs.prepare import prepare_job
from storage.jobs.reading import JobResults, read_results
from storage.jobs.results import ImportedJob, import_results, mark_imported
from storage.jobs.sweep import SweepReport, sweep_jobs

__all__ = [
    "ImportedJob",
    "Interrupted",
    "JobResults",
    "Leftovers",
    "SweepReport",
    "discard_training",
    "import_results",
    "interrupted_training",
    "mark_imported",
    "prepare_job",
    "read_results",
    "resume_job",
    "sweep_jobs",
    "take_leftovers",
]
