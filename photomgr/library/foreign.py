"""What other programs left behind -> the records of an import: Picasa, Google Takeout, Lightroom's keyword list."""

from __future__ import annotations

import configparser
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ..core.errors import UsageError

Record = dict[str, Any]
_FAVOURITE: Final = 5  # stars of what was a favourite, in programs that know no other
_CUT_OFF: Final = 46  # characters of a name that Google keeps
_MOST: Final = 4 << 20  # bytes of a text file that is read


def picasa(folder: Path) -> Iterator[Record]:
    """Stars, keywords and captions of every .picasa.ini below a folder."""
    for where, _, files in os.walk(folder):
        for name in files:
            if name.casefold() in (".picasa.ini", "picasa.ini"):
                yield from _picasa_file(Path(where) / name)


def _picasa_file(path: Path) -> Iterator[Record]:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(_text(path))
    except configparser.Error:
        return  # a broken file among many: the others still count
    for name in parser.sections():
        section = parser[name]
        record: Record = {"kind": "photo", "path": str(path.parent / name)}
        if (section.get("star") or "").casefold() == "yes":
            record["rating"] = {"stars": _FAVOURITE}
        words = [word.strip() for word in (section.get("keywords") or "").split(",") if word.strip()]
        if words:
            record["tags"] = [{"tag": word} for word in words]
        if caption := (section.get("caption") or "").strip():
            record["caption"] = caption
        if len(record) > 2:
            yield record


def takeout(folder: Path) -> Iterator[Record]:
    """Favourites, people and descriptions of every photo of a Google Takeout, from the JSON files beside the photos."""
    for where, _, files in os.walk(folder):
        there = set(files)
        for name in sorted(each for each in files if each.endswith(".json")):
            yield from _takeout_file(Path(where) / name, there)


def _takeout_file(path: Path, there: set[str]) -> Iterator[Record]:
    try:
        said = json.loads(_text(path))
    except ValueError:
        return
    if not isinstance(said, Mapping) or not isinstance(said.get("title"), str):
        return
    record: Record = {"kind": "photo"}
    if said.get("favorited") is True:
        record["rating"] = {"stars": _FAVOURITE}
    people = said.get("people")
    names = (
        [each.get("name") for each in people if isinstance(each, Mapping)] if isinstance(people, list) else []
    )
    tags = [{"tag": name} for name in names if isinstance(name, str) and name.strip()]
    if tags:
        record["tags"] = tags
    if isinstance(caption := said.get("description"), str) and caption.strip():
        record["caption"] = caption.strip()
    if len(record) > 1:
        for name in _takeout_photos(path.name, os.path.basename(said["title"]), there):
            yield record | {"path": str(path.parent / name)}


def _takeout_photos(name: str, title: str, there: set[str]) -> list[str]:
    """The photos beside a JSON file that it is about: the photo and what Google's editor made of it.

    Google numbers photos of one name as ``IMG(1).jpg`` and their files as ``IMG.jpg(1).json``, cuts names off after
    46 characters, and since 2024 writes ``IMG.jpg.supplemental-metadata.json``, which it cuts off too.
    """
    found = re.fullmatch(r"(?P<photo>.+?)(?P<number>\(\d+\))?\.json", name)
    assert found is not None
    photo, number = found["photo"], found["number"] or ""
    head, dot, tail = photo.rpartition(".")
    if dot and tail and "supplemental-metadata".startswith(tail) and "." in head:
        photo = head
    stem, ending = os.path.splitext(photo)
    wanted = [f"{stem}{number}{ending}"] + ([] if number else [title])
    there = {each for each in there if not each.endswith(".json")}
    photos = [each for each in wanted if each in there][:1]
    if not photos:
        photos = [each for each in there if len(photo) >= _CUT_OFF and each.startswith(photo[:_CUT_OFF])][:2]
        if len(photos) != 1:
            return wanted[:1] if number else [title]
    stem, ending = os.path.splitext(photos[0])
    return photos + [each for each in (f"{stem}-edited{ending}",) if each in there]


def keyword_list(path: Path) -> Iterator[Record]:
    """Lightroom's keyword list: a tab for each level, {synonyms} below their keyword, [categories] in brackets."""
    above: list[str] = []
    names: dict[str, Record] = {}
    for line in _text(path).splitlines():
        depth = len(line) - len(line.lstrip("\t"))
        word = line.strip()
        if not word:
            continue
        if word.startswith("{") and word.endswith("}"):
            if above:
                record = names[above[-1]]
                record.setdefault("names", []).append({"name": word[1:-1].strip(), "kind": "alias"})
            continue
        word = word.strip("[]").strip()
        del above[depth:]
        record = names.setdefault(word, {"kind": "tag", "name": word})
        if above and above[-1] not in record.setdefault("parents", []) and above[-1] != word:
            record["parents"].append(above[-1])
        above.append(word)
    yield from names.values()


def as_keyword_list(tags: Iterable[tuple[str, tuple[str, ...], tuple[str, ...]]]) -> str:
    """(tag, parents, synonyms) as Lightroom's keyword list; a tag with two parents stands below both."""
    children: dict[str | None, list[str]] = {}
    synonyms: dict[str, tuple[str, ...]] = {}
    for name, parents, also in tags:
        synonyms[name] = also
        for parent in parents or (None,):
            children.setdefault(parent, []).append(name)
    lines: list[str] = []

    def write(name: str, path: tuple[str, ...]) -> None:
        lines.append("\t" * len(path) + name)
        lines.extend("\t" * (len(path) + 1) + "{" + each + "}" for each in synonyms.get(name, ()))
        for child in sorted(children.get(name, ()), key=str.casefold):
            if child not in (*path, name):
                write(child, (*path, name))

    for name in sorted(
        {*children.get(None, ()), *(set(filter(None, children)) - synonyms.keys())}, key=str.casefold
    ):
        write(name, ())
    return "\n".join(lines) + "\n"


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
