"""Unfinished contours go to the store every second, and come back from it when the project is opened again."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app.session import Session
from app.translation import tr
from app.viewer import Tool, Viewer
from app.viewer.shown import Drafts
from core.domain import ImageId, Point
from core.errors import UserError

EVERY_MS = 1000

Kept = dict[ImageId, tuple[str, tuple[Point, ...]]]


class DraftKeeper(QObject):
    """Keeps what the reader has begun to draw, of every image.

    Signals:
        failed: a sentence, when the store did not take it; told once until it does again.
        found: ImageIds with an unfinished contour from before, when there are any.
    """

    failed = Signal(str)
    found = Signal(object)

    def __init__(self, viewer: Viewer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._drafts: Drafts = viewer.drafts
        self._session: Session | None = None
        self._reader = ""
        self._kept: Kept = {}
        self._has_failed = False
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.keep)
        viewer.unfinished_drawing_changed.connect(lambda _is_unfinished: self.keep())

    def set_session(self, session: Session | None) -> None:
        """Take up the drafts of a project's reader, after the former one's are kept. Call it again when the reader changes."""
        self.keep()
        for image_id in self._drafts.image_ids():
            self._drafts.discard(image_id)
        self._session, self._kept, self._has_failed = session, {}, False
        if session is None or session.is_read_only:
            self._session = None
            self._timer.stop()
            return
        self._reader = session.reader
        for record in session.store.drafts(reader=self._reader):
            tool = Tool(record.tool) if record.tool in list(Tool) else Tool.CONTOUR
            self._drafts.begin(record.image_id, tool).points.extend(record.points)
            self._kept[record.image_id] = (tool.value, record.points)
        self._timer.start()
        if self._kept:
            self.found.emit(list(self._kept))

    def keep(self) -> None:
        """Write what changed since the last time."""
        session = self._session
        if session is None:
            return
        now: Kept = {}
        for image_id in self._drafts.image_ids():
            draft = self._drafts.get(image_id)
            if draft is not None and draft.points:
                now[image_id] = (draft.tool.value, tuple(draft.points))
        if now == self._kept:
            return
        try:
            for image_id in self._kept.keys() - now.keys():
                session.store.drop_draft(image_id, reader=self._reader)
            for image_id, (tool, points) in now.items():
                if self._kept.get(image_id) != (tool, points):
                    session.store.keep_draft(image_id, reader=self._reader, tool=tool, points=points)
        except UserError as error:
            if not self._has_failed:
                self._has_failed = True
                self.failed.emit(
                    tr("The unfinished contour is in this window only. {error}").format(error=error)
                )
            return
        self._kept, self._has_failed = now, False
