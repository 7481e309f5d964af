#!/usr/bin/env python3
r"""Set everything up in .venv and run Lesionloop's demo or its tests; needs Python and pip, nothing else.

    python3 packaging/dev.py demo              the main job, on synthetic mammograms, in a window
    python3 packaging/dev.py demo --headless   the same loop without a window, with a before/after table
    python3 packaging/dev.py test              the tests (ruff, mypy, pytest)
    python3 packaging/dev.py run ...           any `lesionloop` command in the same environment

On Windows: py packaging\dev.py demo
"""

import argparse
import ctypes.util
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "lesionloop-installed.json"
OLDEST, NEWEST = (3, 11), (3, 13)

# Qt's own needs on Debian and Ubuntu: shared library (as the loader names it) -> package.
SYSTEM_LIBRARIES = {
    "EGL": "libegl1",
    "GL": "libgl1",
    "dbus-1": "libdbus-1-3",
    "fontconfig": "libfontconfig1",
    "glib-2.0": "libglib2.0-0",
    "xkbcommon": "libxkbcommon0",
    "xkbcommon-x11": "libxkbcommon-x11-0",
    "xcb-cursor": "libxcb-cursor0",
    "xcb-icccm": "libxcb-icccm4",
    "xcb-image": "libxcb-image0",
    "xcb-keysyms": "libxcb-keysyms1",
    "xcb-randr": "libxcb-randr0",
    "xcb-render-util": "libxcb-render-util0",
    "xcb-shape": "libxcb-shape0",
    "xcb-xkb": "libxcb-xkb1",
}


def main() -> int:
    """Parse, set up, run. Returns the exit code of what was run."""
    refuse_unsuitable_python()
    arguments, rest = parse()
    for line in missing_system_libraries():
        say(line)
    python = set_up(arguments)
    if arguments.command == "test":
        return run_tests(python, rest)
    if arguments.command == "setup":
        return 0
    command = ["demo", *rest] if arguments.command == "demo" else rest
    return run([python, "-m", "app", *command])


def parse() -> tuple[argparse.Namespace, list[str]]:
    """Own options before or after the command; everything unknown is passed on."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("command", choices=["demo", "test", "run", "setup"])
    parser.add_argument(
        "--torch-index",
        metavar="URL",
        help="take torch and torchvision from this package index (PyTorch publishes one for CPU-only builds, "
        "which are far smaller than the default on Linux)",
    )
    parser.add_argument(
        "--extra",
        action="append",
        default=[],
        metavar="NAME",
        help="also install this extra of pyproject.toml",
    )
    return parser.parse_known_args()


def refuse_unsuitable_python() -> None:
    """Stop with one sentence on a Python that the dependencies do not have."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        wanted = f"Python {'.'.join(map(str, OLDEST))} to {'.'.join(map(str, NEWEST))}"
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(f"dev.py: Lesionloop needs {wanted}; this is {found}. Run dev.py with one of those.")


def missing_system_libraries() -> list[str]:
    """On Linux: what Qt will miss, and the one line that installs it on Debian and Ubuntu."""
    if not sys.platform.startswith("linux"):
        return []
    missing = [package for name, package in SYSTEM_LIBRARIES.items() if not ctypes.util.find_library(name)]
    if not missing:
        return []
    line = f"apt-get install -y --no-install-recommends {' '.join(missing)}"
    return [f"Qt needs system libraries that are not here. On Debian or Ubuntu, as root: {line}"]


def set_up(arguments: argparse.Namespace) -> str:
    """Make .venv and install into it, unless the stamp says that just this is installed already."""
    python = venv_python()
    extras = sorted({*arguments.extra, *(["dev"] if arguments.command == "test" else [])})
    have = read_stamp()
    wanted = {"fingerprint": fingerprint(), "extras": sorted({*extras, *have.get("extras", [])})}
    if have == wanted and python.exists():
        return str(python)
    started = time.monotonic()
    if have.get("fingerprint") != wanted["fingerprint"] or not python.exists():
        say(f"making the environment {VENV.name} (the first time takes some minutes and several GB)")
        if not python.exists():
            venv.create(VENV, with_pip=True, clear=VENV.exists())
    STAMP.unlink(missing_ok=True)
    install(python, wanted["extras"], arguments.torch_index)
    STAMP.write_text(json.dumps(wanted))
    say(f"installed in {time.monotonic() - started:.0f} s; the next run starts at once")
    return str(python)


def install(python: Path, extras: list[str], torch_index: "str | None") -> None:
    """Call pip; leave with its exit code when it fails."""
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off", "-q"]
    if torch_index:
        must_run([*pip, "--index-url", torch_index, "torch>=2.10,<3", "torchvision>=0.25,<1"])
    target = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    must_run([*pip, "-e", target])


def run_tests(python: str, rest: list[str]) -> int:
    """Lint, types, tests. With arguments of your own, only pytest, with those."""
    codes = []
    if not rest:
        codes += [run([python, "-m", "ruff", "check", "."])]
        codes += [run([python, "-m", "ruff", "format", "--check", "."])]
        codes += [run([python, "-m", "mypy"])]
    codes += [run([python, "-m", "pytest", *(rest or ["-q"])])]
    return next((code for code in codes if code), 0)


def fingerprint() -> str:
    """Changes when what would be installed changes: pyproject.toml, this Python, this checkout's place."""
    parts = [(ROOT / "pyproject.toml").read_bytes(), sys.version.encode(), str(ROOT).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def read_stamp() -> dict:
    """What the last set-up installed; empty when there was none or its stamp cannot be read."""
    try:
        return json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}


def venv_python() -> Path:
    """The environment's interpreter."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def must_run(command: list[str]) -> None:
    """Run, and leave with the command's exit code when it fails."""
    if code := run(command):
        sys.exit(code)


def run(command: list[str]) -> int:
    """Run in the checkout, showing the command."""
    shown = [Path(command[0]).name if shutil.which(command[0]) else command[0], *command[1:]]
    say(" ".join(shown))
    try:
        return subprocess.run(command, cwd=ROOT, check=False).returncode
    except KeyboardInterrupt:
        return 130


def say(text: str) -> None:
    """Tell what happens, marked as ours."""
    print(f"[dev] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
