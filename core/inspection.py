"""What an import learns of a file before it enters the store: that it can be read, what it shows, its regions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from core.breast import tissue_mask
from core.decoder import Decoder
from core.domain import Laterality, View
from core.errors import ManyFramesError, UnreadableImageError
from core.pixels import content_hash
from core.recipe import GridSettings
from core.regions import region_grid, working_scale

# Detectors have pixels of 0.025 to 0.1 mm, scanned films up to 0.2; a spacing outside these bounds is a
# mistake (micrometres, an inch), and would make millions of regions or a single one.
SMALLEST_SPACING_MM, LARGEST_SPACING_MM = 0.01, 1.0


@dataclass(frozen=True, slots=True)
class Inspected:
    """One file, as inspected. `reason`: '' where it can be used, else a sentence; then only path is set, and of a
    file of many frames, which can be looked at, all but the boxes.

    scale: working pixels per image pixel. boxes: the regions, (x0, y0, x1, y1) in image pixels.
    """

    path: str
    reason: str = ""
    content_hash: str = ""
    rows: int = 0
    columns: int = 0
    laterality: Laterality = Laterality.UNKNOWN
    view: View = View.UNKNOWN
    spacing_mm: float | None = None
    bits: int = 0
    patient_id: str = ""
    study_uid: str = ""
    study_date: str = ""
    is_for_processing: bool = False
    is_lossy: bool = False
    scale: float = 1.0
    boxes: tuple[tuple[float, ...], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a line of inspected.jsonl."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Inverse of to_json. Raises ValueError, TypeError or KeyError for anything else."""
        plain = dict(value)
        plain["laterality"], plain["view"] = Laterality(plain["laterality"]), View(plain["view"])
        plain["boxes"] = tuple(tuple(float(x) for x in box) for box in plain["boxes"])
        return cls(**plain)


def inspect(
    files: Sequence[Path],
    *,
    grid: GridSettings,
    spacing_mm: Mapping[str, float],
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Inspected]:
    """Inspect files one after the other; a file that cannot be used yields its reason and the rest go on.

    spacing_mm: by path, the spacing that the user states; it wins over the file's own. Ends before the next
    file once should_stop() is true.
    """
    with Decoder() as decoder:
        for path in files:
            if should_stop():
                return
            try:
                yield inspect_file(path, decoder, grid=grid, spacing_mm=spacing_mm.get(str(path)))
            except UnreadableImageError as error:
                yield Inspected(str(path), reason=str(error))


def inspect_file(
    path: Path, decoder: Decoder, *, grid: GridSettings, spacing_mm: float | None = None
) -> Inspected:
    """Inspect one file; one of many frames comes with the reason why it is not used in training.

    Raises UnreadableImageError with the reason why it cannot be used.
    """
    digest, reason = content_hash(path), ""
    try:
        mammogram = decoder.decode(path)
    except ManyFramesError as error:
        mammogram, reason = decoder.decode_frame(path, 0), str(error)
    header = mammogram.header
    spacing = header.spacing_mm if spacing_mm is None else spacing_mm
    if spacing is not None and not SMALLEST_SPACING_MM <= spacing <= LARGEST_SPACING_MM:
        raise UnreadableImageError(
            f"{path.name} cannot be used: a pixel spacing of {spacing:g} mm is not that of a mammogram. "
            "State its true spacing in millimetres, such as 0.07."
        )
    scale = working_scale(spacing, grid)
    try:
        boxes = () if reason else region_grid(tissue_mask(mammogram), scale=scale, settings=grid)
    except UnreadableImageError as error:
        raise UnreadableImageError(f"{path.name} cannot be used: {error}") from error
    if content_hash(path) != digest:
        raise UnreadableImageError(f"{path.name} changed while it was read: import it again.")
    return Inspected(
        path=str(path),
        reason=reason,
        content_hash=digest,
        rows=header.rows,
        columns=header.columns,
        laterality=header.laterality,
        view=header.view,
        spacing_mm=spacing,
        bits=header.bits,
        patient_id=header.patient_id,
        study_uid=header.study_uid,
        study_date=header.study_date,
        is_for_processing=header.is_for_processing,
        is_lossy=header.is_lossy,
        scale=scale,
        boxes=tuple(tuple(float(value) for value in box) for box in boxes),
    )
