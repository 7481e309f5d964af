"""Mammograms as PNG, TIFF and PGM: 8 or 16 bits stay 8 or 16 bits; side and projection come from the name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import UnreadableImageError
from core.pixels.names import laterality_in_name, view_in_name
from core.pixels.records import ImageHeader, Mammogram

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

PNG, TIFF, PGM = "PNG", "TIFF", "PGM"
# The largest mammograms have about 30 million pixels; what says it has more than this is damaged.
MOST_PIXELS = 200_000_000
_MIN_IS_WHITE = 0
_REDUCED_IMAGE = 1
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
_PGM_HEADER = re.compile(rb"P([25])(?:\s+|#[^\n]*\n)+(\d+)(?:\s+|#[^\n]*\n)+(\d+)(?:\s+|#[^\n]*\n)+(\d+)\s")


def read(path: Path, kind: str) -> Mammogram:
    """Decode one plain file. Raises UnreadableImageError, or what its library raises on damage."""
    header = read_header(path, kind)
    pixels = _READERS[kind](path)
    stored = as_stored(one_channel(pixels))
    if stored.shape != (header.rows, header.columns):
        raise UnreadableImageError("its pixels do not have the size that its header states.")
    return Mammogram(header, stored)


def read_header(path: Path, kind: str) -> ImageHeader:
    """Size, depth and, from the name, side and projection. A plain file knows no spacing and no patient."""
    rows, columns, bits, is_inverted = _HEADERS[kind](path)
    check_size(rows, columns)
    return ImageHeader(
        rows=rows,
        columns=columns,
        bits=bits,
        is_inverted=is_inverted,
        laterality=laterality_in_name(path.stem),
        view=view_in_name(path.stem),
    )


def check_size(rows: int, columns: int) -> None:
    """Refuse an image without pixels or with more than any mammogram has."""
    if rows < 1 or columns < 1:
        raise UnreadableImageError("it has no pixels.")
    if rows * columns > MOST_PIXELS:
        raise UnreadableImageError(f"it states {rows} x {columns} pixels, more than any mammogram has.")


def one_channel(pixels: NDArray[np.generic]) -> NDArray[np.generic]:
    """(rows, columns) of an image of 1 to 4 channels; transparency is dropped, colour is refused."""
    if pixels.ndim == 2:
        return pixels
    if pixels.ndim != 3 or pixels.shape[2] > 4:
        raise UnreadableImageError("it is not a single picture.")
    if pixels.shape[2] >= 3:
        red, green, blue = (pixels[..., i] for i in range(3))
        if not (np.array_equal(red, green) and np.array_equal(red, blue)):
            raise UnreadableImageError("it is a colour picture. Save it in shades of grey.")
    return pixels[..., 0]


def as_stored(pixels: NDArray[np.generic]) -> NDArray[np.uint16]:
    """The same integers as uint16. Raises UnreadableImageError for any other kind of number."""
    if pixels.dtype not in (np.uint8, np.uint16):
        raise UnreadableImageError(
            f"its pixels are {pixels.dtype} numbers. Save it with 8 or 16 bits a pixel."
        )
    return np.ascontiguousarray(pixels, dtype=np.uint16)


def _png_header(path: Path) -> tuple[int, int, int, bool]:
    with path.open("rb") as file:
        start = file.read(33)
    if len(start) < 33 or start[12:16] != b"IHDR" or start[25] not in _PNG_CHANNELS:
        raise UnreadableImageError("it is damaged or incomplete. Copy it again from its source.")
    columns, rows = int.from_bytes(start[16:20], "big"), int.from_bytes(start[20:24], "big")
    return rows, columns, max(8, start[24]), False


def _png_pixels(path: Path) -> NDArray[np.generic]:
    import imagecodecs

    pixels: NDArray[np.generic] = imagecodecs.png_decode(path.read_bytes())
    return pixels


def _tiff_header(path: Path) -> tuple[int, int, int, bool]:
    import tifffile

    with tifffile.TiffFile(path) as file:
        page = _only_page(file)
        return page.imagelength, page.imagewidth, page.bitspersample, page.photometric == _MIN_IS_WHITE


def _tiff_pixels(path: Path) -> NDArray[np.generic]:
    import tifffile

    with tifffile.TiffFile(path) as file:
        page = _only_page(file)
        pixels: NDArray[np.generic] = page.asarray()
        # Planes one after the other, instead of channels beside each other.
        return np.moveaxis(pixels, 0, -1) if pixels.ndim == 3 and page.planarconfig == 2 else pixels


def _only_page(file: TiffFile) -> TiffPage:
    """The one picture of a TIFF file; reduced copies of it beside it are no pictures of their own."""
    pages = [page.aspage() for page in file.pages]
    whole = [page for page in pages if not page.subfiletype & _REDUCED_IMAGE] or pages
    if len(whole) > 1:
        raise UnreadableImageError(f"it holds {len(whole)} pictures. Save each in a file of its own.")
    return whole[0]


def _pgm_header(path: Path) -> tuple[int, int, int, bool]:
    _, columns, rows, highest, _ = _pgm_parts(path)
    return rows, columns, max(8, highest.bit_length()), False


def _pgm_pixels(path: Path) -> NDArray[np.generic]:
    kind, columns, rows, highest, start = _pgm_parts(path)
    body = path.read_bytes()[start:]
    count = rows * columns
    if kind == "2":
        values = np.array(body.split()[:count], dtype=np.int64)
    else:
        dtype = np.dtype(np.uint8 if highest < 256 else ">u2")
        values = np.frombuffer(body, dtype=dtype, count=count)
    if len(values) < count or (values > highest).any():
        raise UnreadableImageError("it is damaged or incomplete. Copy it again from its source.")
    return values.astype(np.uint16).reshape(rows, columns)


def _pgm_parts(path: Path) -> tuple[str, int, int, int, int]:
    """(kind, columns, rows, highest value, where the pixels start)."""
    with path.open("rb") as file:
        match = _PGM_HEADER.match(file.read(4096))
    if match is None or not 0 < int(match.group(4)) < 65536:
        raise UnreadableImageError("it is damaged or incomplete. Copy it again from its source.")
    columns, rows, highest = (int(match.group(i)) for i in (2, 3, 4))
    check_size(rows, columns)
    return match.group(1).decode(), columns, rows, highest, match.end()


_HEADERS = {PNG: _png_header, TIFF: _tiff_header, PGM: _pgm_header}
_READERS = {PNG: _png_pixels, TIFF: _tiff_pixels, PGM: _pgm_pixels}
