"""Images, labels and contours of others, into a project."""

from storage.importing.coco import CocoContour, read_contours
from storage.importing.folder import ImportPlan, ImportReport, finish_import, plan_import
from storage.importing.labels_csv import LabelRow, LabelTable, read_labels

__all__ = [
    "CocoContour",
    "ImportPlan",
    "ImportReport",
    "LabelRow",
    "LabelTable",
    "finish_import",
    "plan_import",
    "read_contours",
    "read_labels",
]
