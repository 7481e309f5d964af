"""The store and the workers: a job folder out, its results in, leftovers away."""

from storage.jobs.prepare import prepare_job
from storage.jobs.results import ImportedJob, import_results, mark_imported
from storage.jobs.sweep import SweepReport, sweep_jobs

__all__ = ["ImportedJob", "SweepReport", "import_results", "mark_imported", "prepare_job", "sweep_jobs"]
