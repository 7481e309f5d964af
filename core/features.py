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


def region_features(
    trunk: Trunk, image01: FloatArray, boxes: NDArray[np.floating], *, scale: float, grid: GridSettings
) -> FloatArray:
    """One feature vector a region, by the mode of the trunk's settings.

    image01: (rows, columns), in [0, 1], bright = dense. boxes: (m, 4), (x0, y0, x1, y1) in image pixels, m >= 1.
    scale: working pixels an image pixel. Returns (m, d), in the order of the boxes.

    Raises ValueError where the image holds a value that is not a number or outside [0, 1], where there is no
    region, and where a box has no area or lies outside the image.
    """
    _check_image(image01)
    _check_boxes(boxes, rows=image01.shape[0], columns=image01.shape[1])
    image = to_working_scale(image01, scale)
    working = working_boxes(boxes, image_shape=image01.shape, working_shape=image.shape)
    if trunk.settings.mode is TrunkMode.WINDOWS:
        return _window_features(trunk, image, working, window=grid.window)
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
    size = tuple(max(round(length * scale), 1) for length in image01.shape)
    source = torch.tensor(image01, dtype=torch.float32)[None, None]
    resampled: FloatArray = functional.interpolate(source, size=size, mode="bilinear", antialias=True)[
        0, 0
    ].numpy()
    return resampled


def working_boxes(
    boxes: NDArray[np.floating], *, image_shape: tuple[int, ...], working_shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """(m, 4) boxes in image pixels -> the same in working pixels, by the exact ratio of the two sizes."""
    y, x = working_shape[0] / image_shape[0], working_shape[1] / image_shape[1]
    limits = np.array([working_shape[1], working_shape[0]] * 2, np.float64)
    scaled: NDArray[np.float64] = np.clip(boxes.astype(np.float64) * np.array([x, y, x, y]), 0.0, limits)
    return scaled


def crop_bounds(boxes: NDArray[np.float64], *, rows: int, columns: int) -> tuple[int, int, int, int]:
    """The part of a working image that the dense mode looks at, as (x0, y0, x1, y1).

    The boxes' bounding box with MARGIN on every side, cut at the image, then widened to multiples of ALIGNMENT of
    the whole image's own grid. It depends on the regions and the image's size alone. It may end up to
    ALIGNMENT - 1 pixels beyond the image; there the image's last pixels are repeated.
    """
    first = np.maximum(boxes[:, :2].min(axis=0) - MARGIN, 0) // ALIGNMENT * ALIGNMENT
    end = np.minimum(boxes[:, 2:].max(axis=0) + MARGIN, (columns, rows))
    last = np.ceil(end / ALIGNMENT) * ALIGNMENT
    return int(first[0]), int(first[1]), int(last[0]), int(last[1])


def pool_cells(cells: FloatArray, boxes: NDArray[np.float64], *, stride: int) -> FloatArray:
    """Mean of the cells under each box, weighted by the area that each shares with it.

    cells: (d, h, w). boxes: (m, 4), in pixels from the corner of the picture that the cells were made from.

    A cell stands for the `stride` x `stride` pixels around the centre of what it sees. Under TensorFlow's SAME
    padding of even sizes that centre is the middle of the last pixel of its step: cell i covers
    [stride * i + stride / 2 - 1 / 2, + stride). The first cell also stands for the pixels before it.

    Returns (m, d).
    """
    _, h, w = cells.shape
    down = _line_weights(boxes[:, 1], boxes[:, 3], cells=h, stride=stride)
    across = _line_weights(boxes[:, 0], boxes[:, 2], cells=w, stride=stride)
    pooled = np.empty((len(boxes), len(cells)), np.float32)
    spans, members = np.unique(down, axis=0, return_inverse=True)
    for index, span in enumerate(spans):
        touched = np.flatnonzero(span)
        band = np.tensordot(span[touched], cells[:, touched], axes=(0, 1))
        chosen = np.flatnonzero(members.ravel() == index)
        pooled[chosen] = across[chosen] @ band.T
    return pooled


def _line_weights(
    start: NDArray[np.float64], stop: NDArray[np.float64], *, cells: int, stride: int
) -> FloatArray:
    """(m, cells), the share of each cell in each interval of one axis; rows sum to 1."""
    edges = np.arange(cells + 1) * float(stride) + (stride - 1) / 2
    edges[0] = 0.0
    overlap = np.minimum(stop[:, None], edges[1:]) - np.maximum(start[:, None], edges[:-1])
    overlap = np.maximum(overlap, 0.0)
    weights: FloatArray = (overlap / overlap.sum(axis=1, keepdims=True)).astype(np.float32)
    return weights


def _dense_features(trunk: Trunk, image: FloatArray, boxes: NDArray[np.float64]) -> FloatArray:
    rows, columns = image.shape
    x0, y0, x1, y1 = crop_bounds(boxes, rows=rows, columns=columns)
    crop = _with_repeated_edge(image[y0:y1, x0:x1], rows=y1 - y0, columns=x1 - x0)
    cells = trunk.whole_map(crop)
    return pool_cells(cells, boxes - np.array([x0, y0, x0, y0]), stride=trunk.stride)


def _window_features(
    trunk: Trunk, image: FloatArray, boxes: NDArray[np.float64], *, window: int
) -> FloatArray:
    windows = np.stack([cut_window(image, box, window=window) for box in boxes])
    means: FloatArray = trunk.window_maps(windows).mean(axis=(2, 3), dtype=np.float32)
    return means


def cut_window(image: FloatArray, box: NDArray[np.float64], *, window: int) -> FloatArray:
    """The `window` x `window` working pixels about the centre of a box, at whole pixels, shifted into the image.

    An image smaller than the window is continued by its last pixels. Raises ValueError for a box that is larger
    than the window, since part of it would not be seen.
    """
    if max(box[2] - box[0], box[3] - box[1]) > window + WINDOW_TOLERANCE:
        raise ValueError(f"the region {box.tolist()} is larger than a window of {window} working pixels")
    x = _window_start(box[0], box[2], window=window, length=image.shape[1])
    y = _window_start(box[1], box[3], window=window, length=image.shape[0])
    return _with_repeated_edge(image[y : y + window, x : x + window], rows=window, columns=window)


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
