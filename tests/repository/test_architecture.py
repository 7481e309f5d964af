"""The rings, the window's freedom from torch, and the pairs of versions that bite."""

import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_import_contracts_of_the_rings_are_kept():
    done = run(str(Path(sys.executable).with_name("lint-imports")), "--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr


def modules_loaded_by(statement: str) -> set[str]:
    done = run(sys.executable, "-c", f"{statement}\nimport sys\nprint(*sys.modules)")
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_the_window_never_imports_torch():
    loaded = modules_loaded_by("import app.window, app.main_window")
    assert "PySide6" in loaded
    assert not loaded & {"torch", "torchvision", "onnxruntime"}


def test_the_command_line_starts_without_qt_and_without_torch():
    assert not modules_loaded_by("import app.__main__, app.cli") & {
        "PySide6",
        "torch",
        "onnxruntime",
        "pyqtgraph",
    }


def test_qt_and_python_are_a_pair_that_is_known_to_work():
    qt = tuple(map(int, version("PySide6-Essentials").split(".")[:2]))
    assert qt == ((6, 11) if sys.version_info < (3, 12) else (6, 12))


def test_the_folder_named_packaging_is_no_package():
    assert not (ROOT / "packaging" / "__init__.py").exists()
    import packaging.version  # noqa: F401  the library of that name


def test_every_dependency_has_its_reason_written_down():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [
        *project["dependencies"],
        *(n for extra in project["optional-dependencies"].values() for n in extra),
    ]
    reasons = (ROOT / "docs" / "dependencies.md").read_text().lower()
    plain = {name.split(";")[0].split("=")[0].split(">")[0].split("<")[0].strip().lower() for name in names}
    assert {name for name in plain if f"`{name}`" not in reasons} == set()
