"""Import a folder: plan_import, then a job with Step.INSPECT on the plan's files, then finish_import."""

from storage.importing.finish import ImportReport, finish_import
from storage.importing.plan import ImportPlan, PlannedFile, plan_import

__all__ = ["ImportPlan", "ImportReport", "PlannedFile", "finish_import", "plan_import"]
