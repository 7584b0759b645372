"""runs: what was decided by itself. report: what learning has brought."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict

from ..core.errors import UsageError
from .deciding import report as say_change
from .opening import open_library, reading
from .output import Output


def add_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Declare both commands; ``add`` is the parser's own."""
    command = add(
        "runs", runs, "each automatic run that decided something; take one back; say which tags may"
    )
    command.add_argument(
        "action",
        nargs="?",
        choices=("revoke", "on", "off"),
        help="revoke: take run ID back; on, off: whether the sure suggestions of TAG are accepted by themselves",
    )
    command.add_argument("what", nargs="?", metavar="ID|TAG")


def runs(options: Namespace, output: Output) -> int:
    """List the runs, revoke one, or say which tags are accepted by themselves."""
    if options.action is None:
        return _list(options, output)
    if options.what is None:
        raise UsageError("Which one? Give the number of a run, or a tag.")
    with open_library(options, output) as library:
        if options.action == "revoke":
            if not options.what.isascii() or not options.what.isdecimal():
                raise UsageError(f"{options.what} is not the number of a run; 'photomgr runs' lists them.")
            say_change(output, library.runs.revoke(int(options.what)))
        else:
            say_change(output, library.runs.set_automatic(options.what, options.action == "on"))
    return 0


def _list(options: Namespace, output: Output) -> int:
    with reading(options) as library:
        for run in library.runs.all():
            model = run.model[:12] if run.model else "look-alike"
            output.record(
                asdict(run),
                f"{run.id:>6}  {run.when[:16].replace('T', ' ')}  {run.tag}: {run.photos:,} photos"
                f" ({run.stands:,} still stand)  {model}",
            )
    return 0
