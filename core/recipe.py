"""What makes a model: small declarative objects that are stored with it and give the same numbers again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self


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


@dataclass(frozen=True, slots=True)
class GridSettings:
    """The window grid: 224 px windows at stride 112, at a working spacing of 70 um."""

    window: int = 224
    stride: int = 112
    working_spacing_mm: float = 0.07
    min_tissue: float = 0.5

    @property
    def key(self) -> str:
        """Short hash that names this grid in the store and in file names."""
        return _key(asdict(self))


@dataclass(frozen=True, slots=True)
class TrunkSettings:
    """Which pretrained trunk, and how its features are taken; part of every model's recipe."""

    name: str = "efficientnet-lite0"
    mode: TrunkMode = TrunkMode.DENSE
    tap: str = "final"
    pooling: str = "mean"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a training run, besides the data."""

    method: Method = Method.SS_CLS_DET_RS
    k: int = 10
    alpha: float = 0.5
    beta: float = 1.0
    lambda2: float = 1.0
    hidden: int = 128
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
    seed: int = 0
    threads: int = 2
    device: str = "cpu"
    grid: GridSettings = field(default_factory=GridSettings)
    trunk: TrunkSettings = field(default_factory=TrunkSettings)

    def to_json(self) -> dict[str, Any]:
        """Plain values only, for recipe.json and the store."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Inverse of to_json. An unknown key raises TypeError: a newer recipe is not half understood."""
        plain = dict(value)
        grid = GridSettings(**plain.pop("grid", {}))
        trunk = dict(plain.pop("trunk", {}))
        trunk["mode"] = TrunkMode(trunk.get("mode", TrunkMode.DENSE))
        plain["method"] = Method(plain.get("method", Method.SS_CLS_DET_RS))
        return cls(**plain, grid=grid, trunk=TrunkSettings(**trunk))


def _key(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
