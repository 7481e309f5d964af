"""One frame of a DICOM mammogram, decoded by a codec that is named for each transfer syntax.

pydicom would try whatever is installed, gdcm first, which ends the process on damaged JPEG. So the plugin is
told by name, and the JPEG processes that no permissively licensed plugin reads (lossless .57 and .70, 12 bits
.51) go to libjpeg-turbo through imagecodecs, behind a check of the frame: libjpeg fills up what is missing
with grey and says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import generate_fragments, generate_frames, get_frame, parse_basic_offsets
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import pixel_array
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from core.errors import UnreadableImageError
from core.pixels.elements import text, whole
from core.pixels.records import ImageHeader

_IMPLICIT, _EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
_NATIVE = {_IMPLICIT, _EXPLICIT, "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"}
_JPEG = {f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70)}
_PLUGINS = {
    "1.2.840.10008.1.2.5": "pydicom",  # RLE
    "1.2.840.10008.1.2.4.80": "pyjpegls",  # JPEG-LS
    "1.2.840.10008.1.2.4.81": "pyjpegls",
    "1.2.840.10008.1.2.4.90": "pylibjpeg",  # JPEG 2000, by OpenJPEG
    "1.2.840.10008.1.2.4.91": "pylibjpeg",
    "1.2.840.10008.1.2.4.201": "pylibjpeg",  # HTJ2K, by OpenJPEG
    "1.2.840.10008.1.2.4.202": "pylibjpeg",
    "1.2.840.10008.1.2.4.203": "pylibjpeg",
}
JPEG_2000 = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")
_BEGINNINGS = (b"\xff\xd8", b"\xff\x4f")  # of a JPEG or JPEG-LS picture, and of a JPEG 2000 codestream
_SSIZ = 42  # where the codestream states sign and precision (ITU-T T.800, A.5.1)
_DAMAGED = "its compressed picture is damaged or incomplete. Copy it again from its source."


@dataclass(frozen=True, slots=True)
class _JpegFrame:
    """What the markers of a JPEG frame state (ITU-T T.81, B.2)."""

    process: int  # of SOFn: 0 and 1 are sequential, 2 is progressive, 3 is lossless
    bits: int
    rows: int
    columns: int
    components: int
    spectral_start: int  # of the first scan; for a lossless one, the predictor
    spectral_end: int


def decode(dataset: Dataset, header: ImageHeader) -> tuple[NDArray[np.uint16], int]:
    """The frame as uint16, and the value that a stored 0 stands for (negative for signed pixels).

    Raises UnreadableImageError, or what the codec raises on damage.
    """
    _check_kind(dataset)
    if "PixelData" not in dataset or not dataset["PixelData"].value:
        raise UnreadableImageError("it holds no pixel data.")
    _refuse_more_than_one(dataset, header)
    return _checked(_decode(dataset, header), dataset, header)


def _refuse_more_than_one(dataset: Dataset, header: ImageHeader) -> None:
    """A header that states one picture where there are more, or a smaller one, would show a part as if it were the whole."""
    syntax = _syntax(dataset, header)
    if syntax not in _NATIVE:
        pictures = _encapsulated_pictures(dataset.PixelData, syntax)
    else:
        row = header.columns * (whole(dataset, "BitsAllocated") or 16) // 8
        rows = len(dataset.PixelData) // max(row, 1)
        pictures = rows // header.rows
        if pictures == 1 and rows > header.rows:
            raise UnreadableImageError(
                f"it holds {rows} rows of pixels, and its header states {header.rows}. Copy it again from its source."
            )
    if pictures > 1:
        raise UnreadableImageError(
            f"it holds {pictures} pictures, and its header states one. Copy it again from its source."
        )


def _encapsulated_pictures(data: bytes, syntax: str) -> int:
    """How many compressed pictures there are at least: by the table of offsets, else by how they begin.

    A run-length picture is in one piece always (PS3.5 A.4.2).
    """
    if offsets := parse_basic_offsets(data):
        return len(offsets)
    pieces = (fragment[:2] for fragment in generate_fragments(data[8:]))
    return max(1, sum(syntax == RLELossless or start in _BEGINNINGS for start in pieces))


def decode_one_of_many(path: Path, dataset: Dataset, header: ImageHeader) -> tuple[NDArray[np.uint16], int]:
    """The frame that a header is of, without decoding the others; otherwise as decode.

    dataset: the file's, without its pixels, of which no more is read than is needed where the syntax allows that.
    """
    _check_kind(dataset)
    syntax = _syntax(dataset, header)
    if syntax in _JPEG:
        whole_file = pydicom.dcmread(path, force=True)
        part = get_frame(whole_file.PixelData, header.frame, number_of_frames=header.frames)
        return _checked(_decode_jpeg(part, dataset, header), dataset, header)
    if not header.transfer_syntax or syntax == DeflatedExplicitVRLittleEndian:
        whole_file = pydicom.dcmread(path, force=True)
        pixels, _ = get_decoder(syntax).as_array(whole_file, index=header.frame)
        return _checked(pixels, dataset, header)
    pixels = pixel_array(path, index=header.frame, decoding_plugin=_PLUGINS.get(syntax, ""))
    return _checked(pixels, dataset, header)


def _check_kind(dataset: Dataset) -> None:
    if (whole(dataset, "SamplesPerPixel") or 1) != 1:
        raise UnreadableImageError("it is a colour picture, not a mammogram.")
    if whole(dataset, "BitsAllocated") not in (8, 16):
        raise UnreadableImageError(
            f"it has {text(dataset, 'BitsAllocated') or 'no'} bits a pixel, not 8 or 16."
        )


def _checked(
    raw: NDArray[np.generic], dataset: Dataset, header: ImageHeader
) -> tuple[NDArray[np.uint16], int]:
    if raw.shape != (header.rows, header.columns):
        raise UnreadableImageError(_DAMAGED)
    return _unsigned(_stored_bits(raw, dataset), dataset)


def decode_reduced(dataset: Dataset, *, halvings: int) -> NDArray[np.uint16] | None:
    """The frame at 1 / 2^n of its size, n at most `halvings`, without decoding the rest; None where that cannot be done.

    For unsigned JPEG 2000 alone, whose wavelet holds the smaller pictures. It is for looking at until the whole is there.
    Returns (ceil(rows / 2^n), ceil(columns / 2^n)).
    """
    syntax = str(getattr(dataset, "file_meta", {}).get("TransferSyntaxUID", ""))
    is_plain = whole(dataset, "PixelRepresentation") != 1 and not _has_embedded_overlay(dataset)
    if syntax not in JPEG_2000 or not is_plain or (whole(dataset, "NumberOfFrames") or 1) > 1:
        return None
    frame = next(generate_frames(dataset.PixelData, number_of_frames=1))
    if frame[:4] != b"\xff\x4f\xff\x51" or len(frame) <= _SSIZ:
        return None
    is_signed, precision = frame[_SSIZ] >> 7, (frame[_SSIZ] & 0x7F) + 1
    if is_signed or not 8 <= precision <= 16:
        return None
    picture = Image.open(BytesIO(frame))
    if picture.mode not in ("L", "I;16"):
        return None
    fitting = [n for n in range(halvings, 0, -1) if all(_is_rounded_up(side, n) for side in picture.size)]
    if not fitting:
        return None
    picture.reduce = fitting[0]  # type: ignore[assignment,method-assign]  # the plugin's way of asking for it
    picture.load()
    values = np.asarray(picture).astype(np.uint16)
    # The plugin gives 9 to 15 bits as the highest of 16.
    return values >> np.uint16(16 - precision) if picture.mode == "I;16" else values


def _is_rounded_up(side: int, halvings: int) -> bool:
    """Whether the plugin expects the side that the codec gives: it rounds to the nearest, the standard upwards."""
    return bool((side + 2 ** (halvings - 1)) // 2**halvings == -(-side // 2**halvings))


def _decode(dataset: Dataset, header: ImageHeader) -> NDArray[np.generic]:
    syntax = _syntax(dataset, header)
    if syntax in _JPEG:
        frame = next(generate_frames(dataset.PixelData, number_of_frames=1))
        return _decode_jpeg(frame, dataset, header)
    pixels, _ = get_decoder(syntax).as_array(dataset, decoding_plugin=_PLUGINS.get(syntax, ""))
    return pixels


def _syntax(dataset: Dataset, header: ImageHeader) -> str:
    syntax = header.transfer_syntax or (_IMPLICIT if dataset.original_encoding[0] else _EXPLICIT)
    if syntax not in _NATIVE and syntax not in _PLUGINS and syntax not in _JPEG:
        raise UnreadableImageError(
            f"its way of compression ({syntax}) is not known here. Export it as uncompressed DICOM."
        )
    return syntax


def _decode_jpeg(frame: bytes, dataset: Dataset, header: ImageHeader) -> NDArray[np.generic]:
    """One encapsulated JPEG frame by libjpeg-turbo, once its markers agree with the header."""
    import imagecodecs

    stated = _jpeg_frame(frame)
    if (stated.rows, stated.columns) != (header.rows, header.columns) or stated.components != 1:
        raise UnreadableImageError(_DAMAGED)
    is_lossless = stated.process == 3
    scan_is_legal = 1 <= stated.spectral_start <= 7 if is_lossless else stated.spectral_start == 0
    last = 0 if is_lossless else 63
    # A progressive scan may end anywhere; a sequential or a lossless one has no choice.
    if not scan_is_legal or (stated.process != 2 and stated.spectral_end != last):
        raise UnreadableImageError(
            "its JPEG picture is malformed (the scan does not fit its process). Export it as uncompressed DICOM."
        )
    pixels: NDArray[np.generic] = imagecodecs.jpeg8_decode(frame)
    if whole(dataset, "PixelRepresentation") == 1:
        return pixels.view(np.int8 if pixels.dtype == np.uint8 else np.int16)
    return pixels


def _jpeg_frame(frame: bytes) -> _JpegFrame:
    """Walk the markers up to the first scan, and find the end of the image."""
    if frame[:2] != b"\xff\xd8" or frame.rstrip(b"\x00")[-2:] != b"\xff\xd9":
        raise UnreadableImageError(_DAMAGED)
    place, start_of_frame = 2, b""
    while place + 4 <= len(frame) and frame[place] == 0xFF:
        marker = frame[place + 1]
        length = int.from_bytes(frame[place + 2 : place + 4], "big")
        body = frame[place + 4 : place + 2 + length]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            process, start_of_frame = marker - 0xC0, body
        if marker == 0xDA and len(start_of_frame) >= 6 and len(body) >= 6:
            bits, rows, columns = _numbers(start_of_frame)
            return _JpegFrame(process, bits, rows, columns, start_of_frame[5], body[-3], body[-2])
        place += 1 if marker == 0xFF else 2 + max(length, 2)
    raise UnreadableImageError(_DAMAGED)


def _numbers(body: bytes) -> tuple[int, int, int]:
    """(bits, rows, columns) of the body of a start-of-frame marker."""
    return body[0], int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")


def _stored_bits(raw: NDArray[np.generic], dataset: Dataset) -> NDArray[np.int32]:
    """Pixel values proper: without overlays in unused bits, moved down, with their sign."""
    allocated = raw.dtype.itemsize * 8
    bits = whole(dataset, "BitsStored") or allocated
    high = whole(dataset, "HighBit")
    is_signed = raw.dtype.kind == "i"
    values = raw.astype(np.int32)
    is_native = bits <= allocated and high is not None and bits <= high + 1 <= allocated
    if is_native and high is not None and high + 1 > bits:
        values >>= high + 1 - bits
    if is_signed and bits < allocated:
        values = ((values & ((1 << bits) - 1)) ^ (1 << (bits - 1))) - (1 << (bits - 1))
    elif _has_embedded_overlay(dataset):
        values &= (1 << bits) - 1
    return values


def _has_embedded_overlay(dataset: Dataset) -> bool:
    """Whether an overlay lies in the unused bits of the pixels (retired, and still met)."""
    positions = (dataset.get((group, 0x0102)) for group in range(0x6000, 0x6020, 2))
    return any(position is not None and position.value not in (0, None, "") for position in positions)


def _unsigned(values: NDArray[np.int32], dataset: Dataset) -> tuple[NDArray[np.uint16], int]:
    """Signed pixels are moved up by half their range, so that the shift does not depend on the picture."""
    lowest = 0
    if whole(dataset, "PixelRepresentation") == 1:
        lowest = -(1 << ((whole(dataset, "BitsStored") or 16) - 1))
    moved = values - lowest
    if moved.min() < 0 or moved.max() > 65535:
        raise UnreadableImageError(_DAMAGED)
    return moved.astype(np.uint16), lowest
