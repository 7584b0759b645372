"""One writer, many readers: the only place that opens the catalog's SQLite file."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import filelock

from ..errors import CatalogBusy, CatalogError, ReadOnly
from . import schema

_BUSY: Final = (
    "Another photomgr is using this catalog. Close it first, or open this one read-only to look around."
)
_GUEST: Final = "This library is open read-only: you can look at everything and change nothing."


class Connection:
    """The pen, the writing connection and one reading connection for each thread.

    Raises CatalogBusy when the pen is taken for longer than ``wait`` seconds, CatalogError when
    the file cannot be used.
    """

    def __init__(self, path: Path, pen: Path, *, read_only: bool = False, wait: float = 1.5) -> None:
        self.path = path
        self.read_only = read_only
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._lock = threading.RLock()
        self._depth = 0
        self._closed = False
        self._writer: sqlite3.Connection | None = None
        self._pen = filelock.FileLock(str(pen), timeout=wait, thread_local=False)
        if read_only:
            self._open_as_guest()
        else:
            self._open_as_writer()

    def _open_as_writer(self) -> None:
        try:
            self._pen.acquire()
        except filelock.Timeout:
            raise CatalogBusy(_BUSY) from None
        except OSError as error:
            raise CatalogError(f"The catalog's folder cannot be written: {error.strerror}.") from error
        try:
            self._writer = sqlite3.connect(
                self.path, isolation_level=None, check_same_thread=False, timeout=5
            )
            if os.name == "posix":
                self.path.chmod(0o600)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
                self._writer.execute(f"PRAGMA {pragma}")
            schema.migrate(self._writer)
        except sqlite3.Error as error:
            self.close()
            raise _unusable(error) from error
        except CatalogError:
            self.close()
            raise

    def _open_as_guest(self) -> None:
        if not self.path.exists():
            raise CatalogError("There is no catalog here yet, and read-only mode does not make one.")
        try:
            current = schema.is_current(self.reader())
        except sqlite3.Error as error:
            raise _unusable(error) from error
        if not current:
            self.close()
            raise CatalogError(
                "This catalog is of another version. Open it once without read-only to bring it up."
            )

    def reader(self) -> sqlite3.Connection:
        """This thread's reading connection; it sees the last commit and never waits for the writer.

        Inside a transaction of this thread it is the writing connection, so that one sees one's own writes.
        """
        if self._depth and getattr(self._local, "writing", False):
            assert self._writer is not None
            return self._writer
        connection: sqlite3.Connection | None = getattr(self._local, "reader", None)
        if connection is None:
            connection = self._open_reader()
            self._local.reader = connection
            with self._lock:
                self._readers.append(connection)
        return connection

    def _open_reader(self) -> sqlite3.Connection:
        if self._closed:
            raise CatalogError("The catalog is closed.")
        uri = self.path.absolute().as_uri()
        try:
            return self._reader_at(f"{uri}?mode=ro")
        except sqlite3.OperationalError:
            # A catalog on a medium that cannot be written has no room for the WAL's shared memory. Read
            # without it, as long as that hides no commit.
            journal = self.path.with_name(f"{self.path.name}-wal")
            if journal.exists() and journal.stat().st_size:
                raise CatalogError(
                    "The catalog was not closed properly, and its folder cannot be written, so that its last"
                    " decisions cannot be seen. Open it once where it can be written."
                ) from None
            return self._reader_at(f"{uri}?mode=ro&immutable=1")

    def _reader_at(self, uri: str) -> sqlite3.Connection:
        reader = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=5)
        try:
            reader.execute("PRAGMA query_only=ON")
            reader.execute("PRAGMA cache_size=-16384")
            reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error:
            reader.close()
            raise
        return reader

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, on disk when it returns. Nested calls join the outer transaction."""
        if self.read_only:
            raise ReadOnly(_GUEST)
        with self._lock:
            writer = self._writer
            if writer is None:
                raise CatalogError("The catalog is closed.")
            if self._depth:
                yield writer
                return
            self._depth, self._local.writing = 1, True
            try:
                writer.execute("BEGIN IMMEDIATE")
                yield writer
                writer.execute("COMMIT")
            except sqlite3.OperationalError as error:
                raise CatalogError(f"{_unusable(error)} Nothing was changed.") from error
            finally:
                # A full disk ends the transaction by itself, or leaves it open when COMMIT fails.
                if writer.in_transaction:
                    writer.execute("ROLLBACK")
                self._depth, self._local.writing = 0, False

    def set_read_only(self, guest: bool) -> None:
        """Refuse writes from now on, or allow them again. Raises ReadOnly when there is no pen to write with."""
        with self._lock:
            if not guest and self._writer is None:
                raise ReadOnly("This library was opened read-only. Start photomgr again to change things.")
            self.read_only = guest

    def next_revision(self) -> int:
        """Inside a transaction: raise the catalog's revision by one and return it."""
        assert self._writer is not None
        row = self._writer.execute(
            "UPDATE meta SET value = value + 1 WHERE key = 'revision' RETURNING value"
        ).fetchone()
        return int(row[0])

    def meta(self, key: str) -> Any:
        """A value of the meta table, None when it is not there."""
        row = self.reader().execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        """Close every connection and hand the pen back. Safe to call twice."""
        with self._lock:
            self._closed = True
            for reader in self._readers:
                reader.close()
            self._readers.clear()
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            self._pen.release()


def explain(error: BaseException) -> CatalogError | None:
    """What a database error means to a person; None for what is no fault of the disk or of the file."""
    ours = (
        sqlite3.IntegrityError,
        sqlite3.ProgrammingError,
        sqlite3.InterfaceError,
        sqlite3.NotSupportedError,
    )
    if isinstance(error, sqlite3.Error) and not isinstance(error, ours):
        return _unusable(error)
    return None


def _unusable(error: sqlite3.Error) -> CatalogError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return CatalogError(
            f"The catalog is damaged ({error}). Bring the newest backup back with 'photomgr restore'."
        )
    if name.startswith("SQLITE_FULL"):
        return CatalogError("There is no room left on the disk of the catalog. Make room and try again.")
    return CatalogError(
        f"The catalog cannot be used now ({error}). Look at its drive and folder, and try again."
    )
