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

from core.bags import Bag
from core.crossval.cohort import Cohort
from core.domain import Label, Split
from core.feature_file import FeatureFile, feature_file_name, feature_key
from core.job import write_atomically
from core.recipe import Recipe

_LIST, _ARRAYS = "inputs.json", "region_labels.npz"


@dataclass(frozen=True, slots=True)
class Parts:
    """Which images train, validate and are held out, and which of those that train lend their contours."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]
    annotated: tuple[int, ...] = ()


@dataclass(eq=False, slots=True)
class Inputs:
    """Labels and features of a cohort for one kind of recipe. One object belongs to one process."""

    store: FeatureFile
    keys: dict[int, str]
    labels: dict[int, Label]
    region_labels: dict[int, NDArray[np.int8]]

    def features(self, image_id: int) -> NDArray[np.float16]:
        """(m, d) of one image."""
        return self.store.read(self.keys[image_id])

    def bags(self, parts: Parts) -> list[Bag]:
        """The images that train and validate, with region labels on those alone that lend their contours."""
        annotated = set(parts.annotated)
        return [
            Bag(
                image_id=image_id,
                features=self.features(image_id),
                label=self.labels[image_id],
                split=split,
                region_labels=self.region_labels[image_id] if image_id in annotated else None,
            )
            for ids, split in ((parts.train, Split.TRAIN), (parts.validation, Split.VALIDATION))
            for image_id in ids
        ]


def feature_keys(cohort: Cohort, recipe: Recipe) -> dict[int, str]:
    """The key of each image in the feature store of a recipe."""
    grid = recipe.grid.key
    return {
        image.image_id: feature_key(image.content_hash, image.scale, image.boxes[grid])
        for image in cohort.images
    }


def open_store(features_folder: Path, recipe: Recipe) -> FeatureFile:
    """The feature store of a recipe's trunk and grid."""
    from core.trunks import trunk_dimension, trunk_key

    name = feature_file_name(trunk_key(recipe.trunk), recipe.grid)
    return FeatureFile.open(features_folder, name, dimension=trunk_dimension(recipe.trunk))


def missing_features(cohort: Cohort, recipe: Recipe, features_folder: Path) -> frozenset[int]:
    """Images of the cohort without features of a recipe."""
    with open_store(features_folder, recipe) as store:
        return frozenset(
            image_id for image_id, key in feature_keys(cohort, recipe).items() if key not in store
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
            {"image_id": image.image_id, "label": image.label.value, "key": keys[image.image_id]}
            for image in cohort.images
        ],
    }
    labels = {
        str(image.image_id): image.region_labels(grid_key=recipe.grid.key, alpha=recipe.alpha)
        for image in cohort.images
        if image.is_annotated
    }
    with (folder / _ARRAYS).open("wb") as file:
        np.savez(file, allow_pickle=False, **labels)
    write_atomically(folder / _LIST, json.dumps(value).encode())


@lru_cache(maxsize=4)
def read_inputs(folder: Path) -> Inputs:
    """Inputs as written; the features stay on the disk, mapped, and are shared between processes."""
    value = json.loads((folder / _LIST).read_bytes())
    with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
        region_labels = {int(name): arrays[name] for name in arrays.files}
    return Inputs(
        store=open_store(Path(value["features_folder"]), Recipe.from_json(value["recipe"])),
        keys={image["image_id"]: image["key"] for image in value["images"]},
        labels={image["image_id"]: Label(image["label"]) for image in value["images"]},
        region_labels=region_labels,
    )


def digest_of(values: Sequence[object]) -> str:
    """SHA-256 over plain values, in their order."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()
