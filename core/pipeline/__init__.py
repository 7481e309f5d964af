"""A job from its folder to sealed results: inspect files, make features, fit a model, score images.

Every step is a generator of events and a place to stop, in a module of its own; torch is imported by the steps that
need it.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from core.control import Control
from core.errors import UserError
from core.events import Event, Failed, Notice
from core.job import Job, Step
from core.pipeline.fitting import fit_model
from core.pipeline.inspecting import INSPECTED, inspect_files
from core.pipeline.making import make_missing
from core.pipeline.run import JobRun
from core.pipeline.scoring import PREDICTIONS, score_images

__all__ = ["INSPECTED", "PREDICTIONS", "run_job"]

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_WORK = {
    Step.INSPECT: inspect_files,
    Step.FEATURES: make_missing,
    Step.FIT: fit_model,
    Step.SCORE: score_images,
}


def run_job(folder: Path, control: Control) -> Iterator[Event]:
    """Do the steps of a job folder in order, and seal the results. The last event is Finished, Stopped or Failed.

    An image that fails is told, left out of the later steps and named in the summary; the others go on. Cancel
    leaves no results; features that are made stay in their store all the same. Stop early keeps what a fit has so
    far, and still scores with it. A job that was killed goes on in the same folder: its features are there, and the fit
    begins at its checkpoint. UserErrors end as Failed; anything that is our own fault rises.
    """
    try:
        run = JobRun(folder, Job.read(folder), control)
        with contextlib.closing(run):
            yield from _steps(run)
            yield run.end()
    except UserError as error:
        yield Failed(str(error), is_user_error=True)
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        yield Failed(
            "There is no space left on the disk: nothing was changed. Free some space, then start again.",
            is_user_error=True,
        )


def _steps(run: JobRun) -> Iterator[Event]:
    """All steps of the job, until one is cut short."""
    if set(run.job.steps) - {Step.INSPECT}:
        run.read_arrays()
        for sentence in run.open_store().notices:
            yield Notice(sentence)
    for step in Step:
        if step in run.job.steps and not run.is_cut_short:
            with run.timed(step):
                yield from _WORK[step](run)
