"""What the store hands out and takes in: frozen rows with the types of core.domain."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.domain import (
    Arm,
    Contour,
    Decision,
    FindingClass,
    FindingId,
    FindingType,
    ImageId,
    Label,
    Laterality,
    ModelId,
    PatientId,
    Point,
    Split,
    StudyId,
    View,
)
from core.recipe import Recipe


class EventKind(StrEnum):
    """What the ledger tells apart. A new kind also needs a row in table event_kind (a migration)."""

    IMAGE_READ = "image read"  # a reader looked at an image; `seconds` are active seconds
    FINDING_ADDED = "finding added"
    FINDING_CHANGED = "finding changed"
    FINDING_DELETED = "finding deleted"
    FINDING_RESTORED = "finding restored"
    DECISION_SET = "decision set"
    ASSESSMENT_SET = "assessment set"
    IMAGE_PLACED = "image placed"
    LABEL_SET = "label set"
    IMAGES_IMPORTED = "images imported"
    CONTOURS_IMPORTED = "contours imported"
    SPLITS_SET = "splits set"
    MODEL_ADDED = "model added"
    MODEL_CHOSEN = "model chosen"
    IMAGES_SCORED = "images scored"
    MODEL_REFUSED = "model refused"
    GATE_SET = "gate set"
    WORKLIST_RANKED = "worklist ranked"
    EXPORTED = "exported"


class FindingAction(StrEnum):
    """What made a version of a finding."""

    ADDED = "added"
    CHANGED = "changed"
    DELETED = "deleted"
    RESTORED = "restored"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One image as the worklist shows it.

    patient_key: pseudonym, e.g. 'P0007', the only name of a patient that is shown. rows, columns: pixels
    (0 where the file cannot be read; an image of many frames has a failure and pixels). spacing_mm: of one image pixel, None where unknown. scale: working
    pixels per image pixel. regions: how many windows its grid has. p_malignant, p_benign: of the current
    model. rank: 1 is the next to read. failure: why the image cannot be used, or ''. density: of the breast, A to D
    as in BI-RADS, or ''. decision_reason: why it was skipped or cannot be used, or ''. file: its path, as text: a worklist of 100,000 images needs few of them as a Path.
    """

    id: ImageId
    patient_id: PatientId
    patient_key: str
    study_id: StudyId
    file: str
    content_hash: str
    laterality: Laterality
    view: View
    rows: int
    columns: int
    spacing_mm: float | None
    scale: float
    label: Label | None
    split: Split
    regions: int
    decision: Decision | None
    malignant_findings: int
    benign_findings: int
    p_malignant: float | None
    p_benign: float | None
    rank: int | None
    rank_score: float | None
    rank_reason: str
    failure: str
    density: str = ""
    decision_reason: str = ""

    @property
    def can_be_shown(self) -> bool:
        """Whether there is a picture to look at; one of many frames may have a failure all the same."""
        return not self.failure or self.rows > 0

    @property
    def path(self) -> Path:
        """Where the image's file is."""
        return Path(self.file)

    @property
    def name(self) -> str:
        """Name of the image that holds no identifier: patient key, side, view, number."""
        view = self.view.value if self.view != View.UNKNOWN else "view"
        side = self.laterality.value if self.laterality != Laterality.UNKNOWN else "side"
        return f"{self.patient_key}_{side}_{view}_{self.id}"


class PromotionKind(StrEnum):
    """How a model came into use, or did not."""

    FIRST = "first"  # there was none to compare it with
    GATE = "gate"  # it was shown not to be worse
    BY_HAND = "by hand"
    ROLLED_BACK = "rolled back"
    REFUSED = "refused"  # a reader kept the former one


@dataclass(frozen=True, slots=True)
class PromotionRecord:
    """One decision about a model. former_id: the model in use until then (after a refusal, still). reader: None for the
    gate. evidence: what was known, plain values. created_at: UTC, ISO 8601.
    """

    id: int
    model_id: ModelId
    former_id: ModelId | None
    kind: PromotionKind
    reader: str | None
    evidence: dict[str, Any]
    created_at: str


@dataclass(frozen=True, slots=True)
class PromotionRules:
    """How a project decides which model is in use. margin, level: of the gate (core.gate.GateSettings)."""

    margin: float = 0.05
    level: float = 0.95
    is_automatic: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.margin <= 0.5 or not 0.5 <= self.level < 1:
            raise ValueError(f"no gate can be made of {self}")


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """What a model was trained on. snapshot: SHA-256 over content, label, split and region labels of every image that
    training saw. split_hash: SHA-256 over the split of every image of the job. Counts are of labelled images; all are
    empty or None for a model that was stored before they were kept.
    """

    snapshot: str = ""
    split_hash: str = ""
    train_images: int | None = None
    validation_images: int | None = None
    test_images: int | None = None


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """One trained model. folder: absolute. sha256: of weights.safetensors. annotated_images: size of F. is_current: it
    is in use. figures: measures on the test patients when it came in, each {"value", "low", "high"}, and their counts.
    gate: what the gate found of it (core.gate.GateResult.to_json), compared with the model judged_against.
    """

    id: ModelId
    name: str
    recipe: Recipe
    created_at: str
    folder: Path
    metrics: dict[str, Any]
    sha256: str
    is_current: bool
    annotated_images: int
    parent_id: ModelId | None = None
    trained_on: TrainedOn = TrainedOn()
    figures: dict[str, Any] = field(default_factory=dict)
    gate: dict[str, Any] | None = None
    judged_against: ModelId | None = None

    @property
    def is_calibrated(self) -> bool:
        """Whether its probabilities were calibrated on validation images."""
        return bool(self.metrics.get("calibration"))


@dataclass(frozen=True, slots=True)
class FindingVersion:
    """One state that a finding was in. created_at: UTC, ISO 8601."""

    finding_id: FindingId
    version: int
    action: FindingAction
    reader: str
    finding_class: FindingClass
    finding_type: FindingType
    contour: Contour
    created_at: str


@dataclass(frozen=True, slots=True)
class LabelRecord:
    """One weak label that an image had. `source` says where it came from ('csv', 'reader', ...)."""

    image_id: ImageId
    label: Label | None
    source: str
    birads: str
    note: str
    created_at: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """One thing that happened. `id` gives the order; `at` is UTC; `seconds` by a monotonic clock."""

    id: int
    at: str
    kind: EventKind
    reader: str | None
    image_id: ImageId | None
    finding_id: FindingId | None
    seconds: float | None
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SplitSettings:
    """How patients are dealt to the splits. Fractions of patients, in [0, 0.9], together below 1."""

    seed: int = 0
    test_fraction: float = 0.25
    validation_fraction: float = 0.15

    def __post_init__(self) -> None:
        fractions = (self.test_fraction, self.validation_fraction)
        if not all(0 <= fraction <= 0.9 for fraction in fractions) or sum(fractions) >= 1:
            raise ValueError(f"fractions leave nothing to train on: {fractions}")


@dataclass(frozen=True, eq=False, slots=True)
class NewImage:
    """One file as it enters the store, after inspection and with what the CSV says of it.

    patient: source identifier, never shown. study: DICOM StudyInstanceUID or ''. study_date: YYYYMMDD or ''. boxes: (m, 4) float64,
    image pixels, (0, 4) where `failure` says why there are none. modified_ns: mtime of the file.
    """

    path: Path
    content_hash: str
    patient: str
    size_bytes: int = 0
    modified_ns: int = 0
    study: str = ""
    study_date: str = ""
    laterality: Laterality = Laterality.UNKNOWN
    view: View = View.UNKNOWN
    rows: int = 0
    columns: int = 0
    spacing_mm: float | None = None
    scale: float = 1.0
    bits: int = 0
    is_for_processing: bool = False
    is_lossy: bool = False
    boxes: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 4)))
    failure: str = ""
    label: Label | None = None
    label_source: str = ""
    birads: str = ""
    label_note: str = ""
    density: str = ""


class ReadingKind(StrEnum):
    """What a reader does on an image, and what the model does beside it. A new kind needs a migration."""

    OPENED = "opened"
    INPUT = "input"  # the hand moved; at most one a second
    STROKE_BEGUN = "stroke begun"
    STROKE_ENDED = "stroke ended"
    EDIT_BEGUN = "edit begun"
    EDIT_ENDED = "edit ended"
    DECISION = "decision"
    PAUSED = "paused"
    RESUMED = "resumed"
    MODEL_SHOWN = "model shown"
    MODEL_HIDDEN = "model hidden"
    MODEL_REQUESTED = "model requested"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ReadingEvent:
    """One thing that happened in a sitting. seconds: since it began, by a monotonic clock. at: UTC, for people."""

    sitting_id: int
    seconds: float
    kind: ReadingKind
    image_id: ImageId | None = None
    finding_id: FindingId | None = None
    details: dict[str, Any] = field(default_factory=dict)
    at: str = ""


@dataclass(frozen=True, slots=True)
class SittingRecord:
    """One sitting of one reader."""

    id: int
    reader: str
    arm: Arm
    began_at: str


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the store knows of a file, enough to see without reading it whether it is the same."""

    image_id: ImageId
    path: Path
    content_hash: str
    size_bytes: int
    modified_ns: int
    failure: str


@dataclass(frozen=True, slots=True)
class NewModel:
    """A trained model about to be stored; its files are already in place."""

    name: str
    recipe: Recipe
    folder_name: str
    sha256: str
    metrics: dict[str, Any]
    annotated_images: int
    parent_id: ModelId | None = None
    trained_on: TrainedOn = TrainedOn()


@dataclass(frozen=True, slots=True)
class RankingItem:
    """Place of one image in the worklist: the strategy's score and why it stands there, in words."""

    image_id: ImageId
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class DraftRecord:
    """A contour that a reader began and did not close. tool: the name of the window's tool. points: image pixels."""

    image_id: ImageId
    tool: str
    points: tuple[Point, ...]
