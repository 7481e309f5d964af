"""The step that makes the region features that are not in the store yet, of images and of their variants."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from core.errors import UserError
from core.events import Event, Notice
from core.feature_folder import limit_bytes
from core.feature_store import variant_key
from core.pipeline.pace import Pace
from core.pipeline.run import JobRun

if TYPE_CHECKING:
    from core.augmentation import Variant
    from core.feature_making import Wanted

SECONDS_BETWEEN_LOOKS = 0.25
SPARE = 1.2  # variants have up to so many times the regions of their images


def make_missing(run: JobRun) -> Iterator[Event]:
    """Make what is missing; an image that fails is told and the others go on.

    One process writes features of a kind at a time: where another does, this one waits and uses what that has made.
    """
    try:
        wanted = yield from _claimed(run)
        yield from _make(run, wanted)
    finally:
        run.store.release()
    run.is_cut_short = run.control.is_stopping
    images = run.job.images
    if images and len(run.failures) == len(images):
        raise UserError(f"None of the images can be used. The first: {next(iter(run.failures.values()))}")


def _make(run: JobRun, wanted: list[Wanted]) -> Iterator[Event]:
    images, variants = len(run.job.images), sum(map(len, run.variants))
    counts = {"images": 0, "variants": 0}
    pace = Pace("features", total=images + variants, item="a picture" if variants else "an image")
    yield pace.skip(images + variants - sum(want.count for want in wanted))
    if wanted and run.trunk().notice:
        yield Notice(run.trunk().notice)
    left = {want.image.image_id: want for want in wanted}
    for image_id, ended in _made(run, wanted):
        if not isinstance(ended, str):
            counts["variants" if ended else "images"] += 1
            yield pace.one_more()
            continue
        yield run.told(image_id, ended) if left[image_id].needs_image else Notice(ended)
        yield pace.more(left[image_id].count)
    missing = sum(want.needs_image for want in wanted)
    run.summary |= {"features_made": counts["images"], "features_reused": images - missing}
    if variants:
        reused = variants - sum(len(want.variants) for want in wanted)
        run.summary |= {"variants_made": counts["variants"], "variants_reused": reused}


def _made(run: JobRun, wanted: list[Wanted]) -> Iterator[tuple[int, Variant | str | None]]:
    """Image ids with the variant that was made, None for the image itself, or a sentence why it cannot be used.

    The trunk takes a second or two to load, so a job that finds all features there goes without it.
    """
    if not wanted:
        return
    from core.feature_making import ImageFailed, make_features

    grid = run.job.recipe.grid
    for ended in make_features(wanted, run.trunk(), grid=grid, store=run.store, control=run.control):
        yield ended.image_id, ended.reason if isinstance(ended, ImageFailed) else ended.variant


def _claimed(run: JobRun) -> Generator[Event, None, list[Wanted]]:
    """What is missing, once this process alone may write it and there is room for it; nothing where it was stopped."""
    wanted = _missing(run)
    if not wanted:
        return []
    if not run.store.claim():
        yield Notice(
            "Another run of the program is making region features of the same kind: this one waits until it has ended, "
            "and uses what it has made."
        )
        while not run.store.claim():
            if run.control.is_stopping:
                return []
            time.sleep(SECONDS_BETWEEN_LOOKS)
        wanted = _missing(run)
    if damaged := run.store.damaged():
        yield Notice(f"{damaged} records of region features are damaged: what they held is made anew.")
    for sentence in _room(run, wanted):
        yield Notice(sentence)
    return wanted


def _missing(run: JobRun) -> list[Wanted]:
    found = []
    for index, (image, boxes) in enumerate(zip(run.job.images, run.boxes, strict=True)):
        variants = tuple(
            variant
            for variant in run.variants[index]
            if not run.store.has_variant(variant_key(image.content_hash, image.scale, variant))
        )
        needs_image = run.key(index) not in run.store.images
        if needs_image or variants:
            from core.feature_making import Wanted  # torch comes with it

            found.append(Wanted(image, boxes, needs_image=needs_image, variants=variants))
    return found


def _room(run: JobRun, wanted: list[Wanted]) -> list[str]:
    """Make room for what is wanted, before any of it is made; sentences about what went."""
    store, images = run.store, run.job.images
    size = store.bytes_of(
        image_regions=sum(len(want.boxes) for want in wanted if want.needs_image),
        variant_regions=round(SPARE * sum(len(want.boxes) * len(want.variants) for want in wanted)),
        records=sum(want.count for want in wanted),
    )
    return store.make_room(
        wanted=size,
        limit=limit_bytes(store.folder, limit_gb=run.job.features_limit_gb),
        images=[run.key(index) for index in range(len(images))],
        variants=[
            variant_key(image.content_hash, image.scale, variant)
            for image, variants in zip(images, run.variants, strict=True)
            for variant in variants
        ],
    )
