"""rename, move, trash, relink: files, with their sidecars and all that was decided."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from ..core.errors import UsageError
from ..core.records import Change
from ..library import words
from .opening import add_query, open_library, photos_of
from .output import Output


def add_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Declare the commands; ``add`` is the parser's own."""
    rename = add("rename", rename_command, "call a photo's file something else, its sidecars too; undo works")
    rename.add_argument("photo", type=Path, metavar="FILE")
    rename.add_argument("name", metavar="NAME", help="without an ending it keeps its own")
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
    """Rename one file."""
    with open_library(options, output) as library:
        photo = library.photo_at(options.photo)
        if photo is None:
            raise UsageError(f"{options.photo} is not in the library.")
        _report(library.moving.rename(photo.id, options.name), output)
    return 0


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
