"""How many suggestions of each tag are open, without looking at each of them every time.

All suggestions of a tag are counted from an index. Those that are not open (decided, settled by a narrower tag, or
refused with a broader one) are counted by looking them up, which is what takes time; that is done again only for tags
of which anything changed.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from dataclasses import dataclass

from .connection import Connection

_CLOSED = (
    "SELECT count(*), coalesce(sum(s.score >= ?), 0) FROM decisions d"
    " CROSS JOIN suggestions s ON s.photo = d.photo AND s.tag = d.tag"
    " WHERE d.tag = ? AND d.state IN ('accepted', 'rejected')"
)
_SETTLED = (
    "SELECT count(*), coalesce(sum(s.score >= ?), 0) FROM settled i"
    " CROSS JOIN suggestions s ON s.photo = i.photo AND s.tag = i.tag"
    " WHERE i.tag = ? AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.photo = i.photo AND d.tag = i.tag"
    " AND d.state IN ('accepted', 'rejected'))"
)
_REFUSED = (
    "SELECT count(*), coalesce(sum(s.score >= ?1), 0) FROM (SELECT DISTINCT d.photo FROM implied i"
    " CROSS JOIN decisions d ON d.tag = i.broader AND d.state = 'rejected' WHERE i.tag = ?2) r"
    " CROSS JOIN suggestions s ON s.photo = r.photo AND s.tag = ?2"
    " WHERE NOT EXISTS (SELECT 1 FROM settled n WHERE n.photo = s.photo AND n.tag = s.tag)"
    " AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.photo = s.photo AND d.tag = s.tag"
    " AND d.state IN ('accepted', 'rejected'))"
)
_IMPLIED = (
    "SELECT count(*) FROM settled i CROSS JOIN decisions d ON d.photo = i.photo AND d.tag = i.tag"
    " WHERE i.tag = ? AND d.state = 'accepted'"
)
_ALL = (
    "SELECT t.id, coalesce(b.sure, l.sure, ?1), l.state, (SELECT max(v.id) FROM verdicts v WHERE v.tag = t.id),"
    " (SELECT count(*) FROM suggestions s WHERE s.tag = t.id),"
    " (SELECT count(*) FROM suggestions s WHERE s.tag = t.id AND s.score >= coalesce(b.sure, l.sure, ?1))"
    " FROM tags t LEFT JOIN learnt l ON l.tag = t.id LEFT JOIN bands b ON b.tag = t.id"
)
_GONE = (
    "SELECT s.tag, count(*), sum(s.score >= coalesce(b.sure, l.sure, ?)) FROM photos p"
    " CROSS JOIN open_suggestions s ON s.photo = p.id LEFT JOIN learnt l ON l.tag = s.tag"
    " LEFT JOIN bands b ON b.tag = s.tag WHERE p.presence = 2 GROUP BY s.tag"
)

Stamp = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class OpenCount:
    """Of one tag: ``waiting`` open suggestions for photos that are here, ``sure`` of them at or above ``line``, where
    its sure band begins; ``implied``: on how many photos, gone ones too, a narrower tag alone settles it."""

    waiting: int
    sure: int
    line: float
    implied: int


class OpenCounts:
    """Counts, and remembers of each tag what was not open, as long as nothing about it changes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._closed: dict[tuple[float, int], tuple[Stamp, int, int, int]] = {}
        self._lock = threading.Lock()

    def all(self, sure: float) -> dict[int, OpenCount]:
        """Of every tag by its id. ``sure`` is where the band of that name begins for tags that were not learnt."""
        with self._lock:
            reader = self._connection.reader()
            every = reader.execute(_ALL, (sure,)).fetchall()
            settled = Counter[int](
                dict(reader.execute("SELECT tag, count(*) FROM settled GROUP BY tag").fetchall())
            )
            stamps = self._stamps(reader, every, settled)
            gone = {tag: (count, above) for tag, count, above in reader.execute(_GONE, (sure,))}
            ignored = {tag for (tag,) in reader.execute("SELECT tag FROM ignored")}
            found = {}
            for tag, line, _, _, waiting, above in every:
                closed, closed_above, accepted = self._closed_of(reader, (sure, tag), line, stamps[tag])
                away, away_above = gone.get(tag, (0, 0))
                implied = settled[tag] - accepted
                if tag in ignored:
                    found[tag] = OpenCount(0, 0, line, implied)
                else:
                    found[tag] = OpenCount(
                        waiting - closed - away, above - closed_above - away_above, line, implied
                    )
            return found

    @staticmethod
    def _stamps(
        reader: sqlite3.Connection, every: list[tuple[int, float, str, int, int, int]], settled: Counter[int]
    ) -> dict[int, Stamp]:
        """What stands for everything that decides which suggestions of a tag are open: the last verdict on it and on
        any tag that implies it, where those that it implies were rejected, what was learnt of it, and how many of
        everything there are."""
        annotated = reader.execute("SELECT value FROM meta WHERE key = 'annotated'").fetchone()
        decided: dict[int, list[tuple[str, int]]] = {}
        rejected: dict[int, tuple[int, ...]] = {}  # sums that other photos would hardly have as well
        for tag, state, count, *sums in reader.execute(
            "SELECT tag, state, count(*), sum(photo), sum(photo * photo) FROM decisions"
            " GROUP BY tag, state ORDER BY tag, state"
        ):
            decided.setdefault(tag, []).append((state, count))
            if state == "rejected":
                rejected[tag] = (tag, *sums)
        last = {tag: newest or 0 for tag, _, _, newest, _, _ in every}
        narrower = dict(last)
        refused: dict[int, list[tuple[int, ...]]] = {}
        for tag, broader in reader.execute("SELECT tag, broader FROM implied ORDER BY tag, broader"):
            narrower[broader] = max(narrower.get(broader, 0), last.get(tag, 0))
            if broader in rejected:
                refused.setdefault(tag, []).append(rejected[broader])
        return {
            tag: (
                annotated,
                narrower[tag],
                state,
                line,
                waiting,
                above,
                settled[tag],
                *decided.get(tag, ()),
                *refused.get(tag, ()),
            )
            for tag, line, state, _, waiting, above in every
        }

    def _closed_of(
        self, reader: sqlite3.Connection, key: tuple[float, int], line: float, stamp: Stamp
    ) -> tuple[int, int, int]:
        """Suggestions of a tag that are not open, those of them above the line, and on how many photos that imply
        the tag it stands itself."""
        known, (_, tag) = self._closed.get(key), key
        if known is None or known[0] != stamp:
            decided, decided_above = reader.execute(_CLOSED, (line, tag)).fetchone()
            settled, settled_above = reader.execute(_SETTLED, (line, tag)).fetchone()
            (accepted,) = reader.execute(_IMPLIED, (tag,)).fetchone()
            refused, refused_above = reader.execute(_REFUSED, (line, tag)).fetchone()
            above = decided_above + settled_above + refused_above
            known = (stamp, decided + settled + refused, above, accepted)
            self._closed[key] = known
        return known[1:]
