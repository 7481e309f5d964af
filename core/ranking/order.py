"""From a strategy's opinion to an order in which a reader can work: ties, batches, patients that alternate."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.domain import ImageId
from core.errors import UserError
from core.ranking.pool import FIRST, Annotated, Candidate, FloatArray, Opinion, Pool
from core.ranking.registry import Strategy, find

BATCH = 10  # images that a reader is expected to do between two trainings


@dataclass(frozen=True, slots=True)
class Ranked:
    """One image in the order. `score` is the strategy's own; alternation may put a lower one first."""

    image_id: ImageId
    score: float
    reason: str


def rank(
    strategy: str,
    pool: Sequence[Candidate],
    *,
    seed: int,
    count: int | None = None,
    batch: int = BATCH,
    annotated: Sequence[Annotated] = (),
    background: Sequence[Candidate] = (),
) -> list[Ranked]:
    """Order a pool by a strategy, best first; the first `count`, or all.

    annotated, background: what stands beside the pool (core.ranking.Pool).

    Equal scores are ordered by a seeded hash of the image. Each `batch` takes one image of a patient while
    other patients are left, and a patient's next image shows the other breast while there is one.
    The order depends on the seed and the pool's content, not on the pool's order.
    """
    chosen = find(strategy)
    candidates = sorted(pool, key=lambda candidate: candidate.image_id)
    _require_predictions(chosen, candidates)
    if not candidates:
        return []
    whole = Pool(
        candidates,
        annotated=sorted(annotated, key=lambda one: one.image.image_id),
        background=sorted(background, key=lambda one: one.image_id),
        first=min(count or FIRST, len(candidates)),
        seed=seed,
    )
    opinion = chosen.opinion(whole)
    _require_whole(chosen, opinion, count=len(candidates))
    best_first = np.lexsort((whole.random("tie"), -opinion.score))
    order = alternate([candidates[i] for i in best_first], batch=batch)
    score, reason = opinion.score, opinion.reason
    place = [int(best_first[position]) for position in order]
    return [Ranked(candidates[i].image_id, float(score[i]), reason[i]) for i in place[:count]]


def alternate(best_first: Sequence[Candidate], *, batch: int = BATCH) -> list[int]:
    """Positions of the candidates in an order whose batches hold as many patients as they can.

    O(n log n): patients wait in a heap by their best image left.
    """
    waiting = _by_patient(best_first)
    order: list[int] = []
    while waiting:
        order += _one_batch(waiting, size=batch, previous=best_first[order[-1]].patient_id if order else None)
    return order


class _Waiting:
    """The images of one patient that are still to come, one queue a breast, best first."""

    def __init__(self, patient: Hashable) -> None:
        self.patient = patient
        self._queues: dict[Hashable, deque[int]] = {}
        self._shown: Hashable = None

    def add(self, breast: Hashable, position: int) -> None:
        """Append the next worse image."""
        self._queues.setdefault(breast, deque()).append(position)

    @property
    def best(self) -> int:
        """Position of the image that `take` gives next."""
        return self._next()[1]

    def take(self) -> int:
        """Remove and return the best image of a breast not shown last, or of that one if no other is left."""
        breast, position = self._next()
        self._queues[breast].popleft()
        if not self._queues[breast]:
            del self._queues[breast]
        self._shown = breast
        return position

    def __bool__(self) -> bool:
        return bool(self._queues)

    def _next(self) -> tuple[Hashable, int]:
        others = {breast: queue for breast, queue in self._queues.items() if breast != self._shown}
        return min(((b, q[0]) for b, q in (others or self._queues).items()), key=lambda item: item[1])


def _by_patient(best_first: Sequence[Candidate]) -> list[tuple[int, int, _Waiting]]:
    """A heap of patients by the position of their best image."""
    patients: dict[Hashable, _Waiting] = {}
    for position, candidate in enumerate(best_first):
        patient = patients.setdefault(candidate.patient_id, _Waiting(candidate.patient_id))
        patient.add(candidate.breast, position)
    heap = [(waiting.best, number, waiting) for number, waiting in enumerate(patients.values())]
    heapq.heapify(heap)
    return heap


def _one_batch(heap: list[tuple[int, int, _Waiting]], *, size: int, previous: Hashable) -> Iterator[int]:
    """Up to `size` images of different patients, not beginning with the patient that came last."""
    served: list[tuple[int, int, _Waiting]] = []
    held = heapq.heappop(heap) if len(heap) > 1 and heap[0][2].patient == previous else None
    while heap and len(served) < size:
        served.append(heapq.heappop(heap))
        yield served[-1][2].take()
        if held is not None:
            heapq.heappush(heap, held)
            held = None
    for _, number, waiting in served:
        if waiting:
            heapq.heappush(heap, (waiting.best, number, waiting))


def _require_predictions(strategy: Strategy, candidates: Sequence[Candidate]) -> None:
    missing = sum(candidate.prediction is None for candidate in candidates)
    if strategy.needs_prediction and missing:
        raise UserError(
            f"{missing} of {len(candidates)} images have no prediction yet, which the ranking "
            f"{strategy.name!r} needs. Train or score first, or rank by 'random'."
        )
    missing = sum(candidate.evidence is None for candidate in candidates)
    if strategy.needs_evidence and missing:
        raise UserError(
            f"{missing} of {len(candidates)} images were scored before the ranking {strategy.name!r} was there, which needs more than "
            "their probabilities. Score again (`lesionloop score`, or retrain), or rank by 'uncertainty'."
        )


def _require_whole(strategy: Strategy, opinion: Opinion, *, count: int) -> None:
    score: FloatArray = opinion.score
    if score.shape != (count,) or len(opinion.reason) != count or not np.isfinite(score).all():
        raise ValueError(f"the ranking {strategy.name!r} did not give one finite score and reason an image")
