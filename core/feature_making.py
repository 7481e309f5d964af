"""Images and their variants -> region features in the store: one at a time, resumable, one image's failure its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.augmentation import Variant, apply, stride_of
from core.breast import tissue_mask
from core.control import Control
from core.decoder import Decoder
from core.errors import UnreadableImageError
from core.feature_file import feature_key
from core.feature_store import FeatureStore, variant_key
from core.features import region_features
from core.job import JobImage
from core.pixels import content_hash, model_input
from core.recipe import GridSettings
from core.regions import region_grid
from core.trunks import Trunk

Pixels = tuple[NDArray[np.float32], NDArray[np.bool_]]


@dataclass(frozen=True, eq=False, slots=True)
class Wanted:
    """What is missing of one image: its own features, of regions `boxes` (m, 4), and those of some variants."""

    image: JobImage
    boxes: NDArray[np.float64]
    needs_image: bool = True
    variants: tuple[Variant, ...] = ()

    @property
    def count(self) -> int:
        """How many pictures the trunk has to see."""
        return int(self.needs_image) + len(self.variants)


@dataclass(frozen=True, slots=True)
class ImageMade:
    """The features of an image, or of one of its variants, are on the disk."""

    image_id: int
    variant: Variant | None = None


@dataclass(frozen=True, slots=True)
class ImageFailed:
    """An image cannot be used; `reason` is a sentence with its file's name."""

    image_id: int
    reason: str


def make_features(
    wanted: Sequence[Wanted], trunk: Trunk, *, grid: GridSettings, store: FeatureStore, control: Control
) -> Iterator[ImageMade | ImageFailed]:
    """Make and store the features of images and their variants, ending early when asked to.

    Each file is decoded once, and the next one while the trunk works on this one. What is stored stays stored: killed
    anywhere, the rest is what is missing next time.
    """
    if not wanted:
        return
    with Decoder() as decoder:
        for want, pixels in _prefetched(wanted, decoder):
            if isinstance(pixels, UnreadableImageError):
                if control.is_stopping:
                    return
                yield ImageFailed(want.image.image_id, _named(pixels, want.image))
                continue
            for variant in (*([None] if want.needs_image else []), *want.variants):
                if control.is_stopping:
                    return
                if variant is None:
                    _make_image(want, trunk, pixels, grid=grid, store=store)
                else:
                    _make_variant(variant, want.image, trunk, pixels, grid=grid, store=store)
                yield ImageMade(want.image.image_id, variant)


def _make_image(
    want: Wanted, trunk: Trunk, pixels: Pixels, *, grid: GridSettings, store: FeatureStore
) -> None:
    key = feature_key(want.image.content_hash, want.image.scale, want.boxes)
    if key not in store.images:  # the same picture may have been imported twice
        image01, _ = pixels
        store.images.append(
            key, region_features(trunk, image01, want.boxes, scale=want.image.scale, grid=grid)
        )


def _make_variant(
    variant: Variant,
    image: JobImage,
    trunk: Trunk,
    pixels: Pixels,
    *,
    grid: GridSettings,
    store: FeatureStore,
) -> None:
    """The regions of a variant are those that its own tissue has."""
    key = variant_key(image.content_hash, image.scale, variant)
    if store.has_variant(key):
        return
    image01, tissue = apply(variant, *pixels, stride=stride_of(grid, scale=image.scale))
    boxes = region_grid(tissue, scale=image.scale, settings=grid)
    store.put_variant(key, region_features(trunk, image01, boxes, scale=image.scale, grid=grid), boxes)


def load_pixels(image: JobImage, decoder: Decoder) -> Pixels:
    """The picture as the trunk sees it, (rows, columns) in [0, 1], and its tissue; the file must be the one that was imported."""
    path = Path(image.path)
    if content_hash(path) != image.content_hash:
        raise UnreadableImageError(f"{path.name} was changed since it was imported: import it again.")
    mammogram = decoder.decode(path)
    tissue = tissue_mask(mammogram)
    return model_input(mammogram, tissue), tissue


def _prefetched(
    wanted: Sequence[Wanted], decoder: Decoder
) -> Iterator[tuple[Wanted, Pixels | UnreadableImageError]]:
    """Each image with its pixels, or why it has none; the next is loaded while the caller works on this one."""
    with ThreadPoolExecutor(1, thread_name_prefix="prefetch") as pool:
        ahead: Future[Pixels] = pool.submit(load_pixels, wanted[0].image, decoder)
        for index, item in enumerate(wanted):
            now = ahead
            if index + 1 < len(wanted):
                ahead = pool.submit(load_pixels, wanted[index + 1].image, decoder)
            try:
                pixels: Pixels | UnreadableImageError = now.result()
            except UnreadableImageError as error:
                pixels = error
            yield item, pixels


def _named(error: UnreadableImageError, image: JobImage) -> str:
    name = Path(image.path).name
    return str(error) if name in str(error) else f"{name}: {error}"
