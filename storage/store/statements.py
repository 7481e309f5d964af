"""What each reader stated of each image, and in which arm: for exports and comparisons."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain import Arm, Decision, FindingId, ImageId
from storage.store.sittings import SittingStore

# At most one decision and one category of a reader are in force on an image: max() only joins the two rows.
_STATEMENTS = """
SELECT image_id, reader.name, max(decision), max(reason), max(decided_in), max(birads), max(assessed_in)
FROM (
    SELECT image_id, decision.reader_id, decision, reason, arm AS decided_in, '' AS birads, NULL AS assessed_in
    FROM decision LEFT JOIN sitting ON sitting.id = sitting_id
    WHERE superseded_at IS NULL AND decision IS NOT NULL
    UNION ALL
    SELECT image_id, assessment.reader_id, NULL, '', NULL, birads, arm
    FROM assessment LEFT JOIN sitting ON sitting.id = sitting_id
    WHERE superseded_at IS NULL AND birads <> ''
) AS said JOIN reader ON reader.id = said.reader_id
GROUP BY image_id, reader.id ORDER BY image_id, reader.id
"""
_ARMS = """
SELECT finding.id, sitting.arm FROM finding
JOIN finding_version AS newest ON newest.finding_id = finding.id AND newest.version = finding.version
JOIN sitting ON sitting.id = newest.sitting_id
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """What one reader said of one image as a whole. decided_in, assessed_in: the arm of the sitting, None where none was
    recorded or nothing was said.
    """

    image_id: ImageId
    reader: str
    decision: Decision | None
    reason: str
    decided_in: Arm | None
    birads: str
    assessed_in: Arm | None


class StatementStore(SittingStore):
    """The part of the store that puts together what readers said."""

    def statements(self) -> list[Statement]:
        """What is in force, by image and reader; a reader who said nothing of an image has no row."""
        return [
            Statement(
                image_id=ImageId(row[0]),
                reader=row[1],
                decision=None if row[2] is None else Decision(row[2]),
                reason=row[3],
                decided_in=None if row[4] is None else Arm(row[4]),
                birads=row[5],
                assessed_in=None if row[6] is None else Arm(row[6]),
            )
            for row in self._rows(_STATEMENTS)
        ]

    def finding_arms(self) -> dict[FindingId, Arm]:
        """The arm in which each finding got its newest version, where that was in a sitting."""
        return {FindingId(row[0]): Arm(row[1]) for row in self._rows(_ARMS)}
