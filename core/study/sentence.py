"""One sentence that a head of department can act on, or why the data carry none."""

from __future__ import annotations

from dataclasses import dataclass

from core.study.curves import Curves, Estimate, Step

ENOUGH = 0.95  # of what all contours reach
LEAST_SEEDS, LEAST_FOLDS = 3, 2
WORDS = {
    "auroc": "AUROC",
    "paucr": "pAUCR",
    "specificity_at_0.85": "specificity at sensitivity .85",
    "specificity_at_0.90": "specificity at sensitivity .90",
    "sensitivity_at_1": "FROC sensitivity at 1 false positive region an image",
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """is_carried: whether it says something about annotating, and not why nothing can be said."""

    text: str
    is_carried: bool


def sentence(curves: Curves, strategy: str, *, seeds: int, folds: int) -> Sentence:
    """What part of the contours is enough, and what the next ones would add.

    Nothing is claimed where there are fewer than three seeds or two folds, where a figure has no interval, or where all
    contours are not better than none by more than chance.
    """
    name = WORDS[curves.measure]
    if seeds < LEAST_SEEDS or folds < LEAST_FOLDS:
        return _none(
            f"{seeds} seeds and {folds} folds are too few ({LEAST_SEEDS} and {LEAST_FOLDS} are needed)"
        )
    steps = curves.steps(strategy)
    if len(steps) < 3 or steps[0].budget > 0.0 or steps[-1].budget < 1.0:
        return _none("no budget between none and all contours was measured to its end")
    floor, ceiling = steps[0], steps[-1]
    rise = ceiling.figure.minus(floor.figure)
    if rise.low is None:
        return _none("the test patients cannot carry an interval")
    if rise.low <= 0.0:
        return _none(f"all contours are not shown to be better than none: {name} differs by {_points(rise)}")
    target = ENOUGH * ceiling.figure.value
    inner = steps[:-1]
    at = next((i for i, step in enumerate(inner) if all(s.figure.value >= target for s in inner[i:])), None)
    if at is None:
        share = inner[-1].figure.value / ceiling.figure.value
        return Sentence(
            f"{_amount(inner[-1])} reach {share:.0%} of the {name} that {_amount(ceiling)} reach, ranked by {strategy}; "
            f"the rest would add {_points(ceiling.figure.minus(inner[-1].figure))}.",
            is_carried=True,
        )
    step, after = steps[at], steps[at + 1]
    share = step.figure.value / ceiling.figure.value
    more, gain = after.contours - step.contours, _points(after.figure.minus(step.figure))
    if step.contours == 0:
        text = (
            f"Without a single contour the model reaches {share:.0%} of the {name} that it reaches with "
            f"{_amount(ceiling)}; the first {more:.0f}, ranked by {strategy}, would add {gain}."
        )
    else:
        text = (
            f"{_amount(step)} reach {share:.0%} of the {name} that {_amount(ceiling)} would, ranked by {strategy}; "
            f"the next {more:.0f} would add {gain}."
        )
    return Sentence(text, is_carried=True)


def _none(why: str) -> Sentence:
    return Sentence(f"The data carry no statement on what annotating is worth: {why}.", is_carried=False)


def _amount(step: Step) -> str:
    contours = f"{step.contours:.0f} contours"
    return contours if step.minutes is None else f"{contours} ({step.minutes / 60.0:.1f} h)"


def _points(difference: Estimate) -> str:
    text = f"{100 * difference.value:.1f} points"
    if difference.low is None or difference.high is None:
        return text
    return f"{text} ({100 * difference.low:.1f} to {100 * difference.high:.1f})"
