"""One run of a cross-validation: fit a recipe on one fold's training images, score, and leave the results sealed.

A cell's folder, OUT/cells/<name>/:

    cell.json        recipe, seed, fold, digest of everything that decided the result, figures of the fit
    predictions.npz  "image_id" (n,), "role" (n,) 0 train, 1 validation, 2 test, "probability" (n, 2) for (B, M)
    regions.npz      of the held-out images: "image_id" (h,), "offsets" (h + 1,), "score" (T, 2) for (B, M), Eq. 13
    curves.csv       one row an epoch
    opinions.npz     of a study's cell: what the model says of its training images (core.crossval.opinions)
    result.json      SHA-256 of each; without it, nothing counts
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.control import Control
from core.crossval.inputs import Inputs, Parts, digest_of, read_inputs
from core.crossval.opinions import OPINIONS, opinions_of, packed
from core.errors import UserError
from core.events import Epoch, Notice
from core.job import read_result, write_atomically, write_result
from core.recipe import Recipe

if TYPE_CHECKING:
    from core.training_run import FittedModel

CELL_VERSION = 1
ROLES = ("train", "validation", "test")
CELL, PREDICTIONS, REGIONS, CURVES = "cell.json", "predictions.npz", "regions.npz", "curves.csv"


@dataclass(frozen=True, slots=True)
class Cell:
    """One run. name: of its folder. inner: number of the inner fold where it serves a nested choice.

    digest: of all that decides the result; a folder with another digest is done anew. gives_opinions: whether it leaves
    what a ranking of its training images needs.
    """

    name: str
    arm: str
    seed: int
    fold: int
    recipe: Recipe
    parts: Parts
    inputs: Path
    digest: str
    inner: int | None = None
    gives_opinions: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class CellResult:
    """What a finished cell left. figures: cell.json. probability, role: by image. score: of held-out images."""

    figures: dict[str, Any]
    probability: Mapping[int, NDArray[np.float64]]
    role: Mapping[int, str]
    score: Mapping[int, NDArray[np.float32]]

    def images(self, role: str) -> list[int]:
        """Image numbers of one role, in their order."""
        return [image_id for image_id, is_role in self.role.items() if is_role == role]


def cell_digest(
    recipe: Recipe,
    parts: Parts,
    *,
    trunk: str,
    images: Mapping[int, Sequence[str]],
    contours: Mapping[int, str],
) -> str:
    """Digest of what decides a cell. images: (feature key, label) by number; contours: digests of those drawn."""
    plain = {**recipe.to_json(), "name": "", "threads": 1}
    used = {str(i): images[i] for i in (*parts.train, *parts.validation, *parts.test)}
    drawn = {str(i): contours[i] for i in parts.annotated}
    return digest_of([CELL_VERSION, plain, trunk, asdict(parts), used, drawn])


def run_cell(cell: Cell, out: Path, *, is_stopped: Callable[[], bool] = lambda: False) -> bool:
    """Fit, score, and put the sealed folder in its place; False where it was stopped before that.

    Raises what the fit raises: UserError where the images cannot train this recipe.
    """
    from core.projection import kept_projection
    from core.training import fit, projection_of

    started = time.monotonic()
    inputs = read_inputs(cell.inputs)
    control = Control()
    bags, missing = inputs.bags(cell.parts, cell.recipe)
    notices: list[str] = []
    if missing and not any(bag.variants for bag in bags):
        raise UserError(
            "None of the turned, mirrored or shifted copies of training images has region features; they may have been "
            "removed to make room for others. Run the same command again: they are made anew."
        )
    if missing:
        notices.append(
            f"{missing} turned, mirrored or shifted copies of training images have no region features: "
            "the model is trained without them."
        )
    # Cells of one fold have the same training images, and most of a short fit would go into their projection.
    projection = kept_projection(_projection_file(cell, inputs), lambda: projection_of(bags, cell.recipe))
    events = fit(bags, cell.recipe, control=control, projection=projection)
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            fitted: FittedModel | None = end.value
            break
        if isinstance(event, Notice):
            notices.append(event.text)
        if is_stopped():
            control.cancel()
    if fitted is None:
        return False
    content = {
        PREDICTIONS: b"",
        REGIONS: b"",
        CURVES: _curves(fitted.curves),
    }
    content[PREDICTIONS], content[REGIONS] = _scored(fitted, inputs, cell.parts)
    if cell.gives_opinions:
        said = opinions_of(fitted, inputs, cell.parts.train, dropout=cell.recipe.dropout)
        content[OPINIONS] = packed(said)
    figures = {
        "version": CELL_VERSION,
        "digest": cell.digest,
        "recipe": cell.arm,
        "seed": cell.seed,
        "fold": cell.fold,
        "inner": cell.inner,
        "settings": cell.recipe.to_json(),
        "annotated": list(cell.parts.annotated),
        "metrics": fitted.metrics,
        "notices": list(dict.fromkeys(notices)),
        "seconds": round(time.monotonic() - started, 2),
    }
    content[CELL] = json.dumps(figures, indent=1, allow_nan=False).encode()
    _put(out / cell.name, content)
    return True


def read_cell(folder: Path, *, digest: str | None = None) -> CellResult | None:
    """A finished cell; None where there is none, it is damaged, or (with `digest`) was decided by other things."""
    try:
        read_result(folder)
        figures = json.loads((folder / CELL).read_bytes())
        if figures.get("version") != CELL_VERSION or digest not in (None, figures.get("digest")):
            return None
        with np.load(folder / PREDICTIONS, allow_pickle=False) as said:
            ids = said["image_id"].tolist()
            probability = dict(zip(ids, said["probability"], strict=True))
            role = {i: ROLES[r] for i, r in zip(ids, said["role"].tolist(), strict=True)}
        with np.load(folder / REGIONS, allow_pickle=False) as regions:
            scores = np.split(regions["score"], regions["offsets"][1:-1])
            score = dict(zip(regions["image_id"].tolist(), scores, strict=True))
    except (OSError, ValueError, KeyError):
        return None
    return CellResult(figures, probability, role, score)


def _projection_file(cell: Cell, inputs: Inputs) -> Path:
    """Where the cells of a fold keep their projection, named by all that decides it."""
    recipe = cell.recipe
    keys = [inputs.images[image_id].key for image_id in cell.parts.train]
    name = digest_of([keys, repr(recipe.trunk), recipe.components, recipe.normalisation.value])
    return cell.inputs / f"projection-{name}.safetensors"


def _scored(fitted: FittedModel, inputs: Inputs, parts: Parts) -> tuple[bytes, bytes]:
    """predictions.npz and regions.npz."""
    from core.scoring import score

    ids = [*parts.train, *parts.validation, *parts.test]
    roles = [r for r, part in enumerate((parts.train, parts.validation, parts.test)) for _ in part]
    said = {image_id: score(fitted.model, inputs.features(image_id)) for image_id in ids}
    held_out = [said[image_id].score for image_id in parts.test]
    predictions = _npz(
        image_id=np.array(ids, np.int64),
        role=np.array(roles, np.uint8),
        probability=np.array([said[i].probability for i in ids], np.float64).reshape(-1, 2),
    )
    regions = _npz(
        image_id=np.array(parts.test, np.int64),
        offsets=np.cumsum([0, *(len(rows) for rows in held_out)]).astype(np.int64),
        score=np.concatenate([*held_out, np.empty((0, 2), np.float32)]),
    )
    return predictions, regions


def _npz(**arrays: NDArray[Any]) -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    return content.getvalue()


def _curves(epochs: Sequence[Epoch]) -> bytes:
    """curves.csv: every figure of an epoch, empty where it cannot be computed."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    names = [field.name for field in fields(Epoch) if field.name not in ("number", "total")]
    rows.writerow(["epoch", *names])
    for epoch in epochs:
        figures = [getattr(epoch, name) for name in names]
        rows.writerow([epoch.number, *("" if figure is None else f"{figure:.6g}" for figure in figures)])
    return text.getvalue().encode()


def _put(folder: Path, content: Mapping[str, bytes]) -> None:
    """Write a folder beside its place, sealed, and rename: it is there whole or not at all."""
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        for name, data in content.items():
            write_atomically(beside / name, data)
        write_result(beside, list(content))
        if folder.exists():
            shutil.rmtree(folder)
        beside.rename(folder)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise UserError(
            f"A result could not be written: {error.strerror or 'the folder refuses it'}. Free some space in the folder "
            "of the evaluation, then run the same command again."
        ) from error
