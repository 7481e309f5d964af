"""Work of up to seconds beside the window: values in, values out, and stale results dropped."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from core.errors import UserError


class Task:
    """One piece of work on its way. After `cancel` neither of its two callbacks is called."""

    def __init__(self, done: Callable[[Any], None], failed: Callable[[str], None]) -> None:
        self._done = done
        self._failed = failed
        self._future: Future[Any] | None = None
        self.is_cancelled = False

    def cancel(self) -> None:
        """Forget the result; work that has not begun is not begun."""
        self.is_cancelled = True
        if self._future is not None:
            self._future.cancel()

    def cancel_if_waiting(self) -> bool:
        """Cancel only what has not begun. Returns whether it was cancelled."""
        if self._future is None or not self._future.cancel():
            return False
        self.is_cancelled = True
        return True

    def _finish(self) -> None:
        """Hand the result over, in the window's thread. A fault of ours rises here, to the crash hook."""
        if self.is_cancelled or self._future is None or self._future.cancelled():
            return
        error = self._future.exception()
        if isinstance(error, UserError):
            self._failed(str(error))
        elif error is not None:
            raise error
        else:
            self._done(self._future.result())


class Background(QObject):
    """A small thread pool whose results arrive in the window's thread."""

    _ended = Signal(object)

    def __init__(self, parent: QObject | None = None, *, threads: int = 1) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="lesionloop-background")
        self._tasks: set[Task] = set()
        self._is_closed = False
        self._ended.connect(self._finish, Qt.ConnectionType.QueuedConnection)

    def run(
        self, function: Callable[[], Any], *, done: Callable[[Any], None], failed: Callable[[str], None]
    ) -> Task:
        """Call `function` in a thread, then `done(result)` or, on a UserError, `failed(text)` in this one.

        The function gets its values bound beforehand and touches neither a widget nor the store.
        """
        task = Task(done, failed)
        self._tasks.add(task)
        future = self._pool.submit(function)
        task._future = future  # noqa: SLF001 (same module)
        future.add_done_callback(lambda _: self._tell(task))
        return task

    @property
    def is_idle(self) -> bool:
        """Whether nothing is running or waiting to be handed over."""
        return not self._tasks

    def close(self) -> None:
        """Drop what waits and wait for what runs: no thread is left behind."""
        self._is_closed = True
        for task in tuple(self._tasks):
            task.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._tasks.clear()

    def _tell(self, task: Task) -> None:
        if not self._is_closed:
            self._ended.emit(task)

    def _finish(self, task: Task) -> None:
        self._tasks.discard(task)
        if not self._is_closed:
            task._finish()  # noqa: SLF001 (same module)
