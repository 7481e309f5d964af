"""One synthetic mammogram, from its plan to stored values and true contours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from core.domain import Laterality
from core.phantom.anatomy import Breast, make_breast
from core.phantom.lesions import paint, place
from core.phantom.plan import FindingPlan, ImagePlan
from core.phantom.scene import Painted, Scene, Speck
from core.phantom.settings import PhantomSettings
from core.phantom.texture import Plane, resized

# Display units from which brightness is compressed.
SHOULDER = 0.74


@dataclass(frozen=True, slots=True)
class TrueFinding:
    """One finding as it lies in one image: its outline in image pixels, clipped to the film."""

    plan: FindingPlan
    outline: tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Rendered:
    """(rows, columns) uint16 stored values below 2 ** bits, the display window, and the findings."""

    stored: NDArray[np.uint16]
    window_center: float
    window_width: float
    findings: tuple[TrueFinding, ...]


def render(plan: ImagePlan, settings: PhantomSettings) -> Rendered:
    """Draw one image. The same plan and settings always give the same values."""
    rng = np.random.default_rng([plan.seed, 5])
    breast = make_breast(plan, settings=settings)
    scene = Scene(breast, breast.picture.copy(), settings)
    centers = place(plan.findings, breast, np.random.default_rng([plan.seed, 11]))
    painted = [
        paint(finding, scene, center=center) for finding, center in zip(plan.findings, centers, strict=True)
    ]
    film = resized(scene.picture, (plan.rows, plan.columns))
    specks = [speck for item in painted for speck in item.specks]
    for speck in [*specks, *_harmless_specks(breast, settings, rng)]:
        _add_speck(film, speck)
    film = _with_noise(_shouldered(film), settings, rng)
    is_right = plan.laterality is Laterality.RIGHT
    findings = tuple(
        TrueFinding(finding, _outline(item, plan, is_right=is_right))
        for finding, item in zip(plan.findings, painted, strict=True)
    )
    stored, center, width = _stored(film, plan, rng)
    return Rendered(np.ascontiguousarray(stored[:, ::-1]) if is_right else stored, center, width, findings)


def _harmless_specks(breast: Breast, settings: PhantomSettings, rng: np.random.Generator) -> list[Speck]:
    """Rarely one or two lone round calcifications, which are no finding."""
    if rng.random() >= settings.lone_calcification:
        return []
    shape = breast.shape
    inside = np.argwhere((shape.skin[::4, ::4] > 4) & (shape.muscle[::4, ::4] < 0.1)) * 4.0
    spots = inside[rng.integers(len(inside), size=rng.integers(1, 3))]
    mm = shape.mm
    return [
        Speck(x, y, size * mm, size * mm * rng.uniform(0.8, 1), 0.0, rng.uniform(0.08, 0.25))
        for (y, x), size in zip(spots, rng.uniform(0.15, 0.45, len(spots)), strict=True)
    ]


def _add_speck(film: Plane, speck: Speck) -> None:
    """Add one calcification to the full-size film, in place."""
    x, y, long, short = 2 * speck.x, 2 * speck.y, 2 * speck.long, 2 * speck.short
    reach = int(2 * long + 4)
    rows = slice(max(0, int(y) - reach), max(0, int(y) + reach + 1))
    columns = slice(max(0, int(x) - reach), max(0, int(x) + reach + 1))
    part = film[rows, columns]
    if part.size == 0:
        return
    dy, dx = np.mgrid[rows.start : rows.start + part.shape[0], columns.start : columns.start + part.shape[1]]
    dx, dy = dx + 0.5 - x, dy + 0.5 - y
    cos, sin = np.cos(speck.angle), np.sin(speck.angle)
    along, across = (dx * cos + dy * sin) / long, (dy * cos - dx * sin) / short
    reach_squared = along**2 + across**2
    solid = np.exp(-(reach_squared**1.6) * 0.9)
    if speck.is_rim:
        solid -= 0.55 * np.exp(-reach_squared * 3.0)
    part += (speck.contrast * np.sqrt(np.clip(part / 0.3, 0, 1)) * solid).astype(np.float32)


def _shouldered(film: Plane) -> Plane:
    """The scanner's curve: what is brighter than dense tissue is compressed, so that masses do not burn out."""
    above = np.maximum(film - np.float32(SHOULDER), 0)
    compressed: Plane = film - above + above / (1 + above / np.float32(0.45))
    return compressed


def _with_noise(film: Plane, settings: PhantomSettings, rng: np.random.Generator) -> Plane:
    """Quantum noise, blurred a little by the detector, more of it behind dense tissue; none in air."""
    noise = ndimage.gaussian_filter(rng.standard_normal(film.shape, dtype=np.float32), 0.55, truncate=2.0)
    noise /= noise[::8, ::8].std()
    strength = np.float32(settings.quantum_noise) * np.sqrt(np.maximum(film, 0) / np.float32(0.3))
    noisy: Plane = np.maximum(film + strength * noise, 0)
    return noisy


def _stored(
    film: Plane, plan: ImagePlan, rng: np.random.Generator
) -> tuple[NDArray[np.uint16], float, float]:
    """Display units to stored values, and the window that shows them: patient by patient, as scanners do."""
    top = 2**plan.bits - 1
    gain = top * float(np.random.default_rng([plan.breast_seed, 13]).uniform(0.70, 0.85))
    stored = np.clip(np.rint(film * np.float32(gain)), 0, top).astype(np.uint16)
    return stored, round(gain * 0.47, 1), round(gain * float(rng.uniform(0.90, 0.98)), 1)


def _outline(item: Painted, plan: ImagePlan, *, is_right: bool) -> tuple[tuple[float, float], ...]:
    """The outline in image pixels, clipped to the film, to a hundredth of a pixel."""
    points = 2 * item.outline
    if is_right:
        points = np.stack([plan.columns - points[:, 0], points[:, 1]], axis=1)
    clipped = shapely.Polygon(points).buffer(0).intersection(shapely.box(0, 0, plan.columns, plan.rows))
    if clipped.geom_type == "MultiPolygon":
        clipped = max(clipped.geoms, key=lambda part: part.area)
    ring = np.asarray(clipped.exterior.coords)[:-1]
    return tuple((round(float(x), 2), round(float(y), 2)) for x, y in ring)
