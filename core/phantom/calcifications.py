"""Calcifications, benign and malignant, as specks that are finer than the half-size grid."""

from __future__ import annotations

import numpy as np
import shapely
from scipy import ndimage

from core.phantom.plan import FindingPlan, Lesion
from core.phantom.scene import Center, Painted, Scene, Speck, contrast_of
from core.phantom.texture import meander, stroke

HULL_MARGIN_MM = 1.2


def paint_round(finding: FindingPlan, scene: Scene, *, center: Center, rng: np.random.Generator) -> Painted:
    """A few round ones, well apart, the larger with a lucent centre."""
    mm, contrast = scene.mm, float(contrast_of(scene.settings.benign_calcification, finding))
    specks = []
    for _ in range(rng.integers(5, 12)):
        x, y = np.asarray(center) + 0.5 * finding.radius_mm * mm * np.clip(rng.normal(0, 1, 2), -1.8, 1.8)
        long = float(rng.uniform(0.22, 0.65) * mm)
        short, angle = long * float(rng.uniform(0.82, 1)), float(rng.uniform(0, np.pi))
        strength = contrast * float(rng.uniform(0.6, 1.1))
        specks.append(Speck(float(x), float(y), long, short, angle, strength, is_rim=long > 0.42 * mm))
    return _cluster(specks, mm)


def paint_vascular(
    finding: FindingPlan, scene: Scene, *, center: Center, rng: np.random.Generator
) -> Painted:
    """Two broken parallel lines along the walls of a vessel, which is drawn beneath."""
    mm, contrast = scene.mm, float(contrast_of(scene.settings.benign_calcification, finding))
    angle, length = rng.uniform(0, 2 * np.pi), 2.0 * finding.radius_mm * mm
    x, y = np.asarray(center) - 0.5 * length * np.array([np.cos(angle), np.sin(angle)])
    points = meander((x, y), angle=angle, length=length, bend=0.8, rng=rng)
    stroke(scene.picture, points, width=1.3 * mm, contrast=0.05, weight=scene.breast.thickness)
    heading = np.gradient(points, axis=0)
    normal = np.stack([-heading[:, 1], heading[:, 0]], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    specks: list[Speck] = []
    for side in (-1, 1):
        runs = ndimage.gaussian_filter1d(rng.standard_normal(len(points)), 1.5) > rng.uniform(-0.3, 0.1)
        for i in np.flatnonzero(runs & (rng.random(len(points)) < 0.75)):
            x, y = points[i] + side * 0.55 * mm * normal[i] + rng.normal(0, 0.06 * mm, 2)
            long, along = float(rng.uniform(0.12, 0.3) * mm), float(np.arctan2(heading[i, 1], heading[i, 0]))
            strength = 0.7 * contrast * float(rng.uniform(0.3, 1.1))
            specks.append(Speck(float(x), float(y), long, 0.11 * mm, along, strength))
    return _cluster(specks or [Speck(*center, 0.2 * mm, 0.11 * mm, angle, contrast)], mm)


def paint_malignant(
    finding: FindingPlan, scene: Scene, *, center: Center, rng: np.random.Generator
) -> Painted:
    """Many fine ones of uneven shape and brightness, close together; the linear kind follows ducts."""
    mm, contrast = scene.mm, float(contrast_of(scene.settings.malignant_calcification, finding))
    seats = _along_ducts if finding.lesion is Lesion.LINEAR_CLUSTER else _in_a_cloud
    specks = []
    for x, y, angle in seats(finding.radius_mm * mm, center, mm, rng):
        strength = contrast * float(rng.uniform(0.4, 1.4))
        for _ in range(rng.integers(1, 4)):
            dx, dy = rng.normal(0, 0.16 * mm, 2)
            long = float(rng.uniform(0.07, 0.24) * mm)
            short, turned = long * float(rng.uniform(0.35, 0.95)), angle + float(rng.normal(0, 0.5))
            specks.append(Speck(x + float(dx), y + float(dy), long, short, turned, strength))
    return _cluster(specks, mm)


def _in_a_cloud(
    size: float, center: Center, _mm: float, rng: np.random.Generator
) -> list[tuple[float, float, float]]:
    """(x, y, direction) of each calcification of a pleomorphic cluster."""
    count = int(rng.integers(18, 40))
    spread = 0.42 * size * rng.uniform(0.7, 1.2, 2)
    spots = np.asarray(center) + spread * np.clip(rng.normal(0, 1, (count, 2)), -2, 2)
    return [(float(x), float(y), float(rng.uniform(0, np.pi))) for x, y in spots]


def _along_ducts(
    size: float, center: Center, mm: float, rng: np.random.Generator
) -> list[tuple[float, float, float]]:
    """(x, y, direction) of each calcification of a linear cluster, in a few ducts that run alike."""
    seats = [(center[0], center[1], 0.0)]
    angle = rng.uniform(0, 2 * np.pi)
    for _ in range(rng.integers(3, 5)):
        turned = float(angle + rng.normal(0, 0.35))
        outwards = np.array([np.cos(turned), np.sin(turned)])
        x, y = np.asarray(center) - size * rng.uniform(0.5, 1.0) * outwards
        duct = meander((x, y), angle=turned, length=1.7 * size, bend=1.2, rng=rng)
        spots = duct[rng.random(len(duct)) < 0.28]
        spots = spots + rng.normal(0, 0.2 * mm, spots.shape)
        seats += [(float(x), float(y), turned) for x, y in spots]
    return seats


def _cluster(specks: list[Speck], mm: float) -> Painted:
    """The specks, with their convex hull and a margin as the contour."""
    points = shapely.MultiPoint([(speck.x, speck.y) for speck in specks])
    hull = points.convex_hull.buffer(HULL_MARGIN_MM * mm, quad_segs=6).simplify(0.05 * mm)
    return Painted(np.asarray(hull.exterior.coords)[:-1], tuple(specks))
