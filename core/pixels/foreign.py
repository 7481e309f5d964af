"""The border to libraries that read files of unknown origin: what they may raise, and what they may print."""

from __future__ import annotations

import logging
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

# What reading a damaged file raised in 20,000 mutants (pydicom and the codecs); all of it means that the
# file is damaged. Used around calls into those libraries only.
READING_FAILURES = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    StopIteration,
    AssertionError,
    BufferError,
    struct.error,
    zlib.error,
)

# Warnings are a state of the process: one reader at a time changes it.
_lock = threading.RLock()
for _name in ("pydicom", "tifffile"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what libraries say about odd files off the screen: it may quote a patient's name."""
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
