"""How long the pieces of everyday work take: synthetic images, features, the order of the worklist; and memory."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from core.bench.figures import Figure
from core.domain import Label


def phantom() -> Iterator[Figure]:
    """One synthetic patient of four images, in this process."""
    from core.phantom import make_cohort

    with tempfile.TemporaryDirectory() as folder:
        seconds = _seconds(lambda: make_cohort(Path(folder), images=4, processes=1))
    yield Figure("synthetic image", seconds / 4, "s", "mean of four, one process")


def features(*, threads: int) -> Iterator[Figure]:
    """Region features of one large image: one pass beside window by window, and either engine."""
    from core.features_bench import measure, ratios

    yield from ratios()

    cases = (("onnxruntime", "dense"), ("torch", "dense"))
    for name, value, unit in measure(threads=threads, rounds=2, cases=cases):
        yield Figure(name, value, unit)


def ranking() -> Iterator[Figure]:
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
    yield Figure("rank 10,000 images", seconds, "s", "branch-disagreement, 20 regions each")


def peak_memory() -> Iterator[Figure]:
    """The most memory that this process has held so far."""
    peak = _peak_bytes()
    if peak is not None:
        yield Figure("peak memory of this process", peak / 1e6, "MB", "all sections so far")


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
