"""What the command line accepts, and the help that a stranger can use."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter

from app.cli.arguments.data import (
    add_agreement,
    add_doctor,
    add_export,
    add_gui,
    add_import,
    add_label,
    add_reading,
)
from app.cli.arguments.learning import (
    add_demo,
    add_features,
    add_models,
    add_rank,
    add_score,
    add_train,
    add_trunks,
)
from app.cli.arguments.measuring import add_bench, add_evaluate, add_study

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
        add_demo,
        add_import,
        add_features,
        add_train,
        add_score,
        add_rank,
        add_models,
        add_trunks,
        add_label,
        add_evaluate,
        add_study,
        add_export,
        add_reading,
        add_agreement,
        add_doctor,
        add_bench,
        add_gui,
    ):
        add(commands)
    return parser


def _version() -> str:
    from importlib.metadata import version

    return version("lesionloop")
