"""How long readers worked: active seconds by a monotonic clock, and what the ledger says about them.

The caller gives the clock's readings (time.monotonic), so that a suspended machine, a clock set back or
daylight saving cannot make minutes; the store's UTC times are for people, its row numbers for order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.domain import ImageId
from storage.records import EventKind, LedgerEvent

IDLE_AFTER_S = 30.0  # a pause longer than this counts as this much: the reader had left


class ActiveTime:
    """Seconds a reader was active since the last take(), from the moments at which something was done."""

    def __init__(self, *, idle_after_s: float = IDLE_AFTER_S) -> None:
        self._idle_after_s = idle_after_s
        self._last: float | None = None
        self._seconds = 0.0

    def touch(self, moment: float) -> None:
        """The reader did something at `moment` (seconds of a monotonic clock)."""
        if self._last is not None:
            self._seconds += min(max(moment - self._last, 0.0), self._idle_after_s)
        self._last = moment

    def pause(self) -> None:
        """The reader left (window hidden, machine asleep): nothing counts until the next touch."""
        self._last = None

    def take(self, moment: float) -> float:
        """Give the active seconds up to `moment` since this was last asked; counting starts anew from there."""
        self.touch(moment)
        seconds, self._seconds = self._seconds, 0.0
        return seconds


@dataclass(frozen=True, slots=True)
class ReaderEffort:
    """What one reader did: active seconds, findings added, decisions set, images touched."""

    reader: str
    seconds: float
    findings_added: int
    decisions_set: int
    images: int


def effort_by_reader(events: Iterable[LedgerEvent]) -> list[ReaderEffort]:
    """Sum of the ledger for each reader, in the order in which they first appear."""
    by_reader: dict[str, list[LedgerEvent]] = {}
    for event in events:
        if event.reader is not None:
            by_reader.setdefault(event.reader, []).append(event)
    return [_effort(reader, rows) for reader, rows in by_reader.items()]


def seconds_by_image(events: Iterable[LedgerEvent]) -> dict[ImageId, float]:
    """Active seconds spent on each image, of all readers."""
    seconds: dict[ImageId, float] = {}
    for event in events:
        if event.image_id is not None and event.seconds is not None:
            seconds[event.image_id] = seconds.get(event.image_id, 0.0) + event.seconds
    return seconds


def _effort(reader: str, rows: list[LedgerEvent]) -> ReaderEffort:
    return ReaderEffort(
        reader=reader,
        seconds=sum(event.seconds or 0.0 for event in rows),
        findings_added=sum(event.kind == EventKind.FINDING_ADDED for event in rows),
        decisions_set=sum(event.kind == EventKind.DECISION_SET for event in rows),
        images=len({event.image_id for event in rows if event.image_id is not None}),
    )
