"""The step that makes the region features that are not in the store yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from core.errors import UserError
from core.events import Event, Notice
from core.feature_file import FeatureFile, feature_key
from core.pipeline.pace import Pace
from core.pipeline.run import JobRun

if TYPE_CHECKING:
    from core.feature_making import Wanted


def make_missing(run: JobRun) -> Iterator[Event]:
    """Make what is missing; an image that fails is told and the others go on."""
    made, images = 0, run.job.images
    pace = Pace("features", total=len(images))
    with run.store() as store:
        wanted = []
        for image, boxes in zip(images, run.boxes, strict=True):
            if feature_key(image.content_hash, image.scale, boxes) not in store:
                wanted.append((image, boxes))
        yield pace.skip(len(images) - len(wanted))
        if wanted and run.trunk().notice:
            yield Notice(run.trunk().notice)
        for image_id, reason in _made(run, wanted, store=store):
            if reason:
                yield run.told(image_id, reason)
            else:
                made += 1
            yield pace.one_more()
    run.summary |= {"features_made": made, "features_reused": len(images) - len(wanted)}
    run.is_cut_short = run.control.is_stopping
    if images and len(run.failures) == len(images):
        raise UserError(f"None of the images can be used. The first: {next(iter(run.failures.values()))}")


def _made(run: JobRun, wanted: Sequence[Wanted], *, store: FeatureFile) -> Iterator[tuple[int, str]]:
    """Make features: image ids, each with the reason why it has none or an empty one.

    The trunk takes a second or two to load, so a job that finds all features there goes without it.
    """
    if not wanted:
        return
    from core.feature_making import ImageFailed, make_features

    grid = run.job.recipe.grid
    for ended in make_features(wanted, run.trunk(), grid=grid, store=store, control=run.control):
        yield ended.image_id, ended.reason if isinstance(ended, ImageFailed) else ""
