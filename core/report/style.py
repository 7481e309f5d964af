"""How the figures look: colours that colour-blind readers tell apart, and files that are the same for the same input."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from core.domain import Label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito, Color Universal Design (2008); black last, since it stands for MB in the planes.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D1F", "#4D4D4D", "#000000")
LINES: tuple[Any, ...] = ("-", (0, (6, 1.5)), (0, (6, 1.5, 1.5, 1.5)), (0, (3, 1)))
LABEL_LENGTH = 34  # characters of a recipe's name in a figure
CLASS_COLOURS = {
    Label.NORMAL: "#1F5FBF",
    Label.BENIGN: "#2E8B3D",
    Label.MALIGNANT: "#C8102E",
    Label.BOTH: "#000000",
}
CLASS_SIGNS = {Label.NORMAL: "o", Label.BENIGN: "s", Label.MALIGNANT: "^", Label.BOTH: "D"}
AREA_COLOURS = ("#DCE7F7", "#DDF0E0", "#F8DDE1")  # N, B, M
PANEL = (4.4, 3.5)  # inches
SETTINGS: Any = {
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E3E5E8",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "svg.hashsalt": "lesionloop",
    "svg.fonttype": "path",
}
PNG_DPI = 150


@dataclass(frozen=True, slots=True)
class Drawn:
    """One figure. name: of its files. missing: a sentence instead of the pictures."""

    name: str
    title: str
    caption: str
    svg: bytes = b""
    png: bytes = b""
    missing: str = ""


@contextmanager
def drawing() -> Iterator[None]:
    """Matplotlib's own settings and ours, whatever a matplotlibrc of the machine says."""
    from matplotlib import style

    with style.context(["default", SETTINGS]):
        yield


def labels_of(recipes: Sequence[str], *, length: int = LABEL_LENGTH) -> dict[str, str]:
    """A name for figures of each recipe: shortened in the middle, never two alike, and never read as a formula.

    Characters that the font of the figures lacks are drawn as '?'.
    """
    labels: dict[str, str] = {}
    for recipe in recipes:
        known = "".join(letter if ord(letter) in _letters() else "?" for letter in recipe)
        short = _shortened(known, length)
        number = 1
        while short in labels.values():
            number += 1
            short = _shortened(known, length - 5) + f" ({number})"
        labels[recipe] = short
    # A label with an underscore first is left out of legends; dollars enclose formulas.
    plain = {recipe: short.replace("$", r"\$") for recipe, short in labels.items()}
    return {recipe: f" {text}" if text.startswith("_") else text for recipe, text in plain.items()}


def _shortened(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    ending = (length - 3) * 2 // 3
    return f"{text[: length - 3 - ending]}...{text[-ending:]}"


@cache
def _letters() -> frozenset[int]:
    from matplotlib.font_manager import findfont
    from matplotlib.ft2font import FT2Font

    return frozenset(code for code in FT2Font(findfont("DejaVu Sans")).get_charmap() if code >= ord(" "))


def look(index: int) -> dict[str, Any]:
    """Colour and line of the recipe at this place in the list."""
    return {
        "color": COLOURS[index % len(COLOURS)],
        "linestyle": LINES[index % len(LINES)],
        "linewidth": 1.6,
    }


def panels(
    titles: Sequence[str], *, columns: int, size: tuple[float, float] = PANEL, title_size: float = 10.0
) -> tuple[Figure, list[Axes]]:
    """A figure with one panel a title. Call inside drawing()."""
    from matplotlib.figure import Figure

    across = min(columns, len(titles))
    down = -(-len(titles) // across)
    figure = Figure(figsize=(size[0] * across, size[1] * down), layout="constrained")
    axes = [figure.add_subplot(down, across, i + 1) for i in range(len(titles))]
    for one, title in zip(axes, titles, strict=True):
        one.set_title(title, loc="left", fontweight="bold", fontsize=title_size)
    return figure, axes


def unit_square(axes: Axes, *, x: str, y: str) -> None:
    """Both axes from 0 to 1."""
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), xlabel=x, ylabel=y)


def legend_below(figure: Figure, axes: Axes, *, columns: int = 3) -> None:
    """One legend for all panels."""
    handles, labels = axes.get_legend_handles_labels()
    if labels:
        figure.legend(handles, labels, loc="outside lower center", ncols=min(columns, len(labels)))


def missing(name: str, title: str, sentence: str) -> Drawn:
    """A figure that cannot be drawn. sentence: why; it follows the title and a colon."""
    return Drawn(name, title, "", missing=sentence)


def saved(figure: Figure, *, name: str, title: str, caption: str) -> Drawn:
    """Both files, the same bytes for the same figure."""
    figure.draw_without_rendering()  # lays out, once for both files
    figure.set_layout_engine("none")
    svg, png = io.BytesIO(), io.BytesIO()
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    figure.savefig(png, format="png", dpi=PNG_DPI, metadata={"Software": None})
    return Drawn(name, title, caption, svg.getvalue(), png.getvalue())
