"""Tag house-keeping: names, parents, bands and sets of tags. Each change is one undoable action."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..errors import UsageError
from ..records import Change, tag_key
from . import rows, tag_facts, tag_rules
from .connection import Connection
from .tag_facts import Effect, about
from .verdicts import Says, Verdicts

SLOTS: Final = range(1, 10)
"""The places of tag sets: those of Alt+1 to Alt+9."""


@dataclass(frozen=True, slots=True)
class Name:
    """Another name of a tag. ``kind``: alias, label (a model's word), merged or renamed; ``language`` may be ""."""

    name: str
    tag: str
    kind: str
    language: str


@dataclass(frozen=True, slots=True)
class KeptTag:
    """What is kept of a tag beside its photos. ``sure`` and ``ask`` are its bands in force, None before any was
    learnt; ``by_hand`` says that the person set them."""

    tag: str
    parents: tuple[str, ...]
    names: tuple[Name, ...]
    sure: float | None
    ask: float | None
    by_hand: bool
    automatic: bool
    ignored: bool


@dataclass(frozen=True, slots=True)
class Merge:
    """What merging a tag into another does: photos that get the other tag, that have both, that are at odds
    (one accepted, the other refused: the other's decision stays), and that have the tag at all. ``kept`` are the rules
    of the tag that go with it, ``lost`` those that do not, by the names in :mod:`.tag_rules`."""

    photos: int
    both: int
    odds: int
    all: int
    kept: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TagSet:
    """Tags that are given together by one key: Alt and ``slot``, 1 to 9."""

    slot: int
    name: str
    tags: tuple[str, ...]


class Keeping:
    """The part of the catalog that knows what tags are called and how they belong together."""

    def __init__(self, connection: Connection, verdicts: Verdicts) -> None:
        self._connection = connection
        self._verdicts = verdicts

    # looking

    def tags(self) -> dict[str, KeptTag]:
        """Every tag by its name, those without photos too."""
        reader = self._connection.reader()
        called = dict(reader.execute("SELECT id, name FROM tags").fetchall())
        above = tag_facts.parents(reader)
        names: dict[int, list[Name]] = {}
        for name, tag, kind, language in reader.execute(
            "SELECT name, tag, kind, language FROM names ORDER BY key"
        ):
            if tag in called:  # another thread may have made it since the line above was read
                names.setdefault(tag, []).append(Name(name, called[tag], kind, language))
        learnt = {tag: (sure, ask) for tag, sure, ask in reader.execute("SELECT tag, sure, ask FROM learnt")}
        bands = {tag: (sure, ask) for tag, sure, ask in reader.execute("SELECT tag, sure, ask FROM bands")}
        automatic = {tag for (tag,) in reader.execute("SELECT tag FROM automatic")}
        ignored = {tag for (tag,) in reader.execute("SELECT tag FROM ignored")}
        found = {}
        for tag, name in called.items():
            sure, ask = bands.get(tag, learnt.get(tag, (None, None)))
            parents = tuple(
                sorted((called[each] for each in above.get(tag, ()) if each in called), key=str.casefold)
            )
            found[name] = KeptTag(
                name,
                parents,
                tuple(names.get(tag, ())),
                sure,
                ask,
                tag in bands,
                tag in automatic,
                tag in ignored,
            )
        return found

    def names(self) -> list[Name]:
        """Every other name that leads to a tag."""
        cursor = self._connection.reader().execute(
            "SELECT n.name, t.name, n.kind, n.language FROM names n JOIN tags t ON t.id = n.tag ORDER BY n.key"
        )
        return [Name(*row) for row in cursor]

    def find(self, name: str) -> str | None:
        """What a tag is called now, by any of its names; None when there is no such tag."""
        reader = self._connection.reader()
        tag = rows.find_tag(reader, name)
        return None if tag is None else rows.tag_name(reader, tag)

    def is_known(self, fingerprint: str) -> bool:
        """Whether the vocabulary of this fingerprint was taken in."""
        return bool(self._connection.meta("vocabulary") == fingerprint)

    def know(self, fingerprint: str, parents: Iterable[tuple[str, str]]) -> None:
        """Take in which tags imply which, by the vocabulary."""
        with self._connection.transaction() as writer:
            touched = tag_facts.know(writer, parents)
            writer.execute("INSERT OR REPLACE INTO meta VALUES ('vocabulary', ?)", (fingerprint,))
            if touched:
                rows.stamp(writer, touched, self._connection.next_revision())

    # single facts

    def set_bands(self, tag: str, bands: tuple[float, float] | None, text: Says) -> Change:
        """Fix (sure, ask) of a tag, or with None leave them to learning again. Raises UsageError."""
        if bands is not None and not 0 < bands[1] <= bands[0] <= 1:
            raise UsageError("The sure band begins at or above the ask band, and both lie between 0 and 1.")
        with self._connection.transaction() as writer:
            found = self._tag(writer, tag, new=True)
            row = writer.execute("SELECT sure, ask FROM bands WHERE tag = ?", (found,)).fetchone()
            before, after = row and list(row), bands and list(bands)
            return self._commit(writer, [about("bands", found, before, after)], text)

    def set_automatic(self, tag: str, on: bool, text: Says) -> Change:
        """Let the sure suggestions of a tag be accepted by themselves from now on, or no more."""
        return self._flag("automatic", "automatic", tag, on, text)

    def set_ignored(self, tag: str, on: bool, text: Says, refused: Sequence[int] = ()) -> Change:
        """Never suggest a tag anywhere, or allow it again; decisions stay. It is refused for ``refused`` too."""
        return self._flag("ignore", "ignored", tag, on, text, refused)

    def _flag(
        self, kind: str, table: str, tag: str, on: bool, text: Says, refused: Sequence[int] = ()
    ) -> Change:
        with self._connection.transaction() as writer:
            found = self._tag(writer, tag, new=on)
            was = writer.execute(f"SELECT 1 FROM {table} WHERE tag = ?", (found,)).fetchone() is not None
            effects = [about(kind, found, was or None, on or None)]
            self._verdicts.demand(writer, set(refused))
            stand = dict(_decisions(writer, found))
            effects += [
                Effect(photo, "reject", found, stand.get(photo), "rejected/person")
                for photo in sorted(set(refused))
            ]
            return self._commit(writer, effects, text)

    def set_parent(self, tag: str, parent: str, on: bool, text: Says) -> Change:
        """Let a tag imply a broader one, or no longer. Raises UsageError for a circle."""
        with self._connection.transaction() as writer:
            child, above = self._tag(writer, tag, new=True), self._tag(writer, parent, new=on)
            direct = tag_facts.parents(writer)
            if on and (child == above or child in tag_facts.ancestors(direct).get(above, ())):
                raise UsageError(f"“{parent}” cannot be above “{tag}”: it is the same or stands below it.")
            if on == (above in direct.get(child, ())):
                return self._commit(writer, [], text)
            row = writer.execute(
                "SELECT stands FROM parents WHERE tag = ? AND parent = ?", (child, above)
            ).fetchone()
            before = {"parent": above, "stands": bool(row[0])} if row else None
            by_vocabulary = row is None or not row[0]
            after = {"parent": above, "stands": on} if on or by_vocabulary else None
            return self._commit(writer, [about("parent", child, before, after)], text)

    def set_tags_of(self, slot: int, name: str, tags: Sequence[str], text: Says) -> Change:
        """What Alt and ``slot`` gives; no tags empty the place. Raises UsageError."""
        if slot not in SLOTS:
            raise UsageError("A tag set has a place from 1 to 9.")
        clean = list(dict.fromkeys(rows.clean_tag(tag) for tag in tags))
        with self._connection.transaction() as writer:
            row = writer.execute("SELECT name, tags FROM tag_sets WHERE slot = ?", (slot,)).fetchone()
            before = {"slot": slot, "name": row[0], "tags": json.loads(row[1])} if row else None
            after = {"slot": slot, "name": rows.clean_tag(name), "tags": clean} if clean else None
            return self._commit(writer, [about("set", None, before, after)], text)

    def sets(self) -> list[TagSet]:
        """The tag sets by their place."""
        cursor = self._connection.reader().execute("SELECT slot, name, tags FROM tag_sets ORDER BY slot")
        return [TagSet(slot, name, tuple(json.loads(tags))) for slot, name, tags in cursor]

    def set_until(self, moment: str | None, text: Says) -> Change:
        """Learn from decisions up to a moment (UTC, ISO 8601) alone, or with None from all."""
        with self._connection.transaction() as writer:
            return self._commit(writer, [about("until", None, self.until(), moment)], text)

    def until(self) -> str | None:
        """Up to which moment decisions are learnt from; None: all of them."""
        found = self._connection.meta("learn_until")
        return None if found is None else str(found)

    # names

    def add_name(self, tag: str, name: str, kind: str, language: str, text: Says) -> Change:
        """Let ``name`` lead to ``tag``; ``language`` as BCP 47 names it, or "". Raises UsageError for a name that has
        decisions of its own, and for a language that is none."""
        if not re.fullmatch(r"[A-Za-z0-9-]{0,35}", language):
            raise UsageError("A language is named by its code, such as de or pt-BR.")
        with self._connection.transaction() as writer:
            found = self._tag(writer, tag, new=True)
            clean = rows.clean_tag(name)
            other = writer.execute("SELECT id FROM tags WHERE key = ?", (tag_key(clean),)).fetchone()
            if other is not None and other[0] == found:
                raise UsageError(f"“{clean}” is what this tag is called.")
            entry = _entry(writer, clean)
            if entry is not None and entry["tag"] != found:
                owner = rows.tag_name(writer, entry["tag"])
                raise UsageError(f"“{clean}” is another name of “{owner}” already.")
            if other is not None and _is_used(writer, other[0]):
                raise UsageError(f"“{clean}” is a tag with photos of its own: merge it into “{tag}” instead.")
            wanted = {"name": clean, "tag": found, "kind": kind, "language": language}
            effects = [about("name", found, entry, wanted)]
            if other is not None:
                effects += _moved_above(writer, other[0], found)
                self._move_suggestions(writer, other[0], found)
            return self._commit(writer, effects, text)

    def drop_name(self, name: str, text: Says) -> Change:
        """Forget another name. Raises UsageError when nothing is called so."""
        with self._connection.transaction() as writer:
            entry = _entry(writer, name)
            if entry is None:
                raise UsageError(f"“{rows.storable(name)}” is no other name of a tag.")
            effects = [about("name", entry["tag"], entry, None)]
            own = writer.execute("SELECT id FROM tags WHERE key = ?", (tag_key(name),)).fetchone()
            if own is not None:  # it is a tag again, to be learnt again
                effects.append(about("name", own[0], None, None))
            return self._commit(writer, effects, text)

    def rename(self, old: str, new: str, text: Says) -> Change:
        """Call a tag something else; decisions, history and the old name stay with it.

        Raises UsageError when another tag is called so: merging is something else.
        """
        with self._connection.transaction() as writer:
            tag = self._tag(writer, old)
            before, after = rows.tag_name(writer, tag), rows.clean_tag(new)
            entry = _entry(writer, after)
            other = writer.execute("SELECT id FROM tags WHERE key = ?", (tag_key(after),)).fetchone()
            if (entry is not None and entry["tag"] != tag) or (other is not None and other[0] != tag):
                taken = "a tag already" if entry is None else "another name of a tag already"
                raise UsageError(f"“{after}” is {taken}: merge the two instead.")
            effects = []
            if entry is not None:
                effects.append(about("name", tag, entry, None))
            if before != after:
                effects.append(about("rename", tag, before, after))
            if tag_key(before) != tag_key(after):
                kept = {"name": before, "tag": tag, "kind": "renamed", "language": ""}
                effects.append(about("name", tag, None, kept))
            return self._commit(writer, effects, text)

    # merging

    def preview(self, tag: str, into: str) -> Merge:
        """What ``merge`` would do; nothing is written. Raises UsageError."""
        reader = self._connection.reader()
        one, other = self._tag(reader, tag), rows.find_tag(reader, into)
        if one == other:
            raise UsageError(f"“{tag}” and “{into}” are one tag already.")
        row = reader.execute(
            "SELECT coalesce(sum(a.state = 'accepted' AND coalesce(b.state, 'removed') = 'removed'), 0),"
            " coalesce(sum(a.state = 'accepted' AND coalesce(b.state, '') = 'accepted'), 0),"
            " coalesce(sum(a.state || coalesce(b.state, '') IN ('acceptedrejected', 'rejectedaccepted')), 0),"
            " coalesce(sum(a.state = 'accepted'), 0)"
            " FROM decisions a LEFT JOIN decisions b ON b.photo = a.photo AND b.tag = ? WHERE a.tag = ?",
            (-1 if other is None else other, one),
        ).fetchone()
        kept, lost = tag_rules.kept_and_lost(reader, one, other)
        return Merge(row[0], row[1], row[2], row[3], tuple(kept), lost)

    def merge(self, tag: str, into: str, text: Says, kind: str = "merged") -> Change:
        """Let all decisions on a tag be such on another, which keeps its own where the two differ.

        The name leads to the other tag from now on, in files and in what the network says. Raises UsageError.
        """
        with self._connection.transaction() as writer:
            one, other = self._tag(writer, tag), self._tag(writer, into, new=True)
            if one == other:
                raise UsageError(f"“{tag}” and “{into}” are one tag already.")
            stand = dict(_decisions(writer, other))
            effects: list[Effect] = []
            for photo, state in _decisions(writer, one):
                effects.append(Effect(photo, "merge", one, state, None, state.rpartition("/")[2]))
                kept = stand.get(photo)
                if kept is None or kept.startswith("removed/"):
                    effects.append(Effect(photo, "merge", other, kept, state, state.rpartition("/")[2]))
            files = {photo for (photo,) in writer.execute("SELECT photo FROM said WHERE tag = ?", (other,))}
            for (photo,) in writer.execute("SELECT photo FROM said WHERE tag = ?", (one,)).fetchall():
                effects.append(about("said", one, True, None, photo))
                if photo not in files:
                    effects.append(about("said", other, None, True, photo))
            effects += self._led_to(writer, one, other, kind)
            effects += tag_facts.without_circles(writer, _moved_above(writer, one, other))
            self._move_suggestions(writer, one, other)
            return self._commit(writer, effects, text)

    @staticmethod
    def _led_to(writer: sqlite3.Connection, one: int, other: int, kind: str) -> list[Effect]:
        """Every name of a tag leads to the other one."""
        name = rows.tag_name(writer, one)
        effects = [about("name", one, None, {"name": name, "tag": other, "kind": kind, "language": ""})]
        # The other tag is to be learnt again, from both words of the network.
        effects.append(about("name", other, None, None))
        for entry in _entries(writer, one):
            effects.append(about("name", one, entry, entry | {"tag": other}))
        return effects + tag_rules.move_rules(writer, one, other)

    @staticmethod
    def _move_suggestions(writer: sqlite3.Connection, one: int, other: int) -> None:
        """Derived: shown at once, and made properly when the two tags are learnt again."""
        writer.execute("UPDATE OR IGNORE suggestions SET tag = ? WHERE tag = ?", (other, one))
        writer.execute("DELETE FROM suggestions WHERE tag = ?", (one,))

    def _commit(self, writer: sqlite3.Connection, effects: Sequence[Effect], text: Says) -> Change:
        # A name from nothing to nothing marks a tag as one to be learnt again.
        real = [each for each in effects if each.before != each.after or each.verdict == "name"]
        return self._verdicts.commit(writer, real, text)

    @staticmethod
    def _tag(reader: sqlite3.Connection, name: str, *, new: bool = False) -> int:
        if new:
            return rows.tag_id(reader, rows.clean_tag(name))
        found = rows.find_tag(reader, name)
        if found is None:
            raise UsageError(f"There is no tag “{rows.storable(' '.join(name.split()))}”.")
        return found


def _entry(reader: sqlite3.Connection, name: str) -> dict[str, Any] | None:
    row = reader.execute(
        "SELECT name, tag, kind, language FROM names WHERE key = ?", (rows.storable(tag_key(name)),)
    ).fetchone()
    return dict(zip(("name", "tag", "kind", "language"), row, strict=True)) if row else None


def _entries(reader: sqlite3.Connection, tag: int) -> list[dict[str, Any]]:
    found = reader.execute("SELECT name, tag, kind, language FROM names WHERE tag = ?", (tag,)).fetchall()
    return [dict(zip(("name", "tag", "kind", "language"), row, strict=True)) for row in found]


def _decisions(reader: sqlite3.Connection, tag: int) -> list[tuple[int, str]]:
    return reader.execute(
        "SELECT photo, state || '/' || source FROM decisions WHERE tag = ?", (tag,)
    ).fetchall()


def _is_used(reader: sqlite3.Connection, tag: int) -> bool:
    return reader.execute("SELECT 1 FROM decisions WHERE tag = ? LIMIT 1", (tag,)).fetchone() is not None


def _moved_above(writer: sqlite3.Connection, one: int, other: int) -> list[Effect]:
    """The person's own parents and children of a tag become the other's."""
    effects = []
    known = {(tag, parent) for tag, parent in writer.execute("SELECT tag, parent FROM parents")}
    for tag, parent, stands in writer.execute(
        "SELECT tag, parent, stands FROM parents WHERE tag = ? OR parent = ?", (one, one)
    ).fetchall():
        effects.append(about("parent", tag, {"parent": parent, "stands": bool(stands)}, None))
        moved = (other if tag == one else tag, other if parent == one else parent)
        if moved[0] != moved[1] and moved not in known:
            effects.append(about("parent", moved[0], None, {"parent": moved[1], "stands": bool(stands)}))
    return effects
