"""Figures of an evaluation. Each draws what the folder holds, or says in a sentence why it cannot."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.evaluation import Task
from core.metrics import FPPI_LEVELS, HIGH_SENSITIVITY
from core.report.source import Curves, FloatArray, Source
from core.report.style import (
    AREA_COLOURS,
    CLASS_COLOURS,
    CLASS_SIGNS,
    COLOURS,
    SETTINGS,
    Drawn,
    legend_below,
    look,
    panels,
    saved,
    unit_square,
)
from core.report.tables import TITLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COMPARED = ("auroc", "paucr", "sensitivity_at_1")
CLASS_WORDS = {"M": "p(malignant)", "B": "p(benign)"}


def all_figures(source: Source) -> Iterator[Drawn]:
    """Every figure, in the order of the page."""
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        yield differences(source)
        yield froc(source)
        yield roc(source)
        for index, recipe in enumerate(source.recipes):
            yield plane(source, recipe, number=index + 1)
        yield reliability(source)
        for index, recipe in enumerate(source.recipes):
            yield training(source, recipe, number=index + 1)


def differences(source: Source) -> Drawn:
    """Each recipe minus the reference, with intervals."""
    name, title = "differences", "What each recipe gains over the reference"
    rows = [r for r in source.value["comparisons"]["against_reference"] if r["task"] == Task.MALIGNANT.value]
    others = [recipe for recipe in source.recipes if recipe != source.value["reference"]]
    if not rows or not others:
        return _missing(
            name, title, "There is nothing to compare: one recipe, or no resamples were asked for."
        )
    height = max(2.0, 0.34 * len(others) + 1.1)
    figure, axes = panels([TITLES[measure] for measure in COMPARED], columns=3, size=(3.6, height))
    for axis, measure in zip(axes, COMPARED, strict=True):
        found = {row["after"]: row for row in rows if row["name"] == measure}
        axis.axvline(0, color="#555555", linewidth=1)
        for place, recipe in enumerate(others):
            row = found.get(recipe)
            if row is None:
                axis.text(0, place, "not measured", va="center", ha="left", fontsize=7)
                continue
            if row["low"] is not None:
                axis.plot([row["low"], row["high"]], [place, place], color=COLOURS[0], linewidth=2)
            axis.plot([row["difference"]], [place], "o", color=COLOURS[1], markersize=5)
        axis.set(ylim=(len(others) - 0.4, -0.6), xlabel="difference")
        axis.set_yticks(
            range(len(others)), [_short(r) for r in others] if axis is axes[0] else [""] * len(others)
        )
    caption = (
        f"M vs. BN: difference to {source.value['reference']} (dot) and its 95 % interval (bar) from "
        f"{source.value['resamples']} paired resamples of the patients within each fold. A bar that crosses 0 shows no "
        "difference."
    )
    return saved(figure, name=name, title=title, caption=caption)


def froc(source: Source) -> Drawn:
    """Fig. 5: FROC of abnormal findings (left) and of malignant ones (right)."""
    name, title = "froc", "Localisation (FROC)"
    figure, axes = panels(["Abnormal findings, MB vs. N", "Malignant findings, M vs. BN"], columns=2)
    was_drawn = False
    for axis, task in zip(axes, (Task.ABNORMAL, Task.MALIGNANT), strict=True):
        for index, recipe in enumerate(source.recipes):
            row = source.rows("froc", recipe=recipe, task=task.value)
            if row["cells"]:
                was_drawn = True
                axis.plot(row["fppi"], row["sensitivity"], label=_short(recipe), **look(index))
        if not axis.lines:
            axis.text(
                0.5, 0.5, "not measured:\nnot all findings are drawn", transform=axis.transAxes, ha="center"
            )
        axis.set_xticks(FPPI_LEVELS, [f"{level:g}" for level in FPPI_LEVELS], fontsize=8)
        axis.set(
            xlim=(0, 4.05),
            ylim=(-0.01, 1.01),
            xlabel="false positive regions a called image",
            ylabel="sensitivity",
        )
    if not was_drawn:
        return _missing(name, title, "FROC is not measured: no finding of the images is drawn.")
    legend_below(figure, axes[1])
    caption = (
        "Share of the called images with a finding where a shown region lies on one (IoM at least 0.5), against false "
        "positive regions a called image; the operating point has sensitivity .85. Mean over folds and seeds."
    )
    return saved(figure, name=name, title=title, caption=caption)


def roc(source: Source) -> Drawn:
    """ROC of both tasks; the part that pAUCR is taken over is shaded."""
    figure, axes = panels(["Malignant, M vs. BN", "Abnormal, MB vs. N"], columns=2)
    for axis, task in zip(axes, (Task.MALIGNANT, Task.ABNORMAL), strict=True):
        axis.axhspan(HIGH_SENSITIVITY, 1, color="#F3F4F6", zorder=0)
        axis.plot([0, 1], [0, 1], color="#BBBBBB", linewidth=1, linestyle=":")
        for index, recipe in enumerate(source.recipes):
            row = source.rows("roc", recipe=recipe, task=task.value)
            if row["cells"]:
                axis.plot(row["false_positive_rate"], row["sensitivity"], label=_short(recipe), **look(index))
        unit_square(axis, x="1 - specificity", y="sensitivity")
    legend_below(figure, axes[0])
    caption = (
        "Sensitivity averaged over folds and seeds at each false positive rate. pAUCR is measured in the shaded band, "
        f"sensitivity {HIGH_SENSITIVITY:g} to 1."
    )
    return saved(figure, name="roc", title="Classification (ROC)", caption=caption)


def plane(source: Source, recipe: str, *, number: int) -> Drawn:
    """Fig. 6: training and held-out images of one run at (p(y_M = 1), p(y_B = 1)), with the SVM's areas."""
    name, title = f"plane-{number}", f"Probability plane of {recipe}"
    found = source.plane(recipe)
    if found is None:
        return _missing(name, title, f"{recipe} has no finished run.")
    places, cell = found
    figure, axes = panels(["Training images", "Held-out images"], columns=2, size=(4.0, 3.9))
    cells, remark = _areas(places["train"].position, [label.value for label in places["train"].label])
    for axis, role in zip(axes, ("train", "test"), strict=True):
        if cells is not None:
            from matplotlib.colors import ListedColormap

            axis.imshow(
                cells,
                origin="lower",
                extent=(0, 1, 0, 1),
                cmap=ListedColormap(AREA_COLOURS),
                vmin=0,
                vmax=2,
                interpolation="nearest",
                aspect="auto",
                zorder=0,
            )
        part = places[role]
        for label, colour in CLASS_COLOURS.items():
            chosen = np.array([one is label for one in part.label], bool)
            style: dict[str, Any] = {
                "marker": CLASS_SIGNS[label],
                "s": 20,
                "linewidths": 0.4,
                "edgecolors": "white",
            }
            axis.scatter(*part.position[chosen].T, color=colour, label=label.value, **style)
        unit_square(axis, x="p(malignant)", y="p(benign)")
        axis.grid(visible=False)
    legend_below(figure, axes[0], columns=4)
    counts = f"{len(places['train'].label)} training and {len(places['test'].label)} held-out images"
    caption = f"One run ({cell}): {counts}. {remark}"
    return saved(figure, name=name, title=title, caption=caption)


def reliability(source: Source) -> Drawn:
    """Reliability diagram of held-out images."""
    figure, axes = panels([CLASS_WORDS[c] for c in ("M", "B")], columns=2)
    for axis, which in zip(axes, ("M", "B"), strict=True):
        axis.plot([0, 1], [0, 1], color="#BBBBBB", linewidth=1, linestyle=":")
        for index, recipe in enumerate(source.recipes):
            row = next(r for r in source.value["calibration"] if (r["recipe"], r["class"]) == (recipe, which))
            bins = [one for one in row["bins"] if one["images"]]
            axis.plot(
                [one["predicted"] for one in bins],
                [one["observed"] for one in bins],
                marker="o",
                markersize=3,
                label=_short(recipe),
                **look(index),
            )
        unit_square(axis, x="mean probability said", y="share that is so")
    legend_below(figure, axes[0])
    caption = (
        "Held-out images in ten bins of the probability; on the dotted line a probability means what it says. "
        "With several seeds an image counts once for each."
    )
    return saved(figure, name="reliability", title="Calibration", caption=caption)


def training(source: Source, recipe: str, *, number: int) -> Drawn:
    """Fig. 3: loss and AUROC by epoch, for training and validation images."""
    name, title = f"training-{number}", f"Training of {recipe}"
    curves = [curve for curve in source.curves(recipe) if np.isfinite(curve.value).any()]
    if not curves:
        return _missing(name, title, f"{recipe} left no curves.")
    kinds = {
        "AUROC, M vs. BN": [c for c in curves if c.name in ("train_auroc", "validation_auroc")],
        "AUROC, MB vs. N": [c for c in curves if "abnormal" in c.name],
        "loss": [c for c in curves if c.name in ("train_loss", "validation_loss")],
    }
    shown = {kind: found for kind, found in kinds.items() if found}
    figure, axes = panels(list(shown), columns=3, size=(3.6, 2.9))
    for axis, (kind, found) in zip(axes, shown.items(), strict=True):
        for curve in found:
            _band(axis, curve)
        axis.set(xlabel="epoch", ylabel=kind.partition(",")[0])
    legend_below(figure, axes[0])
    runs = len(curves[0].value)
    caption = (
        f"Mean over {runs} runs (line) and the spread of one standard deviation (band). Training figures are those of the "
        "pass itself, with dropout."
    )
    return saved(figure, name=name, title=title, caption=caption)


def _band(axis: Axes, curve: Curves) -> None:
    is_train = curve.name.startswith("train")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an epoch that no run can measure stays empty
        mean, spread = np.nanmean(curve.value, axis=0), np.nanstd(curve.value, axis=0)
    epoch = np.arange(1, len(mean) + 1)
    style: dict[str, Any] = {"color": COLOURS[0 if is_train else 1], "linestyle": "-" if is_train else "--"}
    axis.plot(epoch, mean, label="training" if is_train else "validation", **style)
    axis.fill_between(epoch, mean - spread, mean + spread, color=style["color"], alpha=0.15, linewidth=0)


def _areas(position: FloatArray, labels: Sequence[str]) -> tuple[NDArray[np.int8] | None, str]:
    from core.domain import Label
    from core.plane import class_of, decision_areas

    classes = np.array([class_of(Label(label)) for label in labels], np.int8)
    try:
        areas = decision_areas(position, classes)
    except UserError as error:
        return None, str(error)
    return areas.cells, "Shaded: what an SVM fitted on the training images calls N, B and M (with MB)."


def _short(recipe: str) -> str:
    return shorten(recipe, 34, placeholder="...") if " " in recipe else recipe[:34]


def _missing(name: str, title: str, sentence: str) -> Drawn:
    return Drawn(name, title, "", missing=sentence)
