"""Make the pictures of the window in docs/images again, from a demo project.

    lesionloop demo --headless --folder demo
    python packaging/screenshot.py demo/project docs/images

Works without a screen too (QT_QPA_PLATFORM=offscreen). The project is opened read-only.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

WIDTH, HEIGHT = 1500, 940
PATIENCE_MS = 30_000
STILL_MS = 400


def main() -> int:
    """Open the window, wait for its study, and write the pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("project", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as settings:
        os.environ["LESIONLOOP_SETTINGS"] = settings
        return _take(given.project, given.out)


def _take(project: Path, out: Path) -> int:
    from PIL import Image
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from app import theme
    from app.window import open_window

    def wait() -> None:
        # A loop of Qt's own: QTest.qWait would keep every other thread of Python waiting.
        loop = QEventLoop()
        QTimer.singleShot(STILL_MS, loop.quit)
        loop.exec()

    application = QApplication(sys.argv[:1])
    theme.apply(application)
    window = open_window(project, read_only=True)
    window.resize(WIDTH, HEIGHT)
    wall = window.viewer.wall
    waited = 0
    while waited < PATIENCE_MS and not all(canvas.shown is not None for canvas in wall.canvases):
        wait()
        waited += STILL_MS
    if waited >= PATIENCE_MS:
        print(window.messages.text or "the study did not come up", file=sys.stderr)
        return 1
    for name, action in (("window", "four"), ("single", "single")):
        window.actions_by_name[action].trigger()
        window.viewer.setFocus()
        wait()
        picture = out / f"{name}.png"
        window.grab().save(str(picture))
        with Image.open(picture) as grabbed:
            small = grabbed.convert("RGB").quantize(256)
        small.save(picture, optimize=True)
    window.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
