"""Files that several processes map into memory: none is taken away from under a reader, and errors are sentences.

On POSIX systems whoever maps a file holds a shared lock on it, which the system drops when the process ends. Windows
refuses by itself to remove or replace a file that is mapped.
"""

from __future__ import annotations

import mmap
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path

from core.errors import UserError


def map_shared(file: BufferedReader) -> mmap.mmap:
    """The whole of an open file, read-only; it counts as in use for as long as the map or a view of it is alive."""
    if sys.platform != "win32":
        import fcntl

        with suppress(OSError):  # some network disks know no locks
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def is_in_use(path: Path) -> bool:
    """Whether a process, this one too, has the file mapped. Always False on Windows, where removing it says so."""
    with suppress(OSError), path.open("rb") as file:
        return not _lock_alone(file)
    return False


def remove_unused(path: Path) -> bool:
    """Remove a file that nobody has mapped; whether it is gone."""
    if is_in_use(path):
        return False
    with suppress(OSError):
        path.unlink(missing_ok=True)
    return not path.exists()


def replace_unused(part: Path, path: Path) -> bool:
    """Put a file in the place of another that nobody has mapped; whether that was done."""
    if is_in_use(path):
        return False
    with suppress(OSError):
        part.replace(path)
    return not part.exists()


@contextmanager
def told_by_name(path: Path) -> Iterator[None]:
    """Turns what stands in the way of a file into a sentence."""
    try:
        yield
    except (IsADirectoryError, NotADirectoryError, FileExistsError, PermissionError) as error:
        if path.is_dir():
            raise UserError(
                f"{path.name} in the features folder is a folder, where a file of region features belongs: "
                "move it away, then start again."
            ) from error
        if isinstance(error, PermissionError):
            raise UserError(
                f"The features file {path.name} may not be opened by this user account: allow it, then start again."
            ) from error
        raise UserError(
            f"The features folder {path.parent.name} is not a folder: move away what has its name, then start again."
        ) from error


def _lock_alone(file: BufferedReader) -> bool:
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
