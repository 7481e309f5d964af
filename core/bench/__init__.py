"""Figures of speed and memory of this machine, now: measured on synthetic data, told with how they were taken."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from core.bench.figures import Figure
from core.domain import Label, Split

__all__ = ["Figure", "machine", "measurements"]

COHORT = 60  # images of the demo, which the figures are about
REGIONS = 200


def machine() -> str:
    """Processor, system and Python in one line; no host name."""
    memory = f", {_memory_gb():.0f} GB" if hasattr(os, "sysconf") else ""
    system = f"{platform.system()} {platform.release()}"
    return (
        f"{_processor()}, {os.cpu_count()} processors{memory}, {system}, Python {platform.python_version()}"
    )


def measurements(*, threads: int) -> Iterator[Figure]:
    """Each figure as soon as it is taken; a minute or two in all."""
    yield phantom_image()
    yield from features(threads=threads)
    yield head_epoch(threads=threads)
    yield intervals()
    yield ranking()
    yield from peak_memory()


def phantom_image() -> Figure:
    """One synthetic patient of four images, in this process."""
    from core.phantom import make_cohort

    with tempfile.TemporaryDirectory() as folder:
        seconds = _seconds(lambda: make_cohort(Path(folder), images=4, processes=1))
    return Figure("synthetic image", seconds / 4, "s", "mean of four, one process")


def features(*, threads: int) -> Iterator[Figure]:
    """Region features of one large image with either engine; see core.features_bench."""
    from core.features_bench import measure

    cases = (("onnxruntime", "dense"), ("torch", "dense"))
    for name, value, unit in measure(threads=threads, rounds=2, cases=cases):
        yield Figure(name, value, unit)


def head_epoch(*, threads: int) -> Figure:
    """One pass of the head over as many images as the demo has."""
    from core.bags import Bag
    from core.control import Control
    from core.events import Epoch
    from core.recipe import Method, Recipe
    from core.training import fit

    rng = np.random.default_rng(0)
    labels = list(Label)
    bags = [
        Bag(i, rng.normal(size=(REGIONS, 1280)).astype(np.float16), labels[i % 4], Split.TRAIN)
        for i in range(COHORT)
    ]
    recipe = Recipe(method=Method.CLS_DET_RS, epochs=21, threads=threads)
    moments = [
        time.perf_counter() for event in fit(bags, recipe, control=Control()) if isinstance(event, Epoch)
    ]
    note = f"{COHORT} images of {REGIONS} regions, {threads} threads, median of {len(moments) - 1}"
    return Figure("epoch of the head", float(np.median(np.diff(moments))), "s", note)


def intervals() -> Figure:
    """1,000 patient resamples of all ROC numbers, of as many images as the paper has."""
    from core.metrics import roc_resamples

    rng = np.random.default_rng(0)
    positive = np.arange(2967) < 253
    score = rng.normal(positive * 0.8)
    patient = [index // 4 for index in range(len(score))]
    seconds = _seconds(lambda: roc_resamples(score, positive, patient))
    return Figure("1,000 resamples of ROC", seconds, "s", "2,967 images")


def ranking() -> Figure:
    """The order of 10,000 images with their regions."""
    from core.domain import ImageId
    from core.prediction import Prediction
    from core.ranking import Candidate, rank

    rng = np.random.default_rng(0)
    pool = []
    for index in range(10_000):
        cls = rng.random((20, 3), dtype=np.float32)
        prediction = Prediction(rng.random(2), cls, cls[:, 1:] * np.float32(0.05))
        breast = (index // 4, index % 2)
        pool.append(Candidate(ImageId(index), index // 4, breast, Label.MALIGNANT, prediction))
    seconds = _seconds(lambda: rank("branch-disagreement", pool, seed=0))
    return Figure("rank 10,000 images", seconds, "s", "branch-disagreement, 20 regions each")


def peak_memory() -> list[Figure]:
    """The most memory that this process has held, features and training included."""
    peak = _peak_bytes()
    return (
        [] if peak is None else [Figure("peak memory of this process", peak / 1e6, "MB", "all of the above")]
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _peak_bytes() -> int | None:
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * (1 if sys.platform == "darwin" else 1024)


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        names = [
            line.partition(":")[2].strip() for line in path.read_text().splitlines() if "model name" in line
        ]
        if names:
            return names[0]
    return platform.processor() or platform.machine()
