"""`lesionloop features | train | score | rank`: long work in this process, and the order that follows from it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.cli.console import Console, interruptible
from app.cli.projects import find_model
from app.trunk_list import with_weights
from core.control import Control
from core.domain import ModelId
from core.errors import UserError
from core.evaluation import aligned
from core.events import Finished, Stopped
from core.job import Step
from core.ranking import all_strategies
from core.recipe import Method, Recipe
from storage.jobs import (
    ImportedJob,
    import_results,
    interrupted_training,
    mark_imported,
    prepare_job,
    resume_job,
    sweep_jobs,
)
from storage.project import Project
from storage.promotion import use_model
from storage.records import ImageRecord, PromotionKind
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
    recipe, weights = with_weights(recipe)
    folder = prepare_job(project, steps=[Step.FEATURES], recipe=recipe, weights_file=weights)
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
    project: Project,
    console: Console,
    *,
    steps: Sequence[Step],
    recipe: Recipe,
    strategy: str,
    seed: int,
    **job: Any,
) -> ImportedJob:
    recipe, weights = with_weights(recipe)
    folder = prepare_job(project, steps=steps, recipe=recipe, weights_file=weights, **job)
    return _finish(project, folder, console, strategy=strategy, seed=seed)


def _finish(project: Project, folder: Path, console: Console, *, strategy: str, seed: int) -> ImportedJob:
    try:
        run_folder(folder, console)
        return import_results(project, folder, strategy=strategy, seed=seed)
    finally:
        sweep_jobs(project)


def _go_on(project: Project, console: Console, *, strategy: str, seed: int) -> ImportedJob:
    """Go on with the training that was interrupted last. Raises UserError where there is none."""
    found = interrupted_training(project)
    if found is None:
        raise UserError("No training of this project was interrupted: there is nothing to go on with.")
    note = resume_job(project, found.folder)
    console.say(f"{found} It goes on. {note}".rstrip())
    return _finish(project, found.folder, console, strategy=strategy, seed=seed)


def put_to_use(
    project: Project,
    console: Console,
    model_id: ModelId,
    *,
    reader: str,
    kind: PromotionKind = PromotionKind.BY_HAND,
) -> None:
    """Put a model to use by hand; what it no longer says of the images, it says anew first."""
    model = project.store.model(model_id)
    if not project.store.probabilities(model_id):
        strategy = project.store.ranking_strategy() or DEFAULT_STRATEGY
        steps = [Step.FEATURES, Step.SCORE]
        _run_and_import(
            project, console, steps=steps, strategy=strategy, seed=0, recipe=model.recipe, model_id=model_id
        )
    use_model(project.store, model_id, reader=reader, kind=kind)


def _features(options: Namespace, console: Console) -> None:
    with Project.open(options.project) as project:
        last = make_features(project, console, recipe=Recipe(threads=options.threads))
        images = sum(not image.failure for image in project.store.images())
    console.result({"images": images, **last.summary}, f"The features of {images} images are there.")


def _train(options: Namespace, console: Console) -> None:
    if options.promote and not options.reader.strip():
        raise UserError("Say who decides to use the model: --reader NAME. Nothing was trained.")
    recipe = Recipe(
        method=Method(options.method),
        epochs=options.epochs,
        seed=options.seed,
        patience=options.patience,
        threads=options.threads,
    )
    with Project.open(options.project) as project:
        strategy = _strategy(options, project.store)
        if options.resume:
            done = _go_on(project, console, strategy=strategy, seed=options.seed)
        else:
            done = fit_and_score(project, console, recipe=recipe, strategy=strategy, seed=options.seed)
        assert done.model_id is not None, "a finished fit has its model"
        if options.promote and not done.is_promoted:
            put_to_use(project, console, done.model_id, reader=options.reader)
        _tell(project.store, done, console, model_id=done.model_id, strategy=strategy)


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
        _tell(project.store, done, console, model_id=model.id, strategy=strategy)


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


def _tell(store: Store, done: ImportedJob, console: Console, *, model_id: ModelId, strategy: str) -> None:
    model = store.model(model_id)
    value = {
        "model": model.id,
        "method": model.recipe.method.value,
        "is_in_use": model.is_current,
        "gate": None if done.gate is None else done.gate.to_json(),
        "images_scored": done.images_scored,
        "images_left_out": done.dropped,
        "annotated_images": model.annotated_images,
        "strategy": strategy,
        "moved_in_top": done.moved_in_top,
        "test_auroc_before": done.before,
        "test_auroc_after": done.after,
        "metrics": model.metrics,
    }
    if model.is_current:
        by_hand = "" if done.is_promoted or done.gate is None else " It was put to use by hand."
        text = f"{model.name} is the model in use. {done.summary}{by_hand}"
    else:
        how = f"`lesionloop models PROJECT promote {model.id}` puts it to use."
        text = f"{model.name} is not in use. {done.summary} {how}"
    console.result(value, text)


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
