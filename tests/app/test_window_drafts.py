"""What a reader began to draw comes back, however the window ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.project_dialog import ReaderDialog
from storage.project import Project
from storage.store import Store

InWindow = Callable[..., int]


def begin_polygon(hand) -> None:
    """Three corners, not closed."""
    hand.key(Qt.Key.Key_G)
    for x, y in ((100, 100), (220, 110), (200, 240)):
        hand.qtbot.mouseClick(hand.canvas, Qt.MouseButton.LeftButton, pos=hand.at(x, y))


def stored(folder: Path, reader: str = "Dr Test") -> list[tuple[int, int]]:
    """(image, number of points) of each draft in the store, seen by another process's eyes."""
    with Project.open(folder, read_only=True) as other:
        return [(draft.image_id, len(draft.points)) for draft in other.store.drafts(reader=reader)]


def test_an_unfinished_contour_is_in_the_store_within_a_second_and_is_offered_again(
    in_window: InWindow, project_folder: Path
):
    begun: list[int] = []

    def first_day(hand) -> None:
        begun.append(hand.wait_for_image())
        begin_polygon(hand)
        hand.wait(lambda: stored(project_folder) == [(begun[0], 3)], seconds=3)

    def second_day(hand) -> None:
        hand.window.worklist.select(begun[0])
        hand.wait(lambda: hand.window.viewer.image_id == begun[0])
        assert len(hand.canvas.draft_points()) == 3
        assert "not closed yet" in hand.window.messages.text
        hand.key(Qt.Key.Key_Return)
        hand.wait(lambda: len(hand.canvas.contours.findings) == 1)
        assert stored(project_folder) == []

    assert in_window(project_folder, first_day) == 0
    assert in_window(project_folder, second_day) == 0
    with Project.open(project_folder) as project:
        (finding,) = project.store.findings(begun[0])
        assert len(finding.contour.polygons[0].exterior) == 3
        assert project.store.drafts(reader="Dr Test") == []


def test_a_contour_given_up_does_not_come_back(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        hand.wait_for_image()
        begin_polygon(hand)
        hand.wait(lambda: len(stored(project_folder)) == 1, seconds=3)
        hand.key(Qt.Key.Key_Escape)
        assert stored(project_folder) == []

    assert in_window(project_folder, steps) == 0


def test_each_reader_finds_their_own(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        image = hand.wait_for_image()
        begin_polygon(hand)

        def become(name: str) -> None:
            def act(dialog: ReaderDialog) -> None:
                dialog.name.setText(name)
                dialog.accept()

            hand.with_dialog(ReaderDialog, act)
            hand.window.actions_by_name["change_reader"].trigger()

        become("Dr Other")
        assert hand.canvas.draft_points() == []
        assert stored(project_folder) == [(image, 3)]
        become("Dr Test")
        assert len(hand.canvas.draft_points()) == 3

    assert in_window(project_folder, steps) == 0


def test_a_store_that_takes_no_draft_is_told_once_and_the_contour_stays(
    in_window: InWindow, project_folder: Path, monkeypatch
):
    from core.errors import UserError

    def full(*_args, **_values) -> None:
        raise UserError("The disk is full.")

    def steps(hand) -> None:
        hand.wait_for_image()
        monkeypatch.setattr(Store, "keep_draft", full)
        begin_polygon(hand)
        hand.wait(lambda: "in this window only. The disk is full." in hand.window.messages.text, seconds=3)
        hand.window.messages.clear()
        hand.qtbot.mouseClick(hand.canvas, Qt.MouseButton.LeftButton, pos=hand.at(120, 300))
        QApplication.processEvents()
        assert len(hand.canvas.draft_points()) == 4
        assert not hand.window.messages.text
        monkeypatch.undo()
        hand.wait(lambda: [points for _, points in stored(project_folder)] == [4], seconds=3)

    assert in_window(project_folder, steps) == 0
