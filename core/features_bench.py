"""Time and memory of the features of one image, for `lesionloop bench`.

Each figure is taken in a process of its own, so that memory is that of one engine alone and nothing is warm from
another. The image is noise of 3000 x 1500 pixels whose every window counts as tissue: the most work that an image
of this size can give.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.recipe import GridSettings, TrunkMode, TrunkSettings

ROWS, COLUMNS = 3000, 1500
CASES = (("onnxruntime", "dense"), ("torch", "dense"), ("onnxruntime", "windows"), ("torch", "windows"))

Row = tuple[str, float, str]


@dataclass(frozen=True, slots=True)
class Measured:
    """One engine and mode. Seconds an image: the median of the rounds after a first one that is not counted."""

    wall_seconds: float
    cpu_seconds: float
    load_seconds: float
    peak_megabytes: float | None
    regions: int


def measure(
    *,
    threads: int = 2,
    rounds: int = 3,
    rows: int = ROWS,
    columns: int = COLUMNS,
    cases: Sequence[tuple[str, str]] = CASES,
) -> Iterator[Row]:
    """Yield (name, value, unit) as they are measured. The memory is left out where the system does not tell it."""
    for engine, mode in cases:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            found = pool.submit(
                measure_here, engine, mode, threads=threads, rounds=rounds, rows=rows, columns=columns
            ).result()
        name = f"features, {rows} x {columns}, {mode}, {engine}, {threads} threads"
        yield f"{name}: time an image", found.wall_seconds, "s"
        yield f"{name}: processor time an image", found.cpu_seconds, "s"
        yield f"{name}: processor time a region", 1000 * found.cpu_seconds / found.regions, "ms"
        yield f"{name}: loading the trunk", found.load_seconds, "s"
        if found.peak_megabytes is not None:
            yield f"{name}: peak memory of the process", found.peak_megabytes, "MB"


def measure_here(engine: str, mode: str, *, threads: int, rounds: int, rows: int, columns: int) -> Measured:
    """One engine and mode in this process."""
    from core.features import region_features
    from core.trunks import load_trunk

    started = time.perf_counter()
    trunk = load_trunk(TrunkSettings(mode=TrunkMode(mode)), threads=threads, engine=engine)
    load_seconds = time.perf_counter() - started
    image = np.random.default_rng(0).random((rows, columns), dtype=np.float32)
    boxes, wall, cpu = every_window(rows, columns, grid=GridSettings()), [], []
    for _ in range(rounds + 1):
        started, processor = time.perf_counter(), time.process_time()
        region_features(trunk, image, boxes, scale=1.0, grid=GridSettings())
        wall.append(time.perf_counter() - started)
        cpu.append(time.process_time() - processor)
    return Measured(
        wall_seconds=statistics.median(wall[1:]),
        cpu_seconds=statistics.median(cpu[1:]),
        load_seconds=load_seconds,
        peak_megabytes=peak_megabytes(),
        regions=len(boxes),
    )


def every_window(rows: int, columns: int, *, grid: GridSettings) -> NDArray[np.float64]:
    """(m, 4), all windows of an image that is tissue throughout, the last row and column shifted inwards."""
    down, across = (
        sorted({*range(0, length - grid.window, grid.stride), length - grid.window})
        for length in (rows, columns)
    )
    return np.array([(x, y, x + grid.window, y + grid.window) for y in down for x in across], np.float64)


def peak_megabytes() -> float | None:
    """The most memory (resident, MB) that this process has had; None where the system does not tell."""
    status = Path("/proc/self/status")
    if status.is_file():  # Linux; its getrusage would count the memory of the process that started this one
        lines = status.read_text(encoding="ascii", errors="replace").splitlines()
        peak = next((line for line in lines if line.startswith("VmHWM:")), None)
        return int(peak.split()[1]) * 1024 / 1e6 if peak else None
    if sys.platform == "win32":
        return None
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / 1e6 if sys.platform == "darwin" else used * 1024 / 1e6
