"""Decoding in a helper process that may die, hang or be fed nonsense."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file

from core.decoder import Decoder
from core.errors import UnreadableImageError
from core.pixels import read_mammogram


@pytest.fixture(scope="module")
def decoder():
    with Decoder() as decoder:
        yield decoder


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "breast.png"
    Image.fromarray(np.arange(64 * 48, dtype=np.uint16).reshape(64, 48) * 20).save(path)
    return path


def assert_same(found, wanted):
    assert found.header == wanted.header
    assert found.windows == wanted.windows
    assert (found.slope, found.offset) == (wanted.slope, wanted.offset)
    assert np.array_equal(found.stored, wanted.stored)
    assert [lut.name for lut in found.luts] == [lut.name for lut in wanted.luts]
    for mine, theirs in zip(found.luts, wanted.luts, strict=True):
        assert np.array_equal(mine.values, theirs.values)


def test_the_helper_gives_what_reading_here_gives(decoder, picture):
    assert_same(decoder.decode(picture), read_mammogram(picture))


def test_a_dicom_with_windows_arrives_with_them(decoder, tmp_path):
    dataset = dcmread(get_testdata_file("MR_small.dcm"))
    dataset.Modality = "MG"
    path = tmp_path / "windowed.dcm"
    dataset.save_as(path)
    assert read_mammogram(path).windows
    assert_same(decoder.decode(path), read_mammogram(path))


def test_a_foreign_file_is_refused_in_a_sentence_and_the_next_one_decodes(decoder, picture, tmp_path):
    foreign = tmp_path / "notes.dcm"
    foreign.write_text("nothing to see")
    with pytest.raises(UnreadableImageError, match=r"notes\.dcm cannot be used"):
        decoder.decode(foreign)
    assert decoder.decode(picture).header.rows == 64


def test_a_truncated_file_is_refused_in_a_sentence(decoder, picture):
    picture.write_bytes(picture.read_bytes()[:200])
    with pytest.raises(UnreadableImageError, match=r"breast\.png cannot be used"):
        decoder.decode(picture)


def test_a_file_name_with_a_line_break_is_one_request(decoder, picture):
    odd = picture.with_name("two\nlines é.png")
    if sys.platform == "win32":
        odd = picture.with_name("é.png")
    picture.rename(odd)
    assert decoder.decode(odd).header.columns == 48


def test_after_the_helper_was_killed_the_next_image_decodes_in_another(picture):
    with Decoder() as decoder:
        decoder.decode(picture)
        first = decoder.process_id
        os.kill(first, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
        assert decoder.decode(picture).header.rows == 64
        assert decoder.process_id != first


@pytest.mark.skipif(sys.platform == "win32", reason="needs a named pipe")
def test_an_image_that_takes_too_long_is_given_up_and_the_next_one_decodes(picture, tmp_path):
    endless = tmp_path / "endless.dcm"
    os.mkfifo(endless)  # opening it for reading never returns: nobody writes
    with Decoder(seconds=30) as decoder:
        decoder.decode(picture)  # the helper has started
        decoder._seconds = 0.3
        with pytest.raises(UnreadableImageError, match=r"longer than 0\.3 seconds"):
            decoder.decode(endless)
        decoder._seconds = 30
        assert decoder.decode(picture).header.rows == 64


@pytest.mark.skipif(sys.platform == "win32", reason="needs a named pipe")
def test_closing_does_not_wait_for_an_image_that_never_ends(picture, tmp_path):
    endless = tmp_path / "endless.dcm"
    os.mkfifo(endless)
    decoder = Decoder()
    decoder.decode(picture)
    failures = []

    def decode():
        with pytest.raises(UnreadableImageError) as caught:
            decoder.decode(endless)
        failures.append(str(caught.value))

    thread = threading.Thread(target=decode)
    thread.start()
    while not decoder._lock.locked():
        pass
    decoder.close()
    thread.join(timeout=20)
    assert not thread.is_alive()
    assert "could not be decoded" in failures[0]


def test_two_threads_share_one_helper(decoder, picture):
    other = picture.with_name("other.png")
    Image.fromarray(np.full((30, 20), 7, np.uint16)).save(other)
    with ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(lambda path: decoder.decode(path).header.rows, [picture, other] * 10))
    assert rows == [64, 30] * 10


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit is on address space")
def test_a_file_that_needs_more_memory_than_is_allowed_is_refused_and_the_next_one_decodes(picture, tmp_path):
    large = tmp_path / "large.pgm"
    large.write_bytes(b"P5\n30000 30000\n65535\n" + bytes(1000))
    with Decoder(memory_bytes=1_500_000_000) as decoder:
        with pytest.raises(UnreadableImageError, match=r"large\.pgm"):
            decoder.decode(large)
        assert decoder.decode(picture).header.rows == 64


@pytest.mark.skipif(sys.platform == "win32", reason="needs a named pipe")
def test_a_helper_killed_in_the_middle_of_an_image_costs_that_image_alone(picture, tmp_path):
    endless = tmp_path / "endless.dcm"
    os.mkfifo(endless)
    with Decoder(seconds=60) as decoder, ThreadPoolExecutor(1) as pool:
        decoder.decode(picture)
        first = decoder.process_id
        waiting = pool.submit(decoder.decode, endless)
        held = os.open(endless, os.O_WRONLY)  # returns once the helper has opened the file to read it
        os.kill(first, signal.SIGKILL)
        while (second := decoder.process_id) in (None, first):
            pass  # it tries once more
        os.kill(second, signal.SIGKILL)
        with pytest.raises(
            UnreadableImageError, match=r"endless\.dcm could not be decoded: the decoder stopped"
        ):
            waiting.result(timeout=60)
        os.close(held)
        assert decoder.decode(picture).header.rows == 64
        assert decoder.process_id not in (first, second)


def test_a_folder_named_core_in_the_working_directory_is_not_taken_for_ours(picture, tmp_path, monkeypatch):
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "decoder.py").write_text("raise SystemExit(3)")
    (tmp_path / "core" / "__init__.py").write_text("")
    monkeypatch.chdir(tmp_path)
    with Decoder() as decoder:
        assert decoder.decode(picture).header.rows == 64


def test_the_helper_loads_no_torch_and_no_codec_before_it_needs_one():
    heavy = "torch onnxruntime pydicom imagecodecs tifffile skimage scipy PySide6"
    code = f"import sys, core.decoder; print([m for m in {heavy.split()} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_after_closing_nothing_is_decoded(picture):
    decoder = Decoder()
    decoder.decode(picture)
    decoder.close()
    assert decoder.process_id is None
    with pytest.raises(UnreadableImageError, match="closed"):
        decoder.decode(picture)
