"""The probability plane of Fig. 6, and Table III as squares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.domain import Label
from core.errors import UserError
from core.plane import DecisionAreas, class_of, decision_areas
from core.report.source import Places, Plane, Source
from core.report.style import (
    AREA_COLOURS,
    CLASS_COLOURS,
    CLASS_SIGNS,
    Drawn,
    labels_of,
    legend_below,
    missing,
    panels,
    saved,
    unit_square,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_VECTORS = 2000  # images of one panel that an SVG holds as shapes; more become pixels
WHOLE = (0.0, 1.0, 0.0, 1.0)
LEAST_WINDOW = 0.05  # of the plane's side that a figure shows
WORDS = {Label.NORMAL: "normal", Label.BENIGN: "benign", Label.MALIGNANT: "malignant", Label.BOTH: "both"}


def planes(source: Source) -> list[Drawn]:
    """Fig. 6 of each recipe."""
    found = source.planes()
    return [
        plane(found.get(recipe), recipe, number=number)
        for number, recipe in enumerate(source.recipes, start=1)
    ]


def plane(found: Plane | None, recipe: str, *, number: int) -> Drawn:
    """Fig. 6: training and held-out images of one run at (p(y_M = 1), p(y_B = 1)), with the SVM's areas."""
    name, title = f"plane-{number}", f"Probability plane of {recipe}"
    if found is None:
        return missing(name, title, "no run of this recipe was finished.")
    figure, axes = panels(["Training images", "Held-out images"], columns=2, size=(4.0, 3.9))
    areas, remark = _areas(found.train)
    window = _window(found)
    if window != WHOLE:
        remark += " All images lie in a small part of the plane: only that part is drawn."
    for axis, part in zip(axes, (found.train, found.test), strict=True):
        if areas is not None:
            _shade(axis, areas, window)
        _scatter(axis, part)
        unit_square(axis, x="p(malignant)", y="p(benign)")
        axis.grid(visible=False)
        if window != WHOLE:
            axis.set(xlim=window[:2], ylim=window[2:])
    legend_below(figure, axes[0], columns=4)
    caption = (
        f"One run, seed {found.seed} and fold {found.fold}: {len(found.train.label)} training and "
        f"{len(found.test.label)} held-out images at the probabilities that the model says. {remark}"
    )
    return saved(figure, name=name, title=title, caption=caption)


def confusion(source: Source) -> Drawn:
    """Table III: one square matrix a recipe, rows true, columns as called."""
    from matplotlib.colors import LinearSegmentedColormap

    name, title = "confusion", "Three classes by a kernel SVM on the plane (Table III)"
    tables = [table for table in source.value["confusion"] if table["cells"]]
    if not tables:
        return missing(name, title, "no run's training images hold all of N, B and M.")
    labels = labels_of([table["recipe"] for table in tables], length=22)
    figure, axes = panels([labels[t["recipe"]] for t in tables], columns=4, size=(2.25, 2.3), title_size=8.5)
    colours = LinearSegmentedColormap.from_list("share", ["#FFFFFF", "#0072B2"])
    for axis, table in zip(axes, tables, strict=True):
        counts = np.array(table["counts"], np.float64)
        total = counts.sum(axis=1, keepdims=True)
        share = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
        axis.imshow(share, cmap=colours, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        for (row, column), part in np.ndenumerate(share):
            said = f"{counts[row, column]:.4g}" + (f"\n{100 * part:.0f} %" if total[row, 0] else "")
            axis.text(
                column,
                row,
                said,
                ha="center",
                va="center",
                fontsize=8,
                color="white" if part > 0.65 else "#1C2126",
            )
        axis.set_xticks(range(3), table["classes"])
        axis.set_yticks(range(3), table["classes"])
        axis.set(xlabel="called", ylabel="true")
        axis.grid(visible=False)
    caption = (
        "Held-out images of all folds, counted; with several seeds, the mean count over seeds. Colour and percentage: the "
        "share of the row. The SVM of each run is fitted on the run's own training images, classes balanced; M stands "
        "for M and MB."
    )
    return saved(figure, name=name, title=title, caption=caption)


def _areas(train: Places) -> tuple[DecisionAreas | None, str]:
    """What an SVM on the training images calls each place, and a sentence about it."""
    try:
        areas = decision_areas(train.position, np.array([class_of(label) for label in train.label], np.int8))
    except UserError as error:
        return None, str(error)
    fitted = "the training images"
    if areas.trained_on < areas.of:
        fitted = f"{areas.trained_on} of the {areas.of} training images"
    return areas, f"Shaded: what a kernel SVM fitted on {fitted} calls N (blue), B (green) and M or MB (red)."


def _window(found: Plane) -> tuple[float, float, float, float]:
    """(x from, to, y from, to), alike in length: the whole plane, or less where all images lie in less than a quarter."""
    position = np.concatenate([found.train.position, found.test.position])
    if not len(position):
        return WHOLE
    low, high = position.min(axis=0), position.max(axis=0)
    side = max(1.3 * float((high - low).max()), LEAST_WINDOW)
    if side >= 0.5:
        return WHOLE
    x, y = np.clip((low + high - side) / 2, 0.0, 1.0 - side).tolist()
    return x, x + side, y, y + side


def _shade(axis: Axes, areas: DecisionAreas, window: tuple[float, float, float, float]) -> None:
    """The class of each place of the window."""
    from matplotlib.colors import ListedColormap

    cells = areas.cells
    if window != WHOLE:
        middle = (np.arange(len(cells)) + 0.5) / len(cells)
        x, y = (
            window[0] + middle * (window[1] - window[0]),
            window[2] + middle * (window[3] - window[2]),
        )
        places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        cells = areas.classes_of(places).reshape(cells.shape)
    axis.imshow(
        cells,
        origin="lower",
        extent=window,
        cmap=ListedColormap(AREA_COLOURS),
        vmin=0,
        vmax=2,
        interpolation="nearest",
        aspect="auto",
        zorder=0,
    )


def _scatter(axis: Axes, part: Places) -> None:
    style: dict[str, Any] = {"linewidths": 0.4, "edgecolors": "white", "clip_on": False, "zorder": 3}
    for label, colour in CLASS_COLOURS.items():
        x, y = part.position[_is(part.label, label)].T
        axis.scatter(
            x,
            y,
            color=colour,
            label=f"{label.value} ({WORDS[label]})",
            marker=CLASS_SIGNS[label],
            s=20 if len(part.label) <= MOST_VECTORS else 8,
            rasterized=len(part.label) > MOST_VECTORS,
            **style,
        )


def _is(labels: Sequence[Label], wanted: Label) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.array([label is wanted for label in labels], bool)
