"""A study on the wall of the real window: real keys and mouse on several canvases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from app.settings import Settings
from app.viewer import Tool
from app.worklist import WorklistFilter
from core.domain import ImageId, Label, Laterality, View
from core.job import sha256_of
from core.recipe import GridSettings
from core.regions import region_grid
from storage.project import Project
from storage.records import NewImage, SplitSettings

InWindow = Callable[..., int]
VIEWS = (("R", "CC", 300), ("L", "CC", 300), ("R", "MLO", 300), ("L", "MLO", 300))
ROWS = 400


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    """Two patients: four views, a second R CC, one without a side; and four views of another patient, one of them damaged."""
    folder = tmp_path / "images"
    folder.mkdir()
    images, grid = [], GridSettings()
    for patient in ("a", "b"):
        more = (("R", "CC", 300), ("?", "CC", 300)) if patient == "a" else ()
        for number, (side, view, columns) in enumerate((*VIEWS, *more)):
            path = folder / f"{patient}{number}.png"
            ramp = np.linspace(1000, 40_000, columns, dtype=np.uint16)
            picture = np.tile(ramp if side == "R" else ramp[::-1], (ROWS, 1))
            picture[:, 0] = ord(patient) * 10 + number  # so that no two files are alike
            Image.fromarray(picture).save(path)
            images.append(
                NewImage(
                    path=path,
                    content_hash=sha256_of(path),
                    patient=patient,
                    size_bytes=path.stat().st_size,
                    modified_ns=path.stat().st_mtime_ns,
                    laterality=Laterality(side),
                    view=View(view),
                    rows=ROWS,
                    columns=columns,
                    bits=16,
                    label=Label.MALIGNANT,
                    label_source="csv",
                    boxes=region_grid(np.ones((ROWS, columns), bool), scale=1.0, settings=grid),
                )
            )
    project = tmp_path / "reading"
    with Project.create(project, splits=SplitSettings(test_fraction=0.2, validation_fraction=0.2)) as opened:
        opened.store.add_inspected(images, grid=grid)
    (folder / "b3.png").write_bytes(b"no picture any more")
    return project


def wall_of(hand):
    """Names of what hangs, row by row; '' where nothing does."""
    model = hand.window.worklist.model
    shown = [canvas.shown for canvas in hand.window.viewer.wall.canvases]
    return ["" if each is None else _name(model.record(each.image_id)) for each in shown]


def _name(record):
    return f"{record.laterality} {record.view}"


def wait_for_wall(hand, names):
    hand.wait(lambda: wall_of(hand) == names)


def open_first(hand):
    """Open the first image of the first patient, whatever split the patients have."""
    worklist = hand.window.worklist
    worklist.which.setCurrentText(WorklistFilter.ALL.value)
    first = next(record.id for record in worklist.model.records if record.file.endswith("a0.png"))
    worklist.select(first)
    hand.wait(lambda: hand.window.viewer.image_id == first)
    return first


FOUR = ["R CC", "L CC", "R MLO", "L MLO"]


def test_a_study_hangs_in_four_with_chest_walls_together_and_a_key_for_each_layout(
    in_window: InWindow, studies: Path
):
    def steps(hand) -> None:
        open_first(hand)
        wait_for_wall(hand, FOUR)
        right, left = hand.window.viewer.wall.canvases[:2]
        assert right.transform.to_view((300, 0))[0] == pytest.approx(right.width(), abs=1)
        assert left.transform.to_view((0, 0))[0] == pytest.approx(0, abs=1)
        assert right.x() + right.width() <= left.x()
        scales = {round(canvas.transform.scale, 6) for canvas in hand.window.viewer.wall.canvases}
        assert len(scales) == 1
        assert hand.window.strip.text == "6 images, 4 hung, 1 without side or view"
        assert [button.text() for button in hand.window.strip.buttons] == ["R-CC", "?-CC"]
        for key, names in (
            (Qt.Key.Key_2, FOUR[:2]),
            (Qt.Key.Key_3, FOUR[2:]),
            (Qt.Key.Key_5, FOUR),
            (Qt.Key.Key_0, ["R CC"]),
            (Qt.Key.Key_4, FOUR),
        ):
            hand.key(key)
            if key is not Qt.Key.Key_3:
                wait_for_wall(hand, names)
            else:
                wait_for_wall(hand, ["R CC"])  # the open image has no place there, so it hangs alone
                hand.key(Qt.Key.Key_4)
                wait_for_wall(hand, FOUR)

    assert in_window(studies, steps) == 0


def test_a_press_on_another_view_opens_it_and_drawing_goes_on_there(in_window: InWindow, studies: Path):
    drawn: list[ImageId] = []

    def steps(hand) -> None:
        first = open_first(hand)
        wait_for_wall(hand, FOUR)
        hand.key(Qt.Key.Key_D)
        other = hand.window.viewer.wall.canvases[3]
        zoom = other.transform.scale
        hand.qtbot.mouseClick(other, Qt.MouseButton.LeftButton, pos=QPoint(40, 60))
        second = hand.wait_for_image()
        assert second != first
        assert hand.canvas is other
        assert other.transform.scale == zoom
        assert hand.window.viewer.tool is Tool.CONTOUR
        assert not hand.canvas.draft_points()
        hand.draw(x=150, y=200, radius=60)
        hand.wait(lambda: len(hand.canvas.contours.findings) == 1)
        drawn.append(second)
        hand.qtbot.mouseClick(hand.window.viewer.wall.canvases[0], Qt.MouseButton.LeftButton)
        hand.wait(lambda: hand.window.viewer.image_id == first)
        assert len(other.contours.findings) == 1
        hand.window.actions_by_name["undo"].trigger()
        hand.wait(lambda: not other.contours.findings)
        hand.window.actions_by_name["redo"].trigger()
        hand.wait(lambda: len(other.contours.findings) == 1)

    assert in_window(studies, steps) == 0
    with Project.open(studies) as project:
        assert [finding.image_id for finding in project.store.findings(drawn[0])] == drawn


def test_linked_views_move_together_left_and_right_mirrored(in_window: InWindow, studies: Path):
    def steps(hand) -> None:
        open_first(hand)
        wait_for_wall(hand, FOUR)
        right, left = hand.window.viewer.wall.canvases[:2]
        wheel(right)
        assert left.zoom != pytest.approx(right.zoom)
        hand.key(Qt.Key.Key_F)
        hand.key(Qt.Key.Key_L)
        for _ in range(3):
            wheel(right)
        assert left.zoom == pytest.approx(right.zoom)
        (x, y), (x2, y2) = (canvas.transform.to_image(canvas.port.middle) for canvas in (right, left))
        assert 300 - x == pytest.approx(x2, abs=1)
        assert y == pytest.approx(y2, abs=1)
        hand.key(Qt.Key.Key_F)
        assert all(canvas.port.is_fitted for canvas in hand.window.viewer.wall.canvases)

    assert in_window(studies, steps) == 0


def test_the_step_key_goes_through_each_view_at_one_to_one_and_then_to_the_next_study(
    in_window: InWindow, studies: Path
):
    def steps(hand) -> None:
        open_first(hand)
        wait_for_wall(hand, FOUR)
        record = hand.window.worklist.model.record
        patient = record(hand.window.viewer.image_id).patient_key
        seen = []
        for _ in range(6):
            before = hand.window.viewer.image_id if len(hand.window.viewer.wall.canvases) == 1 else None
            hand.key(Qt.Key.Key_Period)
            hand.wait(
                lambda before=before: (
                    len(hand.window.viewer.wall.canvases) == 1
                    and hand.window.viewer.image_id not in (None, before)
                    and hand.window.viewer.zoom == pytest.approx(1.0)
                )
            )
            seen.append(_name(record(hand.window.viewer.image_id)))
        assert seen == [*FOUR, "R CC", "? CC"]
        hand.key(Qt.Key.Key_Period)
        hand.wait(
            lambda: len(hand.window.viewer.wall.canvases) == 4 and hand.window.viewer.image_id is not None
        )
        assert record(hand.window.viewer.image_id).patient_key != patient
        wait_for_wall(hand, [*FOUR[:3], ""])  # the damaged one says why

    assert in_window(studies, steps) == 0


def test_a_view_that_cannot_be_read_says_so_in_its_place(in_window: InWindow, studies: Path):
    def steps(hand) -> None:
        open_first(hand)
        damaged = next(r for r in hand.window.worklist.model.records if r.file.endswith("b3.png"))
        beside = next(r for r in hand.window.worklist.model.records if r.file.endswith("b0.png"))
        hand.window.worklist.select(beside.id)
        hand.wait(lambda: hand.window.viewer.image_id == beside.id)
        tile = hand.window.viewer.wall.canvas_of(damaged.id)
        hand.wait(lambda: "cannot be shown" in tile.accessibleDescription())
        hand.qtbot.mouseClick(tile, Qt.MouseButton.LeftButton)
        hand.wait(lambda: hand.window.worklist.current_image == damaged.id)
        hand.wait(lambda: "cannot be shown" in hand.canvas.accessibleDescription())
        assert hand.canvas is tile

    assert in_window(studies, steps) == 0


def test_the_layout_is_kept_and_an_own_protocol_that_makes_no_sense_is_told(
    in_window: InWindow, studies: Path, settings_folder: Path
):
    def first_day(hand) -> None:
        open_first(hand)
        hand.key(Qt.Key.Key_2)
        wait_for_wall(hand, FOUR[:2])

    def second_day(hand) -> None:
        open_first(hand)
        wait_for_wall(hand, FOUR[:2])
        assert hand.window.actions_by_name["cc"].isChecked()
        assert "hanging.json" in hand.window.messages.text

    assert in_window(studies, first_day) == 0
    assert Settings().hanging == "cc"
    (settings_folder / "hanging.json").write_text("{}", encoding="utf-8")
    assert in_window(studies, second_day) == 0


def wheel(canvas) -> None:
    """One step of the wheel in the middle of a canvas."""
    place = QPointF(canvas.rect().center())
    event = QWheelEvent(
        place,
        canvas.mapToGlobal(place),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def test_the_reader_is_asked_for_a_side_and_view_that_are_not_known_and_the_image_hangs_there(
    in_window: InWindow, studies: Path
):
    def steps(hand) -> None:
        open_first(hand)
        wait_for_wall(hand, FOUR)
        window = hand.window
        assert not window.place.isVisible()
        hand.click(window.strip.buttons[1])
        hand.wait(lambda: wall_of(hand) == ["? CC"])
        assert window.place.isVisible()
        unplaced = window.viewer.image_id
        hand.click(window.place.buttons[3])
        record = window.workplace.session.store.image(unplaced)
        assert (record.laterality, record.view) == (Laterality.LEFT, View.MLO)
        wait_for_wall(hand, FOUR)
        assert window.viewer.wall.canvas_of(unplaced) is window.viewer.wall.canvases[3]
        assert not window.place.isVisible()
        hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        hand.wait(lambda: wall_of(hand) == ["? CC"])
        assert window.place.isVisible()

    assert in_window(studies, steps) == 0


def test_an_earlier_study_of_the_patient_hangs_above_in_the_same_order(in_window: InWindow, studies: Path):
    with Project.open(studies) as project:
        db = project.store._db.conn
        second = db.execute("SELECT id FROM study ORDER BY id DESC").fetchone()[0]
        patient = db.execute("SELECT patient_id FROM study ORDER BY id").fetchone()[0]
        with project.store.transaction():
            db.execute("UPDATE study SET date = '20250101' WHERE id <> ?", (second,))
            db.execute(
                "UPDATE study SET date = '20220101', source_uid = '1.2', patient_id = ? WHERE id = ?",
                (patient, second),
            )

    def steps(hand) -> None:
        first = open_first(hand)
        wait_for_wall(hand, FOUR)
        hand.key(Qt.Key.Key_6)
        hand.wait(lambda: len(hand.window.viewer.wall.canvases) == 8)
        assert hand.window.strip.text == "6 images, 4 hung, 1 without side or view"
        model = hand.window.worklist.model
        hand.wait(lambda: wall_of(hand)[:3] == FOUR[:3] and wall_of(hand)[4:] == FOUR)
        above, below = hand.window.viewer.wall.canvases[0], hand.window.viewer.wall.canvases[4]
        assert "EARLIER STUDY" in above.shown.caption
        assert "EARLIER STUDY" not in below.shown.caption
        assert model.record(above.shown.image_id).study_id != model.record(first).study_id
        assert hand.window.viewer.wall.canvases[3].picture is None  # a damaged file says so in its place
        hand.key(Qt.Key.Key_0)
        hand.wait(lambda: wall_of(hand) == ["R CC", "R CC"])
        hand.key(Qt.Key.Key_6)
        hand.wait(lambda: wall_of(hand) == ["R CC"])

    assert in_window(studies, steps) == 0


def test_without_an_earlier_study_that_is_said(in_window: InWindow, studies: Path):
    def steps(hand) -> None:
        open_first(hand)
        wait_for_wall(hand, FOUR)
        hand.key(Qt.Key.Key_6)
        assert "no earlier study" in hand.window.messages.text
        assert len(hand.window.viewer.wall.canvases) == 4

    assert in_window(studies, steps) == 0
