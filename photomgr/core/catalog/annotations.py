"""What the network said: embeddings and raw scores by model, and the suggestions made of them. All derived."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from ..records import Change, Presence, Suggestion, ToAnnotate, What
from . import rows
from .connection import Connection

Embedded = tuple[int, bytes, bytes, bytes, Sequence[Suggestion]]


class Annotations:
    """The part of the catalog that can be made again by running the network."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def waiting(self, model: str, *, again: bool = False, limit: int | None = None) -> list[ToAnnotate]:
        """Photos that can be read, are here, and lack scores of this model for their present content.

        ``again`` takes all that are here. Those that somebody decided on come first, since learning rests on them;
        then the newest, since those are what one looks at. What the model refused before comes last.
        """
        where, values = self._where(model, again)
        cursor = self._connection.reader().execute(
            f"SELECT p.id, f.path, p.name, p.content FROM photos p JOIN folders f ON f.id = p.folder{where}"
            f" ORDER BY p.id IN (SELECT value FROM json_each(?)), {_DECIDED} DESC,"
            " coalesce(p.taken, p.added) DESC, p.id LIMIT ?",
            (*values, rows.id_list(self._declined(model)), -1 if limit is None else limit),
        )
        return [
            ToAnnotate(photo, Path(os.fsdecode(folder)) / os.fsdecode(name), content)
            for photo, folder, name, content in cursor
        ]

    def count_waiting(self, model: str) -> int:
        """How many photos ``waiting`` would give."""
        where, values = self._where(model, False)
        row = self._connection.reader().execute(f"SELECT count(*) FROM photos p{where}", values).fetchone()
        return int(row[0])

    def still_waiting(self, model: str, ids: Iterable[int]) -> frozenset[int]:
        """Which of these photos ``waiting`` would give, less those that the model refused."""
        where, values = self._where(model, False)
        cursor = self._connection.reader().execute(
            f"SELECT p.id FROM photos p{where} AND p.id IN (SELECT value FROM json_each(?))",
            (*values, rows.id_list(ids)),
        )
        return frozenset(photo for (photo,) in cursor).difference(self._declined(model))

    def decline(self, model: str, photos: Iterable[int]) -> None:
        """Note which photos a model refused. They go on waiting, and nobody waits for them."""
        refused = sorted({*self._declined(model), *photos})
        with self._connection.transaction() as writer:
            writer.execute(
                "INSERT OR REPLACE INTO meta VALUES ('declined', ?)",
                (json.dumps({"model": model, "photos": refused}),),
            )

    def _declined(self, model: str) -> list[int]:
        found = json.loads(self._connection.meta("declined") or "{}")
        return list(map(int, found["photos"])) if found.get("model") == model else []

    @staticmethod
    def _where(model: str, again: bool) -> tuple[str, tuple[object, ...]]:
        here = f" WHERE p.presence = {Presence.HERE.value} AND p.problem IS NULL AND p.content IS NOT NULL"
        if again:
            return here, ()
        return (
            " LEFT JOIN annotations a ON a.photo = p.id AND a.content = p.content"
            " AND a.model = (SELECT id FROM models WHERE hash = ?)" + here + " AND a.photo IS NULL",
            (model,),
        )

    def write(self, model: str, results: Iterable[Embedded]) -> Change:
        """Store (photo, content, embedding, scores, suggestions) of a batch in one transaction.

        What was learnt of a tag stands until it is learnt anew, or the model itself says something of the tag.
        """
        results = list(results)
        with self._connection.transaction() as writer:
            revision = self._connection.next_revision()
            writer.execute("INSERT OR IGNORE INTO models (hash) VALUES (?)", (model,))
            model_id = writer.execute("SELECT id FROM models WHERE hash = ?", (model,)).fetchone()[0]
            writer.executemany(
                "INSERT OR REPLACE INTO annotations (photo, model, content, embedding, scores)"
                " VALUES (?, ?, ?, ?, ?)",
                [(photo, model_id, content, vector, scores) for photo, content, vector, scores, _ in results],
            )
            writer.executemany(
                "DELETE FROM suggestions WHERE photo = ? AND tag NOT IN (SELECT tag FROM learnt)",
                [(each[0],) for each in results],
            )
            names = {one.tag for each in results for one in each[4]}
            tags = {name: rows.tag_id(writer, name) for name in names}
            writer.executemany(
                "DELETE FROM suggestions WHERE photo = ? AND tag = ?",
                [(each[0], tags[one.tag]) for each in results for one in each[4]],
            )
            # Two words of the network may lead to one tag of the person.
            writer.executemany(
                "INSERT INTO suggestions (photo, tag, score, reasons) VALUES (?, ?, ?, ?) ON CONFLICT (photo, tag)"
                " DO UPDATE SET score = excluded.score, reasons = excluded.reasons WHERE excluded.score > score",
                [
                    (each[0], tags[one.tag], one.score, json.dumps(one.reasons))
                    for each in results
                    for one in each[4]
                ],
            )
            ids = frozenset(each[0] for each in results)
            rows.stamp(writer, ids, revision)
        return Change(What.SUGGESTIONS, ids, revision=revision)

    def refused(self) -> dict[int, list[str]]:
        """Photo -> the keys (``tag_key``) of the tags that the person refused for it."""
        found: dict[int, list[str]] = {}
        for photo, key in self._connection.reader().execute(
            "SELECT d.photo, t.key FROM decisions d JOIN tags t ON t.id = d.tag WHERE d.state = 'rejected'"
            " UNION ALL SELECT d.photo, n.key FROM decisions d JOIN names n ON n.tag = d.tag"
            " WHERE d.state = 'rejected' AND n.kind <> 'alias'"
        ):
            found.setdefault(photo, []).append(key)
        return found


_DECIDED: Final = (
    "EXISTS (SELECT 1 FROM decisions d WHERE d.photo = p.id AND d.state IN ('accepted', 'rejected')"
    " AND d.source IN ('person', 'file'))"
)
