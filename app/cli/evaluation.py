"""`lesionloop evaluate`: measure a model on the images of a split, or cross-validate recipes."""

from __future__ import annotations

from argparse import Namespace

from app.cli import evaluate_folds
from app.cli.console import Console
from app.cli.projects import contours_by_image, find_model
from core.domain import Contour, ImageId, Split
from core.errors import UserError
from core.evaluation import evaluate, text_table
from storage.cases import cases_of
from storage.project import Project


def run(options: Namespace, console: Console) -> None:
    """Measure, and print the report."""
    if evaluate_folds.is_wanted(options):
        evaluate_folds.run(options, console)
        return
    if options.project is None:
        raise UserError("Say which project: `lesionloop evaluate PROJECT`.")
    if options.out is not None:
        raise UserError("--out belongs to a cross-validation: name its --recipes, or leave --out out.")
    wanted = options.split or Split.TEST.value
    with Project.open(options.project, read_only=True) as project:
        store = project.store
        model = find_model(store, options.model)
        contours: dict[ImageId, list[Contour]] | None = None
        notes: list[str] = []
        if options.contours:
            contours, notes = contours_by_image(options.contours, store.images())
        split = None if wanted == "all" else Split(wanted)
        found = cases_of(store, model, split=split, contours=contours)
    if not found.cases:
        raise UserError(
            f"There is nothing to measure: no image of the split {wanted!r} has a label and a score."
        )
    report = evaluate(found.cases, resamples=options.resamples if options.intervals else 0)
    notes += found.notes
    value = {
        "model": model.id,
        "method": model.recipe.method.value,
        "split": wanted,
        **report.to_json(),
    }
    heading = f"{model.name}, {wanted} images: {len(found.cases)}"
    console.result({**value, "left_out": notes}, "\n".join([heading, text_table(report), *notes]))
