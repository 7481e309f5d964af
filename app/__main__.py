"""Where every process of the program starts: the command line, or the worker of one job."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command (see app.cli), or be a helper process. Returns the exit code.

    `--worker FOLDER` does the job of a folder; `--decoder BYTES` decodes pixels (in a frozen program, whose
    interpreter cannot be asked for a module).
    """
    multiprocessing.freeze_support()
    # Threads that wait for each other sleep: on a busy machine spinning makes a fit five times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["--worker"] and len(words) == 2:
        from core.worker import main as work

        return work(words[1])
    if words[:1] == ["--decoder"] and len(words) == 2:
        from core.decoder import serve

        serve(int(words[1]))
        return 0
    from app.cli import main as command_line

    return command_line(words)


if __name__ == "__main__":
    sys.exit(main())
