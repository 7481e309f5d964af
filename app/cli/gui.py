"""`lesionloop gui`: the one command that opens a window."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import app
from app.cli.console import Console
from core.errors import UserError


def run(options: Namespace, console: Console) -> int:
    """Open the window, on a project if one is named, until it is closed."""
    del console
    require_display("Use the other commands of `lesionloop` instead, or `lesionloop demo --headless`.")
    from app import window

    return window.run(options.project)


def require_display(advice: str) -> None:
    """Raise UserError where a window could not be shown."""
    if not has_display():
        raise UserError(f"There is no display here, so the window cannot be opened. {advice}")


def has_display() -> bool:
    """Whether a window can be shown. On Linux a display server says so, or a platform that Qt was told to use."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def open_anew(project: Path) -> int:
    """Open the window in a fresh process: this one may have loaded torch, which the window's must not hold."""
    module = [] if getattr(sys, "frozen", False) else ["-m", "app"]
    command = [sys.executable, *module, "gui", str(project.absolute())]
    place = Path(app.__file__).resolve().parent.parent
    if os.name == "posix":
        sys.stdout.flush()
        os.chdir(place)
        os.execv(command[0], command)  # noqa: S606 - our own program, no shell
    return subprocess.run(command, cwd=place, check=False).returncode
