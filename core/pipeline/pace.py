"""How far a stage of work is, how fast it goes, and when it ends."""

from __future__ import annotations

import time

from core.events import Progress


class Pace:
    """Counts the items of a stage and how fast they come."""

    def __init__(self, stage: str, *, total: int) -> None:
        self._stage, self._total = stage, total
        self._skipped = self._done = 0
        self._start = time.monotonic()

    def skip(self, count: int) -> Progress:
        """Items that need no work."""
        self._skipped = self._done = count
        return Progress(self._stage, count, self._total, note=f"{count} there already" if count else "")

    def one_more(self) -> Progress:
        """One item is done."""
        self._done += 1
        pace = (time.monotonic() - self._start) / (self._done - self._skipped)
        left = round(pace * (self._total - self._done), 1)
        return Progress(self._stage, self._done, self._total, left, f"{pace:.2f} s an image")
