"""Decisions that wait to be written by themselves, and photos for which that failed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final

from ..records import Source
from . import rows
from .connection import Connection
from .schema import now

DECIDED_ON: Final = (
    f"(p.rating_source = '{Source.PERSON}' OR p.label_source = '{Source.PERSON}' OR p.own_title IS NOT NULL"
    " OR p.own_caption IS NOT NULL"
    " OR EXISTS (SELECT 1 FROM decisions d WHERE d.photo = p.id AND d.source <> 'file')"
    " OR EXISTS (SELECT 1 FROM written w WHERE w.photo = p.id))"
)
"""Of a row ``p`` of photos: whether something of it may have to be written."""
_SINCE: Final = "written_since"
_EXPLAINED: Final = "writing_explained"


class Mirror:
    """The part of the catalog that remembers how far files follow it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def is_explained(self) -> bool:
        """Whether the person was told, and agreed, that files are written by themselves."""
        return self._connection.meta(_EXPLAINED) is not None

    def agree(self, *, earlier: bool) -> None:
        """The person agreed. ``earlier``: what was decided until now is to be written too."""
        with self._connection.transaction() as writer:
            known = writer.execute("SELECT 1 FROM meta WHERE key = ?", (_SINCE,)).fetchone() is not None
            if earlier or not known:
                revision = writer.execute("SELECT value FROM meta WHERE key = 'revision'").fetchone()[0]
                self._set(_SINCE, 0 if earlier else revision)
            self._set(_EXPLAINED, now())

    def _set(self, key: str, value: object) -> None:
        with self._connection.transaction() as writer:
            writer.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def waiting(self, *, again: bool = False) -> list[tuple[int, bytes]]:
        """(photo, its folder) of what was decided, or changed, since it was written last; ``again``: and where that
        failed."""
        since = self._connection.meta(_SINCE)
        cursor = self._connection.reader().execute(
            "SELECT p.id, f.path FROM photos p JOIN folders f ON f.id = p.folder"
            f" WHERE p.presence = 0 AND (p.revision > ? AND {DECIDED_ON}"
            " OR ? AND p.id IN (SELECT photo FROM unwritten)) ORDER BY p.id",
            (int(since or 0), again),
        )
        return cursor.fetchall()

    def decided_in(self, folders: Iterable[bytes] | None = None) -> int:
        """How many photos that are here were decided on, in these folders themselves or everywhere."""
        where = (
            " AND p.folder IN (SELECT id FROM folders WHERE hex(path) IN (SELECT value FROM json_each(?)))"
        )
        row = self._connection.reader().execute(
            f"SELECT count(*) FROM photos p WHERE p.presence = 0 AND {DECIDED_ON}{'' if folders is None else where}",
            () if folders is None else (json.dumps([each.hex().upper() for each in folders]),),
        )
        return int(row.fetchone()[0])

    def decided(self) -> list[int]:
        """Photos that are here and about which something may have to be written."""
        cursor = self._connection.reader().execute(
            f"SELECT p.id FROM photos p WHERE p.presence = 0 AND {DECIDED_ON} ORDER BY p.id"
        )
        return [photo for (photo,) in cursor]

    def note(
        self, tried: Iterable[int], failed: Mapping[int, str], upto: int | None = None
    ) -> frozenset[int]:
        """How a write went; ``upto`` is the revision with all of which it dealt. The photos of which something else
        is known now are the result."""
        before = self.unwritten()
        gone = {photo for photo in tried if photo in before and photo not in failed}
        news = {photo: reason for photo, reason in failed.items() if before.get(photo) != reason}
        if not gone and not news and upto is None:
            return frozenset()
        with self._connection.transaction() as writer:
            writer.execute(
                "DELETE FROM unwritten WHERE photo IN (SELECT value FROM json_each(?))", (rows.id_list(gone),)
            )
            writer.executemany(
                "INSERT OR REPLACE INTO unwritten VALUES (?, ?, ?)",
                [(photo, rows.storable(reason), now()) for photo, reason in news.items()],
            )
            if upto is not None:
                self._set(_SINCE, upto)
        return frozenset(gone) | news.keys()

    def unwritten(self, ids: Iterable[int] | None = None) -> dict[int, str]:
        """Photo -> why its decisions could not be written, of those that are not gone."""
        where = "" if ids is None else " AND u.photo IN (SELECT value FROM json_each(?))"
        cursor = self._connection.reader().execute(
            f"SELECT u.photo, u.reason FROM unwritten u JOIN photos p ON p.id = u.photo WHERE p.presence <> 2{where}"
            " ORDER BY u.photo",
            () if ids is None else (rows.id_list(ids),),
        )
        return dict(cursor.fetchall())
