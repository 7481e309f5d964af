"""What is to be run: recipes, folds and seeds, and the cells that follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.augmentation import augmented
from core.crossval.arms import Arm
from core.crossval.cells import Cell, cell_digest
from core.crossval.cohort import Cohort, contours_digest
from core.crossval.folds import Fold, annotated_part, deal_folds
from core.crossval.inputs import Parts, feature_keys, inputs_name, write_inputs
from core.crossval.nested import inner_folds
from core.errors import UserError
from core.recipe import Augmentation, Recipe

USUAL_REFERENCE = "Cls-Det-RS"  # of the paper's comparisons


@dataclass(frozen=True, slots=True)
class Plan:
    """A cross-validation. fold_seed deals the folds, which are the same for every recipe and seed; `seeds` train and
    draw the contours. inner_folds: how many choose a recipe within each fold; 0 makes no nested choice. reference: the
    recipe that the others are tested against.
    """

    arms: tuple[Arm, ...]
    folds: int = 5
    seeds: tuple[int, ...] = (0,)
    fold_seed: int = 0
    inner_folds: int = 0
    resamples: int = 1000
    reference: str = ""

    def __post_init__(self) -> None:
        if not self.arms or not self.seeds:
            raise ValueError("a cross-validation needs a recipe and a seed")
        if len(set(self.seeds)) < len(self.seeds):
            raise UserError("A seed is named twice: each is run once.")
        names = [arm.text for arm in self.arms]
        if self.reference and self.reference not in names:
            raise UserError(
                f"The recipes are tested against {self.reference}, which is not among them: {', '.join(names)}."
            )
        if self.inner_folds == 1 or self.inner_folds < 0:
            raise UserError("A nested choice needs at least 2 inner folds.")

    @property
    def tested_against(self) -> str:
        """The reference, or the paper's weak recipe where it is there, or the first."""
        names = [arm.text for arm in self.arms]
        return self.reference or (USUAL_REFERENCE if USUAL_REFERENCE in names else names[0])


def check_plan(plan: Plan, cohort: Cohort) -> None:
    """Raise UserError where the cohort is too small for the folds, or lacks the contours that a recipe learns from."""
    wanting = [arm.text for arm in plan.arms if arm.fraction > 0]
    if wanting and not any(image.is_annotated for image in cohort.images):
        raise UserError(
            f"{wanting[0]} learns from contours, and no malignant image outside the test patients has one: "
            "draw or import contours first, or leave that recipe out."
        )
    deal_folds(cohort, count=plan.folds, seed=plan.fold_seed)


@dataclass(frozen=True, slots=True)
class Layout:
    """The folds of a plan on a cohort, and its cells, the nested ones last. inner: inner folds by outer fold."""

    folds: tuple[Fold, ...]
    cells: tuple[Cell, ...]
    inner: Mapping[int, tuple[Fold, ...]] = field(default_factory=dict)


def lay_out(plan: Plan, cohort: Cohort, *, features_folder: Path, scratch: Path) -> Layout:
    """Deal the folds, write into `scratch` what the cells read, and name the cells.

    Raises UserError where the cohort is too small, or has no contours for a recipe that learns from them.
    """
    check_plan(plan, cohort)
    folds = deal_folds(cohort, count=plan.folds, seed=plan.fold_seed)
    inner = {
        fold.number: inner_folds(cohort, fold, count=plan.inner_folds, seed=plan.fold_seed)
        for fold in folds
        if plan.inner_folds
    }
    maker = _CellMaker(cohort, features_folder=features_folder, scratch=scratch)
    cells = [
        maker.cell(arm, seed=seed, fold=fold) for arm in plan.arms for seed in plan.seeds for fold in folds
    ]
    cells += [
        maker.cell(arm, seed=seed, fold=fold, inner_fold=one)
        for arm in plan.arms
        for seed in plan.seeds
        for fold in folds
        for one in inner.get(fold.number, ())
    ]
    return Layout(folds, tuple(cells), inner)


def distinct_features(arms: Sequence[Arm]) -> Iterator[Recipe]:
    """One recipe for each kind of features that the arms need."""
    seen = set()
    for arm in arms:
        recipe = arm.recipe
        kind = (recipe.trunk, recipe.grid, recipe.augmentation, recipe.variants)
        if kind not in seen:
            seen.add(kind)
            yield recipe


def features_of_folds(plan: Plan, cohort: Cohort) -> Iterator[Recipe]:
    """The recipes of distinct_features; of all images where the rarer side of some fold is not that of the cohort.

    Raises UserError where the cohort is too small for the folds.
    """
    folds = deal_folds(cohort, count=plan.folds, seed=plan.fold_seed)
    inner = [
        one
        for fold in folds
        if plan.inner_folds
        for one in inner_folds(cohort, fold, count=plan.inner_folds, seed=plan.fold_seed)
    ]
    every = tuple(image.image_id for image in cohort.images)
    for recipe in distinct_features(plan.arms):
        made = _augmented(cohort, every, recipe)
        is_enough = all(_augmented(cohort, fold.train, recipe) <= made for fold in (*folds, *inner))
        yield recipe if is_enough else replace(recipe, augmentation=Augmentation.ALL)


def _augmented(cohort: Cohort, image_ids: Sequence[int], recipe: Recipe) -> set[int]:
    """Those of some training images that have variants."""
    images = cohort.by_id()
    chosen = augmented([images[i].label for i in image_ids], recipe)
    return {i for i, is_chosen in zip(image_ids, chosen, strict=True) if is_chosen}


class _CellMaker:
    """Makes cells that share inputs by kind of recipe."""

    def __init__(self, cohort: Cohort, *, features_folder: Path, scratch: Path) -> None:
        self._cohort = cohort
        self._images = cohort.by_id()
        self._features_folder = features_folder
        self._scratch = scratch
        self._contours = {i.image_id: contours_digest(i) for i in cohort.images if i.is_annotated}
        self._known: dict[str, dict[int, tuple[str, str]]] = {}

    def cell(self, arm: Arm, *, seed: int, fold: Fold, inner_fold: Fold | None = None) -> Cell:
        """One run of an arm."""
        from core.trunks import trunk_key

        recipe = replace(arm.recipe, seed=seed, threads=1)
        parts = self._parts(arm, inner_fold or fold, seed=seed)
        folder = self._inputs(recipe)
        name = f"{arm.slug}_s{seed}_f{fold.number}"
        return Cell(
            name=name if inner_fold is None else f"{name}_i{inner_fold.number}",
            arm=arm.text,
            seed=seed,
            fold=fold.number,
            recipe=recipe,
            parts=parts,
            inputs=folder,
            digest=cell_digest(
                recipe,
                parts,
                trunk=trunk_key(recipe.trunk),
                images=self._known[folder.name],
                contours=self._contours,
            ),
            inner=None if inner_fold is None else inner_fold.number,
        )

    def _parts(self, arm: Arm, fold: Fold, *, seed: int) -> Parts:
        train = [self._images[i] for i in fold.train]
        annotated = annotated_part(train, fraction=arm.fraction, seed=seed)
        return Parts(fold.train, fold.validation, fold.test, tuple(sorted(annotated)))

    def _inputs(self, recipe: Recipe) -> Path:
        folder = self._scratch / inputs_name(recipe)
        if folder.name not in self._known:
            write_inputs(folder, self._cohort, recipe, features_folder=self._features_folder)
            keys = feature_keys(self._cohort, recipe)
            self._known[folder.name] = {i: (key, self._images[i].label.value) for i, key in keys.items()}
        return folder
