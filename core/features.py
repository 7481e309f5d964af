"""Regions of one mammogram -> feature vectors of a pretrained trunk, in one pass or window by window.

The two modes give different features (a cell of the whole picture sees far beyond its window), which is why the
mode is part of a trunk's key. m regions, d features. Working pixels: the image's own pixels times `scale`.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from core.errors import UserError
from core.recipe import GridSettings, TrunkMode
from core.trunks import ALIGNMENT, Trunk

FloatArray = NDArray[np.float32]

# Working pixels around the regions' common bounding box that the dense mode sees as well, where the image has them.
MARGIN = 64
# Below this difference from 1 the image keeps its own pixels.
SCALE_TOLERANCE = 1e-3
# How far, in pixels, a box may lie outside its image through rounding.
BOX_TOLERANCE = 1e-3
# How far, in working pixels, a window may exceed the grid's through the rounding of the working size.
WINDOW_TOLERANCE = 2.0
# A cell takes part in a region's maximum from this share of it on, along each axis; half, less rounding.
HALF = 0.5 - 1e-6


def region_features(
    trunk: Trunk, image01: FloatArray, boxes: NDArray[np.floating], *, scale: float, grid: GridSettings
) -> FloatArray:
    """One feature vector a region, by the mode of the trunk's settings.

    image01: (rows, columns), in [0, 1], bright = dense. boxes: (m, 4), (x0, y0, x1, y1) in image pixels, m >= 1.
    scale: working pixels an image pixel. Returns (m, d), in the order of the boxes.

    Raises ValueError where the image holds a value that is not a number or outside [0, 1], where there is no
    region, and where a box has no area or lies outside the image; UserError where the trunk cannot judge windows of
    the grid's size in one pass.
    """
    _check_image(image01)
    _check_boxes(boxes, rows=image01.shape[0], columns=image01.shape[1])
    image = to_working_scale(image01, scale)
    working = working_boxes(boxes, image_shape=image01.shape, working_shape=image.shape)
    if trunk.settings.mode is TrunkMode.WINDOWS:
        return _window_features(trunk, image, working, window=grid.window)
    if trunk.patch:
        return _judged_features(trunk, image, working, window=grid.window)
    return _dense_features(trunk, image, working)


def to_working_scale(image01: FloatArray, scale: float) -> FloatArray:
    """Resample (rows, columns) to (round(rows * scale), round(columns * scale)).

    The filter is the antialiased triangle: each new pixel is a weighted mean over all old pixels within one new
    pixel's width of its centre (linear interpolation when enlarging). An image whose scale is 1 within
    SCALE_TOLERANCE is returned as it is.
    """
    if not (math.isfinite(scale) and scale > 0):
        raise ValueError(f"not a scale: {scale}")
    if abs(scale - 1) < SCALE_TOLERANCE:
        return image01
    rows, columns = (max(round(length * scale), 1) for length in image01.shape)
    resampled: FloatArray = _resampled(image01[None], rows=rows, columns=columns)[0]
    return resampled


def _resampled(images: FloatArray, *, rows: int, columns: int) -> FloatArray:
    """(n, h, w) -> (n, rows, columns), by the antialiased triangle."""
    source = torch.tensor(images, dtype=torch.float32)[:, None]
    filtered = functional.interpolate(source, size=(rows, columns), mode="bilinear", antialias=True)
    resampled: FloatArray = filtered[:, 0].numpy()
    return resampled


def working_boxes(
    boxes: NDArray[np.floating], *, image_shape: tuple[int, ...], working_shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """(m, 4) boxes in image pixels -> the same in working pixels, by the exact ratio of the two sizes."""
    y, x = working_shape[0] / image_shape[0], working_shape[1] / image_shape[1]
    limits = np.array([working_shape[1], working_shape[0]] * 2, np.float64)
    scaled: NDArray[np.float64] = np.clip(boxes.astype(np.float64) * np.array([x, y, x, y]), 0.0, limits)
    return scaled


def crop_bounds(
    boxes: NDArray[np.float64], *, rows: int, columns: int, least: int = 0
) -> tuple[int, int, int, int]:
    """The part of a working image that the dense mode looks at, as (x0, y0, x1, y1).

    The boxes' bounding box with MARGIN on every side, cut at the image, then widened to multiples of ALIGNMENT of
    the whole image's own grid, and to `least` pixels along each side. It depends on the regions and the image's size
    alone. It may end beyond the image, by up to ALIGNMENT - 1 pixels or by what `least` asks for; there the image's
    last pixels are repeated.
    """
    first = np.maximum(boxes[:, :2].min(axis=0) - MARGIN, 0) // ALIGNMENT * ALIGNMENT
    end = np.minimum(boxes[:, 2:].max(axis=0) + MARGIN, (columns, rows))
    last = np.maximum(np.ceil(end / ALIGNMENT) * ALIGNMENT, first + least)
    return int(first[0]), int(first[1]), int(last[0]), int(last[1])


def pool_cells(
    cells: FloatArray, boxes: NDArray[np.float64], *, stride: int, offset: float | None = None
) -> FloatArray:
    """Mean of the cells under each box, weighted by the area that each shares with it.

    cells: (d, h, w). boxes: (m, 4), in pixels from the corner of the picture that the cells were made from.

    A cell stands for the `stride` x `stride` pixels around the centre of what it sees: cell i covers
    [stride * i + offset, + stride). Under TensorFlow's SAME padding of even sizes that centre is the middle of the
    last pixel of its step, and the offset (stride - 1) / 2, which is taken where none is given. The first and the
    last cell also stand for the pixels before and after them.

    Returns (m, d).
    """
    overlaps = [overlap for overlap, _ in _both_overlaps(cells, boxes, stride=stride, offset=offset)]
    down, across = ((overlap / overlap.sum(axis=1, keepdims=True)).astype(np.float32) for overlap in overlaps)
    pooled = np.empty((len(boxes), len(cells)), np.float32)
    spans, members = np.unique(down, axis=0, return_inverse=True)
    lines = np.ascontiguousarray(cells.transpose(1, 0, 2)).reshape(cells.shape[1], -1)
    bands = (spans @ lines).reshape(len(spans), len(cells), -1)  # each row of regions once, in one product
    for index, band in enumerate(bands):
        chosen = np.flatnonzero(members.ravel() == index)
        pooled[chosen] = across[chosen] @ band.T
    return pooled


def max_cells(
    cells: FloatArray, boxes: NDArray[np.float64], *, stride: int, offset: float | None = None
) -> FloatArray:
    """Largest value of each feature among the cells of which a box covers at least half, along each axis.

    Where a box is so small that it covers half of none, the one that it covers most counts. Arguments and shape of
    the result: see pool_cells.
    """
    lines = _both_overlaps(cells, boxes, stride=stride, offset=offset)
    down, across = (_mostly_covered(overlap, sizes) for overlap, sizes in lines)
    largest = np.empty((len(boxes), len(cells)), np.float32)
    spans, members = np.unique(down, axis=0, return_inverse=True)
    for index, span in enumerate(spans):
        band = cells[:, span].max(axis=1)
        for chosen in np.flatnonzero(members.ravel() == index):
            largest[chosen] = band[:, across[chosen]].max(axis=1)
    return largest


def _mostly_covered(overlap: NDArray[np.float64], sizes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(m, cells), which cells are covered by half or more, or the most covered one where none is."""
    found: NDArray[np.bool_] = overlap >= HALF * sizes
    none = np.flatnonzero(~found.any(axis=1))
    found[none, overlap[none].argmax(axis=1)] = True
    return found


def _both_overlaps(
    cells: FloatArray, boxes: NDArray[np.float64], *, stride: int, offset: float | None
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """For rows, then columns of cells: (m, cells), pixels of each cell in each box, and (cells,), pixels of a cell."""
    start = (stride - 1) / 2 if offset is None else offset
    found = []
    for axis, count in ((1, cells.shape[1]), (0, cells.shape[2])):
        edges = _cell_edges(cells=count, stride=stride, offset=start)
        ends = np.minimum(boxes[:, axis + 2, None], edges[1:])
        overlap: NDArray[np.float64] = np.maximum(ends - np.maximum(boxes[:, axis, None], edges[:-1]), 0.0)
        found.append((overlap, np.diff(edges)))
    return found


def _cell_edges(*, cells: int, stride: int, offset: float) -> NDArray[np.float64]:
    """(cells + 1,), where each cell begins and the last one ends."""
    edges = np.arange(cells + 1, dtype=np.float64) * stride + offset
    edges[0] = 0.0
    edges[-1] = max(edges[-1], cells * float(stride))
    return edges


def _dense_features(trunk: Trunk, image: FloatArray, boxes: NDArray[np.float64]) -> FloatArray:
    x0, y0, x1, y1 = crop_bounds(boxes, rows=image.shape[0], columns=image.shape[1])
    cells = trunk.whole_map(_with_repeated_edge(image[y0:y1, x0:x1], rows=y1 - y0, columns=x1 - x0))
    inside = boxes - np.array([x0, y0, x0, y0])
    means = pool_cells(cells, inside, stride=trunk.stride, offset=trunk.offset)
    if trunk.settings.pooling == "mean":
        return means
    return np.hstack([means, max_cells(cells, inside, stride=trunk.stride, offset=trunk.offset)])


def _judged_features(
    trunk: Trunk, image: FloatArray, boxes: NDArray[np.float64], *, window: int
) -> FloatArray:
    """The convolutions once over the crop, the last layers for each window's patch of cells.

    A window begins at the cell nearest to its corner, up to half a stride beside it.
    """
    if window != trunk.window:
        raise UserError(
            f"{trunk.settings.name} judges windows of {trunk.window} working pixels in one pass, and the grid's have "
            f"{window}: choose the mode 'windows', which resamples them, or a grid of {trunk.window}."
        )
    x0, y0, x1, y1 = crop_bounds(boxes, rows=image.shape[0], columns=image.shape[1], least=window)
    cells = trunk.whole_map(_with_repeated_edge(image[y0:y1, x0:x1], rows=y1 - y0, columns=x1 - x0))
    corners = [window_corner(box, window=window, image_shape=image.shape) for box in boxes]
    last = np.array([cells.shape[2], cells.shape[1]]) - trunk.patch
    nearest = np.floor((np.array(corners) - (x0, y0)) / trunk.stride + 0.5).astype(int)
    patches = [cells[:, y : y + trunk.patch, x : x + trunk.patch] for x, y in np.clip(nearest, 0, last)]
    return trunk.judged(patches)


def _window_features(
    trunk: Trunk, image: FloatArray, boxes: NDArray[np.float64], *, window: int
) -> FloatArray:
    """Each window by itself, at the size that the trunk was trained on where it has one."""
    windows = np.stack([cut_window(image, box, window=window) for box in boxes])
    if trunk.window is not None and trunk.window != window:
        windows = _resampled(windows, rows=trunk.window, columns=trunk.window)
    cells = trunk.window_maps(windows)
    means: FloatArray = cells.mean(axis=(2, 3), dtype=np.float32)
    return means if trunk.settings.pooling == "mean" else np.hstack([means, cells.max(axis=(2, 3))])


def cut_window(image: FloatArray, box: NDArray[np.float64], *, window: int) -> FloatArray:
    """The `window` x `window` working pixels about the centre of a box, at whole pixels, shifted into the image.

    An image smaller than the window is continued by its last pixels. Raises ValueError for a box that is larger
    than the window, since part of it would not be seen.
    """
    x, y = window_corner(box, window=window, image_shape=image.shape)
    return _with_repeated_edge(image[y : y + window, x : x + window], rows=window, columns=window)


def window_corner(box: NDArray[np.float64], *, window: int, image_shape: tuple[int, ...]) -> tuple[int, int]:
    """(x, y), the first whole pixel of the window about the centre of a box, shifted into the image.

    Raises ValueError for a box that is larger than the window.
    """
    if max(box[2] - box[0], box[3] - box[1]) > window + WINDOW_TOLERANCE:
        raise ValueError(f"the region {box.tolist()} is larger than a window of {window} working pixels")
    rows, columns = image_shape
    x = _window_start(box[0], box[2], window=window, length=columns)
    return x, _window_start(box[1], box[3], window=window, length=rows)


def _window_start(start: float, stop: float, *, window: int, length: int) -> int:
    return max(min(math.floor((start + stop - window) / 2 + 0.5), length - window), 0)


def _with_repeated_edge(image: FloatArray, *, rows: int, columns: int) -> FloatArray:
    if image.shape == (rows, columns):
        return image
    return np.pad(image, ((0, rows - image.shape[0]), (0, columns - image.shape[1])), mode="edge")


def _check_image(image01: FloatArray) -> None:
    if image01.ndim != 2 or image01.size == 0:
        raise ValueError(f"not a picture: {image01.shape}")
    low, high = float(image01.min()), float(image01.max())
    if math.isnan(low) or math.isnan(high):
        raise ValueError("the image holds a value that is not a number")
    if low < 0.0 or high > 1.0:
        raise ValueError(f"the image's values lie outside [0, 1]: {low} to {high}")


def _check_boxes(boxes: NDArray[np.floating], *, rows: int, columns: int) -> None:
    if boxes.ndim != 2 or boxes.shape[1:] != (4,):
        raise ValueError(f"not a list of boxes: {boxes.shape}")
    if len(boxes) == 0:
        raise ValueError("the image has no regions")
    if not np.all((boxes[:, 0] < boxes[:, 2]) & (boxes[:, 1] < boxes[:, 3])):
        raise ValueError("a box has no area")
    limits = np.array([columns, rows]) + BOX_TOLERANCE
    if np.any(boxes[:, :2] < -BOX_TOLERANCE) or np.any(boxes[:, 2:] > limits):
        raise ValueError("a box lies outside the image")
