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


def _body(command: str) -> Callable[[Namespace, Console], int | None]:
    """Import what the command needs, and no more: `--help` stays quick and the window's libraries stay out."""
    match command:
        case "demo":
            from app.demo import run
        case "import" | "export" | "label":
            from app.cli.data import COMMANDS

            return COMMANDS[command]
        case "features" | "train" | "score" | "rank":
            from app.cli.work import COMMANDS

            return COMMANDS[command]
        case "models":
            from app.cli.models import run
        case "evaluate":
            from app.cli.evaluation import run
        case "doctor":
            from app.cli.doctor import run
        case "trunks":
            from app.cli.trunks import run
        case "bench":
            from app.cli.bench import run
        case "gui":
            from app.cli.gui import run
        case _:
            raise AssertionError(f"a command without a body: {command}")
    return run
