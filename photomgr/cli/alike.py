"""similar, duplicates: photos that look alike."""

from __future__ import annotations

import argparse
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from ..core.errors import UsageError
from ..library import Library, words
from ..library.looks import Duplicates
from .opening import open_library, reading
from .output import Output

Adder = Callable[..., argparse.ArgumentParser]


def add_commands(add: Adder, count: Callable[[str], int]) -> None:
    """Put the commands into the parser."""
    alike = add("similar", similar, "photos that look like one, of the library or from anywhere")
    alike.add_argument("file", type=Path, metavar="FILE")
    alike.add_argument("--limit", type=count, metavar="N", default=50)
    alike.add_argument("--no-spread", action="store_true",
                       help="strictly the most similar first, also when they are one burst")  # fmt: skip
    twice = add("duplicates", duplicates, "photos that are there several times, the best one of each first")
    twice.add_argument("--trash", choices=("exact", "near", "burst"), metavar="KIND",
                       help="put all but the best of each group (exact, near or burst) into the trash")  # fmt: skip
    twice.add_argument("--yes", action="store_true", help="with --trash: do not ask")


def similar(options: Namespace, output: Output) -> int:
    """The most similar first, one line each."""
    spread = not options.no_spread
    with reading(options) as library:
        photo = library.photo_at(options.file)
        if photo is not None:
            found = library.looks.similar(photo.id, spread=spread)
            if not len(found.ids):
                raise UsageError(f"{options.file} was not looked at yet. Run: photomgr annotate")
        else:
            if not options.file.exists():
                raise UsageError(f"There is no file {options.file}.")
            found = library.looks.similar_to_file(options.file, spread=spread)
        own = photo.id if photo is not None else None
        pairs = [(n, s) for n, s in zip(found.ids.tolist(), found.scores.tolist(), strict=True) if n != own]
        scores = dict(pairs[: options.limit])
        for each in library.photos(list(scores)):
            score = round(scores[each.id], 4)
            output.record(
                {"id": each.id, "path": str(each.path), "score": score}, f"{score:4.0%}  {each.path}"
            )
        if not scores:
            output.say("No photo of the library looks like it.")
    return 0


def duplicates(options: Namespace, output: Output) -> int:
    """One line for each group."""
    with open_library(options, output) as library:
        groups = output.drive("comparing", library.looks.duplicates())
        for group in groups:
            _print(library, group, output)
        if waiting := library.catalog.reviews.without_hash():
            output.say(
                f"{words.counted(waiting, 'photo was', 'photos were')} not looked at yet, and of these only exact"
                " copies are known. Run: photomgr annotate"
            )
        if options.trash:
            _trash(library, [group for group in groups if group.kind == options.trash], options.yes, output)
        if not groups:
            output.say("No photo is there twice.")
    return 0


def _trash(library: Library, groups: Sequence[Duplicates], sure: bool, output: Output) -> None:
    """All but the best of each group, after asking. Raises UsageError where nobody can be asked."""
    spare = output.drive("comparing", library.looks.spare(groups))
    ids = spare.photos
    if spare.unsure:
        output.say(
            f"{words.counted(spare.unsure, 'photo stays', 'photos stay')}: the best one of its group is not there now,"
            " or the files are not the same after all."
        )
    if not ids:
        output.say("There is nothing of that kind to put into the trash.")
        return
    if not sure:
        if not sys.stdin.isatty():
            raise UsageError(f"{words.photos(len(ids))} would go into the trash: add --yes to do so.")
        output.say(f"Put {words.photos(len(ids))} into the trash and keep {spare.groups:,}? Type yes:")
        if input().strip().casefold() not in ("yes", "y"):
            output.say("Nothing was touched.")
            return
    output.say(library.moving.trash(ids).text)


def _print(library: Library, group: Duplicates, output: Output) -> None:
    photos = library.photos(group.photos)
    record = {
        "kind": group.kind,
        "best": str(photos[0].path),
        "photos": [
            {
                "id": each.id, "path": str(each.path), "size": each.size,
                "width": each.metadata.width, "height": each.metadata.height,
            }
            for each in photos
        ],
    }  # fmt: skip
    lines = [f"{group.kind}, {words.photos(len(photos))}"]
    lines += [f"  {'best  ' if each is photos[0] else '      '}{each.path}" for each in photos]
    output.record(record, "\n".join(lines))
