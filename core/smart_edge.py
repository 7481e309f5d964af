"""Intelligent scissors: the way along an edge from a fixed place to any other, as the cheapest path over gradients.

After Mortensen and Barrett, Interactive Segmentation with Intelligent Scissors (1998), with the gradient alone as cost
and scikit-image's minimum cost path.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import graph

from core.domain import Point

SMOOTHING = 1.5  # pixels; calcifications and noise are finer than the edge of a mass
STEEP = 98.0  # percentile of the gradient that counts as a full edge
CHEAPEST = 0.02  # cost of a pixel on a full edge, where 1 is one without any


class SmartEdge:
    """The cheapest ways from one place of a small picture. Made once for a place, asked for each movement.

    values: (rows, columns), any grey values. start: x and y in its pixels, within it.
    """

    def __init__(self, values: NDArray[np.generic], start: Point) -> None:
        smooth = ndimage.gaussian_filter(np.asarray(values, dtype=np.float32), SMOOTHING)
        slope = np.hypot(ndimage.sobel(smooth, 0), ndimage.sobel(smooth, 1))
        full = float(np.percentile(slope, STEEP)) or 1.0
        cost = CHEAPEST + (1 - CHEAPEST) * (1 - np.clip(slope / full, 0.0, 1.0)) ** 2
        self._shape = cost.shape
        self._ways = graph.MCP_Geometric(cost)
        self._ways.find_costs([self._pixel(start)])

    def holds(self, point: Point) -> bool:
        """Whether a place lies in the picture."""
        rows, columns = self._shape
        return bool(0 <= point[0] < columns and 0 <= point[1] < rows)

    def path_to(self, point: Point) -> list[Point]:
        """From the start to a place in the picture, both included, through middles of pixels."""
        way = self._ways.traceback(self._pixel(point))
        return [(column + 0.5, row + 0.5) for row, column in way]

    def _pixel(self, point: Point) -> tuple[int, int]:
        rows, columns = self._shape
        return min(max(int(point[1]), 0), rows - 1), min(max(int(point[0]), 0), columns - 1)
