"""The window as a reader uses it: through its real entry, by mouse and keys, with the real worker."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.export_dialog import ExportDialog
from app.jobs import JobOutcome
from app.worklist import WorklistFilter
from core.domain import Decision, RegionLabel
from core.events import Finished
from core.job import Step, write_result
from storage.jobs import prepare_job
from storage.project import Project
from storage.records import EventKind

InWindow = Callable[..., int]
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
TRAINING_SECONDS = 120


def test_a_reader_draws_retrains_exports_and_finds_everything_again(
    in_window: InWindow, project_folder: Path, tmp_path: Path
):
    drawn = {}

    def first_day(hand) -> None:
        session = hand.window.workplace.session
        store = session.store
        image_id = hand.wait_for_image()
        hand.key(Qt.Key.Key_D)
        hand.draw(x=150, y=280, radius=70)
        finding = store.findings(image_id)[0]
        assert RegionLabel.M in store.region_labels(image_id)
        hand.key(Qt.Key.Key_Z, CTRL)
        assert store.findings(image_id) == []
        hand.key(Qt.Key.Key_Z, CTRL | SHIFT)
        assert [again.id for again in store.findings(image_id)] == [finding.id]
        hand.key(Qt.Key.Key_Return, CTRL)
        assert store.image(image_id).decision is Decision.ANNOTATED
        hand.wait(lambda: hand.window.worklist.current_image != image_id)
        next_id = hand.wait_for_image()
        hand.key(Qt.Key.Key_X)
        assert store.image(next_id).decision is Decision.NOTHING_TO_DRAW
        hand.click(hand.window.training.retrain)
        hand.wait(lambda: hand.window.workplace.retraining.is_running)
        hand.wait(lambda: not hand.window.workplace.retraining.is_running, seconds=TRAINING_SECONDS)
        assert "Model 1 is trained on 1 annotated image" in hand.window.messages.text
        assert "Model 1" in hand.window.training.card.text()
        assert hand.window.training.curves.points == 12
        hand.window.worklist.which.setCurrentText(WorklistFilter.ALL.value)
        listed = hand.window.worklist.listed
        assert [store.image(listed_id).rank for listed_id in listed] == list(range(1, len(listed) + 1))
        hand.key(Qt.Key.Key_2, CTRL)
        assert len(hand.window.plane.points) == len(listed)
        hand.window.plane.canvas.setFocus()
        hand.qtbot.keyClick(hand.window.plane.canvas, Qt.Key.Key_1, CTRL)
        hand.with_dialog(ExportDialog, lambda dialog: export(hand, dialog, tmp_path / "out"))
        hand.key(Qt.Key.Key_E, CTRL)
        drawn.update(image=image_id, finding=finding.id, next=next_id, order=listed)

    def second_day(hand) -> None:
        hand.wait_for_image()
        store = hand.window.workplace.session.store
        assert [finding.id for finding in store.findings(drawn["image"])] == [drawn["finding"]]
        assert store.image(drawn["next"]).decision is Decision.NOTHING_TO_DRAW
        hand.window.worklist.which.setCurrentText(WorklistFilter.ALL.value)
        assert hand.window.worklist.listed == drawn["order"]
        assert "Model 1" in hand.window.training.card.text()

    assert in_window(project_folder, first_day) == 0
    assert in_window(project_folder, second_day) == 0
    exported = json.loads((tmp_path / "out" / "contours.json").read_bytes())
    assert [annotation["image_id"] for annotation in exported["annotations"]] == [drawn["image"]]
    with Project.open(project_folder) as project:
        seconds = {event.kind: event.seconds for event in project.store.events() if event.seconds is not None}
    assert EventKind.IMAGE_READ in seconds
    assert EventKind.FINDING_ADDED in seconds


def export(hand, dialog: ExportDialog, target: Path) -> None:
    assert dialog.count.text().startswith("2 images with 1 finding")
    dialog.with_empty.setChecked(False)
    assert dialog.count.text() == "1 image with 1 finding"
    dialog.target.text.setText(str(target))
    hand.click(dialog.export)
    assert "1 image, 1 finding" in dialog.result.text()


def test_a_worker_that_is_killed_in_training_is_told_and_leaves_the_project_whole(
    in_window: InWindow, project_folder: Path, settings_folder: Path
):
    from app.settings import Settings

    settings = Settings()
    settings.recipe_changes = {**settings.recipe_changes, "epochs": 100_000}
    settings.close()

    def steps(hand) -> None:
        window, workplace = hand.window, hand.window.workplace
        hand.wait_for_image()
        before = workplace.session.store.images()
        hand.click(window.training.retrain)
        hand.wait(lambda: window.training.curves.points > 0, seconds=TRAINING_SECONDS)
        os.kill(workplace.retraining.runner.process_id, getattr(signal, "SIGKILL", signal.SIGTERM))
        hand.wait(lambda: not workplace.retraining.is_running)
        assert window.messages.text.startswith("Training ended unexpectedly. Nothing was changed.")
        assert workplace.session.store.images() == before
        assert workplace.session.store.models() == []
        assert window.training.retrain.isVisible()
        assert window.training.retrain.isEnabled()
        hand.click(window.training.retrain)
        hand.wait(window.training.stop.isEnabled, seconds=TRAINING_SECONDS)
        hand.click(window.training.stop)
        hand.wait(lambda: not workplace.retraining.is_running, seconds=TRAINING_SECONDS)
        assert [model.id for model in workplace.session.store.models()] == [1]
        assert window.messages.text.startswith("Model 1 is trained on weak labels only.")

    assert in_window(project_folder, steps) == 0


def test_cancelling_a_training_changes_nothing(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        window, workplace = hand.window, hand.window.workplace
        hand.wait_for_image()
        hand.click(window.training.retrain)
        hand.wait(lambda: workplace.retraining.is_running)
        hand.click(window.training.cancel)
        hand.wait(lambda: not workplace.retraining.is_running, seconds=TRAINING_SECONDS)
        assert window.messages.text == "Training was cancelled. Nothing was changed."
        assert workplace.session.store.models() == []

    assert in_window(project_folder, steps) == 0


def test_training_settings_that_make_no_sense_start_nothing(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        hand.wait_for_image()
        hand.window.workplace.settings._set("training/recipe", '{"device": ')
        hand.click(hand.window.training.retrain)
        assert hand.window.messages.text.startswith("The training settings in settings.ini")
        assert not hand.window.workplace.retraining.is_running

    assert in_window(project_folder, steps) == 0


def test_results_that_come_after_a_cancel_are_not_taken_in_now_or_later(
    in_window: InWindow, project_folder: Path
):
    def steps(hand) -> None:
        window, retraining = hand.window, hand.window.workplace.retraining
        project = window.workplace.session.project
        hand.wait_for_image()
        folder = prepare_job(project, steps=(Step.FEATURES,))
        write_result(folder, [])
        retraining.runner.ended.emit(JobOutcome(folder, Finished(), was_cancelled=True, log_tail=""))
        assert window.messages.text == "Training was cancelled. Nothing was changed."
        assert project.store.is_job_imported(folder.name)

    assert in_window(project_folder, steps) == 0


def test_damaged_results_that_were_left_lying_are_told_once(in_window: InWindow, project_folder: Path):
    with Project.open(project_folder) as project:
        for damaged in ("result.json", "job.json"):
            folder = prepare_job(project, steps=(Step.FEATURES,))
            write_result(folder, ["arrays.npz"])
            (folder / damaged).write_bytes(b"{")

    def first(hand) -> None:
        hand.wait_for_image()
        assert hand.window.messages.text.startswith("The results of 2 finished jobs are damaged")

    def second(hand) -> None:
        hand.wait_for_image()
        assert "damaged" not in hand.window.messages.text

    assert in_window(project_folder, first) == 0
    assert in_window(project_folder, second) == 0


@pytest.mark.skipif(os.name != "posix", reason="asks the system for a process as POSIX does")
def test_closing_in_the_middle_of_training_leaves_no_process_and_a_whole_project(
    in_window: InWindow, project_folder: Path
):
    workers: list[int] = []

    def steps(hand) -> None:
        window, workplace = hand.window, hand.window.workplace
        hand.wait_for_image()
        hand.key(Qt.Key.Key_D)
        hand.draw(x=150, y=280, radius=60)
        hand.click(window.training.retrain)
        hand.wait(lambda: bool(workplace.retraining.runner.process_id))
        workers.append(workplace.retraining.runner.process_id)

    assert in_window(project_folder, steps) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(workers[0], 0)
    assert not [w for w in QApplication.topLevelWidgets() if w.isVisible()]
    with Project.open(project_folder) as project:
        assert sum(image.malignant_findings for image in project.store.images()) == 1
        assert project.store.models() == []
