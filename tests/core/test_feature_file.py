"""The feature file: whole records or none, whatever happens to the writer or the disk."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.errors import UserError
from core.feature_file import FeatureFile, OtherFeaturesError, feature_file_name, feature_key
from core.recipe import GridSettings

NAME = feature_file_name("0123456789abcdef", GridSettings())
D = 5


def open_file(folder: Path, *, name: str = NAME, dimension: int = D, kind: str = "float16") -> FeatureFile:
    return FeatureFile.open(folder, name, dimension=dimension, kind=kind)


def rows(count: int, *, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, D)).astype(np.float32)


def filled(folder: Path, keys: str = "abc") -> Path:
    with open_file(folder) as file:
        for number, key in enumerate(keys):
            file.append(key, rows(number + 3, seed=number))
    return folder / NAME


def records_by_hand(data: bytes) -> list[tuple[str, np.ndarray, int]]:
    """An independent reader of the documented layout: key, values and offset of the payload."""
    assert data[:8] == b"LLOOPFEA"
    version, length, crc = struct.unpack("<III", data[8:20])
    assert version == 1
    assert zlib.crc32(data[20 : 20 + length]) == crc
    d = json.loads(data[20 : 20 + length])["dimension"]
    place, found = 20 + length, []
    while place < len(data):
        place += -place % 64
        magic, k, m, payload_crc, head_crc = struct.unpack("<4sIIII", data[place : place + 20])
        assert magic == b"RECD"
        key = data[place + 20 : place + 20 + k]
        assert zlib.crc32(data[place : place + 16] + key) == head_crc
        place += 20 + k
        place += -place % 64
        payload = data[place : place + 2 * m * d]
        assert zlib.crc32(payload) == payload_crc
        found.append((key.decode(), np.frombuffer(payload, "<f2").reshape(m, d), place))
        place += len(payload)
    return found


def test_features_come_back_as_float16_after_reopening(tmp_path):
    filled(tmp_path)
    with open_file(tmp_path) as file:
        assert file.keys() == ("a", "b", "c")
        np.testing.assert_array_equal(file.read("b"), rows(4, seed=1).astype(np.float16))
        assert file.read("b").dtype == np.float16
        assert not file.read("b").flags.writeable


def test_the_file_follows_its_documented_layout(tmp_path):
    found = records_by_hand(filled(tmp_path).read_bytes())
    assert [key for key, _, _ in found] == ["a", "b", "c"]
    for number, (_, values, place) in enumerate(found):
        np.testing.assert_array_equal(values, rows(number + 3, seed=number).astype(np.float16))
        assert place % 64 == 0


def test_opening_for_reading_writes_nothing(tmp_path):
    with open_file(tmp_path / "none") as file:
        assert file.keys() == ()
        assert "a" not in file
        with pytest.raises(KeyError):
            file.read("a")
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=25, deadline=None)
@given(
    records=st.dictionaries(
        st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable()),
        hnp.arrays(
            np.float16, st.tuples(st.integers(1, 7), st.just(D)), elements=st.floats(-65504, 65504, width=16)
        ),
        max_size=6,
    )
)
def test_any_features_under_any_keys_come_back(tmp_path_factory, records):
    folder = tmp_path_factory.mktemp("features")
    with open_file(folder) as file:
        for key, values in records.items():
            file.append(key, values)
    with open_file(folder) as file:
        assert file.keys() == tuple(records)
        assert file.verify() == []
        for key, values in records.items():
            np.testing.assert_array_equal(file.read(key), values)


def test_a_record_cut_at_any_byte_is_absent_and_the_next_append_takes_its_place(tmp_path):
    path = filled(tmp_path)
    whole = path.read_bytes()
    *_, (_, _, payload_of_b), _ = records_by_hand(whole)
    end_of_b = payload_of_b + 2 * 4 * D
    for size in range(end_of_b, len(whole)):
        path.write_bytes(whole[:size])
        with open_file(tmp_path) as file:
            assert file.keys() == ("a", "b")
            file.append("new", rows(1, seed=9))
            assert file.damaged == []
        with open_file(tmp_path) as file:
            assert file.keys() == ("a", "b", "new")
            assert file.verify() == []
            np.testing.assert_array_equal(file.read("b"), rows(4, seed=1).astype(np.float16))
            np.testing.assert_array_equal(file.read("new"), rows(1, seed=9).astype(np.float16))


def test_what_a_killed_writer_leaves_is_not_called_damage(tmp_path):
    path = filled(tmp_path)
    whole = path.read_bytes()
    _, _, (_, values, place) = records_by_hand(whole)
    torn = whole[: place - 64] + bytes(64) + values.tobytes()  # the payload is there, its head is not yet
    path.write_bytes(torn)
    with open_file(tmp_path) as file:
        assert file.keys() == ("a", "b")
        assert file.verify() == []
        file.append("c", values)
    assert path.read_bytes() == whole


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_one_flipped_bit_never_gives_wrong_features(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("features")
    path = filled(folder)
    whole = bytearray(path.read_bytes())
    records = records_by_hand(bytes(whole))
    first = records[0][2] - 64
    bit = data.draw(st.integers(8 * first, 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    path.write_bytes(whole)
    with open_file(folder) as file:
        problems = file.verify()
        lost = [key for key, _, _ in records if key not in file]
        assert len(lost) == len(problems) == len(file.damaged) <= 1
        for key, values, _ in records:
            if key not in lost:
                np.testing.assert_array_equal(file.read(key), values)
        for key in lost:
            file.append(key, rows(2, seed=7))
            np.testing.assert_array_equal(file.read(key), rows(2, seed=7).astype(np.float16))


def test_a_flipped_bit_in_a_payload_makes_its_key_absent_and_listed(tmp_path):
    path = filled(tmp_path)
    whole = bytearray(path.read_bytes())
    whole[records_by_hand(bytes(whole))[1][2] + 3] ^= 0x10
    path.write_bytes(whole)
    with open_file(tmp_path) as file:
        assert file.damaged == []
        assert "b" not in file
        assert file.damaged == ["b"]
        with pytest.raises(KeyError):
            file.read("b")
        assert file.keys() == ("a", "c")
        assert file.verify() == [f"{NAME}: b is damaged and counts as absent."]


def test_a_flipped_bit_in_a_head_loses_that_record_alone(tmp_path):
    path = filled(tmp_path)
    whole = bytearray(path.read_bytes())
    place = records_by_hand(bytes(whole))[1][2] - 64
    whole[place + 9] ^= 0x01
    path.write_bytes(whole)
    with open_file(tmp_path) as file:
        assert file.keys() == ("a", "c")
        assert len(file.damaged) == 1
        assert str(place) in file.damaged[0]


def test_readers_see_what_is_appended_after_they_opened(tmp_path):
    with open_file(tmp_path) as writer, open_file(tmp_path) as early:
        writer.append("a", rows(3))
        with open_file(tmp_path) as late:
            kept = late.read("a")
            for number in range(20):
                writer.append(f"more{number}", rows(40, seed=number))
            for reader in (early, late):
                assert "more19" in reader
                np.testing.assert_array_equal(reader.read("more7"), rows(40, seed=7).astype(np.float16))
            np.testing.assert_array_equal(kept, rows(3).astype(np.float16))


def test_a_reader_of_a_torn_tail_sees_what_replaces_it(tmp_path):
    path = filled(tmp_path)
    path.write_bytes(path.read_bytes()[:-3])
    with open_file(tmp_path) as reader, open_file(tmp_path) as writer:
        assert "n" not in reader
        writer.append("n", rows(1))
        assert "n" in reader


def test_arrays_outlive_the_file_object(tmp_path):
    filled(tmp_path)
    file = open_file(tmp_path)
    values = file.read("a")
    file.close()
    np.testing.assert_array_equal(values, rows(3).astype(np.float16))


def test_a_second_writer_is_refused_until_the_first_has_ended(tmp_path):
    with open_file(tmp_path) as first, open_file(tmp_path) as second:
        first.append("a", rows(1))
        with pytest.raises(UserError, match="are being written by another run"):
            second.append("b", rows(1))
        assert "a" in second
        first.close()
        second.append("b", rows(1))
        assert second.keys() == ("a", "b")


def test_a_writer_that_was_killed_leaves_no_lock(tmp_path):
    code = (
        "import os, sys, numpy as np; from pathlib import Path; from core.feature_file import FeatureFile;"
        f"file = FeatureFile.open(Path(sys.argv[1]), {NAME!r}, dimension={D});"
        f"file.append('a', np.ones((2, {D}))); os._exit(9)"
    )
    result = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert result.returncode == 9
    with open_file(tmp_path) as file:
        file.append("b", rows(1))
        assert file.keys() == ("a", "b")


@pytest.mark.parametrize("value", [65520.0, -1e9, np.inf, np.nan])
def test_values_that_float16_cannot_hold_are_refused_and_leave_the_file_as_it_was(tmp_path, value):
    path = filled(tmp_path)
    before = path.read_bytes()
    features = rows(2)
    features[1, 2] = value
    with open_file(tmp_path) as file, pytest.raises(ValueError, match="not a number or too large"):
        file.append("x", features)
    assert path.read_bytes() == before


@pytest.mark.parametrize("shape", [(0, D), (3, D + 1), (D,), (1, 1, D)])
def test_features_of_a_wrong_shape_are_refused(tmp_path, shape):
    with open_file(tmp_path) as file, pytest.raises(ValueError, match="features of shape"):
        file.append("x", np.zeros(shape, np.float32))


@pytest.mark.parametrize("key", ["", "k" * 1025])
def test_a_key_without_text_or_too_long_is_refused(tmp_path, key):
    with open_file(tmp_path) as file, pytest.raises(ValueError, match="a key has"):
        file.append(key, rows(1))


def test_a_key_is_written_once(tmp_path):
    filled(tmp_path)
    with open_file(tmp_path) as file, pytest.raises(ValueError, match="already"):
        file.append("a", rows(1))


@pytest.mark.parametrize("other", [{"dimension": D + 1}, {"name": "ffff-" + NAME.partition("-")[2]}])
def test_a_file_of_another_trunk_or_dimension_is_refused(tmp_path, other):
    path = filled(tmp_path)
    path.rename(tmp_path / other.get("name", NAME))
    with pytest.raises(ValueError, match="other features than asked for"):
        open_file(tmp_path, **other)


def test_a_file_of_a_newer_version_is_refused_in_a_sentence(tmp_path):
    path = filled(tmp_path)
    whole = bytearray(path.read_bytes())
    whole[8] = 2
    path.write_bytes(whole)
    with pytest.raises(UserError, match="newer version"):
        open_file(tmp_path)


@pytest.mark.parametrize(
    "damage", [lambda d: d[:10], lambda d: d[:30], lambda d: b"\0" + d[1:], lambda d: d[:25] + b"?" + d[26:]]
)
def test_a_file_damaged_at_its_start_is_refused_in_a_sentence(tmp_path, damage):
    path = filled(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match="damaged at its start"):
        open_file(tmp_path)


def test_a_put_replaces_what_is_there(tmp_path):
    filled(tmp_path)
    with open_file(tmp_path) as file:
        file.put("b", rows(9, seed=5))
        assert file.rows("b") == 9
    with open_file(tmp_path) as file:
        np.testing.assert_array_equal(file.read("b"), rows(9, seed=5).astype(np.float16))
        assert set(file.keys()) == {"a", "b", "c"}
        assert file.verify() == []


def test_a_file_of_float64_gives_every_bit_back_and_is_no_file_of_float16(tmp_path):
    values = np.random.default_rng(0).uniform(-1e300, 1e300, (4, D))
    with open_file(tmp_path, kind="float64") as file:
        file.append("a", values)
    with open_file(tmp_path, kind="float64") as file:
        np.testing.assert_array_equal(file.read("a"), values)
    with pytest.raises(OtherFeaturesError):
        open_file(tmp_path)


def test_keeping_some_records_writes_a_whole_file_of_these_alone(tmp_path):
    path = filled(tmp_path)
    before = path.stat().st_size
    with open_file(tmp_path) as file:
        freed = file.keep_only({"a", "c", "not there"})
        assert freed == before - path.stat().st_size > 0
        file.append("d", rows(2))
        assert file.keys() == ("a", "c", "d")
    assert [key for key, _, _ in records_by_hand(path.read_bytes())] == ["a", "c", "d"]


@pytest.mark.skipif(sys.platform == "win32", reason="the system itself refuses to replace a mapped file")
def test_a_file_that_is_read_elsewhere_is_not_written_anew(tmp_path):
    path = filled(tmp_path)
    whole = path.read_bytes()
    with open_file(tmp_path) as file, open_file(tmp_path) as reader:
        assert "a" in reader
        assert file.keep_only({"a"}) == 0
        assert file.keys() == ("a", "b", "c")
    assert path.read_bytes() == whole
    assert [entry.suffix for entry in tmp_path.iterdir() if entry.suffix == ".part"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="the limit on the size of files is a POSIX one")
def test_a_full_disk_is_told_in_a_sentence_and_keeps_what_was_written(tmp_path):
    import resource

    path = filled(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with open_file(tmp_path) as file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 100, limits[1]))
        try:
            with pytest.raises(UserError, match="could not be written"):
                file.append("big", rows(500))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        file.append("big", rows(500))
        assert file.keys() == ("a", "b", "c", "big")
        assert file.verify() == []


def test_the_key_changes_with_content_scale_and_every_box():
    boxes = np.array([[0.0, 0.0, 224.0, 224.0], [112.0, 0.0, 336.0, 224.0]])
    moved = boxes.copy()
    moved[1, 3] = np.nextafter(224.0, 300.0)
    keys = {
        feature_key("aa", 1.0, boxes),
        feature_key("ab", 1.0, boxes),
        feature_key("aa", np.nextafter(1.0, 2.0), boxes),
        feature_key("aa", 1.0, moved),
        feature_key("aa", 1.0, boxes[:1]),
    }
    assert len(keys) == 5
    assert feature_key("aa", 1.0, boxes) == feature_key("aa", 1.0, np.asfortranarray(boxes))


def test_the_name_of_the_file_changes_with_trunk_and_grid():
    names = {feature_file_name(t, g) for t in "ab" for g in (GridSettings(), GridSettings(stride=56))}
    assert len(names) == 4


@pytest.mark.parametrize("name", ["plain.features", "-a.features", "a-.features"])
def test_a_name_without_trunk_and_grid_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="not the name of a feature file"):
        open_file(tmp_path, name=name)
