"""Commands that measure."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from app.cli.arguments.common import (
    Commands,
    add_project,
    add_threads,
    command,
    positive,
    positive_number,
)
from core.bench.figures import SECTIONS, WINDOW_SECTION
from core.domain import Split


def add_evaluate(commands: Commands[ArgumentParser]) -> None:
    """`lesionloop evaluate`."""
    parser = command(
        commands,
        "evaluate",
        summary="measure a model, or cross-validate recipes: AUROC, pAUCR, specificity, FROC",
        text="Measures a model on the images of a split: both tasks (M vs. BN, MB vs. N) by image and by breast, and FROC of "
        "malignant findings against the contours in the project or, with --contours, those of a COCO file. With "
        "--recipes (or --folds, --nested, --demo) it cross-validates recipes by patient instead, as the paper does, and "
        "writes all that it measures into a folder; run again, it goes on where it was stopped. Test patients take no "
        "part in that. Instead of a project it takes a folder of images with --csv and --contours, as `import` does. "
        "docs/evaluation.md tells the measures and the folder.",
        examples=[
            "lesionloop evaluate my-project --split test --intervals",
            "lesionloop evaluate my-project --contours reference.json --json",
            "lesionloop evaluate my-project --recipes Cls-Det-RS,SS-Cls-Det-RS@.5 --folds 5 --out folds",
            "lesionloop evaluate my-images --csv labels.csv --contours contours.json --recipes table2 --out table",
            "lesionloop evaluate --demo --images 240 --recipes table2 --folds 5 --seeds 0,1 --out table",
        ],
    )
    add_project(parser, optional=True)
    splits = [split.value for split in Split]
    model = parser.add_argument_group("one model")
    model.add_argument("--split", choices=[*splits, "all"], help="images to measure on (default test)")
    model.add_argument(
        "--model", type=int, metavar="N", help="number of the model (default: the current one)"
    )
    model.add_argument("--contours", type=Path, metavar="FILE", help="reference contours, a COCO file")
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="labels, where PROJECT is a folder of images"
    )
    model.add_argument("--intervals", action="store_true", help="95 %% intervals from resampled patients")
    parser.add_argument("--resamples", type=positive, default=2000, metavar="N", help="default %(default)s")
    folds = parser.add_argument_group("cross-validation")
    folds.add_argument(
        "--recipes",
        metavar="A,B",
        help="names or files of recipes, each with @FRACTION of the contours where it learns from them, or table2, the "
        "default: the nine rows of the paper's table",
    )
    folds.add_argument("--folds", type=positive, metavar="N", help="how many (default 5)")
    folds.add_argument(
        "--seeds", default="0", metavar="N,N", help="of the training and of the contours (default 0)"
    )
    folds.add_argument(
        "--fold-seed", type=int, default=0, metavar="N", help="that deals the patients (default 0)"
    )
    folds.add_argument("--out", type=Path, metavar="FOLDER", help="where the results go")
    folds.add_argument("--jobs", type=positive, metavar="N", help="processes at once (default: one a core)")
    folds.add_argument(
        "--reference",
        metavar="NAME",
        help="the recipe that the others are tested against (default Cls-Det-RS)",
    )
    folds.add_argument(
        "--nested",
        dest="is_nested",
        action="store_true",
        help="also choose a recipe by folds within each fold",
    )
    folds.add_argument(
        "--inner-folds", type=positive, default=3, metavar="N", help="that choose (default %(default)s)"
    )
    folds.add_argument(
        "--demo", dest="is_demo", action="store_true", help="on synthetic mammograms with their true contours"
    )
    folds.add_argument(
        "--images", type=positive, default=240, metavar="N", help="of the demo (default %(default)s)"
    )
    folds.add_argument(
        "--demo-seed",
        type=int,
        default=0,
        metavar="N",
        help="another one draws another demo (default %(default)s)",
    )


def add_study(commands: Commands[ArgumentParser]) -> None:
    """`lesionloop study`."""
    parser = command(
        commands,
        "study",
        summary="what annotating is worth: replay known contours in the order of each strategy",
        text="Replays a data set whose malignant contours are known as if they were not: for every strategy, budget, fold and "
        "seed the contours are revealed in the strategy's order, a model is fitted, and patients that took no part are "
        "scored. Tells what part of the contours is enough, with intervals, and writes curves, tables and a page into a "
        "folder; run again, it goes on where it was stopped. Test patients take no part. docs/study.md tells the measures.",
        examples=[
            "lesionloop study my-project --strategies random,value --budgets 25%,50%,75% --out study",
            "lesionloop study my-project --strategies all --budgets 4,8,16,32 --seeds 0,1,2,3,4 --out study",
            "lesionloop study --demo --images 300 --budgets 4,8,16 --out study",
            "lesionloop study --report --out study --rate 200",
        ],
    )
    add_project(parser, optional=True)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where the results go")
    parser.add_argument(
        "--strategies", default="random,value", metavar="A,B", help="names, or all (default %(default)s)"
    )
    parser.add_argument(
        "--budgets",
        default="25%,50%,75%",
        metavar="B,B",
        help="25%% of the malignant images, 8 images, 12c contours or 30min; none and all are always measured "
        "(default 25%%,50%%,75%%)",
    )
    parser.add_argument(
        "--recipe", default="default", metavar="NAME", help="name or file (default %(default)s)"
    )
    parser.add_argument(
        "--folds", type=positive, default=5, metavar="N", help="by patient (default %(default)s)"
    )
    parser.add_argument("--seeds", default="0,1,2,3,4", metavar="N,N", help="default %(default)s")
    parser.add_argument(
        "--fold-seed", type=int, default=0, metavar="N", help="that deals the patients (default 0)"
    )
    parser.add_argument("--resamples", type=positive, default=1000, metavar="N", help="default %(default)s")
    parser.add_argument("--jobs", type=positive, metavar="N", help="processes at once (default: one a core)")
    for option, what in (("image", "to open and judge an image"), ("contour", "to draw a contour")):
        parser.add_argument(
            f"--{option}-seconds",
            type=positive_number,
            default=30.0,
            metavar="S",
            help=f"{what} (default %(default)g)",
        )
    parser.add_argument("--rate", type=positive_number, metavar="X", help="what an hour of a reader costs")
    parser.add_argument(
        "--report",
        dest="is_report",
        action="store_true",
        help="read a finished study again, and write its page anew",
    )
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="labels, where PROJECT is a folder of images"
    )
    parser.add_argument("--contours", type=Path, metavar="FILE", help="its contours, a COCO file")
    parser.add_argument(
        "--demo", dest="is_demo", action="store_true", help="on synthetic mammograms with their true contours"
    )
    parser.add_argument(
        "--images", type=positive, default=240, metavar="N", help="of the demo (default %(default)s)"
    )
    parser.add_argument(
        "--demo-seed", type=int, default=0, metavar="N", help="another one draws another demo (default 0)"
    )


def add_bench(commands: Commands[ArgumentParser]) -> None:
    """`lesionloop bench`."""
    parser = command(
        commands,
        "bench",
        summary="figures of speed and memory on this machine",
        text="Measures here and now, on synthetic data. Goals are ratios: the program's own way beside a peer in the same "
        "run, in turn, with one thread, by processor time. Other programs at work make all figures worse. A few "
        "minutes; Ctrl-C ends it.",
        examples=[
            "lesionloop bench",
            "lesionloop bench --only labels --only metrics",
            "lesionloop bench --json",
        ],
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=[*SECTIONS, *WINDOW_SECTION],
        metavar="SECTION",
        help="measure this section and no other; may be given more than once",
    )
    sections = [f"  {name:<9} {text}" for name, text in {**SECTIONS, **WINDOW_SECTION}.items()]
    parser.epilog = "\n".join([parser.epilog or "", "", "sections:", *sections])
    add_threads(parser)
