"""Commands about images and what is known of them."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from app.cli.arguments.common import (
    Commands,
    add_project,
    command,
    positive_number,
)
from core.domain import Decision, FindingClass, FindingType, Label, Split


def add_import(commands: Commands[ArgumentParser]) -> None:
    """`lesionloop import`."""
    parser = command(
        commands,
        "import",
        summary="bring in a folder of images with labels",
        text="Takes every DICOM, PNG, TIFF or PGM file of a folder into a project, which is made if it is not there. Images "
        "stay where they are. The CSV has one row a file; its columns are file, patient, laterality (L, R), view "
        "(CC, MLO), label (N, B, M or MB), birads, spacing_mm; only file and patient are required. Files that cannot "
        "be used are listed with the reason; the others go in. Run again, it takes what is new.",
        examples=[
            "lesionloop import my-project my-images --csv labels.csv",
            "lesionloop import my-project my-images --csv labels.csv --contours contours.json",
        ],
    )
    add_project(parser)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder that holds the images")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="labels, one row a file")
    parser.add_argument("--contours", type=Path, metavar="FILE", help="known contours, a COCO file")
    parser.add_argument(
        "--reader", metavar="NAME", default="imported", help="who drew them (default 'imported')"
    )


def add_label(commands: Commands[ArgumentParser]) -> None:
    """`lesionloop label`."""
    parser = command(
        commands,
        "label",
        summary="list, add contours, or decide, without a window",
        text="Says what is known of an image, or adds to it. --contours takes those of a COCO file that belong to the "
        "image (by file name; a file that describes one image is taken whatever it calls it, unless it names another "
        "image of the project).",
        examples=[
            "lesionloop label my-project --list",
            "lesionloop label my-project --image 12",
            "lesionloop label my-project --image 12 --contours file.json --reader 'Dr A'",
            "lesionloop label my-project --image 12 --nothing-to-draw --reader 'Dr A'",
        ],
    )
    add_project(parser)
    parser.add_argument("--image", type=int, metavar="N", help="number of the image, as --list shows it")
    parser.add_argument("--reader", metavar="NAME", help="who draws or decides; needed for every change")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--list", action="store_true", help="list all images in the order of the worklist")
    action.add_argument("--contours", type=Path, metavar="FILE", help="add the findings of a COCO file")
    for decision, text in DECISIONS.items():
        option = f"--{decision.value.replace(' ', '-')}"
        action.add_argument(option, dest="decision", action="store_const", const=decision, help=text)
    action.add_argument(
        "--set-label", choices=[label.value for label in Label], help="correct the weak label"
    )
    action.add_argument(
        "--delete-finding", type=int, metavar="N", help="take a finding off the image; its history stays"
    )


DECISIONS = {
    Decision.ANNOTATED: "every malignant finding is drawn",
    Decision.NOTHING_TO_DRAW: "no malignant finding can be seen",
    Decision.SKIPPED: "leave it for now",
    Decision.UNREADABLE: "leave it out of everything",
}


def add_export(commands: Commands[ArgumentParser]) -> None:
    """`lesionloop export`."""
    parser = command(
        commands,
        "export",
        summary="a labelled subset as COCO or CSV",
        text="Writes the images, labels and contours that fit all the filters into a new folder, with a manifest. No "
        "patient identifier is written. Without --all-images, only images with a finding, and those on which a "
        "reader decided that there is nothing to draw.",
        examples=[
            "lesionloop export my-project my-export",
            "lesionloop export my-project tables --format csv --split train --all-images",
        ],
    )
    add_project(parser)
    parser.add_argument("target", type=Path, metavar="FOLDER", help="a new folder")
    parser.add_argument("--format", choices=["coco", "csv"], default="coco", help="default %(default)s")
    parser.add_argument("--reader", metavar="NAME", help="only findings of this reader")
    parser.add_argument(
        "--class", dest="finding_class", choices=[c.value for c in FindingClass], help="of findings"
    )
    parser.add_argument(
        "--type", dest="finding_type", choices=[t.value for t in FindingType], help="of findings"
    )
    parser.add_argument(
        "--label", choices=[label.value for label in Label], help="only images with this label"
    )
    parser.add_argument("--split", choices=[split.value for split in Split], help="only images of this split")
    parser.add_argument(
        "--decision", choices=[d.value for d in Decision], help="only images with this decision"
    )
    parser.add_argument("--all-images", action="store_true", help="also images without a finding")
    parser.add_argument(
        "--texts",
        action="store_true",
        help="notes and reasons too: readers wrote them freely, look for names of patients",
    )


def add_reading(commands: Commands[ArgumentParser]) -> None:
    """`lesionloop reading`."""
    parser = command(
        commands,
        "reading",
        summary="where readers' time went",
        text="Adds up what was recorded while images were read: seconds of search, drawing and editing, idle and paused. "
        "What counts as idle is said here, not in the record.",
        examples=["lesionloop reading my-project", "lesionloop reading my-project --idle 60 --csv times.csv"],
    )
    add_project(parser)
    parser.add_argument(
        "--idle",
        type=positive_number,
        default=30.0,
        metavar="SECONDS",
        help="a longer time without input is idle (default %(default)s)",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="one line for each reading, into a new file")
    parser.add_argument(
        "--contours",
        type=Path,
        metavar="FILE",
        help="one line for each contour of each reading, into a new file",
    )
    parser.add_argument(
        "--events", type=Path, metavar="FILE", help="every event as it was recorded, into a new file"
    )


def add_agreement(commands: Commands[ArgumentParser]) -> None:
    """`lesionloop agreement`."""
    parser = command(
        commands,
        "agreement",
        summary="how far readers agree",
        text="Compares every two readers on the images about which both decided: areas of their malignant contours, the "
        "region labels that follow, and Cohen's kappa of their decisions.",
        examples=["lesionloop agreement my-project"],
    )
    add_project(parser)


def add_doctor(commands: Commands[ArgumentParser]) -> None:
    """`lesionloop doctor`."""
    parser = command(
        commands,
        "doctor",
        summary="check store, images, features and models, and say what to do",
        text="Checks the store, every image file by its content, the feature files and the models by their hashes. Exit "
        "code 3 when something needs attention.",
        examples=["lesionloop doctor my-project", "lesionloop doctor my-project --repair"],
    )
    add_project(parser)
    parser.add_argument(
        "--repair", action="store_true", help="take in finished work and clear what a crash left"
    )


def add_gui(commands: Commands[ArgumentParser]) -> None:
    """`lesionloop gui`."""
    parser = command(
        commands,
        "gui",
        summary="the window",
        text="Opens the window, on a project if one is named.",
        examples=["lesionloop gui my-project"],
        has_json=False,
    )
    add_project(parser, optional=True)
