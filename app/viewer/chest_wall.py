"""At which side of a picture the breast leaves it, so that an image that lies the wrong way round can be turned."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.viewer.background_level import background_level
from core.domain import Laterality

DEPTH = 0.02  # of the columns: how wide a border is looked at
FAINTEST = 0.04  # of the range of values above air that counts as breast
LEAST_SHARE = 0.25  # of a border that the breast must cover
TIMES = 3.0  # as much as at the other border; less is no answer


def chest_wall(stored: NDArray[np.uint16], *, high_is_dark: bool) -> Laterality:
    """The side of the *picture* at which the chest wall lies; UNKNOWN where the borders do not tell.

    stored: (rows, columns), a reduced copy will do. high_is_dark: as in MONOCHROME1.
    """
    air = background_level(stored, high_is_dark=high_is_dark)
    if air is None:
        return Laterality.UNKNOWN
    values = (65535 - stored if high_is_dark else stored).astype(np.float64)
    level = 65535 - air if high_is_dark else air
    is_breast = values > level + FAINTEST * (float(np.percentile(values, 99.5)) - level)
    depth = max(2, round(DEPTH * stored.shape[1]))
    left, right = float(is_breast[:, :depth].mean()), float(is_breast[:, -depth:].mean())
    if max(left, right) < LEAST_SHARE or max(left, right) < TIMES * min(left, right):
        return Laterality.UNKNOWN
    return Laterality.LEFT if left > right else Laterality.RIGHT
