"""Which model is in use: what the gate says on a project's test patients, promotion by hand, going back, the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.domain import ImageId, ModelId, Split
from core.errors import UserError
from core.gate import GateResult, GateSettings, Verdict, figures, judge
from core.prediction import Prediction
from core.recipe import Recipe
from storage.cases import cases_from, drawn_contours
from storage.changes import Changes
from storage.records import ModelRecord, PromotionKind, PromotionRecord
from storage.store import Store
from storage.worklist import DEFAULT_STRATEGY, rank_worklist


class ModelState(StrEnum):
    """Where a model stands."""

    IN_USE = "in use"
    CANDIDATE = "candidate"
    FORMER = "was in use"
    REFUSED = "not taken"
    NEVER = "never in use"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a model's predictions are worth on the test patients. gate: None where no model is in use to compare with.

    against: the model in use. figures: plain values, as ModelRecord.figures.
    """

    figures: dict[str, Any]
    gate: GateResult | None
    against: ModelId | None


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One line of the model ledger. decided: the last decision about the model, None while there is none."""

    model: ModelRecord
    state: ModelState
    decided: PromotionRecord | None
    has_predictions: bool


def judge_candidate(store: Store, predictions: Mapping[ImageId, Prediction], *, recipe: Recipe) -> Judgement:
    """Measure predictions of a new model of this recipe on the test patients and compare them with the model in use.

    Contours of test patients measure here; they train nowhere. Only reads: any thread's own store will do.
    """
    images = [image for image in store.images() if image.split is Split.TEST and not image.failure]
    images.sort(key=lambda image: image.id)
    truth = drawn_contours(store.all_findings())
    after = cases_from(store, predictions, images=images, truth=truth, grid_key=recipe.grid.key)
    counts = {
        "images": len(after),
        "malignant_images": sum(case.label.is_malignant for case in after),
        "patients": len({case.patient for case in after}),
        "malignant_patients": len({case.patient for case in after if case.label.is_malignant}),
    }
    measures = {name: measure.to_json() for name, measure in figures(after).items()}
    current = store.current_model()
    if current is None:
        return Judgement({"measures": measures, **counts}, None, None)
    said = store.predictions(current.id, images=[image.id for image in images])
    before = cases_from(store, said, images=images, truth=truth, grid_key=current.recipe.grid.key)
    shared = {case.image_id for case in before} & {case.image_id for case in after}
    rules = store.promotion_rules()
    found = judge(
        [case for case in before if case.image_id in shared],
        [case for case in after if case.image_id in shared],
        GateSettings(margin=rules.margin, level=rules.level),
    )
    return Judgement({"measures": measures, **counts}, found, current.id)


def use_model(
    store: Store, model_id: ModelId, *, reader: str, kind: PromotionKind = PromotionKind.BY_HAND
) -> Changes:
    """Put a model to use by hand, rank by it, and let go of what nobody shows any more, in one transaction.

    Raises UserError where the model's predictions were cleared away: score the images with it first.
    """
    with store.transaction():
        if not store.probabilities(model_id):
            raise UserError(
                f"What model {model_id} says of the images was cleared away: let it score them first."
            )
        evidence = store.model(model_id).gate or {}
        changes = store.promote(model_id, kind=kind, reader=reader, evidence=evidence)
        if not changes:
            raise UserError(f"Model {model_id} is in use already: nothing was changed.")
        changes |= rank_worklist(store, strategy=store.ranking_strategy() or DEFAULT_STRATEGY).changes
        store.drop_old_predictions()
    return changes


def keep_model(store: Store, candidate: ModelId, *, reader: str) -> Changes:
    """Keep the model in use and refuse a candidate, in the reader's name."""
    with store.transaction():
        changes = store.refuse(candidate, reader=reader, evidence=store.model(candidate).gate or {})
        store.drop_old_predictions()
    return changes


def former_model(store: Store) -> ModelRecord:
    """The model to go back to. Raises UserError where no other was in use before this one."""
    former = store.former_model()
    if former is None:
        raise UserError("No other model was in use before this one: there is nothing to go back to.")
    return former


def go_back(store: Store, *, reader: str) -> tuple[ModelRecord, Changes]:
    """Use the model again that was in use before this one. Raises UserError as former_model and use_model do."""
    former = former_model(store)
    return former, use_model(store, former.id, reader=reader, kind=PromotionKind.ROLLED_BACK)


def open_candidate(store: Store) -> ModelRecord | None:
    """The newest model that waits for a decision."""
    return next(reversed(store.candidates()), None)


def model_rows(store: Store) -> list[ModelRow]:
    """The model ledger, newest model first."""
    last: dict[ModelId, PromotionRecord] = {}
    used: set[ModelId] = set()
    for promotion in store.promotions():
        last[promotion.model_id] = promotion
        if promotion.kind is not PromotionKind.REFUSED:
            used.add(promotion.model_id)
    waiting = {model.id for model in store.candidates()}
    rows = []
    for model in reversed(store.models()):
        decided = last.get(model.id)
        state = ModelState.NEVER
        if model.is_current:
            state = ModelState.IN_USE
        elif decided is not None and decided.kind is PromotionKind.REFUSED:
            state = ModelState.REFUSED
        elif model.id in used:
            state = ModelState.FORMER
        elif model.id in waiting:
            state = ModelState.CANDIDATE
        rows.append(ModelRow(model, state, decided, bool(store.probabilities(model.id))))
    return rows


def gate_of(model: ModelRecord) -> GateResult | None:
    """What the gate found of a model when it came in, None where it was compared with none."""
    return None if model.gate is None else GateResult.from_json(model.gate)


def verdict_text(model: ModelRecord) -> str:
    """What the gate found, in a sentence."""
    found = gate_of(model)
    if found is None:
        return "There was no model in use to compare it with."
    compared = "" if model.judged_against is None else f"Compared with model {model.judged_against}: "
    return str(found) if found.verdict is Verdict.NOT_MEASURED else f"{compared}{found}"


def candidate_text(model: ModelRecord) -> str:
    """What a reader is asked about a candidate."""
    found = gate_of(model)
    if found is None or found.verdict is Verdict.NOT_MEASURED:
        return f"Model {model.id} is a candidate. {verdict_text(model)}"
    return f"Model {model.id} is a candidate: {found}"


def promoted_by(decided: PromotionRecord | None) -> str:
    """Who decided and how, in a few words."""
    if decided is None:
        return ""
    match decided.kind:
        case PromotionKind.FIRST:
            return "the first model" if decided.reader is None else f"{decided.reader}, the first model"
        case PromotionKind.GATE:
            return "the gate"
        case PromotionKind.ROLLED_BACK:
            return f"{decided.reader}, going back"
        case PromotionKind.REFUSED:
            return f"{decided.reader}, kept model {decided.former_id}"
        case _:
            return f"{decided.reader}, by hand"


def figure_text(figures: dict[str, Any], name: str) -> str:
    """'0.85 [0.71, 0.94]', or '-' where it was not measured."""
    found = figures.get("measures", {}).get(name)
    if found is None or found["value"] is None:
        return "-"
    span = "" if found["low"] is None else f" [{found['low']:.2f}, {found['high']:.2f}]"
    return f"{found['value']:.2f}{span}"
