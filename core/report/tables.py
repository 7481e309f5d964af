"""The paper's tables for the data at hand, as rows of text: for CSV files and for the page."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.evaluation import Task
from core.metrics import FPPI_LEVELS
from core.report import numbers
from core.report.source import Source

MEASURES = {
    "auroc": "AUROC",
    "paucr": "pAUCR",
    "specificity_at_0.85": "spec@.85",
    "specificity_at_0.90": "spec@.90",
}
FROC = {f"sensitivity_at_{level:g}": f"FROC at {level:g}" for level in FPPI_LEVELS}
TITLES = MEASURES | FROC
COLUMNS = {
    "image": MEASURES | {"sensitivity_at_1": "FROC at 1 FPPI"},
    "breast": MEASURES,
    "froc": FROC,
}
# Bakalo, Goldberger and Ben-Ari, Table II, on their private data set; (AUROC, pAUCR, spec@.85, spec@.90).
PAPER = {
    Task.MALIGNANT: {
        "DB-Baseline": (0.709, 0.251, 0.37, 0.27),
        "Max-Region": (0.699, 0.235, 0.36, 0.24),
        "Cls-Det": (0.710, 0.280, 0.42, 0.31),
        "Cls-Det-RS": (0.728, 0.275, 0.40, 0.27),
        "SS-Cls-Det-RS@.25": (0.731, 0.305, 0.40, 0.31),
        "SS-Baseline-RS@.5": (0.740, 0.316, 0.43, 0.30),
        "SS-Cls-Det-RS@.5": (0.745, 0.313, 0.46, 0.33),
        "SS-Cls-Det-RS@.75": (0.745, 0.320, 0.42, 0.33),
        "SS-Cls-Det-RS@1": (0.751, 0.316, 0.47, 0.32),
    },
    Task.ABNORMAL: {
        "DB-Baseline": (0.826, 0.347, 0.51, 0.37),
        "Max-Region": (0.817, 0.323, 0.48, 0.35),
        "Cls-Det": (0.832, 0.355, 0.51, 0.36),
        "Cls-Det-RS": (0.841, 0.367, 0.55, 0.38),
    },
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table. is_best: the highest of its column."""

    text: str
    detail: str = ""
    is_best: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the page. rows: heading first by recipe."""

    heading: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def figures_table(source: Source, *, task: Task, level: str) -> Table:
    """Mean (sd) of each recipe, the interval as a detail, the best of each column marked."""
    names = COLUMNS[level]
    found = {
        (recipe, name): source.figure(recipe, task=task.value, level=_level(level, name), name=name)
        for recipe in source.recipes
        for name in names
    }
    best = {
        name: max(
            (
                found[recipe, name]["mean"]
                for recipe in source.recipes
                if found[recipe, name]["mean"] is not None
            ),
            default=None,
        )
        for name in names
    }
    paper = PAPER[task] if level == "image" else {}
    rows = []
    for recipe, settings in zip(source.recipes, source.value["recipes"], strict=True):
        cells = [Cell(recipe), Cell(f"{settings['cells']} of {settings['planned']}")]
        for name in names:
            row = found[recipe, name]
            is_best = len(source.recipes) > 1 and row["mean"] is not None and row["mean"] == best[name]
            cells.append(Cell(numbers.mean_sd(row), _detail(row), is_best))
        if paper:
            cells.append(
                Cell(" / ".join(f"{figure:g}" for figure in paper.get(recipe, ())) or numbers.NOTHING)
            )
        rows.append(tuple(cells))
    heading = ("recipe", "runs", *names.values(), *(("in the paper",) if paper else ()))
    return Table(heading, tuple(rows))


def comparison_rows(source: Source, *, name: str, task: Task = Task.MALIGNANT) -> list[dict[str, str]]:
    """Each recipe against the reference by one measure, as text."""
    return [
        {
            "recipe": row["after"],
            "difference": numbers.difference(row),
            "p": numbers.p_value(row["p"]),
            "p_holm": numbers.p_value(row["p_holm"]),
            "verdict": _verdict(row["difference"], row["p_holm"], row["p"]),
        }
        for row in source.value["comparisons"]["against_reference"]
        if row["name"] == name and row["task"] == task.value
    ]


def csv_files(source: Source) -> dict[str, str]:
    """Content of every CSV file by its name."""
    return {
        "table2.csv": _csv(_table2(source)),
        "table3.csv": _csv(_table3(source)),
        "comparisons.csv": _csv(_comparisons(source)),
        "calibration.csv": _csv(_calibration(source)),
        "errors.csv": _csv(_errors(source)),
    }


def _level(level: str, name: str) -> str:
    return "froc" if name in FROC else level


def _detail(row: dict[str, float | None]) -> str:
    return "" if row["low"] is None else numbers.interval(row)


def _verdict(difference: float, p_holm: float | None, p: float | None) -> str:
    if p is None:
        return "too few patients for a test"
    way = "higher" if difference > 0 else "lower"
    if p_holm is not None and p_holm < 0.05:
        return way
    return f"no difference shown{f' (p {numbers.p_value(p)} before correction)' if p < 0.05 else ''}"


def _table2(source: Source) -> Iterable[Sequence[object]]:
    yield ["recipe", "task", "level", "measure", "mean", "sd", "low95", "high95", "runs", "planned"]
    for row in source.value["figures"]:
        yield [
            *(row["recipe"], row["task"], row["level"], row["name"]),
            *(_plain(row[name]) for name in ("mean", "sd", "low", "high")),
            *(row["cells"], row["planned"]),
        ]


def _table3(source: Source) -> Iterable[Sequence[object]]:
    yield ["recipe", "true", "predicted", "images", "share_of_true"]
    for table in source.value["confusion"]:
        if not table["cells"]:
            continue
        for true, row in zip(table["classes"], table["counts"], strict=True):
            total = sum(row)
            for predicted, count in zip(table["classes"], row, strict=True):
                yield [
                    table["recipe"],
                    true,
                    predicted,
                    f"{count:g}",
                    _plain(count / total if total else None),
                ]


def _comparisons(source: Source) -> Iterable[Sequence[object]]:
    names = ("difference", "low", "high", "p", "p_holm")
    yield ["against", "recipe", "task", "measure", *names, "images", "patients"]
    for row in source.value["comparisons"]["all_pairs"]:
        figures = [_plain(row[name]) for name in names]
        yield [
            *(row["before"], row["after"], row["task"], row["name"]),
            *figures,
            *(row["images"], row["patients"]),
        ]


def _calibration(source: Source) -> Iterable[Sequence[object]]:
    yield ["recipe", "class", "images", "brier", "brier_of_prevalence", "ece"]
    for row in source.value["calibration"]:
        figures = [_plain(row[name]) for name in ("brier", "brier_of_prevalence", "ece")]
        yield [row["recipe"], row["class"], row["images"], *figures]


def _errors(source: Source) -> Iterable[Sequence[object]]:
    yield [
        "recipe",
        "by",
        "group",
        "images",
        "malignant",
        "auroc",
        "sensitivity",
        "first_region_on_a_finding",
    ]
    for row in source.value["breakdown"]:
        figures = [_plain(row[name]) for name in ("auroc", "sensitivity", "first_region")]
        yield [row["recipe"], row["by"], row["group"], row["images"], row["malignant"], *figures]


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])
    return text.getvalue()


def _harmless(cell: object) -> object:
    """A text that a spreadsheet would take for a formula gets a quotation mark before it; numbers stay."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        try:
            float(cell)
        except ValueError:
            return f"'{cell}"
    return cell
