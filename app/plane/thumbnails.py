"""Small pictures of images for pointing at: decoded in a helper of their own, so that the open image never waits."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from app.background import Background, Task
from app.image_loader import WantedImage
from core.decoder import Decoder
from core.domain import ImageId

SIDE = 220  # logical pixels of the longer side
KEPT = 600  # pictures; 220 x 220 of them are 30 MB at most
PAUSE_MS = 120  # the pointer rests that long before a file is read


class Thumbnails(QObject):
    """Hands out the picture wanted last; those that the pointer has left behind are not begun.

    Signals:
        loaded: ImageId, QImage.
        failed: ImageId, a sentence.
    """

    loaded = Signal(object, object)
    failed = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[ImageId, QImage] = OrderedDict()
        self._background: Background | None = None
        self._decoder: Decoder | None = None
        self._task: Task | None = None
        self._wanted: WantedImage | None = None
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._start)

    def kept(self, image_id: ImageId) -> QImage | None:
        """A picture that is there already."""
        return self._kept.get(image_id)

    def want(self, image: WantedImage | None) -> None:
        """Ask for a picture, after a pause; None takes the wish back."""
        if self._task is not None and self._task.cancel_if_waiting():
            self._task = None
        self._wanted = image
        if image is None:
            self._pause.stop()
        else:
            self._pause.start()

    def forget(self) -> None:
        """Another project: nothing is wanted or kept."""
        self.want(None)
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._kept.clear()

    def close(self) -> None:
        """Stop the helper and its thread."""
        self.forget()
        if self._decoder is not None:
            self._decoder.close()
        if self._background is not None:
            self._background.close()
        self._decoder = self._background = None

    def _start(self) -> None:
        image = self._wanted
        if image is None:
            return
        if self._background is None or self._decoder is None:
            self._background, self._decoder = Background(self), Decoder()
        self._task = self._background.run(
            partial(_picture, self._decoder, image),
            done=partial(self._keep, image.id),
            failed=partial(self.failed.emit, image.id),
        )

    def _keep(self, image_id: ImageId, picture: QImage) -> None:
        self._kept[image_id] = picture
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        self.loaded.emit(image_id, picture)


def _picture(decoder: Decoder, image: WantedImage) -> QImage:
    """Decoded and checked as for the viewer, halved by area mean, through the file's own window."""
    from app.image_loader import decoded
    from app.viewer.display import Display

    pixels = decoded(decoder, image)
    depth = pixels.pyramid.depth_for(min(1.0, SIDE / max(pixels.pyramid.shape)))
    grey = Display(pixels.mammogram).table()[pixels.pyramid.level(depth)]
    rows, columns = grey.shape
    whole = QImage(grey.data, columns, rows, columns * 4, QImage.Format.Format_RGB32)
    return whole.scaled(
        QSize(SIDE, SIDE), Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
