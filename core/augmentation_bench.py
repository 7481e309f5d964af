"""What the variants of one image cost: seconds to turn it and to see it, regions, and bytes on the disk."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.augmentation import IDENTITY, Variant, apply, stride_of, variants_of
from core.breast import tissue_mask
from core.decoder import Decoder
from core.feature_store import BOX_BYTES, OVERHEAD_BYTES
from core.features import region_features
from core.pixels import content_hash, model_input
from core.recipe import GridSettings, TrunkSettings
from core.regions import region_grid, working_scale
from core.trunks import load_trunk, trunk_dimension

Row = tuple[str, float, str]


@dataclass(frozen=True, slots=True)
class Cost:
    """One variant of one image: processor seconds to turn it and of the trunk, its regions, and megabytes on the disk."""

    variant: Variant
    turning: float
    seeing: float
    wall: float
    regions: int
    megabytes: float


def measure(path: Path, *, variants: int = 12, threads: int = 1) -> Iterator[Row]:
    """Medians over the image itself, and over its variants by whether pixels only change places: (name, value, unit)."""
    grid, settings = GridSettings(), TrunkSettings()
    trunk = load_trunk(settings, threads=threads)
    with Decoder() as decoder:
        mammogram = decoder.decode(path)
    tissue = tissue_mask(mammogram)
    image01 = model_input(mammogram, tissue)
    scale = working_scale(mammogram.header.spacing_mm, grid)
    costs = []
    for variant in (IDENTITY, IDENTITY, *variants_of(content_hash(path), variants)):
        wall, start = time.perf_counter(), time.process_time()
        turned, mask = apply(variant, image01, tissue, stride=stride_of(grid, scale=scale))
        boxes = region_grid(mask, scale=scale, settings=grid)
        between = time.process_time()
        region_features(trunk, turned, boxes, scale=scale, grid=grid)
        size = len(boxes) * (2 * trunk_dimension(settings) + BOX_BYTES) + 2 * OVERHEAD_BYTES
        cost = Cost(
            variant,
            turning=between - start,
            seeing=time.process_time() - between,
            wall=time.perf_counter() - wall,
            regions=len(boxes),
            megabytes=size / 1e6,
        )
        costs.append(cost)
    kinds = {
        "the image itself": costs[1:2],  # the first pass warms up
        "a variant by multiples of 90 degrees": [cost for cost in costs[2:] if cost.variant.is_exact],
        "a variant by 45 degrees": [cost for cost in costs[2:] if not cost.variant.is_exact],
    }
    for name, found in kinds.items():
        if found:
            yield f"{name}: turning, processor", statistics.median(c.turning for c in found), "s"
            yield f"{name}: trunk, processor", statistics.median(c.seeing for c in found), "s"
            yield f"{name}: wall", statistics.median(c.wall for c in found), "s"
            yield f"{name}: regions", statistics.median(c.regions for c in found), ""
            yield f"{name}: disk", statistics.median(c.megabytes for c in found), "MB"
