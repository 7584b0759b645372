"""The one place that writes saved searches and albums: what stood and what stands, as effects tell it."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from ..records import tag_key

KINDS: Final = frozenset({"search", "album", "shelve"})
"""Verdicts about a saved search, about an album, and about a photo in an album."""


def write(writer: sqlite3.Connection, kind: str, photo: int, before: Any, after: Any) -> None:
    """Bring the tables from ``before`` to ``after``; both as in the verdict, None for nothing."""
    match kind:
        case "search":
            _search(writer, before, after)
        case "album":
            _album(writer, before, after)
        case _:
            _shelve(writer, photo, before, after)


def _search(writer: sqlite3.Connection, before: Any, after: Any) -> None:
    for each in (before, after):
        if each is not None:
            writer.execute("DELETE FROM searches WHERE key = ?", (tag_key(each["name"]),))
    if after is not None:
        writer.execute(
            "INSERT INTO searches (key, name, query, sort, place) VALUES (?, ?, ?, ?, ?)",
            (tag_key(after["name"]), after["name"], after["query"], after["sort"], after["place"]),
        )


def _album(writer: sqlite3.Connection, before: Any, after: Any) -> None:
    if after is None:
        writer.execute("DELETE FROM albums WHERE id = ?", (before["id"],))
    else:
        writer.execute(
            "INSERT OR REPLACE INTO albums (id, key, name, place) VALUES (?, ?, ?, ?)",
            (after["id"], tag_key(after["name"]), after["name"], after["place"]),
        )


def _shelve(writer: sqlite3.Connection, photo: int, before: Any, after: Any) -> None:
    if after is None:
        writer.execute("DELETE FROM album_photos WHERE album = ? AND photo = ?", (before["album"], photo))
    else:
        writer.execute(
            "INSERT OR IGNORE INTO album_photos (album, photo) VALUES (?, ?)", (after["album"], photo)
        )
