"""Opening the library that a command works on, and the photos that it means."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core.errors import CatalogError, PhotomgrError, UsageError
from ..core.paths import Paths
from ..core.query import demand, parse
from ..core.query_tree import Everything
from ..library import Library, backups, words
from .output import Output


def paths_of(options: Namespace) -> Paths:
    """Where the library lies: under ``--base``, else in the platform's own folders."""
    return Paths.under(options.base) if options.base else Paths.default()


@contextmanager
def open_library(options: Namespace, output: Output) -> Iterator[Library]:
    """The library, to be changed unless ``--read-only`` was given; the first time a day it is backed up.

    Only ``index`` makes one where there is none.
    """
    paths = paths_of(options)
    if options.command != "index" and not backups.all_in(paths.backups):
        _demand(paths)
    library = Library.open(paths, read_only=options.read_only)
    try:
        _back_up(library, output)
        yield library
    finally:
        library.close()


def _demand(paths: Paths) -> None:
    if not os.path.exists(paths.catalog):
        raise CatalogError("There is no library here yet. Make one with: photomgr index FOLDER")


def _back_up(library: Library, output: Output) -> None:
    """A backup that fails is said, and holds nothing up: what the person wants to do now counts more."""
    try:
        library.daily_backup()
    except PhotomgrError as error:
        output.error(str(error))


@contextmanager
def reading(options: Namespace) -> Iterator[Library]:
    """The library, to be looked at: works while another program writes."""
    paths = paths_of(options)
    _demand(paths)
    library = Library.open(paths, read_only=True)
    try:
        yield library
    finally:
        library.close()


def own_root(library: Library, path: Path) -> int:
    """The root that holds a folder, made when there is none. Raises UsageError for what is no folder."""
    absolute = Path(os.path.realpath(path))
    for root in library.roots():
        if absolute == root.path or (absolute.is_relative_to(root.path) and os.path.isdir(absolute)):
            return root.id
    library.add_root(absolute)
    return next(root.id for root in library.roots() if root.path == absolute)


def add_query(command: ArgumentParser) -> None:
    """Declare how photos are meant by a search, for a command that changes them."""
    command.add_argument("--query", metavar="Q", help="the photos that Q finds")
    command.add_argument("--all", action="store_true", dest="all_photos",
                         help="with a query that asks for nothing: every photo of the library")  # fmt: skip


def demand_photos(options: Namespace) -> None:
    """Either FILE... or ``--query``. Raises UsageError."""
    if options.query is not None and options.file:
        raise UsageError("Give either files or --query, not both.")
    if options.query is None and not options.file:
        raise UsageError("Which photos? Give files, or --query.")


def photos_of(library: Library, options: Namespace, output: Output) -> tuple[list[int], int]:
    """Ids of the photos that FILE... or ``--query`` mean, and how many files are not in the library.

    Raises UsageError for a query that asks for nothing in particular, such as one of an empty variable of a script,
    unless ``--all`` says that every photo is meant.
    """
    demand_photos(options)
    if options.query is not None:
        demand(options.query)
        output.drive("indexing", library.index())
        found = library.find(options.query)
        if found.hint:
            output.say(found.hint)
        if isinstance(parse(options.query).node, Everything) and not getattr(options, "all_photos", True):
            every = words.photos(len(found.ids))
            raise UsageError(f"This query means the whole library, {every}: add --all to do so.")
        return [int(each) for each in found.ids], 0
    ids, missing = [], 0
    for path in options.file:
        photo = library.photo_at(path)
        if photo is None:
            missing += 1
            output.error(f"{path} is not in the library.")
        else:
            ids.append(photo.id)
    return ids, missing
