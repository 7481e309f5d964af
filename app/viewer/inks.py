"""Colours of what lies over a mammogram: contours, boxes, heatmap; the usual ones, and such as any colour vision tells apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

import numpy as np
import pyqtgraph
from numpy.typing import NDArray

from app.translation import tr
from core.domain import FindingClass

# Lightness rises along each map. The warm one: dark red, red, orange, yellow.
WARM = np.array([(120, 10, 30), (205, 40, 25), (245, 125, 25), (255, 190, 80)], dtype=np.float64)


class InkSet(StrEnum):
    """Which colours contours and boxes have."""

    USUAL = "usual"
    SAFE = "colour-blind safe"


class HeatColours(StrEnum):
    """Which colours the heatmap has."""

    WARM = "warm"
    VIRIDIS = "viridis"
    CIVIDIS = "cividis"
    INFERNO = "inferno"


Rgb = tuple[int, int, int]

CONTOURS: dict[InkSet, dict[FindingClass, Rgb]] = {
    InkSet.USUAL: {FindingClass.MALIGNANT: (255, 72, 72), FindingClass.BENIGN: (190, 190, 190)},
    # Okabe and Ito: vermillion, sky blue; orange and bluish green for the model's boxes.
    InkSet.SAFE: {FindingClass.MALIGNANT: (213, 94, 0), FindingClass.BENIGN: (86, 180, 233)},
}
BOXES: dict[InkSet, dict[FindingClass, Rgb]] = {
    InkSet.USUAL: {FindingClass.MALIGNANT: (77, 148, 255), FindingClass.BENIGN: (64, 214, 108)},
    InkSet.SAFE: {FindingClass.MALIGNANT: (230, 159, 0), FindingClass.BENIGN: (0, 158, 115)},
}


@dataclass(frozen=True, slots=True)
class Inks:
    """The colours chosen."""

    which: InkSet = InkSet.USUAL
    heat: HeatColours = HeatColours.WARM
    contour: dict[FindingClass, Rgb] = field(init=False, compare=False, hash=False)
    box: dict[FindingClass, Rgb] = field(init=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "contour", CONTOURS[self.which])
        object.__setattr__(self, "box", BOXES[self.which])

    @property
    def box_words(self) -> str:
        """What the corner of the image says of the boxes."""
        if self.which is InkSet.SAFE:
            return tr("dashed boxes, M orange, B green")
        return tr("dashed boxes, M blue, B green")

    def heat_colours(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """(..., 3) colours of the heatmap, 0 to 255, for values in [0, 1]."""
        stops = heat_stops(self.heat)
        place = np.linspace(0, 1, len(stops))
        return np.stack([np.interp(values, place, channel) for channel in stops.T], axis=-1)


@cache
def heat_stops(which: HeatColours) -> NDArray[np.float64]:
    """(k, 3) colours of a map at equal steps from 0 to 1, 0 to 255 each."""
    if which is HeatColours.WARM:
        return WARM
    return np.asarray(pyqtgraph.colormap.get(which.value).getLookupTable(nPts=64, alpha=False), np.float64)


USUAL = Inks()
