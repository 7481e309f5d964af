"""From a finished job folder to the store, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from core.domain import ImageId, ModelId, Split
from core.errors import UserError
from core.gate import AUROC, GateResult, Verdict
from core.job import Job, sha256_of, write_atomically
from core.metrics import auroc
from storage.changes import Changes
from storage.jobs.reading import JobResults, UnusableResultsError, read_results, unchanged_images
from storage.project import Project
from storage.promotion import candidate_text, gate_of, judge_candidate, verdict_text
from storage.records import ModelRecord, NewModel, PromotionKind
from storage.store import Store
from storage.worklist import DEFAULT_STRATEGY, TOP, rank_worklist


@dataclass(frozen=True, slots=True)
class ImportedJob:
    """What the results of a job changed.

    images_scored: images with a new prediction. dropped: results of images that were removed or changed
    since the job was made. moved_in_top: of the first 10 places of the worklist, how many hold another image.
    before, after: AUROC of M vs. BN over the test patients' images under the model in use until then and the job's, None
    where it cannot be computed. gate: what it found of a new model, None for the first. is_promoted: whether a model
    came into use by this; a new model that did not is a candidate.
    """

    changes: Changes
    model_id: ModelId | None
    images_scored: int
    dropped: int
    moved_in_top: int
    before: float | None
    after: float | None
    summary: str
    gate: GateResult | None = None
    is_promoted: bool = False


def import_results(
    project: Project,
    folder: Path,
    *,
    strategy: str | None = None,
    seed: int = 0,
    results: JobResults | None = None,
) -> ImportedJob:
    """Take the results of a finished job into the project, in one transaction.

    A model that was fitted is a candidate. It is promoted where it is the first, or where the gate shows that it is not
    worse and the project promotes automatically; results that were left lying while another model came into use are not.
    The worklist is ranked anew where the model in use has new predictions; what no screen shows any more is let go.

    strategy: of the ranking, by default the last ranking's. results: as read_results gave them, read here where None.
    The model's files are placed before the rows that name them become true: a crash in between leaves a folder that
    sweep_jobs removes, and a job that can be imported again. Raises UserError for results that are incomplete, damaged
    or in the store already, and for a model that was fitted on images of test patients.
    """
    results = results or read_results(project.folder, folder)
    store, job = project.store, results.job
    placed: Path | None = None
    try:
        with store.transaction():
            if store.is_job_imported(folder.name):
                raise UserError(
                    "The results of this training are in the project already: nothing was changed."
                )
            store.mark_job_imported(folder.name)
            former = store.current_model()
            changes, model_id = Changes(), _scoring_model(store, job)
            if results.has_model:
                _refuse_test_patients(store, job)
                model_id = store.next_model_id()
                placed = _place_model(folder, results.names, project.models_folder / str(model_id))
                changes |= _add_model(store, placed, results=results, parent=former.id if former else None)
            scored = _add_predictions(store, results, model_id=model_id)
            promoted = False
            if results.has_model and model_id is not None:
                promoted = _judge_and_promote(store, model_id, results=results, former=former)
            elif model_id is not None and former is None and scored:
                store.promote(model_id, kind=PromotionKind.FIRST)
                promoted = True
            current = store.current_model()
            moved, is_ranked = 0, bool(scored) and current is not None and current.id == model_id
            if is_ranked:
                by = strategy or store.ranking_strategy() or DEFAULT_STRATEGY
                ranked = rank_worklist(store, strategy=by, seed=seed)
                changes, moved = changes | ranked.changes, ranked.moved_in_top
            store.drop_old_predictions(keep=model_id)
    except BaseException:
        if placed is not None:
            shutil.rmtree(placed, ignore_errors=True)
        raise
    dropped = results.dropped + (len(results.predictions) - len(scored) if model_id is not None else 0)
    changes |= Changes(images=frozenset(scored), models=promoted, everything=promoted)
    model = None if model_id is None else store.model(model_id)
    gate = None if model is None or not results.has_model else gate_of(model)
    summary = [
        *_what_was_scored(len(scored), dropped=dropped, moved=moved if former else None, is_ranked=is_ranked),
        *(_what_it_is_worth(model) if model is not None and results.has_model else []),
        *_what_is_in_use(model, former=former, is_new=results.has_model, promoted=promoted),
    ]
    return ImportedJob(
        changes=changes,
        model_id=model_id if results.has_model else None,
        images_scored=len(scored),
        dropped=dropped,
        moved_in_top=moved,
        before=_auroc(gate, "before") if gate else None,
        after=_test_auroc(store, model_id) if model_id is not None and scored else None,
        summary=" ".join(summary),
        gate=gate,
        is_promoted=promoted,
    )


def mark_imported(project: Project, folder: Path) -> None:
    """Note that a job's results were taken in another way (an import of files does), so that a sweep may trim it."""
    with project.store.transaction():
        if not project.store.is_job_imported(folder.name):
            project.store.mark_job_imported(folder.name)


def _scoring_model(store: Store, job: Job) -> ModelId | None:
    """The model whose folder a job that fits nothing was told to score with."""
    name = Path(job.model_folder).name  # by its name: the project may lie elsewhere by now
    found = [model.id for model in store.models() if model.folder.name == name]
    return found[0] if found else None


def _place_model(folder: Path, names: Collection[str], target: Path) -> Path:
    """Copy the sealed files of model/ beside the target, sync, rename: whole or absent."""
    beside = target.with_name(f".{target.name}.tmp")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)  # of an import that crashed: no row names it
    try:
        beside.mkdir(parents=True)
        for name in names:
            if name.startswith("model/"):
                _copy_synced(folder / name, beside / PurePosixPath(name).name)
        beside.rename(target)
        _sync_folder(target.parent)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise UserError(
            f"The trained model could not be saved: {error.strerror or 'its folder cannot be written'}. "
            "Nothing was changed; free some space and import the results again."
        ) from error
    return target


def _copy_synced(source: Path, target: Path) -> None:
    write_atomically(target, source.read_bytes())


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _refuse_test_patients(store: Store, job: Job) -> None:
    """What a job takes for a training image must be none of a test patient as the store has it now."""
    test = [image for image in store.images() if image.split == Split.TEST]
    ids, contents = {image.id for image in test}, {image.content_hash for image in test if not image.failure}
    used = [image for image in job.images if image.split != Split.TEST]
    if any(image.image_id in ids or image.content_hash in contents for image in used):
        raise UnusableResultsError(
            "This training used images of test patients: its results were not taken in. Train again. "
            "The project is as it was."
        )


def _judge_and_promote(
    store: Store, model_id: ModelId, *, results: JobResults, former: ModelRecord | None
) -> bool:
    """Keep what the gate found of a new model, and promote it where that is due. Returns whether it was."""
    judgement = results.judgement
    against = None if former is None else former.id
    if results.has_predictions and (judgement is None or judgement.against != against):
        # Another model came into use since the results were read.
        judgement = judge_candidate(store, results.predictions, recipe=results.job.recipe)
    gate = None if judgement is None else judgement.gate
    store.set_judgement(
        model_id,
        figures={} if judgement is None else judgement.figures,
        gate=None if gate is None else gate.to_json(),
        against=against,
    )
    if former is None:
        return bool(store.promote(model_id, kind=PromotionKind.FIRST))
    is_superseded = former.id != results.job.current_model
    if gate is None or gate.verdict is not Verdict.NOT_WORSE or is_superseded:
        return False
    if not store.promotion_rules().is_automatic:
        return False
    return bool(store.promote(model_id, kind=PromotionKind.GATE, evidence=gate.to_json()))


def _add_model(store: Store, placed: Path, *, results: JobResults, parent: ModelId | None) -> Changes:
    job = results.job
    annotated = sum(image.is_annotated and image.split == Split.TRAIN for image in job.images)
    model = NewModel(
        name=f"{job.recipe.method.value} {placed.name}",
        recipe=job.recipe,
        folder_name=placed.name,
        sha256=sha256_of(placed / "weights.safetensors"),
        metrics=_metrics(placed),
        annotated_images=annotated if job.recipe.method.is_semi_supervised else 0,
        parent_id=parent,
        trained_on=results.trained_on,
    )
    model_id, changes = store.add_model(model)
    assert str(model_id) == placed.name, "the folder has the id that the row got"
    return changes


def _metrics(folder: Path) -> dict[str, Any]:
    path = folder / "metrics.json"
    value: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}
    return value


def _add_predictions(store: Store, results: JobResults, *, model_id: ModelId | None) -> set[ImageId]:
    """Store the predictions; returns the images they are of."""
    if not results.has_predictions or model_id is None:
        return set()
    unchanged = unchanged_images(store, results.job)  # again: an import of files may have come in between
    kept = {i: p for i, p in results.predictions.items() if unchanged.get(i) == len(p.cls)}
    store.add_predictions(model_id, kept)
    store.add_evidence(model_id, {i: one for i, one in results.evidence.items() if i in kept})
    return set(kept)


def _test_auroc(store: Store, model_id: ModelId) -> float | None:
    """AUROC of M vs. BN over the labelled images of test patients, None where one class is missing."""
    said = store.probabilities(model_id)
    cases = [
        (said[image.id][1], image.label.is_malignant)
        for image in store.images()
        if image.split == Split.TEST and image.label is not None and image.id in said
    ]
    return auroc([score for score, _ in cases], [positive for _, positive in cases]) if cases else None


def _auroc(gate: GateResult, which: str) -> float | None:
    found = [measure for measure in gate.measures if measure.name == AUROC]
    value: float | None = getattr(found[0], which).value if found else None
    return value


def _what_was_scored(scored: int, *, dropped: int, moved: int | None, is_ranked: bool) -> list[str]:
    """moved: places of the worklist that hold another image, None where no model ranked it before."""
    parts = [f"{scored} images scored."]
    if is_ranked and moved is None:
        parts.append("The worklist is ranked by a model for the first time.")
    elif is_ranked:
        parts.append(f"{moved} of the first {TOP} places of the worklist hold another image.")
    if dropped:
        parts.append(f"Results of {dropped} images that changed in the meantime were left out.")
    return parts


def _what_it_is_worth(model: ModelRecord) -> list[str]:
    """What a first model is worth by itself; later ones are told by comparison."""
    auroc = model.figures.get("measures", {}).get(AUROC)
    if model.gate is not None or auroc is None:
        return []
    span = "" if auroc["low"] is None else f" [{auroc['low']:.2f}, {auroc['high']:.2f}]"
    return [f"AUROC of malignant against the rest on test patients: {auroc['value']:.2f}{span}."]


def _what_is_in_use(
    model: ModelRecord | None, *, former: ModelRecord | None, is_new: bool, promoted: bool
) -> list[str]:
    if model is None or former is None or former.id == model.id:
        return []
    if promoted:
        return [f"{verdict_text(model)} It is in use from now on."]
    stays = f"Model {former.id} stays in use."
    return [f"{candidate_text(model)} {stays}"] if is_new else [stays]
