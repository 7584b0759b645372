"""Saved searches, albums and what was searched for lately. Each change but the last is one undoable action."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from ..errors import UsageError
from ..records import Change, tag_key
from . import rows
from .connection import Connection
from .schema import now
from .tag_facts import Effect, about
from .verdicts import Says, Verdicts

_RECENT: Final = 200  # searches that are remembered


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search under a name; ``sort`` is a Sort. They stand in the order of ``place``."""

    name: str
    query: str
    sort: str
    place: float


@dataclass(frozen=True, slots=True)
class Album:
    """Photos that a person put together; ``count`` of them are not gone."""

    id: int
    name: str
    place: float
    count: int


class Collections:
    """The part of the catalog that keeps what a person collected."""

    def __init__(self, connection: Connection, verdicts: Verdicts) -> None:
        self._connection = connection
        self._verdicts = verdicts

    # saved searches

    def searches(self) -> list[SavedSearch]:
        """In the order that the person gave them."""
        cursor = self._connection.reader().execute(
            "SELECT name, query, sort, place FROM searches ORDER BY place, key"
        )
        return [SavedSearch(*row) for row in cursor]

    def save(self, name: str, query: str, sort: str, text: Says) -> Change:
        """Keep a search under a name; one of that name is replaced."""
        clean = rows.clean_tag(name)
        with self._connection.transaction() as writer:
            before = self._search(writer, clean)
            place = before["place"] if before else _last(writer, "searches") + 1
            after = {"name": clean, "query": rows.storable(query), "sort": sort, "place": place}
            return self._commit(writer, [about("search", None, before, after)], text)

    def rename_search(self, name: str, new: str, text: Says) -> Change:
        """Raises UsageError for a name that is not there, or that another one has."""
        with self._connection.transaction() as writer:
            before = self._demand_search(writer, name)
            after = before | {"name": rows.clean_tag(new)}
            if tag_key(new) != tag_key(name) and self._search(writer, new) is not None:
                raise UsageError(f"There is a saved search “{after['name']}” already.")
            return self._commit(writer, [about("search", None, before, after)], text)

    def remove_search(self, name: str, text: Says) -> Change:
        """Forget a saved search. Raises UsageError."""
        with self._connection.transaction() as writer:
            before = self._demand_search(writer, name)
            return self._commit(writer, [about("search", None, before, None)], text)

    def order_searches(self, names: Sequence[str], text: Says) -> Change:
        """Put saved searches in this order; those not named follow."""
        with self._connection.transaction() as writer:
            stand = {tag_key(each.name): asdict(each) for each in self.searches()}
            wanted = [key for key in dict.fromkeys(map(tag_key, names)) if key in stand]
            effects = [
                about("search", None, stand[key], stand[key] | {"place": float(place)})
                for place, key in enumerate([*wanted, *(key for key in stand if key not in wanted)], start=1)
            ]
            return self._commit(writer, effects, text)

    @staticmethod
    def _search(reader: sqlite3.Connection, name: str) -> dict[str, Any] | None:
        row = reader.execute(
            "SELECT name, query, sort, place FROM searches WHERE key = ?", (tag_key(name),)
        ).fetchone()
        return asdict(SavedSearch(*row)) if row else None

    def _demand_search(self, reader: sqlite3.Connection, name: str) -> dict[str, Any]:
        found = self._search(reader, name)
        if found is None:
            raise UsageError(f"There is no saved search “{name}”.")
        return found

    # albums

    def albums(self) -> list[Album]:
        """In the order that the person gave them."""
        cursor = self._connection.reader().execute(
            "SELECT a.id, a.name, a.place, (SELECT count(*) FROM album_photos x JOIN photos p ON p.id = x.photo"
            " WHERE x.album = a.id AND p.presence <> 2) FROM albums a ORDER BY a.place, a.key"
        )
        return [Album(*row) for row in cursor]

    def in_album(self, name: str) -> list[int]:
        """The photos of an album, ascending; none for one that is not there."""
        cursor = self._connection.reader().execute(
            "SELECT x.photo FROM album_photos x JOIN albums a ON a.id = x.album WHERE a.key = ? ORDER BY x.photo",
            (tag_key(name),),
        )
        return [photo for (photo,) in cursor]

    def make_album(self, name: str, ids: Iterable[int], text: Says) -> Change:
        """Make an album, with photos in it. Raises UsageError when there is one of that name."""
        clean = rows.clean_tag(name)
        with self._connection.transaction() as writer:
            if self._album(writer, clean) is not None:
                raise UsageError(f"There is an album “{clean}” already.")
            number = 1 + writer.execute("SELECT coalesce(max(id), 0) FROM albums").fetchone()[0]
            after = {"id": number, "name": clean, "place": _last(writer, "albums") + 1}
            effects = [about("album", None, None, after), *self._shelved(writer, number, ids)]
            return self._commit(writer, effects, text)

    def add(self, name: str, ids: Iterable[int], text: Says) -> Change:
        """Put photos into an album; those in it stay. Raises UsageError."""
        with self._connection.transaction() as writer:
            album = self._demand_album(writer, name)
            return self._commit(writer, self._shelved(writer, album["id"], ids), text)

    def take(self, name: str, ids: Iterable[int], text: Says) -> Change:
        """Take photos out of an album. Raises UsageError."""
        with self._connection.transaction() as writer:
            album = self._demand_album(writer, name)
            stand = set(self.in_album(name))
            held = {"album": album["id"]}
            effects = [about("shelve", None, held, None, photo) for photo in sorted(stand.intersection(ids))]
            return self._commit(writer, effects, text)

    def rename_album(self, name: str, new: str, text: Says) -> Change:
        """Raises UsageError for a name that is not there, or that another one has."""
        with self._connection.transaction() as writer:
            before = self._demand_album(writer, name)
            after = before | {"name": rows.clean_tag(new)}
            other = self._album(writer, new)
            if other is not None and other["id"] != before["id"]:
                raise UsageError(f"There is an album “{after['name']}” already.")
            return self._commit(writer, [about("album", None, before, after)], text)

    def remove_album(self, name: str, text: Says) -> Change:
        """Forget an album; its photos stay where they are. Raises UsageError."""
        with self._connection.transaction() as writer:
            album = self._demand_album(writer, name)
            held = {"album": album["id"]}
            effects = [about("shelve", None, held, None, photo) for photo in self.in_album(name)]
            return self._commit(writer, [*effects, about("album", None, album, None)], text)

    def order_albums(self, names: Sequence[str], text: Says) -> Change:
        """Put albums in this order; those not named follow."""
        with self._connection.transaction() as writer:
            stand = {
                tag_key(each.name): {"id": each.id, "name": each.name, "place": each.place}
                for each in self.albums()
            }
            wanted = [key for key in dict.fromkeys(map(tag_key, names)) if key in stand]
            effects = [
                about("album", None, stand[key], stand[key] | {"place": float(place)})
                for place, key in enumerate([*wanted, *(key for key in stand if key not in wanted)], start=1)
            ]
            return self._commit(writer, effects, text)

    def _shelved(self, writer: sqlite3.Connection, album: int, ids: Iterable[int]) -> list[Effect]:
        wanted = set(ids)
        self._verdicts.demand(writer, wanted)
        held = {
            photo for (photo,) in writer.execute("SELECT photo FROM album_photos WHERE album = ?", (album,))
        }
        return [about("shelve", None, None, {"album": album}, photo) for photo in sorted(wanted - held)]

    @staticmethod
    def _album(reader: sqlite3.Connection, name: str) -> dict[str, Any] | None:
        row = reader.execute("SELECT id, name, place FROM albums WHERE key = ?", (tag_key(name),)).fetchone()
        return dict(zip(("id", "name", "place"), row, strict=True)) if row else None

    def _demand_album(self, reader: sqlite3.Connection, name: str) -> dict[str, Any]:
        found = self._album(reader, name)
        if found is None:
            raise UsageError(f"There is no album “{name}”.")
        return found

    # what was searched for lately

    def note(self, query: str) -> None:
        """Remember a search, as the latest one."""
        with self._connection.transaction() as writer:
            writer.execute("INSERT OR REPLACE INTO recent (query, at) VALUES (?, ?)", (query, now()))
            writer.execute(
                "DELETE FROM recent WHERE query NOT IN (SELECT query FROM recent ORDER BY at DESC LIMIT ?)",
                (_RECENT,),
            )

    def recent(self) -> list[str]:
        """What was searched for lately, the latest first."""
        cursor = self._connection.reader().execute("SELECT query FROM recent ORDER BY at DESC, query")
        return [query for (query,) in cursor]

    def _commit(self, writer: sqlite3.Connection, effects: Sequence[Effect], text: Says) -> Change:
        return self._verdicts.commit(writer, [each for each in effects if each.before != each.after], text)


def _last(reader: sqlite3.Connection, table: str) -> float:
    return float(reader.execute(f"SELECT coalesce(max(place), 0) FROM {table}").fetchone()[0])
