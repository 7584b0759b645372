"""searches, albums: what a person collected."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

from ..core.errors import UsageError
from ..core.records import Change, Sort
from ..library import Library
from .deciding import report
from .opening import add_query, open_library, photos_of, reading
from .output import Output

_SEARCHES: Final[dict[str, tuple[str, int]]] = {
    "save": ("NAME QUERY...", 2), "rename": ("OLD NEW", 2), "remove": ("NAME", 1), "run": ("NAME", 1),
    "order": ("NAME...", 1),
}  # fmt: skip
_ALBUMS: Final[dict[str, tuple[str, int]]] = {
    "new": ("NAME [FILE...]", 1), "add": ("NAME FILE...", 1), "take": ("NAME FILE...", 1), "show": ("NAME", 1),
    "rename": ("OLD NEW", 2), "remove": ("NAME", 1), "order": ("NAME...", 1),
}  # fmt: skip


def add_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Declare both commands; ``add`` is the parser's own."""
    for name, run, help, actions in (
        ("searches", searches, "saved searches; save, rename, remove, run and order them", _SEARCHES),
        ("albums", albums, "albums; make, fill, show, rename, remove and order them", _ALBUMS),
    ):
        command = add(name, run, help)
        does = "; ".join(f"{action} {words}" for action, (words, _) in actions.items())
        command.add_argument("action", nargs="?", choices=tuple(actions), metavar="ACTION", help=does)
        command.add_argument("words", nargs="*", metavar="WORD")
        if name == "albums":
            add_query(command)
        else:
            command.add_argument("--sort", choices=[str(sort) for sort in Sort], default=str(Sort.NEWEST))


def _demand(command: str, options: Namespace, actions: dict[str, tuple[str, int]]) -> None:
    words, least = actions[options.action]
    if len(options.words) < least or (options.action in ("rename", "remove") and len(options.words) > least):
        raise UsageError(f"{command} {options.action} takes: {words}")


def searches(options: Namespace, output: Output) -> int:
    """List saved searches, or do what the words say."""
    if options.action is None:
        with reading(options) as library:
            for each in library.collections.searches():
                record = {"name": each.name, "query": each.query, "sort": each.sort}
                output.record(record, f"{each.name}: {each.query}")
        return 0
    _demand("searches", options, _SEARCHES)
    if options.action == "run":
        return _run(options, output)
    with open_library(options, output) as library:
        report(output, _change_searches(library, options))
    return 0


def _change_searches(library: Library, options: Namespace) -> Change:
    kept, first, rest = library.collections, options.words[0], options.words[1:]
    match options.action:
        case "save":
            return kept.save(first, " ".join(rest), Sort(options.sort))
        case "rename":
            return kept.rename_search(first, rest[0])
        case "remove":
            return kept.remove_search(first)
        case _:
            return kept.order_searches(options.words)


def _run(options: Namespace, output: Output) -> int:
    with reading(options) as library:
        saved = library.collections.search(" ".join(options.words))
        if saved is None:
            raise UsageError(f"There is no saved search “{' '.join(options.words)}”.")
        output.drive("indexing", library.index())
        found = library.find(saved.query, Sort(saved.sort))
        _print(library, found.ids.tolist(), output)
        if found.hint:
            output.say(found.hint)
    return 0


def albums(options: Namespace, output: Output) -> int:
    """List albums, or do what the words say."""
    if options.action is None:
        with reading(options) as library:
            for each in library.collections.albums():
                output.record(asdict(each), f"{each.count:>7,}  {each.name}")
        return 0
    _demand("albums", options, _ALBUMS)
    if options.action == "show":
        with reading(options) as library:
            name = " ".join(options.words)
            if not any(each.name.casefold() == name.casefold() for each in library.collections.albums()):
                raise UsageError(f"There is no album “{name}”.")
            _print(library, library.collections.in_album(name).tolist(), output)
        return 0
    with open_library(options, output) as library:
        missing = 0
        ids: list[int] = []
        options.file = [Path(word) for word in options.words[1:]]
        if options.action in ("add", "take") or (options.action == "new" and (options.file or options.query)):
            ids, missing = photos_of(library, options, output)
        report(output, _change_albums(library, options, ids))
        return 1 if missing else 0


def _change_albums(library: Library, options: Namespace, ids: list[int]) -> Change:
    kept, first = library.collections, options.words[0]
    match options.action:
        case "new":
            return kept.make_album(first, ids)
        case "add":
            return kept.add(first, ids)
        case "take":
            return kept.take(first, ids)
        case "rename":
            return kept.rename_album(first, options.words[1])
        case "remove":
            return kept.remove_album(first)
        case _:
            return kept.order_albums(options.words)


def _print(library: Library, ids: list[int], output: Output) -> None:
    for start in range(0, len(ids), 500):
        for photo in library.photos(ids[start : start + 500]):
            output.record({"id": photo.id, "path": str(photo.path)}, str(photo.path))
