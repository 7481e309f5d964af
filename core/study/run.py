"""A study from a cohort with ready features to a folder of results."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator
from importlib.metadata import version
from pathlib import Path

from core.control import Control
from core.crossval.cohort import Cohort, contours_digest
from core.crossval.inputs import digest_of
from core.crossval.run import CELLS as CELL_FOLDER
from core.crossval.run import OwnFolder
from core.events import Event, Finished, Stopped
from core.study.plan import StudyPlan
from core.study.record import StudyRecord, write_study
from core.study.replay import Replayed, replay
from core.study.work import Pace

MARK = "lesionloop-study.json"


def run_study(
    cohort: Cohort,
    plan: StudyPlan,
    *,
    out: Path,
    features_folder: Path,
    jobs: int,
    control: Control,
    pace: Pace = Pace(),  # noqa: B008 (frozen)
    is_synthetic: bool = False,
) -> Generator[Event, None, StudyRecord | None]:
    """Replay, measure, and write the folder `out`; the last event is Finished or Stopped.

    A study that was stopped goes on where it was. Returns what was measured; None where it was stopped, when finished cells
    are kept. is_synthetic: the images are the phantom's, which the report then says. Raises UserError where nothing can be run, or the folder is another's.
    """
    with OwnFolder(out, mark=MARK):
        found = yield from replay(
            cohort,
            plan,
            cells=out / CELL_FOLDER,
            features_folder=features_folder,
            jobs=jobs,
            control=control,
            pace=pace,
        )
        if found is None:
            yield Stopped(kept=True)
            return None
        record = _record(plan, found, pace=pace, is_synthetic=is_synthetic)
        write_study(out, record)
    yield Finished({"cells": len(found.points), "failed": len(found.failures)})
    return record


def _record(plan: StudyPlan, found: Replayed, *, pace: Pace, is_synthetic: bool) -> StudyRecord:
    settings = {
        "strategies": list(plan.strategies),
        "budgets": ["0", *map(str, plan.budgets), "100%"],
        "folds": plan.folds,
        "fold seed": plan.fold_seed,
        "seeds": list(plan.seeds),
        "resamples": plan.resamples,
        "seconds an image": pace.image_seconds,
        "seconds a contour": pace.contour_seconds,
        "minutes are": "measured" if pace.is_measured else "assumed",
        "synthetic": is_synthetic,
    }
    return StudyRecord(found.points, settings, provenance(plan, found), tuple(_notes(found, pace=pace)))


def provenance(plan: StudyPlan, found: Replayed) -> dict[str, str | int]:
    """On what every figure stands, without an identifier of a patient: digests over the contents of images alone."""
    images = found.cohort.by_id()
    snapshot = sorted(
        [image.content_hash, image.label.value, contours_digest(image)] for image in images.values()
    )
    split = sorted(
        [images[i].content_hash, fold.number, part]
        for fold in found.folds
        for part, ids in (("train", fold.train), ("validation", fold.validation), ("test", fold.test))
        for i in ids
    )
    recipe = json.dumps({**plan.recipe.to_json(), "name": "", "seed": 0, "threads": 1}, sort_keys=True)
    return {
        "lesionloop": version("lesionloop"),
        "recipe": plan.recipe.name,
        "recipe digest": digest_of([recipe]),
        "snapshot": digest_of(snapshot),
        "split": digest_of(split),
        "images": len(images),
        "patients": found.cohort.patients,
        "images to annotate, by fold": ", ".join(map(str, found.pool)),
    }


def _notes(found: Replayed, *, pace: Pace) -> list[str]:
    notes = list(found.cohort.notes)
    if not pace.is_measured:
        notes.append(
            f"Minutes are assumed, not measured: {pace.image_seconds:g} s an image and {pace.contour_seconds:g} s a contour."
        )
    reasons = Counter(found.failures.values())
    notes += [f"{count} models could not be fitted: {reason}" for reason, count in reasons.items()]
    return notes
