"""Images -> region features in the store: one at a time, resumable, one image's failure its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.breast import tissue_mask
from core.control import Control
from core.decoder import Decoder
from core.errors import UnreadableImageError
from core.feature_file import FeatureFile, feature_key
from core.features import region_features
from core.job import JobImage
from core.pixels import content_hash, model_input
from core.recipe import GridSettings
from core.trunks import Trunk

Wanted = tuple[JobImage, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class ImageMade:
    """The features of an image are on the disk."""

    image_id: int


@dataclass(frozen=True, slots=True)
class ImageFailed:
    """An image cannot be used; `reason` is a sentence with its file's name."""

    image_id: int
    reason: str


def make_features(
    wanted: Sequence[Wanted], trunk: Trunk, *, grid: GridSettings, store: FeatureFile, control: Control
) -> Iterator[ImageMade | ImageFailed]:
    """Make and store the features of images with their boxes, ending early when asked to.

    The next image is decoded while the trunk works on this one.
    """
    if not wanted:
        return
    with Decoder() as decoder:
        for (image, boxes), pixels in _prefetched(wanted, decoder):
            if control.is_stopping:
                return
            if isinstance(pixels, UnreadableImageError):
                yield ImageFailed(image.image_id, _named(pixels, image))
                continue
            key = feature_key(image.content_hash, image.scale, boxes)
            if key in store:  # the same picture, imported twice
                yield ImageMade(image.image_id)
                continue
            features = region_features(trunk, pixels, boxes, scale=image.scale, grid=grid)
            store.append(key, features)
            yield ImageMade(image.image_id)


def load_pixels(image: JobImage, decoder: Decoder) -> NDArray[np.float32]:
    """The picture as the trunk sees it, (rows, columns) in [0, 1]; the file must be the one that was imported."""
    path = Path(image.path)
    if content_hash(path) != image.content_hash:
        raise UnreadableImageError(f"{path.name} was changed since it was imported: import it again.")
    mammogram = decoder.decode(path)
    return model_input(mammogram, tissue_mask(mammogram))


def _prefetched(
    wanted: Sequence[Wanted], decoder: Decoder
) -> Iterator[tuple[Wanted, NDArray[np.float32] | UnreadableImageError]]:
    """Each image with its pixels, or why it has none; the next is loaded while the caller works on this one."""
    with ThreadPoolExecutor(1, thread_name_prefix="prefetch") as pool:
        ahead: Future[NDArray[np.float32]] = pool.submit(load_pixels, wanted[0][0], decoder)
        for index, item in enumerate(wanted):
            now = ahead
            if index + 1 < len(wanted):
                ahead = pool.submit(load_pixels, wanted[index + 1][0], decoder)
            try:
                pixels: NDArray[np.float32] | UnreadableImageError = now.result()
            except UnreadableImageError as error:
                pixels = error
            yield item, pixels


def _named(error: UnreadableImageError, image: JobImage) -> str:
    name = Path(image.path).name
    return str(error) if name in str(error) else f"{name}: {error}"
