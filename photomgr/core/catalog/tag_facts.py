"""What a person says of tags themselves, as effects: the one place that writes bands, names, parents and the like.

A verdict on photo 0 is about a tag or about learning as a whole. ``before`` and ``after`` hold what stood and what
stands, as JSON, None for nothing; so undo and redo need to know no more than for any other verdict.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..records import Source, tag_key
from . import clashes, places, rows, shelves

ABOUT_TAGS: Final = 0
"""The photo of verdicts that are about no photo."""

NETWORKS: Final = "networks"
"""The verdict on which networks speak beside the shipped one: lists of names."""

KINDS: Final = shelves.KINDS | {
    places.PLACE,
    "clash",
    NETWORKS,
    *("bands", "automatic", "ignore", "name", "rename", "parent", "set", "lookalike", "said", "until"),
}
_MAPPING: Final = frozenset({"name", "parent"})  # those that may change which tags imply which


@dataclass(frozen=True, slots=True)
class Effect:
    """One row of ``verdicts`` before it is written. ``before`` and ``after`` read ``state/source``,
    for a rating ``stars/source``, for a label ``colour/source``; None means nothing stood there."""

    photo: int
    verdict: str
    tag: int | None
    before: str | None
    after: str | None
    source: str = Source.PERSON
    model: str | None = None
    score: float | None = None
    witnesses: str | None = None


def about(verdict: str, tag: int | None, before: Any, after: Any, photo: int = ABOUT_TAGS) -> Effect:
    """An effect on a tag; ``before`` and ``after`` are what JSON can hold, None for nothing."""
    return Effect(photo, verdict, tag, _text(before), _text(after))


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def apply(writer: sqlite3.Connection, effects: Sequence[Effect]) -> set[int]:
    """Bring the tables to what the effects say; the photos whose place in searches that moves are the result."""
    touched: set[int] = set()
    for each in effects:
        before = json.loads(each.before) if each.before is not None else None
        after = json.loads(each.after) if each.after is not None else None
        if each.verdict == places.PLACE:
            places.write(writer, each.photo, before, after)
            touched.add(each.photo)
            continue
        if each.verdict == "clash":
            clashes.write(writer, before, after)
            touched.add(each.photo)
            continue
        if each.verdict in shelves.KINDS:
            shelves.write(writer, each.verdict, each.photo, before, after)
        else:
            _WRITE[each.verdict](writer, each, before, after)
        if each.verdict in ("rename", "ignore") and each.tag is not None:
            touched |= _photos_with(writer, each.tag)
    if any(each.verdict in _MAPPING for each in effects):
        touched |= imply(writer)
    return touched


def _photos_with(writer: sqlite3.Connection, tag: int) -> set[int]:
    cursor = writer.execute(
        "SELECT photo FROM decisions WHERE tag = ? UNION SELECT photo FROM suggestions WHERE tag = ?",
        (tag, tag),
    )
    return {photo for (photo,) in cursor}


def _bands(writer: sqlite3.Connection, effect: Effect, _before: Any, after: Any) -> None:
    if after is None:
        writer.execute("DELETE FROM bands WHERE tag = ?", (effect.tag,))
    else:
        writer.execute("INSERT OR REPLACE INTO bands VALUES (?, ?, ?)", (effect.tag, *after))


def _flag(table: str, writer: sqlite3.Connection, effect: Effect, after: Any) -> None:
    writer.execute(f"DELETE FROM {table} WHERE tag = ?", (effect.tag,))
    if after:
        writer.execute(f"INSERT INTO {table} VALUES (?)", (effect.tag,))


def _name(writer: sqlite3.Connection, effect: Effect, before: Any, after: Any) -> None:
    for entry in (before, after):
        if entry is not None:
            writer.execute("DELETE FROM names WHERE key = ?", (tag_key(entry["name"]),))
    if after is not None:
        writer.execute(
            "INSERT INTO names (key, name, tag, kind, language) VALUES (?, ?, ?, ?, ?)",
            (tag_key(after["name"]), after["name"], after["tag"], after["kind"], after["language"]),
        )


def _rename(writer: sqlite3.Connection, effect: Effect, _before: Any, after: Any) -> None:
    # A tag that was made under this name and taken back again stands in nobody's way.
    writer.execute(
        "UPDATE tags SET key = key || char(0) || id WHERE key = ? AND id <> ?", (tag_key(after), effect.tag)
    )
    writer.execute("UPDATE tags SET name = ?, key = ? WHERE id = ?", (after, tag_key(after), effect.tag))


def _parent(writer: sqlite3.Connection, effect: Effect, before: Any, after: Any) -> None:
    parent = (after or before)["parent"]
    writer.execute("DELETE FROM parents WHERE tag = ? AND parent = ?", (effect.tag, parent))
    if after is not None:
        writer.execute("INSERT INTO parents VALUES (?, ?, ?)", (effect.tag, parent, int(after["stands"])))


def _set(writer: sqlite3.Connection, _effect: Effect, before: Any, after: Any) -> None:
    slot = (after or before)["slot"]
    writer.execute("DELETE FROM tag_sets WHERE slot = ?", (slot,))
    if after is not None:
        tags = json.dumps(after["tags"], ensure_ascii=False)
        writer.execute("INSERT INTO tag_sets VALUES (?, ?, ?)", (slot, after["name"], tags))


def _lookalike(writer: sqlite3.Connection, effect: Effect, _before: Any, after: Any) -> None:
    pair = (effect.tag, effect.photo)
    writer.execute("DELETE FROM lookalikes WHERE tag = ? AND photo = ?", pair)
    if after:
        writer.execute("INSERT INTO lookalikes (tag, photo) VALUES (?, ?)", pair)


def _said(writer: sqlite3.Connection, effect: Effect, _before: Any, after: Any) -> None:
    pair = (effect.photo, effect.tag)
    writer.execute("DELETE FROM said WHERE photo = ? AND tag = ?", pair)
    if after:
        writer.execute("INSERT INTO said (photo, tag) VALUES (?, ?)", pair)


def _until(writer: sqlite3.Connection, _effect: Effect, _before: Any, after: Any) -> None:
    writer.execute("DELETE FROM meta WHERE key = 'learn_until'")
    if after is not None:
        writer.execute("INSERT INTO meta VALUES ('learn_until', ?)", (after,))


def _networks(writer: sqlite3.Connection, _effect: Effect, _before: Any, after: Any) -> None:
    writer.execute("DELETE FROM meta WHERE key = 'networks'")
    writer.execute("INSERT INTO meta VALUES ('networks', ?)", (json.dumps(after or [], ensure_ascii=False),))


_WRITE: Final = {
    "bands": _bands,
    "automatic": lambda writer, effect, _, after: _flag("automatic", writer, effect, after),
    "ignore": lambda writer, effect, _, after: _flag("ignored", writer, effect, after),
    "name": _name,
    "rename": _rename,
    "parent": _parent,
    "set": _set,
    "lookalike": _lookalike,
    "said": _said,
    "until": _until,
    NETWORKS: _networks,
}


# which tag implies which


def know(writer: sqlite3.Connection, pairs: Iterable[tuple[str, str]]) -> set[int]:
    """Take in the vocabulary's (tag, parent) names; the photos for which that settles other tags are the result."""
    wanted = sorted(set(pairs))
    writer.execute("DELETE FROM broader")
    writer.executemany(
        "INSERT OR IGNORE INTO broader VALUES (?, ?)",
        [(tag_key(child), tag_key(parent)) for child, parent in wanted],
    )
    for name in {name for pair in wanted for name in pair}:
        rows.tag_id(writer, name)
    return imply(writer)


def imply(writer: sqlite3.Connection) -> set[int]:
    """Bring ``implied`` and ``settled`` to what vocabulary and person say; the photos that this concerns."""
    wanted = {(tag, broader) for tag, above in ancestors(parents(writer)).items() for broader in above}
    known = set(writer.execute("SELECT tag, broader FROM implied").fetchall())
    gone, new = known - wanted, wanted - known
    if not gone and not new:
        return set()
    tags = rows.id_list({tag for tag, _ in gone | new})
    concerned = (
        "(SELECT photo FROM decisions WHERE state = 'accepted' AND tag IN (SELECT value FROM json_each(?)))"
    )
    touched = {photo for (photo,) in writer.execute(f"SELECT DISTINCT photo FROM {concerned}", (tags,))}
    refused = (
        "SELECT photo FROM decisions WHERE state = 'rejected' AND tag IN (SELECT value FROM json_each(?))"
    )
    above = rows.id_list({broader for _, broader in gone | new})
    touched |= {photo for (photo,) in writer.execute(refused, (above,))}
    writer.executemany("DELETE FROM implied WHERE tag = ? AND broader = ?", sorted(gone))
    writer.executemany("INSERT INTO implied VALUES (?, ?)", sorted(new))
    writer.execute(f"DELETE FROM settled WHERE photo IN {concerned}", (tags,))
    writer.execute(
        "INSERT OR IGNORE INTO settled SELECT d.photo, i.broader FROM decisions d JOIN implied i ON i.tag = d.tag"
        f" WHERE d.state = 'accepted' AND d.photo IN {concerned}",
        (tags,),
    )
    return touched


def parents(reader: sqlite3.Connection) -> dict[int, set[int]]:
    """Tag -> its direct parents: the vocabulary's and the person's own, without those that the person refused."""
    ids = dict(reader.execute("SELECT key, id FROM tags").fetchall())
    ids |= dict(reader.execute("SELECT key, tag FROM names").fetchall())
    found: dict[int, set[int]] = {}
    for child, parent in reader.execute("SELECT child, parent FROM broader"):
        if child in ids and parent in ids and ids[child] != ids[parent]:
            found.setdefault(ids[child], set()).add(ids[parent])
    for tag, parent, stands in reader.execute("SELECT tag, parent, stands FROM parents"):
        if stands:
            found.setdefault(tag, set()).add(parent)
        else:
            found.get(tag, set()).discard(parent)
    return found


def without_circles(reader: sqlite3.Connection, effects: Iterable[Effect]) -> Iterator[Effect]:
    """The effects without those that would put a tag above one that stands above it: the first of two that
    contradict each other holds."""
    direct = parents(reader)
    for each in effects:
        if each.verdict == "parent" and each.tag is not None:
            before, after = (
                json.loads(text) if text is not None else None for text in (each.before, each.after)
            )
            if after is not None and after["stands"]:
                above = after["parent"]
                if _stands_above(direct, each.tag, above):
                    continue
                direct.setdefault(each.tag, set()).add(above)
            elif gone := after or before:
                direct.get(each.tag, set()).discard(gone["parent"])
        yield each


def _stands_above(direct: dict[int, set[int]], tag: int, other: int) -> bool:
    """Whether ``tag`` is ``other``, or stands above it."""
    seen, queue = {other}, [other]
    while queue:
        for parent in direct.get(queue.pop(), ()):
            if parent not in seen:
                seen.add(parent)
                queue.append(parent)
    return tag in seen


def ancestors(direct: dict[int, set[int]]) -> dict[int, set[int]]:
    """Tag -> everything above it, itself never: a circle, which merging can make, ends where it began."""
    found = {}
    for tag in direct:
        above: set[int] = set()
        queue = list(direct[tag])
        while queue:
            parent = queue.pop()
            if parent not in above and parent != tag:
                above.add(parent)
                queue.extend(direct.get(parent, ()))
        found[tag] = above
    return found
