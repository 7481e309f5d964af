"""Models in the window: the question about a candidate, the ledger, going back, and a training that was interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.marks_panel import MarksPanel
from app.model_ledger import ModelLedger
from app.viewer.model_overlay import RankedBox
from core.domain import FindingClass
from core.job import Job, Step, write_result
from core.recipe import Method, Recipe
from storage.jobs import import_results, interrupted_training, prepare_job
from storage.project import Project
from storage.promotion import use_model
from storage.records import ModelRecord, PromotionKind

InWindow = Callable[..., int]
CTRL = Qt.KeyboardModifier.ControlModifier
SHORT = Recipe(method=Method.CLS_DET_RS, epochs=3, components=8, hidden=16, batch_images=64, threads=1)
FIT = (Step.FEATURES, Step.FIT, Step.SCORE)
WORK_SECONDS = 120


def leave_model(project: Project, *, seed: int, calibration: object = None) -> Path:
    """The folder of a finished fit as a worker leaves it, with random scores."""
    folder = prepare_job(project, steps=FIT, recipe=SHORT)
    random = np.random.default_rng(seed)
    (folder / "model").mkdir()
    (folder / "model" / "weights.safetensors").write_bytes(b"weights")
    (folder / "model" / "metrics.json").write_text(json.dumps({"calibration": calibration}))
    with np.load(folder / "arrays.npz") as arrays:
        offsets = arrays["offsets"]
    ids = [image.image_id for image in Job.read(folder).images]
    np.savez(
        folder / "predictions.npz",
        image_id=np.array(ids),
        offsets=offsets,
        probability=random.random((len(ids), 2)),
        cls=np.full((offsets[-1], 3), 1 / 3, np.float32),
        score=random.random((offsets[-1], 2), dtype=np.float32),
    )
    write_result(folder, ["model/weights.safetensors", "model/metrics.json", "predictions.npz"])
    return folder


def add_model(project: Project, *, seed: int, calibration: object = None) -> None:
    """A model that has come in."""
    import_results(project, leave_model(project, seed=seed, calibration=calibration))


@pytest.fixture
def two_models(project_folder: Path) -> Path:
    """A project with model 1 in use and model 2 waiting."""
    with Project.open(project_folder) as project:
        add_model(project, seed=1)
        add_model(project, seed=2)
    return project_folder


def decisions(folder: Path) -> list[tuple[int, PromotionKind, str | None]]:
    with Project.open(folder, read_only=True) as project:
        return [(p.model_id, p.kind, p.reader) for p in project.store.promotions()]


def test_the_reader_is_asked_about_a_candidate_and_uses_it_and_goes_back(
    in_window: InWindow, two_models: Path
):
    def steps(hand) -> None:
        window, store = hand.window, hand.window.workplace.session.store
        image_id = hand.wait_for_image()
        assert window.candidate.text.startswith("Model 2 is a candidate: AUROC")
        assert "not shown to be less than 0.05 worse" in window.candidate.text
        assert (window.candidate.yes.text(), window.candidate.no.text()) == ("Use it", "Keep model 1")
        assert not window.training.back.isVisible()
        hand.click(window.candidate.yes)
        assert window.candidate.text == ""
        assert "Model 2" in window.training.card.text()
        shown = window.worklist.model.record(image_id).p_malignant
        assert shown == store.prediction(image_id, 2).p_malignant
        assert window.training.back.text() == "Go back to model 1"
        hand.click(window.training.back)
        assert window.messages.text == "Model 1 is in use again. The worklist is ranked by it."
        assert window.worklist.model.record(image_id).p_malignant == store.prediction(image_id, 1).p_malignant
        assert not window.actions_by_name["former_model"].isEnabled()

    assert in_window(two_models, steps) == 0
    assert decisions(two_models)[1:] == [
        (2, PromotionKind.BY_HAND, "Dr Test"),
        (1, PromotionKind.ROLLED_BACK, "Dr Test"),
    ]


def test_a_candidate_that_is_not_taken_is_not_asked_about_again(in_window: InWindow, two_models: Path):
    def first(hand) -> None:
        hand.wait_for_image()
        hand.click(hand.window.candidate.no)
        assert hand.window.candidate.text == ""
        assert "Model 2 was not taken" in hand.window.messages.text
        assert "Model 1" in hand.window.training.card.text()

    def second(hand) -> None:
        hand.wait_for_image()
        assert hand.window.candidate.text == ""

    assert in_window(two_models, first) == 0
    assert in_window(two_models, second) == 0
    assert decisions(two_models)[1:] == [(2, PromotionKind.REFUSED, "Dr Test")]


def test_who_only_looks_is_asked_nothing_and_can_change_no_model(in_window: InWindow, two_models: Path):
    def steps(hand) -> None:
        hand.wait_for_image()
        assert hand.window.candidate.text == ""
        hand.with_dialog(ModelLedger, look)
        hand.key(Qt.Key.Key_M, CTRL)

    def look(dialog) -> None:
        assert dialog.table.rowCount() == 2
        assert not dialog.use.isEnabled()
        assert not dialog.margin.isEnabled()

    assert in_window(two_models, steps, read_only=True) == 0


def test_the_ledger_shows_each_model_with_its_recipe_and_uses_the_chosen_one(
    in_window: InWindow, two_models: Path
):
    def steps(hand) -> None:
        hand.wait_for_image()
        hand.with_dialog(ModelLedger, lambda dialog: choose(hand, dialog))
        hand.key(Qt.Key.Key_M, CTRL)
        assert "Model 2" in hand.window.training.card.text()

    def choose(hand, dialog) -> None:
        states = [dialog.table.item(row, 1).text() for row in range(dialog.table.rowCount())]
        assert states == ["candidate", "in use"]
        assert "epochs 3" in dialog.recipe.toPlainText()
        assert "Compared with model 1: AUROC" in dialog.verdict.text()
        dialog.margin.setValue(0.1)
        dialog.margin.editingFinished.emit()
        hand.click(dialog.use)
        assert dialog.table.item(0, 1).text() == "in use"
        assert dialog.table.item(0, 8).text().startswith("Dr Test, by hand, ")
        assert not dialog.use.isEnabled()
        dialog.table.setCurrentCell(1, 0)
        assert dialog.use.text() == "Use model 1"
        assert "no model in use to compare it with" in dialog.verdict.text()

    assert in_window(two_models, steps) == 0
    with Project.open(two_models, read_only=True) as project:
        assert project.store.promotion_rules().margin == 0.1


def test_every_probability_says_whether_it_is_calibrated(in_window: InWindow, two_models: Path):
    with Project.open(two_models) as project:
        add_model(project, seed=3, calibration={"temperature": {"M": 1.5, "B": 1.0}, "images": 5})

    def tip(window) -> str:
        header, role = Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole
        return window.worklist.model.headerData(4, header, role)

    def steps(hand) -> None:
        window = hand.window
        hand.wait_for_image()
        assert ", not calibrated" in window.findings.caption.text()
        assert tip(window).endswith("; not calibrated")
        assert "probabilities not calibrated" in window.training.card.text()
        hand.click(window.candidate.yes)
        assert ", calibrated" in window.findings.caption.text()
        assert tip(window).endswith("; calibrated")
        assert "calibrated on validation images" in window.training.card.text()

    assert in_window(two_models, steps) == 0


def test_a_model_whose_predictions_were_let_go_scores_the_images_before_it_is_used(
    in_window: InWindow, project_folder: Path
):
    def steps(hand) -> None:
        window, workplace = hand.window, hand.window.workplace
        project = workplace.session.project
        hand.wait_for_image()
        hand.click(window.training.retrain)  # a real one: it must be able to score
        hand.wait(lambda: workplace.retraining.is_running)
        hand.wait(lambda: not workplace.retraining.is_running, seconds=WORK_SECONDS)
        for seed in (2, 3):
            add_model(project, seed=seed)
            use_model(project.store, project.store.models()[-1].id, reader="A")
        add_model(project, seed=4)
        assert not project.store.probabilities(1)
        workplace.choice.use(1)
        hand.wait(lambda: project.store.current_model().id == 1, seconds=WORK_SECONDS)
        assert not workplace.retraining.is_running
        assert window.messages.text == "Model 1 is in use. The worklist is ranked by it."

    assert in_window(project_folder, steps) == 0


def interrupt(folder: Path) -> None:
    with Project.open(folder) as project:
        job = prepare_job(project, steps=FIT, recipe=SHORT)
        (job / "checkpoint").mkdir()
        (job / "checkpoint" / "checkpoint.json").write_text('{"plain": {"epoch": 2}}')


def test_an_interrupted_training_goes_on_where_the_reader_wants_it(in_window: InWindow, project_folder: Path):
    interrupt(project_folder)

    def steps(hand) -> None:
        window, workplace = hand.window, hand.window.workplace
        hand.wait_for_image()
        assert window.interrupted.text == "A training (Cls-Det-RS) was interrupted at epoch 2 of 3."
        hand.click(window.interrupted.yes)
        assert window.interrupted.text == ""
        assert workplace.retraining.is_running
        hand.wait(lambda: not workplace.retraining.is_running, seconds=WORK_SECONDS)
        assert "Model 1" in window.training.card.text()
        assert window.interrupted.text == ""

    assert in_window(project_folder, steps) == 0


def test_an_interrupted_training_that_is_discarded_is_gone(in_window: InWindow, project_folder: Path):
    interrupt(project_folder)

    def steps(hand) -> None:
        hand.wait_for_image()
        hand.click(hand.window.interrupted.no)
        assert hand.window.interrupted.text == ""
        assert interrupted_training(hand.window.workplace.session.project) is None

    assert in_window(project_folder, steps) == 0


def test_results_on_their_way_in_when_the_window_closes_come_in_at_the_next_opening(
    in_window: InWindow, project_folder: Path
):
    def first(hand) -> None:
        workplace = hand.window.workplace
        hand.wait_for_image()
        workplace.retraining._take_in(leave_model(workplace.session.project, seed=1))
        assert workplace.retraining.is_running
        assert workplace.session.store.models() == []

    def second(hand) -> None:
        hand.wait_for_image()
        assert "Model 1 is trained on" in hand.window.messages.text

    assert in_window(project_folder, first) == 0
    assert in_window(project_folder, second) == 0


def box(rank: int, *, which: FindingClass = FindingClass.MALIGNANT) -> RankedBox:
    return RankedBox(which, rank, 0.5 / rank, (10.0, 10.0, 50.0, 50.0), 0.8, 0.625 / rank)


@pytest.fixture
def model(project: Project) -> ModelRecord:
    add_model(project, seed=1)
    return project.store.model(1)


def test_the_panel_says_why_there_is_no_box_and_lists_what_there_is(qtbot, model):
    panel = MarksPanel()
    qtbot.addWidget(panel)
    assert panel.text == "No model yet: nothing is scored."
    panel.show_marks(model, None)
    assert panel.text.startswith("Model 1, ")
    assert panel.text.endswith(": not scored.")
    panel.show_marks(model, [])
    assert panel.text.endswith(": every region is below the threshold of 0.05.")
    panel.show_marks(model, [box(1, which=FindingClass.BENIGN), box(1), box(2)])
    assert panel.rows == [
        "M1   d 0.500  p_cls 0.800  p_det 0.625",
        "M2   d 0.250  p_cls 0.800  p_det 0.312",
        "B1   d 0.500  p_cls 0.800  p_det 0.625",
    ]
    panel.show_hidden()
    assert "hidden" in panel.text
    assert panel.rows == []


def test_a_press_on_a_line_asks_to_look_at_its_box(qtbot, model):
    panel = MarksPanel()
    qtbot.addWidget(panel)
    panel.show()
    chosen = []
    panel.mark_chosen.connect(chosen.append)
    second = box(2)
    panel.show_marks(model, [box(1), second])
    place = panel._list.visualItemRect(panel._list.item(1)).center()
    qtbot.mouseClick(panel._list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen == [second]


def test_a_model_that_comes_into_use_is_not_shown_on_the_open_image_until_the_reader_asks(
    in_window: InWindow, project_folder: Path
):
    with Project.open(project_folder) as project:
        add_model(project, seed=1)
        add_model(project, seed=2)

    def steps(hand) -> None:
        window = hand.window
        hand.wait_for_image()
        assert window.marks.text.startswith("Model 1, ")
        before = window.marks.rows
        assert before
        hand.click(window.candidate.yes)
        assert "Model 2" in window.training.card.text()
        assert window.marks.text.startswith("Model 1, ")
        assert window.marks.rows == before
        assert window.marks._newer.text() == "Show what model 2 marks"
        hand.click(window.marks._newer)
        assert window.marks.text.startswith("Model 2, ")
        assert window.marks.rows != before
        assert not window.marks._newer.isVisible()

    assert in_window(project_folder, steps) == 0


def test_the_next_image_is_seen_with_the_model_that_is_in_use(in_window: InWindow, project_folder: Path):
    with Project.open(project_folder) as project:
        add_model(project, seed=1)
        add_model(project, seed=2)

    def steps(hand) -> None:
        window = hand.window
        first = hand.wait_for_image()
        hand.click(window.candidate.yes)
        hand.key(Qt.Key.Key_N)
        hand.wait(lambda: window.viewer.image_id not in (None, first) and bool(window.marks.rows))
        assert window.marks.text.startswith("Model 2, ")

    assert in_window(project_folder, steps) == 0


def test_the_box_that_was_jumped_to_is_accepted_as_it_is_and_told_apart_once_it_is_changed(
    in_window: InWindow, project_folder: Path
):
    with Project.open(project_folder) as project:
        add_model(project, seed=1)

    def steps(hand) -> None:
        window, store = hand.window, hand.window.workplace.session.store
        image_id = hand.wait_for_image()
        hand.key(Qt.Key.Key_Y)
        assert "Point at a box" in window.messages.text
        assert store.findings(image_id) == []
        hand.key(Qt.Key.Key_J)
        box = window.viewer.best_boxes()[-3]
        assert (box.finding_class, box.rank) == (FindingClass.MALIGNANT, 1)
        hand.key(Qt.Key.Key_Y)
        [finding] = store.findings(image_id)
        assert finding.contour.bounds == box.rect
        assert (finding.provenance, finding.suggestion.model_id, finding.suggestion.iom) == (
            "accepted",
            1,
            1.0,
        )
        assert "a box of model 1, as it is" in window.findings.details.tells.text()
        hand.key(Qt.Key.Key_Z, CTRL)
        assert store.findings(image_id) == []

    assert in_window(project_folder, steps) == 0
