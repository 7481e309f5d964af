"""Where training runs: which devices a computer has, what they can multiply in, and how they say that memory is full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from core.errors import UserError
from core.recipe import Precision

AUTO = "auto"
KINDS = ("cuda", "xpu", "mps", "cpu")  # the order in which `auto` takes them
# Not every backend raises torch.OutOfMemoryError; these are parts of what the others say.
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory")
TF32_CAPABILITY = (8, 0)  # of an NVIDIA device (Ampere)


@dataclass(frozen=True, slots=True)
class Device:
    """A device of this computer. name: for a recipe, such as 'cuda:0'. precisions: what it can multiply in."""

    name: str
    title: str
    precisions: tuple[Precision, ...]


def available_devices() -> tuple[Device, ...]:
    """The devices that can be used here, the one that `auto` takes first; the CPU is always the last."""
    return tuple(device for kind in KINDS for device in _of_kind(kind))


def choose_device(name: str, *, precision: Precision = Precision.FLOAT32) -> torch.device:
    """The device of a recipe. UserError where this computer has none such, or it cannot multiply in this precision."""
    there = available_devices()
    chosen = there[0] if name == AUTO else next((device for device in there if _is(device, name)), None)
    if chosen is None:
        named = ", ".join(f"'{device.name}'" for device in there)
        raise UserError(
            f"This computer has no usable device '{name}': choose 'auto' or one of {named} in the recipe, "
            "then train again."
        )
    if precision not in chosen.precisions:
        can = " or ".join(f"'{each}'" for each in chosen.precisions)
        raise UserError(
            f"The device '{chosen.name}' ({chosen.title}) cannot multiply in '{precision}': "
            f"choose {can} in the recipe, then train again."
        )
    return torch.device(chosen.name)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device, or the computer itself, has no memory left."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error).lower() for text in OUT_OF_MEMORY)


def forget_freed_memory(device: torch.device) -> None:
    """Give back what the device's allocator keeps for later; it may be in pieces that are too small."""
    if device.type != "cpu":
        getattr(torch, device.type).empty_cache()


@contextmanager
def computing(device: torch.device, *, precision: Precision, threads: int) -> Iterator[None]:
    """Set how torch computes, and put it back: sums are rounded in an order that depends on the count of threads."""
    before, multiplying = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_num_threads(threads)
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high" if precision is Precision.TF32 else "highest")
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.set_float32_matmul_precision(multiplying)


def _is(device: Device, name: str) -> bool:
    return name in (device.name, device.name.removesuffix(":0"))


def _of_kind(kind: str) -> list[Device]:
    if kind == "cpu":
        return [Device("cpu", "processor", (Precision.FLOAT32, Precision.BF16))]
    backend = torch.backends.mps if kind == "mps" else getattr(torch, kind)
    if not backend.is_available():
        return []
    if kind == "mps":
        return [Device("mps", "Apple GPU", (Precision.FLOAT32,))]
    count = range(backend.device_count())
    return [Device(f"{kind}:{i}", backend.get_device_name(i), _precisions(kind, i)) for i in count]


def _precisions(kind: str, index: int) -> tuple[Precision, ...]:
    if kind == "xpu":
        return (Precision.FLOAT32, Precision.BF16)
    if torch.cuda.get_device_capability(index) >= TF32_CAPABILITY:
        return tuple(Precision)
    return (Precision.FLOAT32,)
