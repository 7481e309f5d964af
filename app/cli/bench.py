"""`lesionloop bench`: figures of speed and memory, here and now."""

from __future__ import annotations

import datetime as dt
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import app
from app.cli.console import Console
from core.bench import SECTIONS, WINDOW_SECTION, Figure, load, machine, measurements, versions
from core.evaluation import aligned


def run(options: Namespace, console: Console) -> None:
    """Measure one thing after the other, and print them."""
    header = {"date": dt.datetime.now().astimezone().date().isoformat(), "machine": machine()}
    console.say(f"{header['machine']}, {header['date']}")
    console.say(", ".join(f"{name} {version}" for name, version in versions().items()))
    busy = load()
    if busy is not None:
        console.say(f"{busy:.1f} processes at work over the last minute (0 is a quiet machine)")
    sections = [
        name
        for name in (*SECTIONS, *WINDOW_SECTION)
        if name in (options.only or (*SECTIONS, *WINDOW_SECTION))
    ]
    figures: dict[str, list[Figure]] = {}
    with _children_end_with_us():
        for section in sections:
            for figure in _measured(section, threads=options.threads):
                figures.setdefault(section, []).append(figure)
                console.notice(f"{section}: {figure.name}: {figure}")
    value = {
        **header,
        "versions": versions(),
        "load": busy,
        "threads": options.threads,
        "sections": {section: [figure.to_json() for figure in found] for section, found in figures.items()},
    }
    console.result(value, _table(figures))


@contextmanager
def _children_end_with_us() -> Iterator[None]:
    """Let Ctrl-C end the processes that measure, too, which a pool would wait for."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        for child in multiprocessing.active_children():
            child.terminate()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _measured(section: str, *, threads: int) -> Iterator[Figure]:
    match section:
        case "window":
            return window_start()
        case "viewer":
            return viewer_figures()
        case _:
            return measurements(section, threads=threads)


def viewer_figures() -> Iterator[Figure]:
    """The viewer's own bench, in a process of its own, offscreen; no figure where Qt cannot start."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.viewer.bench"],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        cwd=Path(app.__file__).resolve().parent.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process:
        for line in process.stdout:
            yield Figure(**json.loads(line))


def window_start() -> Iterator[Figure]:
    """Seconds from nothing to a window on screen, and its memory, offscreen; no figure where Qt cannot start."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    place = Path(app.__file__).resolve().parent.parent
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _WINDOW],
        env=environment,
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        return
    yield Figure("window start", seconds, "s", "no project, offscreen, from a cold process to its end")
    if done.stdout.strip():
        yield Figure("window memory", float(done.stdout) / 1e6, "MB", "no project")


def _table(figures: dict[str, list[Figure]]) -> str:
    parts = []
    for section, found in figures.items():
        rows = [[section, "figure", "goal", "how"], *([f.name, str(f), f.bar or "-", f.note] for f in found)]
        parts.append("\n".join(aligned(rows)))
    judged = [figure for found in figures.values() for figure in found if figure.is_met is not None]
    met = sum(bool(figure.is_met) for figure in judged)
    return "\n\n".join([*parts, *([f"{met} of {len(judged)} goals met."] if judged else [])])


_WINDOW = """
import sys
from PySide6.QtWidgets import QApplication
application = QApplication([])
from app.main_window import MainWindow
window = MainWindow()
window.show()
application.processEvents()
from pathlib import Path
status = Path("/proc/self/status")
if status.is_file():  # Linux, whose getrusage would count the memory of the process that started this one
    peak = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    print(int(peak[0]) * 1024)
elif sys.platform != "win32":
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak * (1 if sys.platform == "darwin" else 1024))
window.close()
"""
