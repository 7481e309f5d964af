"""Figures of speed and memory of this machine, now: measured on synthetic data, told with how they were taken.

Goals are ratios: the program's own way beside a peer in the same run, which hold where times do not.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from core.bench.figures import SECTIONS, WINDOW_SECTION, Figure

__all__ = ["SECTIONS", "WINDOW_SECTION", "Figure", "load", "machine", "measurements", "versions"]


def measurements(section: str, *, threads: int) -> Iterator[Figure]:
    """Each figure of one section as soon as it is taken. threads: for the features; ratios are of one thread."""
    if section in ("limits", "head", "labels", "metrics"):
        from threadpoolctl import threadpool_limits

        # Idle threads of numpy's libraries would count as processor time.
        with threadpool_limits(1):
            yield from _ratios(section)
        return
    match section:
        case "features":
            from core.bench import work

            yield from work.features(threads=threads)
        case "work":
            from core.bench import work

            yield from work.phantom()
            yield from work.ranking()
            yield from work.peak_memory()
        case _:
            raise ValueError(f"no section is called {section!r}")


def _ratios(section: str) -> Iterator[Figure]:
    if section == "limits":
        from core.bench import limits

        return limits.figures()
    if section == "head":
        from core.bench import head

        return head.figures()
    if section == "labels":
        from core.bench import labelling

        return labelling.figures()
    from core.bench import intervals

    return intervals.figures()


def machine() -> str:
    """Processor, system and Python in one line; no host name."""
    memory = f", {_memory_gb():.0f} GB" if hasattr(os, "sysconf") else ""
    system = f"{platform.system()} {platform.release()}"
    return (
        f"{_processor()}, {os.cpu_count()} processors{memory}, {system}, Python {platform.python_version()}"
    )


def versions() -> dict[str, str]:
    """Versions of the libraries that the figures depend on; those that are not installed are left out."""
    found = {}
    for name in ("numpy", "torch", "onnxruntime", "shapely", "scikit-learn", "torchmil"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def load() -> float | None:
    """Processes that wanted a processor over the last minute, on average; None where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


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
