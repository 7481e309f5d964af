"""What a killed fit goes on from: the same model bit for bit, and never from anything damaged or foreign."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import core.checkpoint
from core.bags import Bag, BagVariant
from core.checkpoint import CheckpointFolder, Snapshot, UnusableCheckpointError, digest_of
from core.control import Control
from core.domain import Label, Split
from core.events import Epoch, Notice
from core.recipe import Method, Recipe
from core.training import fit

D = 6
RECIPE = Recipe(
    method=Method.SS_CLS_DET_RS,
    components=4,
    hidden=8,
    k=3,
    epochs=6,
    dense_epochs=2,
    batch_images=13,
    members=2,
    balance=True,
    threads=1,
)


class Clock:
    """A clock on which a minute passes at every look."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 60.0
        return self.now


@pytest.fixture(autouse=True)
def always_due(monkeypatch):
    monkeypatch.setitem(CheckpointFolder.__init__.__kwdefaults__, "clock", Clock())


def make_bags(seed=0):
    rng = np.random.default_rng(seed)

    def rows():
        return rng.normal(size=(int(rng.integers(3, 9)), D)).astype(np.float32)

    bags = []
    for i in range(20):
        label = (Label.MALIGNANT, Label.NORMAL, Label.BENIGN, Label.NORMAL)[i % 4]
        own, turned = rows(), rows()
        labels = [rng.integers(-1, 2, len(r)).astype(np.int8) if i % 8 == 0 else None for r in (own, turned)]
        split = Split.VALIDATION if i >= 14 else Split.TRAIN
        variants = (BagVariant(turned, labels[1]),) if split is Split.TRAIN else ()
        bags.append(Bag(i, own, label, split, labels[0], variants))
    return bags


@pytest.fixture(scope="module")
def undisturbed():
    return run(make_bags(), RECIPE, None)[1]


def run(bags, recipe, folder, *, epochs=None, control=None):
    """All events and the model; with `epochs`, what a kill after so many leaves behind: events, and no model."""
    generator, events, done = fit(bags, recipe, control=control or Control(), checkpoint=folder), [], 0
    while epochs is None or done < epochs + 1:
        try:
            events.append(next(generator))
        except StopIteration as end:
            return events, end.value
        done += isinstance(events[-1], Epoch)
    # Killed: nothing of the generator runs any more. The last epoch told is not on disk yet.
    return events[:-1], None


def notices_of(events):
    return [event.text for event in events if isinstance(event, Notice)]


def epochs_of(events):
    return [event for event in events if isinstance(event, Epoch)]


def assert_same(a, b):
    assert a.model.state_dict().keys() == b.model.state_dict().keys()
    for name, value in a.model.state_dict().items():
        assert torch.equal(value, b.model.state_dict()[name]), name
    assert a.curves == b.curves
    assert a.metrics == b.metrics


@pytest.mark.parametrize("killed_after", [1, 4])
@pytest.mark.parametrize("patience", [0, 2])
def test_a_fit_that_was_killed_gives_the_model_of_one_that_was_not_bit_for_bit(
    tmp_path, killed_after, patience
):
    recipe = replace(RECIPE, patience=patience, calibrate=True)
    whole, expected = run(make_bags(), recipe, None)
    told = len(epochs_of(whole))
    folder = tmp_path / "checkpoint"
    run(make_bags(), recipe, folder, epochs=min(killed_after, told - 1))
    events, resumed = run(make_bags(), recipe, folder)
    assert any(f"went on from epoch {min(killed_after, told - 1)}," in text for text in notices_of(events))
    assert epochs_of(events) == epochs_of(whole)
    assert_same(resumed, expected)
    assert not folder.exists()


def test_a_fit_may_be_killed_more_than_once(tmp_path, undisturbed):
    folder = tmp_path / "checkpoint"
    for epochs in (1, 3, 4):
        run(make_bags(), RECIPE, folder, epochs=epochs)
    events, resumed = run(make_bags(), RECIPE, folder)
    assert "Training went on from epoch 4, where it had been interrupted." in notices_of(events)
    assert_same(resumed, undisturbed)


def test_checkpoints_do_not_change_the_model(tmp_path, undisturbed):
    _, with_them = run(make_bags(), RECIPE, tmp_path / "checkpoint")
    assert_same(with_them, undisturbed)


def test_a_checkpoint_is_written_only_when_the_last_is_old_enough(tmp_path):
    now = [0.0]
    folder = CheckpointFolder(tmp_path / "c", digest="d", clock=lambda: now[0])
    snapshot = Snapshot({"a": torch.ones(2)}, {"epoch": 1})
    for now[0], is_due in ((19.0, False), (20.0, True), (39.0, False), (41.0, True)):
        assert folder.write_if_due(lambda: snapshot) == is_due


@pytest.mark.parametrize(
    "what", ["bytes of the tensors", "a number of the state", "no JSON", "no tensors", "cut"]
)
def test_a_damaged_checkpoint_is_told_and_training_starts_from_the_beginning(tmp_path, what, undisturbed):
    folder = tmp_path / "checkpoint"
    run(make_bags(), RECIPE, folder, epochs=2)
    tensors, state = next(folder.glob("*.safetensors")), folder / "checkpoint.json"
    if what == "bytes of the tensors":
        content = bytearray(tensors.read_bytes())
        content[-3] ^= 4
        tensors.write_bytes(content)
    elif what == "a number of the state":
        plain = json.loads(state.read_bytes())
        plain["plain"]["steps"][0] += 1
        state.write_text(json.dumps(plain))
    elif what == "no JSON":
        state.write_text("{")
    elif what == "no tensors":
        tensors.unlink()
    else:
        tensors.write_bytes(tensors.read_bytes()[:100])
    events, fitted = run(make_bags(), RECIPE, folder)
    assert any(
        "is damaged and was not used: training starts from the beginning" in t for t in notices_of(events)
    )
    assert_same(fitted, undisturbed)
    assert not folder.exists()


def changed_features(bags):
    features = bags[3].features.copy()
    features[0, 0] = np.nextafter(features[0, 0], np.float32(9))
    return [*bags[:3], replace(bags[3], features=features), *bags[4:]]


def changed_variant(bags):
    variant = bags[2].variants[0]
    other = replace(variant, features=variant.features[::-1])
    return [*bags[:2], replace(bags[2], variants=(other,)), *bags[3:]]


@pytest.mark.parametrize(
    "change",
    [
        changed_features,
        changed_variant,
        lambda bags: bags[1:],
        lambda bags: [bags[1], bags[0], *bags[2:]],
        lambda bags: [replace(bags[0], label=Label.BOTH), *bags[1:]],
        lambda bags: [replace(bags[0], region_labels=-bags[0].region_labels), *bags[1:]],
        lambda bags: [replace(bags[1], image_id=99), bags[0], *bags[2:]],
    ],
)
def test_a_checkpoint_of_other_bags_is_told_and_not_used(tmp_path, change):
    folder = tmp_path / "checkpoint"
    run(make_bags(), RECIPE, folder, epochs=2)
    other = change(make_bags())
    events, fitted = run(other, RECIPE, folder)
    assert any("belongs to other images or settings" in text for text in notices_of(events))
    assert_same(fitted, run(other, RECIPE, None)[1])


def test_a_checkpoint_of_another_recipe_is_not_used_but_its_name_does_not_matter(tmp_path):
    bags = make_bags()
    known = digest_of(bags, RECIPE, device="cpu")
    assert digest_of(bags, replace(RECIPE, name="mine"), device="cpu") == known
    for other in (replace(RECIPE, seed=1), replace(RECIPE, threads=2), replace(RECIPE, epochs=10)):
        assert digest_of(bags, other, device="cpu") != known
    assert digest_of(bags, RECIPE, device="cuda") != known


def test_cancel_leaves_no_checkpoint(tmp_path):
    control, folder = Control(), tmp_path / "checkpoint"
    generator = fit(make_bags(), RECIPE, control=control, checkpoint=folder)
    events = [next(generator) for _ in range(4)]
    assert (folder / "checkpoint.json").exists()
    control.cancel()
    assert list(generator) == []
    assert len(epochs_of(events)) >= 3
    assert not folder.exists()


def test_stop_early_leaves_no_checkpoint_and_the_model(tmp_path):
    control, folder = Control(), tmp_path / "checkpoint"
    generator = fit(make_bags(), RECIPE, control=control, checkpoint=folder)
    for _ in range(4):
        next(generator)
    control.stop_early()
    with pytest.raises(StopIteration) as end:
        next(generator)
    assert end.value.value.metrics["was_stopped_early"]
    assert not folder.exists()


def test_a_stop_before_anything_was_done_keeps_what_an_earlier_one_had_reached(tmp_path):
    control, folder = Control(), tmp_path / "checkpoint"
    run(make_bags(), RECIPE, folder, epochs=3)
    control.stop_early()
    events, fitted = run(make_bags(), RECIPE, folder, control=control)
    assert (epochs_of(events), fitted) == ([], None)
    assert (folder / "checkpoint.json").exists()


def test_between_the_two_files_of_a_new_checkpoint_the_last_one_is_still_whole(tmp_path, monkeypatch):
    folder = CheckpointFolder(tmp_path, digest="d")
    folder.write(Snapshot({"a": torch.zeros(3)}, {"epoch": 1}))
    written = core.checkpoint.write_atomically

    def killed_before_the_second(path, content):
        if path.suffix == ".json":
            raise KeyboardInterrupt
        written(path, content)

    monkeypatch.setattr(core.checkpoint, "write_atomically", killed_before_the_second)
    with pytest.raises(KeyboardInterrupt):
        folder.write(Snapshot({"a": torch.ones(3)}, {"epoch": 2}))
    found = CheckpointFolder(tmp_path, digest="d").read()
    assert found.plain == {"epoch": 1}
    assert torch.equal(found.tensors["a"], torch.zeros(3))


def test_only_the_last_checkpoint_is_kept(tmp_path):
    folder = CheckpointFolder(tmp_path, digest="d")
    for epoch in (1, 2, 3):
        folder.write(Snapshot({"a": torch.full((2,), float(epoch))}, {"epoch": epoch}))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "checkpoint.json",
        "epoch-00000003.safetensors",
    ]
    with pytest.raises(UnusableCheckpointError, match="other images or settings"):
        CheckpointFolder(tmp_path, digest="other").read()


def test_a_disk_that_is_full_does_not_end_training_and_is_told_once(tmp_path, monkeypatch, undisturbed):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(core.checkpoint, "write_atomically", full)
    events, fitted = run(make_bags(), RECIPE, tmp_path / "checkpoint")
    assert len([text for text in notices_of(events) if "cannot be saved" in text]) == 1
    assert_same(fitted, undisturbed)
