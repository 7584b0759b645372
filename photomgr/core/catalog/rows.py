"""Rows into records, and the small statements that several parts of the catalog share."""

from __future__ import annotations

import json
import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, Final

from ..errors import UsageError
from ..readers import NOT_YET
from ..records import MAX_TAG_LENGTH, Metadata, Photo, Presence, tag_key

METADATA_COLUMNS: Final = (
    "width", "height", "orientation", "taken", "zone", "camera", "lens", "exposure", "aperture",
    "iso", "focal", "flash", "latitude", "longitude", "altitude", "title", "caption",
)  # fmt: skip

TITLE: Final = "nullif(coalesce(p.own_title, p.title), '')"
CAPTION: Final = "nullif(coalesce(p.own_caption, p.caption), '')"
"""Of a row ``p`` of photos: what stands, the person's own before the file's."""
_STANDS: Final = {"title": TITLE, "caption": CAPTION}
PHOTO_SELECT: Final = (
    "SELECT p.id, f.path, p.name, p.size, p.mtime_ns, p.content, p.presence, p.problem, p.rating,"
    " p.label, p.added, " + ", ".join(_STANDS.get(column, f"p.{column}") for column in METADATA_COLUMNS)
    + " FROM photos p JOIN folders f ON f.id = p.folder"
)  # fmt: skip


UNREADABLE: Final = f"(p.problem IS NOT NULL AND p.problem NOT LIKE '{NOT_YET}%')"
"""Of a row ``p`` of photos: something is wrong with the file; not, that its reader is not installed."""


WITNESS: Final = (
    # +v.tag, here and elsewhere: no index by tag is taken. A tag may have 100,000 verdicts, a photo has a handful.
    "(SELECT json_array(v.model, v.score, v.witnesses) FROM verdicts v WHERE v.photo = d.photo AND +v.tag = d.tag"
    " AND v.after = d.state || '/' || d.source AND v.score IS NOT NULL ORDER BY v.id DESC LIMIT 1)"
)
"""Of a row ``d`` of decisions: what had suggested it, for ``witness``."""


_SPEAKS: Final = 0.25  # in [0, 1], from where on somebody spoke for a tag


def witness(found: str | None) -> tuple[str | None, float | None]:
    """(model's hash, score) of what WITNESS gave, None where nothing had."""
    if found is None:
        return None, None
    model, score, _ = json.loads(found)
    return model, score


def witnesses(found: str | None) -> list[str]:
    """The names of those who spoke, of what WITNESS gave."""
    names = json.loads(found)[2] if found is not None else None
    return list(map(str, json.loads(names))) if names else []


def networks_called(reader: sqlite3.Connection) -> dict[str, str]:
    """What a person calls the network of each hash: its name and version, such as ``everyday 1.0``."""
    cursor = reader.execute("SELECT hash, trim(name || ' ' || version) FROM network_names WHERE place = 0")
    return dict(cursor.fetchall())


def spoke(reasons: str) -> str:
    """Who spoke for a suggestion with these reasons (JSON, name -> score), as it is kept with a decision."""
    said = json.loads(reasons)
    return json.dumps(sorted(name for name, score in said.items() if score >= _SPEAKS), ensure_ascii=False)


def photo_from(row: Sequence[Any]) -> Photo:
    """A Photo from a row of PHOTO_SELECT."""
    values = dict(zip(METADATA_COLUMNS, row[11:], strict=True))
    if values["flash"] is not None:
        values["flash"] = bool(values["flash"])
    photo, folder, name, size, mtime_ns, content, presence, problem, rating, label, added = row[:11]
    return Photo(
        photo, folder, name, size, mtime_ns, content, Presence(presence), problem, rating, label, added,
        Metadata(**values),
    )  # fmt: skip


def metadata_values(metadata: Metadata | None) -> tuple[Any, ...]:
    """The columns of METADATA_COLUMNS; text as SQLite can hold it (no lone surrogates)."""
    metadata = metadata or Metadata()
    return tuple(storable(getattr(metadata, column)) for column in METADATA_COLUMNS)


def storable(value: Any) -> Any:
    """Text from a file may hold lone surrogates, which UTF-8 cannot: they become U+FFFD."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


def id_list(ids: Iterable[int]) -> str:
    """Ids as the JSON that ``json_each(?)`` reads: no limit on how many, unlike ``IN (?, ?, …)``."""
    return json.dumps([int(each) for each in ids])


def clean_tag(name: str) -> str:
    """A tag's name as it is kept: NFC, single spaces, without control characters and halves of pairs.

    Raises UsageError with a sentence for names that cannot be kept.
    """
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not name.isprintable():
        name = "".join(c for c in name if c == " " or unicodedata.category(c) not in ("Cc", "Cs"))
        name = " ".join(name.split())
    if not name:
        raise UsageError("A tag needs a name.")
    if len(name) > MAX_TAG_LENGTH:
        raise UsageError(f"This tag has {len(name)} characters; at most {MAX_TAG_LENGTH} are kept.")
    return name


def tag_id(writer: sqlite3.Connection, name: str) -> int:
    """The id of the tag that ``name`` leads to, made when it is new; the first spelling stays. ``name`` is clean."""
    found = find_tag(writer, name)
    if found is not None:
        return found
    row = writer.execute(
        "INSERT INTO tags (name, key) VALUES (?, ?) RETURNING id", (name, tag_key(name))
    ).fetchone()
    return int(row[0])


def find_tag(reader: sqlite3.Connection, name: str) -> int | None:
    """The id of a tag that exists already, by any spelling or by another name that leads to it."""
    key = str(storable(tag_key(name)))
    for table, column in (("names", "tag"), ("tags", "id")):
        row = reader.execute(f"SELECT {column} FROM {table} WHERE key = ?", (key,)).fetchone()
        if row is not None:
            return int(row[0])
    return None


def tag_name(reader: sqlite3.Connection, tag: int) -> str:
    """What a tag is called now."""
    return str(reader.execute("SELECT name FROM tags WHERE id = ?", (tag,)).fetchone()[0])


def stamp(writer: sqlite3.Connection, ids: Iterable[int], revision: int) -> None:
    """Mark photos as changed, so that the search index takes them in."""
    writer.execute(
        "UPDATE photos SET revision = ? WHERE id IN (SELECT value FROM json_each(?))",
        (revision, id_list(ids)),
    )
