"""What long work tells while it runs: one frozen event each, one JSON object a line between processes.

Standard library only: the window reads these and must never import torch.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` items of a stage ('features', 'training', 'scoring', 'inspecting')."""

    stage: str
    done: int
    total: int
    seconds_left: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training images. Values that cannot be computed (one class only) are None."""

    number: int
    total: int
    train_loss: float
    train_auroc: float | None
    validation_loss: float | None
    validation_auroc: float | None


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the person at the screen about something left out or done differently."""

    text: str


@dataclass(frozen=True, slots=True)
class FileInspected:
    """One file was inspected: its row is in the job's results. `reason` is empty when it can be used."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The work is whole and its results are in the job folder. Last event."""

    summary: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stopped:
    """The work was stopped on request; `kept` says whether results are in the folder. Last event."""

    kept: bool
    summary: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """The work cannot go on. `is_user_error`: the text is meant for a person. Last event."""

    text: str
    is_user_error: bool


Event = Progress | Epoch | Notice | FileInspected | Finished | Stopped | Failed
LAST_EVENTS = (Finished, Stopped, Failed)

_TYPES: dict[str, type] = {
    cls.__name__: cls for cls in (Progress, Epoch, Notice, FileInspected, Finished, Stopped, Failed)
}


def to_line(event: Event) -> str:
    """One JSON object without line breaks; NaN is refused (ValueError)."""
    return json.dumps({"event": type(event).__name__, **asdict(event)}, allow_nan=False, ensure_ascii=True)


def from_line(line: str) -> Event:
    """Inverse of to_line. Raises ValueError for anything that is not one of our events."""
    try:
        value = json.loads(line)
        name = value.pop("event")
        event: Event = _TYPES[name](**value)
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an event: {line[:80]!r}") from error
    return event
