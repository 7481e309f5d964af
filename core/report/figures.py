"""Figures of an evaluation. Each draws what the folder holds, or says in a sentence why it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from core.domain import Label
from core.evaluation import Task
from core.metrics import FPPI_LEVELS, HIGH_SENSITIVITY
from core.report.planes import confusion, planes
from core.report.source import Curves, FloatArray, Source
from core.report.style import (
    CLASS_COLOURS,
    COLOURS,
    Drawn,
    drawing,
    labels_of,
    legend_below,
    look,
    missing,
    panels,
    saved,
    unit_square,
)
from core.report.tables import TITLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COMPARED = ("auroc", "paucr", "sensitivity_at_1")
CLASS_WORDS = {"M": "p(malignant)", "B": "p(benign)"}
LARGEST_DOT = 40.0  # points², of the bin with most images


def all_figures(source: Source) -> Iterator[Drawn]:
    """Every figure, in the order of the page. Raises UserError where the folder is damaged."""
    with drawing():
        yield differences(source)
        yield froc(source)
        yield roc(source)
        yield confusion(source)
        yield from planes(source)
        yield reliability(source)
        for number, recipe in enumerate(source.recipes, start=1):
            yield training(source, recipe, number=number)


def differences(source: Source) -> Drawn:
    """Each recipe minus the reference, with intervals."""
    name, title = "differences", "What each recipe gains over the reference"
    rows = [r for r in source.value["comparisons"]["against_reference"] if r["task"] == Task.MALIGNANT.value]
    others = [recipe for recipe in source.recipes if recipe != source.value["reference"]]
    if not others:
        return missing(name, title, "there is one recipe, and nothing to compare it with.")
    if not source.value["resamples"]:
        return missing(name, title, "no resamples were asked for, and without them there is no test.")
    if not rows:
        return missing(name, title, "no run of another recipe can be set against one of the reference.")
    labels = labels_of(others)
    height = max(1.6, 0.26 * len(others) + 1.1)
    figure, axes = panels(
        [f"{TITLES[m]} FPPI" if m == "sensitivity_at_1" else TITLES[m] for m in COMPARED],
        columns=3,
        size=(3.6, height),
    )
    for axis, measure in zip(axes, COMPARED, strict=True):
        found = {row["after"]: row for row in rows if row["name"] == measure}
        axis.axvline(0, color="#555555", linewidth=1)
        for place, recipe in enumerate(others):
            _dot_and_bar(axis, found.get(recipe), place)
        axis.set(ylim=(len(others) - 0.4, -0.6), xlabel="difference")
        axis.locator_params(axis="x", nbins=5)
        is_first = axis is axes[0]
        axis.set_yticks(range(len(others)), [labels[r] if is_first else "" for r in others])
    caption = (
        f"M vs. BN: difference to {source.value['reference']} (dot), mean over the folds and seeds that both finished, and "
        f"its 95 % interval (bar) from {source.value['resamples']} paired resamples of the patients within each fold. "
        "A bar across 0 shows no difference; one beside 0 may still show none once p is corrected for the number of "
        "recipes, as in the tables below."
    )
    return saved(figure, name=name, title=title, caption=caption)


def froc(source: Source) -> Drawn:
    """Fig. 5: FROC of abnormal findings (left) and of malignant ones (right)."""
    name, title = "froc", "Localisation (FROC, Fig. 5)"
    if not any(row["cells"] for row in source.value["froc"]):
        return missing(name, title, "no run holds out an image whose findings are all drawn.")
    figure, axes = panels(["Abnormal findings, MB vs. N", "Malignant findings, M vs. BN"], columns=2)
    labels = labels_of(source.recipes)
    for axis, task in zip(axes, (Task.ABNORMAL, Task.MALIGNANT), strict=True):
        for index, recipe in enumerate(source.recipes):
            row = source.rows("froc", recipe=recipe, task=task.value)
            if row["cells"]:
                _froc_curve(axis, source, recipe, task=task, label=labels[recipe], index=index)
        if not axis.lines:
            axis.text(
                *(0.5, 0.5, "not measured:\nnot all of these findings are drawn"),
                transform=axis.transAxes,
                ha="center",
            )
        axis.set_xticks(FPPI_LEVELS, [f"{level:g}".lstrip("0") for level in FPPI_LEVELS])
        axis.set(xlim=(0, 4.05), ylim=(-0.01, 1.01))
        axis.set(xlabel="false positive regions per called image", ylabel="sensitivity")
    legend_below(figure, axes[1] if axes[1].lines else axes[0])
    caption = (
        "Of the held-out images that are called and truly hold a finding, the share in which a region above the threshold "
        "lies on one (IoM at least 0.5), against the false positive regions per called image. An image is called "
        "at the run's operating point, the highest threshold with a sensitivity of at least .85. Mean over folds and "
        f"seeds; the dots are the figures of the tables. {_left_out(source)}"
    )
    return saved(figure, name=name, title=title, caption=caption.strip())


def roc(source: Source) -> Drawn:
    """ROC of both tasks; the part that pAUCR is taken over is shaded."""
    name, title = "roc", "Classification (ROC)"
    if not any(row["cells"] for row in source.value["roc"]):
        return missing(name, title, "no run holds out images of both classes of a task.")
    figure, axes = panels(["Abnormal, MB vs. N", "Malignant, M vs. BN"], columns=2)
    labels = labels_of(source.recipes)
    for axis, task in zip(axes, (Task.ABNORMAL, Task.MALIGNANT), strict=True):
        axis.axhspan(HIGH_SENSITIVITY, 1, color="#F3F4F6", zorder=0)
        axis.plot([0, 1], [0, 1], color="#BBBBBB", linewidth=1, linestyle=":")
        for index, recipe in enumerate(source.recipes):
            row = source.rows("roc", recipe=recipe, task=task.value)
            if row["cells"]:
                axis.plot(row["false_positive_rate"], row["sensitivity"], label=labels[recipe], **look(index))
        unit_square(axis, x="1 - specificity", y="sensitivity")
    legend_below(figure, axes[1] if len(axes[1].lines) > 1 else axes[0])
    caption = (
        "By image, held out: sensitivity averaged over folds and seeds at each false positive rate. pAUCR is the mean "
        f"specificity over the shaded band, sensitivity {HIGH_SENSITIVITY:g} to 1."
    )
    return saved(figure, name=name, title=title, caption=caption)


def reliability(source: Source) -> Drawn:
    """Reliability diagram of held-out images, one panel a recipe."""
    name, title = "reliability", "Calibration (reliability)"
    found = {(row["recipe"], row["class"]): row for row in source.value["calibration"] if row["bins"]}
    recipes = [recipe for recipe in source.recipes if any((recipe, which) in found for which in CLASS_WORDS)]
    if not recipes:
        return missing(name, title, "no run was finished.")
    labels = labels_of(recipes, length=22)
    figure, axes = panels([labels[r] for r in recipes], columns=4, size=(2.4, 2.3), title_size=8.5)
    for axis, recipe in zip(axes, recipes, strict=True):
        axis.plot([0, 1], [0, 1], color="#BBBBBB", linewidth=1, linestyle=":")
        for which, words in CLASS_WORDS.items():
            colour = CLASS_COLOURS[Label(which)]
            bins = [one for one in found[recipe, which]["bins"] if one["images"]]
            size = np.array([one["images"] for one in bins], np.float64)
            said, so = ([one[key] for one in bins] for key in ("predicted", "observed"))
            axis.plot(said, so, color=colour, linewidth=1.0, linestyle="-" if which == "M" else "--")
            dots: dict[str, Any] = {
                "color": colour,
                "marker": "^" if which == "M" else "s",
                "zorder": 3,
                "clip_on": False,
            }
            axis.scatter(said, so, s=np.maximum(LARGEST_DOT * size / size.max(), 4), label=words, **dots)
        unit_square(axis, x="mean probability said", y="share that is so")
    legend_below(figure, axes[0])
    caption = (
        "Held-out images of all folds in ten bins of the probability; with several seeds an image counts once for each. "
        "On the dotted line a probability means what it says; the larger a mark, the more images it stands for."
    )
    return saved(figure, name=name, title=title, caption=caption)


def training(source: Source, recipe: str, *, number: int) -> Drawn:
    """Fig. 3: loss and AUROC by epoch, for training and validation images."""
    name, title = f"training-{number}", f"Training of {recipe} (Fig. 3)"
    curves = [curve for curve in source.curves(recipe) if np.isfinite(curve.value).any()]
    if not curves:
        return missing(name, title, "no finished run left its curves.")
    kinds = {
        "AUROC, M vs. BN": [c for c in curves if c.name in ("train_auroc", "validation_auroc")],
        "loss": [c for c in curves if c.name in ("train_loss", "validation_loss")],
    }
    shown = {kind: found for kind, found in kinds.items() if found}
    figure, axes = panels(list(shown), columns=2, size=(4.0, 2.7))
    for axis, (kind, found) in zip(axes, shown.items(), strict=True):
        for curve in found:
            _band(axis, curve)
        axis.set(xlabel="epoch", ylabel=kind.partition(",")[0])
        axis.locator_params(axis="x", integer=True)
        if kind != "loss":
            axis.set_ylim(-0.01, 1.01)
    legend_below(figure, axes[-1])
    runs = len(curves[0].value)
    parts = [
        f"Mean over {runs} runs (line) and one standard deviation to either side (band)."
        if runs > 1
        else "One run.",
        "Training figures are those of the pass itself, with dropout.",
    ]
    if len({int(np.isfinite(row).sum()) for row in curves[0].value}) > 1:
        parts.append("Runs ended after different epochs: each epoch shows those that reached it.")
    if source.fraction(recipe) > 0:
        parts.append(
            "The training loss also holds the term of the drawn regions; validation images lend none."
        )
    if not any(curve.name.startswith("validation") for curve in curves):
        parts.append("No patients were left for validation.")
    return saved(figure, name=name, title=title, caption=" ".join(parts))


def _dot_and_bar(axis: Axes, row: dict[str, Any] | None, place: int) -> None:
    if row is None:
        axis.text(0, place, " not measured", va="center", ha="left", fontsize=7)
        return
    if row["low"] is not None:
        axis.plot([row["low"], row["high"]], [place, place], color=COLOURS[0], linewidth=2)
    axis.plot([row["difference"]], [place], "o", color=COLOURS[1], markersize=5)


def _froc_curve(axis: Axes, source: Source, recipe: str, *, task: Task, label: str, index: int) -> None:
    """A step, as it is measured; dots where the tables read it."""
    row, style = source.rows("froc", recipe=recipe, task=task.value), look(index)
    axis.plot(row["fppi"], row["sensitivity"], drawstyle="steps-post", label=label, **style)
    figures = (
        source.figure(recipe, task=task.value, level="froc", name=f"sensitivity_at_{x:g}")
        for x in FPPI_LEVELS
    )
    known = [(x, one["mean"]) for x, one in zip(FPPI_LEVELS, figures, strict=True) if one["mean"] is not None]
    axis.plot(*zip(*known, strict=True), "o", color=style["color"], markersize=3.5, clip_on=False)


def _left_out(source: Source) -> str:
    """How many held-out images FROC says nothing about, of the first recipe that has one: all see the same images."""
    said = []
    for task in Task:
        row = next((r for r in source.value["froc"] if r["task"] == task.value and r["cells"]), None)
        if row and row["left_out"]:
            said.append(f"{task.value}: {row['left_out']} of {row['left_out'] + row['images']}")
    return (
        f"Left out, as not all of their findings are drawn, over all runs: {'; '.join(said)}." if said else ""
    )


def _band(axis: Axes, curve: Curves) -> None:
    is_train = curve.name.startswith("train")
    mean, spread = _mean_and_sd(curve.value)
    epoch = np.arange(1, len(mean) + 1)
    style: dict[str, Any] = {"color": COLOURS[0 if is_train else 1], "linestyle": "-" if is_train else "--"}
    axis.plot(epoch, mean, label="training" if is_train else "validation", **style)
    axis.fill_between(epoch, mean - spread, mean + spread, color=style["color"], alpha=0.15, linewidth=0)


def _mean_and_sd(value: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Over the runs that have a figure, epoch by epoch; n - 1, 0 for one run, NaN for none. value: (runs, epochs)."""
    there = np.isfinite(value)
    count = there.sum(axis=0)
    known = np.where(there, value, 0.0)
    empty = np.full(len(count), np.nan)
    mean = np.divide(known.sum(axis=0), count, out=empty.copy(), where=count > 0)
    squares = np.where(there, (value - mean) ** 2, 0.0).sum(axis=0)
    spread = np.sqrt(np.divide(squares, count - 1, out=np.where(count == 1, 0.0, np.nan), where=count > 1))
    return mean, spread
