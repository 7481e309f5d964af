"""Minutes of work beside the window: a worker process that reads a job folder and tells one event a line."""

from __future__ import annotations

import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

import app
from core.events import LAST_EVENTS, Event, Failed, Finished, Stopped, from_line

GRACE_MS = 15_000  # how long a cancelled worker may take to end by itself
CLOSING_GRACE_MS = 3_000  # the same, when the window is closing
LOG_LINES = 30


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How a job ended. `last` is None when the process ended without saying so."""

    folder: Path
    last: Finished | Stopped | Failed | None
    was_cancelled: bool
    log_tail: str

    @property
    def has_results(self) -> bool:
        """Whether the folder may hold whole results to import."""
        return isinstance(self.last, Finished) or (isinstance(self.last, Stopped) and self.last.kept)

    @property
    def ended_unexpectedly(self) -> bool:
        """Whether the process died, rather than finishing, being stopped or telling why it cannot go on."""
        return self.last is None and not self.was_cancelled


def worker_command(folder: Path) -> tuple[str, list[str]]:
    """Program and arguments that run one job, from a source tree and from a frozen program alike."""
    module = [] if getattr(sys, "frozen", False) else ["-m", "app"]
    return sys.executable, [*module, "--worker", str(folder)]


class JobRunner(QObject):
    """Runs one job at a time.

    Signals:
        told: an Event, as the worker tells it.
        ended: a JobOutcome, once for every started job.
    """

    told = Signal(object)
    ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._folder = Path()
        self._last: Finished | Stopped | Failed | None = None
        self._was_cancelled = False
        self._unread = b""
        self._errors: deque[str] = deque(maxlen=LOG_LINES)
        self._grace = QTimer(self)
        self._grace.setSingleShot(True)
        self._grace.timeout.connect(self._kill)

    @property
    def is_running(self) -> bool:
        """Whether a worker is at work."""
        return self._process is not None

    @property
    def process_id(self) -> int | None:
        """The worker's process, while there is one."""
        return None if self._process is None else self._process.processId()

    def start(self, folder: Path) -> None:
        """Start the job of a prepared folder. Only one job runs at a time."""
        if self._process is not None:
            raise RuntimeError("a job is running already")
        self._folder, self._last, self._was_cancelled, self._unread = folder, None, False, b""
        self._errors.clear()
        process = QProcess(self)
        # `-m app` looks beside the working directory first; stand where our own package lies.
        process.setWorkingDirectory(str(Path(app.__file__).resolve().parent.parent))
        process.readyReadStandardOutput.connect(self._read_events)
        process.readyReadStandardError.connect(self._read_errors)
        process.finished.connect(self._finish)
        process.errorOccurred.connect(self._fail_to_start)
        self._process = process
        process.start(*worker_command(folder))

    def stop_early(self) -> None:
        """Ask the worker to end now and keep the best so far."""
        self._say(b"stop early\n")

    def cancel(self) -> None:
        """Ask the worker to end now and keep nothing; it is killed if it takes long."""
        if self._process is None:
            return
        self._was_cancelled = True
        self._say(b"cancel\n")
        self._grace.start(GRACE_MS)

    def close(self) -> None:
        """End the worker, politely first, and wait for it: no process is left behind, no signal follows."""
        process, self._process = self._process, None
        self._grace.stop()
        if process is None:
            return
        process.disconnect(self)
        if process.state() != QProcess.ProcessState.NotRunning:
            process.closeWriteChannel()
            if not process.waitForFinished(CLOSING_GRACE_MS):
                process.kill()
                process.waitForFinished(-1)
        process.deleteLater()

    def _say(self, line: bytes) -> None:
        if self._process is not None:
            self._process.write(line)

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _read_events(self) -> None:
        if self._process is None:
            return
        self._unread += bytes(self._process.readAllStandardOutput().data())
        *lines, self._unread = self._unread.split(b"\n")
        for line in lines:
            self._hear(line.decode("utf-8", "replace").strip())

    def _hear(self, line: str) -> None:
        if not line:
            return
        try:
            event: Event = from_line(line)
        except ValueError:
            self._errors.append(line)  # something else printed there: worth keeping for the details
            return
        if isinstance(event, LAST_EVENTS):
            self._last = event
        self.told.emit(event)

    def _read_errors(self) -> None:
        if self._process is not None:
            text = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
            self._errors.extend(line for line in text.splitlines() if line.strip())

    def _fail_to_start(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            self._errors.append(self._process.errorString())
            self._end()

    def _finish(self) -> None:
        self._read_events()
        self._read_errors()
        self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        self._grace.stop()
        if process is None:
            return
        process.deleteLater()
        self.ended.emit(JobOutcome(self._folder, self._last, self._was_cancelled, self._log_tail()))

    def _log_tail(self) -> str:
        """Last lines of the job's log, or of what the process printed when it has no log."""
        try:
            lines = (self._folder / "log.txt").read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            lines = []
        kept = [line for line in lines if line.strip()][-LOG_LINES:]
        return "\n".join(kept or self._errors)
