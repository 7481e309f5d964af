"""Open a file by what it holds, not by its extension, and hand it to the reader of its format."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ManyFramesError, UnreadableImageError
from core.pixels import plain_files
from core.pixels.foreign import READING_FAILURES, quiet
from core.pixels.records import ImageHeader, Mammogram, ReducedMammogram

_PLAIN = {
    b"\x89PNG": plain_files.PNG,
    b"II*\x00": plain_files.TIFF,
    b"MM\x00*": plain_files.TIFF,
    b"II+\x00": plain_files.TIFF,
    b"MM\x00+": plain_files.TIFF,
    b"P5": plain_files.PGM,
    b"P2": plain_files.PGM,
}


def read_mammogram(path: Path) -> Mammogram:
    """Decode one file, in this process. Raises UnreadableImageError with a sentence that says why not.

    ManyFramesError for a file of many frames: it is never taken for one picture.
    """
    with _named(path), quiet():
        kind = _plain_kind(path)
        if kind:
            return plain_files.read(path, kind)
        from core.pixels import dicom  # pydicom is loaded where a DICOM file is read

        return dicom.read(path)


def read_frame(path: Path, frame: int) -> Mammogram:
    """Decode one frame (from 0) of a file of many frames, to look at; of any other file the picture.

    Raises UnreadableImageError, also where the file has no such frame.
    """
    with _named(path), quiet():
        kind = _plain_kind(path)
        if kind and frame:
            raise UnreadableImageError(f"it has no frame {frame + 1}.")
        if kind:
            return plain_files.read(path, kind)
        from core.pixels import dicom

        return dicom.read_frame(path, frame)


def read_reduced(path: Path, *, halvings: int) -> ReducedMammogram | None:
    """A small version of a file, in a fraction of the time: 1 / 2^n of its size, n at most `halvings`.

    None where there is no quick way to one. Raises UnreadableImageError.
    """
    with _named(path), quiet():
        if _plain_kind(path):
            return None
        from core.pixels import dicom

        return dicom.read_reduced(path, halvings=halvings)


def read_header(path: Path) -> ImageHeader:
    """What a file says about its image, without decoding it. Raises UnreadableImageError."""
    with _named(path), quiet():
        kind = _plain_kind(path)
        if kind:
            return plain_files.read_header(path, kind)
        from core.pixels import dicom

        return dicom.read_header(path)


def content_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal. Raises UnreadableImageError."""
    with _named(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turns what a damaged file makes libraries raise into one sentence that names the file."""
    try:
        yield
    except ManyFramesError as error:
        raise ManyFramesError(f"{path.name} is not used in training: {error}") from error
    except UnreadableImageError as error:
        raise UnreadableImageError(f"{path.name} cannot be used: {error}") from error
    except FileNotFoundError as error:
        raise UnreadableImageError(
            f"{path.name} is no longer where it was: put it back, or import its new folder."
        ) from error
    except PermissionError as error:
        raise UnreadableImageError(f"{path.name} may not be read by this user account.") from error
    except IsADirectoryError as error:
        raise UnreadableImageError(f"{path.name} is a folder, not an image.") from error
    except MemoryError as error:
        raise UnreadableImageError(
            f"{path.name} cannot be used: it needs more memory than one image may take."
        ) from error
    except READING_FAILURES as error:
        raise UnreadableImageError(
            f"{path.name} cannot be used: it is damaged or incomplete. Copy it again from its source."
        ) from error


def _plain_kind(path: Path) -> str:
    """The format of a file that is not DICOM; '' where it is to be tried as DICOM."""
    with path.open("rb") as file:
        start = file.read(132)
    if start[128:132] == b"DICM":
        return ""
    return next((kind for magic, kind in _PLAIN.items() if start.startswith(magic)), "")
