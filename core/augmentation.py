"""Images turned, mirrored and shifted before their regions are cut, and contours turned with them.

The paper's set (Sec. V, Implementation): "rotations of 7 x 45 degrees, left-right and up-down flips and 6 image shifts".
A variant mirrors an image, then turns it counterclockwise as it is seen, then moves it right and down against the grid of
regions. The picture grows so that nothing of the image is cut; what is new is background: 0, and no tissue. All is one
affine map in the convention of core.domain (x right, y down, (0, 0) the outer corner of the first pixel), and an image
and its contours go through the same one.

m regions. stride: steps of the grid in image pixels, GridSettings.stride / scale.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.domain import Contour, Label, Polygon, Ring
from core.recipe import Augmentation, GridSettings, Recipe
from core.regions import Boxes, clip_to_image, region_labels

# Raised when anything here changes the pixels or regions of a variant: it is part of the keys of their features.
VARIANTS_VERSION = 1
ANGLES = tuple(range(0, 360, 45))
T = TypeVar("T", np.float32, np.uint8, np.bool_)
SHIFTS = 7  # none, and the paper's six


class Flip(StrEnum):
    """How an image is mirrored before it is turned."""

    NONE = "none"
    LR = "lr"  # left and right change places
    UD = "ud"  # top and bottom change places


@dataclass(frozen=True, slots=True, order=True)
class Variant:
    """One way to show an image. angle: degrees counterclockwise, a multiple of 45. shift: 0 (none) to 6.

    Shift j moves the image by j / 7 of a stride to the right and by 3 j / 7, without whole strides, down. The seven places
    are a lattice: along each side all seven sevenths occur once, and any two places (modulo the stride, at which the grid
    repeats) are at least sqrt(5) / 7 of a stride apart. At 112 working pixels they are whole multiples of 16.
    """

    angle: int = 0
    flip: Flip = Flip.NONE
    shift: int = 0

    def __post_init__(self) -> None:
        if self.angle not in ANGLES or self.shift not in range(SHIFTS) or not isinstance(self.flip, Flip):
            raise ValueError(f"not a variant: {self!r}")

    @property
    def key(self) -> str:
        """Names the variant in the feature store."""
        return f"r{self.angle:03d}-{self.flip.value}-s{self.shift}"

    @property
    def is_exact(self) -> bool:
        """Whether pixels only change places: no value is interpolated."""
        return self.angle % 90 == 0


IDENTITY = Variant()


@dataclass(frozen=True, eq=False, slots=True)
class Placement:
    """Where a variant puts an image. matrix: (2, 3), (x, y) of the image -> (x, y) of the variant.

    shape: (rows, columns) of the variant's picture.
    """

    matrix: NDArray[np.float64]
    shape: tuple[int, int]

    def points(self, xy: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n, 2) points of the image -> (n, 2) points of the variant."""
        moved: NDArray[np.float64] = np.asarray(xy, np.float64) @ self.matrix[:, :2].T + self.matrix[:, 2]
        return moved


@cache
def paper_set() -> tuple[Variant, ...]:
    """All that differ from each other and from the image itself: 111.

    8 angles, 3 flips and 7 places are 168, but up-down is left-right turned by 180 degrees: 16 orientations, 7 places.
    """
    seen: set[tuple[float, ...]] = set()
    kept = []
    for angle in ANGLES:
        for flip in Flip:
            linear = tuple(np.round(_linear(angle, flip), 9).ravel() + 0.0)
            if linear not in seen:
                seen.add(linear)
                kept += [Variant(angle, flip, shift) for shift in range(SHIFTS)]
    return tuple(variant for variant in kept if variant != IDENTITY)


def variants_of(content_hash: str, count: int) -> tuple[Variant, ...]:
    """A sample of the paper's set for one image, without replacement: the same for the same content, on every machine.

    A smaller count is the beginning of a larger one, so that features that are made serve both. Raises ValueError
    where there are not as many.
    """
    if not 0 <= count <= len(paper_set()):
        raise ValueError(f"an image has 0 to {len(paper_set())} variants, not {count}")

    def draw(variant: Variant) -> bytes:
        return hashlib.sha256(f"{content_hash} {variant.key}".encode()).digest()

    return tuple(sorted(paper_set(), key=draw)[:count])


def augmented(labels: Sequence[Label | None], recipe: Recipe) -> list[bool]:
    """Which of the training images have variants, by their labels. Images without a label train nothing and have none.

    The rarer side of malignant against the rest is the malignant one where both are equally many.
    """
    if recipe.augmentation is Augmentation.NONE or recipe.variants == 0:
        return [False] * len(labels)
    if recipe.augmentation is Augmentation.ALL:
        return [label is not None for label in labels]
    known = [label.is_malignant for label in labels if label is not None]
    rare = sum(known) <= len(known) - sum(known)
    return [label is not None and label.is_malignant is rare for label in labels]


def stride_of(grid: GridSettings, *, scale: float) -> float:
    """Steps of the grid in image pixels. scale: working pixels an image pixel."""
    return grid.stride / scale


def placement(variant: Variant, *, shape: tuple[int, int], stride: float) -> Placement:
    """The affine map of a variant for an image of a shape (rows, columns), and the shape of its picture.

    Turned by multiples of 90 degrees the picture fits exactly; by 45, it is the bounding box rounded up to whole pixels,
    with the image in its middle. A shift is rounded to whole image pixels.
    """
    linear = _linear(variant.angle, variant.flip)
    size = np.array([shape[1], shape[0]], np.float64)
    extent = np.abs(linear) @ size
    canvas = np.ceil(extent - 1e-9)
    right, down = shift_pixels(variant, stride=stride)
    offset = canvas / 2 - linear @ (size / 2) + (right, down)
    return Placement(
        matrix=np.column_stack((linear, offset)), shape=(int(canvas[1]) + down, int(canvas[0]) + right)
    )


def shift_pixels(variant: Variant, *, stride: float) -> tuple[int, int]:
    """How many image pixels a variant is moved (right, down)."""
    j = variant.shift
    return round(j / SHIFTS * stride), round(3 * j % SHIFTS / SHIFTS * stride)


def apply(
    variant: Variant, image01: NDArray[np.float32], tissue: NDArray[np.bool_], *, stride: float
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The picture and the tissue of a variant.

    image01: (rows, columns) in [0, 1]. tissue: the same shape. By multiples of 90 degrees pixels only change places. By
    45, values are interpolated linearly between the four nearest pixels; the scale stays 1, so nothing aliases. The
    tissue takes the nearest pixel.

    Returns both in the shape of `placement`.
    """
    if image01.shape != tissue.shape or image01.ndim != 2:
        raise ValueError(f"a picture of shape {image01.shape} and tissue of shape {tissue.shape}")
    shift = shift_pixels(variant, stride=stride)
    if variant.is_exact:
        return _moved(_rotated(image01, variant), shift), _moved(_rotated(tissue, variant), shift)
    still = replace(variant, shift=0)
    placed = placement(still, shape=(image01.shape[0], image01.shape[1]), stride=stride)
    turned = _resampled(image01, placed, order=1)
    nearest = _resampled(tissue.astype(np.uint8), placed, order=0) > 0
    return _moved(np.clip(turned, 0.0, 1.0, out=turned), shift), _moved(nearest, shift)


def turn(variant: Variant, contour: Contour, *, shape: tuple[int, int], stride: float) -> Contour:
    """A contour of an image of a shape (rows, columns), where it lies in the variant."""
    placed = placement(variant, shape=shape, stride=stride)
    return Contour(
        tuple(
            Polygon(_turned(polygon.exterior, placed), tuple(_turned(hole, placed) for hole in polygon.holes))
            for polygon in contour.polygons
        )
    )


def variant_labels(
    variant: Variant,
    boxes: Boxes,
    malignant: Sequence[Contour],
    *,
    shape: tuple[int, int],
    stride: float,
    alpha: float,
) -> NDArray[np.int8]:
    """Local labels of a variant's regions, Eq. 7, from the image's malignant contours turned with it.

    boxes: (m, 4), of the variant. shape: (rows, columns) of the image, to which contours are clipped before they turn.

    Returns (m,) of RegionLabel values.
    """
    inside = (clip_to_image(contour, rows=shape[0], columns=shape[1]) for contour in malignant)
    turned = [turn(variant, contour, shape=shape, stride=stride) for contour in inside if contour is not None]
    placed = placement(variant, shape=shape, stride=stride)
    return region_labels(boxes, turned, alpha=alpha, shape=placed.shape)


def _linear(angle: int, flip: Flip) -> NDArray[np.float64]:
    """(2, 2): mirrored, then turned counterclockwise as seen, which with y down is x' = x cos + y sin."""
    half = math.sqrt(0.5)
    cosines = (1.0, half, 0.0, -half, -1.0, -half, 0.0, half)
    cos, sin = cosines[angle // 45], cosines[angle // 45 - 2]
    mirror = {Flip.NONE: (1.0, 1.0), Flip.LR: (-1.0, 1.0), Flip.UD: (1.0, -1.0)}[flip]
    return np.array([[cos, sin], [-sin, cos]]) @ np.diag(mirror)


def _rotated(pixels: NDArray[T], variant: Variant) -> NDArray[T]:
    mirrored = {Flip.NONE: pixels, Flip.LR: pixels[:, ::-1], Flip.UD: pixels[::-1]}[variant.flip]
    return np.rot90(mirrored, variant.angle // 90)


def _moved(pixels: NDArray[T], shift: tuple[int, int]) -> NDArray[T]:
    """Moved (right, down), with background where it came from."""
    return np.ascontiguousarray(np.pad(pixels, ((shift[1], 0), (shift[0], 0))))


def _resampled(pixels: NDArray[T], placed: Placement, *, order: Literal[0, 1]) -> NDArray[T]:
    """Values at the centres of the variant's pixels; beyond the image there are zeros."""
    back = np.linalg.inv(placed.matrix[:, :2])
    first = back @ (np.array([0.5, 0.5]) - placed.matrix[:, 2]) - 0.5
    resampled = np.empty(placed.shape, pixels.dtype)
    ndimage.affine_transform(
        pixels,
        back[::-1, ::-1],  # scipy counts (row, column)
        offset=first[::-1],
        output_shape=placed.shape,
        output=resampled,
        order=order,
        mode="grid-constant",
        prefilter=False,
    )
    return resampled


def _turned(ring: Ring, placed: Placement) -> Ring:
    return tuple((float(x), float(y)) for x, y in placed.points(np.asarray(ring)))
