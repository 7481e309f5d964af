"""The region features of one trunk and grid: of the images as they are, and of their variants with their regions.

Three files: TRUNK-GRID.features, TRUNK-GRID-variants.features, and TRUNK-GRID-variants.boxes, which holds the regions of
the variants, (m, 4) float64 in pixels of the variant. Variants have files of their own so that they can go without the
images. A variant is there when both of its records are, with as many rows.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.augmentation import VARIANTS_VERSION, Variant
from core.errors import UserError
from core.feature_file import FLOAT64, SUFFIX, FeatureFile, OtherFeaturesError, UnusableFileError
from core.feature_folder import ASIDE_SUFFIX, BOXES_SUFFIX, evict, in_words, lacking, refuse_lack
from core.recipe import GridSettings
from core.shared_files import told_by_name

BOX_BYTES = 32
OVERHEAD_BYTES = 256  # head, key and alignment of two records


class FeatureStore:
    """Open for reading by any number of processes; whoever makes features claims it first. Belongs to one thread.

    notices: sentences about what was found damaged and will be made anew. dimension: d.
    """

    def __init__(self, folder: Path, *, trunk_key: str, grid: GridSettings, dimension: int) -> None:
        self.folder = folder
        self.dimension = dimension
        self.notices: list[str] = []
        stem = f"{trunk_key}-{grid.key}"
        with told_by_name(folder / stem):
            folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as opened:
            self.images = opened.enter_context(self._opened(f"{stem}{SUFFIX}", dimension))
            self.variants = opened.enter_context(self._opened(f"{stem}-variants{SUFFIX}", dimension))
            self.boxes = opened.enter_context(self._opened(f"{stem}-variants{BOXES_SUFFIX}", 4, kind=FLOAT64))
            opened.pop_all()
        for file in self.files:
            with contextlib.suppress(OSError):  # not there yet, or not ours to touch
                os.utime(file.path)

    @property
    def files(self) -> tuple[FeatureFile, FeatureFile, FeatureFile]:
        """All three."""
        return self.images, self.variants, self.boxes

    def has_variant(self, key: str) -> bool:
        """Whether a variant is there, with its regions."""
        rows = self.variants.rows(key)
        return rows > 0 and self.boxes.rows(key) == rows

    def read_variant(self, key: str) -> tuple[NDArray[np.float16], NDArray[np.float64]]:
        """Features (m, d) and regions (m, 4) of a variant, views of the mapped files. KeyError where it is not there."""
        if not self.has_variant(key):
            raise KeyError(key)
        return self.variants.read(key), self.boxes.read(key)

    def put_variant(self, key: str, features: NDArray[np.floating], boxes: NDArray[np.float64]) -> None:
        """Write a variant, regions first: killed in between, it counts as absent. Raises as FeatureFile.append does."""
        if len(features) != len(boxes):
            raise ValueError(f"{len(features)} features for {len(boxes)} regions")
        if key not in self.boxes or not np.array_equal(self.boxes.read(key), boxes):
            self.boxes.put(key, boxes)
        self.variants.put(key, features)

    def claim(self) -> bool:
        """Become the one writer, until release; False where another process is writing."""
        for file in self.files:
            if not file.claim():
                self.release()
                return False
        return True

    def release(self) -> None:
        """Let others write."""
        for file in self.files:
            file.release()

    def bytes_of(self, *, image_regions: int, variant_regions: int, records: int) -> int:
        """What features take on the disk: of regions of images and of variants, in so many records."""
        width = 2 * self.dimension
        return image_regions * width + variant_regions * (width + BOX_BYTES) + records * OVERHEAD_BYTES

    def make_room(
        self, *, wanted: int, limit: int, images: Collection[str], variants: Collection[str]
    ) -> list[str]:
        """Free space for `wanted` bytes below the folder's limit and on its disk; sentences about what went.

        First the longest unused files of other kinds go; then records here that are neither of `images` nor of
        `variants` (keys). Raises UserError where that is not enough. The store must be claimed.
        """
        if lacking(self.folder, wanted=wanted, limit=limit) == 0:
            return []
        gone = evict(self.folder, wanted=wanted, limit=limit, keep={file.path for file in self.files})
        if lacking(self.folder, wanted=wanted, limit=limit) > 0:
            gone += sum(file.keep_only(frozenset(variants)) for file in (self.variants, self.boxes))
        if lacking(self.folder, wanted=wanted, limit=limit) > 0:
            gone += self.images.keep_only(frozenset(images))
        refuse_lack(self.folder, wanted=wanted, limit=limit)
        told = (
            f"{in_words(gone)} of region features that were not needed for the longest time were removed to make room "
            f"(limit {in_words(limit)}). They are made again when they are needed."
        )
        return [told] if gone else []

    def damaged(self) -> int:
        """Records found damaged so far."""
        return sum(len(file.damaged) for file in self.files)

    def close(self) -> None:
        """Let go of the files. Arrays that were read stay valid."""
        for file in self.files:
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _opened(self, name: str, dimension: int, *, kind: str = "float16") -> FeatureFile:
        try:
            return FeatureFile.open(self.folder, name, dimension=dimension, kind=kind)
        except (UnusableFileError, OtherFeaturesError):
            pass
        path = self.folder / name
        try:
            path.replace(path.with_name(f"{name}{ASIDE_SUFFIX}"))
        except OSError as error:
            raise UserError(
                f"The region features in {name} cannot be read, and the file cannot be put aside: close other programs "
                "that use it, then start again."
            ) from error
        self.notices.append(
            f"The region features in {name} are damaged or of another version: they were put aside and are made anew."
        )
        return FeatureFile.open(self.folder, name, dimension=dimension, kind=kind)


def variant_key(content_hash: str, scale: float, variant: Variant) -> str:
    """Names the features and regions of one variant; trunk and grid are the file's."""
    digest = hashlib.sha256(f"variant {VARIANTS_VERSION} {content_hash} {variant.key}".encode())
    digest.update(struct.pack("<d", scale))
    return digest.hexdigest()[:32]


def verify_folder(folder: Path) -> list[str]:
    """Read every record of every file; one sentence for each that is damaged or cannot be read. Changes nothing."""
    troubles = []
    for path in sorted([*folder.glob(f"*{SUFFIX}"), *folder.glob(f"*{BOXES_SUFFIX}")]):
        try:
            with FeatureFile.found(path) as file:
                troubles += file.verify()
        except (UserError, ValueError, OSError):
            troubles.append(
                f"The feature file {path.name} cannot be read and is made anew when it is needed."
            )
    return troubles
