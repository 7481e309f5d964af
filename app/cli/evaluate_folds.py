"""`lesionloop evaluate --recipes ...`: cross-validate recipes on a project, or on synthetic mammograms."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.cli.console import Console, interruptible
from app.cli.data import import_folder
from app.cli.work import run_folder
from app.trunk_list import with_weights
from core.control import Control
from core.crossval import (
    Cohort,
    Plan,
    check_plan,
    claim_folder,
    evaluate_recipes,
    features_of_folds,
    parse_arms,
    read_evaluation,
    text_report,
    usable_cores,
)
from core.domain import Split
from core.errors import UserError
from core.events import Stopped
from core.job import Job, Step, write_atomically
from core.recipe import Augmentation, GridSettings, Recipe
from storage.cohorts import cohort_of
from storage.importing import plan_import
from storage.jobs import mark_imported, prepare_job, sweep_jobs
from storage.project import DATABASE, Project
from storage.records import SplitSettings

USUAL_RECIPES = "table2"
READER = "simulated reader"
DEMO, STATE, PROJECT = "demo", "demo.json", "project"
SYNTHETIC = (
    "SYNTHETIC: these mammograms are computed from random numbers, and their contours are the true ones. No figure measured "
    "on them says anything about breasts, readers or a model in use. Research only, not for diagnosis."
)


@dataclass(frozen=True, slots=True)
class Source:
    """Images with their labels and known contours, as `lesionloop import` takes them."""

    images: Path
    csv: Path | None
    contours: Path | None


def is_wanted(options: Namespace) -> bool:
    """Whether the options ask for a cross-validation, and not for the measure of one model."""
    return bool(options.recipes or options.folds or options.is_demo or options.is_nested or options.csv)


def run(options: Namespace, console: Console) -> None:
    """Make features that are missing, run every recipe on every fold, and print the tables."""
    plan = _plan(options)
    out = options.out.absolute()
    claim_folder(out)
    grids = list({arm.recipe.grid.key: arm.recipe.grid for arm in plan.arms}.values())
    with project_of(options, console, out=out, grids=grids) as project:
        cohort = cohort_of(project.store, grids=grids)
        check_plan(plan, cohort)
        for recipe in features_of_folds(plan, cohort):
            make_missing_features(project, console, recipe=recipe)
        features = project.features_folder
    # From here on the project is free for others: the cohort is in memory.
    _evaluate(options, console, plan=plan, cohort=cohort, features=features)
    page = _report(out, is_synthetic=options.is_demo)
    value = {"folder": str(out), "report": str(page), **read_evaluation(out)}
    heading = [SYNTHETIC, ""] if options.is_demo else []
    where = f"Everything measured is in {out}; figures and tables to look at: {page}"
    console.result(value, "\n".join([*heading, text_report(value), "", where]))


def _report(out: Path, *, is_synthetic: bool) -> Path:
    from core.report import write_report  # matplotlib comes with it

    return write_report(out, is_synthetic=is_synthetic)[0]


def _plan(options: Namespace) -> Plan:
    if options.project is None and not options.is_demo:
        raise UserError("Say which project: `lesionloop evaluate PROJECT`, or use --demo.")
    if options.project is not None and options.is_demo:
        raise UserError("--demo makes images of its own: leave the project out.")
    is_folder = options.project is not None and _holds_images(options.project)
    for name in ("split", "model", "intervals", *(() if is_folder else ("contours", "csv"))):
        if getattr(options, name):
            if name == "csv":
                raise UserError("--csv belongs to a folder of images; what is named is none: leave it out.")
            raise UserError(
                f"--{name} belongs to the measure of one model, not to a cross-validation: leave it out."
            )
    if options.out is None:
        raise UserError("Say where the results go: --out FOLDER.")
    return Plan(
        arms=tuple(
            replace(arm, recipe=with_weights(arm.recipe)[0])
            for arm in parse_arms(options.recipes or USUAL_RECIPES)
        ),
        folds=options.folds or 5,
        seeds=seeds_of(options.seeds),
        fold_seed=options.fold_seed,
        inner_folds=options.inner_folds if options.is_nested else 0,
        resamples=options.resamples,
        reference=options.reference or "",
    )


def seeds_of(text: str) -> tuple[int, ...]:
    """Seeds from a list with commas. Raises UserError."""
    try:
        seeds = tuple(int(part) for part in text.split(","))
    except ValueError:
        seeds = ()
    if not seeds or min(seeds) < 0:
        raise UserError(f"--seeds {text} is not a list of whole numbers from 0 on, such as 0,1.")
    return seeds


def _evaluate(options: Namespace, console: Console, *, plan: Plan, cohort: Cohort, features: Path) -> None:
    is_on_cpu = all(arm.recipe.device == "cpu" for arm in plan.arms)
    jobs = options.jobs or (usable_cores() if is_on_cpu else 1)
    control = Control()
    events = evaluate_recipes(
        cohort, plan, out=options.out.absolute(), features_folder=features, jobs=jobs, control=control
    )
    with interruptible(control):
        last = console.follow(events)
    if isinstance(last, Stopped):
        raise KeyboardInterrupt


def make_missing_features(project: Project, console: Console, *, recipe: Recipe) -> None:
    """The features that are missing; where the recipe augments, of the variants of every image that may train."""
    recipe, weights = with_weights(recipe)
    folder = prepare_job(project, steps=[Step.FEATURES], recipe=recipe, weights_file=weights)
    try:
        if recipe.augmentation is not Augmentation.NONE:
            job = Job.read(folder)
            images = [i if i.split is Split.TEST else replace(i, split=Split.TRAIN) for i in job.images]
            replace(job, images=tuple(images)).write(folder)
        last = run_folder(folder, console)
        mark_imported(project, folder)
    finally:
        sweep_jobs(project)
    if isinstance(last, Stopped):
        raise KeyboardInterrupt


@contextmanager
def project_of(
    options: Namespace, console: Console, *, out: Path, grids: Sequence[GridSettings]
) -> Iterator[Project]:
    """The project named; or one in the results' folder, of the demo's images or of the folder of images named."""
    is_made_here = options.is_demo or _holds_images(options.project)
    if is_made_here and len(grids) > 1:
        raise UserError(
            "These recipes differ in their window grid or working spacing, and images are imported with one of them: "
            "evaluate them apart, each into a folder of its own."
        )
    if options.is_demo:
        console.say(SYNTHETIC)
        folder = out / DEMO
        _make_cohort(folder, console, images=options.images, seed=options.demo_seed)
        cohort = folder / "cohort"
        source = Source(cohort / "images", cohort / "labels.csv", cohort / "contours.json")
        with _imported(source, console, path=folder / PROJECT, grid=grids[0], reader=READER) as project:
            yield project
    elif is_made_here:
        source = Source(options.project, options.csv, options.contours)
        with _imported(source, console, path=out / PROJECT, grid=grids[0]) as project:
            yield project
    else:
        with Project.open(options.project) as project:
            yield project


def _holds_images(folder: Path) -> bool:
    """Whether the folder is one of images and not of a project."""
    return folder.is_dir() and not (folder / DATABASE).exists()


@contextmanager
def _imported(
    source: Source, console: Console, *, path: Path, grid: GridSettings, reader: str = ""
) -> Iterator[Project]:
    """A project of these images, made once. No patient is frozen for testing: every one is held out once."""
    is_there = (path / DATABASE).exists()
    if not is_there:
        plan_import(
            source.images, source.csv, source.contours
        )  # a plan that cannot be made leaves nothing behind
    splits = SplitSettings(test_fraction=0, validation_fraction=0)
    with Project.open(path) if is_there else Project.create(path, splits=splits) as project:
        plan = plan_import(source.images, source.csv, source.contours, project=project)
        if reader:
            plan = replace(plan, contours=tuple(replace(contour, reader=reader) for contour in plan.contours))
        report = import_folder(project, console, plan=plan, grid=grid)
        for text in (*report.notes, *(f"{name}: {reason}" for name, reason in report.failed)):
            console.say(text)
        if report.not_inspected:
            raise KeyboardInterrupt
        yield project


def _make_cohort(folder: Path, console: Console, *, images: int, seed: int) -> None:
    """Synthetic mammograms with their true contours, made once."""
    from core.phantom import make_cohort

    folder.mkdir(parents=True, exist_ok=True)
    state, wanted = _state(folder / STATE), {"images": images, "seed": seed}
    if state and (state["images"], state.get("seed", 0)) != (images, seed):
        raise UserError(
            f"{folder.parent.name} holds a demo of {state['images']} images, seed {state.get('seed', 0)}: name another "
            "folder with --out, or the same --images and --demo-seed."
        )
    if state.get("has_images"):
        return
    _keep(folder / STATE, wanted)
    with console.bar("drawing synthetic images") as show:
        cohort = make_cohort(folder / "cohort", images=images, seed=seed, progress=show)
    if cohort.notice:
        console.say(cohort.notice)
    _keep(folder / STATE, {**wanted, "has_images": True})


def _state(path: Path) -> dict[str, Any]:
    try:
        value: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}
    except ValueError as error:
        raise UserError(
            f"{path.name} of this demo is damaged: delete the folder and make it anew."
        ) from error
    return value


def _keep(path: Path, state: dict[str, Any]) -> None:
    write_atomically(path, json.dumps(state).encode())
