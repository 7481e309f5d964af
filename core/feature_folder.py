"""The folder of all region features of a project: how large it is, how large it may be, and what goes first.

Whatever lies there can be made again from the images, so that nothing here is ever lost. A file that some process has
mapped (core.shared_files) stays.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.feature_file import SUFFIX
from core.shared_files import is_in_use, remove_unused

GIGABYTE = 10**9
DEFAULT_LIMIT = 20 * GIGABYTE
RESERVE = GIGABYTE // 5  # always left free on the disk, for the store and everything else
BOXES_SUFFIX = ".boxes"
ASIDE_SUFFIX = ".aside"  # what could not be read and was made anew


@dataclass(frozen=True, slots=True)
class FolderFile:
    """One file of the folder. size: bytes. last_used: seconds since 1970."""

    path: Path
    size: int
    last_used: float
    is_in_use: bool


def usage(folder: Path) -> list[FolderFile]:
    """All files of features, the longest unused first; what was put aside before all others."""
    files = []
    for path in folder.glob("*") if folder.is_dir() else ():
        if path.suffix not in (SUFFIX, BOXES_SUFFIX, ASIDE_SUFFIX):
            continue
        with contextlib.suppress(OSError):  # it may have been removed in between
            facts = path.stat()
            if path.is_file():
                last_used = max(facts.st_atime, facts.st_mtime)
                files.append(FolderFile(path, facts.st_size, last_used, is_in_use(path)))
    return sorted(files, key=lambda file: (file.path.suffix != ASIDE_SUFFIX, file.last_used, file.path.name))


def total_bytes(folder: Path) -> int:
    """Bytes of all files of features."""
    return sum(file.size for file in usage(folder))


def limit_bytes(folder: Path, *, limit_gb: float | None = None) -> int:
    """How large the folder may be: as asked, or 20 GB, but no more than half of what it has and what is free."""
    if limit_gb is not None:
        return round(limit_gb * GIGABYTE)
    return min(DEFAULT_LIMIT, (total_bytes(folder) + _free(folder)) // 2)


def lacking(folder: Path, *, wanted: int, limit: int) -> int:
    """Bytes that must go before `wanted` more fit, below the limit and on the disk; 0 where they fit."""
    return max(total_bytes(folder) + wanted - limit, wanted + RESERVE - _free(folder), 0)


def evict(folder: Path, *, wanted: int, limit: int, keep: Collection[Path]) -> int:
    """Remove the longest unused files until `wanted` more bytes fit; returns the bytes that went.

    keep: files that stay, besides all that some process has mapped.
    """
    gone = 0
    for file in usage(folder):
        if lacking(folder, wanted=wanted, limit=limit) == 0:
            break
        if file.path in keep or file.is_in_use or _is_claimed(file.path):
            continue
        if remove_unused(file.path):
            gone += file.size
    return gone


def refuse_lack(folder: Path, *, wanted: int, limit: int) -> None:
    """Raise UserError where `wanted` more bytes do not fit."""
    if lacking(folder, wanted=wanted, limit=limit) == 0:
        return
    if wanted + RESERVE > _free(folder):
        raise UserError(
            f"The region features that are missing take about {in_words(wanted)}, and {in_words(_free(folder))} are free "
            "on the project's disk: nothing was made. Free some space, or use fewer variants, then start again."
        )
    raise UserError(
        f"The region features that are missing take about {in_words(wanted)}; the features folder holds "
        f"{in_words(total_bytes(folder))} that are in use, and its limit is {in_words(limit)}: nothing was made. Raise the "
        "limit, or use fewer variants, then start again."
    )


def in_words(size: int) -> str:
    """Bytes for people, such as '3.1 GB'."""
    unit, name = next(
        ((unit, name) for unit, name in ((GIGABYTE, "GB"), (10**6, "MB")) if size >= unit), (1000, "kB")
    )
    return f"{size / unit:.1f} {name}"


def groups(folder: Path) -> Iterator[tuple[str, int]]:
    """Bytes of each kind of features (trunk and grid), by the first part of its files' names."""
    sizes: dict[str, int] = {}
    for file in usage(folder):
        name = file.path.name.split(".")[0]
        sizes[name] = sizes.get(name, 0) + file.size
    yield from sorted(sizes.items())


def _is_claimed(path: Path) -> bool:
    """Whether somebody is writing it."""
    from filelock import FileLock, Timeout

    lock = path.with_name(f"{path.name}.lock")
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except (Timeout, OSError):
        return True


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free
