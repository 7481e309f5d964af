"""What may be kept of an error that is our own: where and of what type, never its text.

A text may quote a file's name or a value read from a file, and those may identify a patient.
"""

from __future__ import annotations

import traceback

MOST_CAUSES = 5


def describe(error: BaseException) -> str:
    """Where an error rose and its type, then the types of what caused it."""
    lines = ["".join(traceback.format_tb(error.__traceback__)).rstrip(), type(error).__name__]
    cause = error.__cause__ or error.__context__
    while cause is not None and len(lines) < 2 + MOST_CAUSES:
        lines.append(f"caused by {type(cause).__name__}")
        cause = cause.__cause__ or cause.__context__
    return "\n".join(line for line in lines if line)
