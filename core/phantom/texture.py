"""Random textures and curves: power-law noise, its radial and ridged kin, and thin lines that taper."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

Plane = NDArray[np.float32]
Curve = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Line:
    """A curve to draw: points (n, 2), width in pixels, brightness 0 to 1, share of its width kept at the end."""

    points: Curve
    width: float
    brightness: float
    kept: float


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
    return np.asarray(field / field.std(), dtype=np.float32)


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
    drawn = ndimage.map_coordinates(field, [along, around], order=1, mode="grid-wrap", prefilter=False)
    return np.asarray(drawn, dtype=np.float32)


def ridges(field: Plane, *, width: float) -> Plane:
    """Bright curves with soft flanks along the zero level of a field, 0 to 1."""
    return np.asarray(np.exp(np.abs(field) / np.float32(-width)), dtype=np.float32)


def smoothstep(field: Plane, low: float, high: float) -> Plane:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((field - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


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
    steps_taken = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], axis=1), axis=0)
    return np.asarray(np.asarray(start) + 2 * steps_taken, dtype=np.float64)


def draw_curves(shape: tuple[int, int], lines: Iterable[Line], *, blur: float) -> Plane:
    """Lines on black, 0 to 1; blur: standard deviation in pixels.

    Drawn at twice the size and averaged down, so that lines are thin and smooth.
    """
    canvas = Image.new("L", (2 * shape[1], 2 * shape[0]))
    pen = ImageDraw.Draw(canvas)
    for line in sorted(lines, key=lambda line: line.brightness):
        _draw_tapering(pen, line)
    small = np.asarray(canvas.reduce(2), dtype=np.float32) / np.float32(255)
    return np.asarray(ndimage.gaussian_filter(small, blur, truncate=2.5), dtype=np.float32)


def stroke(picture: Plane, points: Curve, *, width: float, contrast: float, weight: Plane) -> None:
    """Add one even line to a picture in place, `contrast` times `weight`."""
    pad = 2 * width + 4
    low = np.maximum(points.min(axis=0) - pad, 0).astype(int)
    high = np.minimum(points.max(axis=0) + pad, picture.shape[::-1]).astype(int)
    if (high <= low).any():
        return
    area = slice(low[1], high[1]), slice(low[0], high[0])
    line = Line(points - low, width, 0.8, 0.8)
    shape = int(high[1] - low[1]), int(high[0] - low[0])
    picture[area] += np.float32(contrast) * draw_curves(shape, [line], blur=1.2) * weight[area]


def _draw_tapering(pen: ImageDraw.ImageDraw, line: Line, *, pieces: int = 8) -> None:
    """Draw at twice the size, in pieces that get thinner and fainter."""
    cuts = np.linspace(0, len(line.points) - 1, pieces + 1).astype(int)
    for piece in range(pieces):
        share = 1 - (1 - line.kept) * piece / (pieces - 1)
        ends = slice(cuts[piece], cuts[piece + 1] + 1)
        points = [(float(x), float(y)) for x, y in 2 * line.points[ends] - 0.5]
        if len(points) > 1:
            width = 2 * line.width * share
            fill = 255 * line.brightness * min(1.0, width) * (0.5 + 0.5 * share)
            pen.line(points, fill=round(fill), width=max(1, round(width)), joint="curve")
