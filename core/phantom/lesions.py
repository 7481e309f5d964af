"""Findings in one view: where each lies, and who paints it."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from core.domain import View
from core.phantom.anatomy import Breast, Shape
from core.phantom.calcifications import paint_malignant, paint_round, paint_vascular
from core.phantom.masses import paint_benign_mass, paint_distortion, paint_malignant_mass
from core.phantom.plan import FindingPlan, Lesion
from core.phantom.scene import Center, Painted, Scene

_PAINTERS = {
    Lesion.SMOOTH_MASS: paint_benign_mass,
    Lesion.LOBULATED_MASS: paint_benign_mass,
    Lesion.ROUND_CALCIFICATIONS: paint_round,
    Lesion.VASCULAR_CALCIFICATIONS: paint_vascular,
    Lesion.SPICULATED_MASS: paint_malignant_mass,
    Lesion.IRREGULAR_MASS: paint_malignant_mass,
    Lesion.PLEOMORPHIC_CLUSTER: paint_malignant,
    Lesion.LINEAR_CLUSTER: paint_malignant,
    Lesion.DISTORTION: paint_distortion,
}
# Every how many pixels a place is tried.
STEP = 4


def paint(finding: FindingPlan, scene: Scene, *, center: Center) -> Painted:
    """Paint one finding into the scene's picture, in place."""
    rng = np.random.default_rng([finding.seed, int(scene.breast.shape.view is View.MLO)])
    return _PAINTERS[finding.lesion](finding, scene, center=center, rng=rng)


def place(findings: tuple[FindingPlan, ...], breast: Breast, rng: np.random.Generator) -> list[Center]:
    """Centre (x, y) of each finding in this view: the allowed place nearest to where the plan puts it.

    Allowed is breast, off the muscle, away from the skin and the film's border, and apart from findings
    placed before. Half-size pixels.
    """
    shape = breast.shape
    skin, gland = shape.skin[::STEP, ::STEP], breast.gland[::STEP, ::STEP]
    y, x = np.mgrid[0 : skin.shape[0], 0 : skin.shape[1]].astype(np.float64) * STEP
    free = shape.muscle[::STEP, ::STEP] < 0.05
    centers: list[Center] = []
    for finding in findings:
        clear = shape.mm * finding.radius_mm
        inside = (y > clear) & (y < shape.skin.shape[0] - clear) & (x > 0.9 * clear)
        off_muscle = ndimage.distance_transform_edt(free) * STEP > 0.8 * clear
        allowed = off_muscle & inside & (skin > 0.55 * finding.radius_mm + 2.5)
        target = _target(finding, shape, rng)
        # Gland is worth a detour: findings arise there more than in fat.
        cost = np.hypot(x - target[0], y - target[1]) - 9 * shape.mm * gland
        if not allowed.any():
            allowed = skin >= skin.max()
        row, column = np.unravel_index(int(np.argmin(np.where(allowed, cost, np.inf))), cost.shape)
        center = float(x[row, column]), float(y[row, column])
        centers.append(center)
        free &= np.hypot(x - center[0], y - center[1]) > 1.9 * clear
    return centers


def _target(finding: FindingPlan, shape: Shape, rng: np.random.Generator) -> Center:
    """Where the plan puts a finding in this view: the same distance behind the nipple in both."""
    behind = (1 - finding.depth) * shape.nipple[0] + rng.normal(0, 1.5 * shape.mm)
    rows = shape.skin.shape[0]
    if shape.view is View.MLO:
        # The oblique view looks along a line from upper inner to lower outer: across counts a little.
        aside = 0.30 * rows * (finding.height + 0.25 * finding.across)
        return shape.nipple[0] - behind + 0.1 * aside, shape.nipple[1] - 0.32 * behind + aside
    return shape.nipple[0] - behind, shape.nipple[1] + 0.33 * rows * finding.across
