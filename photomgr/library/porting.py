"""Everything out of the library in files that others can read, and back in."""

from __future__ import annotations

import contextlib
import csv
import html
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from ..core.catalog import digikam
from ..core.catalog.porting import Imported, Porting, Record
from ..core.errors import PhotomgrError, ReadOnly, UsageError
from ..core.records import Change, Photo
from ..core.xmp import writer
from ..jobs import Job, Progress
from . import foreign, words

if TYPE_CHECKING:
    from .facade import Library

_PAGE: Final = 500  # photos read at a time
_MOST_LINE: Final = 64 << 20

_GALLERY: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="generator" content="photomgr"><title>{title}</title>
<style>
body {{ margin: 1.5rem; font: 15px/1.4 system-ui, sans-serif; background: #1d1f21; color: #e6e6e6 }}
h1 {{ font-size: 1.2rem; font-weight: 600 }}
main {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 14px }}
figure {{ margin: 0 }} img {{ width: 100%; height: 200px; object-fit: contain; background: #141516 }}
figcaption {{ overflow-wrap: anywhere; font-size: 13px }} small {{ color: #b4b4b4 }}
</style></head><body><h1>{title}</h1><main>
{figures}
</main></body></html>
"""


class Ports:
    """Export and import, as the person asks for them."""

    def __init__(self, library: Library, publish: Callable[[Change], Change]) -> None:
        self._library = library
        self._publish = publish

    @property
    def _shelf(self) -> Porting:
        return self._library.catalog.porting

    # out

    def export(self, target: Path) -> Job[int]:
        """Every decision as JSON lines (resources/reference/export.md); the number of lines is the result."""
        lines = 0
        out = io.StringIO()
        for record in self._shelf.records():
            out.write(json.dumps(record, ensure_ascii=True, sort_keys=False) + "\n")
            lines += 1
            if lines % _PAGE == 0:
                yield Progress(lines, None, str(record.get("path", "")))
        _save(target, out.getvalue().encode())
        return lines

    def csv(self, target: Path, ids: Sequence[int]) -> Job[int]:
        """Photos with what was decided, a row each: path, taken, rating, label, tags with | between them."""
        out = io.StringIO(newline="")
        table = csv.writer(out)
        table.writerow(("path", "taken", "rating", "label", "tags"))
        for done, photo in enumerate(self._pages(ids), 1):
            tags = "|".join(each.tag for each in self._library.decided_of(photo.id))
            path = str(photo.path).encode("utf-8", "replace").decode()
            row = (path, photo.metadata.taken or "", str(photo.rating), photo.label or "", tags)
            table.writerow([_harmless(each) for each in row])
            if done % _PAGE == 0:
                yield Progress(done, len(ids), photo.display_name)
        _save(target, out.getvalue().encode())
        return len(ids)

    def keywords(self, target: Path) -> int:
        """The tags that stand somewhere or have names or an order of the person's, with all above them, as Lightroom's
        keyword list."""
        kept = self._library.catalog.keeping.tags()
        wanted = {each.tag for each in self._library.tags() if each.count}
        wanted.update(each["name"] for each in self._shelf.tags() if "parents" in each or "names" in each)
        while above := {name for each in wanted if each in kept for name in kept[each].parents} - wanted:
            wanted |= above
        tags = [
            (name, kept[name].parents, tuple(each.name for each in kept[name].names if each.kind == "alias"))
            for name in sorted(wanted & kept.keys(), key=str.casefold)
        ]
        _save(target, foreign.as_keyword_list(tags).encode())
        return len(tags)

    def gallery(self, folder: Path, ids: Sequence[int], title: str) -> Job[int]:
        """A page with thumbnails that any browser shows, without the originals; it needs no server.

        A page that is there already is replaced when it is one of ours. One that is not finished leaves nothing behind.
        """
        _refuse_foreign(folder / "index.html")
        figures: list[str] = []
        made: list[Path] = []
        try:
            (folder / "thumbnails").mkdir(parents=True, exist_ok=True)
            for done, photo in enumerate(self._pages(ids), 1):
                data = self._library.thumbnail(photo.id)
                if data is not None:
                    name = f"thumbnails/{photo.id}.jpg"
                    if not (folder / name).exists():  # else it is of the page that is replaced
                        made.append(folder / name)
                    (folder / name).write_bytes(data)
                    figures.append(self._figure(photo, name))
                yield Progress(done, len(ids), photo.display_name)
            page = _GALLERY.format(title=html.escape(title), figures="\n".join(figures))
            _save(folder / "index.html", page.encode("utf-8", "replace"))
        except BaseException as error:
            for each in made:
                each.unlink(missing_ok=True)
            for empty in (folder / "thumbnails", folder):
                with contextlib.suppress(OSError):
                    empty.rmdir()
            if isinstance(error, OSError):
                raise PhotomgrError(f"The gallery cannot be written: {error.strerror}.") from error
            raise
        return len(figures)

    def _figure(self, photo: Photo, name: str) -> str:
        tags = ", ".join(each.tag for each in self._library.decided_of(photo.id))
        stars = "★" * photo.rating
        caption = html.escape(photo.metadata.title or photo.display_name)
        about = html.escape(" ".join(filter(None, (stars, tags))))
        return (
            f'<figure><img loading="lazy" src="{quote(name)}" alt="{html.escape(tags or photo.display_name)}">'
            f"<figcaption>{caption}<br><small>{about}</small></figcaption></figure>"
        )

    def _pages(self, ids: Sequence[int]) -> Iterator[Photo]:
        for start in range(0, len(ids), _PAGE):
            yield from self._library.photos(ids[start : start + _PAGE])

    # in

    def take_in(self, source: Path, kind: str | None = None) -> tuple[Change, Imported]:
        """Bring back an export, or what another program left: one undoable action.

        ``kind`` is photomgr, digikam, picasa, takeout or keywords; None finds out. Raises UsageError.
        """
        if self._library.read_only:
            raise ReadOnly("This library is open read-only: nothing is taken in.")
        kind = kind or kind_of(source)
        records = _SOURCES[kind](source)
        name = source.name
        change, result = self._shelf.take_in(
            records, words.says(f"1 photo taken in from {name}", f"{{n}} photos taken in from {name}")
        )
        return self._publish(change), result


def kind_of(source: Path) -> str:
    """What lies at a path: photomgr, digikam, picasa, takeout or keywords. Raises UsageError."""
    if source.is_dir():
        for _, _, files in os.walk(source):
            if any(name.casefold() in (".picasa.ini", "picasa.ini") for name in files):
                return "picasa"
            if any(name.endswith(".json") for name in files):
                return "takeout"
        raise UsageError(f"In {source} is nothing that can be taken in: no Picasa files, no Google Takeout.")
    if not source.is_file():
        raise UsageError(f"There is no file at {source}.")
    with source.open("rb") as file:
        head = file.read(16)
    if head.startswith(b"SQLite format 3\0"):
        if digikam.is_digikam(source):
            return "digikam"
        raise UsageError(f"{source} is no digiKam database.")
    return "photomgr" if head.lstrip().startswith(b"{") else "keywords"


def _lines(source: Path) -> Iterator[Record]:
    """The records of an export. Raises UsageError for lines that are none."""
    try:
        with source.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(_MOST_LINE), b""), 1):
                if not line.strip():
                    continue
                record = json.loads(line)
                if not isinstance(record, dict) or (number == 1 and record.get("kind") != "photomgr"):
                    raise UsageError(f"{source} is no export of photomgr.")
                yield record
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"Line {number} of {source} cannot be read: {error}.") from error


_SOURCES: Final[dict[str, Callable[[Path], Iterable[Record]]]] = {
    "photomgr": _lines,
    "digikam": digikam.records,
    "picasa": foreign.picasa,
    "takeout": foreign.takeout,
    "keywords": foreign.keyword_list,
}
KINDS: Final = tuple(_SOURCES)


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _refuse_foreign(page: Path) -> None:
    """Raises UsageError when a page lies there that was not made here."""
    try:
        with page.open("rb") as file:
            ours = b'content="photomgr"' in file.read(600)
    except OSError:
        return
    if not ours:
        raise UsageError(f"{page.parent} has a page of its own: choose another folder.")


def _save(target: Path, data: bytes) -> None:
    """Write a whole file or none. Raises PhotomgrError."""
    path = os.fsencode(target)
    try:
        writer.replace(writer.prepare(path, data, keep_time=False), path)
    except OSError as error:
        raise PhotomgrError(f"{target} cannot be written: {error.strerror}.") from error
