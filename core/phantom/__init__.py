"""Synthetic mammograms: nothing in here was ever a patient.

A cohort of made-up patients, four views each, is computed from random numbers and written as DICOM MG For
Presentation files, with a CSV of image labels and, kept apart, the true contour of every finding. The
pictures have the parts of a mammogram (outline, skin, nipple, pectoral muscle, parenchyma of four densities,
strands, vessels, noise, benign and malignant findings, look-alikes) so that the program can be shown and
tested without anyone's data. They are not mammograms: no figure measured on them says anything about
breasts, readers or scanners. See docs/phantom.md.
"""

from core.phantom.cohort import Cohort, make_cohort
from core.phantom.settings import PhantomSettings

__all__ = ["Cohort", "PhantomSettings", "make_cohort"]
