"""models: networks of the person's own."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from ..core.errors import ReadOnly, UsageError
from ..core.settings import SETTINGS, Settings
from ..library.added import AddedNetworks, NetworkInfo
from ..library.judging import NetworkScore
from ..library.networks import Networks
from .opening import open_library, paths_of, reading
from .output import Output

_ACTIONS = ("list", "add", "use", "remove", "evaluate")


def add_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Declare the command; ``add`` is the parser's own."""
    command = add("models", models, "list, add, use, remove or evaluate networks of your own")
    command.add_argument("action", choices=_ACTIONS)
    command.add_argument("name", nargs="*", metavar="NAME", help="networks; for 'add' the ONNX file")
    command.add_argument("--card", type=Path, metavar="CARD.toml", help="what the network takes and says")
    command.add_argument("--provider", choices=SETTINGS["provider"].choices, metavar="P",
                         help="with 'use': what networks run on; see the setting")  # fmt: skip


def models(options: Namespace, output: Output) -> int:
    """One of the actions; a refused network ends with exit code 1."""
    if options.card is not None and options.action != "add":
        raise UsageError("--card goes with 'models add'.")
    if options.provider is not None and options.action != "use":
        raise UsageError("--provider goes with 'models use'.")
    actions = {"list": _list, "add": _add, "use": _use, "remove": _remove, "evaluate": _evaluate}
    return actions[options.action](options, output)


def _list(options: Namespace, output: Output) -> int:
    paths = paths_of(options)
    if options.name:
        raise UsageError("'models list' takes no names.")
    found = AddedNetworks(paths, Settings(paths.settings)).all()
    for info in found:
        _print(info, output)
    return 1 if any(info.problem for info in found) else 0


def _print(info: NetworkInfo, output: Output) -> None:
    mark = "*" if info.in_use else " "
    after = f"\n    {info.problem or info.note}" if info.problem or info.note else ""
    output.record(
        asdict(info),
        f"{mark} {info.name:<20}{info.kind:<10}{info.tags:>6} tags  {info.provider:<24}{info.licence}{after}",
    )


@contextmanager
def _networks(options: Namespace, output: Output) -> Iterator[tuple[AddedNetworks | Networks, Settings]]:
    """The person's networks to be changed; where there is a library, with its pen in hand."""
    paths = paths_of(options)
    if options.read_only:
        raise ReadOnly("Read-only mode leaves the networks as they are.")
    if paths.catalog.exists():
        with open_library(options, output) as library:
            yield library.networks, library.settings
    else:
        paths.make()
        settings = Settings(paths.settings)
        yield AddedNetworks(paths, settings), settings


def _add(options: Namespace, output: Output) -> int:
    if len(options.name) != 1 or options.card is None:
        raise UsageError("Say which: photomgr models add FILE.onnx --card CARD.toml")
    with _networks(options, output) as (networks, _):
        info = networks.add(Path(options.name[0]), options.card)
    _print(info, output)
    output.say(
        f"Compare it with 'photomgr models evaluate', let it speak with 'photomgr models use {info.name}'."
    )
    return 0


def _use(options: Namespace, output: Output) -> int:
    if not options.name and options.provider is None:
        raise UsageError("Which networks? 'everyday' alone goes back to the one that ships.")
    with _networks(options, output) as (networks, settings):
        if options.provider is not None:
            settings.set("provider", options.provider)
        if options.name:
            networks.use(options.name)
        found = [info for info in networks.all() if info.in_use]
    for info in found:
        _print(info, output)
    if options.name:
        output.say("Photos wait for it now: photomgr annotate. Decisions stay as they are.")
    return 1 if any(info.problem for info in found) else 0


def _remove(options: Namespace, output: Output) -> int:
    if not options.name:
        raise UsageError("Which network?")
    with _networks(options, output) as (networks, _):
        for name in options.name:
            networks.remove(name)
            output.record({"removed": name}, f"{name} is taken out.")
    return 0


def _evaluate(options: Namespace, output: Output) -> int:
    with reading(options) as library:
        scores = output.drive("looking", library.networks.evaluate(options.name))
    if not options.json:
        head = ("network", "kind", "decisions", "AP", "shipped", "precision", "recall", "photos/s")
        print("{:<20}{:<11}{:>10}{:>8}{:>9}{:>11}{:>8}{:>10}".format(*head))
    for each in scores:
        record = {
            key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(each).items()
        }
        shown = (_share(each.ap), _share(each.shipped_ap), _share(each.precision), _share(each.recall))
        speed = "-" if each.photos_per_second is None else f"{each.photos_per_second:.1f}"
        text = "{:<20}{:<11}{:>10}{:>8}{:>9}{:>11}{:>8}{:>10}".format(
            each.name, each.kind, f"{each.decisions}/{each.decided}", *shown, speed
        )
        after = each.problem or _calibration(each)
        output.record(record, f"{text}\n    {after}" if after else text)
    if not any(each.decided for each in scores):
        output.say("Nothing is decided yet: accept or reject some suggestions first.")
    return 1 if any(each.problem for each in scores) else 0


def _calibration(score: NetworkScore) -> str:
    """What the decisions say that a card should, in the words of the card."""
    if score.slope is None or score.bias is None:
        return ""
    return f"by these decisions its card would say: slope = {score.slope:.2f}, bias = {score.bias:.2f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
