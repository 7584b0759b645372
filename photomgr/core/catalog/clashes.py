"""The one place that writes what waits for a person's choice, as effects tell it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Conflict:
    """What a person and another program both changed. ``field`` as in xmp.merging.Clash."""

    id: int
    photo: int
    field: str
    tag: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    when: str


def write(
    writer: sqlite3.Connection, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> None:
    """Take a conflict off the list, or put it there again: the one that came meanwhile is newer."""
    if before is not None:
        writer.execute("DELETE FROM conflicts WHERE id = ?", (before["id"],))
    if after is not None:
        writer.execute(
            "INSERT OR IGNORE INTO conflicts (id, photo, field, tag, ours, theirs, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [after[name] for name in ("id", "photo", "field", "tag", "ours", "theirs", "at")],
        )


def listed(reader: sqlite3.Connection, ids: str | None) -> list[Conflict]:
    """What waits for the person's word, oldest first; ``ids`` as rows.id_list gives them, None for all photos."""
    where = "" if ids is None else " WHERE c.photo IN (SELECT value FROM json_each(?))"
    cursor = reader.execute(
        "SELECT c.id, c.photo, c.field, coalesce(t.name, c.tag), c.ours, c.theirs, c.at FROM conflicts c"
        f" LEFT JOIN tags t ON t.key = c.tag{where} ORDER BY c.id",
        () if ids is None else (ids,),
    )
    return [
        Conflict(number, photo, field, tag, tuple(json.loads(ours)), tuple(json.loads(theirs)), at)
        for number, photo, field, tag, ours, theirs, at in cursor
    ]
