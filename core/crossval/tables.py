"""An evaluation as text for a terminal, laid out like the paper's tables: mean (standard deviation)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.evaluation import Task, aligned
from core.metrics import FPPI_LEVELS

Value = Mapping[str, Any]
_COLUMNS = {
    "auroc": "AUROC",
    "paucr": "pAUCR",
    "specificity_at_0.85": "spec@.85",
    "specificity_at_0.90": "spec@.90",
}
_FROC = {f"sensitivity_at_{level:g}": f"at {level:g}" for level in FPPI_LEVELS}
_TITLES = {"sensitivity_at_1": "FROC at 1 FPPI", **_COLUMNS}
MOST_CONFUSIONS = 3  # tables of all recipes up to so many, else of the reference alone


def text_report(value: Value) -> str:
    """All that a reader looks at first; the rest is in the folder."""
    lines = _heading(value)
    for task in Task:
        lines += ["", f"{task.value}, by image: mean (standard deviation) over folds"]
        lines += _figures(value, task=task, level="image", columns=_COLUMNS)
    lines += ["", "By breast (the most suspicious view): AUROC and pAUCR", *_breast(value)]
    lines += _froc(value, Task.MALIGNANT, what="malignant findings")
    lines += _froc(value, Task.ABNORMAL, what="malignant and benign findings")
    lines += _intervals(value)
    lines += _tests(value)
    lines += _confusions(value)
    lines += _calibration(value)
    lines += _breakdown(value)
    lines += _nested(value)
    if value["notes"]:
        lines += ["", *value["notes"]]
    return "\n".join(lines)


def _heading(value: Value) -> list[str]:
    cohort = value["cohort"]
    labels = ", ".join(f"{count} {label}" for label, count in cohort["labels"].items())
    seeds = ", ".join(map(str, value["seeds"]))
    images = (
        f"{cohort['images']} images of {cohort['patients']} patients ({labels}); "
        f"malignant contours on {cohort['images_with_malignant_contours']}, "
        f"benign ones on {cohort['images_with_benign_contours']}."
    )
    return [images, f"{value['folds']['count']} folds by patient, seeds {seeds}."]


def _figures(value: Value, *, task: Task, level: str, columns: Mapping[str, str]) -> list[str]:
    rows = [["recipe", "runs", *columns.values()]]
    for recipe in value["recipes"]:
        found = _rows(value, recipe["recipe"], task=task, level=level)
        runs = f"{recipe['cells']} of {recipe['planned']}"
        rows.append([recipe["recipe"], runs, *(_mean_sd(found[name]) for name in columns)])
    return aligned(rows)


def _breast(value: Value) -> list[str]:
    rows = [["recipe", *(f"{task.value}, {name}" for task in Task for name in ("AUROC", "pAUCR"))]]
    for recipe in value["recipes"]:
        cells = []
        for task in Task:
            found = _rows(value, recipe["recipe"], task=task, level="breast")
            cells += [_mean_sd(found["auroc"]), _mean_sd(found["paucr"])]
        rows.append([recipe["recipe"], *cells])
    return aligned(rows)


def _froc(value: Value, task: Task, *, what: str) -> list[str]:
    counts = [row for row in value["froc"] if row["task"] == task.value]
    if not any(row["cells"] for row in counts):
        return ["", f"FROC of {what} is not measured: their contours are not drawn."]
    left_out = max(row["left_out"] for row in counts)
    heading = f"FROC of {what} at an operating point of .85 sensitivity: sensitivity at so many false positive regions"
    lines = ["", heading, *_figures(value, task=task, level="froc", columns=_FROC)]
    if left_out:
        runs = max(row["cells"] for row in counts)
        lines.append(
            f"Left out, since not all of their findings are drawn: {left_out} held-out images in {runs} runs."
        )
    return lines


def _intervals(value: Value) -> list[str]:
    if not value["resamples"]:
        return []
    wanted = [
        (Task.MALIGNANT, "image", "auroc"),
        (Task.MALIGNANT, "image", "paucr"),
        (Task.MALIGNANT, "froc", "sensitivity_at_1"),
        (Task.ABNORMAL, "image", "auroc"),
    ]
    rows = [["recipe", *(f"{task.value}, {_TITLES[name]}" for task, _, name in wanted)]]
    for recipe in value["recipes"]:
        cells = [
            _interval(_rows(value, recipe["recipe"], task=task, level=level)[name])
            for task, level, name in wanted
        ]
        rows.append([recipe["recipe"], *cells])
    return [
        "",
        f"95 % intervals from {value['resamples']} resamples of the patients within each fold:",
        *aligned(rows),
    ]


def _tests(value: Value) -> list[str]:
    found = value["comparisons"]["against_reference"]
    if not found:
        return []
    names = ("auroc", "paucr", "sensitivity_at_1")
    tested = [row for row in found if row["task"] == Task.MALIGNANT.value and row["name"] in names]
    rows = [["measure", "recipe", "difference", "p", "p (Holm)"]]
    rows += [
        [_TITLES[row["name"]], row["after"], _difference(row), _p(row["p"]), _p(row["p_holm"])]
        for row in tested
    ]
    cohort = value["cohort"]
    heading = (
        f"M vs. BN against {value['reference']}, on the same {cohort['images']} images of {cohort['patients']} patients "
        "(paired patient bootstrap):"
    )
    return ["", heading, *aligned(rows)]


def _confusions(value: Value) -> list[str]:
    tables = value["confusion"]
    if len(tables) > MOST_CONFUSIONS:
        tables = [table for table in tables if table["recipe"] == value["reference"]]
    lines: list[str] = []
    for table in tables:
        if not table["cells"]:
            lines += [
                "",
                f"{table['recipe']}: no fold's training images hold all of N, B and M: no confusion matrix.",
            ]
            continue
        rows = [["", *(f"predicted {name}" for name in table["classes"])]]
        rows += [
            [f"true {name}", *(f"{count:g}" for count in row)]
            for name, row in zip(table["classes"], table["counts"], strict=True)
        ]
        heading = f"{table['recipe']}: three classes by an SVM on the plane, held out, accuracy {table['accuracy']:.3f}"
        lines += [
            "",
            heading + (" (counts: mean over seeds)" if len(value["seeds"]) > 1 else ""),
            *aligned(rows),
        ]
    return lines


def _calibration(value: Value) -> list[str]:
    rows = [["recipe", "Brier, M", "ECE, M", "Brier, B", "ECE, B"]]
    for recipe in value["recipes"]:
        found = {row["class"]: row for row in value["calibration"] if row["recipe"] == recipe["recipe"]}
        rows.append(
            [recipe["recipe"], *(_number(found[c][name]) for c in ("M", "B") for name in ("brier", "ece"))]
        )
    return ["", "Calibration, held out:", *aligned(rows)]


def _breakdown(value: Value) -> list[str]:
    found = [row for row in value["breakdown"] if row["recipe"] == value["reference"]]
    if not found:
        return []
    rows = [["by", "group", "images", "AUROC", "sensitivity", "first region on a finding"]]
    rows += [
        [
            row["by"],
            row["group"],
            str(row["images"]),
            _number(row["auroc"]),
            _number(row["sensitivity"]),
            _number(row["first_region"]),
        ]
        for row in found
    ]
    return ["", f"{value['reference']}, M vs. BN, by kind of image:", *aligned(rows)]


def _nested(value: Value) -> list[str]:
    nested = value["nested"]
    if nested is None:
        return []
    times = ", ".join(f"{name} {count} times" for name, count in nested["times_chosen"].items() if count)
    figures = {(row["task"], row["level"], row["name"]): row for row in nested["figures"]}
    task = Task.MALIGNANT.value
    wanted = {
        "AUROC": (task, "image", "auroc"),
        "pAUCR": (task, "image", "paucr"),
        "FROC at 1 FPPI": (task, "froc", "sensitivity_at_1"),
    }
    return [
        "",
        f"Chosen in {nested['inner_folds']} inner folds by the {nested['criterion']}: {times or 'none'}.",
        "What choosing so is worth on the held-out folds, M vs. BN: "
        + ", ".join(f"{title} {_mean_sd(figures[key])}" for title, key in wanted.items())
        + ".",
    ]


def _rows(value: Value, recipe: str, *, task: Task, level: str) -> dict[str, Value]:
    return {
        row["name"]: row
        for row in value["figures"]
        if (row["recipe"], row["task"], row["level"]) == (recipe, task.value, level)
    }


def _mean_sd(row: Value) -> str:
    if row["mean"] is None:
        return "-"
    text = f"{row['mean']:.3f}"
    return text if row["sd"] is None else f"{text} ({row['sd']:.3f})"


def _interval(row: Value) -> str:
    return "-" if row["low"] is None else f"[{row['low']:.3f}, {row['high']:.3f}]"


def _difference(row: Value) -> str:
    text = f"{round(row['difference'], 3) + 0.0:+.3f}"
    return text if row["low"] is None else f"{text} [{row['low']:+.3f}, {row['high']:+.3f}]"


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return "< .001" if value < 0.001 else f"{value:.3f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
