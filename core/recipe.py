"""What makes a model: small declarative objects that are stored with it and give the same numbers again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from core.values import Choice, Number, Of, RecipeError, Text, Wanted, Whole, check, settings_by_name

__all__ = [
    "Augmentation",
    "GridSettings",
    "Method",
    "Normalisation",
    "Precision",
    "Recipe",
    "RecipeError",
    "TrunkMode",
    "TrunkSettings",
]


class Method(StrEnum):
    """The paper's family (Table II); `is_semi_supervised` methods use local annotations."""

    MAX_REGION = "Max-Region"
    DB_BASELINE = "DB-Baseline"
    CLS_DET = "Cls-Det"
    CLS_DET_RS = "Cls-Det-RS"
    SS_BASELINE_RS = "SS-Baseline-RS"
    SS_CLS_DET_RS = "SS-Cls-Det-RS"

    @property
    def is_semi_supervised(self) -> bool:
        """Whether the method uses region labels from contours (Sec. IV)."""
        return self in (Method.SS_BASELINE_RS, Method.SS_CLS_DET_RS)


class TrunkMode(StrEnum):
    """How region features are made. Features of different modes are never mixed."""

    DENSE = "dense"  # one pass over the breast's bounding box, regions pooled from the shared map
    WINDOWS = "windows"  # each window on its own


class Augmentation(StrEnum):
    """Which training images are also shown turned, mirrored and shifted (Sec. V, Implementation)."""

    NONE = "none"
    RARE = "rare"  # only images of the rarer side of malignant against the rest
    ALL = "all"  # the paper's


class Precision(StrEnum):
    """How a device multiplies. Only float32 gives the same numbers on every device, to rounding."""

    FLOAT32 = "float32"
    TF32 = "tf32"
    BF16 = "bf16"


class Normalisation(StrEnum):
    """What becomes of the trunk's features before the principal components, or before FC3 where there are none."""

    STANDARDISE = "standardise"  # each feature by its own mean and deviation over the training regions
    NONE = "none"  # the paper's: as the trunk gives them
    L2 = "l2"  # each region's vector by its own length, so that its mean square is 1


@dataclass(frozen=True, slots=True)
class GridSettings:
    """The window grid: 224 px windows at stride 112, at a working spacing of 70 um."""

    window: int = 224
    stride: int = 112
    working_spacing_mm: float = 0.07
    min_tissue: float = 0.5

    def __post_init__(self) -> None:
        check(self, _GRID_VALUES)

    @property
    def key(self) -> str:
        """Short hash that names this grid in the store and in file names."""
        return _key(asdict(self))


@dataclass(frozen=True, slots=True)
class TrunkSettings:
    """Which pretrained trunk, and how its features are taken; part of every model's recipe.

    weights_sha256: of the weights file that the user pointed to; empty for a trunk whose weights come with a package.
    input_scaling: 'mean/std' of R, G and B in [0, 1] that such weights were trained under; empty: the trunk's own.
    """

    name: str = "efficientnet-lite0"
    mode: TrunkMode = TrunkMode.DENSE
    tap: str = "final"
    pooling: str = "mean"  # or "mean+max": twice as many features
    weights_sha256: str = ""
    input_scaling: str = ""

    def __post_init__(self) -> None:
        check(self, _TRUNK_VALUES)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a training run, besides the data. `name` is how people call it."""

    name: str = "default"
    method: Method = Method.SS_CLS_DET_RS
    k: int = 10
    alpha: float = 0.5
    beta: float = 1.0
    lambda2: float = 1.0
    hidden: int = 128
    normalisation: Normalisation = Normalisation.L2
    components: int = 128  # PCA of the trunk's features; 0 keeps them whole
    dropout: float = 0.5
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    batch_images: int = 256
    epochs: int = 200
    # Epochs without region selection at the start, at most half of them (0 in the paper): selection by weights that
    # know nothing yet can miss the lesions for good. On planted ones 1 of 6 seeds learnt without, 6 of 6 with 20.
    dense_epochs: int = 20
    patience: int = 0  # epochs without a better validation AUROC before stopping; 0 never stops early
    augmentation: Augmentation = Augmentation.NONE
    variants: int = 0  # turned, mirrored or shifted copies that each augmented image has
    balance: bool = False  # images of the rarer side are shown more often, until both sides weigh the same
    members: int = 1  # heads trained from different seeds, whose probabilities are averaged
    calibrate: bool = False  # temperature scaling, fitted on the validation images
    seed: int = 0
    threads: int = 2
    device: str = "cpu"  # or "cuda", "mps", "xpu", or "auto": the best that is there
    precision: Precision = Precision.FLOAT32
    grid: GridSettings = field(default_factory=GridSettings)
    trunk: TrunkSettings = field(default_factory=lambda: TrunkSettings(pooling="mean+max"))

    def __post_init__(self) -> None:
        """Raise RecipeError, which is a ValueError, for a value of another type or out of its range."""
        check(self, _RECIPE_VALUES)

    def to_json(self) -> dict[str, Any]:
        """Plain values only, for recipe.json and the store."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Inverse of to_json. RecipeError for anything else; an unknown key too: a newer recipe is not half understood."""
        plain = _SINCE_0_2 | settings_by_name(value, known=_RECIPE_VALUES)
        for name, kind, known in (
            ("grid", GridSettings, _GRID_VALUES),
            ("trunk", TrunkSettings, _TRUNK_VALUES),
        ):
            plain[name] = kind(**settings_by_name(plain.get(name, {}), known=known))
        return cls(**plain)

    @staticmethod
    def settings_since_0_2() -> frozenset[str]:
        """Settings that a recipe stored by an earlier version does not have."""
        return frozenset(_SINCE_0_2)


# What a recipe did that was stored before it could say so; never today's defaults.
_SINCE_0_2: dict[str, Any] = {
    "name": "default",
    "normalisation": "standardise",
    "augmentation": "none",
    "variants": 0,
    "balance": False,
    "members": 1,
    "calibrate": False,
    "precision": "float32",
}


_GRID_VALUES: Mapping[str, Wanted] = {
    "window": Whole(1, 65_536),
    "stride": Whole(1, 65_536),
    "working_spacing_mm": Number(1e-3, 10.0),
    "min_tissue": Number(0.0, 1.0),
}
_TRUNK_VALUES: Mapping[str, Wanted] = {
    "name": Text(),
    "mode": Choice(TrunkMode),
    "tap": Text(),
    "pooling": Text(("mean", "mean+max")),
    "weights_sha256": Text(),
    "input_scaling": Text(),
}
_RECIPE_VALUES: Mapping[str, Wanted] = {
    "name": Text(),
    "method": Choice(Method),
    "k": Whole(1, 1_000_000),
    "alpha": Number(1e-6, 1.0),
    "beta": Number(0.0, 1e6),
    "lambda2": Number(0.0, 1e6),
    "hidden": Whole(1, 65_536),
    "normalisation": Choice(Normalisation),
    "components": Whole(0, 65_536),
    "dropout": Number(0.0, 0.99),
    "learning_rate": Number(1e-15, 10.0),
    "weight_decay": Number(0.0, 1e3),
    "batch_images": Whole(1, 1_000_000),
    "epochs": Whole(1, 10_000_000),
    "dense_epochs": Whole(0, 10_000_000),
    "patience": Whole(0, 10_000_000),
    "augmentation": Choice(Augmentation),
    "variants": Whole(0, 111),  # as many as core.augmentation knows
    "balance": Of(bool),
    "members": Whole(1, 100),
    "calibrate": Of(bool),
    "seed": Whole(-(2**63), 2**63 - 1),
    "threads": Whole(1, 1_024),
    "device": Text(),
    "precision": Choice(Precision),
    "grid": Of(GridSettings),
    "trunk": Of(TrunkSettings),
}


def _key(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
