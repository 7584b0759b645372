"""What learning reads and writes: standing decisions by tag, embeddings in blocks, the suggestions of one tag.

Which tags wait is read from the catalog itself: each keeps, beside its bands, the state of everything that its
suggestions were made from. A crash between two tags, an undo, new photos or another network all show as a state
that is no longer the present one.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..records import Change, Source, What
from . import rows
from .connection import Connection

SURE: Final = 0.95
"""From which score on a tag is in the sure band as long as nobody has decided on it."""

STEPS: Final = 20
"""Into how many steps of the score decisions are counted for :class:`Learnt`."""

_BLOCK: Final = 4096  # photos read at once
_CHUNK: Final = 2000  # rows written in one transaction, so that a person's decision never waits long


@dataclass(frozen=True, slots=True)
class TaughtTag:
    """A tag on which something was once decided: its newest verdict ``last``, and the ``state`` last learnt from."""

    id: int
    name: str
    last: int
    state: str | None


@dataclass(frozen=True, slots=True)
class Ground:
    """What the suggestions of all tags are made from beside photos and decisions: the ``way`` of learning, the hash of
    the network ``model``, how often the sure band is to be right (``target``, in [0, 1]), and the moment ``until``
    which decisions count, None for all."""

    way: int
    model: str
    target: float
    until: str | None = None

    def state(self, annotated: int, last: int) -> str:
        """Names everything that a tag's suggestions are made from; its last part is the newest verdict on the tag.

        ``annotated``: see :meth:`Learning.annotated`.
        """
        until = f"/{self.until}" if self.until else ""
        return f"{self.way}/{self.model[:16]}/{annotated}/{self.target:g}{until}/{last}"

    @staticmethod
    def behind(last: int) -> str:
        """The state of a tag whose decided photos are still to be read: never the present one."""
        return f"behind/{last}"


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """What a network said of N photos: ``photos`` [N], ``embeddings`` float16 [N, D], ``scores`` float16 [N, T]."""

    photos: NDArray[np.int64]
    embeddings: NDArray[np.float16]
    scores: NDArray[np.float16]


@dataclass(frozen=True, slots=True, eq=False)
class Proposals:
    """One tag suggested for N photos: ``photos`` [N], ``scores`` [N] and each of ``reasons`` [N] in [0, 1], or NaN."""

    photos: NDArray[np.int64]
    scores: NDArray[np.float64]
    reasons: dict[str, NDArray[np.float64]]

    def reasons_of(self, row: int) -> str:
        """The reasons for one photo as they are kept; who said nothing of it (NaN) is none."""
        said = {name: float(values[row]) for name, values in self.reasons.items()}
        return json.dumps({name: score for name, score in said.items() if not math.isnan(score)})


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """What a tag is suggested for from now on, its bands, and the ``state`` of everything that they were made from.

    ``decided`` and ``accepted`` int32 [STEPS]: decisions by the score that all the others foretold of each. ``waits``:
    most of what it is learnt from is still to be read.
    """

    tag: int
    proposals: Proposals
    state: str
    sure: float
    ask: float
    decided: NDArray[np.int32]
    accepted: NDArray[np.int32]
    waits: bool = False


@dataclass(frozen=True, slots=True)
class ToReview:
    """An open suggestion that waits for a decision; ``band`` is ``sure`` (95 % right) or ``ask``."""

    photo: int
    path: Path
    tag: str
    score: float
    band: str


@dataclass(frozen=True, slots=True)
class GivenTag:
    """Where a photo stands with a tag, and by whom: ``accepted``, or refused."""

    photo: int
    tag: str
    accepted: bool
    source: str


class Learning:
    """The part of the catalog that turns decisions into better suggestions. All that it writes is derived."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tags(self) -> list[TaughtTag]:
        """Every tag that has verdicts, most recently decided first."""
        cursor = self._connection.reader().execute(
            "SELECT t.id, t.name, v.last, l.state FROM (SELECT tag, max(id) AS last FROM verdicts"
            " WHERE tag IS NOT NULL GROUP BY tag) v JOIN tags t ON t.id = v.tag"
            " LEFT JOIN learnt l ON l.tag = t.id ORDER BY v.last DESC"
        )
        return [TaughtTag(*row) for row in cursor]

    def annotated(self) -> int:
        """Grows with every annotation that is written or dropped."""
        return int(self._connection.meta("annotated"))

    def count(self, model: str) -> int:
        """How many photos a network has seen."""
        sql = "SELECT count(*) FROM annotations a JOIN models m ON m.id = a.model AND m.hash = ?"
        return int(self._connection.reader().execute(sql, (model,)).fetchone()[0])

    def hand_bands(self) -> dict[int, tuple[float, float]]:
        """Tag -> (sure, ask), where the person has set them."""
        cursor = self._connection.reader().execute("SELECT tag, sure, ask FROM bands")
        return {tag: (sure, ask) for tag, sure, ask in cursor}

    def decisions(self, tag: int, limit: int, until: str | None = None) -> list[tuple[int, bool]]:
        """(photo, accepted) as it stands now, or stood at ``until``, by photo; at most ``limit``, half of each kind.

        A person's decisions come before a file's, newer before older. What was decided by itself teaches nothing:
        it would only confirm what the same scores had said.
        """
        if until is not None:
            return self._decisions_at(tag, limit, until)
        found: list[tuple[int, bool]] = []
        for state in ("accepted", "rejected"):
            found += [
                (photo, state == "accepted")
                for (photo,) in self._connection.reader().execute(
                    "SELECT photo FROM decisions WHERE tag = ? AND state = ? AND source IN ('person', 'file')"
                    " ORDER BY source <> ?, at DESC, photo DESC LIMIT ?",
                    (tag, state, str(Source.PERSON), limit // 2),
                )
            ]
        return sorted(found)

    def tag(self, name: str) -> int | None:
        """The id of a tag by any spelling, None when nobody ever used it."""
        return rows.find_tag(self._connection.reader(), name)

    def given(self, photos: Iterable[int] | None = None) -> list[GivenTag]:
        """Everything that is decided, or what is on these photos, by photo and tag."""
        some = "" if photos is None else " AND d.photo IN (SELECT value FROM json_each(?))"
        cursor = self._connection.reader().execute(
            "SELECT d.photo, t.name, d.state = 'accepted', d.source FROM decisions d JOIN tags t ON t.id = d.tag"
            f" WHERE d.state IN ('accepted', 'rejected'){some} ORDER BY d.photo, t.key",
            () if photos is None else (rows.id_list(photos),),
        )
        return [GivenTag(photo, tag, bool(yes), source) for photo, tag, yes, source in cursor]

    def newest_verdict(self) -> int:
        """The number of the newest verdict, 0 before the first."""
        row = self._connection.reader().execute("SELECT coalesce(max(id), 0) FROM verdicts").fetchone()
        return int(row[0])

    def decided_since(self, moment: str) -> dict[int, dict[int, bool]]:
        """Tag -> photo -> accepted, for what a person decided after a moment and what still stands."""
        found: dict[int, dict[int, bool]] = {}
        for tag, photo, state in self._connection.reader().execute(
            "SELECT tag, photo, state FROM decisions WHERE source = 'person' AND at > ?"
            " AND state IN ('accepted', 'rejected') ORDER BY tag, photo",
            (moment,),
        ):
            found.setdefault(tag, {})[photo] = state == "accepted"
        return found

    def first_decision(self, model: str) -> str | None:
        """When something that a network had suggested was first decided on, by the beginning of its number."""
        pattern = model.replace("\\", "").replace("%", "").replace("_", "") + "%"
        row = (
            self._connection.reader()
            .execute(
                "SELECT min(a.at) FROM verdicts v JOIN actions a ON a.id = v.action WHERE v.model LIKE ?",
                (str(rows.storable(pattern)),),
            )
            .fetchone()
        )
        return None if row[0] is None or pattern == "%" else str(row[0])

    def decided_networks(self) -> list[tuple[str, str, int]]:
        """(hash, moment of the first decision on what it had suggested, such decisions) of each network, newest
        first."""
        cursor = self._connection.reader().execute(
            "SELECT v.model, min(a.at), count(*) FROM verdicts v JOIN actions a ON a.id = v.action"
            " WHERE v.model IS NOT NULL GROUP BY v.model ORDER BY min(a.at) DESC"
        )
        return cursor.fetchall()

    def _decisions_at(self, tag: int, limit: int, until: str) -> list[tuple[int, bool]]:
        """What the last verdict on each photo up to a moment had led to; SQLite gives max()'s own row."""
        cursor = self._connection.reader().execute(
            "SELECT v.photo, v.after, max(v.id) FROM verdicts v JOIN actions a ON a.id = v.action"
            " WHERE v.tag = ? AND v.photo > 0 AND v.verdict NOT IN ('said', 'lookalike') AND a.at <= ?"
            " GROUP BY v.photo ORDER BY v.after NOT LIKE '%/person', max(v.id) DESC",
            (tag, until),
        )
        known = {f"{state}/{source}": state == "accepted" for state in ("accepted", "rejected")
                 for source in (Source.PERSON, Source.FILE)}  # fmt: skip
        stood = [(photo, known[after]) for photo, after, _ in cursor if after in known]
        kept = [
            pair for yes in (True, False) for pair in [each for each in stood if each[1] is yes][: limit // 2]
        ]
        return sorted(kept)

    # what the network said

    def embeddings(
        self, model: str, labels: int, ids: Iterable[int]
    ) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
        """Which of these photos a network has seen [N], and their embeddings [N, D], by id."""
        cursor = self._connection.reader().execute(
            "SELECT a.photo, a.embedding FROM annotations a JOIN models m ON m.id = a.model AND m.hash = ?"
            f" WHERE {_FITS} AND a.photo IN (SELECT value FROM json_each(?)) ORDER BY a.photo",
            (model, 2 * labels, rows.id_list(ids)),
        )
        found = cursor.fetchall()
        length = len(found[0][1]) // 2 if found else 0
        vectors = np.frombuffer(b"".join(row[1] for row in found), "<f2").reshape(len(found), length)
        return np.array([row[0] for row in found], np.int64), vectors

    def sample(self, model: str, labels: int, count: int) -> Stored:
        """A fair sample of up to ``count`` photos, the same as long as the library is: the lowest content hashes."""
        return self._stored(
            model, labels,
            f"{_STORED} JOIN photos p ON p.id = a.photo WHERE {_FITS} ORDER BY p.content, p.id LIMIT ?", count,
        )  # fmt: skip

    def of_photos(self, model: str, labels: int, ids: Iterable[int]) -> Stored:
        """What the network of ``labels`` tags said of these photos, by id; those it has not seen are left out."""
        return self._stored(
            model, labels,
            f"{_STORED} WHERE {_FITS} AND a.photo IN (SELECT value FROM json_each(?)) ORDER BY a.photo",
            rows.id_list(ids),
        )  # fmt: skip

    def blocks(self, model: str, labels: int) -> Iterator[Stored]:
        """The whole library in blocks by photo id: a few MiB at a time, whatever its size."""
        after = 0
        while True:
            sql = f"{_STORED} WHERE {_FITS} AND a.photo > ? ORDER BY a.photo LIMIT {_BLOCK}"
            block = self._stored(model, labels, sql, after)
            if not len(block.photos):
                return
            yield block
            after = int(block.photos[-1])

    def _stored(self, model: str, labels: int, sql: str, value: object) -> Stored:
        cursor = self._connection.reader().execute(sql, (model, 2 * labels, value))
        found = cursor.fetchall()
        length = len(found[0][1]) // 2 if found else 0

        def matrix(column: int, width: int) -> NDArray[np.float16]:
            joined = b"".join(row[column] for row in found)
            return np.frombuffer(joined, "<f2").reshape(len(found), width)

        return Stored(np.array([row[0] for row in found], np.int64), matrix(1, length), matrix(2, labels))

    # the suggestions of one tag

    def keep(self, tags: Iterable[Learnt], model: str) -> Iterator[Change]:
        """Make the suggestions of tags what they are by now, writing only the rows that differ, a chunk at a time.

        Photos that the network ``model`` has not seen keep what another one led to. Decided pairs may be among the
        suggestions: they are not open and come back only when the decision is undone. The search index hears of
        photos for which a tag came or went; a score alone does not concern it.

        Of a tag that waits nothing is taken away, and its bands stay as they were.
        """
        chunk = _Chunk()
        for one in tags:
            old = self._suggested(one.tag, model)
            pairs = list(zip(one.proposals.photos.tolist(), one.proposals.scores.tolist(), strict=True))
            gone = set() if one.waits else old.keys() - {photo for photo, _ in pairs}
            for photo in sorted(gone):
                chunk.gone.append((one.tag, photo))
                if chunk.full:
                    yield self._write(chunk)
                    chunk = _Chunk()
            for row, (photo, score) in enumerate(pairs):
                if old.get(photo) == score:
                    continue
                chunk.new.append((photo, one.tag, score, one.proposals.reasons_of(row)))
                if photo not in old:
                    chunk.came.add(photo)
                if chunk.full:
                    yield self._write(chunk)
                    chunk = _Chunk()
            done, counted = (chunk.behind, chunk.unsure) if one.waits else (chunk.done, chunk.counted)
            done.append((one.tag, one.state, one.sure, one.ask))
            counted.append((one.tag, _packed(one.decided), _packed(one.accepted)))
        yield self._write(chunk)

    def _suggested(self, tag: int, model: str) -> dict[int, float]:
        """Photo -> score, of the photos that a network has seen."""
        cursor = self._connection.reader().execute(
            "SELECT s.photo, s.score FROM suggestions s JOIN annotations a ON a.photo = s.photo"
            " JOIN models m ON m.id = a.model AND m.hash = ? WHERE s.tag = ?",
            (model, tag),
        )
        return dict(cursor.fetchall())

    def _write(self, chunk: _Chunk) -> Change:
        gone = {photo for _, photo in chunk.gone}
        with self._connection.transaction() as writer:
            writer.executemany("DELETE FROM suggestions WHERE tag = ? AND photo = ?", chunk.gone)
            writer.executemany(
                "INSERT INTO suggestions (photo, tag, score, reasons) VALUES (?, ?, ?, ?) ON CONFLICT (photo, tag)"
                " DO UPDATE SET score = excluded.score, reasons = excluded.reasons",
                chunk.new,
            )
            writer.executemany(
                "INSERT OR REPLACE INTO learnt (tag, state, sure, ask) VALUES (?, ?, ?, ?)", chunk.done
            )
            writer.executemany(
                "INSERT INTO learnt (tag, state, sure, ask) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (tag) DO UPDATE SET state = excluded.state",
                chunk.behind,
            )
            writer.executemany("INSERT OR REPLACE INTO foretold VALUES (?, ?, ?)", chunk.counted)
            writer.executemany("INSERT OR IGNORE INTO foretold VALUES (?, ?, ?)", chunk.unsure)
            if not (gone or chunk.new):
                return Change(What.NOTHING)
            revision = self._connection.next_revision()
            rows.stamp(writer, gone | chunk.came, revision)
        return Change(What.SUGGESTIONS, frozenset(gone.union(new[0] for new in chunk.new)), revision=revision)

    def queue(self, tag: str | None, limit: int | None, sure: float = SURE) -> list[ToReview]:
        """Open suggestions of one tag or of all, best first; photos that are gone are left out.

        ``sure`` is where the band of that name begins for tags that nobody decided on.
        """
        reader = self._connection.reader()
        where, values = "", ()  # type: tuple[str, tuple[Any, ...]]
        if tag is not None:
            where, values = " AND s.tag = ?", (rows.find_tag(reader, tag),)
        cursor = reader.execute(
            "SELECT s.photo, f.path, p.name, t.name, s.score, s.score >= coalesce(b.sure, l.sure, ?)"
            " FROM open_suggestions s JOIN photos p ON p.id = s.photo JOIN folders f ON f.id = p.folder"
            " JOIN tags t ON t.id = s.tag LEFT JOIN learnt l ON l.tag = s.tag"
            " LEFT JOIN bands b ON b.tag = s.tag"
            f" WHERE p.presence <> 2{where} ORDER BY s.score DESC, s.photo, t.key LIMIT ?",
            (sure, *values, -1 if limit is None else limit),
        )
        return [_to_review(row) for row in cursor]


@dataclass(slots=True)
class _Chunk:
    """Rows for one transaction: (tag, photo) that go, (photo, tag, score, reasons) that come or change, photos for
    which a tag is new, and (tag, state, sure, ask) and (tag, decided, accepted) of tags that are complete with it; the
    same of tags that wait, as ``behind`` and ``unsure``."""

    gone: list[tuple[int, int]] = field(default_factory=list)
    new: list[tuple[int, int, float, str]] = field(default_factory=list)
    came: set[int] = field(default_factory=set)
    done: list[tuple[int, str, float, float]] = field(default_factory=list)
    counted: list[tuple[int, bytes, bytes]] = field(default_factory=list)
    behind: list[tuple[int, str, float, float]] = field(default_factory=list)
    unsure: list[tuple[int, bytes, bytes]] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return len(self.gone) + len(self.new) >= _CHUNK


_STORED: Final = (
    "SELECT a.photo, a.embedding, a.scores FROM annotations a JOIN models m ON m.id = a.model AND m.hash = ?"
)
_FITS: Final = "length(a.scores) = ? AND length(a.embedding) > 0"


def _packed(counts: NDArray[np.int32]) -> bytes:
    return np.asarray(counts, "<i4").tobytes()


def _to_review(row: Sequence[Any]) -> ToReview:
    photo, folder, name, tag, score, sure = row
    path = Path(os.fsdecode(folder)) / os.fsdecode(name)
    return ToReview(photo, path, tag, score, "sure" if sure else "ask")


__all__: Sequence[str] = (
    "STEPS",
    "SURE",
    "GivenTag",
    "Ground",
    "Learning",
    "Learnt",
    "Proposals",
    "Stored",
    "TaughtTag",
    "ToReview",
)
