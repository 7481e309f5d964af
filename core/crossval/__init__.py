"""Patient-wise cross-validation of any set of recipes, measured as in the paper's Sec. V.

arms, folds, plan: what is run. inputs, cells, pool: the runs, in processes of their own. measures, summary, plane,
calibrated, breakdown, nested: what they say. result, tables: evaluation.json and its text.
"""

from core.crossval.arms import TABLE_2, Arm, parse_arms
from core.crossval.cohort import Cohort, CohortImage, KnownFinding
from core.crossval.plan import Plan, check_plan, features_of_folds
from core.crossval.pool import usable_cores
from core.crossval.run import claim_folder, evaluate_recipes, read_evaluation
from core.crossval.tables import text_report

__all__ = [
    "TABLE_2",
    "Arm",
    "Cohort",
    "CohortImage",
    "KnownFinding",
    "Plan",
    "check_plan",
    "claim_folder",
    "evaluate_recipes",
    "features_of_folds",
    "parse_arms",
    "read_evaluation",
    "text_report",
    "usable_cores",
]
