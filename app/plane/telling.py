"""What the page says in words: of a point, of the model, of its calibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.plane.points import NONE, SPLITS, PlanePoints
from app.worklist import LABEL_WORDS, image_name
from core.plane import CLASS_WORDS, UNKNOWN
from storage.records import ImageRecord, ModelRecord


def point_text(
    points: PlanePoints, index: int, record: ImageRecord, predicted: NDArray[np.int8] | None
) -> str:
    """Lines on one point: whose image, where it is, what is known of it. Names no file and no patient."""
    lines = [
        f"{image_name(record)}, {LABEL_WORDS[record.label]}",
        f"p(malignant) {points.x[index]:.3f}   p(benign) {points.y[index]:.3f}",
    ]
    fold = int(points.fold[index])
    where = SPLITS[int(points.split[index])].value
    lines.append(where if fold == NONE else f"{where} image of fold {fold}")
    if predicted is not None and predicted[index] != UNKNOWN:
        lines[-1] += f", in the area of {CLASS_WORDS[int(predicted[index])]}"
    if record.decision is not None:
        lines.append(f"decision: {record.decision.value}")
    if record.failure:
        lines.append(record.failure)
    return "\n".join(lines)


def model_text(model: ModelRecord | None, *, scored: int, of: int) -> str:
    """Whose probabilities are shown, and of how many images."""
    if model is None:
        return "No model yet"
    return f"Model {model.id}, {model.recipe.method.value}: {scored:,} of {of:,} images"


def calibration_text(model: ModelRecord | None, *, is_evaluation: bool) -> str:
    """Whether a probability may be read as one."""
    if is_evaluation:
        return "Calibration: as the evaluation's recipe says; its report tells."
    if model is None:
        return ""
    found = model.metrics.get("calibration")
    if not found:
        return "Not calibrated: read the probabilities as an order, not as risks."
    temperature = found.get("temperature", {})
    named = ", ".join(f"{name} {float(value):.2f}" for name, value in temperature.items())
    images = found.get("images")
    on = f" on {images} validation images" if images else ""
    return f"Calibrated by temperature scaling ({named}){on}."
