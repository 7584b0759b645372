"""runs: what was decided by itself. report: what learning has brought."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict

from ..core.errors import UsageError
from ..library import words
from ..library.report import Quality
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
    command = add(
        "report", report, "what learning has brought since a date or a network, tested on later decisions"
    )
    command.add_argument("--since", metavar="DATE|MODEL", help="default: yesterday")
    command.add_argument(
        "--learn-until",
        metavar="DATE|all",
        help="go back to what was learnt from decisions until then; all: learn from all of them again",
    )


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


def report(options: Namespace, output: Output) -> int:
    """Print the report, or go back to an earlier state of learning."""
    if options.learn_until is not None:
        with open_library(options, output) as library:
            say_change(
                output,
                library.runs.learn_until(None if options.learn_until == "all" else options.learn_until),
            )
            output.drive("learning", library.learn())
        return 0
    with reading(options) as library:
        found = output.drive("looking back", library.runs.report(options.since))
    told = words.counted(
        found.held_out, "decision tells how well it was", "decisions tell how well they were"
    )
    lines = [
        f"Since {found.since[:16].replace('T', ' ')}: {found.accepted:,} accepted, {found.rejected:,} rejected,"
        f" {found.automatic:,} decided by itself. {told} foretold.",
        f"{'tag':<28}{'decided':>8}{'precision':>20}{'recall':>20}",
        _quality_line("all", found.accepted + found.rejected, found.before, found.after, False),
    ]
    lines += [
        _quality_line(each.tag, each.accepted + each.rejected, each.before, each.after, each.worse)
        for each in found.tags
    ]
    if found.until:
        lines.append(f"Only decisions until {found.until[:16].replace('T', ' ')} are learnt from.")
    output.record(asdict(found) | {"worse": found.worse}, "\n".join(lines))
    return 0


def _quality_line(tag: str, decided: int, before: Quality, after: Quality, worse: bool) -> str:
    def pair(was: float | None, now: float | None) -> str:
        return " -> ".join("-" if each is None else f"{each:.0%}" for each in (was, now))

    return (
        f"{tag[:27]:<28}{decided:>8,}{pair(before.precision, after.precision):>20}"
        f"{pair(before.recall, after.recall):>20}{'  worse' if worse else ''}"
    )


def _list(options: Namespace, output: Output) -> int:
    with reading(options) as library:
        for run in library.runs.all():
            model = run.network if run.model else "look-alike"
            output.record(
                asdict(run),
                f"{run.id:>6}  {run.when[:16].replace('T', ' ')}  {run.tag}: {words.photos(run.photos)}"
                f" ({words.counted(run.stands, 'still stands', 'still stand')})  {model}",
            )
    return 0
