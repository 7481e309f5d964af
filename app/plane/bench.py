"""How long the plane takes for one frame: `python -m app.plane.bench [points]`. Opens no window."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.plane.canvas import Hand, PlaneCanvas
from app.plane.colouring import by_label
from app.plane.geometry import inside
from app.plane.points import NONE, PlanePoints

FRAMES = 60
WIDTH, HEIGHT = 1100, 760


def main() -> int:
    """Print milliseconds a frame for each thing a hand does."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    application = QApplication.instance() or QApplication([])
    canvas = PlaneCanvas()
    canvas.resize(WIDTH, HEIGHT)
    canvas.scene.points = made_up(count)
    canvas.scene.colouring = by_label(canvas.scene.points)
    canvas.scene.selected = np.zeros(count, bool)
    canvas.scene.threshold = 0.5
    canvas.threshold_moved.connect(lambda t: _move(canvas, t))
    canvas.show()
    canvas.show_points()
    application.processEvents()
    print(f"{count:,} points, {WIDTH} x {HEIGHT} pixels, {FRAMES} frames each; milliseconds a frame")
    print(f"{'':34}{'median':>8}{'95 %':>8}{'CPU':>8}{'frames a second':>18}")
    for is_apart in (True, False):
        canvas.scene.is_apart = is_apart
        canvas.show_points()
        canvas.fit()
        application.processEvents()
        print("three panels" if is_apart else "overlaid in one")
        for name, act in _acts(canvas).items():
            _report(name, act)
    canvas.close()
    return 0


def made_up(count: int, *, seed: int = 0) -> PlanePoints:
    """Points spread over the whole plane, more of them near its corners, as a trained model leaves them."""
    rng = np.random.default_rng(seed)
    label = rng.choice(4, count, p=[0.55, 0.3, 0.12, 0.03])
    x = np.where(label >= 2, rng.beta(1.4, 0.7, count), rng.beta(0.7, 1.6, count))
    y = np.where(label % 2 == 1, rng.beta(1.4, 0.7, count), rng.beta(0.7, 1.6, count))
    return PlanePoints(
        image_id=np.arange(count),
        x=x,
        y=y,
        label=label.astype(np.int8),
        split=rng.choice(3, count, p=[0.6, 0.15, 0.25]).astype(np.int8),
        decision=np.full(count, NONE, np.int8),
        fold=np.full(count, NONE, np.int16),
    )


def _acts(canvas: PlaneCanvas) -> dict[str, Callable[[int], object]]:
    frame = canvas.frames[0]
    rng = np.random.default_rng(1)
    middle = QPoint(int(frame.middle[0]), int(frame.middle[1]))
    angles = np.linspace(0, 2 * np.pi, 200)
    ring = np.stack([middle.x() + 150 * np.cos(angles), middle.y() + 150 * np.sin(angles)], axis=1)

    def hover(_: int) -> None:
        dx, dy = rng.integers(-100, 100, 2)
        QTest.mouseMove(canvas, middle + QPoint(int(dx), int(dy)))
        canvas.repaint()

    def pan(number: int) -> None:
        canvas.pan(9 if number % 2 else -9, 4 if number % 2 else -4)
        canvas.repaint()

    def zoom(number: int) -> None:
        canvas.zoom(1.1 if number % 4 < 2 else 1 / 1.1)
        canvas.repaint()

    def drag(number: int) -> None:
        canvas.threshold_moved.emit(0.1 + 0.8 * (number % FRAMES) / FRAMES)
        canvas.repaint()

    def lasso(_: int) -> None:
        canvas.hand = Hand.LASSO
        where = canvas._projection()  # noqa: SLF001 (the bench takes the lasso's sum alone)
        canvas.scene.selected = canvas._mask(  # noqa: SLF001
            where.index[inside(ring, where.x.astype(float), where.y.astype(float))]
        )
        canvas.show_looks()
        canvas.repaint()
        canvas.hand = Hand.BROWSE

    return {
        "hover": hover,
        "pan": pan,
        "zoom": zoom,
        "drag the operating point": drag,
        "lasso of 200 corners": lasso,
    }


def _move(canvas: PlaneCanvas, threshold: float) -> None:
    canvas.scene.threshold = threshold
    canvas.show_looks()


def _report(name: str, act: Callable[[int], object]) -> None:
    for number in range(3):
        act(number)
    taken, worked = [], []
    for number in range(FRAMES):
        begun, cpu = time.perf_counter(), time.process_time()
        act(number)
        QApplication.processEvents()
        taken.append(1000 * (time.perf_counter() - begun))
        worked.append(1000 * (time.process_time() - cpu))
    median, slow = np.percentile(taken, [50, 95])
    print(f"  {name:32}{median:8.1f}{slow:8.1f}{np.median(worked):8.1f}{1000 / median:18.0f}")


if __name__ == "__main__":
    raise SystemExit(main())
