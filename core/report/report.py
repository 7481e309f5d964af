"""The report of an evaluation: files beside evaluation.json, and a page that holds them all."""

from __future__ import annotations

import base64
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.evaluation import Task
from core.job import write_atomically
from core.report import numbers
from core.report.answers import answers, looked_at, too_few_resamples
from core.report.figures import COMPARED, all_figures
from core.report.source import Source
from core.report.style import Drawn
from core.report.tables import comparison_rows, csv_files, figures_table, recall_table, run_table

PAGE, FIGURES, TABLES = "report.html", "figures", "tables"
TEMPLATE = Path(__file__).with_name("page.html.j2")
OURS = re.compile(
    r"(plane|training)-\d+\.(svg|png)|(differences|froc|roc|confusion|reliability)\.(svg|png)|nested\.csv"
)
MOST_NAMED = 6  # failed runs of one recipe and reason that are named


def write_report(out: Path, *, is_synthetic: bool = False) -> list[Path]:
    """Write OUT/report.html, OUT/tables/*.csv and OUT/figures/*.svg and *.png from a finished evaluation.

    is_synthetic: the images are the phantom's, and the page says so. Figures and tables that an earlier report left and
    this one has no use for are removed. Returns the files, the page first. Raises UserError where the folder holds no
    finished evaluation, is damaged, or cannot be written.
    """
    source = Source.read(out)
    figures = list(all_figures(source))
    content = {f"{TABLES}/{name}": text.encode() for name, text in csv_files(source).items()}
    for figure in figures:
        if not figure.missing:
            content[f"{FIGURES}/{figure.name}.svg"] = figure.svg
            content[f"{FIGURES}/{figure.name}.png"] = figure.png
    page = {PAGE: _page(source, figures, is_synthetic=is_synthetic).encode()}
    try:
        _remove_old(out, content)
        for name, data in (content | page).items():
            (out / name).parent.mkdir(exist_ok=True)
            write_atomically(out / name, data)
    except OSError as error:
        raise UserError(
            f"The report could not be written into {out.name}: {error.strerror or 'the folder refuses it'}. "
            "Everything measured is in evaluation.json; make room or allow writing there, then run the same command again."
        ) from error
    return [out / name for name in (page | content)]


def _remove_old(out: Path, content: Mapping[str, bytes]) -> None:
    """What an earlier report wrote and this one does not: figures of recipes that are no longer there."""
    for path in [*(out / FIGURES).glob("*"), *(out / TABLES).glob("*")]:
        if OURS.fullmatch(path.name) and f"{path.parent.name}/{path.name}" not in content:
            path.unlink()


def _page(source: Source, figures: Sequence[Drawn], *, is_synthetic: bool) -> str:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "number": numbers.number,
        "share": numbers.share,
        "mean_sd": numbers.mean_sd,
        "inline": lambda data: f"data:image/svg+xml;base64,{base64.b64encode(data).decode()}",
    }
    by_number = dict(enumerate(source.recipes, start=1))
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        value=source.value,
        is_synthetic=is_synthetic,
        main=figures_table(source, task=Task.MALIGNANT, level="image"),
        abnormal=figures_table(source, task=Task.ABNORMAL, level="image"),
        breast={task.value: figures_table(source, task=task, level="breast") for task in Task},
        froc={task.value: figures_table(source, task=task, level="froc") for task in Task},
        with_froc={row["task"] for row in source.value["froc"] if row["cells"]},
        calibrated={recipe: _calibrated(source, recipe) for recipe in source.recipes},
        recall=recall_table(source),
        runs=run_table(source),
        answers=answers(source),
        too_few=too_few_resamples(source),
        compared={name: comparison_rows(source, name=name) for name in COMPARED},
        figure={figure.name: figure for figure in figures},
        shown=looked_at(source),
        planes={recipe: f"plane-{number}" for number, recipe in by_number.items()},
        training={recipe: f"training-{number}" for number, recipe in by_number.items()},
        failures=_failures(source),
        made=_made(),
    )


def _calibrated(source: Source, recipe: str) -> str:
    """In how many of its finished runs the recipe's probabilities were calibrated."""
    runs = [
        (cell["metrics"] or {}).get("calibration") is not None
        for cell in source.value["cells"]
        if (cell["recipe"], cell["inner"], cell["state"]) == (recipe, None, "done")
    ]
    return f"{sum(runs)} of {len(runs)}" if any(runs) else "no"


def _failures(source: Source) -> list[str]:
    """One sentence for each recipe and reason of failed runs."""
    found: dict[tuple[str, str], list[str]] = {}
    for cell in source.value["cells"]:
        if cell["state"] == "failed":
            inner = "" if cell["inner"] is None else f".{cell['inner']}"
            run = f"seed {cell['seed']} fold {cell['fold']}{inner}"
            found.setdefault((cell["recipe"], cell["reason"]), []).append(run)
    return [
        f"{recipe}, {len(runs)} {'run' if len(runs) == 1 else 'runs'} ({_some(runs)}): {reason}"
        for (recipe, reason), runs in found.items()
    ]


def _some(runs: Sequence[str]) -> str:
    left = len(runs) - MOST_NAMED
    return ", ".join(runs[:MOST_NAMED]) + (f" and {left} more" if left > 0 else "")


def _made() -> dict[str, Any]:
    names = ("lesionloop", "torch", "numpy", "scikit-learn")
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "versions": ", ".join(f"{name} {_version(name)}" for name in names)
        + f", Python {platform.python_version()}",
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "?"
