"""The main result in plain words, and the recipes that a reader looks at first."""

from __future__ import annotations

from core.evaluation import Task
from core.report import numbers
from core.report.source import Row, Source
from core.report.tables import SIGNIFICANT, verdict

QUESTIONS = (
    ("auroc", "image", "Telling malignant images from the others (AUROC, M vs. BN)"),
    (
        "sensitivity_at_1",
        "froc",
        "Finding the malignant lesion at 1 false positive region per called image (FROC)",
    ),
)


def answers(source: Source) -> list[str]:
    """One sentence a question."""
    return [_answer(source, name, level=level, words=words) for name, level, words in QUESTIONS]


def too_few_resamples(source: Source) -> str:
    """A sentence where no difference from the reference could be shown, however clear; empty elsewhere.

    The least p of r resamples is 2 / (r + 1), and Holm multiplies the least of m by m.
    """
    resamples, others = source.value["resamples"], len(source.recipes) - 1
    if not resamples or 2 * others / (resamples + 1) < SIGNIFICANT:
        return ""
    least = round(2 * others / SIGNIFICANT) - 1
    return f"{resamples} resamples are too few to show any difference between so many recipes: ask for more than {least}."


def looked_at(source: Source) -> list[str]:
    """The recipes shown open on the page: the reference, and the highest for each question; in the table's order."""
    wanted = {source.value["reference"]}
    for name, level, _ in QUESTIONS:
        known = _means(source, name, level=level)
        wanted |= {max(known, key=lambda recipe: known[recipe])} if known else set()
    return [recipe for recipe in source.recipes if recipe in wanted]


def _means(source: Source, name: str, *, level: str) -> dict[str, float]:
    rows = {recipe: _figure(source, recipe, name, level=level) for recipe in source.recipes}
    return {recipe: row["mean"] for recipe, row in rows.items() if row["mean"] is not None}


def _figure(source: Source, recipe: str, name: str, *, level: str) -> Row:
    return source.figure(recipe, task=Task.MALIGNANT.value, level=level, name=name)


def _answer(source: Source, name: str, *, level: str, words: str) -> str:
    known, reference = _means(source, name, level=level), source.value["reference"]
    if not known:
        return f"{words}: not measured."
    best = max(known, key=lambda recipe: (known[recipe], recipe == reference))
    row = _figure(source, best, name, level=level)
    interval = f" {numbers.interval(row)}" if row["low"] is not None else ""
    if len(source.recipes) == 1:
        return f"{words}: {known[best]:.3f}{interval}."
    said = f"{words}: {best} is highest, {known[best]:.3f}{interval}"
    if best == reference:
        return f"{said}; the others are tested against it below."
    if reference not in known:
        return f"{said}; {reference} was not measured."
    return f"{said}, against {known[reference]:.3f} of {reference}. {_test(source, best, name)}".strip()


def _test(source: Source, best: str, name: str) -> str:
    rows = source.value["comparisons"]["against_reference"]
    wanted = (best, name, Task.MALIGNANT.value)
    row = next((r for r in rows if (r["after"], r["name"], r["task"]) == wanted), None)
    if row is None:
        return "No test was made."
    if row["p"] is None:
        return f"The difference is {numbers.difference(row)}; {verdict(row)}."
    p = f"p {numbers.p_value(row['p'])}, after Holm {numbers.p_value(row['p_holm'])}"
    return f"The difference is {numbers.difference(row)}; {verdict(row).partition(' (')[0]} ({p})."
