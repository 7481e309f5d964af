from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.crash import CrashHook

SECRET = "Jane Doe 1970-01-01"


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def hook(tmp_path: Path, told: list[str], qapp: object) -> Iterator[CrashHook]:
    made = CrashHook(tmp_path / "log", show=lambda details, _path: told.append(details))
    made.install()
    yield made
    made.uninstall()


def fail() -> None:
    raise ValueError(f"cannot read {SECRET}")


def throw() -> None:
    try:
        fail()
    except ValueError:
        sys.excepthook(*sys.exc_info())


def test_what_nothing_else_caught_is_told_and_logged(hook: CrashHook, told: list[str], qtbot: QtBot):
    throw()
    qtbot.waitUntil(lambda: bool(told))
    for text in (told[0], hook.log_path.read_text(encoding="utf-8")):
        assert "ValueError" in text
        assert "in fail" in text


def test_the_errors_own_text_is_kept_nowhere(hook: CrashHook, told: list[str], qtbot: QtBot):
    throw()
    qtbot.waitUntil(lambda: bool(told))
    assert SECRET not in told[0]
    assert SECRET not in hook.log_path.read_text(encoding="utf-8")


def test_a_thread_that_fails_is_told_in_the_windows_thread(hook: CrashHook, told: list[str], qtbot: QtBot):
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(told))
    assert "ValueError" in told[0]


def test_uninstalling_gives_the_hooks_back(tmp_path: Path, qapp: object):
    before = sys.excepthook, threading.excepthook
    hook = CrashHook(tmp_path / "log", show=lambda *_: None)
    hook.install()
    assert sys.excepthook != before[0]
    hook.uninstall()
    assert (sys.excepthook, threading.excepthook) == before
