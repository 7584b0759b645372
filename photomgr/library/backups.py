"""Backups of the catalog: made by themselves, checked, rotated, and brought back."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import filelock

from ..core.catalog import Catalog
from ..core.catalog.copies import check, copy, rename_identity, settle
from ..core.errors import CatalogBusy, CatalogError, PhotomgrError, UsageError
from ..core.paths import Paths

_PATTERN: Final = "catalog-*.db"


def make(catalog: Catalog, folder: Path, *, slim: bool = False) -> Path:
    """Copy the catalog into ``folder`` under today's date, open the copy and check it.

    ``slim`` leaves out what the network said, which can be made again. Raises PhotomgrError when the copy
    cannot be written or does not read back.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in folder.glob("catalog-*.part*"):  # of a backup that was killed
            left.unlink(missing_ok=True)
        target = folder / f"catalog-{_moment()}.db"
        part = target.with_suffix(".part")
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            copy(catalog.path, part, slim=slim)
            os.replace(part, target)
        except (OSError, CatalogError):  # a full disk, say: half a copy must not keep it full
            part.unlink(missing_ok=True)
            raise
        _flush_folder(folder)
    except (OSError, CatalogError) as error:
        raise PhotomgrError(f"The backup could not be written to {folder}: {_reason(error)}") from error
    return target


def _moment() -> str:
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")


def _reason(error: OSError | CatalogError) -> str:
    return f"{error.strerror or error}." if isinstance(error, OSError) else str(error)


def _flush_folder(folder: Path) -> None:
    """Make a rename in a folder survive a power failure, where the system has a way to."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def all_in(folder: Path) -> list[Path]:
    """The backups in a folder, oldest first."""
    return sorted(folder.glob(_PATTERN))


def daily(catalog: Catalog, folder: Path, keep: int) -> Path | None:
    """Make today's backup unless it is there, and drop the oldest beyond ``keep``."""
    if not catalog.photo_count():
        return None  # a backup of nothing would only stand in for one of today's work
    there = all_in(folder)
    today = datetime.now(UTC).strftime("catalog-%Y%m%d")
    if any(each.name.startswith(today) for each in there):
        return None
    made = make(catalog, folder, slim=True)
    for old in all_in(folder)[:-keep]:
        old.unlink(missing_ok=True)
    return made


def make_room(paths: Paths) -> None:
    """Make the folders of a library. Raises CatalogError when that is impossible, or when its catalog is
    missing although there are backups of it: an empty one in its place would soon replace them too."""
    try:
        paths.make()
        lost = not paths.catalog.exists() or not paths.catalog.stat().st_size
    except OSError as error:
        raise CatalogError(f"The library's folder cannot be used: {_reason(error)}") from error
    if lost and (found := all_in(paths.backups)):
        raise CatalogError(
            f"The catalog is missing, but there are backups of it. Bring the newest back with 'photomgr restore"
            f" {found[-1]}', or move {paths.backups} away to begin anew."
        )


def restore(paths: Paths, source: Path) -> Path | None:
    """Bring a backup back: into a new file first, checked there, then swapped in.

    ``source`` is a backup or a folder of them (the newest counts). The catalog that was there is kept
    beside it; its new place is returned. Raises CatalogBusy, CatalogError, UsageError.
    """
    if os.path.isdir(source):
        found = all_in(source)
        if not found:
            raise UsageError(f"There is no backup in {source}.")
        source = found[-1]
    if not os.path.isfile(source):
        raise UsageError(f"There is no backup at {source}.")
    try:
        paths.make()
        with filelock.FileLock(str(paths.pen), timeout=1.5):
            return _swap(paths, source)
    except filelock.Timeout:
        raise CatalogBusy("Another photomgr is using this catalog. Close it first, then restore.") from None
    except (OSError, CatalogError) as error:
        raise CatalogError(f"The backup {source} could not be brought back: {_reason(error)}") from error


def _swap(paths: Paths, source: Path) -> Path | None:
    """Put a copy of ``source`` in the catalog's place. Killed at any moment, the old or the new one is there."""
    fresh = paths.catalog.with_suffix(".restoring")
    fresh.unlink(missing_ok=True)
    copy(source, fresh)
    rename_identity(fresh)
    check(fresh)
    kept = _keep(paths.catalog) if paths.catalog.exists() else None
    os.replace(fresh, paths.catalog)
    _flush_folder(paths.data)
    return kept


def _keep(catalog: Path) -> Path:
    """Keep the catalog that is to be replaced under another name, with all that it holds."""
    kept = catalog.with_name(f"before-restore-{_moment()}.db")
    journals = [] if settle(catalog) else [f"{catalog}{side}" for side in ("-wal", "-shm")]
    for journal in filter(os.path.exists, journals):
        shutil.copy2(journal, f"{kept}{journal.removeprefix(str(catalog))}")
    try:
        os.link(catalog, kept)
    except OSError:  # a file system without hard links
        shutil.copy2(catalog, kept)
    # What is left of a damaged catalog's journal must not be played into the one that takes its place.
    for journal in journals:
        Path(journal).unlink(missing_ok=True)
    return kept
