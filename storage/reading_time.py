"""Where a reader's time went, from the events of their sittings. What counts as idle is said with the question.

The events are what was kept (storage.store.sittings); nothing here is stored, so that another idle cut-off asks the same
data again. For each image of a sitting search + drawing + editing + idle + paused is the time from opening to closing.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

from core.domain import FindingId, ImageId
from storage.exporting.tables import safe_cell
from storage.records import ReadingEvent, ReadingKind, SittingRecord

_BY_HAND = frozenset(
    {ReadingKind.INPUT, ReadingKind.STROKE_BEGUN, ReadingKind.EDIT_BEGUN, ReadingKind.DECISION}
)
IDLE_AFTER_S = 30.0  # the usual cut-off: a longer time without input is idle, all of it


@dataclass(slots=True)
class Times:
    """Seconds of one reading, or of several together."""

    search: float = 0.0
    drawing: float = 0.0
    editing: float = 0.0
    idle: float = 0.0
    paused: float = 0.0

    def add(self, other: Times) -> None:
        """Count another one in."""
        for each in fields(Times):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def active(self) -> float:
        """Without idle and paused time."""
        return self.search + self.drawing + self.editing


@dataclass(slots=True)
class ImageReading:
    """One image from opening to closing. contours: drawing and editing of each finding. first_input, first_stroke: seconds
    after opening, None where there was none. model_requested: seconds after
    opening at which the reader asked for the model, None where they did not.
    """

    sitting_id: int
    image_id: ImageId
    times: Times = field(default_factory=Times)
    contours: dict[FindingId, Times] = field(default_factory=dict)
    first_input: float | None = None
    first_stroke: float | None = None
    model_requested: float | None = None
    is_closed: bool = False


def readings(events: Iterable[ReadingEvent], *, idle_after_s: float = IDLE_AFTER_S) -> list[ImageReading]:
    """Every reading of an image, in order. events: as the store gives them, sitting by sitting.

    An image that was never closed, as after a crash, counts up to its last event.
    """
    done: list[ImageReading] = []
    walk: _Walk | None = None
    for event in events:
        if walk is not None and event.sitting_id != walk.reading.sitting_id:
            walk = None
        if event.kind is ReadingKind.OPENED and event.image_id is not None:
            walk = _Walk(ImageReading(event.sitting_id, event.image_id), event.seconds, idle_after_s)
            done.append(walk.reading)
        elif walk is not None:
            walk.take(event)
            if event.kind is ReadingKind.CLOSED:
                walk.reading.is_closed = True
                walk = None
    return done


def times_by_reader(found: Iterable[ImageReading], sittings: Iterable[SittingRecord]) -> Mapping[str, Times]:
    """Sum of the readings of each reader, by name."""
    names = {sitting.id: sitting.reader for sitting in sittings}
    total: dict[str, Times] = {}
    for reading in found:
        total.setdefault(names[reading.sitting_id], Times()).add(reading.times)
    return total


def reading_table(found: Iterable[ImageReading], sittings: Iterable[SittingRecord]) -> str:
    """A CSV line for each reading: sitting, reader, arm, image, seconds of each kind, contours, moments."""
    known = {sitting.id: sitting for sitting in sittings}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            "sitting",
            "reader",
            "arm",
            "began",
            "image",
            *(f"{each.name}_s" for each in fields(Times)),
            "contours",
            "first_input_s",
            "first_stroke_s",
            "model_requested_s",
            "closed",
        ]
    )
    for reading in found:
        sitting = known[reading.sitting_id]
        seconds = [f"{getattr(reading.times, each.name):.3f}" for each in fields(Times)]
        moments = [
            "" if m is None else f"{m:.3f}"
            for m in (reading.first_input, reading.first_stroke, reading.model_requested)
        ]
        writer.writerow(
            [
                sitting.id,
                safe_cell(sitting.reader),
                sitting.arm.value,
                sitting.began_at,
                reading.image_id,
                *seconds,
                len(reading.contours),
                *moments,
                int(reading.is_closed),
            ]
        )
    return text.getvalue()


def contour_table(found: Iterable[ImageReading], sittings: Iterable[SittingRecord]) -> str:
    """A CSV line for each contour of each reading: its seconds of drawing, editing, idle and paused."""
    known = {sitting.id: sitting for sitting in sittings}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    kinds = ("drawing", "editing", "idle", "paused")
    writer.writerow(["sitting", "reader", "arm", "image", "finding", *(f"{kind}_s" for kind in kinds)])
    for reading in found:
        sitting = known[reading.sitting_id]
        for finding_id, times in reading.contours.items():
            seconds = [f"{getattr(times, kind):.3f}" for kind in kinds]
            writer.writerow(
                [
                    sitting.id,
                    safe_cell(sitting.reader),
                    sitting.arm.value,
                    reading.image_id,
                    finding_id,
                    *seconds,
                ]
            )
    return text.getvalue()


def event_table(events: Iterable[ReadingEvent], sittings: Iterable[SittingRecord]) -> str:
    """A CSV line for each event as it was recorded: nothing is added up, left out or taken for idle."""
    known = {sitting.id: sitting for sitting in sittings}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["sitting", "reader", "arm", "seconds", "at", "kind", "image", "finding", "details"])
    for event in events:
        sitting = known[event.sitting_id]
        details = json.dumps(event.details, sort_keys=True) if event.details else None
        where = [event.image_id, event.finding_id, details]
        who = [sitting.id, safe_cell(sitting.reader), sitting.arm.value]
        writer.writerow([*who, f"{event.seconds:.3f}", event.at, event.kind.value, *where])
    return text.getvalue()


class _Walk:
    """The way through the events of one reading."""

    def __init__(self, reading: ImageReading, began: float, idle_after_s: float) -> None:
        self.reading = reading
        self._began = self._last = began
        self._idle_after_s = idle_after_s
        self._kind = "search"
        self._of_contour = Times()
        self._is_paused = False

    def take(self, event: ReadingEvent) -> None:
        """Count the time up to an event, then let it change what comes after."""
        self._count(max(event.seconds - self._last, 0.0))
        self._last = max(event.seconds, self._last)
        since = event.seconds - self._began
        if self.reading.first_input is None and event.kind in _BY_HAND:
            self.reading.first_input = since
        match event.kind:
            case ReadingKind.STROKE_BEGUN | ReadingKind.EDIT_BEGUN:
                self._kind = "drawing" if event.kind is ReadingKind.STROKE_BEGUN else "editing"
                self._of_contour = Times()
                if self.reading.first_stroke is None and event.kind is ReadingKind.STROKE_BEGUN:
                    self.reading.first_stroke = since
            case ReadingKind.STROKE_ENDED | ReadingKind.EDIT_ENDED:
                self._kind = "search"
                if event.finding_id is not None:
                    self.reading.contours.setdefault(event.finding_id, Times()).add(self._of_contour)
                self._of_contour = Times()
            case ReadingKind.PAUSED:
                self._is_paused = True
            case ReadingKind.RESUMED:
                self._is_paused = False
            case ReadingKind.MODEL_REQUESTED if self.reading.model_requested is None:
                self.reading.model_requested = since
            case _:
                pass

    def _count(self, gap: float) -> None:
        kind = "paused" if self._is_paused else "idle" if gap > self._idle_after_s else self._kind
        setattr(self.reading.times, kind, getattr(self.reading.times, kind) + gap)
        if self._kind != "search":
            setattr(self._of_contour, kind, getattr(self._of_contour, kind) + gap)
