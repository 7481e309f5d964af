"""One job at work: what its steps share, and what they have found so far."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.augmentation import Variant, augmented, variants_of
from core.control import Control
from core.domain import Split
from core.errors import UserError
from core.events import Finished, Notice, Stopped
from core.feature_file import feature_key
from core.feature_store import FeatureStore
from core.job import Job, Step, write_result
from core.recipe import TrunkSettings

if TYPE_CHECKING:
    from core.training_run import FittedModel
    from core.trunks import Trunk


@dataclass(eq=False, slots=True)
class JobRun:
    """One job at work, and what it has found so far. boxes, variants, region_labels: by image, in the order of job.images.

    results: names of files to seal. failures: file name and reason by image id. fitted: the model of this job's fit.
    """

    folder: Path
    job: Job
    control: Control
    boxes: list[NDArray[np.float64]] = field(default_factory=list)
    variants: list[tuple[Variant, ...]] = field(default_factory=list)
    region_labels: list[NDArray[np.int8]] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    failures: dict[int, str] = field(default_factory=dict)
    fitted: FittedModel | None = None
    is_cut_short: bool = False
    opened: FeatureStore | None = None
    summary: dict[str, Any] = field(default_factory=lambda: {"seconds": {}})

    def end(self) -> Finished | Stopped:
        """Seal the results and say how it ended."""
        self.summary["failed"] = [
            {"image_id": image_id, "reason": reason} for image_id, reason in self.failures.items()
        ]
        if self.control.is_cancelled or (self.is_cut_short and not self.results):
            return Stopped(kept=False, summary=self.summary)
        write_result(self.folder, self.results)
        if self.control.is_stopping:
            return Stopped(kept=True, summary=self.summary)
        return Finished(self.summary)

    @contextmanager
    def timed(self, step: Step) -> Iterator[None]:
        """Put the seconds of a step into the summary."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.summary["seconds"][step.value] = round(time.monotonic() - start, 2)

    def read_arrays(self) -> None:
        """Read boxes and region labels. Raises UserError where their file is missing or damaged."""
        try:
            with np.load(self.folder / "arrays.npz", allow_pickle=False) as arrays:
                cuts = arrays["offsets"][1:-1]
                self.boxes = np.split(arrays["boxes"], cuts)
                self.region_labels = np.split(arrays["region_labels"], cuts)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise UserError(
                "The work cannot be done: its arrays.npz is missing or damaged. Nothing was changed; start it again."
            ) from error
        if len(self.boxes) != len(self.job.images) and self.job.images:
            raise ValueError("the job has not one set of regions an image")
        self.variants = _variants(self.job)

    def trunk(self) -> Trunk:
        """The trunk of the recipe."""
        recipe = self.job.recipe
        return loaded_trunk(recipe.trunk, threads=recipe.threads, weights_file=self.job.weights_file)

    def trunk_key(self) -> str:
        """Names everything that decides the trunk's features; loads nothing."""
        from core.trunks import trunk_key

        return trunk_key(self.job.recipe.trunk)

    def open_store(self) -> FeatureStore:
        """The features of this recipe's kind, open until the job ends: another trunk, mode or grid has other files."""
        from core.trunks import trunk_dimension

        self.opened = FeatureStore(
            Path(self.job.features_folder),
            trunk_key=self.trunk_key(),
            grid=self.job.recipe.grid,
            dimension=trunk_dimension(self.job.recipe.trunk),
        )
        return self.opened

    @property
    def store(self) -> FeatureStore:
        """The store that open_store opened."""
        if self.opened is None:
            raise ValueError("the feature store is not open")
        return self.opened

    def close(self) -> None:
        """Let go of the store."""
        if self.opened is not None:
            self.opened.close()

    def key(self, index: int) -> str:
        """Names the features of one image as it is."""
        image = self.job.images[index]
        return feature_key(image.content_hash, image.scale, self.boxes[index])

    def features(self, index: int) -> NDArray[np.float16] | Notice | None:
        """Features of one image; a Notice where it newly turns out to have none, None where that was told before."""
        image = self.job.images[index]
        if image.image_id in self.failures:
            return None
        key = self.key(index)
        if key not in self.store.images:
            return self.told(
                image.image_id, f"{Path(image.path).name} has no region features: it was left out."
            )
        return self.store.images.read(key)

    def told(self, image_id: int, reason: str) -> Notice:
        """Leave an image out of the later steps, and say why."""
        self.failures[image_id] = reason
        return Notice(reason)


@lru_cache(maxsize=1)
def loaded_trunk(settings: TrunkSettings, *, threads: int, weights_file: str) -> Trunk:
    """Weights are read and checked once a process, not once a job: the command line runs many jobs in one."""
    from core.trunks import load_trunk

    return load_trunk(settings, threads=threads, weights=Path(weights_file) if weights_file else None)


def _variants(job: Job) -> list[tuple[Variant, ...]]:
    """Of each image, in the order of job.images; only training images have any."""
    train = [index for index, image in enumerate(job.images) if image.split is Split.TRAIN]
    chosen = augmented([job.images[index].label for index in train], job.recipe)
    found: list[tuple[Variant, ...]] = [()] * len(job.images)
    for index, is_chosen in zip(train, chosen, strict=True):
        if is_chosen:
            found[index] = variants_of(job.images[index].content_hash, job.recipe.variants)
    return found
