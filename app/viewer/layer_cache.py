"""A picture kept at device resolution until what it shows has changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap


class LayerCache:
    """One layer of a canvas. Painted over the layers below it, or opaque on black."""

    def __init__(self, *, is_opaque: bool) -> None:
        self._empty = QColor(0, 0, 0) if is_opaque else QColor(Qt.GlobalColor.transparent)
        self._pixmap = QPixmap()
        self._key: Hashable = None

    def current(
        self, size: QSize, ratio: float, *, key: Hashable, paint: Callable[[QPainter], None]
    ) -> QPixmap:
        """The layer for a canvas of this size (logical pixels); `paint` is called if the key is a new one."""
        whole_key = (size.width(), size.height(), ratio, key)
        if whole_key != self._key:
            self._clear(size, ratio)
            painter = QPainter(self._pixmap)
            paint(painter)
            painter.end()
            self._key = whole_key
        return self._pixmap

    def _clear(self, size: QSize, ratio: float) -> None:
        if self._pixmap.size() != size * ratio:
            self._pixmap = QPixmap(size * ratio)
        self._pixmap.setDevicePixelRatio(ratio)
        self._pixmap.fill(self._empty)
