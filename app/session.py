"""The open project as the window holds it: the one place through which the window changes it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from core.domain import Finding, ImageId, StudyId
from core.errors import UserError
from storage.changes import Changes
from storage.edits import Edit
from storage.project import Project
from storage.records import ImageRecord


class Session(QObject):
    """One project, one reader, and what can be undone.

    The stack only counts: what an edit does and undoes is written to the store first, and the stack moves
    after it. So a refusal, in either direction, leaves stack and store in agreement.

    Signals:
        changed: a Changes, after every edit, undo, redo and import.
        refused: a sentence, when the store did not take a change. Nothing was changed then.
    """

    changed = Signal(object)
    refused = Signal(str)

    def __init__(self, project: Project, *, reader: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.store = project.store
        self.reader = reader
        self.is_reviewing = False
        self.undo_stack = QUndoStack(self)
        self._edits: list[Edit] = []

    @property
    def seen_by(self) -> str | None:
        """Whose contours and decisions are on screen: the reader's own; None for those of all, in the review."""
        return None if self.is_reviewing or self.is_read_only or not self.reader else self.reader

    def images(self) -> list[ImageRecord]:
        """All images as they are on screen."""
        return self.store.images(reader=self.seen_by)

    def image(self, image_id: ImageId) -> ImageRecord:
        """One image as it is on screen."""
        return self.store.image(image_id, reader=self.seen_by)

    def findings(self, image_id: ImageId) -> list[Finding]:
        """The findings that are on screen."""
        return self.store.findings(image_id, reader=self.seen_by)

    def study_images(self, study_id: StudyId) -> list[ImageRecord]:
        """The images of a study as they are on screen."""
        return self.store.study_images(study_id, reader=self.seen_by)

    @property
    def is_read_only(self) -> bool:
        """Whether this window may only look."""
        return self.project.is_read_only

    def do(self, edit: Edit) -> bool:
        """Apply an edit. If the store refuses it, nothing is remembered. Returns whether it was done."""
        try:
            changes = edit.apply(self.store)
        except UserError as error:
            self.refused.emit(str(error))
            return False
        del self._edits[self.undo_stack.index() :]
        self._edits.append(edit)
        self.undo_stack.push(QUndoCommand(edit.text))
        self.changed.emit(changes)
        return True

    def undo(self) -> frozenset[ImageId]:
        """Take the last edit back. Returns the images it touched (none if there is nothing to undo)."""
        index = self.undo_stack.index() - 1
        return frozenset() if index < 0 else self._step(index, backwards=True)

    def redo(self) -> frozenset[ImageId]:
        """Do the last undone edit again. Returns the images it touched."""
        index = self.undo_stack.index()
        return frozenset() if index >= len(self._edits) else self._step(index, backwards=False)

    def announce(self, changes: Changes) -> None:
        """Tell the views of a change that came by another way than an edit (an import, a new model)."""
        self.changed.emit(changes)

    def forget_steps(self) -> None:
        """Nothing that was done until now can be undone any more, as when another reader sits down."""
        self.undo_stack.clear()
        self._edits.clear()

    def close(self) -> None:
        """Let go of the project."""
        self.forget_steps()
        self.project.close()

    def _step(self, index: int, *, backwards: bool) -> frozenset[ImageId]:
        edit = self._edits[index]
        try:
            changes = edit.revert(self.store) if backwards else edit.apply(self.store)
        except UserError as error:
            self.refused.emit(str(error))
            return frozenset()
        self.undo_stack.undo() if backwards else self.undo_stack.redo()
        self.changed.emit(changes)
        images: frozenset[ImageId] = changes.images
        return images
