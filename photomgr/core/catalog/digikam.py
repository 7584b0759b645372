"""A digiKam database (digikam4.db, SQLite) -> the records of an import. It is only read.

Tables after digiKam's public schema: AlbumRoots, Albums, Images, Tags, ImageTags, ImageInformation, ImageComments.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from ..errors import UsageError

_TEXTS: Final = {1: "caption", 3: "title"}  # digiKam's DatabaseComment::Type
_INTERNAL: Final = "_Digikam_Internal_Tags_"
_COLOURS: Final = {"Red": "red", "Yellow": "yellow", "Green": "green", "Blue": "blue", "Magenta": "purple"}


def is_digikam(path: Path) -> bool:
    """Whether a file is a digiKam database."""
    try:
        with closing(_open(path)) as there:
            found = {name for (name,) in there.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error:
        return False
    return found >= {"AlbumRoots", "Albums", "Images", "Tags", "ImageTags"}


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Its tags with their parents, and its photos with tags, stars, colours and texts. Raises UsageError."""
    try:
        with closing(_open(path)) as there:
            yield from _records(there)
    except sqlite3.Error as error:
        raise UsageError(f"{path} cannot be read as a digiKam database: {error}.") from error


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _records(there: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    tags = {
        number: (parent, name) for number, parent, name in there.execute("SELECT id, pid, name FROM Tags")
    }
    internal = _below(tags, _INTERNAL)
    for number, (parent, name) in tags.items():
        if number not in internal and parent in tags:
            yield {"kind": "tag", "name": name, "parents": [tags[parent][1]]}
    given: dict[int, list[int]] = {}
    for image, tag in there.execute("SELECT imageid, tagid FROM ImageTags"):
        given.setdefault(image, []).append(tag)
    texts = _texts(there)
    stars = dict(there.execute("SELECT imageid, rating FROM ImageInformation").fetchall())
    roots = {
        number: _root(identifier or "", specific or "")
        for number, identifier, specific in there.execute(
            "SELECT id, identifier, specificPath FROM AlbumRoots"
        )
    }
    for image, name, relative, root in there.execute(
        "SELECT i.id, i.name, a.relativePath, a.albumRoot FROM Images i JOIN Albums a ON a.id = i.album"
    ):
        folder = f"{roots.get(root, '')}{relative}".rstrip("/")
        record: dict[str, Any] = {"kind": "photo", "path": f"{folder}/{name}"}
        mine = given.get(image, [])
        words = [tags[tag][1] for tag in mine if tag in tags and tag not in internal]
        if words:
            record["tags"] = [{"tag": word} for word in words]
        rating = stars.get(image)
        if rating is not None and 0 < rating <= 5:
            record["rating"] = {"stars": rating}
        colour = next((found for tag in mine if tag in internal and (found := _colour(tags[tag][1]))), None)
        if colour is not None:
            record["label"] = {"colour": colour}
        record |= texts.get(image, {})
        if len(record) > 2:
            yield record


def _texts(there: sqlite3.Connection) -> dict[int, dict[str, str]]:
    """Photo -> its title and caption, those for every language before those for one; older databases have none."""
    if there.execute("SELECT 1 FROM sqlite_master WHERE name = 'ImageComments'").fetchone() is None:
        return {}
    found: dict[int, dict[str, str]] = {}
    for image, kind, text in there.execute(
        "SELECT imageid, type, comment FROM ImageComments WHERE type IN (1, 3) ORDER BY language <> 'x-default', id"
    ):
        if text and text.strip():
            found.setdefault(image, {}).setdefault(_TEXTS[kind], text.strip())
    return found


def _below(tags: dict[int, tuple[int, str]], top: str) -> set[int]:
    """Ids of a tag of this name and of all below it."""
    found = {number for number, (_, name) in tags.items() if name == top}
    while more := {number for number, (parent, _) in tags.items() if parent in found} - found:
        found |= more
    return found


def _colour(name: str) -> str | None:
    return _COLOURS.get(name.removeprefix("Color Label ").strip()) if name.startswith("Color Label") else None


def _root(identifier: str, specific: str) -> str:
    """The folder of a collection: ``volumeid:?path=/home/me/Pictures``; of one on a drive what is known."""
    path = parse_qs(identifier.partition("?")[2]).get("path", [""])[0]
    return unquote(path).rstrip("/") + specific.rstrip("/")
