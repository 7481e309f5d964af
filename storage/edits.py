"""What a reader does, as values that can be applied to the store, taken back and applied again.

An edit remembers what it needs to be reverted when it is applied; a store that refuses it leaves it as it
was. Taking back adds versions, it never removes any.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from core.domain import Contour, Decision, Finding, FindingClass, FindingId, FindingType, ImageId, Label
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

    seconds: the reader's active seconds, counted once, not again on redo.
    """

    image_id: ImageId
    reader: str
    finding_class: FindingClass
    finding_type: FindingType
    contour: Contour
    seconds: float | None = None
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
            seconds=self.seconds,
        )
        return changes

    def revert(self, store: Store) -> Changes:
        """Delete the finding."""
        assert self.finding_id is not None, "reverted before it was applied"
        return store.delete_finding(self.finding_id, reader=self.reader)


@dataclass(slots=True)
class ChangeFinding:
    """A finding with another contour, class or type; what is None stays."""

    finding_id: FindingId
    reader: str
    contour: Contour | None = None
    finding_class: FindingClass | None = None
    finding_type: FindingType | None = None
    seconds: float | None = None
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
            seconds=self.seconds if self._before is None else None,
        )
        self._before = before
        return changes

    def revert(self, store: Store) -> Changes:
        """Add a version equal to the one before."""
        assert self._before is not None, "reverted before it was applied"
        return store.change_finding(
            self.finding_id,
            reader=self.reader,
            contour=self._before.contour,
            finding_class=self._before.finding_class,
            finding_type=self._before.finding_type,
        )


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
    """What a reader decided about an image; None takes a decision back."""

    image_id: ImageId
    reader: str
    decision: Decision | None
    seconds: float | None = None
    _before: Decision | None = field(default=None, init=False, repr=False)
    _is_applied: bool = field(default=False, init=False, repr=False)

    @property
    def text(self) -> str:
        """What the undo menu calls it."""
        return "clear decision" if self.decision is None else f"decide '{self.decision.value}'"

    def apply(self, store: Store) -> Changes:
        """State the decision."""
        before = store.image(self.image_id).decision
        seconds = None if self._is_applied else self.seconds
        changes = store.set_decision(
            self.image_id, reader=self.reader, decision=self.decision, seconds=seconds
        )
        self._before, self._is_applied = before, True
        return changes

    def revert(self, store: Store) -> Changes:
        """State the decision of before."""
        return store.set_decision(self.image_id, reader=self.reader, decision=self._before)


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
