"""`lesionloop features | train | score | rank`: long work in this process, and the order that follows from it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.cli.console import Console, interruptible
from app.cli.projects import find_model
from core.control import Control
from core.errors import UserError
from core.evaluation import aligned
from core.events import Finished, Stopped
from core.job import Step
from core.ranking import all_strategies
from core.recipe import Method, Recipe
from storage.jobs import ImportedJob, import_results, mark_imported, prepare_job, sweep_jobs
from storage.project import Project
from storage.records import ImageRecord
from storage.store import Store
from storage.worklist import DEFAULT_STRATEGY, is_in_pool, rank_worklist


def run_folder(folder: Path, console: Console, *, keep: bool = False) -> Finished | Stopped:
    """Do the work of a job folder here, with bars; Ctrl-C asks it to end.

    keep: what is finished by then is kept, where the work can. Raises KeyboardInterrupt where it was stopped and kept nothing.
    """
    from core.pipeline import run_job  # torch comes with it

    control = Control()
    with interruptible(control, keep=keep):
        last = console.follow(run_job(folder, control))
    if isinstance(last, Stopped) and not last.kept:
        raise KeyboardInterrupt
    return last


def make_features(project: Project, console: Console, *, recipe: Recipe) -> Finished | Stopped:
    """Extract the features that are missing."""
    folder = prepare_job(project, steps=[Step.FEATURES], recipe=recipe)
    try:
        last = run_folder(folder, console)
        mark_imported(project, folder)
    finally:
        sweep_jobs(project)
    return last


def fit_and_score(
    project: Project, console: Console, *, recipe: Recipe, strategy: str, seed: int = 0
) -> ImportedJob:
    """Features that are missing, a new model, predictions of all images, and a new order."""
    steps = [Step.FEATURES, Step.FIT, Step.SCORE]
    return _run_and_import(project, console, steps=steps, recipe=recipe, strategy=strategy, seed=seed)


def _run_and_import(
    project: Project, console: Console, *, steps: Sequence[Step], strategy: str, seed: int, **job: Any
) -> ImportedJob:
    folder = prepare_job(project, steps=steps, **job)
    try:
        run_folder(folder, console)
        return import_results(project, folder, strategy=strategy, seed=seed)
    finally:
        sweep_jobs(project)


def _features(options: Namespace, console: Console) -> None:
    with Project.open(options.project) as project:
        last = make_features(project, console, recipe=Recipe(threads=options.threads))
        images = sum(not image.failure for image in project.store.images())
    console.result({"images": images, **last.summary}, f"The features of {images} images are there.")


def _train(options: Namespace, console: Console) -> None:
    recipe = Recipe(
        method=Method(options.method),
        epochs=options.epochs,
        seed=options.seed,
        patience=options.patience,
        threads=options.threads,
    )
    with Project.open(options.project) as project:
        strategy = _strategy(options, project.store)
        done = fit_and_score(project, console, recipe=recipe, strategy=strategy, seed=options.seed)
        _tell(project.store, done, console, strategy=strategy)


def _score(options: Namespace, console: Console) -> None:
    with Project.open(options.project) as project:
        model = find_model(project.store, options.model)
        strategy = _strategy(options, project.store)
        done = _run_and_import(
            project,
            console,
            steps=[Step.FEATURES, Step.SCORE],
            strategy=strategy,
            seed=0,
            recipe=replace(model.recipe, threads=options.threads),
            model_id=model.id,
        )
        _tell(project.store, done, console, strategy=strategy)


def _rank(options: Namespace, console: Console) -> None:
    if options.list:
        _list_strategies(console)
        return
    if options.project is None:
        raise UserError("Say which project: `lesionloop rank PROJECT`, or `lesionloop rank --list`.")
    with Project.open(options.project) as project:
        strategy = _strategy(options, project.store)
        ranked = rank_worklist(project.store, strategy=strategy, seed=options.seed)
        pool = [image for image in project.store.images() if is_in_pool(image)][: options.count]
    value = {
        "strategy": strategy,
        "seed": options.seed,
        "pool": ranked.pool,
        "images": [_item(image) for image in pool],
    }
    console.result(value, _ranking_text(pool, strategy=strategy, total=ranked.pool))


def _list_strategies(console: Console) -> None:
    known = all_strategies()
    rows = [["name", "what comes first"], *([name, strategy.title] for name, strategy in known.items())]
    console.result(
        {"strategies": {name: strategy.title for name, strategy in known.items()}}, "\n".join(aligned(rows))
    )


def _strategy(options: Namespace, store: Store) -> str:
    """The strategy asked for, else the one of the last ranking, else the default; an unknown one is refused first."""
    from core.ranking.registry import find

    return find(options.strategy or store.ranking_strategy() or DEFAULT_STRATEGY).name


def _tell(store: Store, done: ImportedJob, console: Console, *, strategy: str) -> None:
    model = store.current_model()
    assert model is not None, "a finished scoring has its model"
    value = {
        "model": model.id,
        "method": model.recipe.method.value,
        "images_scored": done.images_scored,
        "images_left_out": done.dropped,
        "annotated_images": model.annotated_images,
        "strategy": strategy,
        "moved_in_top": done.moved_in_top,
        "test_auroc_before": done.before,
        "test_auroc_after": done.after,
        "metrics": model.metrics,
    }
    console.result(value, f"{model.name} is the current model. {done.summary}")


def _item(image: ImageRecord) -> dict[str, Any]:
    return {
        "image": image.id,
        "name": image.name,
        "rank": image.rank,
        "score": image.rank_score,
        "p_malignant": image.p_malignant,
        "reason": image.rank_reason,
    }


def _ranking_text(images: Sequence[ImageRecord], *, strategy: str, total: int) -> str:
    if not images:
        return "There is nothing to annotate: every malignant training image has a contour or a decision."
    rows = [["#", "image", "name", "why"]]
    rows += [[str(image.rank), str(image.id), image.name, image.rank_reason] for image in images]
    heading = f"{len(images)} of {total} images that a contour can change, by {strategy!r}:"
    return "\n".join([heading, *aligned(rows)])


COMMANDS: dict[str, Callable[[Namespace, Console], None]] = {
    "features": _features,
    "train": _train,
    "score": _score,
    "rank": _rank,
}
