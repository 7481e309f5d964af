"""Export as CSV tables: images, findings and regions, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import shapely

from core.domain import Arm, Finding, RegionLabel
from core.regions import contour_area
from storage.exporting.query import ExportQuery, Selection, select
from storage.exporting.writing import ExportReport, file_name, write_export
from storage.project import Project
from storage.records import ImageRecord
from storage.store import Statement, Store

Cell = str | int | float | None

# A spreadsheet runs a text that begins so (OWASP, CSV injection; the last four are their full-width forms).
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
_REGION_LABELS = {RegionLabel.M: "M", RegionLabel.BN: "BN", RegionLabel.IGNORED: "ignored"}

_IMAGE_COLUMNS = (
    "image",
    "file_name",
    "content_hash",
    "patient",
    "laterality",
    "view",
    "rows",
    "columns",
    "spacing_mm",
    "label",
    "split",
    "decision",
    "decision_reason",
    "findings",
    "p_malignant",
    "p_benign",
)
_FINDING_COLUMNS = (
    "finding",
    "image",
    "class",
    "type",
    "reader",
    "version",
    "drawn_by",
    "role",
    "birads",
    "provenance",
    "suggested_by_model",
    "suggestion_iom",
    "lesion",
    "arm",
    "note",
    "area_px",
    "x0",
    "y0",
    "x1",
    "y1",
    "wkt",
)
_STATEMENT_COLUMNS = (
    "image",
    "reader",
    "decision",
    "decision_reason",
    "decision_arm",
    "birads",
    "birads_arm",
)
_REGION_COLUMNS = (
    "image",
    "region",
    "x0",
    "y0",
    "x1",
    "y1",
    "label",
    "p_n",
    "p_b",
    "p_m",
    "score_b",
    "score_m",
)


def export_csv(project: Project, target: Path, query: ExportQuery | None = None) -> ExportReport:
    """Write images.csv, findings.csv, statements.csv, regions.csv and manifest.json into a new folder.

    statements.csv has a row for each reader who said anything of an image: an image without one was reviewed by nobody.

    Contours are WKT, holes included. A text that a spreadsheet would run is led by an apostrophe; numbers
    stay numbers. Predictions are those of the current model, empty without one.
    """
    query = query or ExportQuery()
    selection = select(project.store, query)
    store = project.store
    arms = store.finding_arms()
    chosen = {image.id for image in selection.images}
    files = {
        "images.csv": _table(
            _IMAGE_COLUMNS, (_image_row(image, selection, query) for image in selection.images)
        ),
        "findings.csv": _table(
            _FINDING_COLUMNS,
            (
                _finding_row(finding, query, arms.get(finding.id))
                for image in selection.images
                for finding in selection.findings[image.id]
            ),
        ),
        "statements.csv": _table(
            _STATEMENT_COLUMNS,
            (
                _statement_row(said, query)
                for said in store.statements()
                if said.image_id in chosen and query.reader in (None, said.reader)
            ),
        ),
        "regions.csv": _table(
            _REGION_COLUMNS, (row for image in selection.images for row in _region_rows(image, store))
        ),
    }
    return write_export(project, target, kind="csv", query=query, selection=selection, files=files, notes=())


def safe_cell(value: Cell) -> Cell:
    """The value, or a text led by an apostrophe where a spreadsheet would run it."""
    if isinstance(value, str) and value.startswith(_RUNS):
        return f"'{value}"
    return value


def _table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8")


def _image_row(image: ImageRecord, selection: Selection, query: ExportQuery) -> Sequence[Cell]:
    return (
        image.id,
        file_name(image),
        image.content_hash,
        image.patient_key,
        image.laterality.value,
        image.view.value,
        image.rows,
        image.columns,
        image.spacing_mm,
        image.label.value if image.label else None,
        image.split.value,
        image.decision.value if image.decision else None,
        image.decision_reason if query.with_texts else None,
        len(selection.findings[image.id]),
        image.p_malignant,
        image.p_benign,
    )


def _finding_row(finding: Finding, query: ExportQuery, arm: Arm | None) -> Sequence[Cell]:
    geometry = shapely.MultiPolygon([(p.exterior, p.holes) for p in finding.contour.polygons])
    return (
        finding.id,
        finding.image_id,
        finding.finding_class.value,
        finding.finding_type.value,
        finding.reader,
        finding.version,
        finding.owner,
        finding.role.value,
        finding.birads,
        finding.provenance.value,
        None if finding.suggestion is None else finding.suggestion.model_id,
        None if finding.suggestion is None else finding.suggestion.iom,
        finding.lesion_id,
        arm.value if arm else None,
        finding.note if query.with_texts else None,
        contour_area(finding.contour),
        *finding.contour.bounds,
        shapely.to_wkt(geometry, rounding_precision=-1),
    )


def _statement_row(said: Statement, query: ExportQuery) -> Sequence[Cell]:
    return (
        said.image_id,
        said.reader,
        said.decision.value if said.decision else None,
        said.reason if query.with_texts else None,
        said.decided_in.value if said.decided_in else None,
        said.birads,
        said.assessed_in.value if said.assessed_in else None,
    )


def _region_rows(image: ImageRecord, store: Store) -> Iterator[Sequence[Cell]]:
    """One row a region; labels are those of the malignant contours, empty where none is drawn."""
    labels = store.region_labels(image.id)
    prediction = store.prediction(image.id)
    for i, box in enumerate(store.grid(image.id).tolist()):
        label = None if labels is None else _REGION_LABELS[RegionLabel(int(labels[i]))]
        scores = (
            [None] * 5 if prediction is None else [*prediction.cls[i].tolist(), *prediction.score[i].tolist()]
        )
        yield (image.id, i, *box, label, *scores)
