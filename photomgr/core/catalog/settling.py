"""Conflicts with other programs, and what a person's choice makes of them: effects, so that it can be undone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from ..errors import UsageError
from ..records import Source
from ..xmp.merging import TAG, TAGS
from ..xmp.wish import LABEL, RATING
from . import keywords, rows, texts
from .clashes import Conflict
from .tag_facts import Effect, about

KEPT: Final = ("ours", "theirs", "both")


def effects_of(writer: sqlite3.Connection, conflict: Conflict, keep: str) -> Iterator[Effect]:
    """What has to happen when a person chooses; nothing for a conflict that was settled meanwhile.

    Raises UsageError for ``both`` where only one of them can be.
    """
    row = writer.execute(
        "SELECT photo, field, tag, ours, theirs, at FROM conflicts WHERE id = ?", (conflict.id,)
    ).fetchone()
    if row is None:
        return
    if keep == "both" and conflict.field != TAGS:
        raise UsageError("Only of tags renamed to different names both can be kept.")
    stored = dict(zip(("photo", "field", "tag", "ours", "theirs", "at"), row, strict=True))
    yield about("clash", None, stored | {"id": conflict.id}, None, conflict.photo)
    if conflict.field == TAGS and keep != "both":
        yield from _off(writer, conflict.photo, conflict.ours if keep == "theirs" else conflict.theirs)
    elif keep == "theirs":
        yield from _theirs(writer, conflict)


def _theirs(writer: sqlite3.Connection, conflict: Conflict) -> Iterator[Effect]:
    photo, theirs = conflict.photo, conflict.theirs[0] if conflict.theirs else ""
    if conflict.field == TAG:
        tag = rows.tag_id(writer, rows.clean_tag(conflict.tag))
        yield Effect(photo, "tag", tag, _stands(writer, photo, tag), "accepted/person")
    elif conflict.field in (RATING, LABEL):
        verdict = "rate" if conflict.field == RATING else "label"
        value, source = writer.execute(
            f"SELECT {conflict.field}, {conflict.field}_source FROM photos WHERE id = ?", (photo,)
        ).fetchone()
        before = f"{'' if value is None else value}/{source or ''}"
        yield Effect(photo, verdict, None, before, f"{theirs}/person")
    else:
        yield from texts.wanted(writer, conflict.field, theirs, [photo])


def _off(writer: sqlite3.Connection, photo: int, names: tuple[str, ...]) -> Iterator[Effect]:
    said = keywords.said_of(writer, {photo})
    for name in names:
        tag = rows.find_tag(writer, name)
        before = None if tag is None else _stands(writer, photo, tag)
        if tag is not None and before is not None and before.startswith("accepted/"):
            after = f"removed/{Source.PERSON}" if (photo, tag) in said else None
            yield Effect(photo, "untag", tag, before, after)


def _stands(writer: sqlite3.Connection, photo: int, tag: int) -> str | None:
    row = writer.execute(
        "SELECT state || '/' || source FROM decisions WHERE photo = ? AND tag = ?", (photo, tag)
    ).fetchone()
    return None if row is None else str(row[0])
