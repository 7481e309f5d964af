"""The report of an evaluation: files beside evaluation.json, and a page that holds them all."""

from __future__ import annotations

import base64
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.evaluation import Task
from core.job import write_atomically
from core.report import numbers
from core.report.figures import all_figures
from core.report.source import Source
from core.report.style import Drawn
from core.report.tables import comparison_rows, csv_files, figures_table

PAGE, FIGURES, TABLES = "report.html", "figures", "tables"
TEMPLATE = Path(__file__).with_name("page.html.j2")


def write_report(out: Path, *, is_synthetic: bool = False) -> list[Path]:
    """Write OUT/report.html, OUT/tables/*.csv and OUT/figures/*.svg and *.png from a finished evaluation.

    is_synthetic: the images are the phantom's, and the page says so. Returns the files, the page first. Raises
    UserError where the folder holds no finished evaluation or cannot be written.
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
        for name, data in (content | page).items():
            (out / name).parent.mkdir(exist_ok=True)
            write_atomically(out / name, data)
    except OSError as error:
        raise UserError(
            f"The report could not be written into {out.name}: {error.strerror or 'the folder refuses it'}. "
            "The figures measured are in evaluation.json."
        ) from error
    return [out / name for name in (page | content)]


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
    by_name = {figure.name: figure for figure in figures}
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        value=source.value,
        is_synthetic=is_synthetic,
        main=figures_table(source, task=Task.MALIGNANT, level="image"),
        abnormal=figures_table(source, task=Task.ABNORMAL, level="image"),
        breast={task.value: figures_table(source, task=task, level="breast") for task in Task},
        froc={task.value: figures_table(source, task=task, level="froc") for task in Task},
        answers=_answers(source),
        compared={
            name: comparison_rows(source, name=name) for name in ("auroc", "paucr", "sensitivity_at_1")
        },
        figure=by_name,
        planes=[figure for figure in figures if figure.name.startswith("plane-")],
        training=[figure for figure in figures if figure.name.startswith("training-")],
        failed=[cell for cell in source.value["cells"] if cell["state"] == "failed"],
        made=_made(),
    )


def _answers(source: Source) -> list[str]:
    """The main result in plain words."""
    reference = source.value["reference"]
    task = Task.MALIGNANT
    said = []
    for name, level, words in (
        ("auroc", "image", "Telling malignant images from the rest (AUROC)"),
        ("sensitivity_at_1", "froc", "Finding the lesion at one false mark a called image (FROC)"),
    ):
        found = {
            recipe: source.figure(recipe, task=task.value, level=level, name=name)["mean"]
            for recipe in source.recipes
        }
        known = {recipe: mean for recipe, mean in found.items() if mean is not None}
        if not known:
            said.append(f"{words}: not measured.")
            continue
        best = max(known, key=lambda recipe: known[recipe])
        if best == reference or reference not in known:
            said.append(f"{words}: {best} is highest, {known[best]:.3f}.")
            continue
        row = (
            next(r for r in comparison_rows(source, name=name) if r["recipe"] == best)
            if _compared(source)
            else None
        )
        test = (
            f" The difference is {row['difference']}; {row['verdict']} (p {row['p_holm']} after Holm)."
            if row
            else ""
        )
        said.append(
            f"{words}: {best} is highest, {known[best]:.3f} against {known[reference]:.3f} of {reference}.{test}"
        )
    return said


def _compared(source: Source) -> bool:
    return bool(source.value["comparisons"]["against_reference"])


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
