"""Many cells at once: one single-threaded process a core, each cell's failure its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.synchronize import Event as Flag
from pathlib import Path

from core.control import Control
from core.crossval.cells import Cell, read_cell, run_cell
from core.errors import UserError
from core.events import Event, Notice, Progress
from core.faults import describe

STAGE = "cross-validation"
POLL_SECONDS = 0.2
_stop: Flag | None = None  # of a helper process: set when the evaluation was asked to stop


def usable_cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def run_cells(
    cells: Sequence[Cell], out: Path, *, jobs: int, control: Control
) -> Generator[Event, None, dict[str, str]]:
    """Do the cells that are not done yet; yields Progress, and a Notice for each that fails.

    jobs: 1 works in this process; more start that many helpers. Returns the reason of each that failed, by name. When
    asked to stop, ends within an epoch: what is finished is kept.
    """
    to_do = [cell for cell in cells if read_cell(out / cell.name, digest=cell.digest) is None]
    pace = _Pace(total=len(cells), done=len(cells) - len(to_do))
    yield pace.now()
    reasons: dict[str, str] = {}
    if jobs == 1:
        done = _one_by_one(to_do, out, control=control)
    else:
        done = _in_helpers(to_do, out, jobs=min(jobs, max(len(to_do), 1)), control=control)
    for cell, reason in done:
        if reason:
            reasons[cell.name] = reason
            yield Notice(f"{cell.arm}, seed {cell.seed}, fold {cell.fold}: {reason}")
        yield pace.one_more()
    return reasons


def _one_by_one(cells: Sequence[Cell], out: Path, *, control: Control) -> Iterator[tuple[Cell, str]]:
    for cell in cells:
        if control.is_stopping:
            return
        try:
            if not run_cell(cell, out, is_stopped=lambda: control.is_stopping):
                return
            reason = ""
        except Exception as error:  # noqa: BLE001 (a cell's failure is its own, and is told)
            reason = _reason(error)
        yield cell, reason


def _in_helpers(
    cells: Sequence[Cell], out: Path, *, jobs: int, control: Control
) -> Iterator[tuple[Cell, str]]:
    left = list(cells)
    lost: list[Cell] = []
    for cell, error in _rounds(left, out, jobs=jobs, control=control):
        if isinstance(error, BrokenProcessPool):
            lost.append(cell)
        else:
            yield cell, _reason(error) if error else ""
    # A helper that was killed takes the others' cells with it: each goes again, in a process of its own.
    for cell in lost:
        if control.is_stopping:
            return
        for _, error in _rounds([cell], out, jobs=1, control=control):
            yield cell, _reason(error) if error else ""


def _rounds(
    cells: Sequence[Cell], out: Path, *, jobs: int, control: Control
) -> Iterator[tuple[Cell, BaseException | None]]:
    """Cells as they end, each with what it raised."""
    with _helpers(jobs) as (pool, stop):
        waiting: dict[Future[bool], Cell] = {pool.submit(_work, cell, out): cell for cell in cells}
        while waiting:
            ended, _ = wait(waiting, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
            if control.is_stopping and not stop.is_set():
                stop.set()
                for future in waiting:
                    future.cancel()
            for future in ended:
                cell = waiting.pop(future)
                if future.cancelled():
                    continue
                error = future.exception()
                if error is not None or future.result():
                    yield cell, error


@contextmanager
def _helpers(jobs: int) -> Iterator[tuple[ProcessPoolExecutor, Flag]]:
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(stop,))
    try:
        yield pool, stop
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _begin(stop: Flag) -> None:
    """In a helper: one thread, and Ctrl-C is the parent's to answer."""
    global _stop  # noqa: PLW0603 (a process's own; what a pool initialiser is for)
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import torch

    torch.set_num_threads(1)


def _work(cell: Cell, out: Path) -> bool:
    return run_cell(cell, out, is_stopped=lambda: _stop is not None and _stop.is_set())


def _reason(error: BaseException) -> str:
    """A sentence for the report; where the fault is ours, its place goes to standard error, never its text."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, BrokenProcessPool):
        return (
            "its process was ended from outside, perhaps for want of memory. Run it again with fewer --jobs."
        )
    if isinstance(error, MemoryError):
        return "there was not enough memory. Run it again with fewer --jobs."
    print(describe(error), file=sys.stderr, flush=True)
    return f"a fault of the program ({type(error).__name__})."


class _Pace:
    """Counts cells and how fast they come."""

    def __init__(self, *, total: int, done: int) -> None:
        self._total, self._done, self._there = total, done, done
        self._start = time.monotonic()

    def now(self) -> Progress:
        """Where it stands before the first."""
        note = f"{self._there} there already" if self._there else ""
        return Progress(STAGE, self._done, self._total, note=note)

    def one_more(self) -> Progress:
        """One cell ended."""
        self._done += 1
        pace = (time.monotonic() - self._start) / (self._done - self._there)
        return Progress(STAGE, self._done, self._total, round(pace * (self._total - self._done), 1))
