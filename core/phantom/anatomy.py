"""The breast without findings: outline, thickness, pectoral muscle, parenchyma, strands, vessels.

Drawn at half the film's resolution (what is finer drowns in noise), with the chest wall at the left edge;
images of right breasts are mirrored afterwards. Sizes of arrays: h rows, w columns of the half-size grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, special

from core.domain import View
from core.phantom.plan import ImagePlan
from core.phantom.settings import PhantomSettings
from core.phantom.texture import (
    Line,
    Plane,
    draw_curves,
    meander,
    power_law,
    radial,
    ridges,
    smoothstep,
)

GLAND_SHARE = {"a": 0.10, "b": 0.30, "c": 0.55, "d": 0.80}


@dataclass(frozen=True, eq=False, slots=True)
class Shape:
    """Where the breast is, at half size.

    edge: (h,) x of the skin in each row. nipple: (x, y). skin: (h, w) distance to the skin in mm, 0 outside.
    muscle: (h, w) 0 to 1. mm: pixels a millimetre.
    """

    edge: NDArray[np.float64]
    nipple: tuple[float, float]
    skin: Plane
    muscle: Plane
    muscle_edge: NDArray[np.float64]
    mm: float
    view: View

    @property
    def size(self) -> tuple[int, int]:
        """(h, w)."""
        return self.skin.shape[0], self.skin.shape[1]


@dataclass(frozen=True, eq=False, slots=True)
class Breast:
    """A breast without findings.

    picture: (h, w) display units, air 0. thickness: (h, w), 0 to 1, by which findings are weighted.
    gland: (h, w), 0 to 1, how much of the tissue is glandular.
    """

    shape: Shape
    picture: Plane
    thickness: Plane
    gland: Plane


def make_shape(plan: ImagePlan, *, settings: PhantomSettings, rng: np.random.Generator) -> Shape:
    """The outline of one view."""
    rows, columns, mm = plan.rows // 2, plan.columns // 2, 0.5 / settings.spacing_mm
    depth = plan.breast_depth * columns
    breast_rng = np.random.default_rng([plan.breast_seed, 7])
    draw = _cc_edge if plan.view is View.CC else _mlo_edge
    edge, nipple_row = draw(rows, depth, breast_rng, rng)
    wobble = ndimage.gaussian_filter1d(rng.standard_normal(rows + 400), 0.06 * rows)[200 : 200 + rows]
    edge = np.clip(edge * (1 + 0.012 * wobble / wobble.std()), 0, columns - 6 * mm)
    if plan.view is View.MLO:
        edge = ndimage.gaussian_filter1d(edge, 1.8 * mm, mode="nearest")
    nipple = (float(edge[round(nipple_row)]), float(nipple_row))
    skin = _skin_distance(edge, nipple, bump=breast_rng.uniform(3.0, 4.2) * mm, size=(rows, columns), mm=mm)
    muscle, muscle_edge = _muscle(edge, (rows, columns), plan.view, mm, rng)
    return Shape(edge, nipple, skin, muscle, muscle_edge, mm, plan.view)


def make_breast(plan: ImagePlan, *, settings: PhantomSettings) -> Breast:
    """One view of a breast before any finding is put in."""
    rng = np.random.default_rng([plan.seed, 3])
    shape = make_shape(plan, settings=settings, rng=rng)
    h, w = shape.size
    coarse = power_law((h, w), beta=3.8, longest=26 * shape.mm, rng=rng)
    lobes = power_law((h, w), beta=4.6, longest=15 * shape.mm, rng=rng)
    fine = power_law((h, w), beta=3.2, longest=7 * shape.mm, rng=rng)
    ducts = radial(fine, center=_beyond(shape), stretch=3.0, swirl=lobes * np.float32(1.8 * shape.mm))
    gland = _gland(plan.density, shape, coarse=coarse, lobes=lobes, ducts=ducts, rng=rng)
    thickness = _thickness(shape, rng)
    fat = np.float32(rng.uniform(0.27, 0.33))
    tissue = fat * (1 + np.float32(0.06) * coarse + np.float32(0.04) * fine)
    solid = np.float32(rng.uniform(0.24, 0.31))
    tissue += (
        solid * gland * (1 + np.float32(0.09) * ducts + np.float32(0.06) * fine + np.float32(0.11) * lobes)
    )
    tissue += _septa(shape, gland, lobes=lobes, coarse=coarse, rng=rng)
    tissue += _strands(shape, settings, rng) + _vessels(shape, rng)
    tissue += np.float32(0.07) * np.exp(-(((shape.skin - np.float32(1.0)) / np.float32(0.6)) ** 2))
    tissue += _islands(shape, settings, texture=lobes + np.float32(0.6) * fine, rng=rng)
    tissue = _with_muscle(tissue, shape, fine=fine, rng=rng)
    return Breast(shape, tissue * thickness, thickness, gland * (1 - shape.muscle))


def _skin_distance(
    edge: NDArray[np.float64], nipple: tuple[float, float], *, bump: float, size: tuple[int, int], mm: float
) -> Plane:
    """(h, w) distance to the skin in mm, 0 outside; where the breast leaves the film there is no skin.

    Near the skin the distance is read off the blurred coverage of each pixel, which is finer than a pixel: a
    distance transform alone leaves steps along the border. bump: radius of the nipple in pixels.
    """
    rows, columns = size
    x = np.arange(columns, dtype=np.float32)
    fine = np.interp(np.arange(4 * rows) / 4 + 0.125, np.arange(rows) + 0.5, edge).astype(np.float32)
    covered = np.zeros(size, np.float32)
    for part in range(4):
        covered += np.clip(fine[part::4, None] - x, 0, 1) / np.float32(4)
    y = np.arange(rows, dtype=np.float32)[:, None]
    to_nipple = np.hypot(x + np.float32(0.5 - nipple[0] + 0.35 * bump), y + np.float32(0.5 - nipple[1]))
    covered = np.maximum(covered, np.clip(np.float32(bump + 0.5) - to_nipple, 0, 1))
    blur = 0.9 * mm
    blurred = ndimage.gaussian_filter(covered, blur, mode="nearest", truncate=3.5)
    near = np.float32(blur * np.sqrt(2)) * special.erfinv(np.clip(2 * blurred - 1, -0.999, 0.999))
    pad = round(18 * mm)
    padded = np.pad(blurred > 0.5, ((pad, pad), (pad, 0)), mode="edge")
    far = ndimage.distance_transform_edt(padded)[pad:-pad, pad:].astype(np.float32) - np.float32(0.5)
    far = ndimage.gaussian_filter(far, 1.5)
    share = smoothstep(near, 0.6 * blur, 1.7 * blur)
    distance: Plane = np.maximum(near + share * (far - near), 0) / np.float32(mm)
    return distance


def _cc_edge(
    rows: int, depth: float, breast_rng: np.random.Generator, rng: np.random.Generator
) -> tuple[NDArray[np.float64], float]:
    nipple = rows * rng.uniform(0.47, 0.54)
    y = np.arange(rows) + 0.5
    half = np.where(y < nipple, rng.uniform(0.40, 0.46) * rows, rng.uniform(0.37, 0.44) * rows)
    u = np.clip(np.abs(y - nipple) / half, 0, 1)
    edge = depth * (1 - u ** breast_rng.uniform(2.05, 2.5)) ** breast_rng.uniform(0.50, 0.60)
    return edge, float(nipple)


def _mlo_edge(
    rows: int, depth: float, breast_rng: np.random.Generator, rng: np.random.Generator
) -> tuple[NDArray[np.float64], float]:
    nipple, fold = rows * rng.uniform(0.55, 0.63), rows * rng.uniform(0.90, 0.95)
    top = depth * rng.uniform(0.62, 0.78)
    y = np.arange(rows) + 0.5
    up = np.clip((nipple - y) / nipple, 0, 1)
    down = np.clip((y - nipple) / (fold - nipple), 0, 1)
    upper = top + (depth - top) * (1 - up ** rng.uniform(1.7, 2.1))
    lower = depth * (1 - down ** breast_rng.uniform(2.1, 2.5)) ** breast_rng.uniform(0.52, 0.60)
    edge = np.where(y < nipple, upper, lower)
    below = np.clip((y - fold + 0.03 * rows) / (rows - fold), 0, None)
    abdomen = depth * rng.choice([0.0, 1.0]) * rng.uniform(0.08, 0.2) * np.sqrt(below)
    return np.maximum(edge, abdomen), float(nipple)


def _muscle(
    edge: NDArray[np.float64], shape: tuple[int, int], view: View, mm: float, rng: np.random.Generator
) -> tuple[Plane, NDArray[np.float64]]:
    """(h, w) 0 to 1 and the x of its border in each row: the pectoral muscle of an MLO view."""
    rows, columns = shape
    y = np.arange(rows) + 0.5
    if view is not View.MLO:
        return np.zeros(shape, np.float32), np.full(rows, -1e3)
    top, foot = edge[0] * rng.uniform(0.55, 0.78), rows * rng.uniform(0.48, 0.68)
    border = top * (1 - y / foot)
    border += top * rng.uniform(-0.02, 0.14) * np.sin(np.pi * np.clip(y / foot, 0, 1))
    wobble = ndimage.gaussian_filter1d(rng.standard_normal(rows + 200), 0.03 * rows)[100 : 100 + rows]
    border += 0.6 * mm * wobble / wobble.std()
    across = (border[:, None] - np.arange(columns) - 0.5) / np.hypot(1, top / foot)
    return smoothstep(across.astype(np.float32), -0.9 * mm, 1.1 * mm), border


def _beyond(shape: Shape) -> tuple[float, float]:
    """A point just in front of the nipple, where ducts would meet."""
    return shape.nipple[0] + 6 * shape.mm, shape.nipple[1]


def _thickness(shape: Shape, rng: np.random.Generator) -> Plane:
    """Compressed thickness after the usual partial equalisation: flat inside, round towards the skin."""
    roll = np.clip(shape.skin / np.float32(rng.uniform(11, 17)), 0, 1)
    round_edge = np.sqrt(np.maximum(1 - (1 - roll) ** 2, 0))
    soft = np.clip(shape.skin / np.float32(0.35), 0, 1)
    thickness: Plane = soft * (np.float32(0.14) + np.float32(0.86) * round_edge)
    return thickness


def _gland(
    density: str, shape: Shape, *, coarse: Plane, lobes: Plane, ducts: Plane, rng: np.random.Generator
) -> Plane:
    """(h, w) 0 to 1: fibroglandular tissue, a cone behind the nipple that thins out into fat."""
    share = GLAND_SHARE[density] * rng.uniform(0.85, 1.15)
    y, x = np.mgrid[0 : shape.skin.shape[0], 0 : shape.skin.shape[1]].astype(np.float32)
    depth = np.float32(shape.nipple[0])
    tilt = np.float32(rng.uniform(0.25, 0.45) if shape.view is View.MLO else rng.uniform(-0.05, 0.15))
    back = (depth - x) / depth
    middle = np.float32(shape.nipple[1]) - tilt * back * depth
    wide = np.float32(rng.uniform(0.40, 0.52) + 0.35 * share)
    spread = depth * (np.float32(0.14) + wide * np.sqrt(np.abs(back)))
    cone = 1 - np.abs((y - middle) / spread) ** 2
    cone -= np.float32(2.0 - 1.2 * share) * np.maximum(back - np.float32(0.45), 0) ** 2 * 3
    under_skin = smoothstep(shape.skin, 1.0, 11.0 - 5.0 * share)
    field = np.float32(0.8) * coarse + np.float32(0.7) * lobes + np.float32(0.26) * ducts
    field += np.float32(1.7) * np.maximum(cone, -3) - np.float32(2.0) * (1 - under_skin)
    inside = (shape.skin > 2) & (shape.muscle < 0.5)
    threshold = float(np.quantile(field[inside][::7], 1 - min(share, 0.92)))
    # Wide slopes: what is seen is a projection through centimetres of tissue.
    body = smoothstep(field, threshold - 1.7, threshold + 1.8)
    core = smoothstep(field, threshold - 0.5, threshold + 3.0)
    return (np.float32(0.62) * body + np.float32(0.45) * core) * under_skin


def _islands(shape: Shape, settings: PhantomSettings, *, texture: Plane, rng: np.random.Generator) -> Plane:
    """Islands of dense tissue with ragged, fading borders: what is taken for a mass and is none."""
    h, w = shape.size
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    total = np.zeros((h, w), np.float32)
    inside = np.argwhere(shape.skin[::8, ::8] > 7) * 8
    for row, column in inside[rng.integers(len(inside), size=rng.integers(*settings.islands, endpoint=True))]:
        size, turn = rng.uniform(3, 9) * shape.mm, rng.uniform(0, np.pi)
        across = (x - column) * np.float32(np.cos(turn)) + (y - row) * np.float32(np.sin(turn))
        along = (y - row) * np.float32(np.cos(turn)) - (x - column) * np.float32(np.sin(turn))
        reach = np.hypot(across / np.float32(size), along / np.float32(size * rng.uniform(1.0, 1.9)))
        body = 1 - smoothstep(reach + np.float32(0.22) * texture, 0.2, 1.5)
        total += np.float32(rng.uniform(*settings.island)) * body
    return total


def _septa(shape: Shape, gland: Plane, *, lobes: Plane, coarse: Plane, rng: np.random.Generator) -> Plane:
    """Curved septa around the lobules of fat: nets of soft ridges of several sizes that come and go."""
    h, w = shape.size
    second = power_law((h, w), beta=4.4, longest=9 * shape.mm, rng=rng)
    drawn = radial(second, center=_beyond(shape), stretch=2.2, swirl=lobes * np.float32(2.0 * shape.mm))
    net = ridges(lobes, width=0.30) * smoothstep(second, -0.8, 1.6)
    net += np.float32(0.8) * ridges(second, width=0.24) * smoothstep(-lobes, -0.8, 1.6)
    net += np.float32(0.6) * ridges(drawn, width=0.26) * smoothstep(coarse, -1.0, 1.4)
    inside = smoothstep(shape.skin, 1.0, 8.0)
    return np.float32(0.085) * net * (np.float32(0.42) + np.float32(0.58) * gland) * inside


def _strands(shape: Shape, settings: PhantomSettings, rng: np.random.Generator) -> Plane:
    """Cooper-like curved strands, and a few places where some happen to cross."""
    lines: list[Line] = []
    inside = np.argwhere(shape.skin[::8, ::8] > 2) * 8
    for row, column in inside[rng.integers(len(inside), size=rng.integers(60, 110))]:
        towards = np.arctan2(shape.nipple[1] - row, shape.nipple[0] + 10 - column)
        lines.append(_strand((column, row), towards + rng.normal(0, 0.6), mm=shape.mm, rng=rng))
    deep = inside[shape.skin[inside[:, 0], inside[:, 1]] > 10]
    for row, column in deep[rng.integers(len(deep), size=rng.integers(*settings.crossings, endpoint=True))]:
        for _ in range(rng.integers(3, 6)):
            angle = rng.uniform(0, 2 * np.pi)
            length = rng.uniform(8, 18) * shape.mm
            start = np.array([column, row]) - 0.5 * length * np.array([np.cos(angle), np.sin(angle)])
            start += rng.normal(0, 1.2 * shape.mm, 2)
            points = meander((start[0], start[1]), angle=angle, length=length, bend=0.8, rng=rng)
            lines.append(Line(points, rng.uniform(0.8, 2.0), rng.uniform(0.4, 0.9), 0.4))
    return np.float32(0.12) * draw_curves(shape.size, lines, blur=0.8)


def _strand(start: tuple[float, float], angle: float, *, mm: float, rng: np.random.Generator) -> Line:
    points = meander(start, angle=angle, length=rng.uniform(6, 28) * mm, bend=1.6, rng=rng)
    return Line(points, float(rng.uniform(0.5, 2.2)), float(rng.uniform(0.2, 0.8)), 0.3)


def _vessels(shape: Shape, rng: np.random.Generator) -> Plane:
    """A few long smooth vessels that run forward from the chest wall, each with a branch or two."""
    lines: list[Line] = []
    rows = shape.skin.shape[0]
    for _ in range(rng.integers(3, 7)):
        row = rng.uniform(0.2, 0.85) * rows
        start = (rng.uniform(0, 0.3) * shape.nipple[0], row)
        angle = np.arctan2(shape.nipple[1] - row, shape.nipple[0]) + rng.normal(0, 0.3)
        width = rng.uniform(0.5, 1.1) * shape.mm
        trunk = meander(start, angle=angle, length=rng.uniform(25, 55) * shape.mm, bend=1.8, rng=rng)
        brightness = rng.uniform(0.4, 0.9)
        lines.append(Line(trunk, width, brightness, 0.35))
        for _ in range(rng.integers(1, 3)):
            at = trunk[rng.integers(len(trunk) // 5, 4 * len(trunk) // 5)]
            fork = angle + rng.choice([-1, 1]) * rng.uniform(0.3, 0.7)
            branch = meander(
                (at[0], at[1]), angle=fork, length=rng.uniform(12, 30) * shape.mm, bend=1.5, rng=rng
            )
            lines.append(Line(branch, 0.6 * width, 0.9 * brightness, 0.3))
    return np.float32(0.07) * draw_curves(shape.size, lines, blur=1.4)


def _with_muscle(tissue: Plane, shape: Shape, *, fine: Plane, rng: np.random.Generator) -> Plane:
    """Lay the muscle over the tissue: bright, with fibres along its border."""
    if shape.view is not View.MLO:
        return tissue
    h, w = shape.size
    fibres = power_law((h, w), beta=2.2, longest=8 * shape.mm, rng=rng)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    across = (np.float32(shape.muscle_edge[0]) - x) * np.float32(0.9) - y * np.float32(0.42)
    streaks = ndimage.map_coordinates(
        fibres, [across, (y - x * np.float32(0.4)) / 7], order=1, mode="grid-wrap", prefilter=False
    )
    level = np.float32(rng.uniform(0.52, 0.66))
    depth = np.clip(across / np.float32(25 * shape.mm), 0, 1)
    muscle = level * (
        np.float32(0.86) + np.float32(0.16) * depth + np.float32(0.02) * streaks + np.float32(0.025) * fine
    )
    muscle += np.float32(0.12) * (tissue - np.float32(0.3))
    covered: Plane = tissue + shape.muscle * (muscle - tissue)
    return covered
