"""The command line: the whole loop without a window.

Exit codes: 0 done; 1 a fault of the program; 2 wrong usage; 3 something outside the program is wrong, said in
one sentence; 4 the project is in use by another process; 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from enum import IntEnum
from importlib import import_module

from app.cli.arguments import make_parser
from app.cli.console import Console, WorkFailedError
from core.errors import ProjectBusyError, UserError

# What no program can help: no room, a disk that may not be written or fails, a name that is too long.
_WORLD_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENAMETOOLONG)


class ExitCode(IntEnum):
    """What a command's exit code means."""

    DONE = 0
    OUR_FAULT = 1
    USAGE = 2
    USER_ERROR = 3
    PROJECT_BUSY = 4
    INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. What is not foreseen rises, with its trace."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help(sys.stderr)
        return ExitCode.USAGE
    console = Console(as_json=getattr(options, "json", False))
    try:
        return _body(options.command)(options, console) or ExitCode.DONE
    except WorkFailedError as error:
        console.complain(str(error))
        return ExitCode.OUR_FAULT
    except ProjectBusyError as error:
        console.complain(str(error))
        return ExitCode.PROJECT_BUSY
    except UserError as error:
        console.complain(str(error))
        return ExitCode.USER_ERROR
    except KeyboardInterrupt:
        console.complain("stopped on request; what was finished before is kept.")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output (`| head`) has left: end quietly, with nothing left to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except OSError as error:
        if error.errno not in _WORLD_ERRORS:
            raise
        console.complain(
            f"{error.strerror}: the disk or a name refuses it. What was finished before is kept."
        )
        return ExitCode.USER_ERROR


# Where the body of each command is: its `run`, or its entry in `COMMANDS`.
_MODULES = {
    "demo": "app.demo",
    **dict.fromkeys(("import", "export", "label"), "app.cli.data"),
    **dict.fromkeys(("features", "train", "score", "rank"), "app.cli.work"),
    **dict.fromkeys(("reading", "agreement"), "app.cli.readers"),
    "models": "app.cli.models",
    "evaluate": "app.cli.evaluation",
    "study": "app.cli.study",
    "doctor": "app.cli.doctor",
    "trunks": "app.cli.trunks",
    "bench": "app.cli.bench",
    "gui": "app.cli.gui",
}


def _body(command: str) -> Callable[[Namespace, Console], int | None]:
    """Import what the command needs, and no more: `--help` stays quick and the window's libraries stay out."""
    module = import_module(_MODULES[command])
    body: Callable[[Namespace, Console], int | None] = (
        module.COMMANDS[command] if hasattr(module, "COMMANDS") else module.run
    )
    return body
