"""Work for the background: decision areas learned on training images, and each point's class by them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.plane.points import SPLITS, PlanePoints
from app.translation import tr
from core.domain import ModelId, Split
from core.errors import UserError
from core.metrics import FrocImage
from core.plane import CELLS, UNKNOWN, DecisionAreas, FrocTable, decision_areas


@dataclass(frozen=True, eq=False, slots=True)
class Classified:
    """areas: None where several folds have each their own. predicted: (n,) classes of the points. says: a sentence."""

    areas: DecisionAreas | None
    predicted: NDArray[np.int8]
    says: str


@dataclass(frozen=True, eq=False, slots=True)
class FrocOf:
    """Regions of the images of one split. says: what was left out, or why there is no curve."""

    table: FrocTable
    says: str


def classify(points: PlanePoints) -> Classified:
    """Learn areas on training points alone, fold by fold, and give every point of a fold its class.

    Raises UserError where a class has no training image.
    """
    folds = np.unique(points.fold)
    predicted = np.full(len(points), UNKNOWN, np.int8)
    areas, learned, of = None, 0, 0
    cells = CELLS if len(folds) == 1 else 1  # of several folds, none is shaded
    for fold in folds:
        here = np.flatnonzero(points.fold == fold)
        train = here[points.split[here] == SPLITS.index(Split.TRAIN)]
        areas = decision_areas(points.position[train], points.plane_class[train], cells=cells)
        predicted[here] = areas.classes_of(points.position[here])
        learned, of = learned + areas.trained_on, of + areas.of
    if areas is None:
        raise UserError(tr("There are no decision areas: no image has been scored."))
    says = tr("SVM on {learned:,} training images").format(learned=learned) + (
        tr(" (drawn from {of:,})").format(of=of) if learned < of else ""
    )
    if len(folds) > 1:
        return Classified(
            None,
            predicted,
            tr("{says}, one for each of {folds} folds. Choose a fold to see it.").format(
                says=says, folds=len(folds)
            ),
        )
    return Classified(areas, predicted, f"{says}.")


def read_froc(folder: Path, model_id: ModelId, split: Split | None) -> FrocOf:
    """Read region scores and contours with a connection of its own, and sort them for FROC.

    folder: of the project. Nothing is written.
    """
    from storage.cases import cases_of
    from storage.project import Project

    with Project.open(folder, read_only=True) as project:
        cases = cases_of(project.store, project.store.model(model_id), split=split).cases
    usable = [case for case in cases if case.is_hit is not None or not case.label.is_malignant]
    without = len(cases) - len(usable)
    table = FrocTable(
        FrocImage(
            probability=float(case.probability[1]),
            is_positive=case.label.is_malignant,
            score=case.score.astype(np.float64),
            is_hit=case.is_hit if case.is_hit is not None else np.zeros(len(case.score), bool),
        )
        for case in usable
    )
    if not table.is_positive.any():
        return FrocOf(
            table,
            tr(
                "No FROC: none of these malignant images has a contour. Draw what is malignant on them, or "
                "import contours."
            ),
        )
    told = (
        tr("{without:,} malignant images without a contour are left out.").format(without=without)
        if without
        else ""
    )
    return FrocOf(table, told)
