"""`lesionloop bench`: figures of speed and memory, here and now."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from argparse import Namespace
from itertools import chain
from pathlib import Path

import app
from app.cli.console import Console
from core.bench import Figure, machine, measurements
from core.evaluation import aligned


def run(options: Namespace, console: Console) -> None:
    """Measure one thing after the other, and print them."""
    figures: list[Figure] = []
    console.say(machine())
    for figure in chain(measurements(threads=options.threads), window_start()):
        figures.append(figure)
        console.notice(f"{figure.name}: {figure}")
    value = {
        "machine": machine(),
        "threads": options.threads,
        "figures": [{"name": f.name, "value": f.value, "unit": f.unit, "note": f.note} for f in figures],
    }
    rows = [["what", "figure", "how"], *([f.name, str(f), f.note] for f in figures)]
    console.result(value, "\n".join(aligned(rows)))


def window_start() -> list[Figure]:
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
        return []
    figures = [Figure("window start", seconds, "s", "no project, offscreen, from a cold process to its end")]
    if done.stdout.strip():
        figures.append(Figure("window memory", float(done.stdout) / 1e6, "MB", "no project"))
    return figures


_WINDOW = """
import sys
from PySide6.QtWidgets import QApplication
application = QApplication([])
from app.main_window import MainWindow
window = MainWindow()
window.show()
application.processEvents()
if sys.platform != "win32":
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak * (1 if sys.platform == "darwin" else 1024))
window.close()
"""
