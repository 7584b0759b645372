"""What windows and commands read: rows in pages, counts, marks, and tags over a selection."""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from ..readers import NOT_YET
from ..records import (
    Counts,
    Decided,
    FolderCount,
    Marks,
    Photo,
    Presence,
    Source,
    SuggestedTag,
    Suggestion,
    TagCount,
    tag_key,
)
from . import rows
from .connection import Connection
from .learning import SURE
from .open_counts import OpenCounts

_OPEN: Final = (
    " FROM open_suggestions s JOIN tags t ON t.id = s.tag WHERE s.photo IN (SELECT value FROM json_each(?))"
)


class Lists:
    """The reading side of the catalog."""

    def __init__(self, connection: Connection, open_counts: OpenCounts) -> None:
        self._connection = connection
        self._open_counts = open_counts

    # photos

    def photos(self, ids: Sequence[int]) -> list[Photo]:
        """Rows in the order of ``ids``; ids that are not there are left out."""
        cursor = self._connection.reader().execute(
            f"{rows.PHOTO_SELECT} WHERE p.id IN (SELECT value FROM json_each(?))", (rows.id_list(ids),)
        )
        found = {row[0]: rows.photo_from(row) for row in cursor}
        return [found[each] for each in map(int, ids) if each in found]

    def marks(self, ids: Sequence[int]) -> dict[int, Marks]:
        """What the grid shows of each photo, with all open suggestions, best first."""
        wanted = rows.id_list(ids)
        reader = self._connection.reader()
        suggested: dict[int, list[Suggestion]] = {}
        for photo, tag, score in reader.execute(
            f"SELECT s.photo, t.name, s.score{_OPEN} ORDER BY s.score DESC", (wanted,)
        ):
            suggested.setdefault(photo, []).append(Suggestion(tag, score))
        decided: dict[int, list[str]] = {}
        automatic: dict[int, set[str]] = {}
        for photo, tag, source in reader.execute(
            "SELECT d.photo, t.name, d.source FROM decisions d JOIN tags t ON t.id = d.tag WHERE d.state = 'accepted'"
            " AND d.photo IN (SELECT value FROM json_each(?)) ORDER BY t.key",
            (wanted,),
        ):
            decided.setdefault(photo, []).append(tag)
            if source == Source.MODEL:
                automatic.setdefault(photo, set()).add(tag)
        cursor = reader.execute(
            "SELECT p.id, p.rating, p.label, p.problem IS NOT NULL, p.presence"
            " FROM photos p WHERE p.id IN (SELECT value FROM json_each(?))",
            (wanted,),
        )
        found = {}
        for photo, rating, label, problem, presence in cursor:
            still_open = tuple(suggested.get(photo, ()))
            tags = tuple(decided.get(photo, ()))
            found[photo] = Marks(
                rating, label, len(tags), still_open, len(still_open), bool(problem), Presence(presence), tags,
                frozenset(automatic.get(photo, ())),
            )  # fmt: skip
        return found

    def days(self, ids: npt.NDArray[np.int64], by: str) -> npt.NDArray[np.int32]:
        """The day on which each photo was ``taken`` or ``added``: days since 1970-01-01, -1 when unknown."""
        column = {"taken": "taken", "added": "added"}[by]
        rows_of_all = (
            self._connection.reader()
            .execute(
                f"SELECT id, CAST(julianday(substr({column}, 1, 10)) - 2440587.5 AS INTEGER) FROM photos"
            )
            .fetchall()
        )
        known = np.full(max((row[0] for row in rows_of_all), default=0) + 1, -1, np.int32)
        for photo, day in rows_of_all:
            if day is not None:
                known[photo] = day
        return known[ids]

    def touched_after(self, revision: int) -> int:
        """How many photos were touched after a revision."""
        reader = self._connection.reader()
        return int(
            reader.execute("SELECT count(*) FROM photos WHERE revision > ?", (revision,)).fetchone()[0]
        )

    # tags of photos

    def decided(self, ids: Iterable[int]) -> dict[str, int]:
        """Accepted tag -> on how many of the photos, most frequent first."""
        return self._stand("accepted", ids)

    def rejected(self, ids: Iterable[int]) -> dict[str, int]:
        """Rejected tag -> on how many of the photos."""
        return self._stand("rejected", ids)

    def _stand(self, state: str, ids: Iterable[int]) -> dict[str, int]:
        cursor = self._connection.reader().execute(
            "SELECT t.name, count(*) FROM decisions d JOIN tags t ON t.id = d.tag"
            " WHERE d.state = ? AND d.photo IN (SELECT value FROM json_each(?))"
            " GROUP BY d.tag ORDER BY count(*) DESC, t.key",
            (state, rows.id_list(ids)),
        )
        return dict(cursor.fetchall())

    def decided_of(self, photo: int) -> list[Decided]:
        """The tags that stand on one photo, by name."""
        reader = self._connection.reader()
        called = rows.networks_called(reader)
        cursor = reader.execute(
            f"SELECT t.name, d.source, d.at, {rows.WITNESS} FROM decisions d JOIN tags t ON t.id = d.tag"
            " WHERE d.photo = ? AND d.state = 'accepted' ORDER BY t.key",
            (photo,),
        )
        found = []
        for tag, source, at, witness in cursor:
            model, score = rows.witness(witness)
            network = called.get(model or "", (model or "")[:12])
            found.append(Decided(tag, Source(source), at, model, score, network))
        return found

    def suggested(self, ids: Sequence[int]) -> list[SuggestedTag]:
        """Open suggestions over a selection: those on most photos first, then by score.

        Reasons are given for one photo alone.
        """
        reasons = "min(s.reasons)" if len(ids) == 1 else "'{}'"
        cursor = self._connection.reader().execute(
            f"SELECT t.name, count(*), avg(s.score), {reasons}{_OPEN}"
            " GROUP BY s.tag ORDER BY sum(s.score) DESC, t.key",
            (rows.id_list(ids),),
        )
        return [SuggestedTag(tag, count, score, json.loads(why)) for tag, count, score, why in cursor]

    def suggested_on(self, tag: str, ids: Iterable[int]) -> list[int]:
        """Those of the photos for which a tag is suggested and not decided."""
        cursor = self._connection.reader().execute(
            f"SELECT s.photo{_OPEN} AND t.key = ? ORDER BY s.photo", (rows.id_list(ids), tag_key(tag))
        )
        return [photo for (photo,) in cursor]

    def implied_on(self, photo_id: int) -> dict[str, str]:
        """The broader tags that stand on a photo by themselves, each with a decided tag that it follows from."""
        cursor = self._connection.reader().execute(
            "SELECT b.name, t.name FROM decisions d JOIN implied i ON i.tag = d.tag JOIN tags b ON b.id = i.broader"
            " JOIN tags t ON t.id = d.tag WHERE d.photo = ? AND d.state = 'accepted' ORDER BY t.key DESC",
            (photo_id,),
        )
        return dict(cursor.fetchall())

    def refused_on(self, photo_id: int) -> dict[str, str]:
        """The tags that are not asked about on a photo since a broader one was rejected, each with that one."""
        cursor = self._connection.reader().execute(
            "SELECT t.name, b.name FROM decisions d JOIN implied i ON i.broader = d.tag JOIN tags b ON b.id = d.tag"
            " JOIN tags t ON t.id = i.tag WHERE d.photo = ? AND d.state = 'rejected' ORDER BY b.key DESC",
            (photo_id,),
        )
        return dict(cursor.fetchall())

    # what the left panel shows

    def counts(self) -> Counts:
        """Photos by their state."""
        row = (
            self._connection.reader()
            .execute(
                f"SELECT count(*), coalesce(sum({rows.UNREADABLE}), 0),"
                " coalesce(sum(p.presence = 1), 0),"
                " coalesce(sum(NOT EXISTS ("
                "SELECT 1 FROM decisions d WHERE d.photo = p.id AND d.state = 'accepted')), 0),"
                " coalesce(sum(EXISTS (SELECT 1 FROM open_suggestions s WHERE s.photo = p.id)), 0),"
                " count(p.latitude)"
                " FROM photos p WHERE p.presence <> 2"
            )
            .fetchone()
        )
        photos, unreadable, offline, untagged, unreviewed, located = row
        return Counts(photos, unreviewed, unreadable, offline, untagged, located)

    def lacking(self) -> list[tuple[str, int]]:
        """What readers of files are lacking, as a sentence, and for how many photos."""
        cursor = self._connection.reader().execute(
            "SELECT problem, count(*) FROM photos WHERE presence <> 2 AND problem LIKE ? GROUP BY problem",
            (f"{NOT_YET}%",),
        )
        return cursor.fetchall()

    def folders(self) -> list[FolderCount]:
        """Folders of the library that hold photos, and its roots, by path."""
        cursor = self._connection.reader().execute(
            "SELECT f.id, f.root, f.path, count(p.id) FROM folders f LEFT JOIN photos p"
            " ON p.folder = f.id AND p.presence <> 2 WHERE f.root IS NOT NULL"
            " GROUP BY f.id HAVING count(p.id) > 0 ORDER BY f.path"
        )
        return [
            FolderCount(folder, root, Path(os.fsdecode(path)), count) for folder, root, path, count in cursor
        ]

    def tags(self) -> list[TagCount]:
        """Every tag that stands on a photo or is suggested for one, most used first."""
        reader = self._connection.reader()
        # Whole-table counts come from an index alone; the few that do not count are taken off after.
        decided = Counter[int](dict(reader.execute(
            "SELECT tag, count(*) FROM decisions WHERE state = 'accepted' GROUP BY tag").fetchall()))  # fmt: skip
        decided.subtract(dict(reader.execute(
            "SELECT d.tag, count(*) FROM photos p CROSS JOIN decisions d ON d.photo = p.id"
            " WHERE p.presence = 2 AND d.state = 'accepted' GROUP BY d.tag").fetchall()))  # fmt: skip
        open_ones = self._open_counts.all(SURE)
        gone = dict(reader.execute(
            "SELECT i.tag, count(*) FROM photos p CROSS JOIN settled i ON i.photo = p.id WHERE p.presence = 2"
            " AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.photo = i.photo AND d.tag = i.tag"
            " AND d.state = 'accepted') GROUP BY i.tag").fetchall())  # fmt: skip
        suggested = Counter({tag: count.waiting for tag, count in open_ones.items()})
        implied = Counter({tag: count.implied - gone.get(tag, 0) for tag, count in open_ones.items()})
        names = dict(reader.execute("SELECT id, name FROM tags").fetchall())
        found = [
            TagCount(name, decided[tag], suggested[tag], implied[tag])
            for tag, name in names.items()
            if decided[tag] or suggested[tag] or implied[tag]
        ]
        return sorted(found, key=lambda each: (-each.count, -each.suggested, each.tag.casefold()))

    def pairs(self, least: int, most: int) -> tuple[list[str], npt.NDArray[np.int64], npt.NDArray[np.intp]]:
        """(names, photos, tags): which photo carries which of the ``most`` used tags on at least ``least`` photos,
        as pairs by photo; ``tags`` are places in ``names``."""
        reader = self._connection.reader()
        used = reader.execute(
            "SELECT d.tag, t.name FROM decisions d JOIN tags t ON t.id = d.tag WHERE d.state = 'accepted'"
            " GROUP BY d.tag HAVING count(*) >= ? ORDER BY count(*) DESC, t.key LIMIT ?",
            (least, most),
        ).fetchall()
        places = {tag: place for place, (tag, _) in enumerate(used)}
        found = reader.execute(
            "SELECT photo, tag FROM decisions WHERE state = 'accepted' ORDER BY photo"
        ).fetchall()
        kept = [(photo, places[tag]) for photo, tag in found if tag in places]
        photos = np.array([photo for photo, _ in kept], np.int64)
        return [name for _, name in used], photos, np.array([place for _, place in kept], np.intp)

    def tag_names(self) -> list[str]:
        """Names of all tags that stand on a photo. A probe a tag: counting them all is too slow while one types."""
        cursor = self._connection.reader().execute(
            "SELECT t.name FROM tags t"
            " WHERE EXISTS (SELECT 1 FROM decisions d WHERE d.tag = t.id AND d.state = 'accepted') ORDER BY t.id"
        )
        return [name for (name,) in cursor]

    def without_problem(self) -> list[tuple[int, bytes, Path]]:
        """(id, content, path) of every photo that is here and can be read, newest first."""
        cursor = self._connection.reader().execute(
            "SELECT p.id, p.content, f.path, p.name FROM photos p JOIN folders f ON f.id = p.folder"
            " WHERE p.presence = 0 AND p.problem IS NULL AND p.content IS NOT NULL"
            " ORDER BY coalesce(p.taken, p.added) DESC, p.id"
        )
        return [
            (photo, content, Path(os.fsdecode(folder)) / os.fsdecode(name))
            for photo, content, folder, name in cursor
        ]

    def faults(self) -> list[str]:
        """What SQLite itself finds wrong with the file; empty when it is sound. Reads everything."""
        reader = self._connection.reader()
        try:
            found = [str(row[0]) for row in reader.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
            if reader.execute("PRAGMA foreign_key_check").fetchone() is not None:
                found.append("Rows of the catalog point at photos or tags that are not there.")
        except sqlite3.DatabaseError as error:
            found = [f"The catalog cannot be read through: {error}."]
        return found
