"""What a point's colour and symbol say: its true class, decision, finding type, fold, or the call made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from app import theme
from app.plane.points import DECISIONS, LABELS, NONE, PlanePoints
from app.translation import tr, tr_data
from app.worklist import LABEL_WORDS
from core.domain import Finding, FindingType, ImageId, Label

NO_COLOUR = "#70777f"
# Okabe and Ito's colours, darkened where the light ground needs it; told apart with any colour vision, and each has
# its own symbol besides.
PALETTE = ("#0064a6", "#b34a00", "#00795a", "#8e3f73", "#7a6a00", "#2a8ec4", "#000000", "#c07800")
SYMBOLS = ("o", "s", "t1", "d", "t", "+", "p", "h")
SEVERAL = "several types"


class ColourBy(StrEnum):
    """What colour and symbol stand for."""

    LABEL = "True class"
    DECISION = "Decision"
    TYPE = "Finding type"
    FOLD = "Fold"
    CALL = "Call at the threshold"


@dataclass(frozen=True, slots=True)
class Category:
    """One entry of the legend."""

    name: str
    colour: str
    symbol: str


@dataclass(frozen=True, eq=False, slots=True)
class Colouring:
    """codes: (n,) index of each point's category."""

    categories: tuple[Category, ...]
    codes: NDArray[np.int16]


LABEL_CATEGORIES = (
    *(
        Category(
            f"{label.value} {'both' if label is Label.BOTH else LABEL_WORDS[label]}",
            theme.LABEL_COLOURS[label],
            theme.LABEL_SYMBOLS[label],
        )
        for label in LABELS
    ),
    Category("no label", NO_COLOUR, "x"),
)
CALL_CATEGORIES = (
    Category("malignant, called", theme.LABEL_COLOURS[LABELS[2]], "t1"),
    Category("malignant, missed", "#000000", "d"),
    Category("other, called", "#b34a00", "s"),
    Category("other, not called", theme.LABEL_COLOURS[LABELS[0]], "o"),
    Category("no label", NO_COLOUR, "x"),
)


def by_label(points: PlanePoints) -> Colouring:
    """The paper's colours (Fig. 6)."""
    return _coloured(points.label, LABEL_CATEGORIES)


def by_decision(points: PlanePoints) -> Colouring:
    """What the reader decided about the image."""
    return _coloured(points.decision, _made([each.value for each in DECISIONS], rest=tr("no decision")))


def by_fold(points: PlanePoints) -> Colouring:
    """Fold of an evaluation."""
    folds = np.unique(points.fold[points.fold != NONE])
    codes = np.where(points.fold == NONE, NONE, np.searchsorted(folds, points.fold))
    return _coloured(
        codes, _made([tr("fold {fold}").format(fold=fold) for fold in folds], rest=tr("no fold"))
    )


def by_type(points: PlanePoints, types: Mapping[ImageId, str]) -> Colouring:
    """Type of what is drawn on the image."""
    names = [*(each.value for each in FindingType), SEVERAL]
    place = {name: code for code, name in enumerate(names)}
    codes = [place.get(types.get(ImageId(int(each)), ""), NONE) for each in points.image_id]
    return _coloured(np.array(codes, np.int16), _made(names, rest=tr("nothing drawn")))


def by_call(points: PlanePoints, threshold: float) -> Colouring:
    """Right and wrong calls of malignancy at p(y_M = 1) >= threshold."""
    is_called, is_malignant = points.x >= threshold, points.is_malignant
    codes = np.where(is_malignant, np.where(is_called, 0, 1), np.where(is_called, 2, 3))
    return Colouring(CALL_CATEGORIES, np.where(points.has_label, codes, 4).astype(np.int16))


def types_of(findings: Mapping[ImageId, Iterable[Finding]]) -> dict[ImageId, str]:
    """The type drawn on each image; SEVERAL where readers drew more than one."""
    found = {image_id: {f.finding_type.value for f in each} for image_id, each in findings.items()}
    return {i: next(iter(each)) if len(each) == 1 else SEVERAL for i, each in found.items() if each}


def _coloured(codes: NDArray[np.integer], categories: tuple[Category, ...]) -> Colouring:
    """NONE becomes the last category."""
    return Colouring(categories, np.where(codes == NONE, len(categories) - 1, codes).astype(np.int16))


def _made(names: Sequence[str], *, rest: str) -> tuple[Category, ...]:
    made = [
        Category(tr_data(name), PALETTE[i % len(PALETTE)], SYMBOLS[(i + i // len(PALETTE)) % len(SYMBOLS)])
        for i, name in enumerate(names)
    ]
    return (*made, Category(tr_data(rest), NO_COLOUR, "x"))
