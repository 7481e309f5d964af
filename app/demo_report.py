"""What the demo says at its end: before and after, what changed, what to draw next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.evaluation import Case, Comparison, aligned
from storage.records import ImageRecord

SHOWN = 5  # images to draw next
MOVED = 0.1  # change of a probability that is told


def first_hits(cases: Sequence[Case]) -> int:
    """In how many malignant images the region with the highest score lies on a true malignant finding."""
    with_truth = [case for case in cases if case.label.is_malignant and case.is_hit is not None]
    return sum(
        bool(case.is_hit[int(np.argmax(case.score))]) for case in with_truth if case.is_hit is not None
    )


def before_after(comparisons: Sequence[Comparison], cases: Sequence[Case], *, drawn: int) -> list[str]:
    """The table: one row a measure, two models, and what lies between them. drawn: images with contours."""
    patients = len({case.patient for case in cases})
    malignant = sum(case.label.is_malignant for case in cases)
    rows = [["M vs. BN", "image labels alone", f"with contours on {drawn}", "difference"]]
    rows += [[c.name, str(c.before), str(c.after), _signed(c)] for c in comparisons]
    return [
        (
            f"On {len(cases)} synthetic test images of {patients} patients ({malignant} malignant), "
            "with 95 % intervals from resampled patients:"
        ),
        *aligned(rows),
        "Few patients make wide intervals: a difference whose interval holds 0 may be chance.",
    ]


def _signed(comparison: Comparison) -> str:
    if comparison.difference.value is None:
        return "-"
    text = _plus(comparison.difference.value)
    interval = comparison.difference.interval
    return f"{text} [{_plus(interval.low)}, {_plus(interval.high)}]" if interval else text


def _plus(value: float) -> str:
    """Three digits with a sign; what rounds to nothing is +0.000."""
    return f"{round(value, 3) + 0.0:+.3f}"


def what_changed(before: Sequence[Case], after: Sequence[Case]) -> list[str]:
    """Where the model looks, and how many probabilities moved; the same images under both models."""
    malignant = sum(case.label.is_malignant for case in after)
    moved = sum(abs(a.probability[1] - b.probability[1]) > MOVED for a, b in zip(after, before, strict=True))
    return [
        "What changed:",
        (
            f"  the most suspicious region lies on a true malignant finding in {first_hits(after)} of {malignant} "
            f"malignant test images (before: {first_hits(before)})"
        ),
        f"  p(malignant) of {moved} of {len(after)} test images moved by more than {MOVED}",
    ]


def next_lines(pool: Sequence[ImageRecord]) -> list[str]:
    """The first of the images that are left to draw, and why they come first."""
    if not pool:
        return ["Every malignant training image is drawn."]
    rows = [["next", "p(M)", "why"]]
    rows += [
        [i.name, "-" if i.p_malignant is None else f"{i.p_malignant:.2f}", i.rank_reason]
        for i in pool[:SHOWN]
    ]
    return [f"What to draw next ({len(pool)} images are left):", *aligned(rows)]


def next_json(image: ImageRecord) -> dict[str, Any]:
    """One image to draw next, for machines."""
    return {
        "image": image.id,
        "name": image.name,
        "p_malignant": image.p_malignant,
        "reason": image.rank_reason,
    }
