"""Many points into one picture: each symbol is stamped for all its points at once, one pixel of it at a time.

A point costs as many writes as its symbol has pixels, whatever the picture's size; points of one look that fall on
the same pixel are stamped once. Up to a few thousand points each is painted on its own, so that overlaps show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPainter

ONE_BY_ONE = 2000  # points up to which each is painted on its own
DISTINCT_FROM = 4000  # points of one look from which finding those on the same pixel pays
Picture = NDArray[np.uint32]


@dataclass(frozen=True, eq=False, slots=True)
class Stamp:
    """One look and where it goes. sprite: (s, s) premultiplied ARGB; x, y: (n,) int32, device pixels of its middle."""

    sprite: Picture
    x: NDArray[np.int32]
    y: NDArray[np.int32]


def paint(picture: Picture, stamps: Sequence[Stamp]) -> None:
    """Put stamps onto an opaque (rows, columns) picture, in order. Every sprite lies inside the picture."""
    if sum(len(stamp.x) for stamp in stamps) <= ONE_BY_ONE:
        _paint_each(picture, stamps)
        return
    is_hit = np.zeros(picture.size, bool)
    for stamp in stamps:
        _stamp(picture, stamp, is_hit)


def as_image(picture: Picture) -> QImage:
    """A QImage over the same memory, which the caller keeps."""
    rows, columns = picture.shape
    return QImage(picture.data, columns, rows, columns * 4, QImage.Format.Format_RGB32)


def _paint_each(picture: Picture, stamps: Sequence[Stamp]) -> None:
    image = as_image(picture)
    painter = QPainter(image)
    for stamp in stamps:
        size = len(stamp.sprite)
        look = QImage(stamp.sprite.data, size, size, size * 4, QImage.Format.Format_ARGB32_Premultiplied)
        half = size // 2
        for x, y in zip(stamp.x.tolist(), stamp.y.tolist(), strict=True):
            painter.drawImage(x - half, y - half, look)
    painter.end()


def _stamp(picture: Picture, stamp: Stamp, is_hit: NDArray[np.bool_]) -> None:
    """is_hit: (rows * columns,) scratch, all False before and after."""
    columns = picture.shape[1]
    flat = picture.reshape(-1)
    middle = stamp.y.astype(np.int64) * columns + stamp.x
    if len(middle) > DISTINCT_FROM:
        is_hit[middle] = True
        middle = np.flatnonzero(is_hit)
        is_hit[middle] = False
    half = len(stamp.sprite) // 2
    for row, column in np.argwhere(stamp.sprite >> 24 > 0):
        value = stamp.sprite[row, column]
        place = middle + ((row - half) * columns + column - half)
        flat[place] = value if value >> 24 == 255 else _over(flat[place], value)


def _over(ground: Picture, value: np.uint32) -> Picture:
    """One premultiplied colour over opaque ones."""
    rest = np.uint32(255 - (int(value) >> 24))
    low = (ground & np.uint32(0x00FF00FF)) * rest >> np.uint32(8) & np.uint32(0x00FF00FF)
    green = (ground >> np.uint32(8) & np.uint32(0xFF)) * rest & np.uint32(0x0000FF00)
    mixed: Picture = (low | green) + (value & np.uint32(0x00FFFFFF)) | np.uint32(0xFF000000)
    return mixed
