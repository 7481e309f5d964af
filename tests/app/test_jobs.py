from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.jobs import JobOutcome, JobRunner, worker_command
from core.events import Failed, FileInspected, Finished
from core.job import Step
from storage.jobs import prepare_job
from storage.project import Project

MS = 60_000


@pytest.fixture
def runner(qapp: object) -> Iterator[JobRunner]:
    made = JobRunner()
    yield made
    made.close()


def run(runner: JobRunner, folder: Path, qtbot: QtBot) -> JobOutcome:
    with qtbot.waitSignal(runner.ended, timeout=MS) as ended:
        runner.start(folder)
    return ended.args[0]


def test_a_worker_tells_its_events_in_order_and_ends_with_results(
    runner: JobRunner, project: Project, images_folder: Path, qtbot: QtBot
):
    files = sorted(images_folder.glob("*.png"))[:3]
    told: list[object] = []
    runner.told.connect(told.append)
    outcome = run(runner, prepare_job(project, steps=(Step.INSPECT,), files=files), qtbot)
    assert [event.path for event in told if isinstance(event, FileInspected)] == [str(path) for path in files]
    assert isinstance(told[-1], Finished)
    assert outcome.last == told[-1]
    assert outcome.has_results
    assert not outcome.ended_unexpectedly
    assert not runner.is_running


def test_a_job_that_cannot_be_done_says_why(runner: JobRunner, tmp_path: Path, qtbot: QtBot):
    outcome = run(runner, tmp_path / "no such job", qtbot)
    assert isinstance(outcome.last, Failed)
    assert outcome.last.is_user_error
    assert not outcome.has_results


def test_a_worker_that_cannot_be_started_has_ended_unexpectedly(
    runner: JobRunner, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python here"))
    outcome = run(runner, tmp_path, qtbot)
    assert outcome.ended_unexpectedly
    assert outcome.log_tail
    assert not runner.is_running


def test_only_one_job_runs_at_a_time(runner: JobRunner, tmp_path: Path, qtbot: QtBot):
    runner.start(tmp_path / "one")
    with pytest.raises(RuntimeError, match="running already"):
        runner.start(tmp_path / "two")
    with qtbot.waitSignal(runner.ended, timeout=MS):
        pass


@pytest.mark.skipif(os.name != "posix", reason="asks the system for a process as POSIX does")
def test_closing_ends_the_worker_and_tells_nobody(
    runner: JobRunner, project: Project, images_folder: Path, qtbot: QtBot
):
    ended: list[object] = []
    runner.ended.connect(ended.append)
    runner.start(prepare_job(project, steps=(Step.INSPECT,), files=sorted(images_folder.glob("*.png"))))
    qtbot.waitUntil(lambda: bool(runner.process_id))
    worker = runner.process_id
    runner.close()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert ended == []
    assert not runner.is_running


def test_a_frozen_program_starts_itself_as_the_worker(monkeypatch: pytest.MonkeyPatch):
    assert worker_command(Path("job"))[1] == ["-m", "app", "--worker", "job"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert worker_command(Path("job")) == (sys.executable, ["--worker", "job"])
