"""Arrows from where the model before put the images to where the current one puts them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.plane.points import PlanePoints
from app.translation import tr

LARGEST = 50  # arrows when nothing is selected
MOST = 500  # arrows when points are selected
SMALLEST = 0.01  # a shorter move is none


def moves(
    points: PlanePoints, before: NDArray[np.float64], *, shown: NDArray[np.intp], selected: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], str]:
    """(a, 5): index of the point, x and y before, x and y now; and a sentence on which they are.

    before: (n, 2), NaN where unknown. shown: indices. The longest moves of the selected points, else of all.
    """
    has_selection = bool(selected[shown].any()) if len(selected) == len(points) else False
    among = shown[selected[shown]] if has_selection else shown
    length = np.hypot(*(points.position[among] - before[among]).T)
    known = np.flatnonzero(np.nan_to_num(length, nan=0.0) >= SMALLEST)
    most = MOST if has_selection else LARGEST
    longest = among[known[np.argsort(-length[known], kind="stable")[:most]]]
    arrows = np.column_stack([longest, before[longest], points.position[longest]])
    of = tr("selected") if has_selection else tr("shown")
    if len(longest) < len(known):
        return arrows, tr("The {longest} longest moves of {known:,} {of} images.").format(
            longest=len(longest), known=len(known), of=of
        )
    return arrows, tr("{longest} of {among:,} {of} images moved by {smallest:g} or more.").format(
        longest=len(longest), among=len(among), of=of, smallest=SMALLEST
    )
