"""Where settings and logs live; without Qt, so that the command line finds them too."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

FOLDER_VARIABLE = "LESIONLOOP_SETTINGS"  # a folder; tests and portable installations set it


def settings_folder() -> Path:
    """Where settings live: the folder named in LESIONLOOP_SETTINGS, or this system's usual place."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else platformdirs.user_config_path("lesionloop", appauthor=False)


def log_folder() -> Path:
    """Where crash logs live: beside the settings when those are named, or this system's usual place."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) / "log" if named else platformdirs.user_log_path("lesionloop", appauthor=False)
