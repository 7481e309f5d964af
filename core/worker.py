"""The body of a worker process: does one job folder, tells events on standard output, listens on standard input.

Lines heard: "cancel" (keep nothing of a fit), "stop early" (keep the best so far). The end of standard input is a
cancel too, so that a worker never outlives the window that started it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, TextIO

from core.control import Control
from core.errors import UserError
from core.events import Event, Failed, to_line
from core.faults import describe

NICENESS = 10
OUT_OF_MEMORY_SCORE = 700  # Linux: when memory runs out, this process goes before the window
BELOW_NORMAL_PRIORITY_CLASS = 0x4000  # Windows


def main(folder: str) -> int:
    """Do the job in a folder. Returns 0 when it finished or was stopped as asked, 1 when it failed."""
    path, control = Path(folder), Control()
    with _own_standard_output() as out:
        if not path.is_dir():
            _Teller(out, None, control=control).tell(
                Failed("The work's folder is not there: start it again.", is_user_error=True)
            )
            return 1
        try:
            log = (path / "log.txt").open("a", encoding="utf-8")
            events = (path / "events.jsonl").open("wb", buffering=0)
        except OSError as error:
            why = error.strerror or "the disk refuses it"
            text = f"The work's folder cannot be written: {why}. Nothing was changed; mend that, then start again."
            _Teller(out, None, control=control).tell(Failed(text, is_user_error=True))
            return 1
        with contextlib.suppress(OSError), log, events:  # what a full disk does not take of the log is lost
            faulthandler.enable(log)
            teller = _Teller(out, events, control=control)
            with _said_twice(log), _Faults(teller):
                _do(path, teller, control=control)
            faulthandler.disable()
    return 1 if teller.has_failed else 0


def _do(path: Path, teller: _Teller, *, control: Control) -> None:
    threading.Thread(target=_listen, args=(control,), daemon=True, name="standard input").start()
    _give_way()
    try:
        _cap_threads(path)
    except UserError as error:
        teller.tell(Failed(str(error), is_user_error=True))
        return
    from core.pipeline import run_job

    for event in run_job(path, control):
        teller.tell(event)


def _cap_threads(path: Path) -> None:
    """Before the libraries that read these are loaded."""
    from core.job import Job

    threads = str(Job.read(path).recipe.threads)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # see app.__main__
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, threads)
    # Threads that wait by spinning take the processor from those they wait for as soon as anything else runs: with
    # the window and one more program beside it, an epoch on two threads took 5 to 20 times as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def _give_way() -> None:
    """Let the window and everything else on this computer go first."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS)
        return
    os.nice(NICENESS)
    score = Path("/proc/self/oom_score_adj")
    if score.exists():
        with contextlib.suppress(OSError):  # some containers forbid it; the work is the same without
            score.write_text(str(OUT_OF_MEMORY_SCORE))


def _listen(control: Control) -> None:
    """Heard byte by byte from the descriptor: a buffered reader would hold its lock when the interpreter ends."""
    unread = b""
    while True:
        try:
            heard = os.read(0, 4096)
        except OSError:
            heard = b""
        if not heard:
            control.cancel()
            return
        *lines, unread = (unread + heard).split(b"\n")
        for line in lines:
            match line.strip():
                case b"cancel":
                    control.cancel()
                case b"stop early":
                    control.stop_early()


class _Teller:
    """Writes each event as a line to standard output and to events.jsonl."""

    def __init__(self, out: BinaryIO, events: BinaryIO | None, *, control: Control) -> None:
        self._out, self._events, self._control = out, events, control
        self.has_failed = False

    def tell(self, event: Event) -> None:
        """One event; where nobody listens any more, the work is asked to end."""
        self.has_failed |= isinstance(event, Failed)
        line = f"{to_line(event)}\n".encode("ascii")
        if self._events is not None:
            try:
                self._events.write(line)
            except OSError:
                self._events = None  # a full disk: whoever listens must hear of it all the same
        try:
            self._out.write(line)
        except OSError:
            self._control.cancel()


class _Faults:
    """Turns a fault of ours into the last event; the log says where it rose."""

    def __init__(self, teller: _Teller) -> None:
        self._teller = teller

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        print(describe(error), file=sys.stderr, flush=True)
        self._teller.tell(
            Failed(
                f"The work ended by a fault of the program ({type(error).__name__}). Its log has the details.",
                is_user_error=False,
            )
        )
        return True


class _Twice:
    """A text stream that goes to two places."""

    encoding = "utf-8"

    def __init__(self, first: TextIO, second: TextIO) -> None:
        self._both = (first, second)

    def write(self, text: str) -> int:
        """Write to both."""
        for stream in self._both:
            with contextlib.suppress(OSError):  # the window may have closed its end; the log still counts
                stream.write(text)
                stream.flush()
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""

    def isatty(self) -> bool:
        """Never: no colours, no bars."""
        return False


@contextlib.contextmanager
def _own_standard_output() -> Iterator[BinaryIO]:
    """The real standard output, for events alone; whatever else writes to descriptor 1 reaches standard error."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    sys.stdout.flush()
    os.dup2(2, 1)
    try:
        yield out
    finally:
        out.close()


@contextlib.contextmanager
def _said_twice(log: TextIO) -> Iterator[None]:
    """What Python prints goes to standard error and into the log."""
    before = sys.stdout, sys.stderr
    twice = _Twice(sys.__stderr__ or sys.stderr, log)
    sys.stdout = sys.stderr = twice
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
