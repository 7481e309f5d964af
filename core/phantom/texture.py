"""Random textures and curves: power-law noise, its radial and ridged kin, and thin lines that taper."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

Plane = NDArray[np.float32]
Curve = NDArray[np.float64]


def power_law(shape: tuple[int, int], *, beta: float, longest: float, rng: np.random.Generator) -> Plane:
    """Gaussian noise of power 1 / f ** beta, mean 0 and standard deviation 1, periodic.

    longest: wavelength in pixels beyond which the spectrum is flat.
    """
    spectrum = scipy.fft.rfft2(rng.standard_normal(shape, dtype=np.float32))
    down = np.fft.fftfreq(shape[0]).astype(np.float32)[:, None]
    right = np.fft.rfftfreq(shape[1]).astype(np.float32)[None, :]
    squared = down * down + right * right + np.float32(1.0 / longest**2)
    spectrum *= squared ** np.float32(-beta / 4)
    spectrum[0, 0] = 0
    field: Plane = scipy.fft.irfft2(spectrum, s=shape)
    return field / field.std()


def radial(field: Plane, *, center: tuple[float, float], stretch: float, swirl: Plane) -> Plane:
    """The field drawn out along the lines that meet in `center` (x, y), as ducts run to the nipple.

    stretch: how many times longer than wide the features become. swirl: noise in pixels that bends them.
    """
    rows, columns = field.shape
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    x -= np.float32(center[0])
    y -= np.float32(center[1])
    distance = np.hypot(x, y) + swirl
    angle = np.arctan2(y, x) % np.float32(2 * np.pi)
    # Seam of the angle at +x, beyond the nipple, where there is no breast.
    along = distance / np.float32(stretch)
    around = angle * np.float32(0.55 * columns) + swirl
    return ndimage.map_coordinates(field, [along, around], order=1, mode="grid-wrap", prefilter=False)


def ridges(field: Plane, *, width: float) -> Plane:
    """Bright curves with soft flanks along the zero level of a field, 0 to 1."""
    return np.exp(np.abs(field) / np.float32(-width))


def smoothstep(field: Plane, low: float, high: float) -> Plane:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((field - np.float32(low)) / np.float32(high - low), 0, 1)
    return t * t * (3 - 2 * t)


def resized(field: Plane, shape: tuple[int, int]) -> Plane:
    """The field at another size, bicubic."""
    image = Image.fromarray(field, mode="F").resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.array(image, dtype=np.float32)


def meander(
    start: tuple[float, float], *, angle: float, length: float, bend: float, rng: np.random.Generator
) -> Curve:
    """A smooth wandering curve of (n, 2) points (x, y), 2 px apart; bend: standard deviation of its turn."""
    steps = max(4, int(length / 2))
    knots = max(3, steps // 24)
    turn = np.interp(np.linspace(0, knots - 1, steps), np.arange(knots), rng.normal(0, bend, knots))
    heading = angle + np.cumsum(turn) * 2 / max(length, 1)
    return np.asarray(start) + 2 * np.cumsum(np.stack([np.cos(heading), np.sin(heading)], axis=1), axis=0)


def draw_curves(
    shape: tuple[int, int], curves: Iterable[tuple[Curve, float, float, float]], *, blur: float
) -> Plane:
    """Curves on black, 0 to 1: (points, width in pixels, brightness, share of its width kept at the end).

    Drawn at twice the size and averaged down, so that lines are thin and smooth.
    """
    canvas = Image.new("L", (2 * shape[1], 2 * shape[0]))
    pen = ImageDraw.Draw(canvas)
    for points, width, brightness, kept in sorted(curves, key=lambda curve: curve[2]):
        pieces = 8
        cuts = np.linspace(0, len(points) - 1, pieces + 1).astype(int)
        for piece in range(pieces):
            share = 1 - (1 - kept) * piece / (pieces - 1)
            line = [(float(x), float(y)) for x, y in 2 * points[cuts[piece] : cuts[piece + 1] + 1]]
            if len(line) > 1:
                drawn = 2 * width * share
                fill = 255 * brightness * min(1.0, drawn) * (0.5 + 0.5 * share)
                pen.line(line, fill=round(fill), width=max(1, round(drawn)), joint="curve")
    small = np.asarray(canvas.reduce(2), dtype=np.float32) / np.float32(255)
    return ndimage.gaussian_filter(small, blur, truncate=2.5)
