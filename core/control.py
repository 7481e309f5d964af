"""How long work is asked to end; standard library only."""

from __future__ import annotations

import threading


class Control:
    """How whoever waits for long work ends it; may be called from any thread."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._stopping = threading.Event()

    def cancel(self) -> None:
        """End soon and keep nothing."""
        self._cancelled.set()

    def stop_early(self) -> None:
        """End soon and keep what is there."""
        self._stopping.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether nothing is to be kept."""
        return self._cancelled.is_set()

    @property
    def is_stopping(self) -> bool:
        """Whether to end soon, for either reason."""
        return self._stopping.is_set() or self.is_cancelled
