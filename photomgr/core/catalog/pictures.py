"""Which pictures files hold, apart from what is written around them: a change of metadata is no other picture."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from ..records import FileFacts
from . import rows


def keep_scores(writer: sqlite3.Connection, facts: Sequence[tuple[int, FileFacts]]) -> set[int]:
    """Inside a transaction, before ``note``: photos whose file changed around the same picture.

    What the network said of the picture is true of the new content too.
    """
    before = dict(
        writer.execute(
            "SELECT photo, hash FROM pictures WHERE photo IN (SELECT value FROM json_each(?))",
            (rows.id_list(photo for photo, _ in facts),),
        ).fetchall()
    )
    same = {
        photo: fact.content for photo, fact in facts if fact.picture and before.get(photo) == fact.picture
    }
    for table in ("annotations", "opinions"):
        writer.executemany(
            f"UPDATE {table} SET content = ? WHERE photo = ?",
            [(content, photo) for photo, content in same.items()],
        )
    return set(same)


def note(writer: sqlite3.Connection, facts: Sequence[tuple[int, FileFacts]]) -> None:
    """Inside a transaction: which picture each file holds now."""
    writer.executemany(
        "INSERT INTO pictures (photo, hash) VALUES (?, ?) ON CONFLICT (photo) DO UPDATE SET hash = excluded.hash"
        " WHERE hash <> excluded.hash",
        [(photo, fact.picture) for photo, fact in facts if fact.picture],
    )
    gone = [photo for photo, fact in facts if not fact.picture]
    writer.executemany("DELETE FROM pictures WHERE photo = ?", [(photo,) for photo in gone])
