"""Images as training sees them: bags of region features with what is known of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain import Label, RegionLabel, Split
from core.recipe import Recipe


@dataclass(frozen=True, eq=False, slots=True)
class BagVariant:
    """The same image turned, mirrored or shifted before its regions were cut (Sec. V, Implementation).

    features: (m', d), m' >= 1. region_labels: (m',) int8 from the contours turned with it, None where the bag has none.
    """

    features: NDArray[np.floating]
    region_labels: NDArray[np.int8] | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Bag:
    """One image for training. features: (m, d) float16 or float32, m >= 1.

    region_labels: (m,) int8, RegionLabel, where a reader has drawn all malignant contours; None otherwise.
    variants: of training images only, where the recipe augments.
    """

    image_id: int
    features: NDArray[np.floating]
    label: Label | None
    split: Split
    region_labels: NDArray[np.int8] | None = None
    variants: tuple[BagVariant, ...] = ()

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or len(self.features) == 0:
            raise ValueError(f"image {self.image_id} has features of shape {self.features.shape}")
        if self.region_labels is not None and self.region_labels.shape != (len(self.features),):
            raise ValueError(f"image {self.image_id} has not one label a region")
        if not np.isfinite(self.features).all():
            raise ValueError(f"image {self.image_id} has a feature that is not a number")


def in_full_set(bag: Bag, recipe: Recipe) -> bool:
    """Whether an image is in F: malignant, its malignant contours drawn, and the method uses them (Sec. IV)."""
    is_malignant = bag.label is not None and bag.label.is_malignant
    return recipe.method.is_semi_supervised and is_malignant and bag.region_labels is not None


def has_malignant_region(bag: Bag) -> bool:
    """Whether some region is labelled M (Eq. 7)."""
    return bag.region_labels is not None and bool((bag.region_labels == RegionLabel.M).any())
