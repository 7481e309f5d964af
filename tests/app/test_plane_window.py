"""The plane in the window: a selection becomes a worklist or an export, and a click opens the image."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.export_dialog import ExportDialog
from app.worklist import Worklist, WorklistFilter
from core.domain import Decision, ImageId
from core.prediction import Prediction
from core.recipe import Recipe
from storage.exporting import ExportQuery, select
from storage.project import Project
from storage.records import NewModel, PromotionKind

InWindow = Callable[..., int]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def scored_folder(project_folder: Path) -> Path:
    """A project whose images are well apart in the plane."""
    with Project.open(project_folder) as project:
        model_id, _ = project.store.add_model(
            NewModel(
                name="m", recipe=Recipe(), folder_name="m", sha256="0" * 64, metrics={}, annotated_images=0
            )
        )
        project.store.add_predictions(
            model_id,
            {
                image.id: Prediction(
                    np.array([0.1 + 0.8 * (n // 5) / 4, 0.1 + 0.8 * (n % 5) / 4]),
                    np.full((image.regions, 3), 1 / 3, np.float32),
                    np.full((image.regions, 2), 0.1, np.float32),
                )
                for n, image in enumerate(project.store.images())
            },
        )
        project.store.promote(model_id, kind=PromotionKind.FIRST)
    return project_folder


def test_a_click_in_the_plane_opens_the_image_with_its_heatmap(in_window: InWindow, scored_folder: Path):
    def steps(hand) -> None:
        window = hand.window
        hand.wait_for_image()
        window.actions_by_name["plane_page"].trigger()
        assert window.plane.canvas.hasFocus()
        assert window.beside.currentWidget() is window.plane.side
        wanted = next(i for i in window.plane.points.image_id.tolist() if i != window.viewer.image_id)
        place = window.plane.position_of(ImageId(wanted)).toPoint()
        hand.qtbot.mouseClick(window.plane.canvas, LEFT, pos=place)
        assert hand.wait_for_image() == wanted
        assert window.tabs.currentIndex() == 0
        assert window.findings.isVisible()
        assert window.viewer.layers.heatmap

    in_window(scored_folder, steps)


def test_letters_pressed_in_the_plane_change_nothing_on_the_image_out_of_sight(
    in_window: InWindow, scored_folder: Path
):
    def steps(hand) -> None:
        first = hand.wait_for_image()
        window = hand.window
        window.actions_by_name["plane_page"].trigger()
        hand.wait(window.plane.canvas.hasFocus)
        for key in (Qt.Key.Key_S, Qt.Key.Key_X, Qt.Key.Key_H, Qt.Key.Key_Delete):
            hand.qtbot.keyClick(window.plane.canvas, key)
        assert window.workplace.session.store.image(first).decision is None
        assert window.actions_by_name["heatmap"].isChecked()

    in_window(scored_folder, steps)


def test_a_selection_becomes_a_worklist_that_is_left_by_its_chip(in_window: InWindow, scored_folder: Path):
    def steps(hand) -> None:
        hand.wait_for_image()
        window = hand.window
        listed = list(window.worklist.listed)
        window.actions_by_name["plane_page"].trigger()
        hand.qtbot.keyClick(window.plane.canvas, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        everything = window.plane.selected_images
        assert everything == {r.id for r in window.workplace.session.store.images()}
        mask = window.plane.points.x > 0.5
        window.plane.canvas.selected.emit(mask)
        wanted = set(window.plane.points.image_id[mask].tolist())
        hand.click(window.plane.selection.worklist)
        opened = window.worklist.current_image
        assert set(window.worklist.listed) == wanted | {opened}
        assert window.worklist.chip.isVisible()
        assert f"{len(wanted)} images selected in the plane" in window.worklist.chip.text()
        hand.click(window.worklist.chip)
        assert window.worklist.listed == listed
        assert not window.worklist.chip.isVisible()

    in_window(scored_folder, steps)


def test_a_selection_is_exported_as_it_is(in_window: InWindow, scored_folder: Path, tmp_path: Path):
    def steps(hand) -> None:
        hand.wait_for_image()
        window = hand.window
        window.actions_by_name["plane_page"].trigger()
        mask = window.plane.points.x > 0.5
        window.plane.canvas.selected.emit(mask)

        def export(dialog: ExportDialog) -> None:
            assert dialog.count.text().startswith(f"{mask.sum()} images")
            dialog.target.text.setText(str(tmp_path / "out"))
            hand.click(dialog.export)

        hand.with_dialog(ExportDialog, export)
        hand.click(window.plane.selection.export)
        wanted = {window.plane.points.image_id[i] for i in np.flatnonzero(mask)}
        written = json.loads((tmp_path / "out" / "contours.json").read_text())
        assert {image["id"] for image in written["images"]} == wanted
        manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
        assert manifest["query"]["images"] == len(wanted)

    in_window(scored_folder, steps)


def test_a_query_for_some_images_takes_no_other(project: Project):
    images = [image.id for image in project.store.images()]
    project.store.set_decision(images[0], reader="A", decision=Decision.NOTHING_TO_DRAW)
    wanted = frozenset(images[1:4])
    found = select(project.store, ExportQuery(annotated_only=False, images=wanted))
    assert {image.id for image in found.images} == wanted
    assert not select(project.store, ExportQuery(images=frozenset())).images


def test_the_filter_chosen_before_comes_back_with_the_whole_list(project: Project, qtbot: QtBot):
    worklist = Worklist()
    qtbot.addWidget(worklist)
    records = project.store.images()
    worklist.set_records(records)
    worklist.which.setCurrentText(WorklistFilter.TEST.value)
    before = worklist.listed
    worklist.show_only(frozenset({records[0].id, records[5].id}))
    worklist.show_only(frozenset({records[2].id}))
    assert worklist.listed == [records[2].id]
    worklist.set_records(records)
    assert worklist.listed == [records[2].id]
    qtbot.mouseClick(worklist.chip, LEFT)
    assert worklist.listed == before
    assert worklist.which.currentText() == WorklistFilter.TEST.value
