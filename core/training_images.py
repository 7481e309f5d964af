"""What training looks at: the regions of all images and of their variants end to end, and what an epoch shows of them.

Letters: n images; V views, an image's own picture and then its variants; S regions of all views together; p features
after the fixed projection; e showings of an epoch.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.bags import Bag, BagVariant, in_full_set
from core.control import Control
from core.domain import RegionLabel
from core.losses import Batch, Counts
from core.model import DualBranch
from core.projection import rows_of
from core.recipe import Recipe

MALIGNANT = 1  # column of (B, M)
TABLE_BYTES = (
    2 << 30
)  # projected features beyond this lie in a temporary file; the numbers do not depend on it


@dataclass(frozen=True, eq=False, slots=True)
class Showing:
    """What one epoch shows, in its order. images: (e,), numbers of images; views: (e,), numbers of views."""

    images: Tensor
    views: Tensor

    def batches(self, most: int) -> Iterator[Showing]:
        """Mini-batches of about equal size, at most so many images each."""
        parts = -(-len(self.images) // most)
        halves = (self.images.tensor_split(parts), self.views.tensor_split(parts))
        return (Showing(images, views) for images, views in zip(*halves, strict=True))


@dataclass(frozen=True, eq=False, slots=True)
class TrainingImages:
    """All tensors on the CPU. projected: (S, p) float32, views one after the other, the views of an image together.

    offsets: (V + 1,), rows of each view. first_view: (n + 1,), views of each image, its own picture first.
    targets: (n, 2) bool for (B, M). is_annotated: (n,) bool, in F. region_labels: (S,) int8.
    labelled_regions: (V,), M and BN, of views in F. has_malignant_region: (V,) bool, of views in F.
    """

    projected: Tensor
    offsets: Tensor
    first_view: Tensor
    targets: Tensor
    is_annotated: Tensor
    region_labels: Tensor
    labelled_regions: Tensor
    has_malignant_region: Tensor

    @classmethod
    def of(
        cls, bags: Sequence[Bag], recipe: Recipe, *, projected: Tensor, has_variants: bool = True
    ) -> TrainingImages:
        """Targets and labels of images whose features, those of their variants among them, are projected already."""
        views = [views_of(bag, has_variants=has_variants) for bag in bags]
        each = [view for of_image in views for view in of_image]
        first_view = torch.tensor([0, *(len(of_image) for of_image in views)]).cumsum(0)
        labels = [_labels(view) for view in each]
        in_full = torch.tensor([in_full_set(bag, recipe) for bag in bags])
        view_in_full = in_full.repeat_interleave(first_view.diff())
        labelled = torch.tensor([int((of_view != RegionLabel.IGNORED).sum()) for of_view in labels])
        malignant = torch.tensor([bool((of_view == RegionLabel.M).any()) for of_view in labels])
        return cls(
            projected=projected,
            offsets=torch.tensor([0, *(len(view.features) for view in each)]).cumsum(0),
            first_view=first_view,
            targets=torch.tensor(
                [bag.label.targets[::-1] for bag in bags if bag.label is not None], dtype=torch.bool
            ),
            is_annotated=in_full,
            region_labels=torch.from_numpy(np.concatenate(labels)),
            labelled_regions=labelled.where(view_in_full, 0),
            has_malignant_region=malignant & view_in_full,
        )

    def __len__(self) -> int:
        return len(self.targets)

    def originals(self) -> Showing:
        """Every image once, as itself."""
        return Showing(torch.arange(len(self)), self.first_view[:-1])

    def draw(self, generator: torch.Generator, *, is_balanced: bool) -> Showing:
        """What an epoch shows, in random order: every image as itself or as one of its variants, all alike likely.

        is_balanced: an image of the rarer side of malignant against the rest is shown as often as it takes for both
        sides to have the same number of showings, and as another view each time until it has no more.
        """
        repeats = self._repeats(generator) if is_balanced else torch.ones(len(self), dtype=torch.int64)
        images = torch.arange(len(self)).repeat_interleave(repeats)
        views = self.first_view[images]
        if len(self.offsets) - 1 > len(self):
            turn = torch.arange(len(images)) - (repeats.cumsum(0) - repeats)[images]
            views = self._shuffled_views(generator)[views + turn % self.first_view.diff()[images]]
        order = torch.randperm(len(images), generator=generator)
        return Showing(images[order], views[order])

    def counts(self, shown: Showing) -> Counts:
        """The sizes that scale the terms of the loss, over what an epoch shows."""
        return Counts(
            images=len(shown.images),
            weak=int((~self.is_annotated[shown.images]).sum()),
            annotated=int(self.has_malignant_region[shown.views].sum()),
            labelled_regions=int(self.labelled_regions[shown.views].sum()),
        )

    def take(self, shown: Showing) -> tuple[Tensor, Batch]:
        """Rows of `projected` and batch of some showings, in the order given."""
        starts, sizes = self.offsets[shown.views], self.offsets.diff()[shown.views]
        offsets = torch.cat([sizes.new_zeros(1), sizes.cumsum(0)])
        rows = torch.arange(int(offsets[-1])) + (starts - offsets[:-1]).repeat_interleave(sizes)
        batch = Batch.of(
            offsets,
            targets=self.targets[shown.images],
            is_annotated=self.is_annotated[shown.images],
            region_labels=self.region_labels[rows],
        )
        return rows, batch

    def _repeats(self, generator: torch.Generator) -> Tensor:
        """(n,), how often each image is shown; the images that get one more than the others are drawn anew."""
        sides = [(self.targets[:, MALIGNANT] == side).nonzero()[:, 0] for side in (True, False)]
        rare, common = sorted(sides, key=len)
        repeats = torch.ones(len(self), dtype=torch.int64)
        if 0 < len(rare) < len(common):
            repeats[rare] = len(common) // len(rare)
            more = torch.randperm(len(rare), generator=generator)[: len(common) % len(rare)]
            repeats[rare[more]] += 1
        return repeats

    def _shuffled_views(self, generator: torch.Generator) -> Tensor:
        """(V,), numbers of views with those of each image in random order in their own places."""
        images = torch.arange(len(self)).repeat_interleave(self.first_view.diff())
        keys = torch.rand(len(images), generator=generator, dtype=torch.float64)
        return (images + keys).argsort(stable=True)


def views_of(bag: Bag, *, has_variants: bool = True) -> tuple[Bag | BagVariant, ...]:
    """The image itself, then its variants."""
    return (bag, *bag.variants) if has_variants else (bag,)


def project_all(
    model: DualBranch,
    views: Sequence[Bag | BagVariant],
    *,
    control: Control,
    scratch: Path | None = None,
    table_bytes: int = TABLE_BYTES,
) -> Tensor | None:
    """Apply the fixed projection once to all regions: (S, p) float32 on the CPU. None if stopped meanwhile.

    What is larger than table_bytes is written to a temporary file in `scratch` and mapped; the file has no name, or
    goes with the process. OSError where the disk has no room.
    """
    regions, width = sum(len(view.features) for view in views), model.fc3.in_features
    blocks = (model.project(block) for block in rows_of([view.features for view in views]))
    if regions * width * 4 > table_bytes:
        return _mapped(blocks, (regions, width), control=control, scratch=scratch)
    table, row = torch.empty(regions, width), 0
    for block in blocks:
        if control.is_stopping:
            return None
        table[row : row + len(block)] = block
        row += len(block)
    return table


def _mapped(
    blocks: Iterator[Tensor], shape: tuple[int, int], *, control: Control, scratch: Path | None
) -> Tensor | None:
    # Written, not mapped from the start: a full disk is then an error, and not a killed process.
    with tempfile.TemporaryFile(dir=scratch) as file:
        for block in blocks:
            if control.is_stopping:
                return None
            file.write(block.contiguous().numpy().data)
        file.flush()
        return torch.from_numpy(np.memmap(file, np.float32, mode="c", shape=shape))


def _labels(view: Bag | BagVariant) -> NDArray[np.int8]:
    if view.region_labels is None:
        return np.full(len(view.features), RegionLabel.IGNORED, np.int8)
    return view.region_labels.astype(np.int8)
