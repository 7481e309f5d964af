"""The order in which images are offered to a reader: a strategy's ranking of the pool, then everything else."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain import Split
from core.ranking import Annotated, Candidate, rank
from core.ranking.registry import find
from storage.changes import Changes
from storage.records import ImageRecord, RankingItem
from storage.store import Store

DEFAULT_STRATEGY = "uncertainty"
TOP = 10  # positions that are compared to tell how much a ranking moved


@dataclass(frozen=True, slots=True)
class RankedWorklist:
    """A new order: images in the strategy's pool, and how many of the first TOP places hold another image."""

    changes: Changes
    strategy: str
    pool: int
    moved_in_top: int


def is_in_pool(image: ImageRecord) -> bool:
    """Whether drawing on this image would feed training: weakly malignant, of a training patient, not done."""
    return (
        not image.failure
        and image.split == Split.TRAIN
        and image.label is not None
        and image.label.is_malignant
        and image.malignant_findings == 0
        and image.decision is None
    )


def rank_worklist(store: Store, *, strategy: str = DEFAULT_STRATEGY, seed: int = 0) -> RankedWorklist:
    """Order the worklist anew: the pool by a strategy, then the other usable images, each with its reason.

    Images of the pool that the current model has not scored come after those it has. Raises UserError for
    an unknown strategy, and for one that needs predictions where no image of the pool has any.
    """
    with store.transaction():
        images = [image for image in store.images() if not image.failure]
        pool = [image for image in images if is_in_pool(image)]
        items = _rank_pool(store, pool, images, strategy=strategy, seed=seed)
        placed = {item.image_id for item in items}
        items += _rest([image for image in images if image.id not in placed])
        before = [image_id for image_id, _, _ in store.ranking()[:TOP]]
        model = store.current_model()
        changes = store.set_ranking(strategy, items, model_id=model.id if model else None, seed=seed)
    after = [item.image_id for item in items[:TOP]]
    stayed = sum(a == b for a, b in zip(before, after, strict=False))
    return RankedWorklist(
        changes, strategy, pool=len(pool), moved_in_top=max(len(after), len(before)) - stayed
    )


def _rank_pool(
    store: Store, pool: list[ImageRecord], images: list[ImageRecord], *, strategy: str, seed: int
) -> list[RankingItem]:
    by = find(strategy)
    predictions = store.predictions()
    evidence = store.evidence() if by.needs_evidence else {}

    def candidate(image: ImageRecord) -> Candidate:
        return Candidate(
            image_id=image.id,
            patient_id=image.patient_id,
            breast=(image.patient_id, image.laterality),
            label=image.label,
            prediction=predictions.get(image.id),
            evidence=evidence.get(image.id),
        )

    def is_known(image: ImageRecord) -> bool:
        return (image.id in predictions or not by.needs_prediction) and (
            image.id in evidence or not by.needs_evidence
        )

    # Where nothing is scored, the ranking itself says in a sentence what is missing.
    candidates = [candidate(image) for image in pool if is_known(image)] or [
        candidate(image) for image in pool
    ]
    beside = [i for i in images if i.split == Split.TRAIN and i.label is not None and is_known(i)]
    annotated = []
    if by.needs_evidence:  # the others look at the pool alone
        annotated = [
            Annotated(candidate(image), labels)
            for image in beside
            if image.label is not None and image.label.is_malignant and image.malignant_findings
            for labels in [store.region_labels(image.id)]
            if labels is not None
        ]
    background = [candidate(i) for i in beside if i.label is not None and not i.label.is_malignant]
    ranked = rank(strategy, candidates, seed=seed, annotated=annotated, background=background)
    return [RankingItem(r.image_id, r.score, r.reason) for r in ranked]


def _rest(images: list[ImageRecord]) -> list[RankingItem]:
    ordered = sorted(images, key=lambda image: (_place_and_reason(image)[0], image.id))
    return [RankingItem(image.id, 0.0, _place_and_reason(image)[1]) for image in ordered]


def _place_and_reason(image: ImageRecord) -> tuple[int, str]:
    if is_in_pool(image):
        return 0, "not scored by the current model yet"
    if image.split == Split.TEST:
        return 6, "test patient: never trained on"
    if image.split == Split.VALIDATION:
        return 5, "validation patient: contours do not train"
    if image.malignant_findings:
        return 4, "malignant contours are drawn"
    if image.decision is not None:
        return 3, f"decided: {image.decision.value}"
    if image.label is None:
        return 1, "no weak label"
    return 2, "weak label holds no malignant finding"
