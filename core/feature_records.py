"""The layout of a feature file: a header, then whole records, each with its own checksums.

Little-endian; every block begins at a multiple of 64 bytes:

    header   8 bytes   magic "LLOOPFEA"
             uint32    version, 1
             uint32    length n of the JSON
             uint32    CRC-32 of the JSON
             n bytes   JSON, ASCII: {"trunk": key, "grid": key, "dimension": d}, and "kind": "float64" where it is not float16
    record   4 bytes   magic "RECD"
             uint32    length k of the key in bytes
             uint32    number of rows m
             uint32    CRC-32 of the payload
             uint32    CRC-32 of the sixteen bytes before and of the key
             k bytes   key, UTF-8
             payload, at the next multiple of 64: m x d numbers, row by row
    record   ...

A record is written payload first and head last, so that a head stands only before a whole payload. Whatever follows
the last valid record is a torn tail of a writer that was killed. A damaged head in the middle is passed over by looking
for the next valid one.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.errors import UserError

FILE_MAGIC, RECORD_MAGIC = b"LLOOPFEA", b"RECD"
VERSION = 1
BLOCK = 64
MAX_KEY_BYTES = 1024
_FILE_HEAD = struct.Struct("<8sIII")
_RECORD_HEAD = struct.Struct("<4sIIII")

Identity = dict[str, Any]


class UnusableFileError(UserError):
    """A feature file is damaged at its start, or of another version: nothing in it can be read."""


class OtherFeaturesError(ValueError):
    """A feature file holds other features than its name says."""


@dataclass(frozen=True, slots=True)
class Record:
    """Where one record stands; offsets in bytes."""

    key: str
    start: int
    payload: int
    rows: int
    crc: int
    end: int


def aligned(offset: int) -> int:
    """The next place where a block may begin."""
    return -(-offset // BLOCK) * BLOCK


def file_head(identity: Identity) -> bytes:
    """The header of a new file."""
    text = json.dumps(identity).encode("ascii")
    return _FILE_HEAD.pack(FILE_MAGIC, VERSION, len(text), zlib.crc32(text)) + text


def read_identity(data: memoryview, *, name: str) -> tuple[Identity, int]:
    """What a file says it holds, and where its header ends. Raises UnusableFileError."""
    magic, version, length, crc = _FILE_HEAD.unpack(
        bytes(data[: _FILE_HEAD.size]).ljust(_FILE_HEAD.size, b"\0")
    )
    if magic == FILE_MAGIC and version > VERSION:
        raise UnusableFileError(
            f"{name} was written by a newer version of Lesionloop: update it, then open this again."
        )
    end: int = _FILE_HEAD.size + length
    text = bytes(data[_FILE_HEAD.size : end])
    is_whole = len(data) >= _FILE_HEAD.size and len(text) == length and zlib.crc32(text) == crc
    if magic != FILE_MAGIC or version != VERSION or not is_whole:
        raise UnusableFileError(
            f"{name} is damaged at its start: delete it, and its features will be computed again."
        )
    identity: Identity = json.loads(text)
    return identity, end


def record_head(key: bytes, *, rows: int, payload_crc: int) -> bytes:
    """The head of a record, with its key."""
    front = struct.pack("<4sIII", RECORD_MAGIC, len(key), rows, payload_crc)
    return front + struct.pack("<I", zlib.crc32(front + key)) + key


def scan(data: memoryview, start: int, *, row_bytes: int) -> Iterator[Record]:
    """Every record with a valid head and a payload that ends within the file, from a block onwards."""
    while start < len(data):
        record = whole_record_at(data, start, row_bytes=row_bytes)
        if record is not None:
            yield record
        start = aligned(record.end) if record is not None else start + BLOCK


def is_torn(data: memoryview, start: int, *, row_bytes: int) -> bool:
    """Whether what follows the last valid record is what a killed writer leaves: nothing whole, or no head yet."""
    front = bytes(data[start : start + _RECORD_HEAD.size])
    return (
        len(front) < _RECORD_HEAD.size
        or not any(front)
        or _record_at(data, start, row_bytes=row_bytes) is not None
    )


def whole_record_at(data: memoryview, start: int, *, row_bytes: int) -> Record | None:
    """The record that stands here, where its head is valid and its payload ends within the file."""
    record = _record_at(data, start, row_bytes=row_bytes)
    return record if record is not None and record.end <= len(data) else None


def _record_at(data: memoryview, start: int, *, row_bytes: int) -> Record | None:
    """The record whose valid head stands here; its payload may reach beyond the end of the file."""
    front = bytes(data[start : start + _RECORD_HEAD.size])
    if len(front) < _RECORD_HEAD.size or not front.startswith(RECORD_MAGIC):
        return None
    _, key_length, rows, payload_crc, head_crc = _RECORD_HEAD.unpack(front)
    end_of_head = start + _RECORD_HEAD.size + key_length
    key = bytes(data[start + _RECORD_HEAD.size : end_of_head])
    if zlib.crc32(front[:-4] + key) != head_crc:
        return None
    payload = aligned(end_of_head)
    end = payload + rows * row_bytes
    return Record(key.decode(), start=start, payload=payload, rows=rows, crc=payload_crc, end=end)
