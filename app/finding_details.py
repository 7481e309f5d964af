"""What is said of the selected finding besides class and type: note, where it comes from, what it is linked with."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QPushButton, QVBoxLayout, QWidget

from app.translation import tr
from core.domain import Finding, FindingId, Provenance, Role

LONGEST_NOTE = 500


class FindingDetails(QWidget):
    """One finding.

    Signals:
        note_changed: FindingId, text; when the reader leaves the line or presses Enter.
        link_requested: FindingId, the FindingId that is the same lesion in another view.
        unlink_requested: FindingId.
    """

    note_changed = Signal(object, str)
    link_requested = Signal(object, object)
    unlink_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._finding: Finding | None = None
        self.tells = QLabel()
        self.tells.setObjectName("dim")
        self.tells.setWordWrap(True)
        self.note = QLineEdit()
        self.note.setPlaceholderText(tr("Note on this finding"))
        self.note.setAccessibleName(tr("Note on this finding"))
        self.note.setMaxLength(LONGEST_NOTE)
        self.note.setToolTip(tr("Write no names: notes are exported when asked for"))
        self.link = QPushButton(tr("Same lesion as"))
        self.link.setToolTip(tr("Link this finding with the same lesion in another view of this patient"))
        self.unlink = QPushButton(tr("Unlink"))
        self._menu = QMenu(self.link)
        self.link.setMenu(self._menu)
        links = QHBoxLayout()
        links.setSpacing(6)
        links.addWidget(self.link, 1)
        links.addWidget(self.unlink)
        room = QVBoxLayout(self)
        room.setContentsMargins(0, 0, 0, 0)
        room.setSpacing(6)
        room.addWidget(self.note)
        room.addLayout(links)
        room.addWidget(self.tells)
        self.note.editingFinished.connect(self.finish)
        self.unlink.clicked.connect(self._tell_unlink)
        self.hide()

    def show_finding(
        self,
        finding: Finding | None,
        *,
        others: Sequence[tuple[FindingId, str]] = (),
        linked: Sequence[str] = (),
        is_allowed: bool,
    ) -> None:
        """others: findings that may be the same lesion, with their names. linked: names of those that are."""
        is_same = finding is not None and self._finding is not None and finding.id == self._finding.id
        if not is_same:
            self.finish()
        is_written = is_same and self._is_written()
        self._finding = finding
        self.setVisible(finding is not None)
        if finding is None:
            return
        if not is_written:
            self.note.setText(finding.note)
        self.note.setEnabled(is_allowed)
        self.link.setEnabled(is_allowed and bool(others))
        self.unlink.setVisible(finding.lesion_id is not None)
        self.unlink.setEnabled(is_allowed)
        self._menu.clear()
        for other_id, name in others:
            action = self._menu.addAction(name)
            action.triggered.connect(
                lambda _checked=False, one=finding.id, other=other_id: self.link_requested.emit(one, other)
            )
        self.tells.setText(". ".join([*_origin(finding), *_links(linked)]) + ".")

    def finish(self) -> None:
        """Keep a note that is still being written."""
        if self._finding is not None and self._is_written():
            self.note_changed.emit(self._finding.id, self.note.text().strip())

    def _is_written(self) -> bool:
        return self._finding is not None and self.note.text().strip() != self._finding.note

    def _tell_unlink(self) -> None:
        if self._finding is not None:
            self.unlink_requested.emit(self._finding.id)


def _origin(finding: Finding) -> list[str]:
    who = tr("{reader}, version {version}").format(
        reader=finding.owner or finding.reader, version=finding.version
    )
    if finding.role is Role.IMPORTED or finding.provenance is Provenance.IMPORTED:
        return [tr("Imported with the data set"), who]
    said = tr("Adjudicated by {who}") if finding.role is Role.ADJUDICATED else tr("Drawn by {who}")
    if finding.suggestion is None:
        return [said.format(who=who)]
    how = (
        tr("a box of model {number}, as it is")
        if finding.provenance is Provenance.ACCEPTED
        else tr("from a box of model {number}, IoM {iom}")
    )
    shared = f"{finding.suggestion.iom:.2f}"
    return [said.format(who=who), how.format(number=finding.suggestion.model_id, iom=shared)]


def _links(linked: Sequence[str]) -> list[str]:
    return [tr("Same lesion: {names}").format(names=", ".join(linked))] if linked else []
