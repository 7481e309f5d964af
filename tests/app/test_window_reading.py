"""Reading in the real window: keys, tools, findings, refusals, images that cannot be shown."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt

from app.viewer import Tool
from app.worklist import WorklistFilter
from core.domain import Decision, FindingClass, FindingType
from core.errors import UserError
from storage.project import Project
from storage.records import EventKind

InWindow = Callable[..., int]
CTRL = Qt.KeyboardModifier.ControlModifier


def test_each_key_does_what_the_sheet_says(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        viewer = hand.window.viewer
        first = hand.wait_for_image()
        for key, tool in (
            (Qt.Key.Key_D, Tool.CONTOUR),
            (Qt.Key.Key_G, Tool.CONTOUR),
            (Qt.Key.Key_E, Tool.EDIT),
            (Qt.Key.Key_W, Tool.WINDOW),
            (Qt.Key.Key_V, Tool.BROWSE),
        ):
            hand.key(key)
            assert viewer.tool is tool
            assert hand.window.actions_by_name[tool.value].isChecked()
        layers = viewer.layers
        for key, name in ((Qt.Key.Key_H, "heatmap"), (Qt.Key.Key_B, "boxes"), (Qt.Key.Key_C, "contours")):
            hand.key(key)
            assert getattr(viewer.layers, name) is not getattr(layers, name)
        hand.key(Qt.Key.Key_1)
        assert viewer.zoom == pytest.approx(1.0)
        hand.key(Qt.Key.Key_F)
        assert viewer.zoom != pytest.approx(1.0)
        hand.key(Qt.Key.Key_N)
        second = hand.wait_for_image()
        assert second != first
        hand.key(Qt.Key.Key_P)
        assert hand.wait_for_image() == first
        hand.key(Qt.Key.Key_S)
        assert hand.window.workplace.session.store.image(first).decision is Decision.SKIPPED
        hand.key(Qt.Key.Key_S)
        assert hand.window.workplace.session.store.image(first).decision is None

    assert in_window(project_folder, steps) == 0


def test_letters_typed_into_the_filter_are_no_shortcuts(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        first = hand.wait_for_image()
        text = hand.window.worklist.text
        text.setFocus()
        hand.qtbot.keyClicks(text, "xnds")
        assert text.text() == "xnds"
        assert hand.window.workplace.session.store.image(first).decision is None
        assert hand.window.worklist.current_image == first

    in_window(project_folder, steps)


def test_the_findings_list_and_the_canvas_share_their_selection(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        store, panel = hand.window.workplace.session.store, hand.window.findings
        image_id = hand.wait_for_image()
        hand.key(Qt.Key.Key_D)
        hand.draw(x=120, y=220, radius=50)
        hand.draw(x=220, y=360, radius=50)
        first, second = store.findings(image_id)
        assert panel.selected == second.id
        hand.key(Qt.Key.Key_V)
        hand.qtbot.mouseClick(hand.canvas, Qt.MouseButton.LeftButton, pos=hand.at(120, 220))
        assert panel.selected == first.id
        row = panel.table.visualItemRect(panel.table.item(1, 0)).center()
        hand.qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=row)
        assert hand.canvas.selected.id == second.id
        hand.key(Qt.Key.Key_Delete)
        assert [finding.id for finding in store.findings(image_id)] == [first.id]
        hand.key(Qt.Key.Key_Z, CTRL)
        assert len(store.findings(image_id)) == 2

    in_window(project_folder, steps)


def test_class_and_type_are_changed_in_the_list_and_can_be_undone(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        store, panel = hand.window.workplace.session.store, hand.window.findings
        image_id = hand.wait_for_image()
        hand.key(Qt.Key.Key_D)
        hand.draw(x=150, y=280, radius=60)
        for column, key in ((1, Qt.Key.Key_Down), (2, Qt.Key.Key_Down)):
            hand.qtbot.keyClick(panel.table.cellWidget(0, column), key)
        finding = store.findings(image_id)[0]
        assert (finding.finding_class, finding.finding_type) == (FindingClass.BENIGN, FindingType.MASS)
        assert store.region_labels(image_id) is None
        hand.key(Qt.Key.Key_Z, CTRL)
        hand.key(Qt.Key.Key_Z, CTRL)
        assert store.findings(image_id)[0].finding_class is FindingClass.MALIGNANT
        assert panel.table.cellWidget(0, 1).currentText() == "malignant"

    in_window(project_folder, steps)


def test_a_contour_that_the_store_refuses_is_kept_as_a_draft_and_the_reason_is_told(
    in_window: InWindow, project_folder: Path
):
    def steps(hand) -> None:
        window = hand.window
        image_id = hand.wait_for_image()
        window.workplace.session.reader = " "  # nobody reads: the store refuses
        hand.key(Qt.Key.Key_D)
        hand.draw(x=150, y=280, radius=60)
        store = window.workplace.session.store
        assert store.findings(image_id) == []
        assert "reader" in window.messages.text
        assert window.viewer.has_unfinished_drawing()
        assert not window.actions_by_name["undo"].isEnabled()
        window.workplace.session.reader = "Dr Test"
        hand.key(Qt.Key.Key_Return)
        assert len(store.findings(image_id)) == 1

    in_window(project_folder, steps)


def test_done_without_a_contour_asks_for_a_decision_first(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        first = hand.wait_for_image()
        hand.click(hand.window.findings.done)
        assert "Nothing is drawn" in hand.window.messages.text
        assert hand.window.worklist.current_image == first
        hand.click(hand.window.findings.nothing)
        hand.click(hand.window.findings.done)
        assert hand.wait_for_image() != first

    in_window(project_folder, steps)


def test_an_undo_out_of_sight_is_told(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        store = hand.window.workplace.session.store
        first = hand.wait_for_image()
        hand.key(Qt.Key.Key_D)
        hand.draw(x=150, y=280, radius=60)
        hand.key(Qt.Key.Key_N)
        hand.wait_for_image()
        hand.key(Qt.Key.Key_Z, CTRL)
        assert store.findings(first) == []
        key = store.image(first).patient_key
        assert hand.window.messages.text.startswith(f"Undone: draw malignant finding, on {key}")

    in_window(project_folder, steps)


def test_an_image_whose_file_is_gone_says_so_and_the_others_open(
    in_window: InWindow, project_folder: Path, tmp_path: Path
):
    with Project.open(project_folder) as project:
        record = project.store.images()[0]
        moved = shutil.copy(record.path, tmp_path / "gone.png")
        project.store.relocate(record.id, Path(moved), size_bytes=1, modified_ns=1)
        Path(moved).unlink()

    def steps(hand) -> None:
        window = hand.window
        window.worklist.which.setCurrentText(WorklistFilter.ALL.value)
        hand.wait_for_image()
        window.worklist.select(record.id)
        hand.wait(lambda: "cannot be shown" in hand.canvas.accessibleDescription())
        hand.key(Qt.Key.Key_N)
        hand.wait_for_image()

    assert in_window(project_folder, steps) == 0


def test_an_image_whose_file_is_another_one_now_is_not_shown(
    in_window: InWindow, project_folder: Path, tmp_path: Path
):
    with Project.open(project_folder) as project:
        record, other = project.store.images()[:2]
        swapped = shutil.copy(other.path, tmp_path / "swapped.png")
        project.store.relocate(record.id, Path(swapped), size_bytes=1, modified_ns=1)

    def steps(hand) -> None:
        window = hand.window
        window.worklist.which.setCurrentText(WorklistFilter.ALL.value)
        hand.wait_for_image()
        window.worklist.select(other.id)
        hand.wait_for_image()
        window.worklist.select(record.id)
        hand.wait(lambda: "not the file that was imported" in hand.canvas.accessibleDescription())
        hand.key(Qt.Key.Key_D)
        hand.draw(x=150, y=280, radius=60)
        assert window.workplace.session.store.findings(record.id) == []

    assert in_window(project_folder, steps) == 0


def test_a_reader_can_leave_an_image_and_close_while_the_disk_takes_nothing(
    in_window: InWindow, project_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object, **__: object) -> None:
        raise UserError("reading could not be saved: the disk is full.")

    def steps(hand) -> None:
        window = hand.window
        first = hand.wait_for_image()
        monkeypatch.setattr(window.workplace.session.store, "log_event", refuse)
        hand.key(Qt.Key.Key_N)
        assert hand.wait_for_image() != first
        assert "the disk is full" in window.messages.text

    assert in_window(project_folder, steps) == 0
    Project.open(project_folder).close()


def test_a_project_that_is_not_opened_leaves_the_open_one_open(
    in_window: InWindow, project_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    Project.create(tmp_path / "other").close()

    def steps(hand) -> None:
        hand.wait_for_image()
        workplace = hand.window.workplace
        session = workplace.session
        workplace.settings.reader = ""
        monkeypatch.setattr(workplace.sitting, "ask", lambda _project: "")
        workplace.open_project(tmp_path / "other")
        assert "was not opened" in hand.window.messages.text
        assert workplace.session is session
        hand.key(Qt.Key.Key_X)
        assert session.store.image(hand.window.viewer.image_id).decision is Decision.NOTHING_TO_DRAW

    assert in_window(project_folder, steps) == 0
    Project.open(tmp_path / "other").close()


def test_running_through_the_list_ends_on_the_image_chosen_last(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        hand.window.worklist.which.setCurrentText(WorklistFilter.ALL.value)
        hand.wait_for_image()
        for _ in range(9):
            hand.key(Qt.Key.Key_N)
        last = hand.window.worklist.current_image
        assert hand.wait_for_image() == last
        hand.wait(lambda: not hand.window.workplace.loader._tasks)
        assert hand.window.viewer.image_id == last

    in_window(project_folder, steps)


def test_the_next_image_is_loaded_ahead(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        hand.wait_for_image()
        worklist, loader = hand.window.worklist, hand.window.workplace.loader
        ahead = worklist.neighbour(1)
        hand.wait(lambda: ahead in loader.kept)
        hand.key(Qt.Key.Key_N)
        assert hand.window.viewer.image_id == ahead  # at once

    in_window(project_folder, steps)


def test_the_ledger_knows_who_read_what(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        read.append(hand.wait_for_image())
        hand.key(Qt.Key.Key_N)
        read.append(hand.wait_for_image())

    read: list[int] = []
    in_window(project_folder, steps)
    with Project.open(project_folder) as project:
        events = [event for event in project.store.events() if event.kind is EventKind.IMAGE_READ]
    assert [event.image_id for event in events] == read
    assert {event.reader for event in events} == {"Dr Test"}
    assert all(event.seconds is not None and event.seconds >= 0 for event in events)


def test_the_title_names_project_and_reader_and_no_patient(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        hand.wait_for_image()
        title = hand.window.windowTitle()
        assert "reading" in title
        assert "Dr Test" in title
        keys = {record.patient_key for record in hand.window.worklist.model.records}
        assert not any(key in title for key in keys)

    in_window(project_folder, steps)


def test_a_point_in_the_plane_opens_its_image(in_window: InWindow, project_folder: Path):
    import numpy as np

    from core.prediction import Prediction
    from core.recipe import Recipe
    from storage.records import NewModel, PromotionKind

    with Project.open(project_folder) as project:
        store = project.store
        new = NewModel("made", Recipe(), folder_name="1", sha256="0" * 64, metrics={}, annotated_images=0)
        model_id, _ = store.add_model(new)
        store.promote(model_id, kind=PromotionKind.FIRST)
        said = {}
        for n, record in enumerate(store.images()):
            regions = len(store.grid(record.id))
            cls = np.full((regions, 3), 1 / 3, np.float32)
            probability = np.array([0.1 + 0.8 * (n // 5) / 4, 0.1 + 0.8 * (n % 5) / 4])
            said[record.id] = Prediction(probability, cls, np.zeros((regions, 2), np.float32))
        store.add_predictions(model_id, said)
        wanted = store.images()[13].id

    def steps(hand) -> None:
        window = hand.window
        hand.wait_for_image()
        hand.key(Qt.Key.Key_2, CTRL)
        hand.wait(window.plane.isVisible)
        view = window.plane.canvas
        hand.wait(lambda: view.rect().contains(window.plane.position_of(wanted).toPoint()))
        place = window.plane.position_of(wanted).toPoint()
        hand.qtbot.mouseMove(view, place + QPoint(1, 0))
        hand.qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)
        hand.wait(lambda: window.worklist.current_image == wanted)
        assert hand.wait_for_image() == wanted
        assert window.viewer.isVisible()

    in_window(project_folder, steps)
