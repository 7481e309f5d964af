"""Pixels for the viewer: decoded in the background, the next image ahead of time, a few kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.background import Background, Task
from app.translation import tr
from app.viewer.pyramid import Pyramid
from core.decoder import Decoder
from core.domain import ImageId
from core.errors import UnreadableImageError
from core.pixels import Mammogram, content_hash

CACHE_BYTES = (
    240_000_000  # stored pixels kept in the window's memory: a study of four views, and what comes next
)

PYRAMID_DEPTH = 4  # halvings made beforehand


@dataclass(frozen=True, eq=False, slots=True)
class Pixels:
    """One decoded image, and the smaller sizes of it that the viewer wants first."""

    mammogram: Mammogram
    pyramid: Pyramid


@dataclass(frozen=True, slots=True)
class WantedImage:
    """An image, where it lies, and the content it must have: a contour belongs to that and to nothing else."""

    id: ImageId
    path: Path
    content_hash: str


class ImageLoader(QObject):
    """Hands out the pixels of the image wanted last; what the reader has left behind is not handed out.

    Signals:
        loaded: ImageId, Pixels.
        failed: ImageId, and a sentence that says why.
        loaded_beside, failed_beside: the same for images that hang beside the one wanted last.
    """

    loaded = Signal(object, object)
    failed = Signal(object, str)
    loaded_beside = Signal(object, object)
    failed_beside = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = Background(self)
        self._decoder = Decoder()
        self._kept: OrderedDict[ImageId, Pixels] = OrderedDict()
        self._tasks: dict[ImageId, Task] = {}
        self._wanted: ImageId | None = None
        self._beside: frozenset[ImageId] = frozenset()

    def request(
        self, wanted: WantedImage, *, beside: Sequence[WantedImage] = (), ahead: Sequence[WantedImage] = ()
    ) -> None:
        """Load an image, at once if it is kept, those beside it, and then those that the reader is likely to open next."""
        image_id = self._wanted = wanted.id
        self._beside = frozenset(other.id for other in beside)
        self._forget_waiting(image_id)
        if image_id in self._kept:
            self._kept.move_to_end(image_id)
            self.loaded.emit(image_id, self._kept[image_id])
        else:
            self._start(wanted)
        for other in (*beside, *ahead):
            if other.id not in self._kept:
                self._start(other)
            elif other.id in self._beside:
                self._kept.move_to_end(other.id)
                self.loaded_beside.emit(other.id, self._kept[other.id])

    def forget(self) -> None:
        """Nothing is wanted any more, and nothing is kept (another project)."""
        self._wanted, self._beside = None, frozenset()
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self._kept.clear()

    @property
    def kept(self) -> list[ImageId]:
        """The images whose pixels are in memory, the newest last."""
        return list(self._kept)

    def close(self) -> None:
        """Stop the decoder and its thread."""
        self._wanted = None
        self._decoder.close()
        self._background.close()

    def _start(self, image: WantedImage) -> None:
        if image.id not in self._tasks:
            self._tasks[image.id] = self._background.run(
                partial(decoded, self._decoder, image),
                done=partial(self._keep, image.id),
                failed=partial(self._fail, image.id),
            )

    def _forget_waiting(self, image_id: ImageId) -> None:
        """Take back what has not begun: the reader went elsewhere."""
        for other, task in list(self._tasks.items()):
            if other != image_id and task.cancel_if_waiting():
                del self._tasks[other]

    def _keep(self, image_id: ImageId, pixels: Pixels) -> None:
        self._tasks.pop(image_id, None)
        self._kept[image_id] = pixels
        while len(self._kept) > 2 and sum(map(_bytes, self._kept.values())) > CACHE_BYTES:
            self._kept.popitem(last=False)
        if image_id == self._wanted:
            self.loaded.emit(image_id, pixels)
        elif image_id in self._beside:
            self.loaded_beside.emit(image_id, pixels)

    def _fail(self, image_id: ImageId, reason: str) -> None:
        self._tasks.pop(image_id, None)
        if image_id == self._wanted:
            self.failed.emit(image_id, reason)
        elif image_id in self._beside:
            self.failed_beside.emit(image_id, reason)


def decoded(decoder: Decoder, image: WantedImage) -> Pixels:
    """Pixels of one image. Raises UnreadableImageError, also where the file is not the one that was imported."""
    if content_hash(image.path) != image.content_hash:
        raise UnreadableImageError(
            tr(
                "{path} is not the file that was imported. Put that one back, or import it where it is now."
            ).format(path=image.path.name)
        )
    mammogram = decoder.decode(image.path)
    pyramid = Pyramid(mammogram.stored)
    pyramid.level(PYRAMID_DEPTH)
    return Pixels(mammogram, pyramid)


def _bytes(pixels: Pixels) -> int:
    return pixels.mammogram.stored.nbytes * 4 // 3  # a quarter for each halving
