"""Decode pixels in a helper process, so that a damaged file can cost no more than its own image.

`Decoder` keeps one helper alive, limits its time and memory, and starts another when it dies. The helper is
`python -m core.decoder`. It reads one JSON object a line, {"path": ..., "halvings": n, "frame": i}, from its standard input, and answers
each on its standard output with: 8 bytes, the length n of the answer's head, little-endian; n bytes of JSON;
then the arrays that the head lists, as raw bytes one after the other. No torch is loaded there.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np

from core.domain import Laterality, View
from core.errors import ManyFramesError, UnreadableImageError
from core.pixels import (
    ImageHeader,
    Mammogram,
    ReducedMammogram,
    Unusable,
    VoiLut,
    Window,
    read_frame,
    read_mammogram,
    read_reduced,
)

SECONDS = 60.0  # for one image; the slowest real file measured took four
MEMORY_BYTES = 6 * 2**30  # address space, not resident memory
_LENGTH = 8
_LARGEST_ANSWER = 4 * 2**30


class DecoderStoppedError(Exception):
    """The helper process ended in the middle of an answer."""


class Decoder:
    """One helper process, for any thread; one image at a time.

    seconds: how long one image may take. memory_bytes: address space of the helper (not on Windows).
    """

    def __init__(self, *, seconds: float = SECONDS, memory_bytes: int = MEMORY_BYTES) -> None:
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._is_closed = False
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process_id(self) -> int | None:
        """The helper's process, None before the first image and after close."""
        return self._process.pid if self._process else None

    def decode(self, path: Path) -> Mammogram:
        """Decode one file. Raises UnreadableImageError: what the file lacks, or that decoding did not end.

        ManyFramesError for a file of many frames.
        """
        head, arrays = self._answer_to({"path": str(path)})
        return _mammogram(head, arrays)

    def decode_frame(self, path: Path, frame: int) -> Mammogram:
        """One frame (from 0) of a file of many frames, to look at; of any other file the picture. Raises as decode does."""
        head, arrays = self._answer_to({"path": str(path), "frame": frame})
        return _mammogram(head, arrays)

    def decode_reduced(self, path: Path, *, halvings: int) -> ReducedMammogram | None:
        """One file at 1 / 2^n of its size, n at most `halvings`, to look at until the whole is there; None where there is no quick way.

        Raises as decode does.
        """
        head, arrays = self._answer_to({"path": str(path), "halvings": halvings})
        return None if head.get("nothing") else ReducedMammogram(_mammogram(head, arrays), *head["whole"])

    def _answer_to(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        with self._lock:
            try:
                head, arrays = self._ask_within_limit(request)
            except DecoderStoppedError:
                # It may have been dead before this image: one more try, with a fresh helper.
                head, arrays = self._ask_again(request)
        if "reason" in head:
            raise (ManyFramesError if head.get("many_frames") else UnreadableImageError)(head["reason"])
        return head, arrays

    def close(self) -> None:
        """End the helper, also in the middle of an image. Nothing can be decoded after that."""
        self._is_closed = True
        if process := self._process:
            process.kill()
        with self._lock:
            self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask_again(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        try:
            return self._ask_within_limit(request)
        except DecoderStoppedError as error:
            raise UnreadableImageError(_could_not(Path(request["path"]), "the decoder stopped")) from error

    def _ask_within_limit(self, request: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        """One image from the helper. Raises DecoderStoppedError, or UnreadableImageError past the time limit."""
        path = Path(request["path"])
        if self._is_closed:
            raise UnreadableImageError(_could_not(path, "the decoder was closed"))
        process = self._running()
        too_late = threading.Event()
        watch = threading.Timer(self._seconds, _end, args=(process, too_late))
        watch.daemon = True
        watch.start()
        try:
            return _ask(process, request)
        except (DecoderStoppedError, OSError) as error:
            self._stop()
            if too_late.is_set():
                how = f"it took longer than {self._seconds:g} seconds"
                raise UnreadableImageError(_could_not(path, how)) from error
            raise DecoderStoppedError from error
        finally:
            watch.cancel()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._stop()
            self._process = _start(self._memory_bytes)
        return self._process

    def _stop(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            _close_quietly(stream)
        self._process.wait()
        self._process = None


def _close_quietly(stream: IO[bytes] | None) -> None:
    try:
        if stream:
            stream.close()
    except OSError:
        pass  # what was left to flush went to a process that is gone


def _start(memory_bytes: int) -> subprocess.Popen[bytes]:
    # One thread: the helper is one of several processes, and each thread's stack counts as address space.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    if getattr(sys, "frozen", False):
        command = [sys.executable, "--decoder"]
    else:
        # -P: a folder named core in the working directory is not ours.
        command = [sys.executable, "-P", "-m", "core.decoder"]
        paths = [str(Path(__file__).parents[1]), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    return subprocess.Popen(
        [*command, str(memory_bytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _end(process: subprocess.Popen[bytes], too_late: threading.Event) -> None:
    too_late.set()
    process.kill()


def _could_not(path: Path, how: str) -> str:
    return (
        f"{path.name} could not be decoded: {how}. If it happens again, copy the file again from its source."
    )


def _ask(process: subprocess.Popen[bytes], request: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(request).encode() + b"\n")
    process.stdin.flush()
    length = int.from_bytes(_exactly(process.stdout, _LENGTH), "little")
    if not 0 < length < _LARGEST_ANSWER:
        raise DecoderStoppedError
    try:
        head: dict[str, Any] = json.loads(_exactly(process.stdout, length))
        sizes = [int(size) for size in head.get("sizes", [])]
    except (ValueError, AttributeError, TypeError) as error:
        raise DecoderStoppedError from error
    return head, [_exactly(process.stdout, size) for size in sizes]


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) != count:
        raise DecoderStoppedError
    return data


def _mammogram(head: dict[str, Any], arrays: list[bytes]) -> Mammogram:
    header = dict(head["header"])
    header["laterality"], header["view"] = Laterality(header["laterality"]), View(header["view"])
    stored = np.frombuffer(arrays[0], dtype=np.uint16).reshape(header["rows"], header["columns"])
    luts = tuple(
        VoiLut(**lut, values=np.frombuffer(values, dtype=np.uint16))
        for lut, values in zip(head["luts"], arrays[1:], strict=True)
    )
    windows = tuple(Window(**window) for window in head["windows"])
    return Mammogram(
        ImageHeader(**header),
        stored,
        offset=head["offset"],
        windows=windows,
        luts=luts,
        slope=head["slope"],
        unusable=tuple(map(Unusable, head["unusable"])),
    )


def _answer(request: dict[str, Any]) -> list[bytes]:
    """The answer to one request, in the helper."""
    path, halvings, frame = Path(request["path"]), int(request.get("halvings", 0)), request.get("frame")
    try:
        reduced = read_reduced(path, halvings=halvings) if halvings else None
        if halvings and reduced is None:
            return [json.dumps({"nothing": True}).encode()]
        if reduced is not None:
            mammogram = reduced.mammogram
        else:
            mammogram = read_mammogram(path) if frame is None else read_frame(path, int(frame))
    except ManyFramesError as error:
        return [json.dumps({"reason": str(error), "many_frames": True}).encode()]
    except UnreadableImageError as error:
        return [json.dumps({"reason": str(error)}).encode()]
    arrays = [np.ascontiguousarray(mammogram.stored).tobytes()]
    arrays += [np.ascontiguousarray(lut.values).tobytes() for lut in mammogram.luts]
    head = {
        "header": asdict(mammogram.header),
        "whole": None if reduced is None else (reduced.rows, reduced.columns),
        "offset": mammogram.offset,
        "slope": mammogram.slope,
        "unusable": mammogram.unusable,
        "windows": [asdict(window) for window in mammogram.windows],
        "luts": [{"name": lut.name, "first": lut.first, "bits": lut.bits} for lut in mammogram.luts],
        "sizes": [len(array) for array in arrays],
    }
    return [json.dumps(head).encode(), *arrays]


def _limit_memory(memory_bytes: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def serve(memory_bytes: int) -> None:
    """The helper's life: answer until standard input closes."""
    _limit_memory(memory_bytes)
    # Ctrl-C in a terminal reaches every process; the one that asks decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Answers keep the real standard output to themselves; what a library prints goes nowhere.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin.buffer:
        head, *arrays = _answer(json.loads(line))
        answers.write(len(head).to_bytes(_LENGTH, "little"))
        for part in (head, *arrays):
            answers.write(part)
        answers.flush()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
