"""Region features on disk: one packed, append-only file of float16 for each trunk and grid.

Layout (little-endian; every block begins at a multiple of 64 bytes):

    header   8 bytes   magic "LLOOPFEA"
             uint32    version, 1
             uint32    length n of the JSON
             uint32    CRC-32 of the JSON
             n bytes   JSON, ASCII: {"trunk": key, "grid": key, "dimension": d}
    record   4 bytes   magic "RECD"
             uint32    length k of the key in bytes
             uint32    number of rows m
             uint32    CRC-32 of the payload
             uint32    CRC-32 of the sixteen bytes before and of the key
             k bytes   key, UTF-8
             payload, at the next multiple of 64: m x d float16, row by row
    record   ...

A record is written payload first and head last, so that a head stands only before a whole payload. Whatever follows
the last valid record is a torn tail of a writer that was killed: readers ignore it and the next append begins there.
A damaged head in the middle is passed over by looking for the next valid one. A damaged payload is found at its
first read. Damaged records count as absent, are listed in `damaged`, and may be appended again: the last record of
a key is the one that counts. Features can always be computed again from the images, so nothing is repaired.

Many may read while one appends. The file is mapped into memory and grows only at its end; a reader looks for new
records when it misses a key. One writer at a time, by a lock beside the file. One object belongs to one thread.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from core.errors import UserError
from core.recipe import GridSettings

FILE_MAGIC, RECORD_MAGIC = b"LLOOPFEA", b"RECD"
VERSION = 1
BLOCK = 64
SUFFIX = ".features"
MAX_KEY_BYTES = 1024
_FILE_HEAD = struct.Struct("<8sIII")
_RECORD_HEAD = struct.Struct("<4sIIII")

Features = NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class _Record:
    """Where one record stands; offsets in bytes."""

    key: str
    start: int
    payload: int
    rows: int
    crc: int
    end: int


class FeatureFile:
    """The features of many images, each under a key (see feature_key).

    `key in file` and `read` check a record the first time that it is met, and from then on trust it.
    """

    def __init__(self, path: Path, *, trunk: str, grid: str, dimension: int) -> None:
        self.path = path
        self.dimension = dimension
        self._identity: dict[str, object] = {"trunk": trunk, "grid": grid, "dimension": dimension}
        self._records: dict[str, _Record] = {}
        self._checked: set[int] = set()
        self._damaged: dict[int, str] = {}
        self._map: mmap.mmap | None = None
        self._end = 0  # just past the last valid record; 0 = no header read yet
        self._scanned = 0  # size of the file at the last scan
        self._writer: FileIO | None = None
        self._lock = FileLock(f"{path}.lock", timeout=0)
        self._refresh()

    @classmethod
    def open(cls, folder: Path, name: str, *, dimension: int) -> Self:
        """The file called `name` (see feature_file_name) in a folder; it is made by the first append.

        Raises ValueError when the file is of another trunk, grid or dimension, and UserError when it is damaged at
        its start or made by a newer version.
        """
        trunk, dash, grid = name.removesuffix(SUFFIX).partition("-")
        if not (trunk and dash and grid) or dimension < 1:
            raise ValueError(f"not the name of a feature file: {name!r}, dimension {dimension}")
        return cls(folder / name, trunk=trunk, grid=grid, dimension=dimension)

    def keys(self) -> tuple[str, ...]:
        """Keys in the order of writing, without those found damaged so far. Reads no payload."""
        self._refresh()
        return tuple(self._records)

    def __contains__(self, key: str) -> bool:
        return self._find(key) is not None

    def read(self, key: str) -> Features:
        """(m, d), read-only view of the mapped file. Raises KeyError when there is no undamaged record."""
        record = self._find(key)
        if record is None:
            raise KeyError(key)
        return self._payload(record)

    def append(self, key: str, features: NDArray[np.floating]) -> None:
        """Write (m, d) features under a new key, m >= 1; they are on the disk when this returns.

        Raises ValueError for a wrong shape, a key that is there already, and a value that is not a number or does
        not fit float16 (beyond 65504); UserError when another program is writing.
        """
        payload = self._packed(features)
        name = key.encode()
        if not 0 < len(name) <= MAX_KEY_BYTES:
            raise ValueError(f"a key has 1 to {MAX_KEY_BYTES} bytes, not {len(name)}")
        writer = self._open_writer()
        if key in self:
            raise ValueError(f"there are features under the key {key!r} already")
        self._write_record(writer, name, payload, rows=len(features))
        self._refresh()

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
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._lock.release()
        self._map, self._end, self._scanned = None, 0, 0
        self._records.clear()
        self._checked.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Reading

    def _find(self, key: str) -> _Record | None:
        if key not in self._records:
            self._refresh()
        record = self._records.get(key)
        if record is None or record.start in self._checked:
            return record
        if zlib.crc32(self._mapped(record.end)[record.payload : record.end]) == record.crc:
            self._checked.add(record.start)
            return record
        self._damaged[record.start] = key
        del self._records[key]
        return None

    def _payload(self, record: _Record) -> Features:
        data = self._mapped(record.end)[record.payload : record.end]
        values: Features = np.frombuffer(data, "<f2").reshape(record.rows, self.dimension)
        return values

    def _mapped(self, end: int) -> memoryview:
        """The whole file, at least up to `end`."""
        if self._map is None or len(self._map) < end:
            with self.path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return memoryview(self._map)

    def _refresh(self) -> None:
        """Index the records that were added since the last look."""
        size = self._size()
        if size <= self._end:
            return
        data = self._mapped(size)
        tail = _aligned(self._end)
        if size == self._scanned and _whole_record_at(data, tail, dimension=self.dimension) is None:
            return  # the same torn tail as before: appends begin at its start
        self._scanned = size
        if self._end == 0:
            self._end = _read_header(data, self._identity, name=self.path.name)
        for record in _scan(data, _aligned(self._end), dimension=self.dimension):
            self._index(record)
        tail = _aligned(self._end)
        if not _is_torn(data, tail, dimension=self.dimension):
            self._damaged[tail] = f"the part from byte {tail}"

    def _size(self) -> int:
        return self.path.stat().st_size if self.path.is_file() else 0

    def _index(self, record: _Record) -> None:
        expected = _aligned(self._end)
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
            packed = features.astype("<f2")
        if not np.isfinite(packed).all():
            raise ValueError("the features hold a value that is not a number or too large for float16")
        return packed.tobytes()

    def _open_writer(self) -> FileIO:
        if self._writer is not None:
            return self._writer
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except Timeout as error:
            raise UserError(
                f"The features in {self.path.name} are being written by another run of the program: "
                "wait until it has ended or stop it, then start this again."
            ) from error
        if self._size() == 0:
            self._create()
        self._refresh()
        self._writer = self.path.open("r+b", buffering=0)
        return self._writer

    def _create(self) -> None:
        text = json.dumps(self._identity).encode("ascii")
        part = self.path.with_suffix(".part")
        with part.open("wb") as file:
            file.write(_FILE_HEAD.pack(FILE_MAGIC, VERSION, len(text), zlib.crc32(text)) + text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.path)

    def _write_record(self, writer: FileIO, key: bytes, payload: bytes, *, rows: int) -> None:
        start = _aligned(self._end)
        torn = self._size() - start
        head = _record_head(key, rows=rows, payload_crc=zlib.crc32(payload))
        try:
            if torn > 0:  # never truncated: Windows refuses that while a reader has the file mapped
                _write(writer, start, bytes(torn))
            _write(writer, _aligned(start + len(head)), payload)
            _write(writer, start, head)
            os.fsync(writer.fileno())
        except OSError as error:
            raise UserError(
                f"The features could not be written to {self.path.name} ({error.strerror}): "
                "free some space on its disk, then start again; what was written before is kept."
            ) from error


def feature_key(content_hash: str, scale: float, boxes: NDArray[np.floating]) -> str:
    """Names the features of one image: its content, working scale and regions, to the last bit."""
    digest = hashlib.sha256(content_hash.encode())
    digest.update(struct.pack("<d", scale))
    digest.update(np.ascontiguousarray(boxes, "<f8").tobytes())
    return digest.hexdigest()[:32]


def feature_file_name(trunk_key: str, grid: GridSettings) -> str:
    """Names the file of one trunk (Trunk.key) and grid."""
    return f"{trunk_key}-{grid.key}{SUFFIX}"


def _aligned(offset: int) -> int:
    return -(-offset // BLOCK) * BLOCK


def _write(file: FileIO, offset: int, data: bytes) -> None:
    file.seek(offset)
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _record_head(key: bytes, *, rows: int, payload_crc: int) -> bytes:
    front = struct.pack("<4sIII", RECORD_MAGIC, len(key), rows, payload_crc)
    return front + struct.pack("<I", zlib.crc32(front + key)) + key


def _read_header(data: memoryview, identity: dict[str, object], *, name: str) -> int:
    """Check the file's header against what was asked for; returns where it ends."""
    magic, version, length, crc = _FILE_HEAD.unpack(
        bytes(data[: _FILE_HEAD.size]).ljust(_FILE_HEAD.size, b"\0")
    )
    if magic == FILE_MAGIC and version > VERSION:
        raise UserError(
            f"{name} was written by a newer version of Lesionloop: update it, then open this again."
        )
    end: int = _FILE_HEAD.size + length
    text = bytes(data[_FILE_HEAD.size : end])
    if magic != FILE_MAGIC or version != VERSION or len(text) != length or zlib.crc32(text) != crc:
        raise UserError(
            f"{name} is damaged at its start: delete it, and its features will be computed again."
        )
    found = json.loads(text)
    if found != identity:
        raise ValueError(f"{name} holds other features than asked for: {found}, not {identity}")
    return end


def _scan(data: memoryview, start: int, *, dimension: int) -> Iterator[_Record]:
    """Every record with a valid head and a payload that ends within the file, from a block onwards."""
    while start < len(data):
        record = _whole_record_at(data, start, dimension=dimension)
        if record is not None:
            yield record
        start = _aligned(record.end) if record is not None else start + BLOCK


def _is_torn(data: memoryview, start: int, *, dimension: int) -> bool:
    """Whether what follows the last valid record is what a killed writer leaves: nothing whole, or no head yet."""
    front = bytes(data[start : start + _RECORD_HEAD.size])
    return (
        len(front) < _RECORD_HEAD.size
        or not any(front)
        or _record_at(data, start, dimension=dimension) is not None
    )


def _whole_record_at(data: memoryview, start: int, *, dimension: int) -> _Record | None:
    record = _record_at(data, start, dimension=dimension)
    return record if record is not None and record.end <= len(data) else None


def _record_at(data: memoryview, start: int, *, dimension: int) -> _Record | None:
    """The record whose valid head stands here; its payload may reach beyond the end of the file."""
    front = bytes(data[start : start + _RECORD_HEAD.size])
    if len(front) < _RECORD_HEAD.size or not front.startswith(RECORD_MAGIC):
        return None
    _, key_length, rows, payload_crc, head_crc = _RECORD_HEAD.unpack(front)
    end_of_head = start + _RECORD_HEAD.size + key_length
    key = bytes(data[start + _RECORD_HEAD.size : end_of_head])
    if zlib.crc32(front[:-4] + key) != head_crc:
        return None
    payload = _aligned(end_of_head)
    end = payload + rows * dimension * 2
    return _Record(key.decode(), start=start, payload=payload, rows=rows, crc=payload_crc, end=end)
