"""The worker as what it is: another process, told by its standard input, heard on its standard output."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import core
from core.control import Control
from core.domain import Label, Split
from core.events import Epoch, Failed, FileInspected, Finished, Progress, Stopped, from_line
from core.feature_file import FeatureFile, feature_file_name, feature_key
from core.job import Job, JobImage, Step, read_result
from core.pipeline import run_job
from core.recipe import GridSettings, Recipe
from core.trunks import trunk_dimension, trunk_key

ROOT = Path(core.__file__).parent.parent
UNTIL_TOLD = """
from core.events import Progress, Stopped
def run_job(folder, control):
    while not control.is_stopping:
        yield Progress("training", 0, 1)
    yield Stopped(kept=not control.is_cancelled)
"""
ENDLESS = Recipe(epochs=1_000_000, components=4, hidden=8, threads=1)


def start(folder, *, program=None):
    """A worker on a job folder; `program` replaces the job by a generator of its own."""
    command = ["-m", "core.worker", str(folder)]
    if program is not None:
        body = f"import core.pipeline, core.worker, sys\n{program}\ncore.pipeline.run_job = run_job\n"
        command = ["-c", f"{body}sys.exit(core.worker.main({str(folder)!r}))"]
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, *command], cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe)


def end_of(worker):
    """(events, exit code, standard error) of a worker whose standard input stays open until it has ended."""
    with worker:
        lines = worker.stdout.read().decode().splitlines()
        complaints = worker.stderr.read().decode()
        code = worker.wait()
    return [from_line(line) for line in lines], code, complaints


def next_of(worker, kind):
    """The next event of a kind."""
    while True:
        line = worker.stdout.readline().decode()
        assert line, worker.stderr.read().decode()
        if isinstance(event := from_line(line), kind):
            return event


def inspection(folder, files):
    folder.mkdir()
    Job(steps=(Step.INSPECT,), recipe=Recipe(), files=tuple(map(str, files)), grid=GridSettings()).write(
        folder
    )
    return folder


def endless_training(root, *, recipe=ENDLESS):
    """A job that trains until it is told to stop, on features that are there."""
    rng = np.random.default_rng(0)
    folder = root / "job"
    folder.mkdir(parents=True)
    rows = [
        JobImage(
            i, f"{i}.dcm", f"{i:064x}", 1.0, Label.MALIGNANT if i % 2 else Label.NORMAL, Split.TRAIN, False
        )
        for i in range(4)
    ]
    boxes = np.array([[0.0, 0.0, 224.0, 224.0]])
    name = feature_file_name(trunk_key(recipe.trunk), recipe.grid)
    (root / "features").mkdir()
    d = trunk_dimension(recipe.trunk)
    with FeatureFile.open(root / "features", name, dimension=d) as store:
        for row in rows:
            store.append(feature_key(row.content_hash, 1.0, boxes), rng.normal(size=(1, d)))
    steps = (Step.FIT, Step.SCORE)
    Job(steps=steps, recipe=recipe, images=tuple(rows), features_folder=str(root / "features")).write(folder)
    np.savez(
        folder / "arrays.npz",
        boxes=np.repeat(boxes, 4, axis=0),
        region_labels=np.full(4, -1, np.int8),
        offsets=np.arange(5),
    )
    return folder


def test_a_job_is_told_event_by_event_and_ends_with_0(tmp_path):
    foreign = tmp_path / "notes.dcm"
    foreign.write_text("not an image")
    folder = inspection(tmp_path / "job", [foreign])
    events, code, _ = end_of(start(folder))
    assert code == 0
    assert isinstance(events[0], FileInspected)
    assert "notes.dcm" in events[0].reason
    assert isinstance(events[-1], Finished)
    assert read_result(folder) == ["inspected.jsonl"]
    kept = (folder / "events.jsonl").read_text().splitlines()
    assert [from_line(line) for line in kept] == events


def test_a_sentence_for_the_person_ends_with_1_and_no_results(tmp_path):
    folder = tmp_path / "job"
    folder.mkdir()
    Job(steps=(Step.SCORE,), recipe=Recipe(), features_folder=str(tmp_path), model_folder="nowhere").write(
        folder
    )
    np.savez(
        folder / "arrays.npz", boxes=np.empty((0, 4)), region_labels=np.empty(0), offsets=np.zeros(1, int)
    )
    events, code, _ = end_of(start(folder))
    assert code == 1
    assert isinstance(events[-1], Failed)
    assert events[-1].is_user_error
    assert not (folder / "result.json").exists()


def test_a_folder_that_is_not_there_is_told(tmp_path):
    events, code, _ = end_of(start(tmp_path / "nowhere"))
    assert code == 1
    assert events == [Failed("The work's folder is not there: start it again.", is_user_error=True)]


def test_a_fault_of_the_program_is_logged_with_where_and_what_it_was_but_not_its_text(tmp_path):
    folder = inspection(tmp_path / "job", [])
    at_fault = """
def run_job(folder, control):
    yield from ()
    open("/nowhere/Doe_Jane.dcm")
"""
    events, code, complaints = end_of(start(folder, program=at_fault))
    assert code == 1
    assert isinstance(events[-1], Failed)
    assert not events[-1].is_user_error
    assert "FileNotFoundError" in events[-1].text
    for text in ((folder / "log.txt").read_text(), complaints, events[-1].text):
        assert "Doe" not in text
    for text in ((folder / "log.txt").read_text(), complaints):
        assert "in run_job" in text
        assert "FileNotFoundError" in text


def test_a_job_file_that_is_damaged_is_a_sentence_for_the_person(tmp_path):
    folder = inspection(tmp_path / "job", [])
    (folder / "job.json").write_text("{}")
    events, code, _ = end_of(start(folder))
    assert code == 1
    [said] = events
    assert said.is_user_error
    assert "job.json is missing or damaged" in said.text


def test_a_folder_that_takes_no_log_is_a_sentence_for_the_person(tmp_path):
    folder = inspection(tmp_path / "job", [])
    (folder / "log.txt").mkdir()
    events, code, _ = end_of(start(folder))
    assert code == 1
    [said] = events
    assert said.is_user_error
    assert "folder cannot be written" in said.text


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="asks for a file that takes nothing")
def test_events_are_told_also_where_the_disk_takes_none_of_them(tmp_path):
    folder = inspection(tmp_path / "job", [])
    (folder / "events.jsonl").symlink_to("/dev/full")
    (folder / "log.txt").symlink_to("/dev/full")
    events, code, _ = end_of(start(folder))
    assert code == 0
    assert isinstance(events[-1], Finished)


def test_whatever_prints_does_not_reach_the_events(tmp_path):
    folder = inspection(tmp_path / "job", [])
    noisy = """
import os
from core.events import Finished
def run_job(folder, control):
    print("from Python")
    os.write(1, b"from a library\\n")
    sys.stderr.write("a warning\\n")
    yield Finished()
"""
    events, code, complaints = end_of(start(folder, program=noisy))
    assert (events, code) == ([Finished()], 0)
    assert all(text in complaints for text in ("from Python", "from a library", "a warning"))
    log = (folder / "log.txt").read_text()
    assert "from Python" in log
    assert "a warning" in log


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="priorities are told in another way here")
def test_a_worker_lets_others_go_first(tmp_path):
    folder = inspection(tmp_path / "job", [])
    asks = """
import os
from core.events import Notice, Finished
def run_job(folder, control):
    yield Notice(f"{os.getpriority(os.PRIO_PROCESS, 0)} {os.environ['OMP_NUM_THREADS']} {os.environ['OMP_WAIT_POLICY']}")
    yield Finished()
"""
    events, _, _ = end_of(start(folder, program=asks))
    niceness, threads, waiting = events[0].text.split()
    assert int(niceness) >= min(os.getpriority(os.PRIO_PROCESS, 0) + 10, 19)
    assert waiting == os.environ.get("OMP_WAIT_POLICY", "PASSIVE")
    assert threads == os.environ.get("OMP_NUM_THREADS", str(Recipe().threads))


def test_cancel_stops_a_fit_and_leaves_no_results(tmp_path):
    folder = endless_training(tmp_path)
    worker = start(folder)
    next_of(worker, Epoch)
    worker.stdin.write(b"cancel\n")
    worker.stdin.flush()
    events, code, _ = end_of(worker)
    assert code == 0
    assert isinstance(events[-1], Stopped)
    assert not events[-1].kept
    assert not (folder / "result.json").exists()


@pytest.mark.parametrize(
    ("said", "kept"),
    [(b"cancel\n", False), (b"stop early\n", True), (b"stop ear", False), (b"nonsense\n", False)],
)
def test_lines_on_standard_input_are_heard_and_its_end_is_a_cancel(tmp_path, said, kept):
    worker = start(inspection(tmp_path / "job", []), program=UNTIL_TOLD)
    next_of(worker, Progress)
    worker.stdin.write(said)
    worker.stdin.flush()
    if said not in (b"cancel\n", b"stop early\n"):
        worker.stdin.close()  # as when the window dies
    events, code, _ = end_of(worker)
    assert code == 0
    assert events[-1] == Stopped(kept=kept)


def test_a_worker_that_nobody_hears_stops_by_itself(tmp_path):
    folder = inspection(tmp_path / "job", [])
    worker = start(folder, program=UNTIL_TOLD)
    next_of(worker, Progress)
    worker.stdout.close()
    with worker:
        assert worker.wait() == 0
    kept = (folder / "events.jsonl").read_text().splitlines()
    assert from_line(kept[-1]) == Stopped(kept=False)


def test_a_killed_worker_leaves_a_folder_without_results_that_can_be_worked_on_again(tmp_path):
    folder = endless_training(tmp_path)
    worker = start(folder)
    next_of(worker, Epoch)
    worker.kill()
    _, code, _ = end_of(worker)
    assert code != 0
    assert not (folder / "result.json").exists()
    job = Job.read(folder)
    replace(job, recipe=replace(job.recipe, epochs=2)).write(folder)
    assert isinstance(list(run_job(folder, Control()))[-1], Finished)
    assert "predictions.npz" in read_result(folder)
