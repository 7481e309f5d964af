"""Opening and closing the window: what it loads, what it refuses, what it leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton

from app.actions import ACTIONS
from app.help_sheet import HelpSheet
from app.project_dialog import NewProjectDialog, ReaderDialog
from app.settings import Settings
from storage.project import Project

InWindow = Callable[..., int]
REPOSITORY = Path(__file__).resolve().parents[2]

ON_ITS_OWN = """
import json, sys, threading
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app.main_window import MainWindow
from app.window import run

seen = {}

def look():
    window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow))
    if window.viewer.image_id is None:
        QTimer.singleShot(20, look)
        return
    heavy = ("torch", "torchvision", "onnxruntime", "sklearn", "core.phantom")
    seen["heavy"] = [name for name in heavy if name in sys.modules]
    seen["images"] = len(window.worklist.model.records)
    window.close()

QTimer.singleShot(0, look)
seen["code"] = run(Path(sys.argv[1]))
seen["threads"] = [t.name for t in threading.enumerate() if t is not threading.main_thread() and not t.daemon]
print(json.dumps(seen))
"""


TELLS_WHEN_UP = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from app.window import run

QTimer.singleShot(0, lambda: print("up", flush=True))
sys.exit(run(Path(sys.argv[1])))
"""


def test_a_window_of_its_own_loads_no_torch_and_leaves_no_thread(project_folder: Path):
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", ON_ITS_OWN, str(project_folder)],
        cwd=REPOSITORY,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen == {"heavy": [], "images": 24, "code": 0, "threads": []}
    assert "Traceback" not in done.stderr


def test_without_a_project_the_window_says_how_to_begin(in_window: InWindow):
    def steps(hand) -> None:
        empty = hand.window.empty
        assert empty.isVisible()
        assert not hand.window.worklist.isVisible()
        for button in (empty.import_images, empty.open_project, empty.make_demo):
            assert button.isVisible()
            assert button.isEnabled()
        assert "No project" in empty.title.text()
        assert not hand.window.actions_by_name["export"].isEnabled()

    assert in_window(None, steps) == 0


def test_the_statement_of_use_is_always_on_screen(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        labels = [w for w in hand.window.statusBar().children() if w.objectName() == "research"]
        assert labels[0].text() == "Research use only. Not for diagnosis."
        assert labels[0].isVisible()

    in_window(None, steps)
    in_window(project_folder, steps)


def test_a_folder_that_is_no_project_is_refused_in_one_sentence(in_window: InWindow, tmp_path: Path):
    def steps(hand) -> None:
        assert "is not a Lesionloop project" in hand.window.messages.text
        assert hand.window.empty.isVisible()

    assert in_window(tmp_path, steps) == 0


def test_a_project_open_elsewhere_can_be_looked_at(in_window: InWindow, project_folder: Path, qtbot):
    said: list[str] = []

    def answer(box: QMessageBox) -> None:
        said.append(box.text())
        look = next(button for button in box.buttons() if button.text() == "Open read-only")
        qtbot.mouseClick(look, Qt.MouseButton.LeftButton)

    def steps(hand) -> None:
        with Project.open(project_folder) as owner:
            hand.with_dialog(QMessageBox, answer)
            assert hand.window.workplace.open_project(project_folder)
            image_id = hand.wait_for_image()
            assert "read-only" in hand.window.windowTitle()
            assert not hand.window.training.retrain.isEnabled()
            assert not hand.window.findings.nothing.isEnabled()
            hand.key(Qt.Key.Key_X)
            hand.key(Qt.Key.Key_D)
            hand.draw(x=150, y=280, radius=60)
            assert owner.store.image(image_id).decision is None
            assert owner.store.findings(image_id) == []
            hand.key(Qt.Key.Key_N)

    assert in_window(None, steps) == 0
    assert "is open in another Lesionloop" in said[0]


def test_a_project_open_elsewhere_can_be_left_alone(in_window: InWindow, project_folder: Path, qtbot):
    def answer(box: QMessageBox) -> None:
        qtbot.mouseClick(box.button(QMessageBox.StandardButton.Cancel), Qt.MouseButton.LeftButton)

    def steps(hand) -> None:
        with Project.open(project_folder):
            hand.with_dialog(QMessageBox, answer)
            assert not hand.window.workplace.open_project(project_folder)
        assert hand.window.empty.isVisible()
        assert hand.window.workplace.open_project(project_folder)
        hand.wait_for_image()

    in_window(None, steps)


def test_the_readers_name_is_asked_once_and_kept(in_window: InWindow, project_folder: Path, qtbot):
    settings = Settings()
    settings.reader = ""
    settings.close()
    asked: list[str] = []

    def answer(dialog: ReaderDialog) -> None:
        asked.append(dialog.name.text())
        qtbot.keyClicks(dialog.name, "Dr New")
        qtbot.keyClick(dialog.name, Qt.Key.Key_Return)

    def first(hand) -> None:
        hand.with_dialog(ReaderDialog, answer)
        hand.window.workplace.open_project(project_folder)
        hand.wait_for_image()
        assert "Dr New" in hand.window.windowTitle()

    def second(hand) -> None:
        hand.wait_for_image()
        assert "Dr New" in hand.window.windowTitle()

    in_window(None, first)
    in_window(project_folder, second)
    assert asked == [""]


def test_a_new_project_is_made_from_the_menu_and_is_empty(in_window: InWindow, tmp_path: Path, qtbot):
    target = tmp_path / "fresh"

    def answer(dialog: NewProjectDialog) -> None:
        make = next(button for button in dialog.findChildren(QPushButton) if button.text() == "Make project")
        assert not make.isEnabled()
        dialog.test.setValue(60)
        dialog.validation.setValue(60)
        dialog.folder.text.setText(str(target))
        assert not make.isEnabled()
        dialog.validation.setValue(20)
        qtbot.mouseClick(make, Qt.MouseButton.LeftButton)

    def steps(hand) -> None:
        hand.with_dialog(NewProjectDialog, answer)
        hand.window.actions_by_name["new_project"].trigger()
        assert hand.window.workplace.session.project.folder == target
        assert "no images yet" in hand.window.empty.title.text()

    in_window(None, steps)
    with Project.open(target) as project:
        assert project.store.split_settings().test_fraction == 0.6


def test_another_project_takes_the_place_of_the_open_one(
    in_window: InWindow, project_folder: Path, tmp_path: Path
):
    other = tmp_path / "other"
    Project.create(other).close()

    def steps(hand) -> None:
        hand.wait_for_image()
        assert hand.window.workplace.open_project(other)
        assert hand.window.empty.isVisible()
        Project.open(project_folder).close()  # its lock is free again
        assert hand.window.workplace.open_project(project_folder)
        hand.wait_for_image()

    in_window(project_folder, steps)


@pytest.mark.skipif(os.name != "posix", reason="asks the system for a process as POSIX does")
def test_closing_while_an_image_is_being_loaded_leaves_nothing(in_window: InWindow, project_folder: Path):
    decoders: list[int] = []

    def steps(hand) -> None:
        loader = hand.window.workplace.loader
        hand.wait(lambda: loader._decoder.process_id is not None)
        decoders.append(loader._decoder.process_id)
        assert hand.window.viewer.image_id is None or loader._tasks

    assert in_window(project_folder, steps) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(decoders[0], 0)
    assert not [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]


def test_switches_and_layout_are_as_the_reader_left_them(in_window: InWindow, project_folder: Path):
    def first(hand) -> None:
        hand.wait_for_image()
        assert hand.window.viewer.layers.heatmap
        hand.key(Qt.Key.Key_H)
        hand.window.opacity.setValue(80)

    def second(hand) -> None:
        hand.wait_for_image()
        assert not hand.window.viewer.layers.heatmap
        assert hand.window.viewer.layers.opacity == 0.8

    in_window(project_folder, first)
    in_window(project_folder, second)


@pytest.mark.skipif(os.name != "posix", reason="sends a signal as POSIX does")
def test_a_system_that_shuts_down_closes_the_window_cleanly(project_folder: Path):
    window = subprocess.Popen(
        [sys.executable, "-c", TELLS_WHEN_UP, str(project_folder)],
        cwd=REPOSITORY,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        text=True,
    )
    with window:
        assert window.stdout.readline() == "up\n"
        window.terminate()
        assert window.wait(60) == 0
    Project.open(project_folder).close()
    assert not (project_folder / "owner.json").exists()


def test_every_key_is_on_the_sheet(in_window: InWindow, project_folder: Path):
    def steps(hand) -> None:
        hand.wait_for_image()
        hand.key(Qt.Key.Key_F1)
        sheet = next(w for w in QApplication.topLevelWidgets() if isinstance(w, HelpSheet))
        assert sheet.isVisible()
        text = " ".join(label.text() for label in sheet.findChildren(QLabel))
        for spec in ACTIONS:
            for key in spec.keys[:1]:
                assert f"<b>{key}" in text, key
        sheet.close()

    in_window(project_folder, steps)
