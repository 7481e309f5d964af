"""A cross-validation from a cohort with ready features to a folder of results: a generator of events.

Layout of the folder: docs/evaluation.md. An evaluation that was stopped goes on where it was; a cell is done anew only
where something that decides it has changed.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.control import Control
from core.crossval.cells import Cell, CellResult, read_cell
from core.crossval.cohort import Cohort
from core.crossval.inputs import missing_features, read_inputs
from core.crossval.measures import CellMeasures, Truth, measure_cell
from core.crossval.nested import choose
from core.crossval.plan import Layout, Plan, distinct_features, lay_out
from core.crossval.pool import run_cells
from core.crossval.result import EVALUATION, VERSION, Done, write_files
from core.errors import UserError
from core.events import Event, Finished, Progress, Stopped
from core.job import write_atomically

MARK, LOCK, CELLS = "lesionloop-evaluation.json", ".lock", "cells"


def evaluate_recipes(
    cohort: Cohort, plan: Plan, *, out: Path, features_folder: Path, jobs: int, control: Control
) -> Generator[Event, None, dict[str, Any] | None]:
    """Run what is not done yet, measure, and write the folder `out`; the last event is Finished or Stopped.

    features_folder: of the project, with the features of every recipe. jobs: processes at once. Images without
    features are left out for every recipe, and told. Returns the content of evaluation.json; None where it was stopped,
    when finished cells are kept. Raises UserError where nothing can be run.
    """
    with OwnFolder(out), tempfile.TemporaryDirectory(prefix="lesionloop-") as scratch:
        cohort = _with_features(cohort, plan, features_folder)
        layout = lay_out(plan, cohort, features_folder=features_folder, scratch=Path(scratch))
        cells = out / CELLS
        try:
            failures = yield from run_cells(layout.cells, cells, jobs=jobs, control=control)
        finally:
            read_inputs.cache_clear()
        if control.is_stopping:
            yield Stopped(kept=True)
            return None
        if len(failures) == len(layout.cells):
            raise UserError(f"No recipe could be run. The first: {next(iter(failures.values()))}")
        done = yield from _measured(plan, cohort, layout, cells=cells, failures=failures, control=control)
        if done is None:
            yield Stopped(kept=True)
            return None
        value = write_files(out, done)
    yield Finished({"cells": len(layout.cells), "failed": len(failures)})
    return value


def read_evaluation(out: Path) -> dict[str, Any]:
    """The content of evaluation.json. Raises UserError where it is not there or of another version."""
    try:
        value: dict[str, Any] = json.loads((out / EVALUATION).read_bytes())
        version = value["version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{out.name} holds no finished evaluation: run `lesionloop evaluate` with --out {out.name} first."
        ) from error
    if version != VERSION:
        raise UserError(
            f"The evaluation in {out.name} was made by another version of Lesionloop: run it again."
        )
    return value


def claim_folder(out: Path, *, mark: str = MARK) -> None:
    """Make the folder of an evaluation (or what `mark` names), or see that it is one. UserError where it is anything else."""
    try:
        if out.exists() and any(out.iterdir()) and not (out / mark).exists():
            raise UserError(f"{out.name} holds other files. Name a new or empty folder with --out.")
        (out / CELLS).mkdir(parents=True, exist_ok=True)
        write_atomically(out / mark, json.dumps({"version": VERSION}).encode())
    except OSError as error:
        raise UserError(
            f"{out.name} cannot be written: {error.strerror or 'the folder refuses it'}. "
            "Name another folder with --out."
        ) from error


class OwnFolder:
    """The folder of an evaluation (or what `mark` names), its own and no other program's while it is worked on."""

    def __init__(self, out: Path, *, mark: str = MARK) -> None:
        self._out, self._mark = out, mark
        self._lock = FileLock(out / LOCK, timeout=0)

    def __enter__(self) -> None:
        claim_folder(self._out, mark=self._mark)
        try:
            self._lock.acquire()
        except Timeout as error:
            raise UserError(
                f"{self._out.name} is in use by another run: wait for it, or name another folder with --out."
            ) from error

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _with_features(cohort: Cohort, plan: Plan, features_folder: Path) -> Cohort:
    """The same images for every recipe: those that have all features."""
    missing: frozenset[int] = frozenset().union(
        *(missing_features(cohort, recipe, features_folder) for recipe in distinct_features(plan.arms))
    )
    if not missing:
        return cohort
    if len(missing) == len(cohort.images):
        raise UserError(
            "No image has the region features of every recipe: there may be no room for all of them below the limit of the "
            "project's features. Compare recipes of one trunk at a time, or allow more room."
        )
    note = f"{len(missing)} images have no region features and are left out for every recipe."
    return cohort.without(missing, note=note)


def _measured(
    plan: Plan,
    cohort: Cohort,
    layout: Layout,
    *,
    cells: Path,
    failures: Mapping[str, str],
    control: Control,
) -> Generator[Event, None, Done | None]:
    truth = _truths(plan, cohort)
    grid = {arm.text: arm.recipe.grid.key for arm in plan.arms}
    images = cohort.by_id()
    results: dict[str, list[CellResult]] = {arm.text: [] for arm in plan.arms}
    measured: dict[str, list[CellMeasures]] = {arm.text: [] for arm in plan.arms}
    inner: dict[tuple[int, int], dict[str, list[CellMeasures]]] = {}
    notices: Counter[str] = Counter()
    there = [cell for cell in layout.cells if cell.name not in failures]
    for number, cell in enumerate(there, start=1):
        if control.is_stopping:
            return None
        result = read_cell(cells / cell.name, digest=cell.digest)
        assert result is not None, "a cell that did not fail is there"
        resamples = plan.resamples if cell.inner is None else 0
        figures = measure_cell(result, images, truth[grid[cell.arm]], resamples=resamples)
        if cell.inner is None:
            results[cell.arm].append(result)
            measured[cell.arm].append(figures)
            notices.update(f"{cell.arm}: {text}" for text in result.figures["notices"])
        else:
            names = inner.setdefault((cell.seed, cell.fold), {arm.text: [] for arm in plan.arms})
            names[cell.arm].append(figures)
        yield Progress("measuring", number, len(there))
    return Done(
        plan=plan,
        cohort=cohort,
        layout=layout,
        failures=failures,
        truth=truth,
        results=results,
        measured=measured,
        choices=tuple(
            choose(names, seed=seed, fold=fold, planned=plan.inner_folds)
            for (seed, fold), names in sorted(inner.items())
        ),
        notes=(*_failure_notes(layout.cells, failures), *_notice_notes(notices)),
    )


def _truths(plan: Plan, cohort: Cohort) -> dict[str, dict[int, Truth]]:
    keys = dict.fromkeys(arm.recipe.grid.key for arm in plan.arms)
    return {key: {image.image_id: Truth.of(image, grid_key=key) for image in cohort.images} for key in keys}


def _failure_notes(cells: Sequence[Cell], failures: Mapping[str, str]) -> list[str]:
    failed = [cell for cell in cells if cell.name in failures]
    return [
        f"{cell.arm}, seed {cell.seed}, fold {cell.fold} failed: {failures[cell.name]}"
        if cell.inner is None
        else f"{cell.arm}, seed {cell.seed}, fold {cell.fold}, inner fold {cell.inner} failed: {failures[cell.name]}"
        for cell in failed
    ]


def _notice_notes(notices: Mapping[str, int]) -> list[str]:
    return [f"{text} (in {count} runs)" if count > 1 else text for text, count in notices.items()]
