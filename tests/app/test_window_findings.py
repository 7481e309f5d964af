"""What is said of findings and images beside the contour: BI-RADS, notes, links, reasons; and whose it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt

from core.domain import Contour, Decision, FindingClass, FindingType
from storage.edits import AddFinding
from storage.project import Project

InWindow = Callable[..., int]
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def add(folder: Path, *, reader: str, image_id: int, low: float = 40.0) -> None:
    contour = Contour.from_points([(low, low), (low + 50, low), (low + 50, low + 50), (low, low + 50)])
    with Project.open(folder) as project:
        project.store.add_finding(
            image_id,
            reader=reader,
            finding_class=FindingClass.MALIGNANT,
            finding_type=FindingType.MASS,
            contour=contour,
        )


def test_birads_and_a_note_are_kept_and_can_be_undone(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        panel, store = hand.window.findings, hand.window.workplace.session.store
        image_id = hand.wait_for_image()
        hand.key(Qt.Key.Key_D)
        hand.draw(x=150, y=280, radius=60)
        assert panel.details.isVisible()
        assert panel.details.tells.text() == "Drawn by Dr Test, version 1."
        hand.qtbot.keyClicks(panel.details.note, "spiculated, 9 o'clock")
        hand.qtbot.keyClick(panel.details.note, Qt.Key.Key_Return)
        hand.qtbot.keyClick(panel.table.cellWidget(0, 3), Qt.Key.Key_Down)
        [finding] = store.findings(image_id)
        assert (finding.note, finding.birads) == ("spiculated, 9 o'clock", "0")
        hand.qtbot.keyClick(panel.birads, Qt.Key.Key_End)
        assert store.assessments(image_id) == {"Dr Test": "6"}
        for _ in range(3):
            hand.key(Qt.Key.Key_Z, CTRL)
        [finding] = store.findings(image_id)
        assert (finding.note, finding.birads) == ("", "")
        assert store.assessments(image_id) == {}
        assert panel.details.note.text() == ""

    assert in_window(project_folder, steps) == 0


def test_a_note_that_is_being_written_when_the_reader_goes_on_is_kept(
    in_window: InWindow, project_folder: Path
):
    def steps(hand) -> None:
        panel, store = hand.window.findings, hand.window.workplace.session.store
        image_id = hand.wait_for_image()
        hand.key(Qt.Key.Key_D)
        hand.draw(x=150, y=280, radius=60)
        hand.qtbot.keyClicks(panel.details.note, "half written")
        hand.click(panel.done)
        assert store.findings(image_id)[0].note == "half written"

    assert in_window(project_folder, steps) == 0


def test_skip_and_unusable_ask_why_in_place(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        panel, store = hand.window.findings, hand.window.workplace.session.store
        image_id = hand.wait_for_image()
        assert not panel.reason.isVisible()
        hand.key(Qt.Key.Key_S)
        assert panel.reason.isVisible()
        hand.qtbot.keyClick(panel.reason, Qt.Key.Key_Down)
        hand.qtbot.keyClick(panel.reason, Qt.Key.Key_Return)
        assert store.decisions(image_id) == {"Dr Test": (Decision.SKIPPED, "not sure")}
        hand.click(panel.unusable)
        assert store.decisions(image_id) == {"Dr Test": (Decision.UNREADABLE, "")}
        panel.reason.lineEdit().clear()
        hand.qtbot.keyClicks(panel.reason.lineEdit(), "grid lines")
        hand.qtbot.keyClick(panel.reason.lineEdit(), Qt.Key.Key_Return)
        assert store.decisions(image_id) == {"Dr Test": (Decision.UNREADABLE, "grid lines")}
        hand.click(panel.unusable)
        assert store.decisions(image_id) == {}
        assert not panel.reason.isVisible()

    assert in_window(project_folder, steps) == 0


def test_a_reader_does_not_see_what_another_drew_or_decided(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        image_id = hand.wait_for_image()
        assert hand.canvas.contours.findings == ()
        assert hand.window.worklist.model.record(image_id).malignant_findings == 0
        assert not hand.window.findings.nothing.isChecked()

    with Project.open(project_folder) as project:
        listed = [image.id for image in project.store.images() if image.split.value == "train"]
        for image_id in listed:
            project.store.set_decision(image_id, reader="Dr Other", decision=Decision.NOTHING_TO_DRAW)
    for image_id in listed:
        add(project_folder, reader="Dr Other", image_id=image_id)
    assert in_window(project_folder, steps) == 0


def test_two_views_of_one_lesion_are_linked_from_the_list(in_window: InWindow, project_folder: Path):
    with Project.open(project_folder) as project:
        study = next(
            same
            for image in project.store.images()
            if len(same := project.store.study_images(image.study_id)) > 1 and image.split.value == "train"
        )
    first, second = study[0].id, study[1].id
    for image_id in (first, second):
        add(project_folder, reader="Dr Test", image_id=image_id)

    def steps(hand) -> None:
        window = hand.window
        hand.wait_for_image()
        window.workplace._go_to(first)
        hand.wait(lambda: window.viewer.image_id == first)
        panel, store = window.findings, window.workplace.session.store
        panel.table.setCurrentCell(0, 0)
        assert panel.details.link.isEnabled()
        [action] = panel.details.link.menu().actions()
        action.trigger()
        assert "Same lesion: " in panel.details.tells.text()
        one, other = (store.findings(image_id)[0] for image_id in (first, second))
        assert one.lesion_id == other.lesion_id == one.id
        hand.click(panel.details.unlink)
        assert store.findings(first)[0].lesion_id is None
        assert not panel.details.unlink.isVisible()

    assert in_window(project_folder, steps) == 0


def bounds(findings) -> list[tuple[float, ...]]:
    return sorted(tuple(round(value) for value in finding.contour.bounds) for finding in findings)


def test_a_contour_cut_through_becomes_two_and_one_undo_makes_it_one_again(
    in_window: InWindow, project_folder: Path
):
    def steps(hand) -> None:
        store, canvas = hand.window.workplace.session.store, hand.canvas
        image_id = hand.wait_for_image()
        add_square(hand, store, image_id, low=40)
        before = bounds(store.findings(image_id))
        hand.key(Qt.Key.Key_B, SHIFT)
        canvas.select(store.findings(image_id)[0].id)
        for _ in range(6):
            hand.key(Qt.Key.Key_BracketLeft)
        stroke(hand, [(90, 5), (90, 60), (90, 100), (90, 180)])
        assert len(store.findings(image_id)) == 2
        hand.key(Qt.Key.Key_Z, CTRL)
        assert bounds(store.findings(image_id)) == before
        hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | SHIFT)
        assert len(store.findings(image_id)) == 2

    assert in_window(project_folder, steps) == 0


def test_touching_contours_are_joined_and_a_lonely_one_is_not(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        store, canvas = hand.window.workplace.session.store, hand.canvas
        image_id = hand.wait_for_image()
        for low in (40, 100):
            add_square(hand, store, image_id, low=low)
        canvas.select(store.findings(image_id)[0].id)
        hand.key(Qt.Key.Key_J, CTRL)
        assert bounds(store.findings(image_id)) == [(40, 40, 200, 200)]
        hand.key(Qt.Key.Key_J, CTRL)
        assert "touches no other" in hand.window.messages.text
        hand.key(Qt.Key.Key_Z, CTRL)
        assert bounds(store.findings(image_id)) == [(40, 40, 140, 140), (100, 100, 200, 200)]

    assert in_window(project_folder, steps) == 0


def test_a_contour_is_made_larger_smaller_and_simpler_by_keys(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        store, canvas = hand.window.workplace.session.store, hand.canvas
        image_id = hand.wait_for_image()
        hand.key(Qt.Key.Key_L, CTRL)
        assert "Select a contour first" in hand.window.messages.text
        add_square(hand, store, image_id, low=40)
        canvas.select(store.findings(image_id)[0].id)
        hand.key(Qt.Key.Key_Up, CTRL)
        assert bounds(store.findings(image_id)) == [(38, 38, 142, 142)]
        hand.key(Qt.Key.Key_Down, CTRL)
        assert bounds(store.findings(image_id)) == [(40, 40, 140, 140)]
        hand.key(Qt.Key.Key_L, CTRL)
        assert "none can be left out" in hand.window.messages.text

    assert in_window(project_folder, steps) == 0


def add_square(hand, store, image_id, *, low: float) -> None:
    high = low + 100
    session = hand.window.workplace.session
    session.do(
        AddFinding(
            image_id,
            session.reader,
            FindingClass.MALIGNANT,
            FindingType.MASS,
            Contour.from_points([(low, low), (high, low), (high, high), (low, high)]),
        )
    )


def stroke(hand, places) -> None:
    path = [hand.at(x, y) for x, y in places]
    hand.qtbot.mousePress(hand.canvas, Qt.MouseButton.LeftButton, pos=path[0])
    for place in path[1:]:
        hand.qtbot.mouseMove(hand.canvas, place)
    hand.qtbot.mouseRelease(hand.canvas, Qt.MouseButton.LeftButton, pos=path[-1])


def test_the_history_lists_every_change_and_goes_to_any_of_them(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        window, store = hand.window, hand.window.workplace.session.store
        image_id = hand.wait_for_image()
        for low in (20, 60, 100):
            add_square(hand, store, image_id, low=low)
        hand.key(Qt.Key.Key_H, CTRL | SHIFT)
        panel = window.workplace._history
        rows = [panel.list.item(i).text() for i in range(panel.list.count())]
        assert [row.split("  ")[0] for row in rows] == ["3", "2", "1", "0"]

        def press(row: int) -> None:
            place = panel.list.visualItemRect(panel.list.item(row)).center()
            hand.qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)

        press(2)
        assert len(store.findings(image_id)) == 1
        press(0)
        assert len(store.findings(image_id)) == 3
        press(3)
        assert store.findings(image_id) == []
        window.workplace.session.redo()
        assert len(store.findings(image_id)) == 1
        assert panel.list.currentRow() == 2
        panel.close()

    assert in_window(project_folder, steps) == 0
