"""The words of the program as types: ids, labels, boxes and contours, and the one coordinate convention.

Coordinates, everywhere: x grows right, y grows down, in pixels of the image as stored in its file; (0, 0)
is the outer corner of the first pixel, so pixel (row, column) covers [column, column + 1] by
[row, row + 1]. DICOM calls this SCOORD (PS3.3 C.10.5.1.2).

Order of classes, everywhere: (N, B, M) for regions, (B, M) for findings and for image probabilities.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, NewType, Self

PatientId = NewType("PatientId", int)
StudyId = NewType("StudyId", int)
ImageId = NewType("ImageId", int)
FindingId = NewType("FindingId", int)
ModelId = NewType("ModelId", int)
RankingId = NewType("RankingId", int)

Point = tuple[float, float]
Ring = tuple[Point, ...]


class Label(StrEnum):
    """Global (weak) label of one image: which kinds of finding it holds."""

    NORMAL = "N"
    BENIGN = "B"
    MALIGNANT = "M"
    BOTH = "MB"

    @property
    def targets(self) -> tuple[int, int]:
        """(y_M, y_B), the tuple of the paper's Sec. III."""
        return int(self in (Label.MALIGNANT, Label.BOTH)), int(self in (Label.BENIGN, Label.BOTH))

    @property
    def is_malignant(self) -> bool:
        """Whether the image holds a malignant finding (y_M = 1)."""
        return self.targets[0] == 1


class Laterality(StrEnum):
    """Side of the breast (DICOM ImageLaterality)."""

    LEFT = "L"
    RIGHT = "R"
    UNKNOWN = "?"


class View(StrEnum):
    """Projection (DICOM ViewPosition)."""

    CC = "CC"
    MLO = "MLO"
    OTHER = "other"
    UNKNOWN = "?"


class Split(StrEnum):
    """Which part of the study a patient belongs to. Test patients never enter training."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class FindingClass(StrEnum):
    """What a reader holds a finding to be. Only malignant contours make region labels (Eq. 7)."""

    MALIGNANT = "malignant"
    BENIGN = "benign"


class FindingType(StrEnum):
    """Radiological type of a finding."""

    UNSPECIFIED = "unspecified"
    MASS = "mass"
    CALCIFICATION = "calcification"
    DISTORTION = "distortion"
    ASYMMETRY = "asymmetry"
    OTHER = "other"


class Decision(StrEnum):
    """What a reader decided about a whole image."""

    ANNOTATED = "annotated"
    NOTHING_TO_DRAW = "nothing to draw"
    SKIPPED = "skipped"
    UNREADABLE = "unreadable"


class Provenance(StrEnum):
    """How a contour came to be."""

    DRAWN = "drawn"
    ACCEPTED = "accepted"  # a box of the model, as it is
    EDITED = "edited"  # a box of the model, changed by the reader
    IMPORTED = "imported"


class Role(StrEnum):
    """As what a finding counts: a reader's own, the data set's, or the one that settles what readers see differently."""

    READER = "reader"
    IMPORTED = "imported"
    ADJUDICATED = "adjudicated"


class Arm(StrEnum):
    """What a sitting shows of the model before the reader has decided about an image."""

    HIDDEN = "hidden"
    ON_REQUEST = "on request"
    SHOWN = "shown"


BIRADS = (
    "0",
    "1",
    "2",
    "3",
    "4",
    "4a",
    "4b",
    "4c",
    "5",
    "6",
)  # assessment categories; '' where none is stated


class RegionLabel(IntEnum):
    """Local label of one region, from malignant contours (Eq. 7); between the two, ignored."""

    IGNORED = -1
    BN = 0
    M = 1


@dataclass(frozen=True, slots=True)
class Box:
    """Axis-aligned box in image pixels, half-open."""

    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        if not (self.x0 < self.x1 and self.y0 < self.y1):
            raise ValueError(f"box has no area: {self}")


@dataclass(frozen=True, slots=True)
class Polygon:
    """One outline with its holes, as rings of at least three points in image pixels, not closed."""

    exterior: Ring
    holes: tuple[Ring, ...] = ()

    def __post_init__(self) -> None:
        for ring in (self.exterior, *self.holes):
            if len(ring) < 3:
                raise ValueError("an outline needs at least three points")
            if not all(math.isfinite(x) and math.isfinite(y) for x, y in ring):
                raise ValueError("an outline has a coordinate that is not a number")


@dataclass(frozen=True, slots=True)
class Contour:
    """The area of one finding: one or more polygons in image pixels. Areas come from core.regions."""

    polygons: tuple[Polygon, ...]

    def __post_init__(self) -> None:
        if not self.polygons:
            raise ValueError("a contour needs at least one outline")

    @classmethod
    def from_points(cls, points: Iterable[Sequence[float]]) -> Self:
        """One outline without holes; a repeated closing point is dropped."""
        ring = [(float(x), float(y)) for x, y in points]
        if len(ring) > 1 and ring[0] == ring[-1]:
            ring.pop()
        return cls((Polygon(tuple(ring)),))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(x0, y0, x1, y1) around all outlines."""
        points = [point for polygon in self.polygons for point in polygon.exterior]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return min(xs), min(ys), max(xs), max(ys)

    def to_geojson(self) -> dict[str, Any]:
        """As a GeoJSON MultiPolygon (RFC 7946, rings closed), the form in which contours are kept."""
        return {
            "type": "MultiPolygon",
            "coordinates": [
                [[list(p) for p in (*ring, ring[0])] for ring in (polygon.exterior, *polygon.holes)]
                for polygon in self.polygons
            ],
        }

    @classmethod
    def from_geojson(cls, value: dict[str, Any]) -> Self:
        """Read a GeoJSON Polygon or MultiPolygon. Raises ValueError on anything else."""
        coordinates = value["coordinates"] if value.get("type") == "MultiPolygon" else [value["coordinates"]]
        if value.get("type") not in ("Polygon", "MultiPolygon"):
            raise ValueError(f"not an area: {value.get('type')!r}")
        return cls(tuple(Polygon(_ring(rings[0]), tuple(map(_ring, rings[1:]))) for rings in coordinates))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The model's box from which a contour was made. box: x0, y0, x1, y1, image pixels. iom: of Eq. 6, box and contour."""

    model_id: ModelId
    box: tuple[float, float, float, float]
    iom: float = 1.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One lesion drawn by a reader on one image, in its newest version.

    reader: who stated this version. owner: who stated the first. birads: of BIRADS, or ''. suggestion: what the contour
    was made from, if it was not drawn by hand. lesion_id: findings with the same one are one lesion, seen in several views.
    """

    id: FindingId
    image_id: ImageId
    reader: str
    finding_class: FindingClass
    finding_type: FindingType
    contour: Contour
    version: int
    birads: str = ""
    note: str = ""
    provenance: Provenance = Provenance.DRAWN
    suggestion: Suggestion | None = None
    lesion_id: FindingId | None = None
    role: Role = Role.READER
    owner: str = ""


def _ring(points: Sequence[Sequence[float]]) -> Ring:
    ring = tuple((float(x), float(y)) for x, y in points)
    return ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring
