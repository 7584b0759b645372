"""Every decision out as plain records, and records back in as one undoable action.

The records are documented in resources/reference/export.md. Photos are found again by their content, then by their
path, then by the end of their path.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ..errors import UsageError
from ..records import LABEL_COLOURS, Change, Source, tag_key
from . import rows, tag_facts, texts
from .connection import Connection
from .schema import now
from .tag_facts import Effect, about
from .verdicts import Says, Verdicts

VERSION: Final = 1
Record = dict[str, Any]
_STATES: Final = {"accepted": "tags", "rejected": "rejected", "removed": "removed"}


@dataclass(slots=True)
class Imported:
    """How an import went; ``unknown`` are the first paths of photos that are not in this catalog."""

    photos: int = 0
    missing: int = 0
    tags: int = 0
    unknown: list[str] = field(default_factory=list)


class Porting:
    """The part of the catalog that leaves it and comes back."""

    def __init__(self, connection: Connection, verdicts: Verdicts) -> None:
        self._connection = connection
        self._verdicts = verdicts

    # out

    def records(self) -> Iterator[Record]:
        """Everything that a person, a file or a run decided: a head, then tags, sets, photos, albums, searches."""
        reader = self._connection.reader()
        yield {"kind": "photomgr", "version": VERSION, "made": now()}
        yield from _tags(reader)
        for slot, name, tags in reader.execute("SELECT slot, name, tags FROM tag_sets ORDER BY slot"):
            yield {"kind": "set", "slot": slot, "name": name, "tags": json.loads(tags)}
        yield from _photos(reader)
        yield from _albums(reader)

    def tags(self) -> Iterator[Record]:
        """What was decided of tags themselves, as records."""
        return _tags(self._connection.reader())

    # in

    def take_in(self, records: Iterable[Record], text: Says) -> tuple[Change, Imported]:
        """Decide as the records say, in one undoable action; what they do not mention stays.

        Raises UsageError for records that are none, or of a newer version.
        """
        result = Imported()
        with self._connection.transaction() as writer:
            effects: dict[tuple[object, ...], Effect] = {}
            finder = _Finder(writer)
            for record in records:
                for effect in _effects(writer, record, finder, result):
                    whole = "" if effect.photo and effect.verdict != "shelve" else effect.after
                    effects[effect.photo, "" if effect.tag else effect.verdict, effect.tag, whole] = effect
            straight = tag_facts.without_circles(writer, effects.values())
            real = [each for each in straight if each.before != each.after]
            return self._verdicts.commit(writer, real, text), result


def _tags(reader: sqlite3.Connection) -> Iterator[Record]:
    called = dict(reader.execute("SELECT id, name FROM tags").fetchall())
    facts: dict[int, Record] = {}

    def of(tag: int) -> Record:
        return facts.setdefault(tag, {"kind": "tag", "name": called[tag]})

    for tag, parent, stands in reader.execute("SELECT tag, parent, stands FROM parents ORDER BY parent"):
        of(tag).setdefault("parents" if stands else "not_parents", []).append(called[parent])
    for tag, name, kind, language in reader.execute(
        "SELECT tag, name, kind, language FROM names ORDER BY key"
    ):
        of(tag).setdefault("names", []).append({"name": name, "kind": kind, "language": language})
    for table in ("automatic", "ignored"):
        for (tag,) in reader.execute(f"SELECT tag FROM {table}"):
            of(tag)[table] = True
    for tag, sure, ask in reader.execute("SELECT tag, sure, ask FROM bands"):
        of(tag)["bands"] = [sure, ask]
    yield from (facts[tag] for tag in sorted(facts, key=lambda each: tag_key(called[each])))


def _photos(reader: sqlite3.Connection) -> Iterator[Record]:
    decided: dict[int, dict[str, list[Record]]] = {}
    for photo, name, state, source, at in reader.execute(
        "SELECT d.photo, t.name, d.state, d.source, d.at FROM decisions d JOIN tags t ON t.id = d.tag"
        " ORDER BY d.photo, t.key"
    ):
        lists = decided.setdefault(photo, {})
        lists.setdefault(_STATES[state], []).append({"tag": name, "source": source, "when": at})
    for photo, folder, name, content, rating, rating_source, label, label_source, *own in reader.execute(
        "SELECT p.id, f.path, p.name, p.content, p.rating, p.rating_source, p.label, p.label_source,"
        " p.own_title, p.own_caption"
        " FROM photos p JOIN folders f ON f.id = p.folder ORDER BY f.path, p.name"
    ):
        lists = decided.get(photo, {})
        given = {field: text for field, text in zip(texts.FIELDS, own, strict=True) if text is not None}
        if not lists and not rating and label is None and rating_source is None and not given:
            continue
        path = os.fsdecode(os.path.join(folder, name))
        record: Record = {"kind": "photo", "path": path, "content": (content or b"").hex(), **lists}
        if rating_source is not None:
            record["rating"] = {"stars": rating, "source": rating_source}
        if label_source is not None:
            record["label"] = {"colour": label, "source": label_source}
        yield record | given


def _albums(reader: sqlite3.Connection) -> Iterator[Record]:
    for album, name, place in reader.execute(
        "SELECT id, name, place FROM albums ORDER BY place, key"
    ).fetchall():
        photos = [
            {"path": os.fsdecode(os.path.join(folder, file)), "content": (content or b"").hex()}
            for folder, file, content in reader.execute(
                "SELECT f.path, p.name, p.content FROM album_photos x JOIN photos p ON p.id = x.photo"
                " JOIN folders f ON f.id = p.folder WHERE x.album = ? ORDER BY p.id",
                (album,),
            )
        ]
        yield {"kind": "album", "name": name, "place": place, "photos": photos}
    for name, query, sort, place in reader.execute(
        "SELECT name, query, sort, place FROM searches ORDER BY place"
    ):
        yield {"kind": "search", "name": name, "query": query, "sort": sort, "place": place}


class _Finder:
    """Finds the photo of a record, each once as long as there are several of one content."""

    def __init__(self, reader: sqlite3.Connection) -> None:
        self._by_content: dict[bytes, list[tuple[int, str]]] = {}
        self._by_path: dict[str, int] = {}
        self._by_name: dict[str, list[tuple[int, str]]] = {}
        self._taken: dict[str, int] = {}
        for photo, folder, name, content in reader.execute(
            "SELECT p.id, f.path, p.name, p.content FROM photos p JOIN folders f ON f.id = p.folder"
            " ORDER BY p.presence, p.id"
        ):
            path = os.fsdecode(os.path.join(folder, name))
            self._by_path.setdefault(path, photo)
            self._by_name.setdefault(os.fsdecode(name).casefold(), []).append((photo, path))
            if content:
                self._by_content.setdefault(content, []).append((photo, path))

    def find(self, record: Record) -> int | None:
        path = str(record.get("path", ""))
        if path in self._taken:
            return self._taken[path]
        found = self._of_content(record, path) or self._by_path.get(path) or self._by_end(path)
        if found is not None:
            self._taken[path] = found
        return found

    def _of_content(self, record: Record, path: str) -> int | None:
        try:
            same = self._by_content.get(bytes.fromhex(str(record.get("content", ""))), [])
        except ValueError:
            return None
        taken = set(self._taken.values())
        name = os.path.basename(path)
        likely = sorted(
            same, key=lambda each: (each[1] != path, os.path.basename(each[1]) != name, each[0] in taken)
        )
        return likely[0][0] if likely else None

    def _by_end(self, path: str) -> int | None:
        """A library that lies elsewhere now: the one photo whose path ends with folder and name."""
        parts = path.replace("\\", "/").rsplit("/", 2)[-2:]
        there = self._by_name.get(parts[-1].casefold(), [])
        alike = [
            photo for photo, other in there if other.replace("\\", "/").split("/")[-len(parts) :] == parts
        ]
        return alike[0] if len(alike) == 1 else None


def _effects(
    writer: sqlite3.Connection, record: Record, finder: _Finder, result: Imported
) -> Iterator[Effect]:
    kind = record.get("kind")
    try:
        if kind == "photomgr":
            if int(record["version"]) > VERSION:
                raise UsageError("This export was made by a newer photomgr. Update the program.")
        elif kind == "tag":
            result.tags += 1
            yield from _tag_effects(writer, record)
        elif kind == "set":
            row = writer.execute(
                "SELECT name, tags FROM tag_sets WHERE slot = ?", (record["slot"],)
            ).fetchone()
            before = {"slot": record["slot"], "name": row[0], "tags": json.loads(row[1])} if row else None
            yield about("set", None, before, {key: record[key] for key in ("slot", "name", "tags")})
        elif kind == "photo":
            yield from _photo_effects(writer, record, finder, result)
        elif kind in ("album", "search"):
            yield from (_album_effects if kind == "album" else _search_effects)(writer, record, finder)
        else:
            raise UsageError(f"This is no export of photomgr: a line of kind {kind!r}.")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"This export has a line that cannot be understood: {error}.") from error


def _tag_effects(writer: sqlite3.Connection, record: Record) -> Iterator[Effect]:
    tag = rows.tag_id(writer, rows.clean_tag(str(record["name"])))
    for key, stands in (("parents", True), ("not_parents", False)):
        for name in record.get(key, ()):
            parent = rows.tag_id(writer, rows.clean_tag(str(name)))
            row = writer.execute(
                "SELECT stands FROM parents WHERE tag = ? AND parent = ?", (tag, parent)
            ).fetchone()
            before = {"parent": parent, "stands": bool(row[0])} if row else None
            if parent != tag:
                yield about("parent", tag, before, {"parent": parent, "stands": stands})
    for entry in record.get("names", ()):
        name = rows.clean_tag(str(entry["name"]))
        row = writer.execute(
            "SELECT name, tag, kind, language FROM names WHERE key = ?", (tag_key(name),)
        ).fetchone()
        own = writer.execute("SELECT 1 FROM tags WHERE key = ?", (tag_key(name),)).fetchone()
        if own is None or row is not None:  # a tag of its own is not made another one's name unasked
            before = dict(zip(("name", "tag", "kind", "language"), row, strict=True)) if row else None
            kind, language = str(entry.get("kind", "alias")), str(entry.get("language", ""))
            yield about("name", tag, before, {"name": name, "tag": tag, "kind": kind, "language": language})
    for kind, table in (("automatic", "automatic"), ("ignore", "ignored")):
        if record.get(table):
            was = writer.execute(f"SELECT 1 FROM {table} WHERE tag = ?", (tag,)).fetchone() is not None
            yield about(kind, tag, was or None, True)
    if record.get("bands"):
        sure, ask = map(float, record["bands"])
        row = writer.execute("SELECT sure, ask FROM bands WHERE tag = ?", (tag,)).fetchone()
        yield about("bands", tag, row and list(row), [sure, ask])


def _photo_effects(
    writer: sqlite3.Connection, record: Record, finder: _Finder, result: Imported
) -> Iterator[Effect]:
    photo = finder.find(record)
    if photo is None:
        result.missing += 1
        if len(result.unknown) < 1000:
            result.unknown.append(str(record.get("path", "")))
        return
    result.photos += 1
    stand = {
        tag: f"{state}/{source}"
        for tag, state, source in writer.execute(
            "SELECT tag, state, source FROM decisions WHERE photo = ?", (photo,)
        )
    }
    for state, key in _STATES.items():
        verdict = {"accepted": "tag", "rejected": "reject", "removed": "untag"}[state]
        for entry in record.get(key, ()):
            tag = rows.tag_id(writer, rows.clean_tag(str(entry["tag"])))
            source = str(Source(entry.get("source", Source.PERSON)))
            yield Effect(photo, verdict, tag, stand.get(tag), f"{state}/{source}")
    yield from _marks(writer, photo, record)


def _marks(writer: sqlite3.Connection, photo: int, record: Record) -> Iterator[Effect]:
    stars, stars_by, colour, colour_by = writer.execute(
        "SELECT rating, rating_source, label, label_source FROM photos WHERE id = ?", (photo,)
    ).fetchone()
    if rating := record.get("rating"):
        number, source = int(rating["stars"]), str(Source(rating.get("source", Source.PERSON)))
        if number in range(6):
            yield Effect(photo, "rate", None, f"{stars}/{stars_by or ''}", f"{number}/{source}")
    if label := record.get("label"):
        wanted, source = label["colour"] or "", str(Source(label.get("source", Source.PERSON)))
        if wanted in ("", *LABEL_COLOURS):
            yield Effect(photo, "label", None, f"{colour or ''}/{colour_by or ''}", f"{wanted}/{source}")
    for name in texts.FIELDS:
        if name in record:
            yield from texts.wanted(writer, name, texts.cleaned(name, str(record[name])), [photo])


def _album_effects(writer: sqlite3.Connection, record: Record, finder: _Finder) -> Iterator[Effect]:
    name = rows.clean_tag(str(record["name"]))
    row = writer.execute("SELECT id FROM albums WHERE key = ?", (tag_key(name),)).fetchone()
    if row is None:
        album = 1 + writer.execute("SELECT coalesce(max(id), 0) FROM albums").fetchone()[0]
        after = {"id": album, "name": name, "place": float(record.get("place", 0))}
        # made at once, so that the next album gets another number; the effect then says it again
        writer.execute("INSERT INTO albums (id, key, name, place) VALUES (?, ?, ?, ?)",
                       (album, tag_key(name), name, after["place"]))  # fmt: skip
        yield about("album", None, None, after)
    else:
        album = row[0]
    held = {photo for (photo,) in writer.execute("SELECT photo FROM album_photos WHERE album = ?", (album,))}
    for each in record.get("photos", ()):
        photo = finder.find(each)
        if photo is not None and photo not in held:
            held.add(photo)
            yield about("shelve", None, None, {"album": album}, photo)


def _search_effects(writer: sqlite3.Connection, record: Record, _finder: _Finder) -> Iterator[Effect]:
    name = rows.clean_tag(str(record["name"]))
    row = writer.execute(
        "SELECT name, query, sort, place FROM searches WHERE key = ?", (tag_key(name),)
    ).fetchone()
    before = dict(zip(("name", "query", "sort", "place"), row, strict=True)) if row else None
    after = {"name": name, "query": str(record["query"]), "sort": str(record["sort"]),
             "place": float(record.get("place", 0))}  # fmt: skip
    yield about("search", None, before, after)
