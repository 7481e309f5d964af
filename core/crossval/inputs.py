"""What the runs of a cross-validation read: features by image in the mapped store, labels, and region labels.

Written once for each kind of features and alpha, into a folder that does not outlive the evaluation, and read by
every process. Letters: m regions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.augmentation import augmented, variants_of
from core.bag_variants import read_variants
from core.bags import Bag, BagVariant
from core.crossval.cohort import Cohort, CohortImage
from core.domain import Label, Split
from core.errors import UserError
from core.feature_file import feature_key
from core.feature_store import FeatureStore
from core.job import CONTOURS, ImageContours, contours_json, read_contours, write_atomically
from core.recipe import Recipe

_LIST, _ARRAYS = "inputs.json", "region_labels.npz"


@dataclass(frozen=True, slots=True)
class Parts:
    """Which images train, validate and are held out, and which of those that train lend their contours."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]
    annotated: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class InputImage:
    """One image as a run needs it. key: of its features."""

    image_id: int
    key: str
    label: Label
    content_hash: str
    scale: float


@dataclass(eq=False, slots=True)
class Inputs:
    """Labels and features of a cohort for one kind of recipe. One object belongs to one process.

    region_labels, contours: of the images that can be in F.
    """

    store: FeatureStore
    images: dict[int, InputImage]
    region_labels: dict[int, NDArray[np.int8]]
    contours: dict[int, ImageContours]

    def features(self, image_id: int) -> NDArray[np.float16]:
        """(m, d) of one image. Raises UserError where they went while the evaluation was at work."""
        try:
            return self.store.images.read(self.images[image_id].key)
        except KeyError as error:
            raise UserError(
                "Region features were removed to make room for others. Run the same command again: they are made anew."
            ) from error

    def bags(self, parts: Parts, recipe: Recipe) -> tuple[list[Bag], int]:
        """The images that train and validate, with region labels on those alone that lend their contours.

        Those that train have their variants where the recipe augments. Returns also how many variants have no features.
        """
        annotated = set(parts.annotated)
        labels = [self.images[image_id].label for image_id in parts.train]
        has_variants = {i for i, is_so in zip(parts.train, augmented(labels, recipe), strict=True) if is_so}
        bags, missing = [], 0
        for ids, split in ((parts.train, Split.TRAIN), (parts.validation, Split.VALIDATION)):
            for image_id in ids:
                variants: list[BagVariant] = []
                if image_id in has_variants:
                    variants = self._variants(image_id, recipe, is_annotated=image_id in annotated)
                    missing += recipe.variants - len(variants)
                bag = Bag(
                    image_id=image_id,
                    features=self.features(image_id),
                    label=self.images[image_id].label,
                    split=split,
                    region_labels=self.region_labels[image_id] if image_id in annotated else None,
                    variants=tuple(variants),
                )
                bags.append(bag)
        return bags, missing

    def _variants(self, image_id: int, recipe: Recipe, *, is_annotated: bool) -> list[BagVariant]:
        image = self.images[image_id]
        return read_variants(
            self.store,
            variants_of(image.content_hash, recipe.variants),
            content_hash=image.content_hash,
            scale=image.scale,
            contours=self.contours[image_id] if is_annotated else None,
            recipe=recipe,
        )


def feature_keys(cohort: Cohort, recipe: Recipe) -> dict[int, str]:
    """The key of each image in the feature store of a recipe."""
    grid = recipe.grid.key
    return {
        image.image_id: feature_key(image.content_hash, image.scale, image.boxes[grid])
        for image in cohort.images
    }


def open_store(features_folder: Path, recipe: Recipe) -> FeatureStore:
    """The feature store of a recipe's trunk and grid."""
    from core.trunks import trunk_dimension, trunk_key

    return FeatureStore(
        features_folder,
        trunk_key=trunk_key(recipe.trunk),
        grid=recipe.grid,
        dimension=trunk_dimension(recipe.trunk),
    )


def missing_features(cohort: Cohort, recipe: Recipe, features_folder: Path) -> frozenset[int]:
    """Images of the cohort without features of a recipe."""
    with open_store(features_folder, recipe) as store:
        return frozenset(
            image_id for image_id, key in feature_keys(cohort, recipe).items() if key not in store.images
        )


def inputs_name(recipe: Recipe) -> str:
    """Name of the folder that recipes of one kind share."""
    parts = [recipe.trunk, recipe.grid.key, recipe.alpha]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def write_inputs(folder: Path, cohort: Cohort, recipe: Recipe, *, features_folder: Path) -> None:
    """Write what read_inputs reads."""
    folder.mkdir(parents=True)
    keys = feature_keys(cohort, recipe)
    value = {
        "features_folder": str(features_folder),
        "recipe": replace(recipe, name="").to_json(),
        "images": [
            [image.image_id, keys[image.image_id], image.label.value, image.content_hash, image.scale]
            for image in cohort.images
        ],
    }
    annotated = [image for image in cohort.images if image.is_annotated]
    labels = {
        str(image.image_id): image.region_labels(grid_key=recipe.grid.key, alpha=recipe.alpha)
        for image in annotated
    }
    with (folder / _ARRAYS).open("wb") as file:
        np.savez(file, allow_pickle=False, **labels)
    contours = {image.image_id: _contours(image) for image in annotated}
    write_atomically(folder / CONTOURS, contours_json(contours))
    write_atomically(folder / _LIST, json.dumps(value).encode())


@lru_cache(maxsize=4)
def read_inputs(folder: Path) -> Inputs:
    """Inputs as written; the features stay on the disk, mapped, and are shared between processes."""
    value = json.loads((folder / _LIST).read_bytes())
    with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
        region_labels = {int(name): arrays[name] for name in arrays.files}
    rows = [
        InputImage(image_id, key, Label(label), content_hash, scale)
        for image_id, key, label, content_hash, scale in value["images"]
    ]
    return Inputs(
        store=open_store(Path(value["features_folder"]), Recipe.from_json(value["recipe"])),
        images={row.image_id: row for row in rows},
        region_labels=region_labels,
        contours=read_contours(folder),
    )


def _contours(image: CohortImage) -> ImageContours:
    rows, columns = image.shape
    return ImageContours(rows, columns, tuple(finding.contour for finding in image.malignant))


def digest_of(values: Sequence[object]) -> str:
    """SHA-256 over plain values, in their order."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()
