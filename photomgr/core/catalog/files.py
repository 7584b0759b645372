"""Roots, folders and photos: what the scanner reads and writes."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from ..errors import UsageError
from ..records import Change, FileBatch, FileFacts, KnownFile, Photo, Presence, Root, What
from . import keywords, pictures, rows
from .connection import Connection
from .schema import now

_KNOWN = (
    "SELECT f.path, p.name, p.id, p.size, p.mtime_ns, p.content, p.presence, p.sidecar_ns"
    " FROM photos p JOIN folders f ON f.id = p.folder"
)
_NO_STAMP: Final = -(2**63)  # a time that no file has: the next scan looks at the photo again


class Files:
    """The part of the catalog that mirrors the disk."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # roots

    def roots(self) -> list[Root]:
        found = self._connection.reader().execute("SELECT id, path, online FROM roots ORDER BY path")
        return [Root(root, Path(os.fsdecode(path)), bool(online)) for root, path, online in found]

    def add_root(self, path: Path) -> Change:
        """Take a folder in. An outer folder absorbs roots inside it.

        Raises UsageError when it is no folder, or lies inside a root that is there already.
        """
        absolute = Path(os.path.realpath(path))
        if not os.path.isdir(absolute):
            raise UsageError(f"{path} is not a folder.")
        inside = [root for root in self.roots() if _is_within(root.path, absolute)]
        for root in self.roots():
            if root.path == absolute:
                raise UsageError(f"{absolute} is in the library already.")
            if _is_within(absolute, root.path):
                raise UsageError(f"{absolute} is in the library already, as part of {root.path}.")
        with self._connection.transaction() as writer:
            revision = self._connection.next_revision()
            row = writer.execute(
                "INSERT INTO roots (path, added) VALUES (?, ?) RETURNING id", (os.fsencode(absolute), now())
            ).fetchone()
            self._adopt_folders(writer, int(row[0]), os.fsencode(absolute))
            for root in inside:
                writer.execute("DELETE FROM roots WHERE id = ?", (root.id,))
        return Change(What.ROOTS, text=f"{absolute.name or absolute} added", revision=revision)

    @staticmethod
    def _adopt_folders(writer: sqlite3.Connection, root: int, path: bytes) -> None:
        """Folders below the new root, left by roots inside it or by an earlier removal, become its own."""
        prefix = path.rstrip(os.fsencode(os.sep)) + os.fsencode(os.sep)
        writer.execute(
            "UPDATE folders SET root = ? WHERE path = ? OR substr(path, 1, ?) = ?",
            (root, path, len(prefix), prefix),
        )

    def remove_root(self, root_id: int) -> Change:
        """Take a folder out of the library. No file is touched, and no decision is forgotten: its photos
        count as gone until the folder, or the same files elsewhere, are added again."""
        root = next((each for each in self.roots() if each.id == root_id), None)
        if root is None:
            raise UsageError("This folder is not in the library.")
        with self._connection.transaction() as writer:
            revision = self._connection.next_revision()
            ids = frozenset(
                row[0]
                for row in writer.execute(
                    "UPDATE photos SET presence = ?, revision = ? WHERE folder IN"
                    " (SELECT id FROM folders WHERE root = ?) RETURNING id",
                    (Presence.GONE, revision, root_id),
                ).fetchall()
            )
            writer.execute("DELETE FROM roots WHERE id = ?", (root_id,))
        text = f"{root.path.name or root.path} taken out of the library; its files are untouched"
        return Change(What.ROOTS | What.PRESENCE, ids, text, revision=revision)

    def set_online(self, root_id: int, online: bool) -> Change | None:
        """Note that a root is away or back. Returns None when that was known."""
        with self._connection.transaction() as writer:
            changed = writer.execute(
                "UPDATE roots SET online = ? WHERE id = ? AND online <> ?", (online, root_id, online)
            ).rowcount
            before, after = (Presence.OFFLINE, Presence.HERE) if online else (Presence.HERE, Presence.OFFLINE)
            stale = writer.execute(
                "SELECT p.id FROM photos p JOIN folders f ON f.id = p.folder WHERE f.root = ? AND p.presence = ?",
                (root_id, before),
            ).fetchall()
            if not changed and not stale:
                return None
            revision = self._connection.next_revision()
            ids = frozenset(row[0] for row in stale)
            writer.execute(
                "UPDATE photos SET presence = ? WHERE id IN (SELECT value FROM json_each(?))",
                (after, rows.id_list(ids)),
            )
            rows.stamp(writer, ids, revision)
        return Change(What.PRESENCE | What.ROOTS, ids, revision=revision)

    # what the scanner compares

    def known(self, root_id: int) -> dict[bytes, dict[bytes, KnownFile]]:
        """Every row under a root, gone ones too: absolute folder -> file name -> row."""
        found: dict[bytes, dict[bytes, KnownFile]] = {}
        presences = {int(presence): presence for presence in Presence}
        cursor = self._connection.reader().execute(f"{_KNOWN} WHERE f.root = ?", (root_id,))
        for folder, name, photo, size, mtime_ns, content, presence, sidecar_ns in cursor:
            names = found.get(folder)
            if names is None:
                names = found[folder] = {}
            names[name] = KnownFile(
                photo, folder, name, size, mtime_ns, content, presences[presence], sidecar_ns
            )
        return found

    def with_content(self, content: bytes) -> list[KnownFile]:
        """Rows of any root with this content."""
        return self._known("p.content = ?", content)

    def with_picture(self, picture: bytes) -> list[KnownFile]:
        """Rows of any root whose file holds this very picture, whatever is written around it."""
        return self._known("p.id IN (SELECT photo FROM pictures WHERE hash = ?)", picture)

    def undecided_copies(self, ids: Iterable[int]) -> list[KnownFile]:
        """Photos that are here with the content of one of ``ids``, and on which the person decided nothing."""
        return self._known(
            "p.content IN (SELECT content FROM photos WHERE id IN (SELECT value FROM json_each(?)))"
            " AND length(p.content) > 0 AND p.presence = 0 AND f.root IS NOT NULL"
            " AND coalesce(p.rating_source, 'file') = 'file' AND coalesce(p.label_source, 'file') = 'file'"
            " AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.photo = p.id AND d.source <> 'file')",
            rows.id_list(ids),
        )

    def _known(self, where: str, value: object) -> list[KnownFile]:
        cursor = self._connection.reader().execute(f"{_KNOWN} WHERE {where}", (value,))
        return [
            KnownFile(photo, folder, name, size, mtime_ns, content, Presence(presence), sidecar_ns)
            for folder, name, photo, size, mtime_ns, content, presence, sidecar_ns in cursor
        ]

    # what the scanner found

    def write(self, batch: FileBatch) -> Change:
        """Write a part of a scan in one transaction. What the person decided wins over what files say.

        What the network said of a picture goes with it when the file holds another one now.
        """
        with self._connection.transaction() as writer:
            revision = self._connection.next_revision()
            moment = now()
            folders = _Folders(writer, batch.root)
            facts: list[tuple[int, FileFacts]] = []
            for new in batch.new:
                facts.append((self._insert(writer, folders, new, moment, revision), new))
            self._set_presence(writer, batch.gone, Presence.GONE)
            self._set_presence(writer, batch.back, Presence.HERE)
            aside: set[int] = set()
            for photo, moved in batch.moved:
                folder = folders.id_of(moved.folder)
                aside |= self._make_room(writer, folder, moved.name, photo, moment)
                writer.execute(
                    "UPDATE photos SET folder = ?, name = ? WHERE id = ?", (folder, moved.name, photo)
                )
            stale = self._of_other_content(writer, (*batch.moved, *batch.changed))
            stale -= pictures.keep_scores(writer, (*batch.moved, *batch.changed))
            for photo, fact in (*batch.moved, *batch.changed):
                self._update(writer, photo, fact)
                facts.append((photo, fact))
            writer.executemany(
                "UPDATE photos SET size = ?, mtime_ns = ?, sidecar_ns = ?, presence = 0 WHERE id = ?",
                [(mark.size, mark.mtime_ns, mark.sidecar_ns, photo) for photo, mark in batch.touched],
            )
            mended = self._mend(writer, [photo for photo, _ in batch.touched])
            self._forget_scores(writer, stale | mended)
            keywords.take_in(writer, facts, moment)
            pictures.note(writer, facts)
            touched = {photo for photo, _ in facts} | set(batch.gone) | set(batch.back) | aside
            touched |= {photo for photo, _ in batch.touched}
            rows.stamp(writer, touched, revision)
        what = _sides(batch)
        if mended:
            what |= What.METADATA | What.THUMBNAILS
        if stale or mended:
            what |= What.SUGGESTIONS
        return Change(what, frozenset(touched), revision=revision)

    @staticmethod
    def _of_other_content(writer: sqlite3.Connection, facts: Sequence[tuple[int, FileFacts]]) -> set[int]:
        """The photos that had another content until now."""
        before = dict(
            writer.execute(
                "SELECT id, content FROM photos WHERE id IN (SELECT value FROM json_each(?))",
                (rows.id_list(photo for photo, _ in facts),),
            ).fetchall()
        )
        return {photo for photo, fact in facts if before.get(photo) != fact.content}

    @staticmethod
    def _mend(writer: sqlite3.Connection, ids: Iterable[int]) -> set[int]:
        """Files that were written again may be readable again: their problems are forgotten."""
        cursor = writer.execute(
            "UPDATE photos SET problem = NULL WHERE problem IS NOT NULL"
            " AND id IN (SELECT value FROM json_each(?)) RETURNING id",
            (rows.id_list(ids),),
        )
        return {row[0] for row in cursor.fetchall()}

    @staticmethod
    def _forget_scores(writer: sqlite3.Connection, ids: set[int]) -> None:
        for table in ("annotations", "suggestions") if ids else ():
            writer.execute(
                f"DELETE FROM {table} WHERE photo IN (SELECT value FROM json_each(?))", (rows.id_list(ids),)
            )

    @staticmethod
    def _insert(
        writer: sqlite3.Connection, folders: _Folders, fact: FileFacts, moment: str, revision: int
    ) -> int:
        columns = ", ".join(rows.METADATA_COLUMNS)
        marks = ", ".join("?" * (9 + len(rows.METADATA_COLUMNS)))
        row = writer.execute(
            "INSERT INTO photos (folder, name, size, mtime_ns, sidecar_ns, content, problem, added, revision,"
            f" {columns}) VALUES ({marks}) RETURNING id",
            (
                folders.id_of(fact.folder), fact.name, fact.stamp.size, fact.stamp.mtime_ns,
                fact.stamp.sidecar_ns, fact.content, rows.storable(fact.problem), moment, revision,
                *rows.metadata_values(fact.metadata),
            ),
        ).fetchone()  # fmt: skip
        return int(row[0])

    @staticmethod
    def _update(writer: sqlite3.Connection, photo: int, fact: FileFacts) -> None:
        columns = ", ".join(f"{column} = ?" for column in rows.METADATA_COLUMNS)
        writer.execute(
            "UPDATE photos SET size = ?, mtime_ns = ?, sidecar_ns = ?, content = ?, problem = ?, presence = 0,"
            f" {columns} WHERE id = ?",
            (
                fact.stamp.size, fact.stamp.mtime_ns, fact.stamp.sidecar_ns, fact.content,
                rows.storable(fact.problem), *rows.metadata_values(fact.metadata), photo,
            ),
        )  # fmt: skip

    @staticmethod
    def _make_room(writer: sqlite3.Connection, folder: int, name: bytes, photo: int, moment: str) -> set[int]:
        """A photo that was at the place where another one is now keeps its row under a name of its own.

        Returns its id, if there is one."""
        row = writer.execute(
            "SELECT id FROM photos WHERE folder = ? AND name = ? AND id <> ?", (folder, name, photo)
        ).fetchone()
        if row is not None:
            aside = name + f"~was {row[0]} {moment}".encode()
            writer.execute(
                "UPDATE photos SET name = ?, presence = ? WHERE id = ?", (aside, Presence.GONE, row[0])
            )
        return {row[0]} if row is not None else set()

    @staticmethod
    def _set_presence(writer: sqlite3.Connection, ids: Iterable[int], presence: Presence) -> None:
        writer.execute(
            "UPDATE photos SET presence = ? WHERE id IN (SELECT value FROM json_each(?))",
            (presence, rows.id_list(ids)),
        )

    def set_problem(self, photo_id: int, problem: str | None, *, passing: bool = False) -> Change:
        """Note why a photo cannot be read, or that it can.

        A ``passing`` problem (permission, disk, memory) lies in the world, not in the picture: each scan
        looks at the photo again, and forgets the problem once the file can be opened. The Change says
        NOTHING when all of this was known.
        """
        with self._connection.transaction() as writer:
            known = writer.execute(
                "SELECT problem, mtime_ns FROM photos WHERE id = ?", (photo_id,)
            ).fetchone()
            if known is None or (known[0] == problem and not (passing and known[1] != _NO_STAMP)):
                return Change(What.NOTHING)
            revision = self._connection.next_revision()
            writer.execute(
                "UPDATE photos SET problem = ?, mtime_ns = ?, revision = ? WHERE id = ?",
                (rows.storable(problem), _NO_STAMP if passing else known[1], revision, photo_id),
            )
        return Change(What.METADATA, frozenset((photo_id,)), revision=revision)

    def forget_problems(self, problems: Sequence[str]) -> Change | None:
        """These sentences are not true any more, of whatever photo; None where no row says one of them."""
        held = self._connection.reader().execute(
            "SELECT id FROM photos WHERE problem IN (SELECT value FROM json_each(?))", (json.dumps(problems),)
        )
        ids = frozenset(row[0] for row in held)
        if not ids:
            return None
        with self._connection.transaction() as writer:
            revision = self._connection.next_revision()
            writer.execute(
                "UPDATE photos SET problem = NULL WHERE id IN (SELECT value FROM json_each(?))",
                (rows.id_list(ids),),
            )
            rows.stamp(writer, ids, revision)
        return Change(What.METADATA | What.THUMBNAILS, ids, revision=revision)

    # single photos

    def photo_at(self, path: Path) -> Photo | None:
        """The photo at an absolute path."""
        folder, name = os.path.split(os.fsencode(path))
        row = (
            self._connection.reader()
            .execute(f"{rows.PHOTO_SELECT} WHERE f.path = ? AND p.name = ?", (folder, name))
            .fetchone()
        )
        return rows.photo_from(row) if row else None


class _Folders:
    """Ids of folders, made as they are met."""

    def __init__(self, writer: sqlite3.Connection, root: int) -> None:
        self._writer = writer
        self._root = root
        self._ids: dict[bytes, int] = {}

    def id_of(self, path: bytes) -> int:
        known = self._ids.get(path)
        if known is None:
            row = self._writer.execute(
                "INSERT INTO folders (root, path) VALUES (?, ?)"
                # a photo may move into a folder of another root: that one stays its root
                " ON CONFLICT (path) DO UPDATE SET root = coalesce(root, excluded.root) RETURNING id",
                (self._root, path),
            ).fetchone()
            known = self._ids[path] = int(row[0])
        return known


def _is_within(inner: Path, outer: Path) -> bool:
    return inner != outer and inner.is_relative_to(outer)


def _sides(batch: FileBatch) -> What:
    what = What.NOTHING
    if batch.new:
        what |= What.PHOTOS | What.TAGS
    if batch.changed or batch.moved:
        what |= What.METADATA | What.TAGS | What.THUMBNAILS | What.PRESENCE
    if batch.gone or batch.back:
        what |= What.PRESENCE
    return what
