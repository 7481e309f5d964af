"""A labelled subset of a project, in files that other tools read."""

from storage.exporting.coco import export_coco
from storage.exporting.query import ExportQuery, Selection, select
from storage.exporting.tables import export_csv
from storage.exporting.writing import ExportReport

__all__ = ["ExportQuery", "ExportReport", "Selection", "export_coco", "export_csv", "select"]
