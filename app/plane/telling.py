"""What the page says in words: of a point, of the model, of its calibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.plane.points import NONE, SPLITS, PlanePoints
from app.translation import tr, tr_data
from app.worklist import LABEL_WORDS, image_name
from core.plane import CLASS_WORDS, UNKNOWN
from storage.records import ImageRecord, ModelRecord


def point_text(
    points: PlanePoints, index: int, record: ImageRecord, predicted: NDArray[np.int8] | None
) -> str:
    """Lines on one point: whose image, where it is, what is known of it. Names no file and no patient."""
    lines = [
        f"{image_name(record)}, {tr_data(LABEL_WORDS[record.label])}",
        tr("p(malignant) {x:.3f}   p(benign) {y:.3f}").format(x=points.x[index], y=points.y[index]),
    ]
    fold = int(points.fold[index])
    where = tr_data(SPLITS[int(points.split[index])].value)
    lines.append(where if fold == NONE else tr("{where} image of fold {fold}").format(where=where, fold=fold))
    if predicted is not None and predicted[index] != UNKNOWN:
        lines[-1] += tr(", in the area of {class_words}").format(
            class_words=tr_data(CLASS_WORDS[int(predicted[index])])
        )
    if record.decision is not None:
        lines.append(tr("decision: {decision}").format(decision=tr_data(record.decision.value)))
    if record.failure:
        lines.append(record.failure)
    return "\n".join(lines)


def model_text(model: ModelRecord | None, *, scored: int, of: int) -> str:
    """Whose probabilities are shown, and of how many images."""
    if model is None:
        return tr("No model yet")
    return tr("Model {model}, {method}: {scored:,} of {of:,} images").format(
        model=model.id, method=model.recipe.method.value, scored=scored, of=of
    )


def calibration_text(model: ModelRecord | None, *, is_evaluation: bool) -> str:
    """Whether a probability may be read as one."""
    if is_evaluation:
        return tr("Calibration: as the evaluation's recipe says; its report tells.")
    if model is None:
        return ""
    found = model.metrics.get("calibration")
    if not found:
        return tr("Not calibrated: read the probabilities as an order, not as risks.")
    temperature = found.get("temperature", {})
    named = ", ".join(f"{name} {float(value):.2f}" for name, value in temperature.items())
    images = found.get("images")
    on = tr(" on {images} validation images").format(images=images) if images else ""
    return tr("Calibrated by temperature scaling ({named}){on}.").format(named=named, on=on)
