"""Masses and architectural distortions, painted on the half-size grid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core.phantom.plan import FindingPlan, Lesion
from core.phantom.scene import Center, Painted, Patch, Points, Scene, contrast_of
from core.phantom.texture import Line, Plane, draw_curves, meander, power_law, smoothstep

# Relative radius of a closed outline, 1 on average, over the angle.
Radius = Callable[[NDArray[Any]], NDArray[np.float64]]


def paint_benign_mass(
    finding: FindingPlan, scene: Scene, *, center: Center, rng: np.random.Generator
) -> Painted:
    """Oval or gently lobulated, even inside, sharp border, part of it with a thin dark halo."""
    size = finding.radius_mm * scene.mm
    lobes = 0.16 if finding.lesion is Lesion.LOBULATED_MASS else 0.04
    radius = _pressed(_waves(rng, orders=range(2, 5), size=lobes, falls=0.6), rng, flat=rng.uniform(0.6, 0.9))
    patch = Patch.around(center, reach=2.2 * size, picture=scene.picture)
    reach = patch.distance / (size * radius(patch.angle)).astype(np.float32)
    dome = np.sqrt(np.maximum(1 - np.minimum(reach, 1) ** 2, 0)) ** np.float32(0.55)
    dome = ndimage.gaussian_filter(dome, 0.35 * scene.mm)
    texture = _texture(patch, beta=3.4, longest=size, rng=rng)
    halo = np.exp(-(((reach - np.float32(1.06)) / np.float32(0.06)) ** 2)) * _part_of_border(patch, rng)
    contrast = contrast_of(scene.settings.benign_mass, finding)
    _displace(scene, patch, body=dome, share=0.55, blur=0.5 * size)
    scene.add(patch, contrast * (dome * (1 + np.float32(0.10) * texture) - np.float32(0.18) * halo))
    return Painted(_outline(radius, center, size=1.03 * size))


def paint_malignant_mass(
    finding: FindingPlan, scene: Scene, *, center: Center, rng: np.random.Generator
) -> Painted:
    """An irregular, ill-defined body with rays; the spiculated kind pulls tissue in and has long ones."""
    size = finding.radius_mm * scene.mm
    is_spiculated = finding.lesion is Lesion.SPICULATED_MASS
    waves = _waves(rng, orders=range(2, 10), size=0.20, falls=0.45)
    radius = _pressed(waves, rng, flat=rng.uniform(0.65, 0.95))
    if is_spiculated:
        _retract(scene, center, reach=2.6 * size, pull=0.28)
    patch = Patch.around(center, reach=3.4 * size, picture=scene.picture)
    texture = _texture(patch, beta=2.8, longest=0.8 * size, rng=rng)
    reach = patch.distance / (size * radius(patch.angle)).astype(np.float32) + np.float32(0.09) * texture
    body = 1 - smoothstep(reach, 0.35, 1.30)
    body = ndimage.gaussian_filter(body, (0.4 if is_spiculated else 0.7) * scene.mm)
    _displace(scene, patch, body=body, share=0.4, blur=0.5 * size)
    outer = (2.6 if is_spiculated else 1.7) * size
    rays = _rays(patch, inner=0.45 * size, outer=outer, count=(18, 34), rng=rng)
    ray_contrast = contrast_of(scene.settings.spicules, finding) * np.float32(1.0 if is_spiculated else 0.5)
    contrast = contrast_of(scene.settings.malignant_mass, finding)
    scene.add(patch, contrast * body * (1 + np.float32(0.18) * texture) + ray_contrast * rays)
    return Painted(_outline(radius, center, size=(1.3 if is_spiculated else 1.15) * size))


def paint_distortion(
    finding: FindingPlan, scene: Scene, *, center: Center, rng: np.random.Generator
) -> Painted:
    """Tissue drawn to a point with long bright and dark rays, and no mass in the middle."""
    size = finding.radius_mm * scene.mm
    _retract(scene, center, reach=1.5 * size, pull=0.45)
    patch = Patch.around(center, reach=1.7 * size, picture=scene.picture)
    bright = _rays(patch, inner=0.10 * size, outer=1.5 * size, count=(18, 32), rng=rng)
    dark = _rays(patch, inner=0.25 * size, outer=1.2 * size, count=(8, 14), rng=rng)
    contrast = contrast_of(scene.settings.distortion, finding)
    scene.add(patch, contrast * (bright - np.float32(0.5) * ndimage.gaussian_filter(dark, 1.0)))
    radius = _waves(rng, orders=range(2, 6), size=0.10, falls=0.6)
    return Painted(_outline(radius, center, size=0.85 * size))


def _waves(rng: np.random.Generator, *, orders: range, size: float, falls: float) -> Radius:
    """A random closed outline from a few harmonics."""
    phases = rng.uniform(0, 2 * np.pi, len(orders))
    sizes = size * rng.uniform(0.4, 1, len(orders)) / np.array(orders, float) ** falls

    def radius(angle: NDArray[Any]) -> NDArray[np.float64]:
        waves = [s * np.cos(k * angle + p) for k, s, p in zip(orders, sizes, phases, strict=True)]
        return np.asarray(1 + sum(waves), dtype=np.float64)

    return radius


def _pressed(radius: Radius, rng: np.random.Generator, *, flat: float) -> Radius:
    """The outline pressed flat along a random direction; flat: short over long axis."""
    tilt = rng.uniform(0, np.pi)

    def pressed(angle: NDArray[Any]) -> NDArray[np.float64]:
        turned = angle - tilt
        oval = 1 / np.sqrt(np.cos(turned) ** 2 * flat + np.sin(turned) ** 2 / flat)
        return np.asarray(oval * radius(angle), dtype=np.float64)

    return pressed


def _outline(radius: Radius, center: Center, *, size: float) -> Points:
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    length = size * radius(angle)
    return np.stack([center[0] + length * np.cos(angle), center[1] + length * np.sin(angle)], axis=1)


def _texture(patch: Patch, *, beta: float, longest: float, rng: np.random.Generator) -> Plane:
    """Texture inside a mass."""
    rows, columns = patch.shape
    return power_law((rows, columns + columns % 2), beta=beta, longest=longest, rng=rng)[:, :columns]


def _part_of_border(patch: Patch, rng: np.random.Generator) -> Plane:
    """0 to 1 around the centre: which part of a border shows."""
    wave = np.cos(patch.angle - np.float32(rng.uniform(0, 2 * np.pi)))
    return smoothstep(wave, rng.uniform(-1.2, 0.3), 0.9)


def _rays(
    patch: Patch, *, inner: float, outer: float, count: tuple[int, int], rng: np.random.Generator
) -> Plane:
    """Thin lines that run outwards from around the patch's centre and taper, uneven in length and spacing."""
    lines: list[Line] = []
    number = int(rng.integers(*count))
    angles = np.linspace(0, 2 * np.pi, number, endpoint=False) + rng.normal(0, 2.2 / number, number)
    for angle in angles:
        outwards = np.array([np.cos(angle), np.sin(angle)])
        x, y = patch.middle + inner * rng.uniform(0.6, 1.4) * outwards
        length = (outer - inner) * rng.uniform(0.25, 1) ** 1.4
        points = meander((x, y), angle=angle + rng.normal(0, 0.1), length=length, bend=0.9, rng=rng)
        lines.append(Line(points, rng.uniform(0.6, 2.0), rng.uniform(0.25, 1.0), 0.2))
    return draw_curves(patch.shape, lines, blur=0.9)


def _displace(scene: Scene, patch: Patch, *, body: Plane, share: float, blur: float) -> None:
    """Wipe out part of the texture where a mass has taken the place of tissue."""
    part = scene.picture[patch.area]
    part += np.float32(share) * body * (ndimage.gaussian_filter(part, blur, truncate=2) - part)


def _retract(scene: Scene, center: Center, *, reach: float, pull: float) -> None:
    """Draw the tissue around `center` inwards, fading out at `reach`."""
    patch = Patch.around(center, reach=reach, picture=scene.picture)
    near = np.maximum(1 - patch.distance / np.float32(reach), 0)
    factor = 1 + np.float32(pull) * near * near * (3 - 2 * near)
    rows = patch.dy * factor + np.float32(center[1] - 0.5)
    columns = patch.dx * factor + np.float32(center[0] - 0.5)
    pulled = ndimage.map_coordinates(scene.picture, [rows, columns], order=1, mode="nearest")
    scene.picture[patch.area] = pulled
