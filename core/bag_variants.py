"""From the feature store to the variants of a training image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.augmentation import Variant, stride_of, variant_labels
from core.bags import BagVariant
from core.feature_store import FeatureStore, variant_key
from core.recipe import Recipe

if TYPE_CHECKING:
    from core.job import ImageContours


def read_variants(
    store: FeatureStore,
    variants: Sequence[Variant],
    *,
    content_hash: str,
    scale: float,
    contours: ImageContours | None,
    recipe: Recipe,
) -> list[BagVariant]:
    """Those variants of an image that the store has, in order; features are views of the mapped file.

    scale: working pixels an image pixel. contours: the malignant ones of the image where it is annotated, else None.
    """
    found = []
    stride = stride_of(recipe.grid, scale=scale)
    for variant in variants:
        key = variant_key(content_hash, scale, variant)
        if not store.has_variant(key):
            continue
        features, boxes = store.read_variant(key)
        labels = None
        if contours is not None:
            shape = contours.rows, contours.columns
            labels = variant_labels(
                variant, boxes, contours.malignant, shape=shape, stride=stride, alpha=recipe.alpha
            )
        found.append(BagVariant(features, labels))
    return found
