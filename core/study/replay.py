"""A replay: contours that are known are revealed in each strategy's order, and a model is fitted at every budget.

    OUT/lesionloop-study.json      says that the folder is a study's
        cells/<name>/              one fit, as in a cross-validation (core.crossval.cells); opinions.npz beside it
        study.json, cells.csv ...  what was measured (core.study.record)

Cells of one budget are independent and run at once; those of the next need the last one's opinions. A study that was
stopped goes on: a cell is done anew only where something that decides it has changed.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.control import Control
from core.crossval.cells import Cell, cell_digest, read_cell
from core.crossval.cohort import Cohort, contours_digest
from core.crossval.folds import Fold, deal_folds
from core.crossval.inputs import Parts, feature_keys, inputs_name, missing_features, write_inputs
from core.crossval.measures import CellMeasures, Key, Level, Truth, froc_key, measure_cell
from core.crossval.opinions import read_opinions
from core.crossval.pool import run_cells
from core.errors import UserError
from core.evaluation import Task
from core.events import Event, Notice, Progress
from core.recipe import Recipe
from core.study.plan import Budget, StudyPlan
from core.study.points import MEASURES, Point
from core.study.reveal import Visible, order_of, reveal
from core.study.work import ImageWork, Pace, total, work_by_image

STAGE = "study"
FLOOR, CEILING = "floor", "ceiling"  # names of the cells that all strategies share


@dataclass(frozen=True, slots=True)
class Chain:
    """One strategy on one fold with one seed: its budgets follow one another."""

    strategy: str
    fold: int
    seed: int

    def name(self, budget: Budget | None) -> str:
        """Name of the cell at a budget; None: before anything is annotated."""
        first = FLOOR if budget is None else f"{self.strategy}_{_slug(budget)}"
        return f"{first}_s{self.seed}_f{self.fold}"


@dataclass(frozen=True, eq=False, slots=True)
class Replayed:
    """What a replay found: points, and why cells are missing, by name. pool: images to annotate in each fold."""

    points: tuple[Point, ...]
    failures: Mapping[str, str]
    cohort: Cohort
    folds: tuple[Fold, ...]
    pool: tuple[int, ...]


def fit_seed(*, seed: int, fold: int) -> int:
    """Seed of a fit, from the part of its cell's name that all strategies share."""
    digest = hashlib.sha256(f"s{seed}_f{fold}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def replay(
    cohort: Cohort,
    plan: StudyPlan,
    *,
    cells: Path,
    features_folder: Path,
    jobs: int,
    control: Control,
    pace: Pace = Pace(),  # noqa: B008 (frozen)
) -> Generator[Event, None, Replayed | None]:
    """Run what is not done yet and measure it; None where it was asked to stop.

    cells: folder of finished cells. features_folder: of the project, with the features of the recipe. Images without
    features are left out, and told. Raises UserError where nothing can be run.
    """
    cohort = _with_features(cohort, plan.recipe, features_folder)
    with tempfile.TemporaryDirectory(prefix="lesionloop-") as scratch:
        study = _Study(cohort, plan, features_folder=features_folder, scratch=Path(scratch), pace=pace)
        failures = yield from study.run(cells, jobs=jobs, control=control)
        if control.is_stopping:
            return None
        points = yield from study.measured(cells, failures=failures, control=control)
    if points is None:
        return None
    return Replayed(tuple(points), failures, cohort, study.folds, study.pool_sizes)


@dataclass(eq=False)
class _Study:
    """The cells of a replay as they become known."""

    cohort: Cohort
    plan: StudyPlan
    features_folder: Path
    scratch: Path
    pace: Pace
    folds: tuple[Fold, ...] = ()
    work: dict[int, ImageWork] = field(default_factory=dict)
    done: dict[str, Cell] = field(default_factory=dict)

    def __post_init__(self) -> None:
        recipe = self.plan.recipe
        self.folds = deal_folds(self.cohort, count=self.plan.folds, seed=self.plan.fold_seed)
        grid = recipe.grid.key
        self.work = work_by_image(self.cohort, grid_key=grid, alpha=recipe.alpha, pace=self.pace)
        images = self.cohort.by_id()
        for fold in self.folds:
            if not self._pool(fold):
                raise UserError(
                    "A fold has no malignant training image with contours: there is nothing to reveal. Choose fewer folds, "
                    "or import more contours."
                )
        self._inputs = self.scratch / inputs_name(recipe)
        write_inputs(self._inputs, self.cohort, recipe, features_folder=self.features_folder)
        keys = feature_keys(self.cohort, recipe)
        self._known = {i: (key, images[i].label.value) for i, key in keys.items()}
        self._contours = {i: contours_digest(images[i]) for i in self.work}
        self._labels: dict[int, NDArray[np.int8]] = {}

    @property
    def pool_sizes(self) -> tuple[int, ...]:
        return tuple(len(self._pool(fold)) for fold in self.folds)

    def _pool(self, fold: Fold) -> list[int]:
        """Training images whose contours can be revealed."""
        return [i for i in fold.train if i in self.work]

    def _chains(self) -> Iterator[Chain]:
        for strategy in self.plan.strategies:
            for seed in self.plan.seeds:
                for fold in range(len(self.folds)):
                    yield Chain(strategy, fold, seed)

    def run(self, cells: Path, *, jobs: int, control: Control) -> Generator[Event, None, dict[str, str]]:
        """All cells, budget by budget."""
        failures: dict[str, str] = {}
        there = 0
        for wave in self._waves(cells, failures):
            for event in (events := _Returned(run_cells(wave, cells, jobs=jobs, control=control))):
                if isinstance(event, Progress):
                    yield replace(event, stage=STAGE, done=there + event.done, total=self.plan.fits)
                elif isinstance(event, Notice):
                    yield event
            if control.is_stopping:
                break  # before what follows is asked for: not all that it needs is there
            failures |= events.value
            self.done |= {cell.name: cell for cell in wave}
            there += len(wave)
        return failures

    def _waves(self, cells: Path, failures: Mapping[str, str]) -> Iterator[list[Cell]]:
        shared = []
        for seed in self.plan.seeds:
            for fold in self.folds:
                chain = Chain("", fold.number, seed)
                shared.append(self._cell(chain.name(None), "no contours", chain, ()))
                everything = tuple(sorted(self._pool(fold)))
                shared.append(
                    self._cell(f"{CEILING}_s{seed}_f{fold.number}", "all contours", chain, everything)
                )
        yield shared
        before: Budget | None = None
        for budget in self.plan.budgets:
            wave = []
            for chain in self._chains():
                name = chain.name(before)
                if name in failures or name not in self.done:
                    continue  # told where it failed; what follows from it cannot be known
                annotated = self._next(cells, self.done[name], chain, budget=budget)
                wave.append(self._cell(chain.name(budget), f"{chain.strategy} at {budget}", chain, annotated))
            yield wave
            before = budget

    def _next(self, cells: Path, last: Cell, chain: Chain, *, budget: Budget) -> tuple[int, ...]:
        """Images annotated at a budget, in the order in which they were asked for."""
        fold = self.folds[chain.fold]
        annotated = list(last.parts.annotated)
        pool = set(self._pool(fold)) - set(annotated)
        images = self.cohort.by_id()
        visible = [Visible(i, images[i].patient, images[i].breast, images[i].label) for i in fold.train]
        order = order_of(
            chain.strategy,
            visible,
            read_opinions(cells / last.name),
            pool=pool,
            revealed={i: self._region_labels(i) for i in annotated},
            seed=fit_seed(seed=chain.seed, fold=chain.fold),
            first=self._first(annotated, pool, budget),
        )
        return tuple(reveal(order, annotated, budget=budget, work=self.work))

    def _first(self, annotated: Sequence[int], pool: set[int], budget: Budget) -> int:
        """About how many images a budget adds: those that a strategy may choose together."""
        typical = sorted(annotated) + sorted(pool)
        return max(1, len(reveal(typical, (), budget=budget, work=self.work)) - len(annotated))

    def _region_labels(self, image_id: int) -> NDArray[np.int8]:
        if image_id not in self._labels:
            image = self.cohort.by_id()[image_id]
            recipe = self.plan.recipe
            self._labels[image_id] = image.region_labels(grid_key=recipe.grid.key, alpha=recipe.alpha)
        return self._labels[image_id]

    def _cell(self, name: str, arm: str, chain: Chain, annotated: Sequence[int]) -> Cell:
        from core.trunks import trunk_key

        fold = self.folds[chain.fold]
        recipe = replace(self.plan.recipe, seed=fit_seed(seed=chain.seed, fold=chain.fold), threads=1)
        parts = Parts(fold.train, fold.validation, fold.test, tuple(annotated))
        digest = cell_digest(
            recipe, parts, trunk=trunk_key(recipe.trunk), images=self._known, contours=self._contours
        )
        return Cell(
            name=name,
            arm=arm,
            seed=chain.seed,
            fold=chain.fold,
            recipe=recipe,
            parts=parts,
            inputs=self._inputs,
            digest=digest,
            gives_opinions=not name.startswith(CEILING),
        )

    def measured(
        self, cells: Path, *, failures: Mapping[str, str], control: Control
    ) -> Generator[Event, None, list[Point] | None]:
        """The points of all cells that are there."""
        grid = self.plan.recipe.grid.key
        images = self.cohort.by_id()
        truth = {image.image_id: Truth.of(image, grid_key=grid) for image in self.cohort.images}
        there = [cell for name, cell in self.done.items() if name not in failures]
        points = []
        for number, cell in enumerate(there, start=1):
            if control.is_stopping:
                return None
            result = read_cell(cells / cell.name, digest=cell.digest)
            if result is None:
                raise UserError(
                    f"The result {cell.name} was changed while the study was at work: run it again."
                )
            points.append(
                self._point(cell, measure_cell(result, images, truth, resamples=self.plan.resamples))
            )
            yield Progress("measuring", number, len(there))
        return points

    def _point(self, cell: Cell, found: CellMeasures) -> Point:
        work = total(self.work, cell.parts.annotated)
        whole = len(self._pool(self.folds[cell.fold]))
        is_shared = cell.name.startswith((f"{FLOOR}_", f"{CEILING}_"))
        keys = dict(zip(MEASURES, measure_keys(), strict=True))
        return Point(
            strategy="" if is_shared else cell.name.split("_")[0],
            budget=self._asked(cell, share=work.images / whole),
            fold=cell.fold,
            seed=cell.seed,
            images=work.images,
            contours=work.contours,
            regions=work.regions,
            minutes=work.minutes,
            values={name: found.values.get(key) for name, key in keys.items()},
            drawn={name: found.drawn[key] for name, key in keys.items() if key in found.drawn},
        )

    def _asked(self, cell: Cell, *, share: float) -> float:
        """The budget as a share of all images: what was asked for where it was a share, else the mean over folds."""
        if share in (0.0, 1.0) and cell.name.startswith((FLOOR, CEILING)):
            return share
        slug = cell.name.split("_")[1]
        budget = next(b for b in self.plan.budgets if _slug(b) == slug)
        return self._budget_shares()[budget]

    def _budget_shares(self) -> dict[Budget, float]:
        if not hasattr(self, "_shares"):
            self._shares: dict[Budget, float] = {}
            for budget in self.plan.budgets:
                shares = [
                    len(cell.parts.annotated) / len(self._pool(self.folds[cell.fold]))
                    for name, cell in self.done.items()
                    if name.split("_")[1] == _slug(budget)
                ]
                self._shares[budget] = float(np.mean(shares)) if shares else 0.0
        return self._shares


class _Returned:
    """A generator's events, and after them what it returned."""

    def __init__(self, events: Generator[Event, None, dict[str, str]]) -> None:
        self._events = events
        self.value: dict[str, str] = {}

    def __iter__(self) -> Iterator[Event]:
        self.value = yield from self._events


def measure_keys() -> tuple[Key, ...]:
    """The keys of MEASURES in a cell's measures: malignant against the rest, by image; FROC at 1 FPPI."""
    task = Task.MALIGNANT
    names = MEASURES[:-1]
    return (*(Key(task, Level.IMAGE, name) for name in names), froc_key(task, 1.0))


def _slug(budget: Budget) -> str:
    return str(budget).replace("%", "pc")


def _with_features(cohort: Cohort, recipe: Recipe, features_folder: Path) -> Cohort:
    missing = frozenset(missing_features(cohort, recipe, features_folder))
    if not missing:
        return cohort
    if len(missing) == len(cohort.images):
        raise UserError("No image has region features: make them first with `lesionloop features`.")
    return cohort.without(missing, note=f"{len(missing)} images have no region features and are left out.")
