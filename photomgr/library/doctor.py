"""Looks at everything that can be wrong with a library and says what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ..core.catalog import Catalog
from ..core.catalog.copies import check
from ..core.errors import CatalogError
from ..core.paths import Paths
from ..core.readers import NOT_YET
from ..core.records import Finding
from . import backups, words


def look(catalog: Catalog, paths: Paths, model: tuple[str | None, str, str]) -> Iterator[Finding]:
    """Look at everything that can be wrong and say what to do.

    ``model`` is the problem of the annotator, None when it works, what it runs on, and a sentence when that is not what
    was asked for.
    """
    faults = catalog.lists.faults()
    yield from (
        Finding("fault", fault, "Bring the newest backup back with 'photomgr restore'.") for fault in faults
    )
    if not faults:
        yield Finding("ok", f"The catalog is sound: {words.photos(catalog.photo_count())}.")
    if os.name == "posix" and paths.data.stat().st_mode & 0o077:
        yield Finding("fault", "Other users can look into the catalog's folder.", f"chmod 700 {paths.data}")
    for root in catalog.files.roots():
        if not os.path.isdir(root.path):
            yield Finding("note", f"{root.path} is away.", "Its photos come back when its drive does.")
    counts = catalog.lists.counts()
    if counts.unreadable:
        yield Finding(
            "note",
            f"{words.photos(counts.unreadable)} cannot be read.",
            "Look at them: photomgr search is:unreadable",
        )
    for reason, count in catalog.lists.lacking():
        what, _, advice = reason.removeprefix(NOT_YET).partition(": ")
        yield Finding("note", f"{words.photos(count)} not shown yet: {what}.", advice)
    problem, provider, another = model
    if problem is not None:
        yield Finding("fault", problem, "Install photomgr again, or bring the model's files back.")
    else:
        yield Finding("ok", f"The annotator works ({provider}).")
        if another:
            yield Finding("note", another, "photomgr models use --provider auto")
    yield from _newest_backup(paths)
    free = shutil.disk_usage(paths.data).free
    if free < 1 << 30:
        yield Finding("note", f"Only {free >> 20:,} MiB are free where the catalog lies.", "Make room.")


def _newest_backup(paths: Paths) -> Iterator[Finding]:
    there = backups.all_in(paths.backups)
    if not there:
        yield Finding("note", "There is no backup yet.", "One is made each day that the window is opened.")
        return
    try:
        check(there[-1])
    except CatalogError as error:
        yield Finding("fault", f"The newest backup is not sound: {error}", "photomgr backup DIR")
        return
    made = datetime.fromtimestamp(there[-1].stat().st_mtime, UTC)
    old = datetime.now(UTC) - made > timedelta(days=7)
    yield Finding(
        "note" if old else "ok", f"Backups: {len(there)}; the newest is of {made:%Y-%m-%d} and sound."
    )
