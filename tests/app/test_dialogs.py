"""Import and export dialogs on a real project, with the real worker."""

from __future__ import annotations

import csv
import os
import shutil
import signal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.demo_dialog import DemoDialog
from app.export_dialog import ExportDialog, ExportFormat
from app.import_dialog import ImportDialog
from app.project_dialog import ReaderDialog
from app.session import Session
from core.domain import Contour, Decision, FindingClass, FindingType, Label
from storage.edits import AddFinding, SetDecision
from storage.project import Project

SECONDS = 60


@pytest.fixture
def session(project: Project, qapp: object) -> Session:
    return Session(project, reader="Dr Test")


@pytest.fixture
def empty_session(tmp_path: Path, qapp: object):
    with Project.create(tmp_path / "empty") as project:
        yield Session(project, reader="Dr Test")


@pytest.fixture
def mixed_folder(images_folder: Path, tmp_path: Path) -> Path:
    """Four good images, one text that calls itself an image, and a table that also names a missing file."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    lines = ["file,patient,label"]
    for path in sorted(images_folder.glob("*.png"))[:4]:
        shutil.copy(path, folder)
        lines.append(f"{path.name},{path.name[:2]},M")
    (folder / "broken.png").write_bytes(b"not a picture")
    (folder / "labels.csv").write_text("\n".join([*lines, "broken.png,77,N", "nowhere.png,78,N"]) + "\n")
    return folder


def import_dialog(session: Session, folder: Path, qtbot: QtBot) -> ImportDialog:
    dialog = ImportDialog(session)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.folder.text.setText(str(folder))
    dialog.csv.text.setText(str(folder / "labels.csv"))
    return dialog


def wait_for_end(dialog: ImportDialog, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not dialog.is_running, timeout=SECONDS * 1000)


def test_good_images_come_in_and_each_failure_is_listed_with_its_reason(
    empty_session: Session, mixed_folder: Path, qtbot: QtBot
):
    dialog = import_dialog(empty_session, mixed_folder, qtbot)
    with qtbot.waitSignal(empty_session.changed, timeout=SECONDS * 1000) as told:
        qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    wait_for_end(dialog, qtbot)
    assert told.args[0].everything
    usable = [record for record in empty_session.store.images() if not record.failure]
    assert [record.label for record in usable] == [Label.MALIGNANT] * 4
    assert dialog.says.text().startswith("4 images added, 2 failed.")
    listed = {dialog.failures.item(row, 0).text(): dialog.failures.item(row, 1).text() for row in range(2)}
    assert set(listed) == {"broken.png", "nowhere.png"}
    assert all(listed.values())


def test_importing_again_adds_nothing(empty_session: Session, mixed_folder: Path, qtbot: QtBot):
    dialog = import_dialog(empty_session, mixed_folder, qtbot)
    for _ in range(2):
        qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
        wait_for_end(dialog, qtbot)
    assert "0 images added, 4 already there" in dialog.says.text()
    assert sum(not record.failure for record in empty_session.store.images()) == 4


def test_a_table_that_cannot_be_read_is_told_in_a_sentence(
    empty_session: Session, mixed_folder: Path, qtbot: QtBot
):
    dialog = import_dialog(empty_session, mixed_folder, qtbot)
    (mixed_folder / "labels.csv").write_text("name,who\na,b\n")
    qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    assert "labels.csv" in dialog.says.text()
    assert not dialog.is_running
    assert dialog.start.isEnabled()


def test_cancelling_an_import_imports_nothing(empty_session: Session, mixed_folder: Path, qtbot: QtBot):
    dialog = import_dialog(empty_session, mixed_folder, qtbot)
    qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    assert dialog.is_running
    qtbot.mouseClick(dialog.cancel, Qt.MouseButton.LeftButton)
    wait_for_end(dialog, qtbot)
    assert empty_session.store.images() == []
    assert "Nothing was imported" in dialog.says.text()


@pytest.mark.skipif(os.name != "posix", reason="asks the system for a process as POSIX does")
def test_closing_the_dialog_ends_its_worker(empty_session: Session, mixed_folder: Path, qtbot: QtBot):
    dialog = import_dialog(empty_session, mixed_folder, qtbot)
    qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    worker = dialog._runner.process_id
    dialog.close()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert empty_session.store.images() == []


@pytest.mark.skipif(os.name != "posix", reason="kills a process as POSIX does")
def test_an_import_whose_worker_dies_says_so(empty_session: Session, mixed_folder: Path, qtbot: QtBot):
    dialog = import_dialog(empty_session, mixed_folder, qtbot)
    qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    os.kill(dialog._runner.process_id, signal.SIGKILL)
    wait_for_end(dialog, qtbot)
    assert dialog.says.text().startswith("The import ended unexpectedly. Nothing was imported.")
    assert empty_session.store.images() == []


@pytest.fixture
def annotated(session: Session) -> Session:
    """Two images with a malignant contour each, one of them with a benign one too, and one that is empty."""
    images = session.store.images()
    square = Contour.from_points([(50, 200), (150, 200), (150, 300), (50, 300)])
    for image, finding_class in (
        (images[0], FindingClass.MALIGNANT),
        (images[0], FindingClass.BENIGN),
        (images[1], FindingClass.MALIGNANT),
    ):
        session.do(
            AddFinding(
                image.id,
                reader="Dr Test",
                finding_class=finding_class,
                finding_type=FindingType.MASS,
                contour=square,
            )
        )
    session.do(SetDecision(images[2].id, reader="Dr Test", decision=Decision.NOTHING_TO_DRAW))
    return session


def test_the_count_follows_the_choice_and_is_what_is_written(
    annotated: Session, tmp_path: Path, qtbot: QtBot
):
    dialog = ExportDialog(annotated)
    qtbot.addWidget(dialog)
    assert dialog.count.text() == "3 images with 3 findings, 1 without any"
    dialog.finding_class.choose(FindingClass.BENIGN)
    dialog.with_empty.setChecked(False)
    assert dialog.count.text() == "1 image with 1 finding"
    dialog.format.choose(ExportFormat.CSV)
    assert not dialog.export.isEnabled()
    dialog.target.text.setText(str(tmp_path / "tables"))
    qtbot.mouseClick(dialog.export, Qt.MouseButton.LeftButton)
    with (tmp_path / "tables" / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1
    assert "1 image, 1 finding" in dialog.result.text()


def test_an_export_into_a_folder_in_use_is_refused_in_a_sentence(
    annotated: Session, tmp_path: Path, qtbot: QtBot
):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    dialog = ExportDialog(annotated)
    qtbot.addWidget(dialog)
    dialog.target.text.setText(str(tmp_path / "full"))
    qtbot.mouseClick(dialog.export, Qt.MouseButton.LeftButton)
    assert dialog.result.text().startswith("Nothing was exported: full holds other files.")
    assert (tmp_path / "full" / "mine.txt").read_text() == "mine"


def test_the_demo_is_made_beside_the_window(tmp_path: Path, qtbot: QtBot):
    dialog = DemoDialog()
    qtbot.addWidget(dialog)
    dialog.images.setMinimum(4)
    dialog.images.setValue(4)
    dialog.folder.text.setText(str(tmp_path / "demo"))
    with qtbot.waitSignal(dialog.accepted, timeout=120_000):
        qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    assert dialog.cohort is not None
    assert len(list(dialog.cohort.images_folder.glob("*.dcm"))) == 4
    assert dialog.cohort.labels_file.exists()


def test_the_demo_can_be_given_up(tmp_path: Path, qtbot: QtBot):
    dialog = DemoDialog()
    qtbot.addWidget(dialog)
    dialog.folder.text.setText(str(tmp_path / "demo"))
    qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    dialog.reject()
    assert dialog.cohort is None
    assert dialog._background.is_idle


def test_a_known_reader_is_completed_and_enter_is_enough(qtbot: QtBot):
    dialog = ReaderDialog("", known=["Anna", "Dr Test"])
    qtbot.addWidget(dialog)
    with qtbot.waitActive(dialog):
        dialog.show()
    dialog.name.setFocus()
    qtbot.keyClicks(dialog.name, "Dr T")
    assert dialog.reader == "Dr Test"
    with qtbot.waitSignal(dialog.accepted):
        qtbot.keyClick(dialog.name, Qt.Key.Key_Return)
