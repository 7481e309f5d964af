"""What this machine can do with one thread: copying, and products of matrices, large, small and skinny."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from core.bench.figures import Figure, side_by_side

COPY_BYTES = 100_000_000
LARGE = 2048
# rows, inner, columns of products, and how often each is done in one round
SMALL = {
    "1024x128x128": (1024, 128, 128, 200),
    "51200x128x3": (51_200, 128, 3, 4),
    "51200x128x8": (51_200, 128, 8, 4),
}
NOTE = "float32, torch, 1 thread, processor time"


def figures() -> Iterator[Figure]:
    """Gigabytes and thousand million operations a second."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        taken = side_by_side(_ways())
    finally:
        torch.set_num_threads(threads)
    yield Figure("memcpy", 2 * COPY_BYTES / taken["memcpy"] / 1e9, "GB/s", "100 MB read and written")
    yield Figure(f"GEMM {LARGE}^3", 2 * LARGE**3 / taken["large"] / 1e9, "GFLOP/s", NOTE)
    for name, (rows, inner, columns, times) in SMALL.items():
        speed = 2 * rows * inner * columns * times / taken[name]
        yield Figure(f"GEMM {name}", speed / 1e9, "GFLOP/s", NOTE)
    rows, inner, columns, times = SMALL["51200x128x8"]
    speed = 2 * rows * inner * columns * times / taken["turned"]
    yield Figure("GEMM 8x128x51200", speed / 1e9, "GFLOP/s", "the same product, turned: classes first")


def _ways() -> dict[str, Callable[[], object]]:
    source = torch.randn(COPY_BYTES // 4)
    target = torch.empty_like(source)
    large = torch.randn(LARGE, LARGE)
    ways: dict[str, Callable[[], object]] = {
        "memcpy": lambda: target.copy_(source),
        "large": lambda: large @ large,
    }
    for name, (rows, inner, columns, times) in SMALL.items():
        ways[name] = _products(torch.randn(rows, inner), torch.randn(inner, columns), times)
    rows, inner, columns, times = SMALL["51200x128x8"]
    ways["turned"] = _products(torch.randn(columns, inner), torch.randn(rows, inner).T, times)
    return ways


def _products(left: torch.Tensor, right: torch.Tensor, times: int) -> Callable[[], object]:
    out = torch.empty(left.shape[0], right.shape[1])

    def multiply() -> None:
        for _ in range(times):
            torch.mm(left, right, out=out)

    return multiply
