"""How a command speaks: results on standard output, progress and complaints on standard error."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from tqdm import tqdm

from core.control import Control
from core.events import Epoch, Event, Failed, Finished, Notice, Progress, Stopped

_STAGES = {
    "inspecting": "looking at files",
    "features": "features",
    "training": "training",
    "scoring": "scoring",
}
_UNITS = {"cross-validation": "run", "measuring": "run"}


class WorkFailedError(RuntimeError):
    """Work ended by a fault of the program; the text says where the details are."""


class Console:
    """One command's voice. With `as_json`, standard output holds one JSON object and nothing else."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json

    def say(self, text: str) -> None:
        """A line for a person while the command works."""
        print(text, file=sys.stderr if self.as_json else sys.stdout, flush=True)

    def notice(self, text: str) -> None:
        """A sentence beside the progress bars."""
        tqdm.write(text, file=sys.stderr)

    def complain(self, text: str) -> None:
        """Why the command did not do what it was asked to."""
        print(f"lesionloop: {text}", file=sys.stderr, flush=True)

    def result(self, value: dict[str, Any], text: str) -> None:
        """What the command found: the object for machines, or the text for people."""
        print(json.dumps(value, allow_nan=False) if self.as_json else text, flush=True)

    @contextmanager
    def bar(self, title: str, *, unit: str = "image") -> Iterator[Callable[[int, int], None]]:
        """A progress bar; call what it gives with (done, total)."""
        bar = _Bar(title, unit=unit)
        try:
            yield bar.show
        finally:
            bar.close()

    def follow(self, events: Iterable[Event]) -> Finished | Stopped:
        """Show the events of long work as they come, to the last one, which is returned.

        Raises UserError or WorkFailedError where the work told that it failed.
        """
        bars: dict[str, _Bar] = {}
        try:
            for event in events:
                if isinstance(event, Finished | Stopped):
                    return event
                self._show(event, bars)
        finally:
            for bar in bars.values():
                bar.close()
        raise WorkFailedError("the work ended without saying how.")

    def _show(self, event: Event, bars: dict[str, _Bar]) -> None:
        if isinstance(event, Failed):
            _raise_failed(event)
        elif isinstance(event, Progress):
            title = _STAGES.get(event.stage, event.stage)
            bar = bars.setdefault(title, _Bar(title, unit=_UNITS.get(event.stage, "image")))
            bar.show(event.done, event.total)
        elif isinstance(event, Epoch):
            bar = bars.setdefault("training", _Bar("training", unit="epoch"))
            bar.show(event.number, event.total, note=_epoch_note(event))
        elif isinstance(event, Notice):
            self.notice(event.text)


class _Bar:
    """A tqdm bar on a terminal; elsewhere a line when the stage begins and one when it is whole."""

    def __init__(self, title: str, *, unit: str = "image") -> None:
        self._title = title
        self._unit = unit
        self._bar: tqdm[None] | None = None

    def show(self, done: int, total: int, *, note: str = "") -> None:
        """Move to `done` of `total`."""
        if not sys.stderr.isatty():
            if done == total and self._bar is None:
                print(f"{self._title}: {total} {self._unit}s", file=sys.stderr, flush=True)
            return
        if self._bar is None:
            self._bar = tqdm(total=total, desc=self._title, unit=self._unit, file=sys.stderr, leave=True)
        self._bar.total = total
        self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.close()


@contextmanager
def interruptible(control: Control, *, keep: bool = False) -> Iterator[None]:
    """Let the first Ctrl-C ask the work to end politely, and the second end it at once.

    keep: ask to keep what is finished by then, where the work can.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(_number: int, _frame: FrameType | None) -> None:
        if control.is_stopping:
            raise KeyboardInterrupt
        control.stop_early() if keep else control.cancel()
        # os.write: a handler may run in the middle of a buffered write.
        os.write(2, b"\nlesionloop: stopping soon; press Ctrl-C again to stop at once.\n")

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _raise_failed(event: Failed) -> None:
    from core.errors import UserError

    if event.is_user_error:
        raise UserError(event.text)
    raise WorkFailedError(event.text)


def _epoch_note(epoch: Epoch) -> str:
    parts = [f"loss {epoch.train_loss:.3f}"]
    if epoch.validation_auroc is not None:
        parts.append(f"validation AUROC {epoch.validation_auroc:.3f}")
    return ", ".join(parts)
