"""How fast the head learns: one epoch beside the ways that published code takes, and beside what the machine can do.

Everything is measured in one run on the same synthetic bags, in turn, with one thread, in processor time: ratios hold
where times do not. The peers are a loop of one bag a step, written here in the style of published WSDDN training
(per bag: loader, forward pass, loss, backward pass, step of the optimiser), with and without its loader's processes,
and torchmil's own model, collation and trainer.

Letters: n images, T regions of all of them together, d features, k selected regions.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader

from core.bags import Bag
from core.bench.figures import ROUNDS, Figure, side_by_side
from core.control import Control
from core.domain import Label, RegionLabel, Split
from core.engine import Dropout, gradients, logits_of
from core.events import Epoch
from core.losses import Batch, Logits, Terms, image_log_probabilities, loss, select_regions
from core.model import DualBranch, selects_regions
from core.projection import Projection
from core.recipe import Method, Recipe
from core.training import fit

IMAGES, REGIONS, WIDTH = 600, 200, 128  # the paper's cohort has 2,967 images
BATCH_SIZES = (1, 32, 256)  # of torchmil: its best counts
LABELS = (Label.NORMAL, Label.BENIGN, Label.MALIGNANT, Label.BOTH)
SHARES = (0.62, 0.295, 0.06, 0.025)  # 253 of the paper's 2,967 images are malignant
ENGINE = {
    "region selection": Method.CLS_DET_RS,
    "dense": Method.CLS_DET,
    "Max-Region": Method.MAX_REGION,
    "semi-supervised": Method.SS_CLS_DET_RS,
}
WAY, TORCHMIL = "epoch, {}", "torchmil, {} bags a step"
LOOP, LEAN = "one bag a step", "one bag a step without loader processes"
LOADERS = (
    4  # processes that load bags for the published loop; only the time of the process that trains is counted
)
LARGE, CHUNK, COPY = "GEMM 2048^3", "GEMM 1024x128x128", "memcpy"
CHUNK_TIMES, COPY_BYTES = 2000, 100_000_000
EPOCHS = 5  # of ours in a round, so that it takes about as long as one of a peer and sees the same machine


def figures(*, images: int = IMAGES, rounds: int = ROUNDS) -> Iterator[Figure]:
    """All figures of training the head on the processor, then on a CUDA device if there is one."""
    bags = cohort(images)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield from _on_processor(bags, rounds=rounds)
        yield gradient_error(bags[:256])
        if torch.cuda.is_available():
            yield from _on_cuda(bags, rounds=rounds)
    finally:
        torch.set_num_threads(threads)


def cohort(images: int, *, seed: int = 0) -> list[Bag]:
    """Bags of about 200 regions each, log-normal, of 128 normal features; malignant ones are annotated."""
    rng = np.random.default_rng(seed)
    spread = 0.45
    lengths = rng.lognormal(np.log(REGIONS) - spread**2 / 2, spread, images).round().clip(1, 900)
    bags = []
    for number, length in enumerate(lengths.astype(int)):
        label = LABELS[rng.choice(len(LABELS), p=SHARES)]
        labels = rng.choice(list(RegionLabel), length, p=(0.02, 0.95, 0.03)).astype(np.int8)
        features = rng.standard_normal((length, WIDTH), dtype=np.float32)
        bags.append(Bag(number, features, label, Split.TRAIN, labels if label.is_malignant else None))
    return bags


def epochs(bags: list[Bag], method: Method, *, device: str = "cpu") -> Callable[[], object]:
    """What trains for one more epoch at each call, as the product does: batches of 256, dropout 1/2, Adam."""
    recipe = Recipe(
        method=method, components=0, dense_epochs=0, epochs=10_000, threads=1, device=device, k=10
    )
    events = fit(bags, recipe, control=Control())

    def once() -> object:
        return next(event for event in events if isinstance(event, Epoch))

    return once


def several(way: Callable[[], object]) -> Callable[[], object]:
    """The same, EPOCHS times."""

    def all_of_them() -> None:
        for _ in range(EPOCHS):
            way()

    return all_of_them


class TwoStreams(nn.Module):
    """The two-stream network of Bilen and Vedaldi on ready features of one bag, as published code writes it."""

    def __init__(self, width: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.shared = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(0.5))
        self.classification = nn.Linear(hidden, classes)
        self.detection = nn.Linear(hidden, classes)

    def forward(self, features: Tensor) -> Tensor:
        """(m, width) to (classes,), the probability that a bag holds each class."""
        hidden = self.shared(features)
        which = functional.softmax(self.classification(hidden), dim=1)
        where = functional.softmax(self.detection(hidden), dim=0)
        return (which * where).sum(dim=0).clamp(0.0, 1.0)


def one_bag_a_step(bags: list[Bag], *, device: str = "cpu", loaders: int = LOADERS) -> Callable[[], object]:
    """An epoch of the published kind: a loader of one bag, binary cross-entropy, Adam with weight decay.

    loaders: its processes. With 0 bags are handed over in the same process, the kindest to the loop that can be.
    """
    torch.manual_seed(0)
    data = [(torch.from_numpy(bag.features), _targets(bag)) for bag in bags]
    loader: DataLoader[Any] = DataLoader(data, batch_size=1, shuffle=True, num_workers=loaders)  # type: ignore[arg-type]
    network = TwoStreams(WIDTH, 128, 2).to(device).train()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3, weight_decay=1e-4)

    def once() -> float:
        total = 0.0
        for features, target in loader:
            optimiser.zero_grad()
            here, wanted = features.to(device), target.to(device)
            value = functional.binary_cross_entropy(network(here[0]), wanted[0], reduction="sum")
            total += value.item()
            value.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        return total

    return once


def torchmil_epochs(bags: list[Bag], *, batch_size: int, device: str = "cpu") -> Callable[[], object]:
    """An epoch by torchmil: ABMIL of about the same size, its collation, its trainer (validation: one bag)."""
    from torchmil.data import collate_fn
    from torchmil.models import ABMIL
    from torchmil.utils.trainer import Trainer

    torch.manual_seed(0)
    data = [{"X": torch.from_numpy(bag.features), "Y": _targets(bag)[1]} for bag in bags]
    loader: DataLoader[Any] = DataLoader(
        data,  # type: ignore[arg-type]
        batch_size=batch_size,
        shuffle=True,
        collate_fn=collate_fn,
    )
    model = ABMIL(in_shape=(WIDTH,), att_dim=128)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-4)
    trainer = Trainer(model, optimiser, device=device, disable_pbar=True, verbose=False)
    one_bag = [collate_fn(data[:1])]
    return lambda: trainer.train(1, loader, one_bag)


def gradient_error(bags: list[Bag]) -> Figure:
    """The engine's gradients in float32 against plain autograd in float64, bag by bag, over three methods."""
    worst = max(_gradient_error(bags, ENGINE[name]) for name in ("region selection", "dense", "Max-Region"))
    note = f"|difference| / |gradient|, largest of all weights; {len(bags)} images, loop in float64"
    return Figure("gradients beside plain autograd", worst, "", note, at_most=1e-5)


def _on_processor(bags: list[Bag], *, rounds: int) -> Iterator[Figure]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torchmil's libraries, and loaders that outnumber the processors
        ways = {WAY.format(name): several(epochs(bags, method)) for name, method in ENGINE.items()}
        ways |= {LOOP: one_bag_a_step(bags), LEAN: one_bag_a_step(bags, loaders=0)}
        taken = side_by_side(ways | _torchmil_ways(bags) | _limits(), rounds=rounds)
    taken |= {WAY.format(name): taken[WAY.format(name)] / EPOCHS for name in ENGINE}
    regions = sum(len(bag.features) for bag in bags)
    note = f"{len(bags)} images, {regions:,} regions, 1 thread, processor time, median of {rounds} rounds in turn"
    for name in ENGINE:
        yield Figure(f"{WAY.format(name)}", taken[WAY.format(name)], "s", note)
    note = f"two-stream network as published WSDDN code trains it, {LOADERS} loader processes, their time not counted"
    yield Figure(f"epoch, {LOOP}", taken[LOOP], "s", note)
    yield Figure(f"epoch, {LEAN}", taken[LEAN], "s", "the same")
    yield from ratios(taken, rs_bar=10.0, dense_bar=6.0, torchmil_bar=3.0)
    yield from _beside_limits(taken, bags)


def _torchmil_ways(bags: list[Bag], *, device: str = "cpu") -> dict[str, Callable[[], object]]:
    if importlib.util.find_spec("torchmil") is None:
        return {}
    return {
        TORCHMIL.format(size): torchmil_epochs(bags, batch_size=size, device=device) for size in BATCH_SIZES
    }


def ratios(
    taken: dict[str, float],
    *,
    rs_bar: float | None = None,
    dense_bar: float | None = None,
    torchmil_bar: float | None = None,
    where: str = "",
) -> Iterator[Figure]:
    """How many times faster ours is than each peer, with the bars. taken: seconds by way."""
    bars = {"region selection": rs_bar, "dense": dense_bar}
    for loop in (LOOP, LEAN):
        for name in ENGINE:
            ratio, note = taken[loop] / taken[WAY.format(name)], f"{loop}: {taken[loop]:.3g} s"
            bar = bars.get(name) if loop == LOOP else None
            yield Figure(f"{name}: times faster than {loop}{where}", ratio, "x", note, at_least=bar)
    peers = {size: taken.get(TORCHMIL.format(size)) for size in BATCH_SIZES}
    found = {size: seconds for size, seconds in peers.items() if seconds is not None}
    if not found:
        note = "torchmil is not installed: pip install 'lesionloop[bench]'"
        yield Figure(f"times faster than torchmil{where}", float("nan"), "x", note)
        return
    best = min(found, key=lambda size: found[size])
    note = ", ".join(f"{size} bags: {seconds:.3g} s" for size, seconds in found.items())
    for name, bar in (("region selection", torchmil_bar), ("dense", None)):
        ratio = found[best] / taken[WAY.format(name)]
        yield Figure(f"{name}: times faster than torchmil at its best{where}", ratio, "x", note, at_least=bar)


def _limits() -> dict[str, Callable[[], object]]:
    """What this machine can do: two products of matrices, and copying."""
    large, out = torch.randn(2048, 2048), torch.empty(2048, 2048)
    chunk, weight, room = torch.randn(1024, 128), torch.randn(128, 128), torch.empty(1024, 128)
    source = torch.randn(COPY_BYTES // 4)
    target = torch.empty_like(source)

    def chunks() -> None:
        for _ in range(CHUNK_TIMES):
            torch.mm(chunk, weight, out=room)

    return {
        LARGE: lambda: torch.mm(large, large, out=out),
        CHUNK: chunks,
        COPY: lambda: target.copy_(source),
    }


def _beside_limits(taken: dict[str, float], bags: list[Bag]) -> Iterator[Figure]:
    """Operations and bytes that an epoch cannot do without, by its time, beside the machine's own."""
    gemm = {LARGE: 2 * 2048**3 / taken[LARGE], CHUNK: CHUNK_TIMES * 2 * 1024 * 128 * 128 / taken[CHUNK]}
    for name, speed in gemm.items():
        yield Figure(name, speed / 1e9, "GFLOP/s", "float32, the same run")
    copying = 2 * COPY_BYTES / taken[COPY]
    yield Figure(COPY, copying / 1e9, "GB/s", "read and written, the same run")
    regions = sum(len(bag.features) for bag in bags)
    forward = 2.0 * regions * WIDTH * (128 + 5)
    for name, share in (("region selection", _selected_share(bags)), ("dense", 1.0)):
        # Backward: the weights' gradients of both layers, and the slope of the hidden units.
        again = 2.0 * regions * WIDTH * 128 * share if share < 1.0 else 0.0
        work = forward + again + 2.0 * regions * share * WIDTH * (128 + 2 * 5)
        # Features are read forward and back; where hidden units are kept, they are written and read.
        moved = 4.0 * regions * WIDTH * (1.0 + share + (2.0 if share == 1.0 else 0.0))
        seconds = taken[WAY.format(name)]
        note = f"{work / seconds / gemm[CHUNK]:.0%} of {CHUNK}, {share:.0%} of the regions go back"
        yield Figure(f"{name}: operations", work / seconds / 1e9, "GFLOP/s", note)
        note = f"{moved / seconds / copying:.0%} of {COPY}"
        yield Figure(f"{name}: bytes", moved / seconds / 1e9, "GB/s", note)
    limit = 2 * forward / gemm[CHUNK]
    note = f"forward and backward pass of all regions at {CHUNK}'s rate: {limit:.3g} s"
    yield Figure(
        "region selection beside the dense limit", taken[WAY.format("region selection")] / limit, "x", note
    )


def _on_cuda(bags: list[Bag], *, rounds: int) -> Iterator[Figure]:
    """The same ways on the first CUDA device, in wall time."""
    import statistics
    import time

    ways = {WAY.format(name): epochs(bags, method, device="cuda") for name, method in ENGINE.items()}
    ways |= {LOOP: one_bag_a_step(bags, device="cuda")} | _torchmil_ways(bags, device="cuda")
    ways[LEAN] = one_bag_a_step(bags, device="cuda", loaders=0)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(rounds + 1):
            for name, way in ways.items():
                torch.cuda.synchronize()
                started = time.perf_counter()
                way()
                torch.cuda.synchronize()
                if number:
                    seconds[name].append(time.perf_counter() - started)
    taken = {name: statistics.median(each) for name, each in seconds.items()}
    where, note = f" on {torch.cuda.get_device_name()}", f"wall time, median of {rounds} rounds in turn"
    for name in ENGINE:
        yield Figure(f"{WAY.format(name)}{where}", taken[WAY.format(name)], "s", note)
    yield from ratios(taken, where=where)


def _gradient_error(bags: list[Bag], method: Method) -> float:
    model, batch, rows = (
        _trained(method),
        _batch(bags),
        torch.from_numpy(np.concatenate([b.features for b in bags])),
    )
    dropout = Dropout.draw(len(rows), 128, rate=0.5, generator=torch.Generator().manual_seed(0))
    assert dropout is not None
    exact = _trained(method).double()
    keep = dropout.mask(len(rows), dtype=torch.float64)
    value = torch.zeros((), dtype=torch.float64)
    for number, (start, stop) in enumerate(zip(batch.offsets[:-1], batch.offsets[1:], strict=True)):
        logits = exact(rows[start:stop].double(), keep=keep[start:stop])
        value = value - _of_one_bag(logits, batch.targets[number], k=exact.k) / len(bags)
    value.backward()  # type: ignore[no-untyped-call]

    def objective(logits: Logits) -> tuple[Tensor, Any]:
        logs = image_log_probabilities(logits, batch, k=model.k)
        return loss(logits, logs, batch, counts=batch.counts(), terms=Terms()), logs

    gradients(model, rows, batch, objective=objective, selected=model.k, dropout=dropout)
    pairs = zip(model.parameters(), exact.parameters(), strict=True)
    return max(
        float((a.grad - b.grad).norm() / b.grad.norm())
        for a, b in pairs
        if a.grad is not None and b.grad is not None
    )


def _of_one_bag(logits: Logits, targets: Tensor, *, k: int | None) -> Tensor:
    """The summands of Eq. 5 for one bag, straight from Eq. 1 to 4, in probabilities."""
    p_cls = torch.softmax(logits.cls, dim=0)[-2:]
    total = torch.zeros((), dtype=p_cls.dtype)
    for c in range(2):
        if logits.det is None:
            p = p_cls[c].max()
        else:
            chosen = p_cls[c].argsort(descending=True)[: k or len(p_cls[c])]
            p = (torch.softmax(logits.det[c, chosen], dim=0) * p_cls[c, chosen]).sum()
        total = total + torch.log(p if targets[c] else 1.0 - p)
    return total


def _trained(method: Method) -> DualBranch:
    """A head whose branches say something: they start so near 0 that all regions are alike."""
    plain = Projection(torch.zeros(WIDTH), torch.ones(WIDTH), None)
    model = DualBranch(plain, Recipe(method=method), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for branch in (model.fc4, model.fc5):
            if branch is not None:
                branch.weight.mul_(3e3)
    return model


def _selected_share(bags: list[Bag]) -> float:
    """The share of the regions that Eq. 4 selects for either class."""
    model, batch = _trained(Method.CLS_DET_RS), _batch(bags)
    assert model.k is not None
    assert selects_regions(model.method)
    logits = logits_of(model, torch.from_numpy(np.concatenate([bag.features for bag in bags])))
    chosen = select_regions(batch.pad(torch.log_softmax(logits.cls, dim=0)[-2:]), k=model.k)
    return len(torch.unique(batch.region_numbers(chosen))) / int(batch.offsets[-1])


def _batch(bags: list[Bag]) -> Batch:
    return Batch.of(
        torch.tensor([0, *(len(bag.features) for bag in bags)]).cumsum(0),
        targets=torch.stack([_targets(bag) for bag in bags]).bool(),
        is_annotated=torch.zeros(len(bags), dtype=torch.bool),
        region_labels=torch.zeros(sum(len(bag.features) for bag in bags), dtype=torch.int8),
    )


def _targets(bag: Bag) -> Tensor:
    """(2,) float32, y_c for (B, M)."""
    assert bag.label is not None
    return torch.tensor(bag.label.targets[::-1], dtype=torch.float32)
