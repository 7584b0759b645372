"""Titles and captions: what a person gave stands before what files say."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from ..errors import UsageError
from ..packets import MAX_TEXT, clean_text
from . import rows
from .tag_facts import Effect

FIELDS: Final = ("title", "caption")


def cleaned(field: str, text: str) -> str:
    """A text as it is kept, "" for none. Raises UsageError for one that is too long, or a field that is none."""
    if field not in FIELDS:
        raise UsageError(f"A photo has a title and a caption, no {field}.")
    if len(text) > MAX_TEXT:
        raise UsageError(f"A {field} has at most {MAX_TEXT:,} characters.")
    clean = str(rows.storable(clean_text(text) or ""))
    return " ".join(clean.split()) if field == "title" else clean


def wanted(writer: sqlite3.Connection, field: str, text: str, ids: Iterable[int]) -> list[Effect]:
    """The effects of giving photos a text; those that have it already are left out."""
    return [
        Effect(photo, field, None, before, f"{text}/person")
        for photo, before, shown in _standing(writer, field, ids)
        if shown != text
    ]


def stands(writer: sqlite3.Connection, field: str, photo: int) -> str:
    """What stands on a photo, as an effect says it: ``text/person`` or ``text/file``."""
    return next((before for _, before, _ in _standing(writer, field, [photo])), "/file")


def _standing(writer: sqlite3.Connection, field: str, ids: Iterable[int]) -> list[tuple[int, str, str]]:
    cursor = writer.execute(
        f"SELECT id, own_{field}, {field} FROM photos WHERE id IN (SELECT value FROM json_each(?))",
        (rows.id_list(ids),),
    )
    return [
        (
            photo,
            f"{said or ''}/file" if own is None else f"{own}/person",
            (said if own is None else own) or "",
        )
        for photo, own, said in cursor.fetchall()
    ]


def apply(writer: sqlite3.Connection, effects: Sequence[Effect] | Sequence[tuple[int, str, str]]) -> None:
    """Bring the photos to what effects, or (photo, field, after), say.

    ``text/file`` leaves it to the file again, unless we wrote there: then it is that text, to be written back.
    """
    for each in effects:
        photo, field, after = (
            (each.photo, each.verdict, each.after or "/file") if isinstance(each, Effect) else each
        )
        value, _, source = after.rpartition("/")
        ours = f"EXISTS (SELECT 1 FROM written w WHERE w.photo = photos.id AND w.{field} IS NOT NULL)"
        writer.execute(
            f"UPDATE photos SET own_{field} = iif(? = 'person' OR {ours}, ?, NULL) WHERE id = ?",
            (source, value, photo),
        )
