"""Exact areas that boxes share with contours, for one contour or for those of a whole cohort at once.

Two ways, both by Green's theorem and both exact but for rounding (tested against polygon overlays). For many contours:
the edges of a contour's boxes make a lattice, whatever the boxes are. Every outline is cut where it crosses a line of
the lattice, each piece lies in one cell, and two sums a cell are enough: of the pieces' widths, and of their widths
times their heights. Sums down the columns and along the rows give the area up to each corner of the lattice, and four
of those give the area in a box. For a few contours: the sum over all edges, each clamped to each box.

Sizes: c contours, r rings (outlines and holes), p points, h pairs of a box and a contour, l lines of the lattices.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.domain import Contour, Ring

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

# Up to so many pairs of box and edge, clamping each edge to each box is faster than cutting it at the lattice.
_FEW = 6_000
# Bounds the temporaries of one step.
_PAIRS_AT_ONCE = 200_000
_CELLS_AT_ONCE = 4_000_000
# Square pixels: a turn of the outline by less is left to geometry that cannot be misled by rounding.
PLAIN_TURN = 1e-7


@dataclass(frozen=True, eq=False, slots=True)
class Outlines:
    """The edges of c contours, ring after ring, each edge from one point to the next of its ring.

    low, high: (2, c), bounds in image pixels. origin: (2, c), the whole pixel near which a contour lies; start and
    end, (2, p), are seen from there, where numbers are small and so exact. size: (c,), edges of each contour. after:
    (p,), the number of the next edge. is_single: (c,), one outline without holes. sign, width, moment: (p,), the
    last two width and width times mean height of each edge, signed so that outlines count up and holes down, whatever
    way they run. area: (c,), in square pixels, of valid contours.
    """

    low: FloatArray
    high: FloatArray
    origin: FloatArray
    size: IntArray
    start: FloatArray
    end: FloatArray
    after: IntArray
    is_single: BoolArray
    sign: FloatArray
    width: FloatArray
    moment: FloatArray
    area: FloatArray

    @classmethod
    def of(cls, contours: Sequence[Contour]) -> Self:
        """The edges of contours, at least one."""
        points, ring_size, rings, is_hole = _packed(contours)
        ring_end, ring = ring_size.cumsum(), rings.cumsum() - rings
        ring_start = ring_end - ring_size
        first = ring_start[ring]
        size = np.add.reduceat(ring_size, ring)
        low = np.minimum.reduceat(points, first, axis=1)
        high = np.maximum.reduceat(points, first, axis=1)
        origin = np.floor(low)
        start = points - np.repeat(origin, size, axis=1)
        after = np.arange(1, points.shape[1] + 1)
        after[ring_end - 1] = ring_start
        end = np.empty_like(start)
        end[:, :-1] = start[:, 1:]
        end[:, ring_end - 1] = start[:, ring_start]
        width = end[0] - start[0]
        moment = width * ((end[1] + start[1]) * 0.5)
        ring_area = np.add.reduceat(moment, ring_start)
        ring_sign = np.where((ring_area < 0) != is_hole, -1.0, 1.0)
        sign = np.repeat(ring_sign, ring_size)
        return cls(
            low=low,
            high=high,
            origin=origin,
            size=size,
            start=start,
            end=end,
            after=after,
            is_single=rings == 1,
            sign=sign,
            width=width * sign,
            moment=moment * sign,
            area=np.add.reduceat(ring_area * ring_sign, ring),
        )

    def is_plain(self) -> BoolArray:
        """(c,), where a contour is certain to be valid: one outline that runs around its middle once, never turning back.

        The angle under which the middle sees the outline then grows all the way around, so it cannot cross itself.
        Others may be valid too.
        """
        first = np.cumsum(self.size) - self.size
        middle = np.repeat(np.add.reduceat(self.start, first, axis=1) / self.size, self.size, axis=1)
        (ax, ay), (bx, by) = self.start - middle, self.end - middle
        turn = (bx * ay - ax * by) * self.sign
        times_up = np.add.reduceat((ay < 0) != (by < 0), first, dtype=np.intp)
        is_plain: BoolArray = (
            self.is_single & (np.minimum.reduceat(turn, first) > PLAIN_TURN) & (times_up == 2)
        )
        return is_plain


def meeting(
    outlines: Outlines, boxes: FloatArray, *, first: IntArray, count: IntArray
) -> tuple[IntArray, IntArray]:
    """Pairs of a box and a contour whose bounds it meets with its inside: numbers of boxes and contours, (h,) each.

    boxes: (m, 4) of all images. first, count: (c,), where each contour's boxes begin, and how many they are.

    Returns the pairs of contour 0, 1, ..., in each by box.
    """
    left, top, right, bottom = np.concatenate((outlines.low, outlines.high))
    box = np.arange(int(count.sum())) + np.repeat(first - (np.cumsum(count) - count), count)
    is_beside = boxes[:, 0].take(box) < np.repeat(right, count)
    is_beside &= boxes[:, 2].take(box) > np.repeat(left, count)
    found = np.flatnonzero(is_beside)
    box, contour = box.take(found), np.repeat(np.arange(len(count)), count).take(found)
    is_level = boxes[:, 1].take(box) < bottom.take(contour)
    is_level &= boxes[:, 3].take(box) > top.take(contour)
    return box[is_level], contour[is_level]


def shared_areas(outlines: Outlines, boxes: FloatArray, contour: IntArray) -> FloatArray:
    """Areas, (h,) in square pixels, that pairs of a box and a valid contour share.

    boxes: (h, 4), x0, y0, x1, y1. contour: (h,), the contour of each pair, ascending.

    Rounding leaves areas a little off 0 where box and contour only touch.
    """
    if not len(boxes):
        return np.zeros(0)
    corner = outlines.origin.take(contour, axis=1)
    sides = boxes.T - np.concatenate((corner, corner))
    pairs = np.bincount(contour, minlength=len(outlines.size))
    if pairs @ outlines.size > _FEW:
        lattice = _Lattice.of(sides, contour, count=len(pairs))
        if len(pairs) * lattice.width**2 <= _CELLS_AT_ONCE:
            return _by_lattice(outlines, lattice, contour)
    return _by_clamping(outlines, sides, pairs)


def _packed(contours: Sequence[Contour]) -> tuple[FloatArray, IntArray, IntArray, BoolArray]:
    """Points (2, p), points of each ring (r,), rings of each contour (c,), and which rings are holes (r,)."""
    rings: list[Ring] = []
    is_hole: list[bool] = []
    count: list[int] = []
    for contour in contours:
        before = len(rings)
        for polygon in contour.polygons:
            rings.append(polygon.exterior)
            is_hole.append(False)
            if polygon.holes:
                rings += polygon.holes
                is_hole += [True] * len(polygon.holes)
        count.append(len(rings) - before)
    size = [len(ring) for ring in rings]
    # Twice as fast as np.fromiter.
    flat = struct.pack(f"{2 * sum(size)}d", *chain.from_iterable(chain.from_iterable(rings)))
    return np.frombuffer(flat).reshape(-1, 2).T.copy(), np.array(size), np.array(count), np.array(is_hole)


def _by_clamping(outlines: Outlines, sides: FloatArray, pairs: IntArray) -> FloatArray:
    """The sum over the edges of each contour for each of its boxes: sides (4, h), pairs (c,) boxes of each contour."""
    parts = []
    edge = box = 0
    for points, count in zip(outlines.size.tolist(), pairs.tolist(), strict=True):
        edges = slice(edge, edge + points)
        step = max(1, _PAIRS_AT_ONCE // points)
        parts += [
            _clamped_sums(outlines, edges, sides[:, at : min(at + step, box + count)])
            for at in range(box, box + count, step)
        ]
        edge, box = edge + points, box + count
    return np.concatenate(parts)


def _clamped_sums(outlines: Outlines, edges: slice, sides: FloatArray) -> FloatArray:
    """Area of one contour in each box, (m,): each edge adds the area between it and the box's first y.

    That is the integral over x, within the box's x range, of the edge's height above the first y, clamped to the
    box's height.
    """
    x0, y0, x1, y1 = sides[:, :, None]
    (ax, ay), (bx, by) = outlines.start[:, edges], outlines.end[:, edges]
    run = bx - ax
    slope = np.divide(by - ay, run, out=np.zeros_like(run), where=np.abs(run) > 1e-12)
    height = y1 - y0
    # Where the edge enters and leaves the box's x range, exact at the edge's own ends.
    enter = np.minimum(np.maximum(ax, x0), x1)
    leave = np.minimum(np.maximum(bx, x0), x1)
    a = (enter - ax) * slope + ay - y0
    b = (leave - bx) * slope + by - y0
    low = np.minimum(np.maximum(a, 0.0), height)
    high = np.minimum(np.maximum(b, 0.0), height)
    rise = b - a
    below = (high - low) * (high + low) * 0.5
    above = (np.maximum(b - height, 0.0) - np.maximum(a - height, 0.0)) * height
    mean = np.divide(below + above, rise, out=(low + high) * 0.5, where=np.abs(rise) > 1e-9)
    sums: FloatArray = ((leave - enter) * mean) @ outlines.sign[edges]
    return sums


@dataclass(frozen=True, eq=False, slots=True)
class _Lattice:
    """The lines of each contour's lattice: all edges of its boxes, seen from the contour's origin.

    line: (k, 2 c), a column for the x lines of each contour, then one for the y lines of each, ascending and filled
    up with infinity. side: (4, h), the number of each box's x0, y0, x1 and y1 among the lines of its contour.
    """

    line: FloatArray
    side: IntArray

    @classmethod
    def of(cls, sides: FloatArray, contour: IntArray, *, count: int) -> Self:
        """The lattices of `count` contours from the sides (4, h) of their boxes."""
        value = sides.ravel()
        owner = np.concatenate((contour, contour + count, contour, contour + count))
        order = value.argsort()
        # By owner, and by value within each: small integers are sorted by their digits.
        order = order[owner[order].astype(np.uint16 if count < 2**15 else np.uint32).argsort(kind="stable")]
        value, owner = value[order], owner[order]
        is_new = np.empty(len(order), dtype=bool)
        is_new[0] = True
        np.logical_or(value[1:] != value[:-1], owner[1:] != owner[:-1], out=is_new[1:])
        value, owner = value[is_new], owner[is_new]
        lines = np.bincount(owner, minlength=2 * count)
        place = np.arange(len(owner)) - (np.cumsum(lines) - lines)[owner]
        line = np.full((int(lines.max()), 2 * count), np.inf)
        line[place, owner] = value
        side = np.empty(len(order), dtype=np.intp)
        side[order] = place[np.cumsum(is_new) - 1]
        return cls(line, side.reshape(4, -1))

    @property
    def width(self) -> int:
        """One more than the most lines on a side."""
        return len(self.line) + 1


def _by_lattice(outlines: Outlines, lattice: _Lattice, contour: IntArray) -> FloatArray:
    """Areas of the pairs, (h,), from the areas up to the corners of the lattice."""
    corner = _corner_areas(outlines, lattice)
    left, top, right, bottom = lattice.side
    upper = (contour * lattice.width + top) * lattice.width
    lower = (contour * lattice.width + bottom) * lattice.width
    areas: FloatArray = (corner[lower + right] - corner[lower + left]) - (
        corner[upper + right] - corner[upper + left]
    )
    return areas


def _corner_areas(outlines: Outlines, lattice: _Lattice) -> FloatArray:
    """By contour, y line and x line, (c * width * width,): its area right of the first x line, below the first y line and up to both."""
    count, width = len(outlines.size), lattice.width
    band = _bands(outlines, lattice)
    cell = band[1] * width + band[0] + np.repeat(np.arange(count) * width**2, outlines.size)
    crossing = np.flatnonzero(cell != cell[outlines.after])
    cut = _pieces(outlines, lattice, band=band, cell=cell, crossing=crossing)
    cells = np.concatenate((cell, cut[0]))
    parts = np.concatenate(((outlines.width, outlines.moment), cut[1:]), axis=1)
    parts[:, crossing] = 0.0  # they count by their pieces
    widths, moments = (
        np.bincount(cells, part, minlength=count * width**2).reshape(count, width, width) for part in parts
    )
    height = np.zeros((count, width))
    height[:, :-1] = np.where(np.isinf(lattice.line), 0.0, lattice.line)[:, count:].T
    # What lies above the first y line counts as if on it, and what lies left of the first x line not at all.
    moments[:, 0] = widths[:, 0] * height[:, :1]
    area = height[:, :, None] * np.cumsum(widths, axis=1) - np.cumsum(moments, axis=1)
    area[:, :, 0] = 0.0
    return -np.cumsum(area, axis=2).ravel()


def _bands(outlines: Outlines, lattice: _Lattice) -> IntArray:
    """(2, p), how many x and y lines lie at or before each point."""
    band = np.zeros(outlines.start.shape, dtype=np.intp)
    count = len(outlines.size)
    for axis in (0, 1):
        passed = np.zeros(len(outlines.after), dtype=np.uint8 if lattice.width <= 256 else np.intp)
        for line in lattice.line[:, axis * count : (axis + 1) * count]:
            np.add(passed, outlines.start[axis] >= np.repeat(line, outlines.size), out=passed)
        band[axis] = passed
    return band


def _pieces(
    outlines: Outlines, lattice: _Lattice, *, band: IntArray, cell: IntArray, crossing: IntArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Cells, widths and moments of the pieces into which the lines cut the edges with the numbers `crossing`."""
    n = len(crossing)
    start, end, after = outlines.start[:, crossing], outlines.end[:, crossing], outlines.after[crossing]
    # A row of n for the x lines that edges cross, and one for the y lines.
    from_band = band[:, crossing].ravel()
    steps = band[:, after].ravel() - from_band
    direction, cuts = np.sign(steps), np.abs(steps)
    of = np.repeat(np.arange(2 * n), cuts)
    along = np.arange(len(of)) - np.repeat(np.cumsum(cuts) - cuts, cuts)
    owner = np.searchsorted(np.cumsum(outlines.size), crossing, side="right")
    column = np.concatenate((owner, owner + len(outlines.size)))
    line = lattice.line[(from_band - (direction < 0))[of] + direction[of] * along, column[of]]
    run = end - start
    share = (line - start.ravel()[of]) / run.ravel()[of]
    edge = of % max(n, 1)
    cut = start[:, edge] + share * run[:, edge]
    cut[(of >= n).astype(np.intp), np.arange(len(of))] = line
    # Each edge's start and then its cuts, in the order in which it meets them.
    order = np.argsort(np.concatenate((2.0 * np.arange(n), 2.0 * edge + share)), kind="stable")
    begin = np.concatenate((start, cut), axis=1)[:, order]
    pieces = 1 + cuts[:n] + cuts[n:]
    finish = np.roll(begin, -1, axis=1)
    finish[:, np.cumsum(pieces) - 1] = end
    # A start leads to its own cell, a cut to the neighbour of the cell before.
    leap = cell[crossing]
    leap[1:] -= cell[after[:-1]]
    stride = direction * np.repeat((1, lattice.width), n)
    cells = np.cumsum(np.concatenate((leap, stride[of]))[order])
    width = (finish[0] - begin[0]) * np.repeat(outlines.sign[crossing], pieces)
    return cells, width, width * ((finish[1] + begin[1]) * 0.5)
