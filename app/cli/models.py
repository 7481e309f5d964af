"""`lesionloop models`: the model ledger, promotion by hand, going back, and the rules of the gate."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict, replace
from typing import Any

from app.cli.console import Console
from app.cli.projects import find_model
from app.cli.work import put_to_use
from core.domain import ModelId
from core.errors import UserError
from core.evaluation import aligned
from core.gate import AUROC, FROC
from storage.project import Project
from storage.promotion import (
    ModelRow,
    figure_text,
    former_model,
    keep_model,
    model_rows,
    promoted_by,
    verdict_text,
)
from storage.records import PromotionKind, PromotionRules

_HASH = 8  # characters of a hash that are shown


def run(options: Namespace, console: Console) -> None:
    """List, or do what was asked for and list then."""
    is_reading = options.action in ("list", "show")
    with Project.open(options.project, read_only=is_reading) as project:
        said = "" if is_reading else _act(project, options, console)
        rows, rules = model_rows(project.store), project.store.promotion_rules()
        if options.action == "show":
            number = _number(project, options)
            rows = [row for row in rows if row.model.id == number]
    value = {"done": said, "rules": asdict(rules), "models": [row_json(row) for row in rows]}
    lines = _details(rows[0]) if options.action == "show" else [*_table(rows), _rules_text(rules)]
    console.result(value, "\n".join([said, "", *lines] if said else lines))


def _act(project: Project, options: Namespace, console: Console) -> str:
    store = project.store
    if options.action == "gate":
        rules = _rules(options, before=store.promotion_rules())
        store.set_promotion_rules(rules, reader=options.reader.strip() or None)
        return "The rules hold from the next training on."
    if not options.reader.strip():
        raise UserError("Say who decides: --reader NAME. Nothing was changed.")
    match options.action:
        case "promote":
            number = _number(project, options)
            put_to_use(project, console, number, reader=options.reader)
            return f"Model {number} is in use from now on."
        case "refuse":
            number = _number(project, options)
            keep_model(store, number, reader=options.reader)
            return f"Model {number} was not taken."
        case _:
            former = former_model(store)
            put_to_use(project, console, former.id, reader=options.reader, kind=PromotionKind.ROLLED_BACK)
            return f"Model {former.id} is in use again."


def _number(project: Project, options: Namespace) -> ModelId:
    if options.number is None:
        raise UserError(f"Say which model: `lesionloop models PROJECT {options.action} N`.")
    return find_model(project.store, options.number).id


def _rules(options: Namespace, *, before: PromotionRules) -> PromotionRules:
    asked = {name: getattr(options, name) for name in ("margin", "level", "is_automatic")}
    try:
        return replace(before, **{name: value for name, value in asked.items() if value is not None})
    except ValueError as error:
        raise UserError(
            "The gate cannot be set so: the margin lies above 0 and up to 0.5, the level from 0.5 to below 1. "
            "Nothing was changed."
        ) from error


def row_json(row: ModelRow) -> dict[str, Any]:
    """One model for machines."""
    model, decided = row.model, row.decided
    return {
        "model": model.id,
        "name": model.name,
        "created_at": model.created_at,
        "state": row.state.value,
        "recipe": model.recipe.to_json(),
        "annotated_images": model.annotated_images,
        **asdict(model.trained_on),
        "figures": model.figures,
        "is_calibrated": model.is_calibrated,
        "gate": model.gate,
        "judged_against": model.judged_against,
        "decided_by": promoted_by(decided),
        "decided_at": None if decided is None else decided.created_at,
        "has_predictions": row.has_predictions,
    }


def _table(rows: list[ModelRow]) -> list[str]:
    if not rows:
        return ["There is no model in this project yet: train one first."]
    heading = ["model", "trained", "recipe", "method", "drawn", "data", "split", AUROC, FROC]
    table = [[*heading, "calibrated", "state", "decided by"]]
    for row in rows:
        model, said = row.model, promoted_by(row.decided)
        when = "" if row.decided is None else f", {_when(row.decided.created_at)}"
        table.append(
            [
                str(model.id),
                _when(model.created_at),
                model.recipe.name,
                model.recipe.method.value,
                str(model.annotated_images),
                model.trained_on.snapshot[:_HASH] or "-",
                model.trained_on.split_hash[:_HASH] or "-",
                figure_text(model.figures, AUROC),
                figure_text(model.figures, FROC),
                "yes" if model.is_calibrated else "no",
                row.state.value,
                f"{said}{when}" if said else "-",
            ]
        )
    return aligned(table)


def _details(row: ModelRow) -> list[str]:
    recipe = json.dumps(row.model.recipe.to_json(), indent=1, sort_keys=True)
    return [*_table([row]), "", verdict_text(row.model), "", f"recipe: {recipe}"]


def _rules_text(rules: PromotionRules) -> str:
    how = "is put to use by itself" if rules.is_automatic else "waits for a reader all the same"
    return f"Gate: a model that is shown not to be worse by {rules.margin:g} or more, at the one-sided level {rules.level:g}, {how}."


def _when(moment: str) -> str:
    return f"{moment[:10]} {moment[11:16]} UTC"
