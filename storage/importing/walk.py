"""The image files under a folder, and which of them a name in a CSV or COCO file means."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError

IMAGE_SUFFIXES = frozenset({".dcm", ".dicom", ".png", ".tif", ".tiff", ".pgm"})
_PREAMBLE = 128  # bytes before the letters DICM


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """Image files (absolute, in order of their names), (name, reason) of what cannot be used, and how many others."""

    files: tuple[Path, ...]
    failed: tuple[tuple[str, str], ...]
    others: int


def find_files(folder: Path) -> FoundFiles:
    """Every image file under a folder: by suffix, or by the letters DICM where the suffix says nothing.

    Hidden files, project folders and DICOMDIR are left out. A link that leads out of the folder is refused.
    Raises UserError where there is no such folder.
    """
    if not folder.is_dir():
        raise UserError(f"{folder.name} cannot be imported: there is no such folder.")
    root = folder.resolve()
    if not _is_text(root):
        raise UserError(
            f"{_shown(folder.name)} cannot be imported: the name of this folder, or of one above it, is not in Unicode. "
            "Rename it, then import again."
        )
    files, failed, others = [], [], 0
    errors: list[OSError] = []
    for place, folders, names in os.walk(root, onerror=errors.append):
        if "project.db" in names:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        failed += [(_shown(name), "It is a link to a folder and was not followed.") for name in links]
        for name in sorted(names):
            path = Path(place) / name
            if name.startswith(".") or name == "DICOMDIR":
                continue
            if reason := _refusal(path, root):
                failed.append((_shown(name), reason))
            elif _is_image(path):
                files.append(path)
            else:
                others += 1
    failed += [(_shown(Path(e.filename or "?").name), f"It cannot be opened: {e.strerror}.") for e in errors]
    return FoundFiles(tuple(files), tuple(failed), others)


def _refusal(path: Path, root: Path) -> str:
    """Why a path is not even looked into, or ''."""
    if path.is_symlink() and not path.resolve().is_relative_to(root):
        return "It is a link that leads out of the folder and was not followed."
    if not _is_text(path):
        return "Its name, or its folder's, is not in Unicode. Rename it."
    if path.exists() and not path.is_file():
        return "It is no ordinary file and was not opened."
    return ""


def _is_text(path: Path) -> bool:
    """Whether a path can be kept and shown: elsewhere than on Linux, every one can."""
    return _shown(str(path)) == str(path)


def _shown(name: str) -> str:
    """The name with a question mark for what is no Unicode."""
    return name.encode("utf-8", "replace").decode()


def _is_image(path: Path) -> bool:
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            file.seek(_PREAMBLE)
            return file.read(4) == b"DICM"
    except OSError:
        return False


class FileIndex:
    """Looks files up by how people name them: relative path, file name, or file name without its suffix."""

    def __init__(self, files: Iterable[Path], *, roots: Iterable[Path]) -> None:
        self._files = frozenset(files)
        self._roots = tuple(root.resolve() for root in roots)
        self._by_name: dict[str, list[Path]] = {}
        for path in sorted(self._files):
            for key in {path.name, path.stem}:
                self._by_name.setdefault(key.casefold(), []).append(path)

    def find(self, name: str) -> Path:
        """The one file that a name means. Raises UserError, without the name, where there is none or several."""
        exact = {(root / name).resolve() for root in self._roots} & self._files
        # os.path.basename also of a Windows path: the parts before it are somebody else's folders.
        alike = self._by_name.get(name.replace("\\", "/").rsplit("/", 1)[-1].casefold(), [])
        found = list(exact) or alike
        if not found:
            raise UserError("There is no such image file in the folder.")
        if len(found) > 1:
            raise UserError(
                f"{len(found)} files in the folder have this name: give the path within the folder."
            )
        return found[0]
