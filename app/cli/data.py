"""`lesionloop import | label | export`: what goes into a project and what comes out."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import Any

from app.cli.console import Console
from app.cli.projects import find_image, findings_for
from app.cli.work import run_folder
from core.domain import Decision, FindingClass, FindingId, FindingType, Label, Split
from core.errors import UserError
from core.evaluation import aligned
from core.job import Step
from core.recipe import GridSettings
from storage.changes import Changes
from storage.edits import AddFinding, DeleteFinding, Edit, SetDecision, SetLabel
from storage.exporting import ExportQuery, export_coco, export_csv
from storage.importing import ImportPlan, ImportReport, finish_import, plan_import
from storage.jobs import prepare_job, sweep_jobs
from storage.project import DATABASE, Project
from storage.records import ImageRecord
from storage.store import Store


def import_folder(
    project: Project, console: Console, *, plan: ImportPlan, grid: GridSettings | None = None
) -> ImportReport:
    """Inspect the files of a plan that must be opened, and take them in. grid: of their regions, if not the usual."""
    if not plan.to_inspect:
        return finish_import(project, plan, None)
    folder = prepare_job(
        project, steps=[Step.INSPECT], files=plan.to_inspect, spacing_mm=plan.spacing_mm, grid=grid
    )
    try:
        run_folder(folder, console, keep=True)
        return finish_import(project, plan, folder)
    finally:
        sweep_jobs(project)


def _import(options: Namespace, console: Console) -> None:
    is_new = not (options.project / DATABASE).exists()
    if is_new:
        # Before a project is made: a plan that cannot be made leaves nothing behind.
        plan_import(options.folder, options.csv, options.contours)
    with Project.create(options.project) if is_new else Project.open(options.project) as project:
        plan = plan_import(options.folder, options.csv, options.contours, project=project)
        report = import_folder(project, console, plan=plan)
        splits = {split.value: count for split, count in _images_by_split(project.store).items()}
    value = {
        "project": str(options.project),
        "added": report.added,
        "already_there": report.already_there,
        "labels_changed": report.labels_changed,
        "contours": report.contours,
        "not_inspected": report.not_inspected,
        "failed": [{"file": name, "reason": reason} for name, reason in report.failed],
        "notes": list(report.notes),
        "images_by_split": splits,
    }
    console.result(value, _import_text(report, splits))
    if report.not_inspected:
        raise KeyboardInterrupt
    if not report.added and not report.already_there:
        raise UserError("no image could be used; the reasons are above.")


def _images_by_split(store: Store) -> dict[Split, int]:
    images = [image for image in store.images() if not image.failure]
    return {split: sum(image.split is split for image in images) for split in Split}


def _import_text(report: ImportReport, splits: dict[str, int]) -> str:
    lines = [f"{report.added} images added, {report.already_there} were there already."]
    if report.contours:
        lines.append(f"{report.contours} contours added.")
    if report.labels_changed:
        lines.append(f"{report.labels_changed} labels changed.")
    if report.not_inspected:
        lines.append(f"{report.not_inspected} files were not looked at: import again to go on.")
    lines.append("Images by split: " + ", ".join(f"{count} {split}" for split, count in splits.items()) + ".")
    lines += report.notes
    if report.failed:
        lines.append(f"{len(report.failed)} could not be used:")
        lines += [f"  {name}: {reason}" for name, reason in report.failed]
    return "\n".join(lines)


def _label(options: Namespace, console: Console) -> None:
    changes = options.contours or options.decision or options.set_label or options.delete_finding is not None
    if options.list or options.image is None:
        if changes:
            raise UserError("Say which image: `--image N`. `label PROJECT --list` shows the numbers.")
        _list_images(options, console)
        return
    if changes and not options.reader:
        raise UserError("Say who is reading: `--reader NAME`. What is drawn and decided carries a name.")
    with Project.open(options.project, read_only=not changes) as project:
        store = project.store
        image = find_image(store, options.image)
        notes = _change_image(options, store, image) if changes else []
        value = _image_json(store, store.image(image.id))
    console.result({**value, "notes": notes}, "\n".join([_image_text(value), *notes]))


def _change_image(options: Namespace, store: Store, image: ImageRecord) -> list[str]:
    """Do what was asked for in one transaction, through the edits that the window uses. Returns notes."""
    if options.delete_finding is not None:
        here = {finding.id for finding in store.findings(image.id)}
        if options.delete_finding not in here:
            raise UserError(f"There is no finding number {options.delete_finding} on image {image.id}.")
        _apply(store, [DeleteFinding(FindingId(options.delete_finding), options.reader)])
        return []
    if options.contours:
        found = findings_for(options.contours, image, store)
        _apply(
            store,
            [
                _add(image, options.reader, item.finding_class, item.finding_type, item.contour)
                for item in found.new
            ],
        )
        return [*found.notes, f"{len(found.new)} contours added."]
    if options.set_label:
        _apply(store, [SetLabel(image.id, options.reader, Label(options.set_label))])
        return []
    _apply(store, [SetDecision(image.id, options.reader, options.decision)])
    return []


def _add(
    image: ImageRecord, reader: str, finding_class: FindingClass, finding_type: FindingType, contour: Any
) -> Edit:
    return AddFinding(
        image.id, reader=reader, finding_class=finding_class, finding_type=finding_type, contour=contour
    )


def _apply(store: Store, edits: list[Edit]) -> Changes:
    """All edits, or none."""
    changes = Changes()
    with store.transaction():
        for edit in edits:
            changes |= edit.apply(store)
    return changes


def _list_images(options: Namespace, console: Console) -> None:
    with Project.open(options.project, read_only=True) as project:
        images = project.store.images()
    value = {"images": [_record_json(image) for image in images]}
    rows = [["image", "name", "split", "label", "p(M)", "malignant", "benign", "decision", "why here"]]
    rows += [_row(image) for image in images]
    console.result(value, "\n".join(aligned(rows)) if images else "There are no images in this project yet.")


def _row(image: ImageRecord) -> list[str]:
    return [
        str(image.id),
        image.name,
        image.split.value,
        image.label.value if image.label else "-",
        "-" if image.p_malignant is None else f"{image.p_malignant:.2f}",
        str(image.malignant_findings),
        str(image.benign_findings),
        image.decision.value if image.decision else "-",
        image.failure or image.rank_reason,
    ]


def _record_json(image: ImageRecord) -> dict[str, Any]:
    return {
        "image": image.id,
        "name": image.name,
        "patient": image.patient_key,
        "laterality": image.laterality.value,
        "view": image.view.value,
        "split": image.split.value,
        "label": image.label.value if image.label else None,
        "rank": image.rank,
        "reason": image.rank_reason,
        "p_malignant": image.p_malignant,
        "p_benign": image.p_benign,
        "malignant_findings": image.malignant_findings,
        "benign_findings": image.benign_findings,
        "decision": image.decision.value if image.decision else None,
        "failure": image.failure,
    }


def _image_json(store: Store, image: ImageRecord) -> dict[str, Any]:
    findings = [
        {
            "finding": finding.id,
            "class": finding.finding_class.value,
            "type": finding.finding_type.value,
            "reader": finding.reader,
            "version": finding.version,
            "bounds": list(finding.contour.bounds),
        }
        for finding in store.findings(image.id)
    ]
    return {**_record_json(image), "rows": image.rows, "columns": image.columns, "findings": findings}


def _image_text(value: dict[str, Any]) -> str:
    lines = [
        (
            f"image {value['image']}, {value['name']}: label {value['label'] or 'unknown'}, {value['split']}, "
            f"{value['columns']} x {value['rows']} pixels, decision: {value['decision'] or 'none'}"
        )
    ]
    if value["failure"]:
        lines.append(value["failure"])
    if value["p_malignant"] is not None:
        lines.append(f"malignant {value['p_malignant']:.3f}, benign {value['p_benign']:.3f}")
    for finding in value["findings"]:
        x0, y0, x1, y1 = finding["bounds"]
        lines.append(
            f"finding {finding['finding']}: {finding['class']} {finding['type']} by {finding['reader']}, version "
            f"{finding['version']}, within ({x0:.0f}, {y0:.0f}) to ({x1:.0f}, {y1:.0f})"
        )
    return "\n".join(lines)


def _export(options: Namespace, console: Console) -> None:
    query = ExportQuery(
        reader=options.reader,
        finding_class=FindingClass(options.finding_class) if options.finding_class else None,
        finding_type=FindingType(options.finding_type) if options.finding_type else None,
        label=Label(options.label) if options.label else None,
        split=Split(options.split) if options.split else None,
        decision=Decision(options.decision) if options.decision else None,
        annotated_only=not options.all_images,
        with_texts=options.texts,
    )
    with Project.open(options.project) as project:
        export = export_csv if options.format == "csv" else export_coco
        report = export(project, options.target, query)
    value = {
        "folder": str(report.folder),
        "images": report.images,
        "findings": report.findings,
        "images_without_findings": report.verified_empty,
        "notes": list(report.notes),
    }
    text = f"{report.findings} findings on {report.images} images were written to {report.folder.name}."
    console.result(value, "\n".join([text, *report.notes]))


COMMANDS: dict[str, Callable[[Namespace, Console], None]] = {
    "import": _import,
    "label": _label,
    "export": _export,
}
