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
from app.viewer.pyramid import Pyramid, ReducedPyramid
from core.decoder import Decoder
from core.domain import ImageId
from core.errors import UnreadableImageError
from core.pixels import Mammogram, content_hash

CACHE_BYTES = (
    240_000_000  # stored pixels kept in the window's memory: a study of four views, and what comes next
)

PYRAMID_DEPTH = 4  # halvings made beforehand
_checked: set[tuple[str, str, int, int]] = set()  # files of many frames whose content was found to be right
PREVIEW_HALVINGS = 3  # of the small version that is shown until the whole is there


@dataclass(frozen=True, eq=False, slots=True)
class Pixels:
    """One decoded image, and the smaller sizes of it that the viewer wants first. is_reduced: the whole is on its way."""

    mammogram: Mammogram
    pyramid: Pyramid
    is_reduced: bool = False


@dataclass(frozen=True, slots=True)
class WantedImage:
    """An image, where it lies, and the content it must have: a contour belongs to that and to nothing else.

    has_frames: it is a file of many frames, of which one at a time is shown; the first at first.
    """

    id: ImageId
    path: Path
    content_hash: str
    has_frames: bool = False


class ImageLoader(QObject):
    """Hands out the pixels of the image wanted last; what the reader has left behind is not handed out.

    Signals:
        loaded: ImageId, Pixels.
        failed: ImageId, and a sentence that says why.
        loaded_beside, failed_beside: the same for images that hang beside the one wanted last.
        previewed, previewed_beside: ImageId, Pixels of a small version; the whole follows.
    """

    loaded = Signal(object, object)
    failed = Signal(object, str)
    loaded_beside = Signal(object, object)
    failed_beside = Signal(object, str)
    previewed = Signal(object, object)
    previewed_beside = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = Background(self)
        self._decoder = Decoder()
        self._kept: OrderedDict[ImageId, Pixels] = OrderedDict()
        self._tasks: dict[ImageId, Task] = {}
        self._previews: dict[ImageId, Task] = {}
        self._frame: Task | None = None  # the frame that was asked for last
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
        for each in (wanted, *beside):
            self._start_preview(each)
        if image_id not in self._kept:
            self._start(wanted)
        for other in (*beside, *ahead):
            if other.id not in self._kept:
                self._start(other)
            elif other.id in self._beside:
                self._kept.move_to_end(other.id)
                self.loaded_beside.emit(other.id, self._kept[other.id])

    def request_frame(self, image: WantedImage, frame: int) -> None:
        """Load another frame of the image wanted last, in the place of the one before; what waits to be loaded gives way."""
        if self._frame is not None:
            self._frame.cancel_if_waiting()
        self._frame = self._background.run(
            partial(decoded, self._decoder, image, frame=frame),
            done=partial(self._keep, image.id),
            failed=partial(self._fail, image.id),
        )

    def forget(self) -> None:
        """Nothing is wanted any more, and nothing is kept (another project)."""
        self._wanted, self._beside = None, frozenset()
        for task in self._tasks.values():
            task.cancel()
        for task in (*self._previews.values(), *filter(None, [self._frame])):
            task.cancel()
        self._tasks.clear()
        self._previews.clear()
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

    def _start_preview(self, image: WantedImage) -> None:
        if (
            image.has_frames
            or image.id in self._kept
            or image.id in self._tasks
            or image.id in self._previews
        ):
            return
        self._previews[image.id] = self._background.run(
            partial(previewed, self._decoder, image),
            done=partial(self._show_preview, image.id),
            failed=lambda _reason: self._previews.pop(image.id, None),  # the whole says why
        )

    def _show_preview(self, image_id: ImageId, pixels: Pixels | None) -> None:
        self._previews.pop(image_id, None)
        if pixels is None or image_id in self._kept:
            return
        if image_id == self._wanted:
            self.previewed.emit(image_id, pixels)
        elif image_id in self._beside:
            self.previewed_beside.emit(image_id, pixels)

    def _forget_waiting(self, image_id: ImageId) -> None:
        """Take back what has not begun: the reader went elsewhere."""
        if self._frame is not None:
            self._frame.cancel_if_waiting()
        for other, task in list(self._tasks.items()):
            if other != image_id and task.cancel_if_waiting():
                del self._tasks[other]
        for other, task in list(self._previews.items()):
            if other != image_id and task.cancel_if_waiting():
                del self._previews[other]

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


def decoded(decoder: Decoder, image: WantedImage, *, frame: int = 0) -> Pixels:
    """Pixels of one image, of one frame where it has many. Raises UnreadableImageError, also where the file is not the
    one that was imported.
    """
    _check_content(image)
    mammogram = decoder.decode_frame(image.path, frame) if image.has_frames else decoder.decode(image.path)
    pyramid = Pyramid(mammogram.stored)
    pyramid.level(PYRAMID_DEPTH)
    return Pixels(mammogram, pyramid)


def previewed(decoder: Decoder, image: WantedImage) -> Pixels | None:
    """A small version of one image, None where there is no quick way to it. Raises as decoded does."""
    _check_content(image)
    reduced = decoder.decode_reduced(image.path, halvings=PREVIEW_HALVINGS)
    if reduced is None:
        return None
    small = reduced.mammogram
    whole = reduced.rows, reduced.columns
    return Pixels(small, ReducedPyramid(small.stored, depth=reduced.halvings, shape=whole), is_reduced=True)


def _check_content(image: WantedImage) -> None:
    stamp = (image.content_hash, *_stamp(image.path)) if image.has_frames else None
    if stamp is not None and stamp in _checked:
        return  # a file of many frames is long, and read frame by frame
    if content_hash(image.path) != image.content_hash:
        raise UnreadableImageError(
            tr(
                "{path} is not the file that was imported. Put that one back, or import it where it is now."
            ).format(path=image.path.name)
        )
    if stamp is not None:
        _checked.add(stamp)


def _stamp(path: Path) -> tuple[str, int, int]:
    """What changes when a file is written to."""
    try:
        now = path.stat()
    except OSError:
        return str(path), -1, -1  # reading it says why
    return str(path), now.st_size, now.st_mtime_ns


def _bytes(pixels: Pixels) -> int:
    return pixels.mammogram.stored.nbytes * 4 // 3  # a quarter for each halving
