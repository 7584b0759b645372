"""Where photos were put from inside the program: the one place that moves their rows, as effects tell it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

from ..records import Presence
from ..said import from_text, to_text

PLACE: Final = "place"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a photo is: absolute folder and name, with the names of the sidecars that go along.

    ``trashed``: it lies in the system's trash, and would come back to this place.
    """

    folder: bytes
    name: bytes
    sidecars: tuple[bytes, ...] = ()
    trashed: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "folder": self.folder.hex(),
            "name": self.name.hex(),
            "sidecars": [each.hex() for each in self.sidecars],
            "trashed": self.trashed,
        }

    @classmethod
    def of_json(cls, said: Mapping[str, Any]) -> Place:
        return cls(
            bytes.fromhex(said["folder"]),
            bytes.fromhex(said["name"]),
            tuple(bytes.fromhex(each) for each in said["sidecars"]),
            bool(said["trashed"]),
        )


def write(writer: sqlite3.Connection, photo: int, before: Any, after: Any) -> None:
    """Bring a photo's row to the place where its file is now."""
    goal = Place.of_json(after)
    start = Place.of_json(before)
    folder = _folder_id(writer, goal.folder)
    row = writer.execute(
        "SELECT id FROM photos WHERE folder = ? AND name = ? AND id <> ?", (folder, goal.name, photo)
    ).fetchone()
    if row is not None:  # a photo that is gone was there once: it keeps its row under a name of its own
        aside = goal.name + f"~was {row[0]} {uuid4().hex}".encode()
        writer.execute(
            "UPDATE photos SET name = ?, presence = ? WHERE id = ?", (aside, Presence.GONE, row[0])
        )
    presence = Presence.GONE if goal.trashed else Presence.HERE
    writer.execute(
        "UPDATE photos SET folder = ?, name = ?, presence = ? WHERE id = ?",
        (folder, goal.name, presence, photo),
    )
    for old, new in zip(start.sidecars, goal.sidecars, strict=False):
        if old != new:
            _rename_sidecar(writer, photo, old, new)


def _rename_sidecar(writer: sqlite3.Connection, photo: int, old: bytes, new: bytes) -> None:
    writer.execute("UPDATE kept SET place = ? WHERE photo = ? AND place = ?", (new, photo, old))
    row = writer.execute("SELECT state, pending FROM written WHERE photo = ?", (photo,)).fetchone()
    if row is not None:
        state, pending = (text and _renamed(text, old, new) for text in row)
        writer.execute("UPDATE written SET state = ?, pending = ? WHERE photo = ?", (state, pending, photo))


def _renamed(text: str, old: bytes, new: bytes) -> str:
    return to_text(tuple(
        each if each.place != old else replace(each, place=new)
        for each in from_text(text)
    ))  # fmt: skip


def _folder_id(writer: sqlite3.Connection, path: bytes) -> int:
    root = None
    for number, other in writer.execute("SELECT id, path FROM roots ORDER BY length(path)").fetchall():
        if path == other or path.startswith(other.rstrip(b"/\\") + os.fsencode(os.sep)):
            root = number
    row = writer.execute(
        "INSERT INTO folders (root, path) VALUES (?, ?)"
        " ON CONFLICT (path) DO UPDATE SET root = coalesce(root, excluded.root) RETURNING id",
        (root, path),
    ).fetchone()
    return int(row[0])
