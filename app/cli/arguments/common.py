"""What the arguments of several commands share."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter, _SubParsersAction
from pathlib import Path

from core.recipe import Recipe

Commands = _SubParsersAction  # of ArgumentParser


def command(
    commands: Commands[ArgumentParser],
    name: str,
    *,
    summary: str,
    text: str,
    examples: list[str],
    has_json: bool = True,
) -> ArgumentParser:
    """A subcommand with its help, its examples and, where it has one, --json."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=wrapped(text),
        epilog="\n".join(["examples:", *(f"  {example}" for example in examples)]),
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    if has_json:
        parser.add_argument("--json", action="store_true", help="print one JSON object for machines")
    return parser


def add_project(parser: ArgumentParser, *, optional: bool = False) -> None:
    """The folder of the project."""
    parser.add_argument(
        "project", type=Path, metavar="PROJECT", nargs="?" if optional else None, help="folder of the project"
    )


def add_reader(parser: ArgumentParser) -> None:
    """Who decides."""
    parser.add_argument(
        "--reader", metavar="NAME", default="", help="who decides about a model; needed for that"
    )


def add_threads(parser: ArgumentParser) -> None:
    """How many processor threads."""
    parser.add_argument(
        "--threads",
        type=positive,
        default=Recipe().threads,
        metavar="N",
        help="processor threads (default %(default)s)",
    )


def add_strategy(parser: ArgumentParser) -> None:
    """How the worklist is ranked."""
    parser.add_argument(
        "--strategy", metavar="NAME", help="how the worklist is ranked (see `lesionloop rank --list`)"
    )


def positive(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"a whole number from 1 on is needed, not {text!r}")
    return int(text)


def positive_number(text: str) -> float:
    """A finite number above 0, for argparse."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise ArgumentTypeError(f"{text} is not a number above 0")
    return value


def wrapped(text: str) -> str:
    """Paragraphs at the width of a terminal."""
    import textwrap

    return textwrap.fill(text, width=100)
