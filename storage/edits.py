"""What a reader does, as values that can be applied to the store, taken back and applied again.

An edit remembers what it needs to be reverted when it is applied; a store that refuses it leaves it as it
was. Taking back adds versions, it never removes any.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from core.domain import (
    Contour,
    Decision,
    Finding,
    FindingClass,
    FindingId,
    FindingType,
    ImageId,
    Label,
    Laterality,
    Role,
    Suggestion,
    View,
)
from storage.changes import Changes
from storage.store import Store


class Edit(Protocol):
    """One step of the undo history."""

    @property
    def text(self) -> str:
        """What the undo menu calls it."""
        ...

    def apply(self, store: Store) -> Changes:
        """Do it, or do it again after revert()."""
        ...

    def revert(self, store: Store) -> Changes:
        """Take it back."""
        ...


@dataclass(slots=True)
class AddFinding:
    """A new finding; done again after being undone, it is the same finding with the same id.

    seconds: the reader's active seconds, counted once, not again on redo. suggestion: the model's box that the contour is.
    """

    image_id: ImageId
    reader: str
    finding_class: FindingClass
    finding_type: FindingType
    contour: Contour
    seconds: float | None = None
    suggestion: Suggestion | None = None
    role: Role = Role.READER
    finding_id: FindingId | None = field(default=None, init=False)

    @property
    def text(self) -> str:
        """What the undo menu calls it."""
        return f"draw {self.finding_class.value} finding"

    def apply(self, store: Store) -> Changes:
        """Add the finding, or restore it."""
        if self.finding_id is not None:
            return store.restore_finding(self.finding_id, reader=self.reader)
        self.finding_id, changes = store.add_finding(
            self.image_id,
            reader=self.reader,
            finding_class=self.finding_class,
            finding_type=self.finding_type,
            contour=self.contour,
            suggestion=self.suggestion,
            role=self.role,
            seconds=self.seconds,
        )
        return changes

    def revert(self, store: Store) -> Changes:
        """Delete the finding."""
        assert self.finding_id is not None, "reverted before it was applied"
        return store.delete_finding(self.finding_id, reader=self.reader)


@dataclass(slots=True)
class ChangeFinding:
    """A finding with another contour, class, type, BI-RADS category or note; what is None stays."""

    finding_id: FindingId
    reader: str
    contour: Contour | None = None
    finding_class: FindingClass | None = None
    finding_type: FindingType | None = None
    seconds: float | None = None
    birads: str | None = None
    note: str | None = None
    _before: Finding | None = field(default=None, init=False, repr=False)

    @property
    def text(self) -> str:
        """What the undo menu calls it."""
        return "change contour" if self.contour is not None else "change finding"

    def apply(self, store: Store) -> Changes:
        """Add the changed version."""
        before = store.finding(self.finding_id)
        changes = store.change_finding(
            self.finding_id,
            reader=self.reader,
            contour=self.contour,
            finding_class=self.finding_class,
            finding_type=self.finding_type,
            birads=self.birads,
            note=self.note,
            seconds=self.seconds if self._before is None else None,
        )
        self._before = before
        return changes

    def revert(self, store: Store) -> Changes:
        """Add a version equal to the one before."""
        assert self._before is not None, "reverted before it was applied"
        return store.restate_finding(self._before, reader=self.reader)


@dataclass(slots=True)
class DeleteFinding:
    """A finding off its image; its versions stay."""

    finding_id: FindingId
    reader: str
    seconds: float | None = None

    @property
    def text(self) -> str:
        """What the undo menu calls it."""
        return "delete finding"

    def apply(self, store: Store) -> Changes:
        """Delete it."""
        return store.delete_finding(self.finding_id, reader=self.reader, seconds=self.seconds)

    def revert(self, store: Store) -> Changes:
        """Restore it under its id."""
        return store.restore_finding(self.finding_id, reader=self.reader)


@dataclass(slots=True)
class SetDecision:
    """What a reader decided about an image, and why; None takes a decision back."""

    image_id: ImageId
    reader: str
    decision: Decision | None
    seconds: float | None = None
    reason: str = ""
    _before: tuple[Decision | None, str] = field(default=(None, ""), init=False, repr=False)
    _is_applied: bool = field(default=False, init=False, repr=False)

    @property
    def text(self) -> str:
        """What the undo menu calls it."""
        return "clear decision" if self.decision is None else f"decide '{self.decision.value}'"

    def apply(self, store: Store) -> Changes:
        """State the decision."""
        before = store.image(self.image_id, reader=self.reader)
        seconds = None if self._is_applied else self.seconds
        changes = store.set_decision(
            self.image_id, reader=self.reader, decision=self.decision, reason=self.reason, seconds=seconds
        )
        self._before, self._is_applied = (before.decision, before.decision_reason), True
        return changes

    def revert(self, store: Store) -> Changes:
        """State the decision of before."""
        decision, reason = self._before
        return store.set_decision(self.image_id, reader=self.reader, decision=decision, reason=reason)


@dataclass(slots=True)
class SetLabel:
    """The weak label of an image, corrected by a reader."""

    image_id: ImageId
    reader: str
    label: Label | None
    _before: Label | None = field(default=None, init=False, repr=False)

    @property
    def text(self) -> str:
        """What the undo menu calls it."""
        return "clear label" if self.label is None else f"label {self.label.value}"

    def apply(self, store: Store) -> Changes:
        """State the label."""
        before = store.image(self.image_id).label
        changes = store.set_label(self.image_id, self.label, source="reader", reader=self.reader)
        self._before = before
        return changes

    def revert(self, store: Store) -> Changes:
        """State the label of before."""
        return store.set_label(self.image_id, self._before, source="reader", reader=self.reader)


@dataclass(slots=True)
class SetAssessment:
    """A reader's BI-RADS category of an image; '' takes it back."""

    image_id: ImageId
    reader: str
    birads: str
    _before: str = field(default="", init=False, repr=False)

    @property
    def text(self) -> str:
        """What the undo menu calls it."""
        return f"BI-RADS {self.birads}" if self.birads else "clear BI-RADS"

    def apply(self, store: Store) -> Changes:
        """State the category."""
        before = store.assessment(self.image_id, reader=self.reader)
        changes = store.set_assessment(self.image_id, reader=self.reader, birads=self.birads)
        self._before = before
        return changes

    def revert(self, store: Store) -> Changes:
        """State the category of before."""
        return store.set_assessment(self.image_id, reader=self.reader, birads=self._before)


@dataclass(slots=True)
class PlaceImage:
    """Side and view of an image, as a reader sees them."""

    image_id: ImageId
    reader: str
    laterality: Laterality
    view: View
    _before: tuple[Laterality, View] | None = field(default=None, init=False, repr=False)

    @property
    def text(self) -> str:
        """What the undo menu calls it."""
        return f"place as {self.laterality.value} {self.view.value}"

    def apply(self, store: Store) -> Changes:
        """State side and view."""
        before = store.image(self.image_id)
        changes = store.place_image(
            self.image_id, reader=self.reader, laterality=self.laterality, view=self.view
        )
        self._before = before.laterality, before.view
        return changes

    def revert(self, store: Store) -> Changes:
        """State those of before."""
        assert self._before is not None, "reverted before it was applied"
        laterality, view = self._before
        return store.place_image(self.image_id, reader=self.reader, laterality=laterality, view=view)


@dataclass(slots=True)
class LinkFindings:
    """Findings in several views that are one lesion."""

    finding_ids: tuple[FindingId, ...]
    reader: str
    _before: list[Finding] = field(default_factory=list, init=False, repr=False)

    @property
    def text(self) -> str:
        """What the undo menu calls it."""
        return "link findings"

    def apply(self, store: Store) -> Changes:
        """Link them, with those that are linked to them."""
        before = [store.finding(finding_id) for finding_id in self.finding_ids]
        before += [
            other for each in before if each.lesion_id is not None for other in store.lesion(each.lesion_id)
        ]
        changes = store.link_findings(self.finding_ids, reader=self.reader)
        self._before = list({each.id: each for each in before}.values())
        return changes

    def revert(self, store: Store) -> Changes:
        """Every finding as it was linked before."""
        changes = Changes()
        with store.transaction():
            for each in self._before:
                changes |= store.restate_finding(each, reader=self.reader)
        return changes


@dataclass(slots=True)
class UnlinkFinding:
    """A finding that is a lesion of its own after all."""

    finding_id: FindingId
    reader: str
    _before: Finding | None = field(default=None, init=False, repr=False)

    @property
    def text(self) -> str:
        """What the undo menu calls it."""
        return "unlink finding"

    def apply(self, store: Store) -> Changes:
        """Take it out of its lesion."""
        before = store.finding(self.finding_id)
        changes = store.unlink_finding(self.finding_id, reader=self.reader)
        self._before = before
        return changes

    def revert(self, store: Store) -> Changes:
        """Put it back."""
        assert self._before is not None, "reverted before it was applied"
        return store.restate_finding(self._before, reader=self.reader)


@dataclass(slots=True)
class Together:
    """Several edits as one step: all of them, or none."""

    edits: tuple[Edit, ...]
    text: str

    def apply(self, store: Store) -> Changes:
        """Do them in order."""
        changes = Changes()
        with store.transaction():
            for edit in self.edits:
                changes |= edit.apply(store)
        return changes

    def revert(self, store: Store) -> Changes:
        """Take them back, the last first."""
        changes = Changes()
        with store.transaction():
            for edit in reversed(self.edits):
                changes |= edit.revert(store)
        return changes
