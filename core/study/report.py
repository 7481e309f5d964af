"""The report of a study: one page that opens offline, figures as SVG and PNG, and tables as CSV."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.job import write_atomically
from core.report.style import Drawn
from core.study.curves import Area, Curves, Estimate, Step
from core.study.figures import study_figures
from core.study.points import MEASURES
from core.study.record import StudyRecord
from core.study.sentence import WORDS, Sentence, sentence

PAGE, FIGURES, TABLES = "report.html", "figures", "tables"
TEMPLATE = Path(__file__).with_name("page.html.j2")
MARGIN = 0.02  # of a plateau


@dataclass(frozen=True, slots=True)
class Table:
    """Ready texts."""

    name: str
    caption: str
    heading: Sequence[str]
    rows: Sequence[Sequence[str]]

    def csv(self) -> str:
        """As a file."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([self.heading, *self.rows])
        return text.getvalue()


def curves_of(record: StudyRecord) -> dict[str, Curves]:
    """The curves of every measure."""
    return {measure: Curves(record.points, measure=measure) for measure in MEASURES}


def sentences_of(record: StudyRecord) -> list[Sentence]:
    """Of the main measures, for the strategy with the largest area (which the page says was chosen by these very data)."""
    found = []
    seeds = len({point.seed for point in record.points})
    folds = len({point.fold for point in record.points})
    for measure in ("sensitivity_at_1", "auroc"):
        curves = Curves(record.points, measure=measure)
        areas = curves.areas()
        if areas:
            found.append(sentence(curves, areas[0].strategy, seeds=seeds, folds=folds))
    return found


def tables_of(curves: Curves) -> list[Table]:
    """Steps, areas, plateaus and gains of one measure."""
    measure = curves.measure
    slug, word = measure.replace("_", "-").replace(".", ""), WORDS[measure]
    steps = [[strategy, *_step(step)] for strategy in curves.strategies for step in curves.steps(strategy)]
    areas = curves.areas()
    plateaus = [(row.strategy, curves.plateau(row.strategy, margin=MARGIN)) for row in areas]
    gains = [(row.strategy, gain) for row in areas for gain in curves.gains(row.strategy)]
    return [
        Table(
            f"areas-{slug}",
            f"{word}: area under the curve, best first (the first of several is a little too high for being chosen here)",
            ("strategy", "area [95 %]", "minus random [95 %]", "p", "p (Holm)", "seeds"),
            [_area(row, curves.by_seed(row.strategy)) for row in areas],
        ),
        Table(
            f"steps-{slug}",
            f"{word} by budget",
            (
                "strategy",
                "share",
                "images",
                "contours",
                "regions",
                "hours",
                "mean [95 %]",
                "SD of seeds",
                "cells",
            ),
            steps,
        ),
        Table(
            f"plateaus-{slug}",
            f"Plateau: smallest share from which on {word} stays within {MARGIN:g} of all contours",
            ("strategy", "share", "contours", "95 %"),
            [
                [
                    name,
                    "not before all" if p.step is None else f"{p.step.budget:.2f}",
                    "" if p.step is None else f"{p.step.contours:.0f}",
                    "" if p.low is None or p.high is None else f"{p.low:.2f} to {p.high:.2f}",
                ]
                for name, p in plateaus
            ],
        ),
        Table(
            f"gains-{slug}",
            f"{word}: what each part of the contours added",
            ("strategy", "contours", "gain [95 %]", "points an hour"),
            [
                [
                    name,
                    f"{g.before.contours:.0f} to {g.after.contours:.0f}",
                    _interval(g.difference),
                    "" if g.per_hour is None else f"{100 * g.per_hour:+.1f}",
                ]
                for name, g in gains
            ],
        ),
    ]


def write_report(
    folder: Path, record: StudyRecord, *, rate: float | None = None, is_synthetic: bool = False
) -> Path:
    """Write report.html, figures/ and tables/ beside a study. rate: money an hour. Raises UserError."""
    curves = curves_of(record)
    figures = {figure.name: figure for figure in study_figures(curves, rate=rate)}
    tables = {measure: tables_of(one) for measure, one in curves.items()}
    files: dict[str, bytes] = {}
    for figure in figures.values():
        if not figure.missing:
            files |= {f"{FIGURES}/{figure.name}.svg": figure.svg, f"{FIGURES}/{figure.name}.png": figure.png}
    for some in tables.values():
        files |= {f"{TABLES}/{table.name}.csv": table.csv().encode() for table in some}
    files[PAGE] = _page(record, figures, tables, is_synthetic=is_synthetic).encode()
    try:
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(folder / name, content)
    except OSError as error:
        raise UserError(
            f"The report could not be written into {folder.name}: {error.strerror or 'the folder refuses it'}."
        ) from error
    return folder / PAGE


def _page(
    record: StudyRecord, figures: dict[str, Drawn], tables: dict[str, list[Table]], *, is_synthetic: bool
) -> str:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["inline"] = lambda svg: f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"
    order = sorted(MEASURES, key=lambda name: name != "sensitivity_at_1")
    parts = []
    for measure in order:
        slug = measure.replace("_", "-").replace(".", "")
        own = [figures[f"curve-{slug}"], figures[f"area-{slug}"]]
        parts.append({"title": WORDS[measure], "figures": own, "tables": tables[measure]})
    stands = [*record.provenance.items(), *record.settings.items()]
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        is_synthetic=is_synthetic,
        sentences=[one.text for one in sentences_of(record)],
        notes=record.notes,
        parts=parts,
        stands=[(name, _plain(value)) for name, value in stands],
    )


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _step(step: Step) -> list[str]:
    return [
        f"{step.budget:.2f}",
        f"{step.images:.1f}",
        f"{step.contours:.1f}",
        f"{step.regions:.0f}",
        "" if step.minutes is None else f"{step.minutes / 60:.2f}",
        _interval(step.figure, sign=""),
        "" if step.seeds_sd is None else f"{step.seeds_sd:.3f}",
        str(step.cells),
    ]


def _area(row: Area, by_seed: dict[int, float]) -> list[str]:
    spread = f"{min(by_seed.values()):.3f} to {max(by_seed.values()):.3f}" if len(by_seed) > 1 else ""
    return [
        row.strategy,
        _interval(row.area, sign=""),
        "" if row.difference is None else _interval(row.difference),
        "" if row.p is None else f"{row.p:.3f}",
        "" if row.p_holm is None else f"{row.p_holm:.3f}",
        spread,
    ]


def _interval(estimate: Estimate, *, sign: str = "+") -> str:
    text = f"{estimate.value:{sign}.3f}"
    if estimate.low is None or estimate.high is None:
        return text
    return f"{text} [{estimate.low:{sign}.3f}, {estimate.high:{sign}.3f}]"
