"""Everything measured as plain values: the content of evaluation.json (docs/evaluation.md), and the tables beside it."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.crossval.breakdown import breakdown, groups_of, worst
from core.crossval.calibrated import calibration
from core.crossval.cells import Cell, CellResult
from core.crossval.cohort import Cohort, CohortImage
from core.crossval.folds import Fold, label_counts
from core.crossval.measures import CellMeasures, Key, Level, Truth, all_keys, froc_key
from core.crossval.nested import CRITERION_TEXT, Choice, outer_cells
from core.crossval.plan import Layout, Plan
from core.crossval.plane import confusion
from core.crossval.summary import Comparison, compare_all, summarise
from core.evaluation import Task
from core.job import write_atomically

VERSION = 1
EVALUATION, PREDICTIONS, IMAGES = "evaluation.json", "predictions.csv", "images.csv"
ROC_GRID = np.linspace(0.0, 1.0, 101)  # false positive rates at which ROC curves are averaged
FROC_GRID = np.linspace(0.0, 4.0, 81)  # FPPI at which FROC curves are averaged
TESTED = (
    *(Key(task, Level.IMAGE, name) for task in Task for name in ("auroc", "paucr", "specificity_at_0.85")),
    *(froc_key(task, 1.0) for task in Task),
)


@dataclass(frozen=True, eq=False, slots=True)
class Done:
    """All that was run and measured. truth: by grid key and image; results, measured: outer cells by name of recipe."""

    plan: Plan
    cohort: Cohort
    layout: Layout
    failures: Mapping[str, str]
    truth: Mapping[str, Mapping[int, Truth]]
    results: Mapping[str, Sequence[CellResult]]
    measured: Mapping[str, Sequence[CellMeasures]]
    choices: tuple[Choice, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def planned(self) -> int:
        """Outer cells of each recipe."""
        return len(self.layout.folds) * len(self.plan.seeds)


def evaluation_json(done: Done) -> dict[str, Any]:
    """The content of evaluation.json."""
    groups, group_notes = groups_of(done.cohort)
    images = done.cohort.by_id()
    return {
        "version": VERSION,
        "cohort": _cohort_json(done.cohort),
        "folds": {
            "count": len(done.layout.folds),
            "seed": done.plan.fold_seed,
            "of": [_fold_json(fold, images) for fold in done.layout.folds],
        },
        "seeds": list(done.plan.seeds),
        "resamples": done.plan.resamples,
        "reference": done.plan.tested_against,
        "recipes": [
            {
                "recipe": arm.text,
                "method": arm.recipe.method.value,
                "fraction": arm.fraction,
                "settings": arm.recipe.to_json(),
                "grid": arm.recipe.grid.key,
                "cells": len(done.measured[arm.text]),
                "planned": done.planned,
            }
            for arm in done.plan.arms
        ],
        "cells": [_cell_json(cell, done) for cell in done.layout.cells],
        "figures": [
            row for arm in done.plan.arms for row in _figure_rows(arm.text, done.measured[arm.text], done)
        ],
        "froc": [row for arm in done.plan.arms for row in _froc_rows(arm.text, done.measured[arm.text])],
        "roc": [row for arm in done.plan.arms for row in _roc_rows(arm.text, done.measured[arm.text])],
        "comparisons": {
            "against_reference": _comparisons(done, reference=done.plan.tested_against),
            "all_pairs": _comparisons(done, reference=None),
        },
        "confusion": [
            {"recipe": name, **confusion(results, images).to_json()} for name, results in done.results.items()
        ],
        "calibration": [
            {"recipe": name, **row}
            for name, results in done.results.items()
            for row in calibration(results, images)
        ],
        "breakdown": [
            {"recipe": arm.text, **row.to_json()}
            for arm in done.plan.arms
            for row in breakdown(
                done.results[arm.text], images, done.truth[arm.recipe.grid.key], groups=groups
            )
        ],
        "worst": [{"recipe": name, **worst(results, images)} for name, results in done.results.items()],
        "nested": _nested_json(done) if done.plan.inner_folds else None,
        "notes": [*done.cohort.notes, *done.notes, *group_notes],
    }


def write_files(out: Path, done: Done) -> dict[str, Any]:
    """Write evaluation.json and what lies beside it into the folder; returns the content of the former."""
    value = evaluation_json(done)
    write_atomically(out / IMAGES, _images_csv(done).encode())
    write_atomically(out / PREDICTIONS, _predictions_csv(done).encode())
    for grid_key, truth in done.truth.items():
        write_atomically(out / f"truth-{grid_key}.npz", _truth_npz(done.cohort, truth, grid_key=grid_key))
    write_atomically(out / EVALUATION, json.dumps(value, indent=1, allow_nan=False).encode())
    return value


def _cohort_json(cohort: Cohort) -> dict[str, Any]:
    images = cohort.images
    return {
        "images": len(images),
        "patients": cohort.patients,
        "breasts": len({image.breast for image in images}),
        "labels": label_counts(images),
        "images_with_malignant_contours": sum(image.is_annotated for image in images),
        "images_with_benign_contours": sum(bool(image.benign) for image in images),
    }


def _fold_json(fold: Fold, images: Mapping[int, CohortImage]) -> dict[str, Any]:
    held_out = [images[i] for i in fold.test]
    return {
        "fold": fold.number,
        "images": len(held_out),
        "patients": len({image.patient for image in held_out}),
        "labels": label_counts(held_out),
        "train_images": len(fold.train),
        "validation_images": len(fold.validation),
    }


def _cell_json(cell: Cell, done: Done) -> dict[str, Any]:
    result = next(
        (
            r
            for r in done.results[cell.arm]
            if cell.inner is None and (r.figures["seed"], r.figures["fold"]) == (cell.seed, cell.fold)
        ),
        None,
    )
    reason = done.failures.get(cell.name)
    return {
        "recipe": cell.arm,
        "seed": cell.seed,
        "fold": cell.fold,
        "inner": cell.inner,
        "folder": f"cells/{cell.name}",
        "state": "failed" if reason else "done",
        "reason": reason,
        "train_images": len(cell.parts.train),
        "validation_images": len(cell.parts.validation),
        "test_images": len(cell.parts.test),
        "annotated_images": len(cell.parts.annotated),
        "seconds": result.figures["seconds"] if result else None,
        "metrics": result.figures["metrics"] if result else None,
    }


def _figure_rows(name: str, measured: Sequence[CellMeasures], done: Done) -> list[dict[str, Any]]:
    return [
        {
            "recipe": name,
            **_key_json(key),
            **asdict(summarise(measured, key, planned=done.planned)),
            "by_cell": [
                {"seed": cell.seed, "fold": cell.fold, "value": cell.values.get(key)} for cell in measured
            ],
        }
        for key in all_keys()
    ]


def _key_json(key: Key) -> dict[str, str]:
    return {"task": key.task.value, "level": key.level.value, "name": key.name}


def _froc_rows(name: str, measured: Sequence[CellMeasures]) -> list[dict[str, Any]]:
    rows = []
    for task in Task:
        curves = [cell.froc[task] for cell in measured if task in cell.froc]
        counts = [cell.froc_counts[task] for cell in measured if task in cell.froc]
        sensitivity = [[curve.sensitivity_at(fppi) for fppi in FROC_GRID] for curve in curves]
        rows.append(
            {
                "recipe": name,
                "task": task.value,
                "cells": len(curves),
                "images": sum(count.images for count in counts),
                "called": sum(count.called for count in counts),
                "true_positive": sum(count.true_positive for count in counts),
                "left_out": sum(count.left_out for count in counts),
                "fppi": FROC_GRID.tolist() if curves else [],
                "sensitivity": np.mean(sensitivity, axis=0).tolist() if curves else [],
                "sd": np.std(sensitivity, axis=0, ddof=1).tolist() if len(curves) > 1 else [],
            }
        )
    return rows


def _roc_rows(name: str, measured: Sequence[CellMeasures]) -> list[dict[str, Any]]:
    """Sensitivity averaged over cells at each false positive rate."""
    rows = []
    for task in Task:
        curves = [cell.roc[task] for cell in measured if task in cell.roc]
        sensitivity = [_highest_at(1.0 - curve.specificity, curve.sensitivity) for curve in curves]
        rows.append(
            {
                "recipe": name,
                "task": task.value,
                "cells": len(curves),
                "false_positive_rate": ROC_GRID.tolist() if curves else [],
                "sensitivity": np.mean(sensitivity, axis=0).tolist() if curves else [],
                "sd": np.std(sensitivity, axis=0, ddof=1).tolist() if len(curves) > 1 else [],
            }
        )
    return rows


def _highest_at(rate: NDArray[np.float64], sensitivity: NDArray[np.float64]) -> NDArray[np.float64]:
    """A curve on ROC_GRID; where it rises at one rate, its upper end there."""
    last = np.append(rate[1:] != rate[:-1], True)
    on_grid: NDArray[np.float64] = np.interp(ROC_GRID, rate[last], sensitivity[last])
    return on_grid


def _comparisons(done: Done, *, reference: str | None) -> list[dict[str, Any]]:
    if done.plan.resamples == 0:
        return []
    found = (one for key in TESTED for one in compare_all(done.measured, key, reference=reference))
    return [_comparison_json(one, done) for one in found]


def _comparison_json(one: Comparison, done: Done) -> dict[str, Any]:
    value = asdict(one)
    value.pop("key")
    return {
        **_key_json(one.key),
        **value,
        "images": len(done.cohort.images),
        "patients": done.cohort.patients,
    }


def _nested_json(done: Done) -> dict[str, Any]:
    outer = outer_cells(done.choices, done.measured)
    chosen: Counter[str | None] = Counter(choice.chosen for choice in done.choices)
    return {
        "criterion": CRITERION_TEXT,
        "inner_folds": done.plan.inner_folds,
        "choices": [choice.to_json() for choice in done.choices],
        "times_chosen": {arm.text: chosen[arm.text] for arm in done.plan.arms},
        "without_choice": chosen[None],
        "figures": _figure_rows("chosen in inner folds", outer, done),
    }


def _images_csv(done: Done) -> str:
    """Plain facts of each image; numbers of patients and breasts mean nothing outside this folder."""
    patients = _numbered(image.patient for image in done.cohort.images)
    breasts = _numbered(image.breast for image in done.cohort.images)
    fold = {i: f.number for f in done.layout.folds for i in f.test}
    head = [
        "image_id",
        "patient",
        "breast",
        "fold",
        "label",
        "finding_types",
        "largest_px2",
        "largest_mm2",
        "density",
        "malignant_contours",
        "benign_contours",
    ]
    rows = [
        [
            image.image_id,
            patients[image.patient],
            breasts[image.breast],
            fold[image.image_id],
            image.label.value,
            ";".join(sorted(kind.value for kind in image.finding_types)),
            _rounded(image.largest_px2),
            _rounded(image.largest_mm2),
            image.density,
            len(image.malignant),
            len(image.benign),
        ]
        for image in done.cohort.images
    ]
    return _csv([head, *rows])


def _predictions_csv(done: Done) -> str:
    head = ["recipe", "seed", "fold", "image_id", "split_role", "p_benign", "p_malignant"]
    rows = [
        [name, r.figures["seed"], r.figures["fold"], i, r.role[i], f"{p[0]:.9g}", f"{p[1]:.9g}"]
        for name, results in done.results.items()
        for r in results
        for i, p in r.probability.items()
    ]
    return _csv([head, *rows])


def _truth_npz(cohort: Cohort, truth: Mapping[int, Truth], *, grid_key: str) -> bytes:
    content = io.BytesIO()
    boxes = [image.boxes[grid_key] for image in cohort.images]
    np.savez_compressed(
        content,
        allow_pickle=False,
        image_id=np.array([image.image_id for image in cohort.images], np.int64),
        offsets=np.cumsum([0, *(len(b) for b in boxes)]).astype(np.int64),
        boxes=np.concatenate(boxes),
        hit_malignant=np.concatenate([truth[image.image_id].malignant for image in cohort.images]),
        hit_benign=np.concatenate([truth[image.image_id].benign for image in cohort.images]),
        knows_malignant=np.array([image.knows_malignant for image in cohort.images]),
        knows_all=np.array([image.knows_all for image in cohort.images]),
    )
    return content.getvalue()


def _numbered(keys: Iterable[int]) -> dict[int, int]:
    numbers: dict[int, int] = {}
    for key in keys:
        numbers.setdefault(key, len(numbers))
    return numbers


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
