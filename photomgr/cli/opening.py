"""Opening the library that a command works on, and the photos that it means."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..core.errors import UsageError
from ..core.paths import Paths
from ..library import Library
from .output import Output


def paths_of(options: Namespace) -> Paths:
    """Where the library lies: under ``--base``, else in the platform's own folders."""
    return Paths.under(options.base) if options.base else Paths.default()


@contextmanager
def open_library(options: Namespace) -> Iterator[Library]:
    """The library, to be changed unless ``--read-only`` was given; the first time a day it is backed up."""
    library = Library.open(paths_of(options), read_only=options.read_only)
    try:
        library.daily_backup()
        yield library
    finally:
        library.close()


@contextmanager
def reading(options: Namespace) -> Iterator[Library]:
    """The library, to be looked at: works while another program writes."""
    paths = paths_of(options)
    if not options.read_only and not paths.catalog.exists():
        raise UsageError("There is no library here yet. Make one with: photomgr index FOLDER")
    library = Library.open(paths, read_only=True)
    try:
        yield library
    finally:
        library.close()


def own_root(library: Library, path: Path) -> int:
    """The root that holds a folder, made when there is none. Raises UsageError for what is no folder."""
    absolute = Path(os.path.realpath(path))
    for root in library.roots():
        if absolute == root.path or absolute.is_relative_to(root.path):
            return root.id
    library.add_root(absolute)
    return next(root.id for root in library.roots() if root.path == absolute)


def photos_of(library: Library, options: Namespace, output: Output) -> tuple[list[int], int]:
    """Ids of the photos that FILE... or ``--query`` mean, and how many files are not in the library."""
    if options.query is not None and options.file:
        raise UsageError("Give either files or --query, not both.")
    if options.query is not None:
        output.drive("indexing", library.index())
        found = library.find(options.query)
        if found.hint:
            output.say(found.hint)
        return [int(each) for each in found.ids], 0
    if not options.file:
        raise UsageError("Which photos? Give files, or --query.")
    ids, missing = [], 0
    for path in options.file:
        photo = library.photo_at(path)
        if photo is None:
            missing += 1
            output.error(f"{path} is not in the library.")
        else:
            ids.append(photo.id)
    return ids, missing
