"""Figures of a study: the curves against each axis, and what strategies gain over random."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from core.report.style import COLOURS, Drawn, drawing, legend_below, look, missing, panels, saved
from core.study.curves import Curves, Step
from core.study.points import Axis
from core.study.sentence import WORDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AXES = {
    Axis.FRACTION: "share of the malignant images annotated",
    Axis.IMAGES: "images annotated",
    Axis.CONTOURS: "contours drawn",
    Axis.REGIONS: "regions labelled M",
    Axis.MINUTES: "hours of annotating",
    Axis.MONEY: "cost of annotating",
}


def place(step: Step, axis: Axis, *, rate: float | None) -> float | None:
    """Where a step lies on an axis; None where its minutes, or the rate an hour, are not known."""
    hours = None if step.minutes is None else step.minutes / 60.0
    match axis:
        case Axis.FRACTION:
            return step.budget
        case Axis.IMAGES:
            return step.images
        case Axis.CONTOURS:
            return step.contours
        case Axis.REGIONS:
            return step.regions
        case Axis.MINUTES:
            return hours
        case Axis.MONEY:
            return None if hours is None or rate is None else hours * rate


def study_figures(curves: Mapping[str, Curves], *, rate: float | None) -> Iterator[Drawn]:
    """Every figure. curves: by measure."""
    with drawing():
        for measure, one in curves.items():
            yield _curves(one, measure, rate=rate)
        for measure, one in curves.items():
            yield _differences(one, measure)


def _curves(curves: Curves, measure: str, *, rate: float | None) -> Drawn:
    name, title = (
        f"curve-{measure.replace('_', '-').replace('.', '')}",
        f"What annotating buys: {WORDS[measure]}",
    )
    ceiling, floor = curves.ceiling, curves.floor
    if ceiling is None or floor is None:
        return missing(name, title, "the cells without and with all contours are not there.")
    axes = [axis for axis in AXES if place(ceiling, axis, rate=rate) is not None]
    figure, places = panels([AXES[axis] for axis in axes], columns=2, size=(4.8, 3.6))
    for axis, panel in zip(axes, places, strict=True):
        for number, strategy in enumerate(curves.strategies):
            _draw(panel, curves.steps(strategy), axis, number=number, label=strategy, rate=rate)
        for step, text in ((floor, "no contours"), (ceiling, "all contours")):
            panel.axhline(
                step.figure.value, color="#4D4D4D", linewidth=0.8, linestyle=(0, (2, 2)), label=text
            )
        panel.set(xlabel=AXES[axis], ylabel=WORDS[measure].split(" at 1 ")[0])
    legend_below(figure, places[0], columns=4)
    caption = "Means over folds and seeds; bands: 95 % of resampled test patients."
    return saved(figure, name=name, title=title, caption=caption)


def _draw(
    panel: Axes, steps: tuple[Step, ...], axis: Axis, *, number: int, label: str, rate: float | None
) -> None:
    known = [(at, step) for step in steps if (at := place(step, axis, rate=rate)) is not None]
    x = [where for where, _ in known]
    panel.plot(x, [s.figure.value for _, s in known], marker="o", markersize=3.5, label=label, **look(number))
    lows = [step.figure.low for _, step in known if step.figure.low is not None]
    highs = [step.figure.high for _, step in known if step.figure.high is not None]
    if number == 0 and len(lows) == len(x):
        panel.fill_between(
            x,
            lows,
            highs,
            color=COLOURS[0],
            alpha=0.12,
            linewidth=0,
        )


def _differences(curves: Curves, measure: str) -> Drawn:
    name = f"area-{measure.replace('_', '-').replace('.', '')}"
    title = f"Area under the curve minus that of random: {WORDS[measure]}"
    rows = [row for row in curves.areas() if row.difference is not None]
    if not rows:
        return missing(name, title, "there is no strategy beside random, or no random.")
    figure, (panel,) = panels([title], columns=1, size=(7.0, 0.9 + 0.32 * len(rows)), title_size=9.0)
    panel.axvline(0.0, color="#4D4D4D", linewidth=0.8)
    for at, row in enumerate(reversed(rows)):
        assert row.difference is not None
        panel.plot([row.difference.value], [at], "o", color=COLOURS[0], markersize=5)
        if row.difference.low is not None and row.difference.high is not None:
            panel.plot([row.difference.low, row.difference.high], [at, at], color=COLOURS[0], linewidth=1.6)
    panel.set_yticks(range(len(rows)), [row.strategy for row in reversed(rows)])
    return saved(
        figure,
        name=name,
        title=title,
        caption="Paired by fold, seed and resample; 95 % of resampled test patients.",
    )
