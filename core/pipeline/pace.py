"""How far a stage of work is, how fast it goes, and when it ends."""

from __future__ import annotations

import time

from core.events import Progress


class Pace:
    """Counts the items of a stage and how fast they come."""

    def __init__(self, stage: str, *, total: int, item: str = "an image") -> None:
        self._stage, self._total, self._item = stage, total, item
        self._skipped = self._done = 0
        self._start = time.monotonic()

    def skip(self, count: int) -> Progress:
        """Items that need no work."""
        self._skipped = self._done = count
        return Progress(self._stage, count, self._total, note=f"{count} there already" if count else "")

    def one_more(self) -> Progress:
        """One item is done."""
        return self.more(1)

    def more(self, count: int) -> Progress:
        """Some items, at least one, are done at once."""
        self._done += count
        pace = (time.monotonic() - self._start) / (self._done - self._skipped)
        left = round(pace * (self._total - self._done), 1)
        return Progress(self._stage, self._done, self._total, left, f"{pace:.2f} s {self._item}")
