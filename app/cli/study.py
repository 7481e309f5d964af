"""`lesionloop study`: replay known contours in the order of each strategy, and tell what annotating is worth."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from app.cli.console import Console, interruptible
from app.cli.evaluate_folds import SYNTHETIC, make_missing_features, project_of, seeds_of
from app.trunk_list import with_weights
from core.control import Control
from core.crossval import claim_folder, usable_cores
from core.errors import UserError
from core.evaluation import aligned
from core.events import Stopped
from core.ranking import all_strategies
from core.recipes import recipe_of
from core.study.curves import Curves
from core.study.plan import StudyPlan, parse_budgets
from core.study.record import StudyRecord, read_study
from core.study.report import sentences_of, tables_of, write_report
from core.study.run import MARK, run_study
from core.study.work import Pace
from storage.cohorts import cohort_of

ALL = "all"


def run(options: Namespace, console: Console) -> None:
    """Replay, or read a finished study again, and write its report."""
    if options.out is None:
        raise UserError("Say where the results go, or which study to read: --out FOLDER.")
    out: Path = options.out.absolute()
    record = read_study(out) if options.is_report else _replay(options, console, out=out)
    page = write_report(out, record, rate=options.rate, is_synthetic=_is_synthetic(record))
    _tell(record, console, out=out, page=page)


def _replay(options: Namespace, console: Console, *, out: Path) -> StudyRecord:
    if options.project is None and not options.is_demo:
        raise UserError("Say which project: `lesionloop study PROJECT`, or use --demo.")
    if options.project is not None and options.is_demo:
        raise UserError("--demo makes images of its own: leave the project out.")
    plan = _plan(options)
    pace = Pace(options.image_seconds, options.contour_seconds)
    claim_folder(out, mark=MARK)
    with project_of(options, console, out=out, grids=[plan.recipe.grid]) as project:
        cohort = cohort_of(project.store, grids=[plan.recipe.grid])
        make_missing_features(project, console, recipe=plan.recipe)
        features = project.features_folder
    # From here on the project is free for others: the cohort is in memory.
    jobs = options.jobs or (usable_cores() if plan.recipe.device == "cpu" else 1)
    console.say(
        f"{plan.fits} models are to be fitted, {jobs} at once; those that are there already are kept."
    )
    control = Control()
    events = run_study(
        cohort,
        plan,
        out=out,
        features_folder=features,
        jobs=jobs,
        control=control,
        pace=pace,
        is_synthetic=options.is_demo,
    )
    with interruptible(control):
        last = console.follow(events)
    if isinstance(last, Stopped):
        raise KeyboardInterrupt
    return read_study(out)


def _plan(options: Namespace) -> StudyPlan:
    names = (
        tuple(all_strategies())
        if options.strategies == ALL
        else tuple(part.strip() for part in options.strategies.split(",") if part.strip())
    )
    return StudyPlan(
        strategies=names,
        budgets=parse_budgets(options.budgets),
        recipe=with_weights(recipe_of(options.recipe))[0],
        folds=options.folds,
        seeds=seeds_of(options.seeds),
        fold_seed=options.fold_seed,
        resamples=options.resamples,
    )


def _is_synthetic(record: StudyRecord) -> bool:
    return bool(record.settings.get("synthetic", False))


def _tell(record: StudyRecord, console: Console, *, out: Path, page: Path) -> None:
    sentences = sentences_of(record)
    parts = [*([SYNTHETIC, ""] if _is_synthetic(record) else []), *(one.text for one in sentences)]
    value: dict[str, Any] = {
        "folder": str(out),
        "report": str(page),
        "sentences": [{"text": one.text, "is_carried": one.is_carried} for one in sentences],
        "settings": dict(record.settings),
        "provenance": dict(record.provenance),
        "notes": list(record.notes),
        "areas": {},
    }
    for measure in ("sensitivity_at_1", "auroc"):
        curves = Curves(record.points, measure=measure)
        areas = tables_of(curves)[0]
        parts += ["", areas.caption, *aligned([list(areas.heading), *map(list, areas.rows)])]
        value["areas"][measure] = [
            {
                "strategy": row.strategy,
                "area": row.area.value,
                "low": row.area.low,
                "high": row.area.high,
                "difference": None if row.difference is None else row.difference.value,
                "difference_low": None if row.difference is None else row.difference.low,
                "difference_high": None if row.difference is None else row.difference.high,
                "p": row.p,
                "p_holm": row.p_holm,
            }
            for row in curves.areas()
        ]
    parts += [
        "",
        *record.notes,
        "",
        f"Everything measured is in {out}; figures and tables to look at: {page}",
    ]
    console.result(value, "\n".join(parts))
