from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.background import Background
from core.errors import UserError


@pytest.fixture
def background(qapp: object) -> Iterator[Background]:
    made = Background()
    yield made
    made.close()


def never(*_: object) -> None:
    raise AssertionError("this result was not wanted")


def test_a_result_arrives_in_the_windows_thread(background: Background, qtbot: QtBot):
    results: list[tuple[int, bool]] = []
    background.run(
        lambda: 6 * 7,
        done=lambda value: results.append((value, threading.current_thread() is threading.main_thread())),
        failed=never,
    )
    assert results == []  # never before the caller is done
    qtbot.waitUntil(lambda: bool(results))
    assert results == [(42, True)]


def test_a_failure_that_is_the_worlds_arrives_as_its_sentence(background: Background, qtbot: QtBot):
    def refuse() -> None:
        raise UserError("The disk is full.")

    told: list[str] = []
    background.run(refuse, done=never, failed=told.append)
    qtbot.waitUntil(lambda: told == ["The disk is full."])


def test_a_failure_of_ours_rises_to_the_crash_hook(background: Background, qtbot: QtBot):
    with qtbot.captureExceptions() as caught:
        background.run(lambda: 1 / 0, done=never, failed=never)
        qtbot.waitUntil(lambda: bool(caught))
    assert caught[0][0] is ZeroDivisionError


def test_a_cancelled_task_tells_nobody(background: Background, qtbot: QtBot):
    go = threading.Event()
    running = background.run(go.wait, done=never, failed=never)
    waiting = background.run(never, done=never, failed=never)
    running.cancel()
    assert waiting.cancel_if_waiting()
    go.set()
    qtbot.waitUntil(lambda: background.is_idle)


def test_work_under_way_cannot_be_taken_back_as_waiting(background: Background, qtbot: QtBot):
    began, go, results = threading.Event(), threading.Event(), []

    def work() -> str:
        began.set()
        go.wait()
        return "done"

    task = background.run(work, done=results.append, failed=never)
    assert began.wait(10)
    assert not task.cancel_if_waiting()
    go.set()
    qtbot.waitUntil(lambda: results == ["done"])


def test_closing_waits_for_its_thread_and_drops_what_comes_after(qtbot: QtBot):
    background = Background()
    threads: list[threading.Thread] = []
    background.run(lambda: threads.append(threading.current_thread()), done=never, failed=never)
    background.close()
    assert all(not thread.is_alive() for thread in threads)
    assert background.is_idle
