"""Findings and where they lie: each is painted into a half-size picture and returns its true contour.

Masses and distortions are painted on the half-size grid; calcifications, which are finer, are returned as
specks for the full-size film. Contours are in half-size pixels, chest wall at the left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from core.domain import View
from core.phantom.anatomy import Breast, Shape
from core.phantom.plan import FindingPlan, Lesion
from core.phantom.settings import PhantomSettings
from core.phantom.texture import Curve, Plane, draw_curves, meander, power_law, smoothstep

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Speck:
    """One calcification in half-size pixels: an ellipse of Gaussian rim, hollow where `is_rim`."""

    x: float
    y: float
    long: float
    short: float
    angle: float
    contrast: float
    is_rim: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Painted:
    """What a finding left: its outline (n, 2) in half-size pixels, and specks for the film."""

    outline: Points
    specks: tuple[Speck, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Patch:
    """A square of the picture around (x, y), with coordinates in pixels from that centre."""

    rows: slice
    columns: slice
    dx: Plane
    dy: Plane
    x: float
    y: float


def place(
    findings: tuple[FindingPlan, ...], breast: Breast, rng: np.random.Generator
) -> list[tuple[float, float]]:
    """Centre (x, y) of each finding in this view: the allowed place nearest to where the plan puts it.

    Allowed is breast, off the muscle, away from the skin, and apart from findings placed before.
    """
    shape = breast.shape
    step = 4
    skin, muscle = shape.skin[::step, ::step], shape.muscle[::step, ::step]
    y, x = np.mgrid[0 : skin.shape[0], 0 : skin.shape[1]].astype(np.float64) * step
    free = muscle < 0.05
    centers: list[tuple[float, float]] = []
    for finding in findings:
        margin = 0.55 * finding.radius_mm + 2.5
        clear = shape.mm * finding.radius_mm
        off_muscle = ndimage.distance_transform_edt(free) * step > 0.8 * clear
        inside = (y > clear) & (y < shape.skin.shape[0] - clear) & (x > 0.9 * clear)
        allowed = free & off_muscle & inside & (skin > margin)
        target = _target(finding, shape, rng)
        # Tissue is worth a detour: findings arise in gland more than in fat.
        cost = np.hypot(x - target[0], y - target[1]) - 9 * shape.mm * breast.gland[::step, ::step]
        if not allowed.any():
            allowed = skin > min(margin, 0.8 * float(skin.max()))
        cost = np.where(allowed, cost, np.inf)
        row, column = np.unravel_index(int(np.argmin(cost)), cost.shape)
        center = (float(x[row, column]), float(y[row, column]))
        centers.append(center)
        free = free & (np.hypot(x - center[0], y - center[1]) > 1.9 * clear)
    return centers


def paint(
    finding: FindingPlan,
    breast: Breast,
    picture: Plane,
    *,
    center: tuple[float, float],
    settings: PhantomSettings,
) -> Painted:
    """Paint one finding into the picture, in place."""
    rng = np.random.default_rng([finding.seed, int(breast.shape.view is View.MLO)])
    return _PAINTERS[finding.lesion](finding, breast, picture, center, settings, rng)


def _target(finding: FindingPlan, shape: Shape, rng: np.random.Generator) -> tuple[float, float]:
    """Where the plan puts a finding in this view: the same distance behind the nipple in both."""
    behind = (1 - finding.depth) * shape.nipple[0] + rng.normal(0, 1.5 * shape.mm)
    rows = shape.skin.shape[0]
    if shape.view is View.MLO:
        # The oblique view looks along a line from upper inner to lower outer: across counts a little.
        aside = 0.30 * rows * (finding.height + 0.25 * finding.across)
        return shape.nipple[0] - behind + 0.1 * aside, shape.nipple[1] - 0.32 * behind + aside
    return shape.nipple[0] - behind, shape.nipple[1] + 0.33 * rows * finding.across


def _patch(picture: Plane, center: tuple[float, float], reach: float) -> Patch:
    x, y = center
    rows = slice(max(0, int(y - reach)), min(picture.shape[0], int(y + reach) + 1))
    columns = slice(max(0, int(x - reach)), min(picture.shape[1], int(x + reach) + 1))
    dy, dx = np.mgrid[rows, columns].astype(np.float32)
    return Patch(rows, columns, dx - np.float32(x), dy - np.float32(y), x, y)


def _between(ends: tuple[float, float], finding: FindingPlan) -> np.float32:
    return np.float32(ends[0] + (ends[1] - ends[0]) * finding.strength)


def _harmonics(
    rng: np.random.Generator, *, orders: range, size: float, falls: float
) -> Callable[[NDArray[np.float64] | Plane], NDArray[np.float64]]:
    """A random closed outline: relative radius over the angle, 1 on average."""
    phases = rng.uniform(0, 2 * np.pi, len(orders))
    sizes = size * rng.uniform(0.4, 1, len(orders)) / np.array(orders, float) ** falls

    def radius(angle: NDArray[np.float64] | Plane) -> NDArray[np.float64]:
        waves = [s * np.cos(k * angle + p) for k, s, p in zip(orders, sizes, phases, strict=True)]
        return np.asarray(1 + sum(waves))

    return radius


def _outline(
    radius: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    center: tuple[float, float],
    size: float,
    *,
    points: int = 64,
) -> Points:
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    length = size * radius(angle)
    return np.stack([center[0] + length * np.cos(angle), center[1] + length * np.sin(angle)], axis=1)


def _ellipse(
    radius: Callable[[NDArray[np.float64] | Plane], NDArray[np.float64]],
    rng: np.random.Generator,
    *,
    flat: float,
) -> Callable[[NDArray[np.float64] | Plane], NDArray[np.float64]]:
    """The outline pressed flat along a random direction; flat: short over long axis."""
    tilt = rng.uniform(0, np.pi)

    def pressed(angle: NDArray[np.float64] | Plane) -> NDArray[np.float64]:
        turned = angle - tilt
        oval = 1 / np.sqrt(np.cos(turned) ** 2 * flat + np.sin(turned) ** 2 / flat)
        return np.asarray(oval * radius(angle))

    return pressed


def _benign_mass(
    finding: FindingPlan,
    breast: Breast,
    picture: Plane,
    center: tuple[float, float],
    settings: PhantomSettings,
    rng: np.random.Generator,
) -> Painted:
    """Oval or gently lobulated, sharp border in part, sometimes a thin halo of fat."""
    size = finding.radius_mm * breast.shape.mm
    lobes = 0.16 if finding.lesion is Lesion.LOBULATED_MASS else 0.04
    radius = _ellipse(
        _harmonics(rng, orders=range(2, 5), size=lobes, falls=0.6), rng, flat=rng.uniform(0.6, 0.9)
    )
    patch = _patch(picture, center, 2.2 * size)
    angle, distance = np.arctan2(patch.dy, patch.dx), np.hypot(patch.dx, patch.dy)
    reach = distance / (size * radius(angle)).astype(np.float32)
    dome = np.sqrt(np.maximum(1 - np.minimum(reach, 1) ** 2, 0)) ** np.float32(0.55)
    dome = ndimage.gaussian_filter(dome.astype(np.float32), 0.35 * breast.shape.mm)
    texture = power_law(_even(dome.shape), beta=2.6, longest=size, rng=rng)[: dome.shape[0], : dome.shape[1]]
    halo = np.exp(-(((reach - np.float32(1.06)) / np.float32(0.06)) ** 2)) * _partial(angle, rng)
    contrast = _between(settings.benign_mass, finding)
    _displace(picture, patch, body=dome, share=0.55, blur=0.5 * size)
    added = contrast * dome * (1 + np.float32(0.10) * texture) - np.float32(0.18) * contrast * halo
    picture[patch.rows, patch.columns] += added * breast.thickness[patch.rows, patch.columns]
    return Painted(_outline(radius, center, 1.03 * size))


def _malignant_mass(
    finding: FindingPlan,
    breast: Breast,
    picture: Plane,
    center: tuple[float, float],
    settings: PhantomSettings,
    rng: np.random.Generator,
) -> Painted:
    """An irregular, ill-defined body; the spiculated kind pulls the tissue in and sends out thin rays."""
    size = finding.radius_mm * breast.shape.mm
    is_spiculated = finding.lesion is Lesion.SPICULATED_MASS
    radius = _ellipse(
        _harmonics(rng, orders=range(2, 10), size=0.20, falls=0.45), rng, flat=rng.uniform(0.65, 0.95)
    )
    if is_spiculated:
        _retract(picture, center, reach=2.6 * size, pull=0.28)
    patch = _patch(picture, center, 3.4 * size)
    angle, distance = np.arctan2(patch.dy, patch.dx), np.hypot(patch.dx, patch.dy)
    texture = power_law(_even(angle.shape), beta=2.6, longest=0.8 * size, rng=rng)
    texture = texture[: angle.shape[0], : angle.shape[1]]
    reach = distance / (size * radius(angle)).astype(np.float32) + np.float32(0.09) * texture
    body = 1 - smoothstep(reach, 0.35, 1.30)
    body = ndimage.gaussian_filter(body, (0.4 if is_spiculated else 0.7) * breast.shape.mm)
    contrast = _between(settings.malignant_mass, finding)
    _displace(picture, patch, body=body, share=0.4, blur=0.5 * size)
    added = contrast * body * (1 + np.float32(0.16) * texture)
    if is_spiculated:
        rays = _rays(angle.shape, patch, inner=0.45 * size, outer=2.6 * size, count=(14, 26), rng=rng)
        added += _between(settings.spicules, finding) * rays
    picture[patch.rows, patch.columns] += added * breast.thickness[patch.rows, patch.columns]
    return Painted(_outline(radius, center, (1.3 if is_spiculated else 1.15) * size))


def _distortion(
    finding: FindingPlan,
    breast: Breast,
    picture: Plane,
    center: tuple[float, float],
    settings: PhantomSettings,
    rng: np.random.Generator,
) -> Painted:
    """Tissue drawn to a point with long rays, and no mass in the middle."""
    size = finding.radius_mm * breast.shape.mm
    _retract(picture, center, reach=1.5 * size, pull=0.45)
    patch = _patch(picture, center, 1.7 * size)
    shape = patch.dx.shape
    contrast = _between(settings.distortion, finding)
    added = contrast * _rays(shape, patch, inner=0.10 * size, outer=1.5 * size, count=(18, 32), rng=rng)
    dark = _rays(shape, patch, inner=0.25 * size, outer=1.2 * size, count=(8, 14), rng=rng)
    added -= np.float32(0.5) * contrast * ndimage.gaussian_filter(dark, 1.0)
    picture[patch.rows, patch.columns] += added * breast.thickness[patch.rows, patch.columns]
    return Painted(_outline(_harmonics(rng, orders=range(2, 6), size=0.10, falls=0.6), center, 0.85 * size))


def _rays(
    shape: tuple[int, ...],
    patch: Patch,
    *,
    inner: float,
    outer: float,
    count: tuple[int, int],
    rng: np.random.Generator,
) -> Plane:
    """Thin lines that run outwards from around the patch's centre and taper, uneven in length and spacing."""
    origin = np.array([-patch.dx[0, 0], -patch.dy[0, 0]])
    curves: list[tuple[Curve, float, float, float]] = []
    number = int(rng.integers(*count))
    angles = np.linspace(0, 2 * np.pi, number, endpoint=False) + rng.normal(0, 1.8 / number, number)
    for angle in angles:
        start = origin + inner * rng.uniform(0.6, 1.4) * np.array([np.cos(angle), np.sin(angle)])
        length = (outer - inner) * rng.uniform(0.3, 1) ** 1.3
        points = meander(
            (start[0], start[1]), angle=angle + rng.normal(0, 0.1), length=length, bend=0.5, rng=rng
        )
        curves.append((points, rng.uniform(0.8, 2.2), rng.uniform(0.35, 1.0), 0.2))
    return draw_curves((shape[0], shape[1]), curves, blur=0.9)


def _displace(picture: Plane, patch: Patch, *, body: Plane, share: float, blur: float) -> None:
    """Wipe out part of the texture where a mass has taken the place of tissue, in place."""
    part = picture[patch.rows, patch.columns]
    part += np.float32(share) * body * (ndimage.gaussian_filter(part, blur, truncate=2) - part)


def _retract(picture: Plane, center: tuple[float, float], *, reach: float, pull: float) -> None:
    """Draw the tissue around `center` inwards, in place, fading out at `reach`."""
    patch = _patch(picture, center, reach)
    near = np.maximum(1 - np.hypot(patch.dx, patch.dy) / np.float32(reach), 0)
    factor = 1 + np.float32(pull) * near * near * (3 - 2 * near)
    rows = patch.dy * factor + np.float32(patch.y)
    columns = patch.dx * factor + np.float32(patch.x)
    picture[patch.rows, patch.columns] = ndimage.map_coordinates(
        picture, [rows, columns], order=1, mode="nearest"
    )


def _partial(angle: Plane, rng: np.random.Generator) -> Plane:
    """0 to 1 around the centre: which part of a border shows."""
    wave = np.cos(angle - np.float32(rng.uniform(0, 2 * np.pi)))
    return smoothstep(wave, rng.uniform(-1.2, 0.3), 0.9)


def _even(shape: tuple[int, ...]) -> tuple[int, int]:
    return shape[0] + shape[0] % 2, shape[1] + shape[1] % 2


def _round_calcifications(
    finding: FindingPlan,
    breast: Breast,
    picture: Plane,
    center: tuple[float, float],
    settings: PhantomSettings,
    rng: np.random.Generator,
) -> Painted:
    """A few round ones, some with a lucent centre, well apart."""
    mm, contrast = breast.shape.mm, float(_between(settings.benign_calcification, finding))
    specks = []
    for _ in range(rng.integers(3, 9)):
        x, y = np.asarray(center) + rng.normal(0, 0.5 * finding.radius_mm * mm, 2)
        long = float(rng.uniform(0.22, 0.65) * mm)
        short = long * float(rng.uniform(0.82, 1))
        specks.append(
            Speck(x, y, long, short, rng.uniform(0, 3.1), contrast * rng.uniform(0.6, 1.1), long > 0.42 * mm)
        )
    return _cluster(specks, mm)


def _vascular_calcifications(
    finding: FindingPlan,
    breast: Breast,
    picture: Plane,
    center: tuple[float, float],
    settings: PhantomSettings,
    rng: np.random.Generator,
) -> Painted:
    """Two broken parallel lines along the walls of a vessel, which is drawn beneath."""
    mm, contrast = breast.shape.mm, float(_between(settings.benign_calcification, finding))
    angle, length = rng.uniform(0, 2 * np.pi), 2.0 * finding.radius_mm * mm
    start = np.asarray(center) - 0.5 * length * np.array([np.cos(angle), np.sin(angle)])
    points = meander((start[0], start[1]), angle=angle, length=length, bend=0.8, rng=rng)
    vessel = draw_curves(picture.shape, [(points, 1.3 * mm, 0.8, 0.8)], blur=1.2)
    picture += np.float32(0.06) * vessel * breast.thickness
    heading = np.gradient(points, axis=0)
    normal = np.stack([-heading[:, 1], heading[:, 0]], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    specks = []
    for side in (-1, 1):
        shown = ndimage.gaussian_filter1d(rng.standard_normal(len(points)), 1.5) > rng.uniform(-0.3, 0.1)
        for i in np.flatnonzero(shown):
            if rng.random() < 0.75:
                x, y = points[i] + side * 0.55 * mm * normal[i] + rng.normal(0, 0.06 * mm, 2)
                turned = float(np.arctan2(heading[i, 1], heading[i, 0]))
                specks.append(
                    Speck(
                        x,
                        y,
                        rng.uniform(0.12, 0.3) * mm,
                        0.11 * mm,
                        turned,
                        0.7 * contrast * rng.uniform(0.3, 1.1),
                    )
                )
    return _cluster(specks, mm)


def _malignant_calcifications(
    finding: FindingPlan,
    breast: Breast,
    picture: Plane,
    center: tuple[float, float],
    settings: PhantomSettings,
    rng: np.random.Generator,
) -> Painted:
    """Many fine ones of uneven shape and brightness, close together; the linear kind follows ducts."""
    mm, contrast = breast.shape.mm, float(_between(settings.malignant_calcification, finding))
    specks = []
    for x, y, angle in _seats(finding, center, mm, rng):
        strength = contrast * float(rng.uniform(0.4, 1.4))
        for _ in range(rng.integers(1, 4)):
            dx, dy = rng.normal(0, 0.16 * mm, 2)
            long = float(rng.uniform(0.07, 0.24) * mm)
            short = float(long * rng.uniform(0.35, 0.95))
            specks.append(Speck(x + dx, y + dy, long, short, angle + rng.normal(0, 0.5), strength))
    return _cluster(specks, mm)


def _seats(
    finding: FindingPlan, center: tuple[float, float], mm: float, rng: np.random.Generator
) -> list[tuple[float, float, float]]:
    """(x, y, direction) of each calcification of a malignant cluster."""
    size = finding.radius_mm * mm
    if finding.lesion is Lesion.PLEOMORPHIC_CLUSTER:
        count = rng.integers(10, 24)
        spots = np.asarray(center) + rng.normal(0, 0.42 * size, (count, 2)) * rng.uniform(0.7, 1.2, 2)
        return [(float(x), float(y), float(rng.uniform(0, 3.1))) for x, y in spots]
    seats = []
    angle = rng.uniform(0, 2 * np.pi)
    for _ in range(rng.integers(2, 4)):
        turned = angle + rng.normal(0, 0.35)
        start = np.asarray(center) - size * rng.uniform(0.5, 1.0) * np.array([np.cos(turned), np.sin(turned)])
        duct = meander((start[0], start[1]), angle=turned, length=1.7 * size, bend=1.2, rng=rng)
        for i in np.flatnonzero(rng.random(len(duct)) < 0.28):
            x, y = duct[i] + rng.normal(0, 0.2 * mm, 2)
            seats.append((float(x), float(y), float(turned)))
    return seats or [(center[0], center[1], angle)]


def _cluster(specks: list[Speck], mm: float) -> Painted:
    """The specks with their convex hull and a margin of 1.2 mm as the contour."""
    points = shapely.MultiPoint([(speck.x, speck.y) for speck in specks])
    hull = points.convex_hull.buffer(1.2 * mm, quad_segs=6).simplify(0.05 * mm)
    return Painted(np.asarray(hull.exterior.coords)[:-1], tuple(specks))


_PAINTERS = {
    Lesion.SMOOTH_MASS: _benign_mass,
    Lesion.LOBULATED_MASS: _benign_mass,
    Lesion.ROUND_CALCIFICATIONS: _round_calcifications,
    Lesion.VASCULAR_CALCIFICATIONS: _vascular_calcifications,
    Lesion.SPICULATED_MASS: _malignant_mass,
    Lesion.IRREGULAR_MASS: _malignant_mass,
    Lesion.PLEOMORPHIC_CLUSTER: _malignant_calcifications,
    Lesion.LINEAR_CLUSTER: _malignant_calcifications,
    Lesion.DISTORTION: _distortion,
}
