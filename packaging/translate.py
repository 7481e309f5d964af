"""Bring the translations in step with the texts of app/: run it after a text was added or changed.

    python packaging/translate.py            collects the texts into lesionloop_de.ts, makes lesionloop_de.qm of it
    python packaging/translate.py --missing  only tells which texts have no German yet

Open the .ts in Qt Linguist, or in an editor, and write what is marked unfinished; then run it again.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "translations"
SOURCE = FOLDER / "lesionloop_de.ts"


def main() -> int:
    """Collect, tell what is missing, and release."""
    only_tell = "--missing" in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        collected = SOURCE
        if only_tell:
            collected = Path(folder) / SOURCE.name
            collected.write_bytes(SOURCE.read_bytes())
        collect(collected, Path(folder))
        missing = unfinished(collected)
    for text in missing:
        print(f"no German yet: {text}")
    if not only_tell:
        tool("lrelease", "-silent", str(SOURCE), "-qm", str(SOURCE.with_suffix(".qm")))
    return 1 if missing else 0


def collect(into: Path, work: Path) -> None:
    """Bring a .ts file in step with the texts of app/. work: a folder for what is made on the way."""
    data = work / "data.py"
    data.write_text(
        "\n".join(f"translate('data', {text!r})" for text in texts_of_data()) + "\n", encoding="utf-8"
    )
    sources = [str(path) for path in sorted((ROOT / "app").rglob("*.py")) if "cli" not in path.parts]
    listed = work / "sources.lst"
    listed.write_text("\n".join([*sources, str(data)]), encoding="utf-8")
    tool("lupdate", "-silent", "-no-obsolete", "-locations", "none", f"@{listed}", "-ts", str(into))


def tool(name: str, *arguments: str) -> None:
    """Run one of Qt's tools, which come with PySide6."""
    command = Path(sys.executable).with_name(f"pyside6-{name}")
    done = subprocess.run([str(command), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr or done.stdout)


def unfinished(source: Path) -> list[str]:
    """Texts of a .ts file that have no translation."""
    return [
        message.findtext("source", "")
        for message in ET.parse(source).getroot().iter("message")  # noqa: S314 (our own file)
        if (translation := message.find("translation")) is None
        or translation.get("type") in ("unfinished", "obsolete", "vanished")
        or not translation.text
    ]


def texts_of_data() -> list[str]:
    """Texts that are data and translated where they are shown, once each."""
    sys.path.insert(0, str(ROOT))
    from app import (
        actions,
        findings_panel,
        model_ledger,
        project_dialog,
        training_panel,
        view_state,
        worklist,
        workplace,
    )
    from app.export_dialog import ANY, ExportFormat
    from app.plane import colouring, controls, measuring, page, side_panel
    from app.viewer import canvas, contour_edit, corner_text, surface
    from core import domain
    from core.pixels import OUR_NAMES, Unusable
    from core.plane import CLASS_WORDS
    from storage.promotion import ModelState

    kinds: tuple[type[StrEnum], ...] = (
        *(domain.Decision, domain.FindingClass, domain.FindingType, domain.Split),
        *(worklist.WorklistFilter, ExportFormat, colouring.ColourBy, ModelState, Unusable),
    )
    found = [
        *(text for spec in actions.ACTIONS for text in (spec.menu, spec.text, spec.tip)),
        *(text for pair in actions.MOUSE for text in pair),
        *(each.value for kind in kinds for each in kind),
        *worklist.COLUMNS,
        *worklist.LABEL_WORDS.values(),
        *findings_panel.TYPE_WORDS.values(),
        *(text for pair in model_ledger.COLUMNS for text in pair),
        *training_panel.STAGES.values(),
        *(text for pair in controls.HANDS.values() for text in pair),
        *CLASS_WORDS,
        *(category.name for category in colouring.LABEL_CATEGORIES + colouring.CALL_CATEGORIES),
        *(corner_text.FLIPPED, corner_text.UNFINISHED, corner_text.RESEARCH_USE),
        *(findings_panel.DRAW_HINT, workplace.ABOUT, colouring.SEVERAL, ANY),
        *(reason for reasons in findings_panel.REASONS.values() for reason in reasons),
        *project_dialog.ARM_WORDS.values(),
        *(text for text, _split in side_panel.MEASURED),
        *(measuring.NO_FROC_OF_EVALUATION, page.HOW_TO_SELECT, page.NO_PICTURE),
        *OUR_NAMES,
        *(view_state.NOT_RAW, view_state.NO_MARK, surface.EMPTY[0], canvas.NOT_ON_FRAMES),
        *(value for name, value in vars(contour_edit).items() if name.isupper() and isinstance(value, str)),
    ]
    return list(dict.fromkeys(text for text in found if any(each.isalpha() for each in text)))


if __name__ == "__main__":
    raise SystemExit(main())
