"""rename, move, trash, relink: files, with their sidecars and all that was decided."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from ..core.errors import UsageError
from ..core.records import Change
from ..library import words
from ..library.templates import FIELDS, has_fields
from .opening import add_query, open_library, photos_of
from .output import Output


def add_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Declare the commands; ``add`` is the parser's own."""
    rename = add("rename", rename_command, "call photos' files something else, sidecars too; undo works")
    rename.add_argument("file", nargs="*", type=Path, metavar="FILE")
    fields = ", ".join("{" + each + "}" for each in FIELDS)
    rename.add_argument(
        "name", metavar="NAME", help=f"endings stay; for several photos a pattern, made of {fields}"
    )
    add_query(rename)
    for name, run, help in (
        (
            "move",
            move_command,
            "move photos with their sidecars into the folder that is named last; undo works",
        ),
        (
            "trash",
            trash_command,
            "put photos and their sidecars into the system's trash; undo brings them back",
        ),
    ):
        command = add(name, run, help)
        command.add_argument("file", nargs="*", type=Path, metavar="FILE")
        add_query(command)
    relink = add(
        "relink", relink_command, "find the photos of a folder that was moved outside in its new place"
    )
    relink.add_argument("old", type=Path, metavar="OLD")
    relink.add_argument("new", type=Path, metavar="NEW")


def rename_command(options: Namespace, output: Output) -> int:
    """Rename one file, or several after a pattern."""
    with open_library(options, output) as library:
        ids, missing = photos_of(library, options, output)
        if len(ids) == 1 and options.query is None and not has_fields(options.name):
            _report(library.moving.rename(ids[0], options.name), output)
        elif ids and not has_fields(options.name):
            raise UsageError("Several photos are named after a pattern, such as {year}-{n:03}.")
        elif ids:
            _report(library.moving.rename_all(ids, options.name), output)
    return int(missing > 0)


def move_command(options: Namespace, output: Output) -> int:
    """Move files into a folder of the library."""
    if not options.file or (len(options.file) == 1 and options.query is None):
        raise UsageError("Say which photos, and into which folder: photomgr move FILE... DIR")
    folder = options.file.pop()
    with open_library(options, output) as library:
        ids, missing = photos_of(library, options, output)
        if ids:
            _report(library.moving.move(ids, folder), output)
    return int(missing > 0)


def trash_command(options: Namespace, output: Output) -> int:
    """Put files into the trash."""
    with open_library(options, output) as library:
        ids, missing = photos_of(library, options, output)
        if ids:
            _report(library.moving.trash(ids), output)
    return int(missing > 0)


def relink_command(options: Namespace, output: Output) -> int:
    """Follow a folder that was moved outside."""
    with open_library(options, output) as library:
        found = output.drive("looking", library.moving.relink(options.old, options.new))
        output.drive("indexing", library.index())
    record = {"moved": found.moved, "new": found.new, "gone": found.gone}
    output.record(
        record,
        f"{words.photos(found.moved)} found again, {words.counted(found.new, 'is', 'are')} new,"
        f" {words.counted(found.gone, 'is', 'are')} gone",
    )
    return 0


def _report(change: Change, output: Output) -> None:
    text = change.text or "Nothing changed: it was so already."
    output.record({"photos": len(change.photos), "text": text}, text)
