"""What the review workbench reads: tags that wait, what is proposed for one, what photos have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from . import rows
from .connection import Connection
from .learning import STEPS, SURE
from .open_counts import OpenCounts

_HERE: Final = " JOIN photos p ON p.id = s.photo AND p.presence <> 2"
_SECONDS: Final = "CAST(strftime('%s', substr(p.taken, 1, 19)) AS REAL)"


@dataclass(frozen=True, slots=True)
class WaitingTag:
    """A tag with open suggestions: how many, how many of them in the sure band, and that band's lower end."""

    tag: str
    waiting: int
    sure: int
    line: float


@dataclass(frozen=True, slots=True, eq=False)
class Proposed:
    """The open suggestions of one tag, best first: ``photos`` int64 [N], ``scores`` float64 [N]; its bands, on
    how many photos it stands (``accepted``) and was refused (``rejected``), and the decisions that were learnt from by
    what the others foretold of each: int32 [STEPS] all and the accepted ones. ``by_hand``: the person set the bands;
    ``automatic``: what is sure is accepted by itself."""

    photos: NDArray[np.int64]
    scores: NDArray[np.float64]
    sure: float
    ask: float
    accepted: int
    rejected: int
    foretold: NDArray[np.int32]
    foretold_right: NDArray[np.int32]
    by_hand: bool
    automatic: bool


@dataclass(frozen=True, slots=True, eq=False)
class Sights:
    """N photos with their content hashes, times in seconds (NaN where unknown), perceptual hashes uint64 and where
    one is known."""

    photos: NDArray[np.int64]
    contents: list[bytes]
    times: NDArray[np.float64]
    hashes: NDArray[np.uint64]
    hashed: NDArray[np.bool_]


class Reviews:
    """The reading side of the review, and the perceptual hashes that it keeps. All that it writes is derived."""

    def __init__(self, connection: Connection, open_counts: OpenCounts) -> None:
        self._connection = connection
        self._open_counts = open_counts

    def tags(self, sure: float = SURE) -> list[WaitingTag]:
        """Tags that wait for decisions, those with most open suggestions first.

        ``sure`` is where the band of that name begins for tags that nobody decided on.
        """
        counts = self._open_counts.all(sure)
        called = self._connection.reader().execute("SELECT id, name, key FROM tags")
        waiting = [
            (each, key, name) for tag, name, key in called if (each := counts.get(tag)) and each.waiting
        ]
        waiting.sort(key=lambda found: (-found[0].waiting, found[1]))
        return [WaitingTag(name, each.waiting, each.sure, each.line) for each, _, name in waiting]

    def proposed(self, tag: str, target: float = SURE) -> Proposed:
        """What waits for one tag; empty for a tag that is not known."""
        reader = self._connection.reader()
        wanted = rows.find_tag(reader, tag)
        found = reader.execute(
            f"SELECT s.photo, s.score FROM open_suggestions s{_HERE} WHERE s.tag = ?"
            " ORDER BY s.score DESC, s.photo",
            (wanted,),
        ).fetchall()
        learnt = reader.execute("SELECT sure, ask FROM learnt WHERE tag = ?", (wanted,)).fetchone()
        by_hand = reader.execute("SELECT sure, ask FROM bands WHERE tag = ?", (wanted,)).fetchone()
        itself = reader.execute("SELECT 1 FROM automatic WHERE tag = ?", (wanted,)).fetchone()
        sure, ask = by_hand or learnt or (target, 0.0)
        decided = dict(
            reader.execute(
                "SELECT state, count(*) FROM decisions WHERE tag = ? GROUP BY state", (wanted,)
            ).fetchall()
        )
        counted = reader.execute("SELECT decided, accepted FROM foretold WHERE tag = ?", (wanted,)).fetchone()
        foretold, right = counted or (b"", b"")
        table = np.array(found, np.float64).reshape(-1, 2)
        return Proposed(
            table[:, 0].astype(np.int64), table[:, 1], sure, ask,
            decided.get("accepted", 0), decided.get("rejected", 0), _steps(foretold), _steps(right),
            by_hand is not None, itself is not None,
        )  # fmt: skip

    def open(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Every open suggestion: photos [N] in ascending order and scores [N]."""
        found = self._connection.reader().execute(
            f"SELECT s.photo, s.score FROM open_suggestions s{_HERE} ORDER BY s.photo"
        )
        table = np.array(found.fetchall(), np.float64).reshape(-1, 2)
        return table[:, 0].astype(np.int64), table[:, 1]

    def by_date(self, ids: Iterable[int]) -> list[int]:
        """The same photos, newest first; those without a date last."""
        return self._sorted(ids, "p.taken IS NULL, p.taken DESC, p.id")

    def by_folder(self, ids: Iterable[int]) -> list[int]:
        """The same photos by folder and name."""
        return self._sorted(ids, "f.path, p.name")

    def _sorted(self, ids: Iterable[int], order: str) -> list[int]:
        cursor = self._connection.reader().execute(
            "SELECT p.id FROM photos p JOIN folders f ON f.id = p.folder"
            f" WHERE p.id IN (SELECT value FROM json_each(?)) ORDER BY {order}",
            (rows.id_list(ids),),
        )
        return [photo for (photo,) in cursor]

    # what photos have in common

    def sights(self, ids: Iterable[int]) -> Sights:
        """What is known of the look of photos, in the order of their ids."""
        found = self._connection.reader().execute(
            f"SELECT p.id, p.content, {_SECONDS}, l.hash FROM photos p LEFT JOIN looks l ON l.content = p.content"
            " WHERE p.id IN (SELECT value FROM json_each(?)) ORDER BY p.id",
            (rows.id_list(ids),),
        ).fetchall()  # fmt: skip
        return _sights(found)

    def all_sights(self) -> Sights:
        """The same of every photo that is here."""
        found = self._connection.reader().execute(
            f"SELECT p.id, p.content, {_SECONDS}, l.hash FROM photos p LEFT JOIN looks l ON l.content = p.content"
            " WHERE p.presence <> 2 ORDER BY p.id"
        ).fetchall()  # fmt: skip
        return _sights(found)

    def without_hash(self) -> int:
        """How many pictures that can be read have no perceptual hash yet."""
        (count,) = self._connection.reader().execute(
            "SELECT count(DISTINCT p.content) FROM photos p LEFT JOIN looks l ON l.content = p.content"
            " WHERE p.presence = 0 AND p.problem IS NULL AND p.content IS NOT NULL AND l.hash IS NULL"
        ).fetchone()  # fmt: skip
        return int(count)

    def keep_hashes(self, hashes: Sequence[tuple[bytes, int]]) -> None:
        """Keep perceptual hashes (unsigned) by content hash."""
        signed = [(content, value - 2**64 if value >= 2**63 else value) for content, value in hashes]
        with self._connection.transaction() as writer:
            writer.executemany("INSERT OR REPLACE INTO looks (content, hash) VALUES (?, ?)", signed)

    def tagged(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """(photo, tag, how surely) of everything that stands (1) or is suggested with at least one half."""
        found = self._connection.reader().execute(
            "SELECT photo, tag, 1.0 FROM decisions WHERE state = 'accepted'"
            " UNION ALL SELECT photo, tag, score FROM open_suggestions WHERE score >= 0.5"
        )
        table = np.array(found.fetchall(), np.float64).reshape(-1, 3)
        return table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2]

    def names(self) -> dict[int, str]:
        """Tag id -> name."""
        return dict(self._connection.reader().execute("SELECT id, name FROM tags").fetchall())


def _steps(packed: bytes) -> NDArray[np.int32]:
    return np.frombuffer(packed or bytes(4 * STEPS), "<i4").astype(np.int32)


def _sights(found: Sequence[tuple[Any, ...]]) -> Sights:
    hashed = np.array([row[3] is not None for row in found], np.bool_)
    signed = np.array([row[3] or 0 for row in found], np.int64)
    times = np.array([np.nan if row[2] is None else row[2] for row in found], np.float64)
    ids = np.array([row[0] for row in found], np.int64)
    return Sights(ids, [row[1] or b"" for row in found], times, signed.view(np.uint64), hashed)
