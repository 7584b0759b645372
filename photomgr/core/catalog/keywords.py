"""Keywords, rating and label that a file brought along become decisions with source ``file``.

For photos to which we wrote ourselves, what changed there since is merged (``outside``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from ..errors import UsageError
from ..records import LABEL_COLOURS, FileFacts, Source
from . import outside, rows, texts
from .outside import Effect


def take_in(writer: sqlite3.Connection, facts: Sequence[tuple[int, FileFacts]], moment: str) -> None:
    """Inside a transaction: bring the decisions of source ``file`` in line with what the files say now.

    A tag on which the person decided, either way, is left alone; so are the person's rating and label.
    Photos whose metadata is None (unreadable now) keep what they had.
    """
    ids = [photo for photo, fact in facts if fact.metadata is not None]
    if not ids:
        return
    known: dict[int, dict[int, tuple[str, str]]] = {}
    for photo, tag, state, source in writer.execute(
        "SELECT photo, tag, state, source FROM decisions WHERE photo IN (SELECT value FROM json_each(?))",
        (rows.id_list(ids),),
    ):
        known.setdefault(photo, {})[tag] = (state, source)
    effects: list[Effect] = []
    tag_ids: dict[str, int] = {}
    bases = outside.bases(writer, ids)
    for photo, fact in facts:
        if fact.metadata is None:
            continue
        stand = known.get(photo, {})
        said = _tag_ids(writer, fact.metadata.keywords, tag_ids)
        if photo in bases and fact.said:
            merged, gone = outside.merged(writer, photo, bases[photo], fact.said, moment)
            effects.extend(merged)
            _note_said(writer, photo, said - gone)
            continue
        _note_said(writer, photo, said)
        for tag in said - stand.keys():
            effects.append((photo, "tag", tag, None, "accepted/file"))
        for tag, (state, source) in stand.items():
            if source == Source.FILE and state == "accepted" and tag not in said:
                effects.append((photo, "untag", tag, "accepted/file", None))
        effects.extend(_stars_and_colour(writer, photo, fact))
    if effects:
        _write(writer, effects, moment)


def _note_said(writer: sqlite3.Connection, photo: int, said: set[int]) -> None:
    before = {row[0] for row in writer.execute("SELECT tag FROM said WHERE photo = ?", (photo,))}
    if before != said:
        writer.executemany(
            "DELETE FROM said WHERE photo = ? AND tag = ?", [(photo, tag) for tag in before - said]
        )
        writer.executemany("INSERT INTO said VALUES (?, ?)", [(photo, tag) for tag in said - before])


def note_said(writer: sqlite3.Connection, photo: int, words: Sequence[str]) -> None:
    """Inside a transaction: these are the keywords that a photo's file and sidecars hold now."""
    _note_said(writer, photo, _tag_ids(writer, words, {}))


def said_of(writer: sqlite3.Connection, photos: set[int]) -> set[tuple[int, int]]:
    """(photo, tag) of every keyword that the files of these photos hold now."""
    cursor = writer.execute(
        "SELECT photo, tag FROM said WHERE photo IN (SELECT value FROM json_each(?))", (rows.id_list(photos),)
    )
    return set(cursor.fetchall())


def written_to(writer: sqlite3.Connection, photos: set[int]) -> set[int]:
    """Those of the photos into whose files or sidecars we wrote."""
    cursor = writer.execute(
        "SELECT photo FROM written WHERE photo IN (SELECT value FROM json_each(?))", (rows.id_list(photos),)
    )
    return {photo for (photo,) in cursor}


def _tag_ids(writer: sqlite3.Connection, keywords: Sequence[str], cache: dict[str, int]) -> set[int]:
    found = set()
    for keyword in keywords:
        if keyword not in cache:
            try:
                cache[keyword] = rows.tag_id(writer, rows.clean_tag(str(rows.storable(keyword))))
            except UsageError:  # a keyword that cannot be a tag here stays in its file alone
                continue
        found.add(cache[keyword])
    return found


def _stars_and_colour(writer: sqlite3.Connection, photo: int, fact: FileFacts) -> list[Effect]:
    metadata = fact.metadata
    assert metadata is not None
    stars, stars_by, colour, colour_by = writer.execute(
        "SELECT rating, rating_source, label, label_source FROM photos WHERE id = ?", (photo,)
    ).fetchone()
    effects: list[Effect] = []
    rating = metadata.rating if metadata.rating in range(6) else None
    if stars_by != Source.PERSON and (rating or 0) != stars:
        effects.append((photo, "rate", None, f"{stars}/{stars_by or ''}", f"{rating or 0}/file"))
    label = metadata.label if metadata.label in LABEL_COLOURS else None
    if colour_by != Source.PERSON and label != colour:
        effects.append((photo, "label", None, f"{colour or ''}/{colour_by or ''}", f"{label or ''}/file"))
    return effects


def _write(
    writer: sqlite3.Connection,
    effects: Sequence[Effect],
    moment: str,
) -> None:
    action = writer.execute(
        "INSERT INTO actions (at, who, text) VALUES (?, ?, ?) RETURNING id",
        (moment, "file", "read from files"),
    ).fetchone()[0]
    writer.executemany(
        "INSERT INTO verdicts (action, photo, verdict, tag, before, after, source) VALUES (?, ?, ?, ?, ?, ?, 'file')",
        [(action, photo, verdict, tag, before, after) for photo, verdict, tag, before, after in effects],
    )
    for photo, verdict, tag, _before, after in effects:
        value = (after or "/").rpartition("/")[0]
        if tag is not None and after is not None:
            writer.execute(
                "INSERT INTO decisions VALUES (?, ?, ?, 'file', ?) ON CONFLICT (photo, tag)"
                " DO UPDATE SET state = excluded.state, source = excluded.source, at = excluded.at",
                (photo, tag, value, moment),
            )
        elif verdict == "untag":
            writer.execute("DELETE FROM decisions WHERE photo = ? AND tag = ?", (photo, tag))
        elif verdict == "rate":
            writer.execute(
                "UPDATE photos SET rating = ?, rating_source = 'file' WHERE id = ?", (int(value), photo)
            )
        elif verdict in texts.FIELDS:
            texts.apply(writer, [(photo, verdict, after or "/file")])
        else:
            writer.execute(
                "UPDATE photos SET label = ?, label_source = 'file' WHERE id = ?", (value or None, photo)
            )
