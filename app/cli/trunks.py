"""`lesionloop trunks`: which pretrained networks there are, whose weights are there, and how to get the others."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.cli.console import Console
from app.places import settings_folder
from app.trunk_list import ListedTrunk, TrunkList, check_name
from core.errors import UserError
from core.evaluation import aligned
from core.trunks.catalogue import ARCHITECTURES, LITE0, Architecture, InputScaling, Weights, find_architecture

WEIGHTS_FOLDER = "trunks"  # beside the list


def run(options: Namespace, console: Console) -> None:
    """List the trunks, or do what was asked for."""
    needs = {"add": "FILE", "fetch": "NAME", "remove": "NAME"}.get(options.action)
    if needs and not options.what:
        raise UserError(f"Say which: `lesionloop trunks {options.action} {needs}`.")
    _ACTIONS[options.action](options, console)


def _list(_options: Namespace, console: Console) -> None:
    listed = TrunkList()
    values = [_described(name, found, listed) for name, found in ARCHITECTURES.items()]
    values += [
        _described(t.name, find_architecture(t.architecture), listed)
        for t in listed
        if t.name not in ARCHITECTURES
    ]
    rows = [["name", "what", "features by tap", "modes", "weights", "licence"]]
    for value in values:
        taps = ", ".join(f"{tap} {size}" for tap, size in value["dimension"].items())
        row = (
            value["name"],
            value["title"],
            taps,
            " ".join(value["modes"]),
            value["weights"],
            value["licence"],
        )
        rows.append(list(row))
    console.result({"trunks": values}, "\n".join(aligned(rows)))


def _described(name: str, found: Architecture, listed: TrunkList) -> dict[str, Any]:
    mine = next((trunk for trunk in listed if trunk.name == name), None)
    licence = found.licence if mine is None or name in ARCHITECTURES else "that of your file"
    return {
        "name": name,
        "title": found.title,
        "dimension": {tap: value.channels for tap, value in found.taps.items()},
        "modes": [mode.value for mode in found.modes],
        "pooling": list(found.poolings),
        "is_there": name == LITE0 or (mine is not None and mine.is_there),
        "weights": _where(name, found, mine),
        "weights_sha256": mine.weights_sha256 if mine else "",
        "licence": licence,
    }


def _where(name: str, found: Architecture, mine: ListedTrunk | None) -> str:
    if mine is not None:
        return (
            Path(mine.file).name
            if mine.is_there
            else f"{Path(mine.file).name} is no longer there: add it again"
        )
    if found.weights is Weights.PACKAGE:
        return "come with the program"
    if found.weights is Weights.DOWNLOAD:
        return f"lesionloop trunks fetch {name}"
    return f"lesionloop trunks add FILE --architecture {name}"


def _add(options: Namespace, console: Console) -> None:
    if not options.architecture:
        raise UserError("Say of which network the file has the weights: --architecture NAME.")
    found = find_architecture(options.architecture)
    name = options.name or (found.name if found.name != LITE0 else "")
    if not name:
        raise UserError(f"Say how your weights of {found.title} are to be called: --name NAME.")
    check_name(name, architecture=found.name)
    scaling = _scaling(options)
    if found.weights is Weights.FILE:
        console.say(f"{found.title}: {found.licence}.")
    _take(
        TrunkList(),
        Path(options.what),
        name=name,
        found=found,
        scaling=scaling,
        options=options,
        console=console,
    )


def _fetch(options: Namespace, console: Console) -> None:
    from core.trunks.torchvision_models import fetch  # torch comes with it

    found = find_architecture(options.what)
    listed = TrunkList()
    console.say(f"Downloading the weights of {found.title}: {found.licence}.")
    path = fetch(found.name, settings_folder() / WEIGHTS_FOLDER)
    _take(listed, path, name=found.name, found=found, scaling="", options=options, console=console)


def _take(
    listed: TrunkList,
    path: Path,
    *,
    name: str,
    found: Architecture,
    scaling: str,
    options: Namespace,
    console: Console,
) -> None:
    """Check a file, and list it."""
    from core.trunks.loading import check_weights  # torch comes with it

    accepts = options.accept_other_weights
    digest = check_weights(path, architecture=found.name, accept_other=accepts, input_scaling=scaling)
    trunk = ListedTrunk(name, found.name, str(path.absolute()), digest, scaling)
    listed.add(trunk)
    value = {"name": name, "architecture": found.name, "file": trunk.file, "weights_sha256": digest}
    modes = " or ".join(repr(mode.value) for mode in found.modes)
    text = f"{name} is in your list: name it in a recipe's trunk, with the mode {modes} and the tap {_taps(found)}."
    console.result(value, text)


def _remove(options: Namespace, console: Console) -> None:
    TrunkList().remove(options.what)
    text = f"{options.what} is no longer in your list; its file was left alone."
    console.result({"removed": options.what}, text)


def _scaling(options: Namespace) -> str:
    """What --mean and --std say, as TrunkSettings has it; '' where neither is given."""
    if options.mean is None and options.std is None:
        return ""
    if options.mean is None or options.std is None:
        raise UserError("Say both, --mean R G B and --std R G B: the pixels are scaled by the two together.")
    text = str(InputScaling(tuple(options.mean), tuple(options.std)))
    InputScaling.parse(text)
    return text


def _taps(found: Architecture) -> str:
    return " or ".join(map(repr, found.taps))


_ACTIONS: dict[str, Callable[[Namespace, Console], None]] = {
    "list": _list,
    "add": _add,
    "fetch": _fetch,
    "remove": _remove,
}
