"""`lesionloop doctor`: is the project whole, and if not, what to do."""

from __future__ import annotations

from argparse import Namespace

from app.cli.console import Console
from core.errors import UserError
from storage.checkup import (
    Trouble,
    check_database,
    check_features,
    check_images,
    check_models,
    features_in_words,
)
from storage.jobs import take_leftovers
from storage.project import Project


def run(options: Namespace, console: Console) -> None:
    """Check everything; with --repair first take in finished work and clear leftovers."""
    done: list[str] = []
    with Project.open(options.project, read_only=not options.repair) as project:
        if options.repair:
            done = _repair(project)
        store = project.store
        images = store.images()
        with console.bar("checking images") as show:
            sections = {
                "store": check_database(project.folder),
                "images": check_images(images, progress=show),
                "features": check_features(project),
                "models": check_models(project),
                "labels": _label_conflicts(project),
                "jobs": [] if options.repair else _pending(project),
            }
    value = {
        "repaired": done,
        "troubles": {
            section: [{"what": trouble.what, "advice": trouble.advice} for trouble in troubles]
            for section, troubles in sections.items()
        },
    }
    kept = features_in_words(project)
    console.result(value, "\n".join([*done, *_lines(sections, images=len(images)), kept]))
    count = sum(map(len, sections.values()))
    if count:
        raise UserError(f"{count} things need attention; they are listed above.")


def _repair(project: Project) -> list[str]:
    """What was done, in sentences."""
    found = take_leftovers(project)
    done = [f"Took in a finished job. {imported.summary}" for imported in found.taken]
    done += found.troubles
    return [*done, f"Cleared {found.removed} leftovers."] if found.removed else done


def _pending(project: Project) -> list[Trouble]:
    """Finished jobs that the project has not taken in."""
    folders = [path for path in project.jobs_folder.iterdir() if (path / "result.json").exists()]
    waiting = [path for path in folders if not project.store.is_job_imported(path.name)]
    if not waiting:
        return []
    what = f"{len(waiting)} finished jobs were not taken in."
    return [Trouble(what, "`lesionloop doctor PROJECT --repair` takes them in.")]


def _label_conflicts(project: Project) -> list[Trouble]:
    return [
        Trouble(
            f"Image {image_id} has a malignant contour but no malignant label: the contour does not train.",
            "Correct the label (`lesionloop label PROJECT --image N --set-label M`) or the contour's class.",
        )
        for image_id in project.store.label_conflicts()
    ]


def _lines(sections: dict[str, list[Trouble]], *, images: int) -> list[str]:
    lines = []
    for section, troubles in sections.items():
        count = f" ({images})" if section == "images" else ""
        lines.append(f"{section}{count}: {'all right' if not troubles else f'{len(troubles)} to look at'}")
        lines += [f"  {trouble}" for trouble in troubles]
    return lines
