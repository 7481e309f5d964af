"""Sittings in the real window: what is shown of the model and when, what is recorded, pauses, and the review."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.project_dialog import ReaderDialog
from app.settings import Settings
from core.domain import Arm, Contour, Decision, FindingClass, FindingType, Role
from core.job import Job, Step, write_result
from core.recipe import Method, Recipe
from storage.changes import Changes
from storage.jobs import import_results, prepare_job
from storage.project import Project
from storage.reading_time import readings
from storage.records import ReadingKind

InWindow = Callable[..., int]
CTRL = Qt.KeyboardModifier.ControlModifier
SHORT = Recipe(method=Method.CLS_DET_RS, epochs=3, components=8, hidden=16, batch_images=64, threads=1)
K = ReadingKind


@pytest.fixture
def scored(project_folder: Path) -> Path:
    """A project with a model whose scores are high enough for boxes on every image."""
    with Project.open(project_folder) as project:
        folder = prepare_job(project, steps=(Step.FEATURES, Step.FIT, Step.SCORE), recipe=SHORT)
        (folder / "model").mkdir()
        (folder / "model" / "weights.safetensors").write_bytes(b"weights")
        (folder / "model" / "metrics.json").write_text(json.dumps({"calibration": None}))
        with np.load(folder / "arrays.npz") as arrays:
            offsets = arrays["offsets"]
        ids = [image.image_id for image in Job.read(folder).images]
        np.savez(
            folder / "predictions.npz",
            image_id=np.array(ids),
            offsets=offsets,
            probability=np.full((len(ids), 2), 0.5),
            cls=np.full((offsets[-1], 3), 1 / 3, np.float32),
            score=np.full((offsets[-1], 2), 0.3, np.float32),
        )
        write_result(folder, ["model/weights.safetensors", "model/metrics.json", "predictions.npz"])
        import_results(project, folder)
    return project_folder


def choose_arm(arm: Arm) -> None:
    settings = Settings()
    settings.arm = arm
    settings.close()


def shows_model(hand) -> bool:
    """Whether anything of the model is anywhere in the window."""
    window = hand.window
    return (
        bool(window.marks.rows)
        or window.viewer.canvas.picture.model is not None
        or "p(malignant)" in window.findings.caption.text()
        or not window.worklist.table.isColumnHidden(4)
        or window.tabs.isTabEnabled(1)
        or "Rank" in window.tells.text()
    )


def kinds(folder: Path) -> list[ReadingKind]:
    with Project.open(folder, read_only=True) as project:
        return [event.kind for event in project.store.reading() if event.kind is not K.INPUT]


def test_with_the_model_hidden_nothing_of_it_is_seen_before_the_reader_has_decided(
    in_window: InWindow, scored: Path
):
    choose_arm(Arm.HIDDEN)

    def steps(hand) -> None:
        window = hand.window
        hand.wait_for_image()
        assert not shows_model(hand)
        assert "hidden" in window.marks.text
        hand.key(Qt.Key.Key_H, CTRL)
        assert not shows_model(hand)
        assert "until you have decided" in window.messages.text
        hand.key(Qt.Key.Key_X)
        assert window.viewer.canvas.picture.model is not None
        assert window.marks.rows
        hand.key(Qt.Key.Key_N)
        first = window.viewer.image_id
        hand.wait(lambda: window.viewer.image_id not in (None, first))
        assert not shows_model(hand)

    assert in_window(scored, steps) == 0
    seen = kinds(scored)
    assert seen[:4] == [K.OPENED, K.MODEL_HIDDEN, K.DECISION, K.MODEL_SHOWN]
    with Project.open(scored) as project:
        assert [sitting.arm for sitting in project.store.sittings()] == [Arm.HIDDEN]
        assert project.store._rows("SELECT count(*) FROM decision WHERE sitting_id = 1") == [(1,)]


def test_on_request_the_model_is_shown_when_asked_for_and_the_moment_is_kept(
    in_window: InWindow, scored: Path
):
    choose_arm(Arm.ON_REQUEST)

    def steps(hand) -> None:
        window = hand.window
        hand.wait_for_image()
        assert not shows_model(hand)
        assert "on request" in window.marks.text
        hand.key(Qt.Key.Key_H, CTRL)
        assert window.marks.rows
        assert window.viewer.canvas.picture.model is not None
        assert window.worklist.table.isColumnHidden(4)

    assert in_window(scored, steps) == 0
    assert kinds(scored) == [K.OPENED, K.MODEL_HIDDEN, K.MODEL_REQUESTED, K.MODEL_SHOWN, K.CLOSED]
    with Project.open(scored, read_only=True) as project:
        [reading] = readings(project.store.reading())
    assert reading.model_requested is not None
    assert reading.is_closed


def test_strokes_edits_and_pauses_are_recorded(in_window: InWindow, scored: Path):
    def steps(hand) -> None:
        window = hand.window
        hand.wait_for_image()
        hand.key(Qt.Key.Key_D)
        hand.draw(x=150, y=280, radius=60)
        hand.key(Qt.Key.Key_P, CTRL)
        assert not window.tabs.isEnabled()
        window.actions_by_name["pause"].trigger()
        assert window.tabs.isEnabled()

    assert in_window(scored, steps) == 0
    assert kinds(scored) == [
        K.OPENED,
        K.MODEL_SHOWN,
        K.STROKE_BEGUN,
        K.STROKE_ENDED,
        K.PAUSED,
        K.RESUMED,
        K.CLOSED,
    ]
    with Project.open(scored, read_only=True) as project:
        [reading] = readings(project.store.reading())
        [finding] = project.store.all_findings().values()
    assert list(reading.contours) == [finding[0].id]
    assert reading.times.drawing > 0


def test_a_second_reader_sits_down_and_sees_their_own(in_window: InWindow, scored: Path):
    def steps(hand) -> None:
        window = hand.window
        image_id = hand.wait_for_image()
        hand.key(Qt.Key.Key_D)
        hand.draw(x=150, y=280, radius=60)

        def act(dialog) -> None:
            dialog.name.setText("Dr Two")
            dialog.arm.choose(Arm.HIDDEN)
            dialog.accept()

        hand.with_dialog(ReaderDialog, act)
        window.actions_by_name["change_reader"].trigger()
        assert hand.canvas.contours.findings == ()
        hand.key(Qt.Key.Key_Z, CTRL)
        assert len(window.workplace.session.store.findings(image_id)) == 1  # another's work is not undone
        assert window.worklist.model.record(image_id).malignant_findings == 0
        assert not shows_model(hand)
        assert "Dr Two" in window.windowTitle()

    assert in_window(scored, steps) == 0
    with Project.open(scored, read_only=True) as project:
        assert [(s.reader, s.arm) for s in project.store.sittings()] == [
            ("Dr Test", Arm.SHOWN),
            ("Dr Two", Arm.HIDDEN),
        ]


def test_the_review_opens_all_readers_and_a_drawing_in_it_settles_the_image(
    in_window: InWindow, scored: Path
):
    square = Contour.from_points([(40, 40), (140, 40), (140, 140), (40, 140)])

    def steps(hand) -> None:
        window, store = hand.window, hand.window.workplace.session.store
        image_id = hand.wait_for_image()
        other, _ = store.add_finding(
            image_id,
            reader="Dr Two",
            finding_class=FindingClass.MALIGNANT,
            finding_type=FindingType.MASS,
            contour=square,
        )
        store.set_decision(image_id, reader="Dr Two", decision=Decision.ANNOTATED)
        hand.key(Qt.Key.Key_D)
        hand.draw(x=120, y=120, radius=50)
        own = hand.canvas.contours.findings[0].id
        hand.key(Qt.Key.Key_R, CTRL | Qt.KeyboardModifier.ShiftModifier)
        assert {finding.id for finding in hand.canvas.contours.findings} == {own, other}
        said = window.findings.readers.text()
        assert "Dr Two: 1 malignant, annotated" in said
        assert "Dr Test: 1 malignant, no decision" in said
        assert "IoM" in said
        before = store.history(other)
        window.findings.table.setCurrentCell(0, 0)
        window.findings.select(other)
        window.findings.delete_requested.emit(other)
        assert store.history(other) == before
        assert "stays as it is" in window.messages.text
        second, _ = store.add_finding(
            image_id,
            reader="Dr Two",
            finding_class=FindingClass.MALIGNANT,
            finding_type=FindingType.MASS,
            contour=square,
        )
        window.workplace.session.announce(Changes(everything=True))
        window.findings.select(other)
        for change in (
            window.workplace.desk.join,
            lambda: window.findings.details.link_requested.emit(other, second),
        ):
            change()  # neither a join nor a link gets at what is another reader's
            assert store.history(other) == before
            assert len(store.history(second)) == 1
        store.delete_finding(second, reader="Dr Two")
        hand.draw(x=160, y=300, radius=40)
        settled = [finding for finding in store.findings(image_id) if finding.role is Role.ADJUDICATED]
        assert [finding.owner for finding in settled] == ["Dr Test"]
        assert store.counting_findings(image_id) == settled
        hand.key(Qt.Key.Key_R, CTRL | Qt.KeyboardModifier.ShiftModifier)
        assert [finding.id for finding in hand.canvas.contours.findings] == [own]
        assert not window.findings.readers.isVisible()

    assert in_window(scored, steps) == 0
