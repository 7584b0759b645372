"""Looking after the catalog: backups that are checked, bringing one back, and a doctor."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import filelock

from ..core.catalog import Catalog
from ..core.catalog.copies import check, copy, rename_identity
from ..core.errors import CatalogBusy, CatalogError, UsageError
from ..core.paths import Paths
from ..core.records import Finding

_PATTERN: Final = "catalog-*.db"


def backup(catalog: Catalog, folder: Path, *, slim: bool = False) -> Path:
    """Copy the catalog into ``folder`` under today's date, open the copy and check it.

    ``slim`` leaves out what the network said, which can be made again. Raises CatalogError when the
    copy cannot be written or does not read back the same.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
        target = folder / f"catalog-{moment}.db"
        part = target.with_suffix(".part")
        part.unlink(missing_ok=True)
        copy(catalog.path, part, slim=slim)
        if os.name == "posix":
            part.chmod(0o600)
        os.replace(part, target)
    except (OSError, CatalogError) as error:
        raise CatalogError(f"The backup could not be written to {folder}: {error}.") from error
    return target


def backups(folder: Path) -> list[Path]:
    """The backups in a folder, oldest first."""
    return sorted(folder.glob(_PATTERN))


def daily_backup(catalog: Catalog, folder: Path, keep: int) -> Path | None:
    """Make today's backup unless it is there, and drop the oldest beyond ``keep``."""
    there = backups(folder)
    today = datetime.now(UTC).strftime("catalog-%Y%m%d")
    if any(each.name.startswith(today) for each in there):
        return None
    made = backup(catalog, folder, slim=True)
    for old in backups(folder)[:-keep]:
        old.unlink(missing_ok=True)
    return made


def restore(paths: Paths, source: Path) -> Path:
    """Bring a backup back: into a new file first, checked there, then swapped in.

    ``source`` is a backup or a folder of them (the newest counts). The catalog that was there is kept
    beside it; its new place is returned. Raises CatalogBusy, CatalogError, UsageError.
    """
    if source.is_dir():
        found = backups(source)
        if not found:
            raise UsageError(f"There is no backup in {source}.")
        source = found[-1]
    if not source.is_file():
        raise UsageError(f"There is no backup at {source}.")
    paths.make()
    pen = filelock.FileLock(str(paths.pen), timeout=1.5)
    try:
        with pen:
            return _swap(paths, source)
    except filelock.Timeout:
        raise CatalogBusy("Another photomgr is using this catalog. Close it first, then restore.") from None


def _swap(paths: Paths, source: Path) -> Path:
    fresh = paths.catalog.with_suffix(".restoring")
    fresh.unlink(missing_ok=True)
    try:
        copy(source, fresh)
        rename_identity(fresh)
        check(fresh)
        moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
        kept = paths.catalog.with_name(f"before-restore-{moment}.db")
        for side in ("-wal", "-shm"):  # the old catalog's journal goes along with it
            beside = Path(f"{paths.catalog}{side}")
            if beside.exists():
                os.replace(beside, f"{kept}{side}")
        if paths.catalog.exists():
            os.replace(paths.catalog, kept)
        os.replace(fresh, paths.catalog)
    except (OSError, CatalogError) as error:
        raise CatalogError(f"The backup {source} could not be brought back: {error}.") from error
    return kept


def doctor(catalog: Catalog, paths: Paths, model: tuple[str | None, str]) -> Iterator[Finding]:
    """Look at everything that can be wrong and say what to do.

    ``model`` is the problem of the annotator, None when it works, and its provider.
    """
    faults = catalog.lists.faults()
    yield from (
        Finding("fault", fault, "Bring the newest backup back with 'photomgr restore'.") for fault in faults
    )
    if not faults:
        yield Finding("ok", f"The catalog is sound: {catalog.photo_count():,} photos.")
    if os.name == "posix" and paths.data.stat().st_mode & 0o077:
        yield Finding("fault", "Other users can look into the catalog's folder.", f"chmod 700 {paths.data}")
    for root in catalog.files.roots():
        if not root.path.is_dir():
            yield Finding("note", f"{root.path} is away.", "Its photos come back when its drive does.")
    counts = catalog.lists.counts()
    if counts.unreadable:
        yield Finding("note", f"{counts.unreadable:,} photos cannot be read.", "Look at them: is:unreadable")
    problem, provider = model
    if problem is not None:
        yield Finding("fault", problem, "Install photomgr again, or bring the model's files back.")
    else:
        yield Finding("ok", f"The annotator works ({provider}).")
    yield from _backups(paths)
    free = shutil.disk_usage(paths.data).free
    if free < 1 << 30:
        yield Finding("note", f"Only {free >> 20:,} MiB are free where the catalog lies.", "Make room.")


def _backups(paths: Paths) -> Iterator[Finding]:
    there = backups(paths.backups)
    if not there:
        yield Finding("note", "There is no backup yet.", "One is made each day that the window is opened.")
        return
    try:
        check(there[-1])
    except CatalogError as error:
        yield Finding("fault", f"The newest backup is not sound: {error}", "photomgr backup DIR")
        return
    age = datetime.now(UTC) - datetime.fromtimestamp(there[-1].stat().st_mtime, UTC)
    old = age > timedelta(days=7)
    yield Finding(
        "note" if old else "ok", f"{len(there)} backups; the newest is {age.days} days old and sound."
    )
