"""The paper's tables for the data at hand, as rows of text: for CSV files and for the page."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.evaluation import Task
from core.metrics import FPPI_LEVELS
from core.report import numbers
from core.report.source import Row, Source

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
SIGNIFICANT = 0.05
# Bakalo, Goldberger and Ben-Ari, Table II, on their private data set, by method and part of the contours:
# (AUROC, pAUCR, spec@.85, spec@.90).
PAPER: dict[Task, dict[tuple[str, float], tuple[float, float, float, float]]] = {
    Task.MALIGNANT: {
        ("DB-Baseline", 0.0): (0.709, 0.251, 0.37, 0.27),
        ("Max-Region", 0.0): (0.699, 0.235, 0.36, 0.24),
        ("Cls-Det", 0.0): (0.710, 0.280, 0.42, 0.31),
        ("Cls-Det-RS", 0.0): (0.728, 0.275, 0.40, 0.27),
        ("SS-Cls-Det-RS", 0.25): (0.731, 0.305, 0.40, 0.31),
        ("SS-Baseline-RS", 0.5): (0.740, 0.316, 0.43, 0.30),
        ("SS-Cls-Det-RS", 0.5): (0.745, 0.313, 0.46, 0.33),
        ("SS-Cls-Det-RS", 0.75): (0.745, 0.320, 0.42, 0.33),
        ("SS-Cls-Det-RS", 1.0): (0.751, 0.316, 0.47, 0.32),
    },
    Task.ABNORMAL: {
        ("DB-Baseline", 0.0): (0.826, 0.347, 0.51, 0.37),
        ("Max-Region", 0.0): (0.817, 0.323, 0.48, 0.35),
        ("Cls-Det", 0.0): (0.832, 0.355, 0.51, 0.36),
        ("Cls-Det-RS", 0.0): (0.841, 0.367, 0.55, 0.38),
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
            cells.append(Cell(_of_paper(paper.get((settings["method"], settings["fraction"])))))
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
            "verdict": verdict(row),
        }
        for row in source.value["comparisons"]["against_reference"]
        if row["name"] == name and row["task"] == task.value
    ]


def recall_table(source: Source) -> Table:
    """Table III in one row a recipe."""
    rows = []
    for table in source.value["confusion"]:
        remark = f"{table['skipped']} lack a class" if table["skipped"] else ""
        rows.append(
            (
                Cell(table["recipe"]),
                Cell(str(table["cells"]), remark),
                Cell(numbers.number(table["accuracy"])),
                *(Cell(numbers.share(recall)) for recall in table["recall"]),
            )
        )
    classes = source.value["confusion"][0]["classes"] if rows else []
    return Table(("recipe", "runs", "accuracy", *(f"recall of {name}" for name in classes)), tuple(rows))


def run_table(source: Source) -> Table:
    """What each recipe learned from, and how long it took."""
    rows = []
    for recipe in source.value["recipes"]:
        cells = [
            cell
            for cell in source.value["cells"]
            if cell["recipe"] == recipe["recipe"] and cell["inner"] is None and cell["state"] == "done"
        ]
        seconds = [cell["seconds"] for cell in cells if cell["seconds"] is not None]
        train, annotated = (
            sum(cell[name] for cell in cells) / len(cells) if cells else None
            for name in ("train_images", "annotated_images")
        )
        rows.append(
            (
                Cell(recipe["recipe"]),
                Cell(recipe["method"]),
                Cell(f"{recipe['cells']} of {recipe['planned']}"),
                Cell(numbers.number(train, digits=0)),
                Cell(numbers.number(annotated, digits=0)),
                Cell(numbers.number(sum(seconds) / len(seconds) if seconds else None, digits=1)),
            )
        )
    heading = ("recipe", "method", "runs", "training images", "with contours", "seconds a run")
    return Table(heading, tuple(rows))


def csv_files(source: Source) -> dict[str, str]:
    """Content of every CSV file by its name. An empty field: could not be measured."""
    return {
        "table2.csv": _csv(_table2(source.value["figures"])),
        "table3.csv": _csv(_table3(source)),
        "comparisons.csv": _csv(_comparisons(source)),
        "froc.csv": _csv(_curves(source.value["froc"], x="fppi")),
        "roc.csv": _csv(_curves(source.value["roc"], x="false_positive_rate")),
        "calibration.csv": _csv(_calibration(source)),
        "reliability.csv": _csv(_reliability(source)),
        "errors.csv": _csv(_errors(source)),
        "worst.csv": _csv(_worst(source)),
    } | ({"nested.csv": _csv(_table2(source.value["nested"]["figures"]))} if source.value["nested"] else {})


def _of_paper(figures: tuple[float, float, float, float] | None) -> str:
    """As the paper prints them."""
    if figures is None:
        return numbers.NOTHING
    digits = (3, 3, 2, 2)
    return " / ".join(f"{one:.{n}f}".lstrip("0") for one, n in zip(figures, digits, strict=True))


def _level(level: str, name: str) -> str:
    return "froc" if name in FROC else level


def _detail(row: dict[str, float | None]) -> str:
    return "" if row["low"] is None else numbers.interval(row)


def verdict(row: Row) -> str:
    """What a comparison shows at p 0.05 after correction."""
    if row["p"] is None:
        return "no test: too few patients"
    if row["p_holm"] is not None and row["p_holm"] < SIGNIFICANT:
        return "higher" if row["difference"] > 0 else "lower"
    before = f" (p {numbers.p_value(row['p'])} before correction)" if row["p"] < SIGNIFICANT else ""
    return f"no difference shown{before}"


def _table2(figures: Iterable[Row]) -> Iterable[Sequence[object]]:
    names = ("mean", "sd", "sd_seeds", "low", "high")
    yield [
        "recipe",
        "task",
        "level",
        "measure",
        "mean",
        "sd",
        "sd_seeds",
        "low95",
        "high95",
        "runs",
        "planned",
    ]
    for row in figures:
        yield [
            *(row["recipe"], row["task"], row["level"], row["name"]),
            *(_plain(row[name]) for name in names),
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


def _curves(rows: Iterable[Row], *, x: str) -> Iterable[Sequence[object]]:
    yield ["recipe", "task", x, "sensitivity", "sd"]
    for row in rows:
        spread = row["sd"] or [None] * len(row[x])
        for place, sensitivity, sd in zip(row[x], row["sensitivity"], spread, strict=True):
            yield [row["recipe"], row["task"], *(_plain(one) for one in (place, sensitivity, sd))]


def _reliability(source: Source) -> Iterable[Sequence[object]]:
    yield ["recipe", "class", "predicted", "observed", "images"]
    for row in source.value["calibration"]:
        for one in row["bins"]:
            yield [
                *(row["recipe"], row["class"]),
                *(_plain(one[name]) for name in ("predicted", "observed")),
                one["images"],
            ]


def _worst(source: Source) -> Iterable[Sequence[object]]:
    names = ("image_id", "label", "fold", "place_in_fold", "p_malignant")
    yield ["recipe", "kind", *names]
    for one in source.value["worst"]:
        for kind, words in (("false_positives", "false positive"), ("misses", "miss")):
            for row in one[kind]:
                figures = [_plain(row[name]) for name in names[-2:]]
                yield [one["recipe"], words, row["image_id"], row["label"], row["fold"], *figures]


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
