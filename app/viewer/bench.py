"""How fast the viewer is, beside a bare pyqtgraph and pydicom: `python -m app.viewer.bench`. Opens no window.

Prints one JSON object a line, each a figure: name, value, unit, note, at_least, at_most. Wall-clock times, medians.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pydicom
import pyqtgraph
from numpy.typing import NDArray
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import (
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    generate_uid,
)
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication
from scipy import ndimage

from app.hung_study import ShownImage
from app.image_loader import ImageLoader, Pixels, WantedImage
from app.viewer import Viewer
from app.viewer.shown import Tile
from core.domain import ImageId, Laterality
from core.pixels import content_hash
from core.prediction import Prediction

ROWS, COLUMNS = 3328, 2560
WIDTH, HEIGHT = 1400, 1000
ROUNDS, REPAINTS = 5, 30
GIVE_UP_MS = 60_000
MB = 1e6


def main() -> int:
    """Measure one thing after the other."""
    application = QApplication.instance() or QApplication([])
    if "--study" in sys.argv:
        study([Path(name) for name in sys.argv[sys.argv.index("--study") + 1 :]])
        return 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        files = [write_film(folder / f"{n}.dcm", seed=n, is_compressed=True) for n in range(4)]
        plain = write_film(folder / "plain.dcm", seed=9, is_compressed=False)
        opening(files, plain)
        painting(files[0])
        # On its own, so that its memory is its own.
        subprocess.run([sys.executable, "-m", "app.viewer.bench", "--study", *map(str, files)], check=True)
    del application
    return 0


def write_film(path: Path, *, seed: int, is_compressed: bool) -> Path:
    """A 12-bit mammogram without a patient: half an ellipse of smooth noise, about 40 % of the frame."""
    rng = np.random.default_rng(seed)
    y, x = np.ogrid[:ROWS, :COLUMNS]
    inside = (x / (0.62 * COLUMNS)) ** 2 + ((y - ROWS / 2) / (0.45 * ROWS)) ** 2 < 1
    coarse = ndimage.zoom(rng.normal(size=(ROWS // 32, COLUMNS // 32)), 32, order=1)[:ROWS, :COLUMNS]
    grain = rng.normal(0, 12, (ROWS, COLUMNS)).astype(np.float32)
    stored = np.clip(np.where(inside, 1800 + 350 * coarse + grain, 40), 0, 4095).astype(np.uint16)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    values = {
        "SOPClassUID": meta.MediaStorageSOPClassUID,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "Modality": "MG",
        "PatientID": "none",
        "Rows": ROWS,
        "Columns": COLUMNS,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "WindowCenter": "2000",
        "WindowWidth": "2400",
        "PixelData": stored.tobytes(),
    }
    for name, value in values.items():
        setattr(dataset, name, value)
    dataset["PixelData"].VR = "OW"
    if is_compressed:
        dataset.compress(JPEG2000Lossless)
    dataset.save_as(path, enforce_file_format=True)
    return path


class Bare:
    """A bare pyqtgraph image in a view of the same size."""

    def __init__(self) -> None:
        pyqtgraph.setConfigOptions(imageAxisOrder="row-major")
        self.view = pyqtgraph.GraphicsView()
        self.view.resize(WIDTH, HEIGHT)
        self._box = pyqtgraph.ViewBox(invertY=True, lockAspect=True)
        self.view.setCentralItem(self._box)
        self.image, self.heat = pyqtgraph.ImageItem(), pyqtgraph.ImageItem()
        self._box.addItem(self.image)
        self._box.addItem(self.heat)
        self.view.show()

    def show(self, pixels: NDArray[np.uint16]) -> None:
        """Show an array whole."""
        self.image.setImage(pixels, levels=(800, 3200))
        self._box.autoRange(padding=0)
        self.view.viewport().repaint()


def opening(files: list[Path], plain: Path) -> None:
    """From a file to its picture, and back to one that was seen."""
    bare, viewer, loader = Bare(), _viewer(), ImageLoader()
    whole: dict[ImageId, Pixels] = {}
    loader.loaded.connect(whole.__setitem__)
    _open(loader, viewer, files[3], number=99)  # the decoder is up

    def by_pydicom(path: Path) -> Callable[[], object]:
        return lambda: bare.show(pydicom.dcmread(path).pixel_array)

    decode = _seconds(lambda: pydicom.dcmread(files[0]).pixel_array, rounds=ROUNDS)
    theirs = _seconds(by_pydicom(files[0]), rounds=ROUNDS)
    theirs_plain = _seconds(by_pydicom(plain), rounds=ROUNDS)
    first, full, first_plain, again = [], [], [], []
    for round_number in range(ROUNDS):
        loader.forget()
        small, large = _open(loader, viewer, files[0], number=10 + round_number)
        first.append(small)
        full.append(large)
        again.append(_open(loader, viewer, files[0], number=10 + round_number)[1])
        first_plain.append(_open(loader, viewer, plain, number=50 + round_number)[1])
    ours, revisit = statistics.median(first), statistics.median(again)
    _tell("J2K, pydicom and pyqtgraph", 1e3 * theirs, "ms", f"decoding alone {1e3 * decode:.0f} ms")
    _tell(
        "J2K, first picture",
        1e3 * ours,
        "ms",
        "content checked, small version decoded in the helper, painted",
    )
    _tell("J2K, whole picture", 1e3 * statistics.median(full), "ms", "from the same moment on")
    _tell("J2K, first picture sooner", theirs / ours, "x", "than pydicom and pyqtgraph", at_least=30)
    _tell("J2K, revisit", 1e3 * revisit, "ms", "kept in memory, painted")
    _tell("J2K, revisit sooner", theirs / revisit, "x", "than pydicom and pyqtgraph", at_least=80)
    _tell("uncompressed, pydicom and pyqtgraph", 1e3 * theirs_plain, "ms")
    _tell(
        "uncompressed, whole picture",
        1e3 * statistics.median(first_plain),
        "ms",
        "content checked, other process",
    )
    loader.forget()
    ahead = [WantedImage(ImageId(70 + n), path, content_hash(path)) for n, path in enumerate(files[:2])]
    loader.request(ahead[0], ahead=ahead[1:])
    _wait(lambda: len(loader.kept) == 2)
    begun = time.perf_counter()
    loader.request(ahead[1])
    _show(viewer, ahead[1].id, whole[ahead[1].id])
    _tell("next image, prefetched", 1e3 * (time.perf_counter() - begun), "ms", at_most=100)
    loader.close()
    viewer.close()
    bare.view.close()


def painting(path: Path) -> None:
    """What one frame costs of what the hand does, the whole image in sight."""
    pixels = pydicom.dcmread(path).pixel_array
    bare, viewer, loader = Bare(), _viewer(), ImageLoader()
    bare.show(pixels)
    _open(loader, viewer, path, number=1)
    boxes, prediction = _prediction()
    viewer.set_prediction(prediction, boxes)
    viewer.set_boxes_visible(False)
    coarse = np.zeros((29, 22, 4), np.uint8)
    coarse[8:14, 6:12] = (220, 60, 20, 110)
    canvas = viewer.canvas
    start = canvas.window_numbers()

    def level(number: int) -> None:
        canvas.drag_window(1 + number % 7, number % 5, start=start)
        canvas.repaint()

    def bare_level(number: int) -> None:
        bare.image.setLevels((800 + number % 7, 3200 + number % 5))
        bare.view.viewport().repaint()

    def toggle(number: int) -> None:
        viewer.set_heatmap_visible(number % 2 == 0)
        canvas.repaint()

    def zoom(number: int) -> None:
        canvas.zoom_by(1 if number % 8 < 4 else -1)
        canvas.repaint()

    ours, theirs = _frame(level), _frame(bare_level)
    viewer.set_heatmap_visible(True)
    bare.heat.setImage(coarse)
    bare.heat.setRect(0, 0, COLUMNS, ROWS)
    hot, hot_theirs = _frame(level), _frame(bare_level)
    _tell("window and level", 1e3 * ours, "ms", f"pyqtgraph {1e3 * theirs:.1f} ms")
    _tell(
        "window and level with the heatmap",
        1e3 * hot,
        "ms",
        f"pyqtgraph {1e3 * hot_theirs:.1f} ms",
        at_most=16,
    )
    _tell("window and level with the heatmap, faster", hot_theirs / hot, "x", "than pyqtgraph", at_least=4)
    _tell("heatmap on or off", 1e3 * _frame(toggle), "ms")
    _tell("zoom step", 1e3 * _frame(zoom), "ms", "coarse while it moves, exact after 70 ms")
    loader.close()
    viewer.close()
    bare.view.close()


def study(files: list[Path]) -> None:
    """Four views on the wall, all whole."""
    viewer, loader = _viewer(), ImageLoader()
    shown: set[ImageId] = set()
    wanted = [WantedImage(ImageId(n + 1), path, content_hash(path)) for n, path in enumerate(files)]
    tiles = [Tile(str(n), image.id, 0) for n, image in enumerate(wanted)]
    viewer.hang(tiles, columns=2, opened=wanted[0].id)

    def show(image_id: ImageId, pixels: Pixels) -> None:
        if image_id == wanted[0].id:
            viewer.show_image(_shown(image_id, pixels))
        else:
            viewer.show_beside(_shown(image_id, pixels), findings=(), prediction=None, boxes=None)
        if not pixels.is_reduced:
            shown.add(image_id)

    for signal in (loader.loaded, loader.loaded_beside, loader.previewed, loader.previewed_beside):
        signal.connect(show)
    begun = time.perf_counter()
    loader.request(wanted[0], beside=wanted[1:])
    _wait(lambda: len(shown) == len(wanted))
    for canvas in viewer.wall.canvases:
        canvas.repaint()
    seconds = time.perf_counter() - begun
    raw = len(wanted) * ROWS * COLUMNS * 2 / MB
    _tell("four views, all whole", seconds, "s", "JPEG 2000, one decoder")
    memory = _memory()
    if memory is not None:
        limit = 2 * raw + 500
        _tell(
            "memory with four views",
            memory / MB,
            "MB",
            f"this process; raw pixels are {raw:.0f} MB",
            at_most=limit,
        )
    loader.close()
    viewer.close()


def _viewer() -> Viewer:
    viewer = Viewer()
    viewer.resize(WIDTH, HEIGHT)
    viewer.show()
    QApplication.processEvents()
    return viewer


def _shown(image_id: ImageId, pixels: Pixels) -> ShownImage:
    return ShownImage(
        image_id,
        pixels.mammogram,
        "",
        pyramid=pixels.pyramid,
        spacing_mm=0.07,
        laterality=Laterality.LEFT,
        is_reduced=pixels.is_reduced,
    )


def _show(viewer: Viewer, image_id: ImageId, pixels: Pixels) -> None:
    viewer.show_image(_shown(image_id, pixels))
    viewer.canvas.repaint()


def _open(loader: ImageLoader, viewer: Viewer, path: Path, *, number: int) -> tuple[float, float]:
    """Seconds from the request to the first picture, and to the whole one, painted."""
    image = WantedImage(ImageId(number), path, content_hash(path))
    first: list[float] = []
    whole: list[float] = []

    def preview(image_id: ImageId, pixels: Pixels) -> None:
        _show(viewer, image_id, pixels)
        first.append(time.perf_counter() - begun)

    def load(image_id: ImageId, pixels: Pixels) -> None:
        _show(viewer, image_id, pixels)
        whole.append(time.perf_counter() - begun)

    loader.previewed.connect(preview)
    loader.loaded.connect(load)
    begun = time.perf_counter()
    loader.request(image)
    _wait(lambda: bool(whole))
    loader.previewed.disconnect(preview)
    loader.loaded.disconnect(load)
    return (first or whole)[0], whole[0]


def _wait(condition: Callable[[], bool]) -> None:
    """Let events come until something is so. Through an event loop, which lets other threads run."""
    loop = QEventLoop()
    timer = QTimer(interval=1)
    timer.timeout.connect(lambda: loop.quit() if condition() else None)
    QTimer.singleShot(GIVE_UP_MS, loop.quit)
    timer.start()
    if not condition():
        loop.exec()
    if not condition():
        raise SystemExit("the viewer did not get its pixels")


def _seconds(work: Callable[[], object], *, rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def _frame(act: Callable[[int], object]) -> float:
    for number in range(3):
        act(number)
    taken = []
    for number in range(REPAINTS):
        begun = time.perf_counter()
        act(number)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def _prediction() -> tuple[NDArray[np.float64], Prediction]:
    """Windows of 224 working pixels over the breast, one of them hot."""
    side, step = 448, 224
    boxes = np.array(
        [(x, y, x + side, y + side) for y in range(0, ROWS - side, step) for x in range(0, 1500, step)], float
    )
    score = np.zeros((len(boxes), 2), np.float32)
    score[len(boxes) // 2, 1] = 0.7
    return boxes, Prediction(np.array([0.1, 0.7]), np.full((len(boxes), 3), 1 / 3, np.float32), score)


def _memory() -> int | None:
    """Bytes of this process that are in memory now; None where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return None
    lines = status.read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def _tell(
    name: str,
    value: float,
    unit: str,
    note: str = "",
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> None:
    figure = {
        "name": name,
        "value": value,
        "unit": unit,
        "note": note,
        "at_least": at_least,
        "at_most": at_most,
    }
    print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    sys.exit(main())
