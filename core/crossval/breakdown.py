"""Where a recipe errs: by finding type, by size, by density, and the single images that it gets most wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core import metrics
from core.crossval.cells import CellResult
from core.crossval.cohort import Cohort, CohortImage
from core.crossval.measures import Truth, is_positive, task_score
from core.evaluation import Task

SHOWN = 10  # worst images of each kind
SIZES = ("smallest third", "middle third", "largest third")


@dataclass(frozen=True, slots=True)
class Group:
    """Images that belong together in one way. `by` is 'finding type', 'size' or 'density'."""

    by: str
    name: str
    members: frozenset[int]


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """How a group does in M vs. BN. auroc: its malignant images against all other-labelled ones of their fold (of the
    group alone, by density), averaged over cells. sensitivity: share of its malignant images called at the fold's
    operating point. first_region: share of those with drawn contours whose best region by d^M lies on one.
    """

    by: str
    group: str
    images: int
    malignant: int
    auroc: float | None
    sensitivity: float | None
    first_region: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def groups_of(cohort: Cohort) -> tuple[list[Group], list[str]]:
    """The groups that the cohort allows, and a sentence for each way that it does not."""
    groups: list[Group] = []
    notes: list[str] = []
    for by, made in (
        ("finding type", _by_type(cohort.images)),
        ("size", _by_size(cohort.images)),
        ("density", _by_density(cohort.images)),
    ):
        groups += made
        if not made:
            notes.append(_WHY_NOT[by])
    return groups, notes


_WHY_NOT = {
    "finding type": "Errors by finding type are not told: no malignant finding is drawn.",
    "size": "Errors by size are not told: fewer than three malignant images have a drawn finding.",
    "density": "Errors by density are not told: the density of the breasts is not known.",
}


def breakdown(
    results: Sequence[CellResult],
    images: Mapping[int, CohortImage],
    truth: Mapping[int, Truth],
    *,
    groups: Sequence[Group],
) -> list[GroupFigures]:
    """Figures of each group over the held-out images of all cells."""
    return [_figures(group, results, images, truth) for group in groups]


def worst(
    results: Sequence[CellResult], images: Mapping[int, CohortImage]
) -> dict[str, list[dict[str, Any]]]:
    """The most suspicious images without, and the least suspicious with, a malignant label.

    By place within their own fold (the share of its held-out images with a lower p_M), averaged over seeds.
    """
    places: dict[int, list[float]] = {}
    chances: dict[int, list[float]] = {}
    fold: dict[int, int] = {}
    for result in results:
        ids = result.images("test")
        chance = np.array([result.probability[i][1] for i in ids])
        for image_id, p in zip(ids, chance, strict=True):
            places.setdefault(image_id, []).append(float((chance < p).mean()))
            chances.setdefault(image_id, []).append(float(p))
            fold[image_id] = int(result.figures["fold"])
    rows = [
        {
            "image_id": image_id,
            "label": images[image_id].label.value,
            "fold": fold[image_id],
            "place_in_fold": float(np.mean(place)),
            "p_malignant": float(np.mean(chances[image_id])),
        }
        for image_id, place in places.items()
    ]
    rows.sort(key=lambda row: (row["place_in_fold"], row["image_id"]))
    malignant = {image_id for image_id in places if images[image_id].label.is_malignant}
    return {
        "false_positives": [row for row in reversed(rows) if row["image_id"] not in malignant][:SHOWN],
        "misses": [row for row in rows if row["image_id"] in malignant][:SHOWN],
    }


def _by_type(images: Sequence[CohortImage]) -> list[Group]:
    found: dict[str, set[int]] = {}
    for image in images:
        if image.label.is_malignant:
            for kind in image.finding_types:
                found.setdefault(kind.value, set()).add(image.image_id)
    return [Group("finding type", name, frozenset(ids)) for name, ids in sorted(found.items())]


def _by_size(images: Sequence[CohortImage]) -> list[Group]:
    drawn = [image for image in images if image.is_annotated]
    if len(drawn) < len(SIZES):
        return []
    has_mm = all(image.spacing_mm is not None for image in drawn)
    measure: Callable[[CohortImage], float | None] = lambda i: i.largest_mm2 if has_mm else i.largest_px2  # noqa: E731
    area = {image.image_id: measure(image) or 0.0 for image in drawn}
    ordered = sorted(area, key=lambda image_id: (area[image_id], image_id))
    unit = "mm²" if has_mm else "px²"
    return [
        Group("size", f"{name} ({area[part[0]]:.0f} to {area[part[-1]]:.0f} {unit})", frozenset(part))
        for name, part in zip(SIZES, (list(p) for p in np.array_split(ordered, len(SIZES))), strict=True)
    ]


def _by_density(images: Sequence[CohortImage]) -> list[Group]:
    found: dict[str, set[int]] = {}
    for image in images:
        if image.density:
            found.setdefault(image.density, set()).add(image.image_id)
    return [Group("density", name, frozenset(ids)) for name, ids in sorted(found.items())]


def _figures(
    group: Group,
    results: Sequence[CellResult],
    images: Mapping[int, CohortImage],
    truth: Mapping[int, Truth],
) -> GroupFigures:
    aurocs: list[float] = []
    called: list[bool] = []
    first: list[bool] = []
    for result in results:
        ids = result.images("test")
        score = {i: task_score(result.probability[i], Task.MALIGNANT) for i in ids}
        positive = {i: is_positive(images[i].label, Task.MALIGNANT) for i in ids}
        threshold = metrics.operating_threshold([score[i] for i in ids], [positive[i] for i in ids])
        mine = [i for i in ids if positive[i] and i in group.members]
        others = [i for i in ids if not positive[i] and (group.by != "density" or i in group.members)]
        value = metrics.auroc(
            [score[i] for i in (*mine, *others)], [True] * len(mine) + [False] * len(others)
        )
        aurocs += [] if value is None else [value]
        called += [threshold is not None and score[i] >= threshold for i in mine]
        first += [
            bool(truth[i].malignant[int(np.argmax(result.score[i][:, 1]))])
            for i in mine
            if images[i].malignant
        ]
    return GroupFigures(
        by=group.by,
        group=group.name,
        images=len(group.members),
        malignant=sum(images[i].label.is_malignant for i in group.members if i in images),
        auroc=_mean(aurocs),
        sensitivity=_mean(called),
        first_region=_mean(first),
    )


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
