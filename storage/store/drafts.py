"""Contours that readers began and did not close: kept so that a crash takes no more than the last second."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from core.domain import ImageId, Point
from storage.database import now
from storage.records import DraftRecord
from storage.store.promotions import PromotionStore


class DraftStore(PromotionStore):
    """The part of the store about unfinished contours. None of it counts as annotation."""

    def drafts(self, *, reader: str) -> list[DraftRecord]:
        """The unfinished contours of one reader, the oldest first."""
        rows = self._rows(
            "SELECT image_id, tool, points FROM draft JOIN reader ON reader.id = reader_id "
            "WHERE reader.name = ? ORDER BY changed_at, image_id",
            (reader.strip(),),
        )
        return [
            DraftRecord(ImageId(row[0]), row[1], tuple((x, y) for x, y in json.loads(row[2]))) for row in rows
        ]

    def keep_draft(self, image_id: ImageId, *, reader: str, tool: str, points: Sequence[Point]) -> None:
        """Keep a reader's unfinished contour of an image in place of the one before. ValueError without finite points."""
        if not points or not all(math.isfinite(value) for point in points for value in point):
            raise ValueError("an unfinished contour has at least one point, and its points are finite")
        with self.transaction():
            self._write(
                "INSERT INTO draft (image_id, reader_id, tool, points, changed_at) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (image_id, reader_id) DO UPDATE SET "
                "tool = excluded.tool, points = excluded.points, changed_at = excluded.changed_at",
                (image_id, self._reader_id(reader), tool, json.dumps([list(p) for p in points]), now()),
            )

    def drop_draft(self, image_id: ImageId, *, reader: str) -> None:
        """Forget a reader's unfinished contour: it was closed, or given up. One that is not there is no error."""
        with self.transaction():
            self._write(
                "DELETE FROM draft WHERE image_id = ? AND reader_id = (SELECT id FROM reader WHERE name = ?)",
                (image_id, reader.strip()),
            )
