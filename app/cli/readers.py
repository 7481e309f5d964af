"""`lesionloop reading` and `lesionloop agreement`: where readers' time went, and how far they agree."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from app.cli.console import Console
from core.errors import UserError
from storage.agreement import ReaderPair, compare_readers
from storage.project import Project
from storage.reading_time import contour_table, event_table, reading_table, readings, times_by_reader


def _reading(options: Namespace, console: Console) -> None:
    with Project.open(options.project, read_only=True) as project:
        sittings = project.store.sittings()
        events = project.store.reading()
    found = readings(events, idle_after_s=options.idle)
    tables = (
        (options.csv, reading_table(found, sittings)),
        (options.contours, contour_table(found, sittings)),
        (options.events, event_table(events, sittings)),
    )
    for path, table in tables:
        if path is not None:
            _write_new(path, table)
    total = times_by_reader(found, sittings)
    value = {
        "idle_after_s": options.idle,
        "sittings": len(sittings),
        "readings": len(found),
        "readers": {
            name: {
                "search_s": times.search,
                "drawing_s": times.drawing,
                "editing_s": times.editing,
                "idle_s": times.idle,
                "paused_s": times.paused,
            }
            for name, times in total.items()
        },
    }
    lines = [
        f"{len(found)} readings in {len(sittings)} sittings; longer than {options.idle:g} s without input is idle."
    ]
    lines += [
        f"{name}: search {times.search:.0f} s, drawing {times.drawing:.0f} s, editing {times.editing:.0f} s, "
        f"idle {times.idle:.0f} s, paused {times.paused:.0f} s"
        for name, times in total.items()
    ]
    console.result(value, "\n".join(lines))


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{path.name} is there already: name a new file.") from None


def _agreement(options: Namespace, console: Console) -> None:
    with Project.open(options.project, read_only=True) as project:
        pairs = compare_readers(project.store)
    text = "\n".join(map(_in_words, pairs)) or "No two readers have decided about the same image yet."
    console.result({"pairs": [_plain(pair) for pair in pairs]}, text)


def _in_words(pair: ReaderPair) -> str:
    one, other = pair.unmatched
    flips, regions = pair.flips
    return (
        f"{pair.first} and {pair.second}, {len(pair.images)} images: kappa of decisions {_number(pair.kappa)}; "
        f"{pair.matched} pairs of contours, IoM {_number(pair.mean('iom'))}, Dice {_number(pair.mean('dice'))}; "
        f"{one} and {other} contours without a partner; {flips} of {regions} regions turn between M and BN."
    )


def _plain(pair: ReaderPair) -> dict[str, object]:
    return {
        "readers": [pair.first, pair.second],
        "images": len(pair.images),
        "kappa": pair.kappa,
        "matched": pair.matched,
        "unmatched": list(pair.unmatched),
        **{measure: pair.mean(measure) for measure in ("iom", "dice", "iou")},
        "flips": pair.flips[0],
        "regions": pair.flips[1],
    }


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.2f}"


COMMANDS: dict[str, Callable[[Namespace, Console], None]] = {"reading": _reading, "agreement": _agreement}
