"""The points of the plane as plain arrays: where each is, and all that it can be coloured or split by.

Letters: n points. A point is one image under one model; in an evaluation, one image has a point for each fold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from core.domain import Decision, ImageId, Label, Split
from core.plane import class_of
from storage.records import ImageRecord

LABELS = tuple(Label)
SPLITS = tuple(Split)
DECISIONS = tuple(Decision)
NONE = -1  # no label, no decision, no fold
_LABEL_CODES = {None: NONE, **{label: code for code, label in enumerate(LABELS)}}
_SPLIT_CODES = {split: code for code, split in enumerate(SPLITS)}
_DECISION_CODES = {None: NONE, **{decision: code for code, decision in enumerate(DECISIONS)}}
_CLASS_OF_LABEL = np.array([*(class_of(label) for label in LABELS), class_of(None)], np.int8)


@dataclass(frozen=True, eq=False, slots=True)
class PlanePoints:
    """(n,) arrays. x: p(y_M = 1); y: p(y_B = 1). label, split, decision: codes into LABELS, SPLITS, DECISIONS.

    fold: of an evaluation, NONE otherwise.
    """

    image_id: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    label: NDArray[np.int8]
    split: NDArray[np.int8]
    decision: NDArray[np.int8]
    fold: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.image_id)

    @property
    def position(self) -> NDArray[np.float64]:
        """(n, 2), (x, y)."""
        return np.stack([self.x, self.y], axis=1)

    @property
    def plane_class(self) -> NDArray[np.int8]:
        """(n,) codes into core.plane.PLANE_CLASSES."""
        return _CLASS_OF_LABEL[self.label]

    @property
    def is_malignant(self) -> NDArray[np.bool_]:
        """(n,), y_M by the label; False without one."""
        return np.isin(self.label, [code for code, label in enumerate(LABELS) if label.is_malignant])

    @property
    def has_label(self) -> NDArray[np.bool_]:
        """(n,)."""
        return self.label != NONE

    def of_split(self, split: Split | None) -> NDArray[np.bool_]:
        """(n,), the points of a split; of all with None."""
        return np.ones(len(self), bool) if split is None else self.split == SPLITS.index(split)

    def part(self, mask: NDArray[np.bool_]) -> PlanePoints:
        """Some of them, (n,)."""
        return PlanePoints(*(getattr(self, field.name)[mask] for field in fields(self)))


def points_of(records: Sequence[ImageRecord]) -> PlanePoints:
    """The scored images of a project under its current model."""
    scored = [r for r in records if r.p_malignant is not None and r.p_benign is not None]
    return PlanePoints(
        image_id=np.array([r.id for r in scored], np.int64),
        x=np.array([r.p_malignant for r in scored], np.float64),
        y=np.array([r.p_benign for r in scored], np.float64),
        label=np.array([_LABEL_CODES[r.label] for r in scored], np.int8),
        split=np.array([_SPLIT_CODES[r.split] for r in scored], np.int8),
        decision=np.array([_DECISION_CODES[r.decision] for r in scored], np.int8),
        fold=np.full(len(scored), NONE, np.int16),
    )


def points_at(
    image_id: NDArray[np.int64],
    *,
    p_malignant: NDArray[np.float64],
    p_benign: NDArray[np.float64],
    split: NDArray[np.int8],
    fold: NDArray[np.int16],
    records: Mapping[ImageId, ImageRecord],
) -> PlanePoints:
    """Points of an evaluation, with the labels and decisions that the project has now. All ids are in `records`."""
    known = [records[ImageId(int(each))] for each in image_id]
    return PlanePoints(
        image_id=image_id,
        x=p_malignant,
        y=p_benign,
        label=np.array([_LABEL_CODES[r.label] for r in known], np.int8),
        split=split,
        decision=np.array([_DECISION_CODES[r.decision] for r in known], np.int8),
        fold=fold,
    )


def positions_before(
    points: PlanePoints, before: Mapping[ImageId, tuple[float, float]]
) -> NDArray[np.float64]:
    """(n, 2) where each point was under another model, NaN where that one had not scored it.

    before: (p_B, p_M) by image, as the store hands it out.
    """
    nowhere = (np.nan, np.nan)
    pairs = [before.get(ImageId(int(each)), nowhere) for each in points.image_id]
    return np.array(pairs, np.float64).reshape(-1, 2)[:, ::-1].copy()
