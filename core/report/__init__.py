"""An evaluation as a person reads it: tables as CSV, figures as SVG and PNG, and one page that opens offline."""

from core.report.report import write_report

__all__ = ["write_report"]
