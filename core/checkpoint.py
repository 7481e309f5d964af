"""How far a fit has come, on disk: what a killed one goes on from, bit for bit on the CPU.

    checkpoint.json             digest of what is trained, plain state, name and SHA-256 of the tensors; written last
    epoch-00000040.safetensors  weights, moments of the optimisers, states of the generators, the kept weights

The tensors of a new checkpoint have a name of their own and the old ones go last, so at every moment one whole
checkpoint lies in the folder.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from core.bags import Bag, BagVariant
from core.job import write_atomically
from core.recipe import Recipe

FORMAT = 1
EVERY_S = 20.0
STATE = "checkpoint.json"


@dataclass(frozen=True, eq=False, slots=True)
class Snapshot:
    """A fit between two epochs. tensors: by name. plain: JSON, with the number of the last whole epoch in 'epoch'."""

    tensors: dict[str, Tensor]
    plain: dict[str, Any]


class UnusableCheckpointError(Exception):
    """A checkpoint that cannot be gone on from; the text is a sentence about why, for a Notice."""


class CheckpointFolder:
    """The checkpoints of one fit. digest: of what is trained. Nothing else may lie in the folder."""

    def __init__(
        self,
        folder: Path,
        *,
        digest: str,
        every_s: float = EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._digest, self._every_s, self._clock = folder, digest, every_s, clock
        self._last = clock()

    @property
    def scratch(self) -> Path | None:
        """Where there is room for large temporary files: the folder's own disk."""
        return self._folder.parent if self._folder.parent.is_dir() else None

    def read(self) -> Snapshot | None:
        """The last checkpoint, None where there is none. Raises UnusableCheckpointError."""
        if not (self._folder / STATE).exists():
            return None
        try:
            state = json.loads((self._folder / STATE).read_bytes())
            digest, plain = state["digest"], state["plain"]
            content = (self._folder / _tensors_name(int(plain["epoch"]))).read_bytes()
            is_whole = (
                hashlib.sha256(content).hexdigest() == state["sha256"] and _seal(plain) == state["seal"]
            )
            tensors = load_tensors(content) if is_whole else {}
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            SafetensorError,
            RecursionError,
        ) as error:
            raise UnusableCheckpointError(_DAMAGED) from error
        if not is_whole:
            raise UnusableCheckpointError(_DAMAGED)
        if digest != self._digest:
            raise UnusableCheckpointError(_FOREIGN)
        return Snapshot(tensors, plain)

    def write_if_due(self, snapshot: Callable[[], Snapshot]) -> bool:
        """Write one if the last is old enough. Returns whether it did. OSError where the disk refuses it."""
        if self._clock() - self._last < self._every_s:
            return False
        self._last = self._clock()
        self.write(snapshot())
        return True

    def write(self, snapshot: Snapshot) -> None:
        """Write one beside the last, sync it, and only then take the last away."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = _tensors_name(int(snapshot.plain["epoch"]))
        content = save_tensors(snapshot.tensors)
        state = {
            "format": FORMAT,
            "digest": self._digest,
            "sha256": hashlib.sha256(content).hexdigest(),
            "plain": snapshot.plain,
            "seal": _seal(snapshot.plain),
        }
        write_atomically(self._folder / name, content)
        write_atomically(self._folder / STATE, json.dumps(state, allow_nan=False).encode())
        for path in self._tensor_files():
            if path.name != name:
                path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Take away all checkpoints, and the folder if nothing else is in it."""
        if not self._folder.is_dir():
            return
        (self._folder / STATE).unlink(missing_ok=True)  # first: what is left without it is no checkpoint
        leftovers = self._folder.glob(".*.tmp")
        for path in (*self._tensor_files(), *leftovers):
            path.unlink(missing_ok=True)
        if not any(self._folder.iterdir()):
            self._folder.rmdir()

    def _tensor_files(self) -> list[Path]:
        return list(self._folder.glob("epoch-*.safetensors"))


def digest_of(bags: Sequence[Bag], recipe: Recipe, *, device: str) -> str:
    """SHA-256 of all that decides a fit: the recipe but for its name, the device, and every bag in its order."""
    plain = {**recipe.to_json(), "name": "", "device": device, "format": FORMAT}
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode())
    for bag in bags:
        digest.update(f"{bag.image_id} {bag.label} {bag.split} {len(bag.variants)}".encode())
        views: tuple[Bag | BagVariant, ...] = (bag, *bag.variants)
        for view in views:
            for array in (view.features, view.region_labels):
                if array is None:
                    digest.update(b"none")
                    continue
                digest.update(f"{array.dtype.str} {array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data.cast("B"))
    return digest.hexdigest()


def _tensors_name(epoch: int) -> str:
    return f"epoch-{epoch:08d}.safetensors"


def _seal(plain: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


_DAMAGED = "What an interrupted training had reached is damaged and was not used: training starts from the beginning."
_FOREIGN = (
    "What an interrupted training had reached belongs to other images or settings and was not used: "
    "training starts from the beginning."
)
