"""The step that inspects files before they enter the store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from core.events import Event, FileInspected
from core.job import write_atomically
from core.pipeline.pace import Pace
from core.pipeline.run import JobRun

INSPECTED = "inspected.jsonl"


def inspect_files(run: JobRun) -> Iterator[Event]:
    """Write one line an inspected file; a stop keeps the files that were inspected so far."""
    from core.inspection import inspect

    job = run.job
    files = [Path(file) for file in job.files]
    lines, refused = [], 0
    found = inspect(
        files,
        grid=job.grid or job.recipe.grid,
        spacing_mm=job.spacing_mm or {},
        should_stop=lambda: run.control.is_stopping,
    )
    pace = Pace("inspecting", total=len(files))
    for inspected in found:
        lines.append(json.dumps(inspected.to_json(), allow_nan=False))
        refused += bool(inspected.reason)
        yield FileInspected(str(inspected.path), inspected.reason)
        yield pace.one_more()
    write_atomically(run.folder / INSPECTED, "".join(f"{line}\n" for line in lines).encode())
    run.results.append(INSPECTED)
    run.summary |= {"files": len(files), "inspected": len(lines), "files_refused": refused}
    run.is_cut_short = len(lines) < len(files)
