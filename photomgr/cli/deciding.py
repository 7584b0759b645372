"""accept, reject, tag, untag, rate, label, undo, redo."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from contextlib import suppress

from ..core.errors import ModelError, UsageError
from ..core.records import Change, What, tag_key
from ..library import Library
from .opening import demand_photos, open_library, photos_of
from .output import Output


def judge(options: Namespace, output: Output) -> int:
    """accept, reject, tag or untag, by the name of the command."""
    if options.command == "reject" and options.lookalikes:
        if options.everywhere:
            raise UsageError("--lookalikes and --everywhere do not go together.")
        return _decide(
            options, output,
            lambda library, ids: library.runs.reject_lookalikes(_meant(library, options, output), ids),
        )  # fmt: skip
    if options.command == "reject" and options.everywhere:
        return _never(options, output)
    return _decide(
        options, output,
        lambda library, ids: getattr(library, options.command)(_meant(library, options, output), ids),
    )  # fmt: skip


def _meant(library: Library, options: Namespace, output: Output) -> str:
    """The tag that is decided on. Whoever writes a tag may call it anything; a verdict by another name of a tag is one
    on that tag."""
    tag: str = options.tag
    if options.command in ("tag", "untag"):
        return tag
    found = tags_meant(library, tag)
    return say_called(tag, found[0], output) if len(found) == 1 else tag


def tags_meant(library: Library, word: str) -> list[str]:
    """The tags of the library that a word means: the one of that name, else all that it is another name of, such as
    “Hund” or “person”."""
    there = {tag_key(each.tag) for each in library.tags()}
    if tag_key(word) in there:
        return [word]
    return [other for other in library.meant(word) if tag_key(other) in there]


def say_called(word: str, tag: str, output: Output) -> str:
    """The tag; where it is called otherwise than it was asked for, the person hears of it."""
    if tag_key(word) != tag_key(tag):
        output.say(f"“{word}” is called “{tag}” here.")
    return tag


def _never(options: Namespace, output: Output) -> int:
    """Never suggest a tag; photos may be named for which it is refused with that."""
    if options.file or options.query is not None:
        return _decide(
            options, output,
            lambda library, ids: library.runs.never_suggest(_meant(library, options, output), ids),
        )  # fmt: skip
    with open_library(options, output) as library:
        report(output, library.runs.never_suggest(_meant(library, options, output)))
    return 0


def rate(options: Namespace, output: Output) -> int:
    return _decide(options, output, lambda library, ids: library.rate(options.stars, ids))


def label(options: Namespace, output: Output) -> int:
    colour = None if options.colour == "none" else options.colour
    return _decide(options, output, lambda library, ids: library.label(colour, ids))


def describe(options: Namespace, output: Output) -> int:
    """title or caption, by the name of the command."""
    return _decide(options, output, lambda library, ids: library.describe(options.command, options.text, ids))


def _decide(options: Namespace, output: Output, act: Callable[[Library, list[int]], Change]) -> int:
    demand_photos(options)
    with open_library(options, output) as library:
        ids, missing = photos_of(library, options, output)
        if ids:
            report(output, act(library, ids))
            missing += follow(library, output)
        return 1 if missing else 0


def follow(library: Library, output: Output) -> int:
    """Let the files follow, where the person agreed in the window that they do so by themselves; how many failed."""
    upkeep = library.exchange.upkeep
    if not upkeep.waiting():
        return 0
    done = output.drive("writing", upkeep.run())
    for path, reason in done.problems:
        output.error(f"{path}: {reason}")
    return done.failed


def undo(options: Namespace, output: Output) -> int:
    """Take the last decision back."""
    return _turn(options, output, Library.undo)


def redo(options: Namespace, output: Output) -> int:
    """Do again what was undone last."""
    return _turn(options, output, Library.redo)


def _turn(options: Namespace, output: Output, act: Callable[[Library], Change | None]) -> int:
    with open_library(options, output) as library:
        change = act(library)
        if change is None:
            output.say(f"There is nothing to {options.command}.")
        else:
            report(output, change, f"{options.command}: ")
            suggest_anew(library, output, change)
            return min(1, follow(library, output))
    return 0


def suggest_anew(library: Library, output: Output, change: Change) -> None:
    """After a change of tags themselves, such as a merge and its undoing: what was suggested of them is made anew, as
    the window does in the background. The change stands where no network can be used."""
    if change.what & What.SUGGESTIONS:
        with suppress(ModelError):
            output.drive("learning", library.learn())


def report(output: Output, change: Change, before: str = "") -> None:
    """Say what was done."""
    text = before + (change.text or "Nothing changed: it was so already.")
    output.record({"photos": len(change.photos), "text": text}, text)
