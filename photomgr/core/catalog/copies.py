"""Copies of a catalog file: making one while it is in use, and proving that it is sound."""

from __future__ import annotations

import os
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

from ..errors import CatalogError
from . import schema


def copy(source: Path, target: Path, *, slim: bool = False) -> None:
    """Copy a catalog through SQLite's backup interface, consistent although somebody may write.

    ``slim`` leaves out what the network said. The copy is checked, and on disk when this returns.
    Raises OSError and CatalogError.
    """
    try:
        _copy(source, target, slim)
    except sqlite3.Error as error:
        raise CatalogError(f"{source.name} cannot be copied: {error}.") from error
    check(target)
    with target.open("rb+") as written:
        os.fsync(written.fileno())


def _copy(source: Path, target: Path, slim: bool) -> None:
    uri = f"{source.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as there, closing(sqlite3.connect(target)) as here:
        there.backup(here)
        # A single file, without a journal beside it that could be left behind.
        here.execute("PRAGMA journal_mode=DELETE")
        if slim:
            here.execute("DELETE FROM suggestions")
            here.execute("DELETE FROM annotations")
            here.execute("DELETE FROM opinions")
            here.commit()
            here.execute("VACUUM")


def settle(path: Path) -> bool:
    """Bring everything that a catalog's journal holds into its one file; False when it is too damaged.

    Nobody else may have it open.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as here:
            here.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return str(here.execute("PRAGMA journal_mode=DELETE").fetchone()[0]) == "delete"
    except sqlite3.Error:
        return False


def rename_identity(path: Path) -> None:
    """Give a restored catalog a name of its own.

    Its revisions begin to count again where the backup stood: an index that has gone further would take
    new ones for those that it knows. Raises CatalogError.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as here:
            here.execute("UPDATE meta SET value = ? WHERE key = 'uuid'", (uuid.uuid4().hex,))
    except sqlite3.Error as error:
        raise CatalogError(f"{path.name} cannot be written: {error}.") from error


def check(path: Path) -> None:
    """Open a catalog file and look through it. Raises CatalogError with what is wrong."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as copied:
            fault = copied.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if fault != "ok":
                raise CatalogError(f"{path.name} is damaged: {fault}.")
            if not schema.is_known(copied):
                raise CatalogError(f"{path.name} is not a catalog of this version of photomgr.")
            copied.execute("SELECT count(*) FROM verdicts").fetchone()
    except sqlite3.Error as error:
        raise CatalogError(f"{path.name} cannot be read as a catalog: {error}.") from error
