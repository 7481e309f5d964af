"""What the painters of findings share: the picture they paint into, a patch of it, and what they return.

Coordinates are half-size pixels, chest wall at the left, with the program's corner convention.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.phantom.anatomy import Breast
from core.phantom.plan import FindingPlan
from core.phantom.settings import PhantomSettings
from core.phantom.texture import Plane

Points = NDArray[np.float64]
Center = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Speck:
    """One calcification in half-size pixels: an ellipse of Gaussian rim, hollow where `is_rim`.

    long, short: half axes. angle: of the long axis. contrast: in display units over fat.
    """

    x: float
    y: float
    long: float
    short: float
    angle: float
    contrast: float
    is_rim: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Painted:
    """What a finding left: its outline (n, 2) in half-size pixels, and specks for the full-size film."""

    outline: Points
    specks: tuple[Speck, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Scene:
    """A view that findings are painted into. picture: (h, w) display units, changed in place."""

    breast: Breast
    picture: Plane
    settings: PhantomSettings

    @property
    def mm(self) -> float:
        """Half-size pixels a millimetre."""
        return self.breast.shape.mm

    def add(self, patch: Patch, values: Plane) -> None:
        """Add to the picture, less where the breast is thin."""
        self.picture[patch.area] += values * self.breast.thickness[patch.area]


@dataclass(frozen=True, eq=False, slots=True)
class Patch:
    """A rectangle of the picture around `center`; dx, dy: distance of each pixel's middle from there."""

    area: tuple[slice, slice]
    center: Center
    dx: Plane
    dy: Plane

    @classmethod
    def around(cls, center: Center, *, reach: float, picture: Plane) -> Patch:
        """The square of half width `reach`, clipped to the picture."""
        (x, y), (h, w) = center, picture.shape
        rows = slice(max(0, int(y - reach)), min(h, int(y + reach) + 1))
        columns = slice(max(0, int(x - reach)), min(w, int(x + reach) + 1))
        dy, dx = np.mgrid[rows, columns].astype(np.float32)
        return cls((rows, columns), center, dx + np.float32(0.5 - x), dy + np.float32(0.5 - y))

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of the patch."""
        return self.dx.shape[0], self.dx.shape[1]

    @property
    def middle(self) -> Points:
        """The centre in the patch's own coordinates."""
        rows, columns = self.area
        return np.array([self.center[0] - columns.start, self.center[1] - rows.start])

    @property
    def distance(self) -> Plane:
        """Distance from the centre in pixels."""
        return np.hypot(self.dx, self.dy)

    @property
    def angle(self) -> Plane:
        """Direction from the centre in radians."""
        return np.arctan2(self.dy, self.dx)


def contrast_of(ends: tuple[float, float], finding: FindingPlan) -> np.float32:
    """The finding's own contrast between the two ends of its range."""
    return np.float32(ends[0] + (ends[1] - ends[0]) * finding.strength)
