"""Devices: which there are, what they can do, and what happens where their memory is short."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import core.devices
import core.training_step
from core.bags import Bag
from core.control import Control
from core.devices import Device, available_devices, choose_device, computing, is_out_of_memory
from core.domain import Label, Split
from core.errors import UserError
from core.events import Epoch, Notice
from core.recipe import Method, Normalisation, Precision, Recipe
from core.training import fit

D = 8
RECIPE = Recipe(
    normalisation=Normalisation.STANDARDISE,
    method=Method.SS_CLS_DET_RS,
    components=0,
    hidden=16,
    k=3,
    epochs=3,
    dense_epochs=1,
    batch_images=11,
    threads=1,
)
H100 = Device("cuda:0", "H100", tuple(Precision))


def make_bags(images=24, seed=0):
    rng = np.random.default_rng(seed)
    bags = []
    for i in range(images):
        label = (Label.MALIGNANT, Label.NORMAL, Label.BENIGN)[i % 3]
        rows = rng.normal(size=(int(rng.integers(20, 60)), D)).astype(np.float32)
        labels = rng.integers(-1, 2, len(rows)).astype(np.int8) if i % 6 == 0 else None
        bags.append(Bag(i, rows, label, Split.VALIDATION if i % 4 == 3 else Split.TRAIN, labels))
    return bags


def run(recipe, bags=None):
    generator, events = fit(bags or make_bags(), recipe, control=Control()), []
    while True:
        try:
            events.append(next(generator))
        except StopIteration as end:
            return events, end.value


def notices_of(events):
    return [event.text for event in events if isinstance(event, Notice)]


def limit_memory(monkeypatch, *, regions, error=None):
    """Make the allocator fail where more than so many regions go through at once. Returns the sizes that were tried."""
    sizes, functions = [], {name: getattr(core.training_step, name) for name in ("gradients", "logits_of")}

    def failing(name):
        def call(model, projected, *arguments, **options):
            rows = options.get("rows")
            sizes.append(len(projected) if rows is None else len(rows))
            if sizes[-1] > regions:
                raise error or torch.OutOfMemoryError("allocation failed")
            return functions[name](model, projected, *arguments, **options)

        return call

    for name in functions:
        monkeypatch.setattr(core.training_step, name, failing(name))
    return sizes


def assert_close(a, b):
    for name, value in a.model.state_dict().items():
        assert torch.allclose(value, b.model.state_dict()[name], rtol=0, atol=1e-5), name
    for one, other in zip(a.curves, b.curves, strict=True):
        assert one.train_loss == pytest.approx(other.train_loss, abs=1e-5)
        assert one.validation_loss == pytest.approx(other.validation_loss, abs=1e-5)
        assert one.train_auroc == pytest.approx(other.train_auroc, abs=1e-9)


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("dropout", [0.5, 0.25])
def test_where_memory_is_short_the_result_is_the_same_in_smaller_parts_and_it_is_told(
    monkeypatch, method, dropout
):
    recipe = replace(RECIPE, method=method, dropout=dropout)
    _, undisturbed = run(recipe)
    sizes = limit_memory(monkeypatch, regions=150)
    events, fitted = run(recipe)
    assert max(sizes) > 150
    told = [text for text in notices_of(events) if "memory" in text]
    assert [text.split("training goes on with ")[1][:2] for text in told] == ["5 ", "3 ", "2 "][: len(told)]
    assert told
    assert "The memory of the device 'cpu' is not enough for 9 images at once" in told[0]
    assert_close(fitted, undisturbed)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("MPS backend out of memory (MPS allocated: 9.0 GB)"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried"),
        MemoryError(),
    ],
)
def test_other_ways_to_say_that_memory_is_full_are_understood(monkeypatch, error):
    _, undisturbed = run(RECIPE)
    limit_memory(monkeypatch, regions=150, error=error)
    events, fitted = run(RECIPE)
    assert any("memory" in text for text in notices_of(events))
    assert_close(fitted, undisturbed)


def test_another_error_is_no_lack_of_memory(monkeypatch):
    limit_memory(monkeypatch, regions=150, error=RuntimeError("shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="shapes"):
        run(RECIPE)
    assert not is_out_of_memory(ValueError("out of memory"))


def test_an_image_that_does_not_fit_the_computer_is_told_in_a_sentence(monkeypatch):
    limit_memory(monkeypatch, regions=5)
    with pytest.raises(UserError, match="not enough memory to train on a single image"):
        run(RECIPE)


class Card:
    """Stands for a device of another kind, with room for nothing."""

    type = "cuda"

    def __str__(self):
        return "cuda:0"


class Moves:
    """Stands for a network, and remembers where it was moved."""

    def __init__(self):
        self.to_devices = []

    def to(self, device):
        self.to_devices.append(str(device))


def test_an_image_that_does_not_fit_a_device_moves_training_to_the_processor_and_it_is_told(monkeypatch):
    monkeypatch.setattr(core.training_step, "forget_freed_memory", lambda device: None)
    place, model, tried = core.training_step.Workplace(Card(), precision=Precision.BF16), Moves(), []

    def work():
        tried.append((str(place.device), place.images_at_once))
        if place.device.type != "cpu":
            raise torch.OutOfMemoryError("allocation failed")
        return "done"

    assert place._in_memory(work, model, images=5) == "done"
    assert tried == [("cuda:0", None), ("cuda:0", 3), ("cuda:0", 2), ("cuda:0", 1), ("cpu", None)]
    assert model.to_devices == ["cuda:0"] * 4 + ["cpu"]
    assert place.precision is Precision.FLOAT32
    assert [text.split(": ")[1].split(".")[0] for text in place.told] == [
        "training goes on with 3 at once",
        "training goes on with 2 at once",
        "training goes on with 1 at once",
        "training goes on on the processor, which takes longer",
    ]


def test_the_processor_is_always_there_and_last():
    assert available_devices()[-1].name == "cpu"
    assert Precision.FLOAT32 in available_devices()[-1].precisions


def test_auto_takes_the_best_device_and_a_device_is_found_without_its_number(monkeypatch):
    monkeypatch.setattr(
        core.devices, "available_devices", lambda: (H100, Device("cpu", "", (Precision.FLOAT32,)))
    )
    assert choose_device("auto") == torch.device("cuda:0")
    assert choose_device("cuda") == torch.device("cuda:0")
    assert choose_device("cuda:0", precision=Precision.TF32) == torch.device("cuda:0")
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["xpu", "gpu", "cuda:7", "meta", "", "CPU"])
def test_a_device_that_is_not_there_is_told_with_those_that_are(name):
    with pytest.raises(UserError, match=f"no usable device '{name}': choose 'auto' or one of .*'cpu'"):
        run(replace(RECIPE, device=name))


def test_a_precision_that_the_device_has_not_is_told():
    with pytest.raises(UserError, match=r"'cpu' .* cannot multiply in 'tf32': choose 'float32' or 'bf16'"):
        run(replace(RECIPE, precision=Precision.TF32))


def test_auto_and_cpu_give_the_same_model_where_there_is_nothing_else(monkeypatch):
    monkeypatch.setattr(
        core.devices, "available_devices", lambda: (Device("cpu", "processor", (Precision.FLOAT32,)),)
    )
    (_, one), (_, other) = run(replace(RECIPE, device="auto")), run(RECIPE)
    assert torch.equal(one.model.fc3.weight, other.model.fc3.weight)
    assert one.metrics["device"] == "cpu"


def test_bf16_goes_nearly_the_same_way_and_leaves_float32_weights():
    (_, exact), (events, rough) = run(RECIPE), run(replace(RECIPE, precision=Precision.BF16))
    assert rough.model.fc3.weight.dtype == torch.float32
    assert not torch.equal(exact.model.fc3.weight, rough.model.fc3.weight)
    losses = [[e.train_loss for e in told if isinstance(e, Epoch)] for told in (events, run(RECIPE)[0])]
    assert losses[0] == pytest.approx(losses[1], rel=0.01)
    assert rough.metrics["precision"] == "bf16"


def test_how_torch_computes_is_put_back():
    threads, multiplying = torch.get_num_threads(), torch.get_float32_matmul_precision()
    with computing(torch.device("cpu"), precision=Precision.FLOAT32, threads=threads + 1):
        assert torch.get_num_threads() == threads + 1
    assert (torch.get_num_threads(), torch.get_float32_matmul_precision()) == (threads, multiplying)
