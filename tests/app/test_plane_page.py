"""The page of the probability plane: real mouse and keys, a real store, real background work."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFont, QMouseEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sklearn.metrics import confusion_matrix

from app.plane import PlanePage
from app.plane.canvas import Hand
from app.plane.colouring import ColourBy
from app.plane.evaluation import COLUMNS
from app.session import Session
from core.domain import Contour, Decision, FindingClass, FindingType, ImageId, Split
from core.metrics import operating_threshold
from core.prediction import Prediction
from core.recipe import Recipe
from storage.edits import SetDecision
from storage.project import Project
from storage.records import NewModel, PromotionKind

LEFT = Qt.MouseButton.LeftButton
SECONDS = 30_000
CORNERS = {"N": (0.1, 0.1), "B": (0.15, 0.85), "M": (0.85, 0.2), "MB": (0.8, 0.75)}


def predict(project: Project, *, metrics: dict | None = None, kind=PromotionKind.FIRST, shift=0.0) -> None:
    """A model that puts each image near its class's corner, no two at one place, and comes into use."""
    store = project.store
    model_id, _ = store.add_model(
        NewModel(
            name="m", recipe=Recipe(), folder_name=f"m{shift}", sha256="0" * 64, metrics=metrics or {},
            annotated_images=0,
        )
    )  # fmt: skip
    said = {}
    for n, image in enumerate(store.images()):
        x, y = CORNERS[image.label.value]
        m = image.regions
        score = np.zeros((m, 2), np.float32)
        score[:, 1] = np.linspace(0.9, 0.1, m)
        place = np.array([y + 0.012 * (n % 5), x + 0.012 * (n // 5) - shift])
        said[image.id] = Prediction(place, np.full((m, 3), 1 / 3, np.float32), score)
    store.add_predictions(model_id, said)
    store.promote(model_id, kind=kind)


@pytest.fixture
def scored(project: Project) -> Project:
    predict(project)
    return project


@pytest.fixture
def page(scored: Project, qtbot: QtBot) -> Iterator[PlanePage]:
    yield from opened(scored, qtbot)


def opened(project: Project, qtbot: QtBot) -> Iterator[PlanePage]:
    """The page with its side panel, in sight, with its areas learned."""
    page = PlanePage()
    qtbot.addWidget(page)
    qtbot.addWidget(page.side)
    page.resize(1000, 700)
    page.side.resize(320, 520)
    page.set_session(Session(project, reader="Dr Test"))
    page.set_records(project.store.images())
    with qtbot.waitExposed(page):
        page.show()
    page.side.show()
    settle(page, qtbot)
    yield page
    page.close_down()


def settle(page: PlanePage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: page.measuring.is_idle, timeout=SECONDS)


def point_at(page: PlanePage, qtbot: QtBot, image_id: ImageId) -> None:
    """From elsewhere: the pointer may lie there still from another test, and then nothing would move."""
    qtbot.mouseMove(page.canvas, QPoint(2, 2))
    qtbot.mouseMove(page.canvas, page.position_of(image_id).toPoint())
    qtbot.waitUntil(page.card.isVisible)


def drag(page: PlanePage, qtbot: QtBot, path: list[QPoint], *, shift: bool = False) -> None:
    modifiers = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    canvas = page.canvas
    qtbot.mousePress(canvas, LEFT, modifiers, path[0])
    for place in path[1:]:
        where = QPointF(place)
        event = QMouseEvent(
            QEvent.Type.MouseMove, where, canvas.mapToGlobal(where), Qt.MouseButton.NoButton, LEFT, modifiers
        )
        QApplication.sendEvent(canvas, event)
    qtbot.mouseRelease(canvas, LEFT, modifiers, path[-1])


def around(page: PlanePage, images: list[ImageId]) -> list[QPoint]:
    """Corners of a box around the points of images in one panel."""
    places = [page.position_of(image_id) for image_id in images]
    xs, ys = [p.x() for p in places], [p.y() for p in places]
    low, high = QPointF(min(xs) - 4, min(ys) - 4), QPointF(max(xs) + 4, max(ys) + 4)
    corners = [low, QPointF(high.x(), low.y()), high, QPointF(low.x(), high.y())]
    return [corner.toPoint() for corner in corners]


def of_label(project: Project, label: str, split: Split = Split.TRAIN) -> list[ImageId]:
    return [r.id for r in project.store.images() if r.label.value == label and r.split is split]


def test_each_part_of_the_study_has_its_panel_and_a_switch(page: PlanePage, qtbot: QtBot):
    assert len(page.canvas.frames) == 3
    qtbot.mouseClick(page.controls.splits[2], LEFT)
    assert len(page.canvas.frames) == 2
    kept = page.points.split[page.canvas.shown_points()]
    assert set(kept.tolist()) == {0, 1}
    qtbot.mouseClick(page.controls.apart, LEFT)
    assert len(page.canvas.frames) == 1


def test_a_click_on_a_point_opens_its_image(page: PlanePage, scored: Project, qtbot: QtBot):
    wanted = of_label(scored, "M")[0]
    with qtbot.waitSignal(page.image_chosen) as told:
        qtbot.mouseClick(page.canvas, LEFT, pos=page.position_of(wanted).toPoint())
    assert told.args == [wanted]


def test_pointing_shows_the_picture_and_the_numbers_but_no_file_name(
    page: PlanePage, scored: Project, qtbot: QtBot
):
    record = scored.store.image(of_label(scored, "M")[0])
    point_at(page, qtbot, record.id)
    qtbot.waitUntil(lambda: not page.card.picture.pixmap().isNull(), timeout=SECONDS)
    assert page.card.isVisible()
    assert record.patient_key in page.card.text.text()
    assert f"p(malignant) {record.p_malignant:.3f}" in page.card.text.text()
    assert record.path.name not in page.card.text.text()
    picture = page.card.picture.pixmap().toImage()
    assert max(picture.width(), picture.height()) == 220
    bright = picture.pixelColor(40, 110).lightness()
    assert bright > picture.pixelColor(picture.width() - 3, 3).lightness() + 30  # the breast is at the left


def test_points_that_lie_under_another_are_counted(page: PlanePage, scored: Project, qtbot: QtBot):
    first, second = of_label(scored, "M")[:2]
    corner = np.isin(page.points.image_id, [first, second])
    moved = [np.where(corner, 0.02, values) for values in (page.points.x, page.points.y)]
    page.canvas.scene.points = replace(page.points, x=moved[0], y=moved[1])
    page.canvas.show_points()
    point_at(page, qtbot, first)
    assert "1 more at this place" in page.card.text.text()


def test_a_picture_that_cannot_be_read_is_told_without_its_file_name(
    page: PlanePage, scored: Project, qtbot: QtBot, images_folder: Path
):
    record = scored.store.image(of_label(scored, "M")[0])
    page._by_id[record.id] = replace(record, file=str(images_folder / "gone.png"))
    point_at(page, qtbot, record.id)
    qtbot.waitUntil(lambda: "cannot be read" in page.card.picture.text(), timeout=SECONDS)
    assert "gone" not in page.card.picture.text()


def test_a_box_selects_what_lies_in_it_and_shift_adds(page: PlanePage, scored: Project, qtbot: QtBot):
    malignant, benign = of_label(scored, "M"), of_label(scored, "B")
    qtbot.mouseClick(page.controls.hands[Hand.BOX], LEFT)
    corners = around(page, malignant)
    drag(page, qtbot, [corners[0], corners[1], corners[2]])
    assert page.selected_images == set(malignant)
    assert page.selection.says.text().startswith(f"{len(malignant)} images selected")
    corners = around(page, benign)
    drag(page, qtbot, [corners[0], corners[1], corners[2]], shift=True)
    assert page.selected_images == {*malignant, *benign}


def test_a_lasso_becomes_a_worklist_or_an_export_and_esc_clears_it(
    page: PlanePage, scored: Project, qtbot: QtBot
):
    normal = of_label(scored, "N")
    qtbot.keyClick(page.canvas, Qt.Key.Key_L)
    assert page.controls.hands[Hand.LASSO].isChecked()
    drag(page, qtbot, around(page, normal))
    assert page.selected_images == set(normal)
    with qtbot.waitSignals([page.worklist_asked, page.export_asked]):
        qtbot.mouseClick(page.selection.worklist, LEFT)
        qtbot.mouseClick(page.selection.export, LEFT)
    qtbot.keyClick(page.canvas, Qt.Key.Key_Escape)
    assert page.selected_images == frozenset()
    assert not page.selection.export.isVisible()


def test_a_lasso_takes_no_point_of_another_panel(page: PlanePage, scored: Project, qtbot: QtBot):
    page._set_hand(Hand.BOX)
    frame = page.canvas.frames[0]
    right = max(f.left + f.width for f in page.canvas.frames)
    drag(
        page,
        qtbot,
        [QPoint(int(frame.left) + 1, int(frame.top) + 1), QPoint(int(right), int(frame.top + frame.height))],
    )
    assert page.selected_images == {r.id for r in scored.store.images() if r.split is Split.TRAIN}


def test_the_legend_hides_a_class_and_remembers_it_over_a_refresh(
    page: PlanePage, scored: Project, qtbot: QtBot
):
    qtbot.mouseClick(page.legend.switches[0], LEFT)
    assert 0 not in page.points.label[page.canvas.shown_points()]
    assert page.position_of(of_label(scored, "N")[0]) is None
    page.set_records(scored.store.images())
    assert 0 not in page.points.label[page.canvas.shown_points()]


def test_selection_and_threshold_outlive_a_new_model(page: PlanePage, scored: Project, qtbot: QtBot):
    malignant = of_label(scored, "M")
    page._select(np.isin(page.points.image_id, malignant))
    page.measuring.set_threshold(0.37)
    predict(scored, kind=PromotionKind.GATE, shift=0.08)
    page.set_records(scored.store.images())
    settle(page, qtbot)
    assert page.selected_images == set(malignant)
    assert page.canvas.scene.selected.sum() == len(malignant)
    assert page.measuring.threshold == 0.37
    assert page.canvas.scene.threshold == 0.37


def test_a_page_out_of_sight_catches_up_when_it_comes(page: PlanePage, scored: Project, qtbot: QtBot):
    page.hide()
    predict(scored, kind=PromotionKind.GATE, shift=0.08)
    before = page.points
    page.set_records(scored.store.images())
    assert page.points is before
    page.show()
    assert (page.points.x < before.x).all()
    settle(page, qtbot)


def test_the_confusion_is_that_of_the_areas_and_a_cell_selects_its_points(
    page: PlanePage, scored: Project, qtbot: QtBot
):
    test = page.points.of_split(Split.TEST)
    predicted = page.measuring.predicted.predicted
    expected = confusion_matrix(page.points.plane_class[test], predicted[test], labels=[0, 1, 2])
    assert (page.side.confusion.counts == expected).all()
    assert page.canvas.has_areas
    row, column = np.argwhere(expected)[0]
    qtbot.mouseClick(page.side.confusion.cells[row][column], LEFT)
    chosen = (page.points.plane_class == row) & (predicted == column) & test
    assert page.selected_images == set(page.points.image_id[chosen].tolist())


def test_areas_are_learned_on_training_images_alone(page: PlanePage, scored: Project, qtbot: QtBot):
    training = int(page.points.of_split(Split.TRAIN).sum())
    assert f"SVM on {training} training images." in page.side.confusion.says.text()
    cells = page.measuring.predicted.areas.cells
    moved = replace(page.points, x=np.where(page.points.split == 0, page.points.x, 0.5))
    page.measuring.set_points(moved, None)
    settle(page, qtbot)
    assert (page.measuring.predicted.areas.cells == cells).all()


def test_a_class_without_a_training_image_is_told_instead_of_areas(
    page: PlanePage, scored: Project, qtbot: QtBot
):
    page.set_records([r for r in scored.store.images() if r.label.value != "B" or r.split is not Split.TRAIN])
    settle(page, qtbot)
    assert "labelled benign" in page.side.confusion.says.text()
    assert not page.canvas.has_areas


def test_dragging_the_line_moves_the_operating_point_everywhere(
    page: PlanePage, scored: Project, qtbot: QtBot
):
    test = page.points.of_split(Split.TEST)
    usual = operating_threshold(page.points.x[test], page.points.is_malignant[test])
    assert page.measuring.threshold == usual
    frame, view = page.canvas.frames[0], page.canvas.view
    places = [view.to_pixel(x, 0.5, frame) for x in (usual, 0.6, 0.5)]
    drag(page, qtbot, [QPoint(round(x), round(y)) for x, y in places])
    threshold = page.measuring.threshold
    assert threshold == pytest.approx(0.5, abs=0.01)
    assert page.side.threshold.value() == pytest.approx(threshold, abs=1e-4)
    called = int((page.points.x[test] >= threshold).sum())
    assert page.side.readout.text().startswith(f"{called} of {test.sum()} images called, sensitivity 1.000")
    qtbot.mouseClick(page.side.usual, LEFT)
    assert page.measuring.threshold == usual


def test_dragging_the_point_of_the_roc_recolours_the_plane(page: PlanePage, qtbot: QtBot):
    page.side.tabs.setCurrentIndex(1)
    page.controls.colour.choose(ColourBy.CALL)
    roc = page.side.roc
    end = len(page.side._roc_curve.threshold) - 1
    qtbot.mouseClick(roc, LEFT, pos=roc.place_of(end).toPoint())
    test = page.points.of_split(Split.TEST)
    threshold = float(page.points.x[test].min())
    assert page.measuring.threshold == threshold
    names = [page.canvas.scene.colouring.categories[c].name for c in page.canvas.scene.colouring.codes]
    called = page.points.x >= threshold
    assert [name.endswith("d") and "not" not in name and "missed" not in name for name in names] == list(
        called
    )
    roc.setFocus()
    qtbot.keyClick(roc, Qt.Key.Key_Left)
    assert page.measuring.threshold > threshold


def test_froc_says_that_it_needs_contours_and_comes_when_they_are_there(
    page: PlanePage, scored: Project, qtbot: QtBot
):
    page.side.tabs.setCurrentIndex(2)
    qtbot.waitUntil(lambda: "has a contour" in page.side.froc.says, timeout=SECONDS)
    record = scored.store.image(of_label(scored, "M", Split.TEST)[0])
    x0, y0, x1, y1 = scored.store.grid(record.id)[0]
    scored.store.add_finding(
        record.id,
        reader="A",
        finding_class=FindingClass.MALIGNANT,
        finding_type=FindingType.MASS,
        contour=Contour.from_points([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]),
    )
    page.set_records(scored.store.images())
    qtbot.waitUntil(lambda: page.side._froc_curve is not None, timeout=SECONDS)
    assert page.side._froc_curve.sensitivity[-1] == 1.0
    assert "FROC: sensitivity" in page.side.readout.text()
    page.side.froc.setFocus()
    qtbot.keyClick(page.side.froc, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(page.side.froc, Qt.Key.Key_Left)
    index = page.side.froc.index
    assert f"at {page.side._froc_curve.fppi[index]:.2f} FPPI" in page.side.readout.text()


def test_arrows_come_from_where_the_former_model_put_the_images(
    page: PlanePage, scored: Project, qtbot: QtBot
):
    qtbot.mouseClick(page.controls.arrows, LEFT)
    assert "no model before" in page.selection.says.text()
    before = {int(i): x for i, x in zip(page.points.image_id, page.points.x, strict=True)}
    predict(scored, kind=PromotionKind.GATE, shift=0.05)
    page.set_records(scored.store.images())
    settle(page, qtbot)
    arrows = page.canvas.arrows
    assert len(arrows) == len(page.points)
    for index, x0, _, x1, _ in arrows:
        assert x0 == before[int(page.points.image_id[int(index)])]
        assert x1 == pytest.approx(x0 - 0.05)


@pytest.mark.parametrize(
    ("calibration", "says"),
    [
        (None, "Not calibrated"),
        ({"temperature": {"M": 1.5, "B": 0.8}, "images": 7}, "(M 1.50, B 0.80) on 7 validation images"),
    ],
)
def test_the_page_says_whether_probabilities_are_calibrated(
    project: Project, qtbot: QtBot, calibration, says
):
    predict(project, metrics={"calibration": calibration})
    for page in opened(project, qtbot):
        assert says in page.side.calibration.text()


def test_arrow_keys_go_from_point_to_point_and_enter_opens(page: PlanePage, qtbot: QtBot):
    qtbot.keyClick(page.canvas, Qt.Key.Key_Right)
    first = page.canvas.pointed_at
    qtbot.keyClick(page.canvas, Qt.Key.Key_Up)
    second = page.canvas.pointed_at
    assert first != second
    assert page.canvas.pixel_of(second).y() < page.canvas.pixel_of(first).y()
    qtbot.keyClick(page.canvas, Qt.Key.Key_Space)
    assert page.selected_images == {page.points.image_id[second]}
    with qtbot.waitSignal(page.image_chosen) as told:
        qtbot.keyClick(page.canvas, Qt.Key.Key_Return)
    assert told.args == [page.points.image_id[second]]


def test_zoom_and_pan_come_back_to_the_whole_plane(page: PlanePage, qtbot: QtBot):
    whole = page.canvas.view
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Plus):
        qtbot.keyClick(page.canvas, key)
    qtbot.keyClick(page.canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert page.canvas.view.scale > whole.scale
    assert page.canvas.view.x > whole.x
    qtbot.mouseClick(page.controls.fit, LEFT)
    assert page.canvas.view == whole


def test_text_of_twice_the_size_cuts_nothing_off(page: PlanePage, qtbot: QtBot):
    big = QFont(page.font())
    big.setPointSizeF(page.font().pointSizeF() * 2)
    page.setFont(big)
    page.resize(560, 700)
    qtbot.waitUntil(lambda: page.canvas.width() <= 560)
    line = page.controls
    for button in (*line.hands.values(), *line.splits, line.apart, line.areas, line.hollow, line.arrows):
        assert button.geometry().right() <= line.width()
        assert button.width() >= button.fontMetrics().horizontalAdvance(button.text())
    assert page.canvas.height() >= page.canvas.minimumHeight()


def test_everything_can_be_reached_and_has_a_name(page: PlanePage):
    for widget in (
        *page.controls.hands.values(),
        *page.controls.splits,
        page.controls.colour,
        *page.legend.switches,
        page.canvas,
        page.side.threshold,
        page.side.measured,
        page.side.roc,
        page.side.froc,
        *(cell for row in page.side.confusion.cells for cell in row),
    ):
        assert widget.accessibleName()
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_a_decision_gives_its_point_another_colour(page: PlanePage, scored: Project):
    image = of_label(scored, "M")[0]
    page.controls.colour.choose(ColourBy.DECISION)
    Session(scored, reader="A").do(SetDecision(image, reader="A", decision=Decision.SKIPPED))
    page.set_records(scored.store.images())
    code = page.canvas.scene.colouring.codes[page.points.image_id == image][0]
    assert page.canvas.scene.colouring.categories[code].name == "skipped"


# --- evaluations


@pytest.fixture
def write_evaluation(tmp_path: Path, scored: Project) -> Callable[..., Path]:
    """Two recipes, two folds: an image is held out in one fold and trained on in the other."""

    def write(*, columns=COLUMNS, more=()) -> Path:
        folder = tmp_path / "evaluated"
        folder.mkdir()
        with (folder / "predictions.csv").open("w", newline="") as file:
            rows = csv.DictWriter(file, columns, extrasaction="ignore")
            rows.writeheader()
            for recipe, shift in (("paper", 0.0), ("quick", 0.05)):
                for n, image in enumerate(scored.store.images()):
                    x, y = CORNERS[image.label.value]
                    for fold in (0, 1):
                        role = "test" if n // 12 == fold else "train"
                        values = (recipe, 7, fold, role, image.id, y, x + shift + 0.001 * n)
                        rows.writerow(dict(zip(COLUMNS, values, strict=True)))
            rows.writerows(dict(zip(COLUMNS, row, strict=True)) for row in more)
        return folder

    return write


def test_an_evaluation_shows_its_points_by_fold(
    page: PlanePage, scored: Project, qtbot: QtBot, write_evaluation: Callable[..., Path]
):
    page.open_evaluation(write_evaluation())
    images = len(scored.store.images())
    qtbot.waitUntil(lambda: len(page.points) == 2 * images, timeout=SECONDS)
    assert page.controls.colour.chosen is ColourBy.FOLD
    names = [page.canvas.scene.colouring.categories[c].name for c in page.canvas.scene.colouring.codes]
    assert names == [f"fold {fold}" for fold in page.points.fold]
    settle(page, qtbot)
    assert "one for each of 2 folds" in page.side.confusion.says.text()
    assert page.side.confusion.counts.sum() == images  # every image once, held out
    assert not page.canvas.has_areas
    page.source.fold.setCurrentIndex(1)
    page.source.fold.activated.emit(1)
    settle(page, qtbot)
    assert set(page.points.fold.tolist()) == {0}
    assert page.canvas.has_areas
    shown = page.points.x.copy()
    page.source.recipe.setCurrentIndex(1)
    page.source.recipe.activated.emit(1)
    assert page.points.x == pytest.approx(shown + 0.05)
    qtbot.mouseClick(page.source.leave, LEFT)
    assert len(page.points) == images
    assert page.controls.colour.chosen is ColourBy.LABEL
    settle(page, qtbot)


def test_predictions_of_images_of_another_project_are_counted_and_told(
    page: PlanePage, qtbot: QtBot, write_evaluation: Callable[..., Path]
):
    with qtbot.waitSignal(page.warned, timeout=SECONDS) as told:
        page.open_evaluation(write_evaluation(more=[("paper", 7, 0, "test", 99_999, 0.5, 0.5)]))
    assert told.args[0].startswith("1 predictions of evaluated are of images that are not in this project")
    settle(page, qtbot)


@pytest.mark.parametrize("wrong", [0, 3])
def test_labels_that_are_not_those_of_the_evaluation_are_counted_and_told(
    page: PlanePage, scored: Project, qtbot: QtBot, write_evaluation: Callable[..., Path], wrong: int
):
    folder = write_evaluation()
    lines = ["image_id,label"]
    for n, record in enumerate(scored.store.images()):
        other = "B" if record.label.value == "N" else "N"
        lines.append(f"{record.id},{other if n < wrong else record.label.value}")
    (folder / "images.csv").write_text("\n".join(lines))
    told: list[str] = []
    page.warned.connect(told.append)
    page.open_evaluation(folder)
    qtbot.waitUntil(page.source.leave.isVisible, timeout=SECONDS)
    settle(page, qtbot)
    assert [text.split(" images had another label")[0] for text in told] == ([str(wrong)] if wrong else [])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"columns": [name for name in COLUMNS if name != "fold"]}, "no column fold"),
        ({"more": [("paper", 7, 0, "elsewhere", 1, 0.5, 0.5)]}, "cannot be understood"),
        ({"more": [("paper", 7, 0, "test", 1, 0.5, 1.5)]}, "cannot be understood"),
    ],
)
def test_an_evaluation_that_makes_no_sense_is_told_and_not_shown(
    page: PlanePage, qtbot: QtBot, write_evaluation: Callable[..., Path], change, says
):
    before = len(page.points)
    with qtbot.waitSignal(page.warned, timeout=SECONDS) as told:
        page.open_evaluation(write_evaluation(**change))
    assert says in told.args[0]
    assert len(page.points) == before


def test_a_folder_that_is_no_evaluation_is_told(page: PlanePage, qtbot: QtBot, tmp_path: Path):
    with qtbot.waitSignal(page.warned, timeout=SECONDS) as told:
        page.open_evaluation(tmp_path)
    assert "is no evaluation" in told.args[0]
