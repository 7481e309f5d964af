"""Where every process of the program starts: the command line, or the worker of one job."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command (see app.cli), or with `--worker FOLDER` the job of a folder. Returns the exit code."""
    multiprocessing.freeze_support()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["--worker"] and len(words) == 2:
        from core.worker import main as work

        return work(words[1])
    from app.cli import main as command_line

    return command_line(words)


if __name__ == "__main__":
    sys.exit(main())
