"""Time and memory of the features of one image, for `lesionloop bench`.

Each figure is taken in a process of its own, so that memory is that of one engine alone and nothing is warm from
another. The image is noise of 3000 x 1500 pixels whose every window counts as tissue: the most work that an image
of this size can give. The ratios are of the size of image that their bars were measured on.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.bench.figures import Figure, side_by_side
from core.recipe import GridSettings, TrunkMode, TrunkSettings

if TYPE_CHECKING:
    from core.trunks import Trunk

ROWS, COLUMNS = 3000, 1500
RATIO_ROWS, RATIO_COLUMNS = 3024, 1456  # 312 windows: the number of pixels alone gives a ratio of 3.6
PUBLISHED = "the published network in torch, window by window"
# Trunk, engine, what it is compared with, and how many times faster one pass is to be at least.
RATIOS = (
    ("efficientnet-lite0", "onnxruntime", "windows", 2.9),
    ("efficientnet-lite0", "torch", "windows", None),
    ("efficientnet-lite0", "torch", PUBLISHED, 4.0),
    ("cnn-m-128", "onnxruntime", "windows", 2.5),
)
# Channels of CNN-M-128 as published; random weights take as long as trained ones.
CNN_M_WIDTHS = {"conv1": 96, "conv2": 256, "conv3": 512, "conv4": 512, "conv5": 512, "fc6": 4096, "fc7": 128}
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


def ratios(
    *,
    rounds: int = 2,
    rows: int = RATIO_ROWS,
    columns: int = RATIO_COLUMNS,
    cases: Sequence[tuple[str, str, str, float | None]] = RATIOS,
) -> Iterator[Figure]:
    """How many times faster one pass is than window by window, in processor time of one thread, side by side.

    'windows' is this program's own way, PUBLISHED is the network as it was published, nothing folded, eight windows a
    batch. CNN-M-128 has random weights: its own are not there, and take the same time.
    """
    for trunk, engine, peer, bar in cases:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            taken = pool.submit(
                ratio_here, trunk, engine, peer, rounds=rounds, rows=rows, columns=columns
            ).result()
        note = (
            f"{rows} x {columns}, {taken[peer]:.2f} s against {taken['dense']:.2f} s, 1 thread, processor time, "
            f"median of {rounds}"
        )
        name = f"features in one pass, {trunk}, {engine}, against {peer}"
        yield Figure(name, taken[peer] / taken["dense"], "x", note, at_least=bar)


def ratio_here(
    trunk: str, engine: str, peer: str, *, rounds: int, rows: int, columns: int
) -> dict[str, float]:
    """Processor seconds of one pass ('dense') and of what it is compared with, in this process."""
    from threadpoolctl import threadpool_limits

    from core.features import region_features

    image = np.random.default_rng(0).random((rows, columns), dtype=np.float32)
    grid = GridSettings()
    boxes = every_window(rows, columns, grid=grid)

    def way(mode: TrunkMode) -> Callable[[], object]:
        loaded = _trunk(trunk, mode, engine=engine)
        return partial(region_features, loaded, image, boxes, scale=1.0, grid=grid)

    other = _published(image, boxes) if peer == PUBLISHED else way(TrunkMode.WINDOWS)
    with threadpool_limits(1):
        return side_by_side({"dense": way(TrunkMode.DENSE), peer: other}, rounds=rounds)


def _trunk(name: str, mode: TrunkMode, *, engine: str) -> Trunk:
    from core.trunks import load_trunk

    if name == "cnn-m-128":
        return _random_cnn_m(mode, engine=engine)
    return load_trunk(TrunkSettings(name=name, mode=mode), threads=1, engine=engine)


def _published(image: NDArray[np.float32], boxes: NDArray[np.float64]) -> Callable[[], object]:
    """EfficientNet-Lite0 as published, on three equal channels, mean over each window's cells."""
    import torch

    from core.trunks.lite0 import find_weights, load_lite0, read_weights

    network = load_lite0(read_weights(find_weights()))
    body = torch.nn.Sequential(network.stem, network.blocks, network.head)
    windows = [image[int(y0) : int(y1), int(x0) : int(x1)] for x0, y0, x1, y1 in boxes]

    def run() -> None:
        torch.set_num_threads(1)
        with torch.inference_mode():
            for start in range(0, len(windows), 8):
                grey = torch.from_numpy(np.stack(windows[start : start + 8]))
                x = ((grey * 255 - 127) / 128)[:, None].expand(-1, 3, -1, -1)
                body(x.contiguous(memory_format=torch.channels_last)).mean(dim=(2, 3))

    return run


def _random_cnn_m(mode: TrunkMode, *, engine: str) -> Trunk:
    import torch

    from core.trunks import Trunk
    from core.trunks.cnn_m import KERNELS, PATCH, WINDOW, cnn_m_sections
    from core.trunks.engines import make_engine
    from core.trunks.loading import less_average

    generator = torch.Generator().manual_seed(0)
    weights, inputs = {}, 3
    for name, width in CNN_M_WIDTHS.items():
        shape = (width, inputs, KERNELS[name], KERNELS[name])
        spread = (2 / (inputs * KERNELS[name] ** 2)) ** 0.5
        weights[f"{name}.weight"] = torch.randn(shape, generator=generator) * spread
        weights[f"{name}.bias"] = torch.zeros(width)
        inputs = width
    sections = cnn_m_sections(weights, tap="fc7")
    return Trunk(
        TrunkSettings(name="cnn-m-128", mode=mode, tap="fc7", weights_sha256="random"),
        sections=sections,
        engine=make_engine(engine, sections, threads=1),
        prepare=less_average(np.full((3, WINDOW, WINDOW), 120, np.float32)),
        weights_sha256="random",
        patch=PATCH,
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
