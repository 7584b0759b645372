"""What the catalog knows for writing metadata: wishes, originals that were kept, conflicts, folder rules."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import UsageError
from ..records import Change, FileStamp, What, tag_key
from ..said import Said, to_text
from ..xmp.kept import Original
from ..xmp.merging import TAG, TAGS, Base
from ..xmp.wish import Wish
from . import clashes, keywords, outside, rows, settling
from .clashes import Conflict
from .connection import Connection
from .schema import now
from .verdicts import Says, Verdicts

MODES: Final = ("never", "sidecar", "file")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A photo whose places were written: what they say now, its new stamp and content."""

    photo: int
    state: tuple[Said, ...]
    stamp: FileStamp
    content: bytes
    before: bytes  # its content until then


class Exchange:
    """The part of the catalog that other programs' eyes are on."""

    def __init__(self, connection: Connection, verdicts: Verdicts) -> None:
        self._connection = connection
        self._verdicts = verdicts

    def wishes(self, ids: Iterable[int], paths: Mapping[str, tuple[str, ...]]) -> dict[int, Wish]:
        """What shall be said of each photo; ``paths`` gives a tag's key the names above it."""
        reader = self._connection.reader()
        wanted = rows.id_list(ids)
        tags: dict[int, list[str]] = {}
        gone: dict[int, set[str]] = {}
        for photo, name, key, state in reader.execute(
            "SELECT d.photo, t.name, t.key, d.state FROM decisions d JOIN tags t ON t.id = d.tag"
            " WHERE d.photo IN (SELECT value FROM json_each(?)) ORDER BY t.key",
            (wanted,),
        ):
            if state == "accepted":
                tags.setdefault(photo, []).append(name)
            else:
                gone.setdefault(photo, set()).add(key)
        held, held_tags = self._held(reader, wanted)
        former: dict[int, dict[str, str]] = {}
        for photo, base in outside.bases(reader, json.loads(wanted)).items():
            left, former[photo] = _left(reader, base, tags.get(photo, ()))
            gone.setdefault(photo, set()).update(left)
        also = _names_of(reader, set().union(*gone.values()))
        gone = {photo: keys.union(*(also.get(key, ()) for key in keys)) for photo, keys in gone.items()}
        return {
            photo: Wish(
                tuple(tags.get(photo, ())), frozenset(gone.get(photo, ())), paths, former.get(photo, {}), rating, label,
                title, caption, held=frozenset(held.get(photo, ())), held_tags=frozenset(held_tags.get(photo, ())),
            )
            for photo, rating, label, title, caption in reader.execute(
                "SELECT id, rating, label, own_title, own_caption FROM photos"
                " WHERE id IN (SELECT value FROM json_each(?))", (wanted,)
            )
        }  # fmt: skip

    @staticmethod
    def _held(reader: sqlite3.Connection, wanted: str) -> tuple[dict[int, set[str]], dict[int, set[str]]]:
        held: dict[int, set[str]] = {}
        tags: dict[int, set[str]] = {}
        for photo, field, tag in reader.execute(
            "SELECT photo, field, tag FROM conflicts WHERE photo IN (SELECT value FROM json_each(?))",
            (wanted,),
        ):
            if field == TAG:
                tags.setdefault(photo, set()).add(tag)
            else:
                held.setdefault(photo, set()).add(field)
        return held, tags

    # a write, in two steps around the moment when the files change

    def begin(
        self,
        kept: Sequence[tuple[int, bytes, Original]],
        planned: Sequence[tuple[int, tuple[Said, ...], tuple[Said, ...]]],
    ) -> None:
        """Before files change: what was in them, and (photo, what they say, what they will say)."""
        moment = now()
        with self._connection.transaction() as writer:
            for photo, place, original in kept:
                self._keep(writer, photo, place, original, moment)
            writer.executemany(
                "INSERT INTO written (photo, state, pending, rating, label, title, caption)"
                " SELECT id, ?, ?, rating, label, own_title, own_caption FROM photos WHERE id = ?"
                " ON CONFLICT (photo) DO UPDATE SET pending = excluded.pending,"
                " rating = excluded.rating, label = excluded.label,"
                " title = coalesce(excluded.title, title), caption = coalesce(excluded.caption, caption)",
                [(to_text(before), to_text(after), photo) for photo, before, after in planned],
            )

    @staticmethod
    def _keep(writer: sqlite3.Connection, photo: int, place: bytes, original: Original, moment: str) -> None:
        writer.execute(
            "INSERT INTO kept (photo, place, at, new, old, head, tail, middle, mtime_ns)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (photo, place, moment, original.new, original.old, original.head, original.tail, original.middle,
             original.mtime_ns),
        )  # fmt: skip

    def finish(self, done: Sequence[Rewritten]) -> Change:
        """After files changed: what they say now is the new base; scores stay with the same picture."""
        with self._connection.transaction() as writer:
            for each in done:
                writer.execute(
                    "UPDATE written SET state = ?, pending = NULL WHERE photo = ?",
                    (to_text(each.state), each.photo),
                )
                writer.execute(
                    "DELETE FROM kept WHERE photo = ?1 AND id < (SELECT max(k.id) FROM kept k"
                    " WHERE k.photo = ?1 AND k.place = kept.place)",
                    (each.photo,),
                )
                self._note_files(writer, each)
            revision = self._connection.next_revision() if done else 0
        what = What.WRITING if done else What.NOTHING
        if any(each.content != each.before for each in done):
            what |= What.METADATA
        return Change(what, frozenset(each.photo for each in done), revision=revision)

    @staticmethod
    def _note_files(writer: sqlite3.Connection, each: Rewritten) -> None:
        writer.execute(
            "UPDATE photos SET size = ?, mtime_ns = ?, sidecar_ns = ?, content = ? WHERE id = ?",
            (each.stamp.size, each.stamp.mtime_ns, each.stamp.sidecar_ns, each.content, each.photo),
        )
        writer.execute(
            "UPDATE annotations SET content = ? WHERE photo = ? AND content = ?",
            (each.content, each.photo, each.before),
        )
        keywords.note_said(
            writer, each.photo, [word for place in each.state for word in place.all_keywords()]
        )

    # originals

    def kept(self, photo: int) -> dict[bytes, list[Original]]:
        """Place -> the originals that were kept, the newest first."""
        cursor = self._connection.reader().execute(
            "SELECT place, new, old, head, tail, middle, mtime_ns FROM kept WHERE photo = ? ORDER BY id DESC",
            (photo,),
        )
        found: dict[bytes, list[Original]] = {}
        for place, *rest in cursor:
            found.setdefault(place, []).append(Original(*rest))
        return found

    def restorable(self, ids: Iterable[int]) -> list[int]:
        """Those of the photos of which something is kept that can be put back."""
        cursor = self._connection.reader().execute(
            "SELECT DISTINCT photo FROM kept WHERE photo IN (SELECT value FROM json_each(?)) ORDER BY photo",
            (rows.id_list(ids),),
        )
        return [photo for (photo,) in cursor]

    def given_back(self, done: Sequence[Rewritten]) -> Change:
        """Originals are in their places again: they need not be kept, and nothing of ours is there any more."""
        with self._connection.transaction() as writer:
            for each in done:
                writer.execute("DELETE FROM kept WHERE photo = ?", (each.photo,))
                writer.execute("DELETE FROM written WHERE photo = ?", (each.photo,))
                self._note_files(writer, each)
            revision = self._connection.next_revision()
        return Change(What.METADATA, frozenset(each.photo for each in done), revision=revision)

    # conflicts

    def conflicts(self, ids: Iterable[int] | None = None) -> list[Conflict]:
        """What waits for the person's word, oldest first."""
        return clashes.listed(self._connection.reader(), None if ids is None else rows.id_list(ids))

    def settle(self, conflicts: Sequence[Conflict], keep: str, text: Says) -> Change:
        """The person has chosen: they are off the list, in one undoable action. Raises UsageError."""
        if keep not in settling.KEPT:
            raise UsageError("Of a conflict ours, theirs or both is kept.")
        with self._connection.transaction() as writer:
            effects = [effect for each in conflicts for effect in settling.effects_of(writer, each, keep)]
            return self._verdicts.commit(writer, effects, text)

    def in_conflict(self) -> list[int]:
        """Photos with something that waits for the person's word."""
        cursor = self._connection.reader().execute("SELECT DISTINCT photo FROM conflicts ORDER BY photo")
        return [photo for (photo,) in cursor]

    # where to write

    def folder_modes(self) -> dict[bytes, str]:
        """Folder -> mode, where the person set one."""
        return dict(self._connection.reader().execute("SELECT path, mode FROM folder_writing").fetchall())

    def set_folder_mode(self, folder: Path, mode: str | None) -> None:
        """Write into this folder's photos otherwise than the setting says; None forgets it."""
        if mode is not None and mode not in MODES:
            raise UsageError(f"Metadata is written {', '.join(MODES)}, not {mode!r}.")
        path = os.fsencode(os.path.realpath(folder))
        with self._connection.transaction() as writer:
            if mode is None:
                writer.execute("DELETE FROM folder_writing WHERE path = ?", (path,))
            else:
                writer.execute("INSERT OR REPLACE INTO folder_writing VALUES (?, ?)", (path, mode))


def _left(reader: sqlite3.Connection, base: Base, tags: Sequence[str]) -> tuple[set[str], dict[str, str]]:
    """Keys of keywords that we know to be in files and that shall not be there any more; those of them that were
    renamed -> the key of the tag that stands for them now.

    A word that leads to a tag which stands may stay, unless the tag was renamed since.
    """
    stands = {tag_key(name) for name in tags}
    held = {tag_key(word) for place in base.places for word in place.all_keywords()}
    led = {key: (tag_key(each.tag), each.kind) for key, each in outside.led_to(reader, held).items()}
    meant = {key: tag for key, (tag, _) in led.items() if tag in stands}
    former = {
        key: tag for key, tag in meant.items() if led[key][1] in ("renamed", "merged") and key not in stands
    }
    return (held - stands - meant.keys()) | former.keys(), former


def _names_of(reader: sqlite3.Connection, keys: set[str]) -> dict[str, set[str]]:
    """Key of a tag -> keys of the other names that lead to it."""
    found: dict[str, set[str]] = {}
    for key, name in reader.execute(
        "SELECT t.key, n.key FROM names n JOIN tags t ON t.id = n.tag"
        " WHERE t.key IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(keys)),),
    ):
        found.setdefault(key, set()).add(name)
    return found


__all__ = ["MODES", "TAG", "TAGS", "Conflict", "Exchange", "Rewritten"]
