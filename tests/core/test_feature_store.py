"""The features of one kind, shared between processes, within a limit, and made anew where they are damaged."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from core.augmentation import Variant, paper_set
from core.errors import UserError
from core.feature_file import FeatureFile
from core.feature_folder import (
    GIGABYTE,
    evict,
    in_words,
    limit_bytes,
    total_bytes,
    usage,
)
from core.feature_store import FeatureStore, variant_key, verify_folder
from core.recipe import GridSettings
from core.shared_files import is_in_use

D = 6
STEM = f"{'t' * 16}-{GridSettings().key}"


def open_store(folder, *, trunk="t" * 16, grid=None):
    return FeatureStore(folder, trunk_key=trunk, grid=grid or GridSettings(), dimension=D)


def rows(count, *, seed=0):
    return np.random.default_rng(seed).normal(size=(count, D)).astype(np.float32)


def boxes(count, *, seed=0):
    corner = np.random.default_rng(seed).uniform(0, 1e4, (count, 2))
    return np.hstack([corner, corner + 224])


def filled(folder, *, keys="abc", count=50, **which):
    with open_store(folder, **which) as store:
        for number, key in enumerate(keys):
            store.images.append(key, rows(count, seed=number))
            store.put_variant(f"{key}-turned", rows(count, seed=number + 100), boxes(count, seed=number))


def python(code, *arguments, **options):
    head = (
        "import sys; import numpy as np; from pathlib import Path; from core.recipe import GridSettings;"
        "from core.feature_store import FeatureStore;"
        f"store = FeatureStore(Path(sys.argv[1]), trunk_key={'t' * 16!r}, grid=GridSettings(), dimension={D});"
    )
    return subprocess.Popen(
        [sys.executable, "-c", head + code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


def test_features_and_regions_of_a_variant_come_back(tmp_path):
    filled(tmp_path)
    with open_store(tmp_path) as store:
        features, regions = store.read_variant("b-turned")
        np.testing.assert_array_equal(features, rows(50, seed=101).astype(np.float16))
        np.testing.assert_array_equal(regions, boxes(50, seed=1))  # to the last bit
        assert regions.dtype == np.float64
        assert store.notices == []


def test_a_variant_without_its_features_or_its_regions_is_absent(tmp_path):
    with open_store(tmp_path) as store:
        store.boxes.append("killed between the two", boxes(3))
        store.variants.append("regions lost", rows(3))
        store.boxes.append("of another length", boxes(4))
        store.variants.append("of another length", rows(3))
        for key in ("killed between the two", "regions lost", "of another length"):
            assert not store.has_variant(key)
            with pytest.raises(KeyError):
                store.read_variant(key)
            store.put_variant(key, rows(5, seed=1), boxes(5, seed=1))
            np.testing.assert_array_equal(store.read_variant(key)[1], boxes(5, seed=1))


def test_every_variant_content_and_scale_has_a_key_of_its_own():
    keys = {variant_key("a" * 64, 1.0, variant) for variant in paper_set()}
    keys |= {variant_key("b" * 64, 1.0, Variant(45)), variant_key("a" * 64, 1.1, Variant(45))}
    assert len(keys) == 113


def test_a_reader_sees_everything_that_another_process_appends_while_it_reads(tmp_path):
    code = (
        "[(store.put_variant(f'v{i}', np.full((40, 6), i % 7), np.full((40, 4), float(i))),"
        " print(i, flush=True), sys.stdin.readline()) for i in range(30)]"
    )
    with python(code, tmp_path) as writer, open_store(tmp_path) as reader:
        for number, line in zip(range(30), writer.stdout, strict=True):
            assert int(line) == number
            features, regions = reader.read_variant(f"v{number}")
            assert (features == number % 7).all()
            assert (regions == number).all()
            writer.stdin.write("\n")
            writer.stdin.flush()
        assert reader.damaged() == 0


def test_two_processes_append_one_after_the_other_and_nothing_is_lost(tmp_path):
    code = (
        "name = sys.argv[2]\n"
        "while not store.claim(): pass\n"
        "for i in range(15):\n"
        "    store.images.append(f'{name}{i}', np.full((5, 6), i))\n"
    )
    writers = [python(code, tmp_path, name) for name in ("first", "second")]
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    with open_store(tmp_path) as store:
        assert len(store.images.keys()) == 30
        assert verify_folder(tmp_path) == []


def test_only_one_store_has_a_claim_and_a_release_gives_it_back(tmp_path):
    with open_store(tmp_path) as first, open_store(tmp_path) as second:
        assert first.claim()
        assert first.claim()
        assert not second.claim()
        first.put_variant("a", rows(2), boxes(2))
        first.release()
        assert second.claim()
        second.put_variant("b", rows(2), boxes(2))
        assert not first.claim()
        assert first.has_variant("b")


def test_a_process_that_dies_frees_its_claim(tmp_path):
    with python("store.claim(); print('claimed', flush=True); sys.stdin.readline()", tmp_path) as writer:
        assert writer.stdout.readline() == "claimed\n"
        with open_store(tmp_path) as store:
            assert not store.claim()
            writer.kill()
            writer.communicate()
            assert store.claim()


@pytest.mark.parametrize("part", ["", "-variants"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d[:10],
        lambda d: b"?" + d[1:],
        lambda d: d[:8] + b"\x02" + d[9:],
        lambda d: d.replace(b'"dimension": 6', b'"dimension": 7'),
    ],
)
def test_a_file_damaged_at_its_start_or_of_another_version_is_put_aside_told_and_made_anew(
    tmp_path, part, damage
):
    filled(tmp_path)
    path = tmp_path / f"{STEM}{part}.features"
    path.write_bytes(damage(path.read_bytes()))
    with open_store(tmp_path) as store:
        assert len(store.notices) == 1
        assert "put aside and are made anew" in store.notices[0]
        assert ("a" in store.images) is bool(part)
        assert store.has_variant("a-turned") is not bool(part)
        if not part:
            store.images.append("a", rows(3))
        assert path.with_name(f"{path.name}.aside").is_file()
    with open_store(tmp_path) as store:
        assert store.notices == []


def test_features_of_another_trunk_under_this_name_are_never_read(tmp_path):
    filled(tmp_path, trunk="u" * 16)
    for path in list(tmp_path.glob("u*")):
        path.rename(tmp_path / path.name.replace("u" * 16, "t" * 16))
    with open_store(tmp_path) as store:
        assert len(store.notices) == 3
        assert store.images.keys() == store.variants.keys() == store.boxes.keys() == ()


def test_a_damaged_record_counts_as_absent_and_can_be_made_anew(tmp_path):
    filled(tmp_path)
    path = tmp_path / f"{STEM}-variants.boxes"
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(bytes(content))
    assert verify_folder(tmp_path) == [f"{path.name}: c-turned is damaged and counts as absent."]
    with open_store(tmp_path) as store:
        assert store.has_variant("b-turned")
        assert not store.has_variant("c-turned")
        assert store.damaged() == 1
        store.put_variant("c-turned", rows(3), boxes(3))
        assert store.has_variant("c-turned")


def test_a_folder_where_a_file_of_features_belongs_is_told_in_a_sentence(tmp_path):
    (tmp_path / f"{STEM}.features").mkdir()
    with pytest.raises(UserError, match="is a folder, where a file of region features belongs"):
        open_store(tmp_path)


def test_a_file_where_the_features_folder_belongs_is_told_in_a_sentence(tmp_path):
    (tmp_path / "features").write_text("")
    with pytest.raises(UserError, match="is not a folder"):
        open_store(tmp_path / "features")


def age(folder, prefix, *, days):
    for path in folder.glob(f"{prefix}*"):
        os.utime(path, (1e9 - 86400 * days, 1e9 - 86400 * days))


def test_the_longest_unused_files_go_first_and_no_more_than_needed(tmp_path):
    for trunk, days in (("o", 3), ("m", 2), ("n", 1)):
        filled(tmp_path, trunk=trunk * 16)
        age(tmp_path, trunk, days=days)
    size = total_bytes(tmp_path)
    oldest = sum(file.size for file in usage(tmp_path) if file.path.name.startswith("o"))
    assert evict(tmp_path, wanted=0, limit=size - oldest, keep=()) == oldest
    assert {file.path.name[0] for file in usage(tmp_path)} == {"m", "n"}
    assert evict(tmp_path, wanted=0, limit=size - oldest, keep=()) == 0


def test_what_was_put_aside_goes_before_everything_else(tmp_path):
    filled(tmp_path)
    age(tmp_path, "t", days=9)
    aside = tmp_path / "new.features.aside"
    aside.write_bytes(b"?" * 100)
    assert evict(tmp_path, wanted=0, limit=total_bytes(tmp_path) - 1, keep=()) == 100
    assert not aside.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the system itself refuses to remove a mapped file")
def test_files_that_another_process_reads_or_writes_stay(tmp_path):
    filled(tmp_path)
    reading = "print(store.images.read('a').sum() != 0, flush=True); sys.stdin.readline()"
    with python(reading, tmp_path) as reader:
        assert reader.stdout.readline() == "True\n"
        assert is_in_use(tmp_path / f"{STEM}.features")
        assert evict(tmp_path, wanted=0, limit=0, keep=()) == 0
        reader.stdin.close()
    (tmp_path / "x-y.features").write_bytes(b"")
    with FeatureFile.open(tmp_path, "z-y.features", dimension=2) as writer:
        assert writer.claim()
        (tmp_path / "z-y.features").write_bytes(b"content")
        evict(tmp_path, wanted=0, limit=0, keep=())
    assert [file.path.name for file in usage(tmp_path)] == ["z-y.features"]


@pytest.mark.skipif(sys.platform == "win32", reason="the system itself refuses to remove a mapped file")
def test_a_file_stays_while_an_array_of_it_is_alive(tmp_path):
    filled(tmp_path)
    with open_store(tmp_path) as store:
        features = store.images.read("a")
    assert is_in_use(tmp_path / f"{STEM}.features")
    evict(tmp_path, wanted=0, limit=0, keep=())
    np.testing.assert_array_equal(features, rows(50).astype(np.float16))
    del features
    assert not is_in_use(tmp_path / f"{STEM}.features")


def test_making_room_removes_other_kinds_and_then_variants_that_nobody_wants(tmp_path):
    filled(tmp_path, trunk="o" * 16)
    filled(tmp_path)
    age(tmp_path, "o", days=3)
    before = sum(file.size for file in usage(tmp_path) if file.path.name.startswith("t"))
    with open_store(tmp_path) as store:
        assert store.claim()
        told = store.make_room(
            wanted=1000, limit=before, images={"a", "b", "c"}, variants={"b-turned", "not there yet"}
        )
        assert len(told) == 1
        assert "were removed to make room" in told[0]
        assert store.images.keys() == ("a", "b", "c")
        assert store.variants.keys() == store.boxes.keys() == ("b-turned",)
        np.testing.assert_array_equal(store.read_variant("b-turned")[1], boxes(50, seed=1))
        store.put_variant("not there yet", rows(4), boxes(4))
        assert store.has_variant("not there yet")
    assert not list(tmp_path.glob("o*.features"))
    assert verify_folder(tmp_path) == []


def test_where_everything_fits_nothing_goes(tmp_path):
    filled(tmp_path)
    with open_store(tmp_path) as store:
        assert store.make_room(wanted=1000, limit=GIGABYTE, images=(), variants=()) == []
        assert store.variants.keys() == ("a-turned", "b-turned", "c-turned")


def test_more_than_the_limit_is_refused_in_a_sentence_with_both_figures(tmp_path):
    filled(tmp_path)
    keys = {"a", "b", "c", "a-turned", "b-turned", "c-turned"}
    with open_store(tmp_path) as store, pytest.raises(UserError, match=r"5\.0 MB.*limit is 2\.0 MB"):
        store.make_room(wanted=5 * 10**6, limit=2 * 10**6, images=keys, variants=keys)


def test_more_than_is_free_on_the_disk_is_refused_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("core.feature_folder._free", lambda _: GIGABYTE)
    with (
        open_store(tmp_path) as store,
        pytest.raises(UserError, match=r"1\.0 GB are free on the project's disk"),
    ):
        store.make_room(wanted=GIGABYTE, limit=50 * GIGABYTE, images=(), variants=())


def test_the_limit_is_as_asked_or_a_share_of_what_the_disk_can_give(tmp_path, monkeypatch):
    assert limit_bytes(tmp_path, limit_gb=1.5) == 1_500_000_000
    monkeypatch.setattr("core.feature_folder._free", lambda _: 10 * GIGABYTE)
    assert limit_bytes(tmp_path) == 5 * GIGABYTE
    monkeypatch.setattr("core.feature_folder._free", lambda _: 1000 * GIGABYTE)
    assert limit_bytes(tmp_path) == 20 * GIGABYTE


def test_a_reader_of_a_file_that_was_written_anew_sees_the_new_one(tmp_path):
    filled(tmp_path)
    path = tmp_path / f"{STEM}.features"
    with FeatureFile.found(path) as reader:
        assert "a" in reader
        other = tmp_path / "other"
        filled(other, keys="xy")
        (other / path.name).replace(path)
        assert "x" in reader
        assert reader.keys() == ("x", "y")
        assert reader.damaged == []


def test_sizes_are_told_in_words():
    assert [in_words(n) for n in (500, 2_400_000, 3_140_000_000)] == ["0.5 kB", "2.4 MB", "3.1 GB"]
