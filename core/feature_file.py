"""Region features on disk: one packed, append-only file of numbers for each trunk and grid (core.feature_records).

Readers ignore a torn tail, and the next append begins there. A damaged payload is found at its first read. Damaged
records count as absent, are listed in `damaged`, and may be appended again: the last record of a key is the one that
counts. Features can always be computed again from the images, so nothing is repaired.

Many may read while one appends, in any processes. The file is mapped into memory and grows only at its end; a reader
looks for new records when it misses a key. One writer at a time, by a lock beside the file. A file that is mapped anywhere
can neither be removed nor rewritten by core.feature_folder: POSIX systems hold a shared lock on it, Windows does it by
itself. One object belongs to one thread.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
import zlib
from collections.abc import Collection, Sequence
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from core.errors import UserError
from core.feature_records import (
    FILE_MAGIC,
    MAX_KEY_BYTES,
    Identity,
    OtherFeaturesError,
    Record,
    UnusableFileError,
    aligned,
    file_head,
    is_torn,
    read_identity,
    record_head,
    scan,
    whole_record_at,
)
from core.recipe import GridSettings
from core.shared_files import is_in_use, map_shared, replace_unused, told_by_name

__all__ = [
    "FILE_MAGIC",
    "SUFFIX",
    "FeatureFile",
    "OtherFeaturesError",
    "UnusableFileError",
    "feature_file_name",
    "feature_key",
]

SUFFIX = ".features"
FLOAT16, FLOAT64 = "float16", "float64"
_TYPES: dict[str, np.dtype[Any]] = {FLOAT16: np.dtype("<f2"), FLOAT64: np.dtype("<f8")}

Features = NDArray[np.float16]


class FeatureFile:
    """The features of many images, each under a key (see feature_key).

    `key in file` and `read` check a record the first time that it is met, and from then on trust it. `kind` is the type
    of the numbers, 'float16' or 'float64'.
    """

    def __init__(self, path: Path, *, trunk: str, grid: str, dimension: int, kind: str = FLOAT16) -> None:
        self.path = path
        self.dimension = dimension
        self._type: np.dtype[Any] = _TYPES[kind]
        self._identity: Identity = {"trunk": trunk, "grid": grid, "dimension": dimension}
        if kind != FLOAT16:
            self._identity["kind"] = kind
        self._records: dict[str, Record] = {}
        self._checked: set[int] = set()
        self._damaged: dict[int, str] = {}
        self._map: mmap.mmap | None = None
        self._place: tuple[int, int] | None = None  # device and number of the file that was indexed
        self._end = 0  # just past the last valid record; 0 = no header read yet
        self._scanned = 0  # size of the file at the last scan
        self._writer: FileIO | None = None
        self._lock = FileLock(f"{path}.lock", timeout=0)
        self._refresh()

    @classmethod
    def open(cls, folder: Path, name: str, *, dimension: int, kind: str = FLOAT16) -> Self:
        """The file called `name` (see feature_file_name) in a folder; it is made by the first append.

        Raises OtherFeaturesError, a ValueError, when the file is of another trunk, grid or dimension, UnusableFileError
        when it is damaged at its start or made by a newer version, and UserError when it cannot be opened.
        """
        trunk, dash, grid = Path(name).stem.partition("-")
        if not (trunk and dash and grid) or dimension < 1:
            raise ValueError(f"not the name of a feature file: {name!r}, dimension {dimension}")
        return cls(folder / name, trunk=trunk, grid=grid, dimension=dimension, kind=kind)

    @classmethod
    def found(cls, path: Path) -> Self:
        """A file as it says itself what it holds. Raises as `open` does."""
        with told_by_name(path), path.open("rb") as file:
            identity, _ = read_identity(memoryview(file.read(4096)), name=path.name)
        return cls.open(
            path.parent, path.name, dimension=identity["dimension"], kind=identity.get("kind", FLOAT16)
        )

    def keys(self) -> tuple[str, ...]:
        """Keys in the order of writing, without those found damaged so far. Reads no payload."""
        self._refresh()
        return tuple(self._records)

    def __contains__(self, key: str) -> bool:
        return self._find(key) is not None

    def rows(self, key: str) -> int:
        """How many rows a record has; 0 where there is no undamaged one."""
        record = self._find(key)
        return 0 if record is None else record.rows

    def read(self, key: str) -> NDArray[Any]:
        """(m, d), read-only view of the mapped file. Raises KeyError when there is no undamaged record."""
        record = self._find(key)
        if record is None:
            raise KeyError(key)
        data = self._mapped()[record.payload : record.end]
        return np.frombuffer(data, self._type).reshape(record.rows, self.dimension)

    def append(self, key: str, features: NDArray[np.floating]) -> None:
        """Write (m, d) features under a new key, m >= 1; they are on the disk when this returns.

        Raises ValueError for a wrong shape, a key that is there already, and a value that is not a number or does
        not fit float16 (beyond 65504); UserError when another program is writing.
        """
        payload = self._packed(features)
        _checked_key(key)
        self._open_writer()
        if key in self:
            raise ValueError(f"there are features under the key {key!r} already")
        self._write_record(key, payload, rows=len(features))

    def put(self, key: str, features: NDArray[np.floating]) -> None:
        """Write (m, d) features like append, in place of those that are there already."""
        payload = self._packed(features)
        _checked_key(key)
        self._open_writer()
        self._write_record(key, payload, rows=len(features))

    def claim(self) -> bool:
        """Become the one writer, until release or close; False where another is writing. Raises UserError."""
        if self._lock.is_locked:
            return True
        with told_by_name(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire()
            except Timeout:
                return False
        return True

    def release(self) -> None:
        """Let others write."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._lock.release()

    def keep_only(self, keys: Collection[str]) -> int:
        """Write the file anew without all other records; returns the bytes that this freed.

        0, and nothing changed, where somebody else is reading or writing it, or an array of it is still alive.
        """
        self._refresh()
        kept = [record for key, record in self._records.items() if key in keys]
        before = self._end
        if len(kept) == len(self._records) or not self.claim():
            return 0
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._forget()
        if is_in_use(self.path):
            return 0
        part = self.path.with_name(f"{self.path.name}.part")
        try:
            with self.path.open("rb") as source, part.open("wb") as target:
                self._write_file(target, records=kept, source=source)
        except OSError:  # no room for a second file
            part.unlink(missing_ok=True)
            return 0
        if not replace_unused(part, self.path):
            part.unlink(missing_ok=True)
        self._refresh()
        return max(before - self._end, 0)

    def verify(self) -> list[str]:
        """Read every record; one sentence for each that is damaged."""
        self._refresh()
        for key in tuple(self._records):
            self._find(key)
        return [f"{self.path.name}: {what} is damaged and counts as absent." for what in self.damaged]

    @property
    def damaged(self) -> list[str]:
        """Keys (or, where the key itself is lost, byte ranges) of the records found damaged so far, in file order."""
        return [self._damaged[start] for start in sorted(self._damaged)]

    def close(self) -> None:
        """Let go of the file and of the writer's lock. Arrays that were read stay valid."""
        self.release()
        self._forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Reading

    @property
    def _row_bytes(self) -> int:
        return self.dimension * self._type.itemsize

    def _find(self, key: str) -> Record | None:
        if key not in self._records:
            self._refresh()
        record = self._records.get(key)
        if record is None or record.start in self._checked:
            return record
        if zlib.crc32(self._mapped()[record.payload : record.end]) == record.crc:
            self._checked.add(record.start)
            return record
        self._damaged[record.start] = key
        del self._records[key]
        return None

    def _mapped(self) -> memoryview:
        """The file as far as it is indexed."""
        assert self._map is not None
        return memoryview(self._map)

    def _refresh(self) -> None:
        """Index the records that were added since the last look."""
        size = self._look()
        if size <= self._end:
            return
        data = self._mapped()
        tail = aligned(self._end)
        if size == self._scanned and whole_record_at(data, tail, row_bytes=self._row_bytes) is None:
            return  # the same torn tail as before: appends begin at its start
        self._scanned = size
        if self._end == 0:
            found, self._end = read_identity(data, name=self.path.name)
            if found != self._identity:
                raise OtherFeaturesError(
                    f"{self.path.name} holds other features than asked for: {found}, not {self._identity}"
                )
        for record in scan(data, aligned(self._end), row_bytes=self._row_bytes):
            self._index(record)
        tail = aligned(self._end)
        if not is_torn(data, tail, row_bytes=self._row_bytes):
            self._damaged[tail] = f"the part from byte {tail}"

    def _look(self) -> int:
        """Map what the file has now; its size. A file that was removed or written anew is indexed from its start."""
        with told_by_name(self.path):
            try:
                if self._is_mapped_whole(self.path.stat()):
                    return self._size
                with self.path.open("rb") as file:
                    facts = os.fstat(file.fileno())
                    if (facts.st_dev, facts.st_ino) != self._place:
                        self._forget()
                        self._place = facts.st_dev, facts.st_ino
                    if facts.st_size > self._size:
                        self._map = map_shared(file)
            except FileNotFoundError:
                self._forget()
        return self._size

    def _is_mapped_whole(self, facts: os.stat_result) -> bool:
        return (facts.st_dev, facts.st_ino) == self._place and facts.st_size <= self._size

    @property
    def _size(self) -> int:
        return 0 if self._map is None else len(self._map)

    def _forget(self) -> None:
        self._map, self._place, self._end, self._scanned = None, None, 0, 0
        self._records.clear()
        self._checked.clear()

    def _index(self, record: Record) -> None:
        expected = aligned(self._end)
        self._damaged.pop(expected, None)
        if record.start > expected:
            self._damaged[expected] = f"the part from byte {expected} to {record.start}"
        self._records.pop(record.key, None)
        self._records[record.key] = record
        self._end = record.end

    # Writing

    def _packed(self, features: NDArray[np.floating]) -> bytes:
        if features.ndim != 2 or len(features) == 0 or features.shape[1] != self.dimension:
            raise ValueError(f"features of shape {features.shape}, not (1 or more, {self.dimension})")
        with np.errstate(over="ignore"):
            packed = features.astype(self._type)
        if not np.isfinite(packed).all():
            raise ValueError(
                f"the features hold a value that is not a number or too large for {self._type.name}"
            )
        return packed.tobytes()

    def _open_writer(self) -> FileIO:
        if self._writer is not None:
            return self._writer
        if not self.claim():
            raise UserError(
                f"The features in {self.path.name} are being written by another run of the program: "
                "wait until it has ended or stop it, then start this again."
            )
        with told_by_name(self.path):
            if self._look() == 0:
                self._create()
            self._refresh()
            self._writer = self.path.open("r+b", buffering=0)
        return self._writer

    def _create(self) -> None:
        part = self.path.with_name(f"{self.path.name}.part")
        with part.open("wb") as file:
            self._write_file(file)
        part.replace(self.path)

    def _write_file(
        self, file: BinaryIO, *, records: Sequence[Record] = (), source: BinaryIO | None = None
    ) -> None:
        """A new file with some records of another, on the disk when this returns."""
        file.write(file_head(self._identity))
        for record in records:
            assert source is not None
            source.seek(record.start)
            file.write(bytes(aligned(file.tell()) - file.tell()) + source.read(record.end - record.start))
        file.flush()
        os.fsync(file.fileno())

    def _write_record(self, key: str, payload: bytes, *, rows: int) -> None:
        writer = self._open_writer()
        self._refresh()
        start = aligned(self._end)
        torn = self._size - start
        head = record_head(key.encode(), rows=rows, payload_crc=zlib.crc32(payload))
        try:
            if torn > 0:  # never truncated: Windows refuses that while a reader has the file mapped
                _write(writer, start, bytes(torn))
            _write(writer, aligned(start + len(head)), payload)
            _write(writer, start, head)
            os.fsync(writer.fileno())
        except OSError as error:
            raise UserError(
                f"The features could not be written to {self.path.name} ({error.strerror}): "
                "free some space on its disk, then start again; what was written before is kept."
            ) from error
        self._refresh()


def feature_key(content_hash: str, scale: float, boxes: NDArray[np.floating]) -> str:
    """Names the features of one image: its content, working scale and regions, to the last bit."""
    digest = hashlib.sha256(content_hash.encode())
    digest.update(struct.pack("<d", scale))
    digest.update(np.ascontiguousarray(boxes, "<f8").tobytes())
    return digest.hexdigest()[:32]


def feature_file_name(trunk_key: str, grid: GridSettings) -> str:
    """Names the file of one trunk (Trunk.key) and grid."""
    return f"{trunk_key}-{grid.key}{SUFFIX}"


def _checked_key(key: str) -> None:
    if not 0 < len(key.encode()) <= MAX_KEY_BYTES:
        raise ValueError(f"a key has 1 to {MAX_KEY_BYTES} bytes, not {len(key.encode())}")


def _write(file: FileIO, offset: int, data: bytes) -> None:
    file.seek(offset)
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
