"""Measures of classification and of localisation, with patient-level bootstrap intervals.

A measure that the data cannot carry (one class only, no image called) is None, never NaN. Resamples are taken many
at once: a resample of patients is a row of whole weights.
"""

from core.metrics.froc import FPPI_LEVELS, FrocCurve, FrocImage, froc, froc_resamples
from core.metrics.resampling import RESAMPLES, Interval, interval_of, patient_weights
from core.metrics.roc import (
    HIGH_SENSITIVITY,
    OPERATING_SENSITIVITY,
    RocCurve,
    auroc,
    breast_maximum,
    operating_threshold,
    paucr,
    roc_curve,
    roc_resamples,
    specificity_at,
    specificity_name,
)

__all__ = [
    "FPPI_LEVELS",
    "HIGH_SENSITIVITY",
    "OPERATING_SENSITIVITY",
    "RESAMPLES",
    "FrocCurve",
    "FrocImage",
    "Interval",
    "RocCurve",
    "auroc",
    "breast_maximum",
    "froc",
    "froc_resamples",
    "interval_of",
    "operating_threshold",
    "patient_weights",
    "paucr",
    "roc_curve",
    "roc_resamples",
    "specificity_at",
    "specificity_name",
]
