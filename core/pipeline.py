"""A job from its folder to sealed results: inspect files, make features, fit a model, score images.

Every step is a generator of events and a place to stop; torch is imported by the steps that need it.
"""

from __future__ import annotations

import csv
import errno
import io
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.control import Control
from core.domain import Split
from core.errors import UserError
from core.events import Epoch, Event, Failed, FileInspected, Finished, Notice, Progress, Stopped
from core.feature_file import FeatureFile, feature_file_name, feature_key
from core.job import Job, JobImage, Step, write_atomically, write_result
from core.prediction import Prediction
from core.recipe import TrunkSettings

if TYPE_CHECKING:
    from core.bags import Bag
    from core.feature_making import Wanted
    from core.model import DualBranch
    from core.training_run import FittedModel
    from core.trunks import Trunk

PREDICTIONS, INSPECTED = "predictions.npz", "inspected.jsonl"
MODEL_FILES = ("weights.safetensors", "recipe.json", "metrics.json", "result.json", "curves.csv")
SCORING_STEPS = 100  # events told while scoring, at most
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


def run_job(folder: Path, control: Control) -> Iterator[Event]:
    """Do the steps of a job folder in order, and seal the results. The last event is Finished, Stopped or Failed.

    An image that fails is told, left out of the later steps and named in the summary; the others go on. Cancel
    leaves no results; features that are made stay in their store all the same. Stop early keeps what a fit has so
    far, and still scores with it. UserErrors end as Failed; anything that is our own fault rises.
    """
    try:
        run = JobRun(folder, Job.read(folder), control)
        yield from run.steps()
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


@dataclass(eq=False, slots=True)
class JobRun:
    """One job at work, and what it has found so far. boxes, region_labels: by image, in the order of job.images."""

    folder: Path
    job: Job
    control: Control
    boxes: list[NDArray[np.float64]] = field(default_factory=list)
    region_labels: list[NDArray[np.int8]] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    failures: dict[int, str] = field(default_factory=dict)  # by image id: file name and reason
    fitted: FittedModel | None = None
    is_cut_short: bool = False
    summary: dict[str, Any] = field(default_factory=lambda: {"seconds": {}})

    def steps(self) -> Iterator[Event]:
        """All steps of the job, until one is cut short."""
        if set(self.job.steps) - {Step.INSPECT}:
            self._read_arrays()
        work = {
            Step.INSPECT: self._inspect,
            Step.FEATURES: self._make_features,
            Step.FIT: self._fit,
            Step.SCORE: self._score,
        }
        for step in Step:
            if step in self.job.steps and not self.is_cut_short:
                with self._timed(step):
                    yield from work[step]()

    def end(self) -> Finished | Stopped:
        """Seal the results and say how it ended."""
        self.summary["failed"] = [
            {"image_id": image_id, "reason": reason} for image_id, reason in self.failures.items()
        ]
        if self.control.is_cancelled or (self.is_cut_short and not self.results):
            return Stopped(kept=False, summary=self.summary)
        write_result(self.folder, self.results)
        if self.control.is_stopping:
            return Stopped(kept=True, summary=self.summary)
        return Finished(self.summary)

    @contextmanager
    def _timed(self, step: Step) -> Iterator[None]:
        start = time.monotonic()
        try:
            yield
        finally:
            self.summary["seconds"][step.value] = round(time.monotonic() - start, 2)

    def _read_arrays(self) -> None:
        try:
            with np.load(self.folder / "arrays.npz", allow_pickle=False) as arrays:
                cuts = arrays["offsets"][1:-1]
                self.boxes = np.split(arrays["boxes"], cuts)
                self.region_labels = np.split(arrays["region_labels"], cuts)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise UserError(
                "The work cannot be done: its arrays.npz is missing or damaged. Nothing was changed; start it again."
            ) from error
        if len(self.boxes) != len(self.job.images) and self.job.images:
            raise ValueError("the job has not one set of regions an image")

    def _inspect(self) -> Iterator[Event]:
        from core.inspection import inspect

        files = [Path(file) for file in self.job.files]
        lines, refused = [], 0
        found = inspect(
            files,
            grid=self.job.grid or self.job.recipe.grid,
            spacing_mm=self.job.spacing_mm or {},
            should_stop=lambda: self.control.is_stopping,
        )
        pace = _Pace("inspecting", total=len(files))
        for inspected in found:
            lines.append(json.dumps(inspected.to_json(), allow_nan=False))
            refused += bool(inspected.reason)
            yield FileInspected(str(inspected.path), inspected.reason)
            yield pace.one_more()
        write_atomically(self.folder / INSPECTED, "".join(f"{line}\n" for line in lines).encode())
        self.results.append(INSPECTED)
        self.summary |= {"files": len(files), "inspected": len(lines), "files_refused": refused}
        self.is_cut_short = len(lines) < len(files)

    def _make_features(self) -> Iterator[Event]:
        made = 0
        pace = _Pace("features", total=len(self.job.images))
        with self._store() as store:
            wanted = []
            for image, boxes in zip(self.job.images, self.boxes, strict=True):
                if feature_key(image.content_hash, image.scale, boxes) not in store:
                    wanted.append((image, boxes))
            yield pace.skip(len(self.job.images) - len(wanted))
            for image_id, reason in self._made(wanted, store=store):
                if reason:
                    yield self._told(image_id, reason)
                else:
                    made += 1
                yield pace.one_more()
        self.summary |= {"features_made": made, "features_reused": len(self.job.images) - len(wanted)}
        self.is_cut_short = self.control.is_stopping
        if self.job.images and len(self.failures) == len(self.job.images):
            raise UserError(
                f"None of the images can be used. The first: {next(iter(self.failures.values()))}"
            )

    def _made(self, wanted: Sequence[Wanted], *, store: FeatureFile) -> Iterator[tuple[int, str]]:
        """Make features: image ids, each with the reason why it has none or an empty one.

        The trunk takes a second or two to load, so a job that finds all features there goes without it.
        """
        if not wanted:
            return
        from core.feature_making import ImageFailed, make_features

        grid = self.job.recipe.grid
        for ended in make_features(wanted, self._trunk(), grid=grid, store=store, control=self.control):
            yield ended.image_id, ended.reason if isinstance(ended, ImageFailed) else ""

    def _fit(self) -> Iterator[Event]:
        from core.model import save_model
        from core.training import fit

        with self._store() as store:
            bags = []
            for index, image in enumerate(self.job.images):
                if image.split is Split.TEST:
                    continue
                features = self._features(store, index)
                if isinstance(features, Notice):
                    yield features
                elif features is not None:
                    bags.append(_bag(image, features, self.region_labels[index]))
            self.fitted = yield from fit(bags, self.job.recipe, control=self.control)
        self.is_cut_short = self.fitted is None
        if self.fitted is None:
            return
        folder = self.folder / "model"
        save_model(
            folder,
            self.fitted.model,
            recipe=self.fitted.recipe,
            metrics=self.fitted.metrics,
            trunk_key=self._trunk_key(),
        )
        write_atomically(folder / "curves.csv", _curves(self.fitted.curves))
        self.results += [f"model/{name}" for name in MODEL_FILES]
        self.summary["metrics"] = self.fitted.metrics

    def _score(self) -> Iterator[Event]:
        from core.scoring import score

        model = self._scoring_model()
        said: dict[int, Prediction] = {}
        pace = _Pace("scoring", total=len(self.job.images))
        every = -(-len(self.job.images) // SCORING_STEPS)
        with self._store() as store:
            for index, image in enumerate(self.job.images):
                if self.control.is_cancelled:
                    return
                features = self._features(store, index)
                if isinstance(features, Notice):
                    yield features
                elif features is not None:
                    said[image.image_id] = score(model, features)
                progress = pace.one_more()
                if progress.done % every == 0 or progress.done == progress.total:
                    yield progress
        write_atomically(self.folder / PREDICTIONS, _packed(said))
        self.results.append(PREDICTIONS)
        self.summary["images_scored"] = len(said)

    def _scoring_model(self) -> DualBranch:
        if self.fitted is not None:
            return self.fitted.model
        from core.model import load_model

        saved = load_model(Path(self.job.model_folder))
        if saved.trunk_key != self._trunk_key() or saved.recipe.grid != self.job.recipe.grid:
            raise UserError(
                "The model was trained on region features of another kind than those of this project's settings: "
                "it was not used. Train again, or choose the settings that the model was trained with."
            )
        return saved.model

    def _trunk(self) -> Trunk:
        return _loaded_trunk(self.job.recipe.trunk, threads=self.job.recipe.threads)

    def _trunk_key(self) -> str:
        from core.trunks import trunk_key

        return trunk_key(self.job.recipe.trunk)

    def _store(self) -> FeatureFile:
        """The one file of this recipe's kind of features: another trunk, mode or grid has another name."""
        from core.trunks import trunk_dimension

        folder = Path(self.job.features_folder)
        folder.mkdir(parents=True, exist_ok=True)
        name = feature_file_name(self._trunk_key(), self.job.recipe.grid)
        return FeatureFile.open(folder, name, dimension=trunk_dimension(self.job.recipe.trunk))

    def _features(self, store: FeatureFile, index: int) -> NDArray[np.float16] | Notice | None:
        """Features of one image; a Notice where it newly turns out to have none, None where that was told before."""
        image = self.job.images[index]
        if image.image_id in self.failures:
            return None
        key = feature_key(image.content_hash, image.scale, self.boxes[index])
        if key not in store:
            return self._told(
                image.image_id, f"{Path(image.path).name} has no region features: it was left out."
            )
        return store.read(key)

    def _told(self, image_id: int, reason: str) -> Notice:
        self.failures[image_id] = reason
        return Notice(reason)


@lru_cache(maxsize=1)
def _loaded_trunk(settings: TrunkSettings, *, threads: int) -> Trunk:
    """Weights are read and checked once a process, not once a job: the command line runs many jobs in one."""
    from core.trunks import load_trunk

    return load_trunk(settings, threads=threads)


class _Pace:
    """Counts the items of a stage and how fast they come."""

    def __init__(self, stage: str, *, total: int) -> None:
        self._stage, self._total = stage, total
        self._skipped = self._done = 0
        self._start = time.monotonic()

    def skip(self, count: int) -> Progress:
        """Items that need no work."""
        self._skipped = self._done = count
        return Progress(self._stage, count, self._total, note=f"{count} there already" if count else "")

    def one_more(self) -> Progress:
        """One item is done."""
        self._done += 1
        pace = (time.monotonic() - self._start) / (self._done - self._skipped)
        left = round(pace * (self._total - self._done), 1)
        return Progress(self._stage, self._done, self._total, left, f"{pace:.2f} s an image")


def _bag(image: JobImage, features: NDArray[np.float16], region_labels: NDArray[np.int8]) -> Bag:
    from core.bags import Bag

    labels = region_labels if image.is_annotated else None
    return Bag(image.image_id, features, image.label, image.split, labels)


def _curves(epochs: Sequence[Epoch]) -> bytes:
    """curves.csv: one row an epoch, empty where a figure cannot be computed."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["epoch", "train_loss", "train_auroc", "validation_loss", "validation_auroc"])
    for epoch in epochs:
        figures = (epoch.train_loss, epoch.train_auroc, epoch.validation_loss, epoch.validation_auroc)
        rows.writerow([epoch.number, *("" if figure is None else f"{figure:.6g}" for figure in figures)])
    return text.getvalue().encode()


def _packed(said: dict[int, Prediction]) -> bytes:
    """predictions.npz, laid out as core.job tells."""
    content = io.BytesIO()
    cls = [prediction.cls for prediction in said.values()]
    np.savez(
        content,
        allow_pickle=False,
        image_id=np.array(list(said), np.int64),
        offsets=np.cumsum([0, *(len(rows) for rows in cls)]),
        probability=np.array([p.probability for p in said.values()]).reshape(-1, 2),
        cls=np.concatenate([*cls, np.empty((0, 3), np.float32)]),
        score=np.concatenate([*(p.score for p in said.values()), np.empty((0, 2), np.float32)]),
    )
    return content.getvalue()
