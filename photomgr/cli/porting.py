"""export, import, copy: decisions and photos out of the library, and decisions back in."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from ..library import Library, words
from ..library.copying import FORMATS, CopyWish
from ..library.porting import KINDS
from ..library.templates import FIELDS
from .opening import open_library, reading
from .output import Output


def add_commands(add: Callable[..., argparse.ArgumentParser], count: Callable[[str], int]) -> None:
    """Declare the commands; ``add`` and ``count`` are the parser's own."""
    export = add("export", export_command, "write every decision, tag, rating and album into a file")
    export.add_argument("target", type=Path, metavar="FILE")
    how = export.add_mutually_exclusive_group()
    how.add_argument(
        "--csv", action="store_const", const="csv", dest="form", help="a table of photos and tags"
    )
    how.add_argument("--gallery", action="store_const", const="gallery", dest="form",
                     help="FILE is a folder for a page with thumbnails")  # fmt: skip
    how.add_argument("--keywords", action="store_const", const="keywords", dest="form",
                     help="the tags as Lightroom's keyword list")  # fmt: skip
    export.add_argument(
        "--query", metavar="Q", default="", help="for --csv and --gallery: the photos that Q finds"
    )
    taken = add("import", import_command, "take in an export, a digiKam database, Picasa files, a Google Takeout or"
                " a keyword list; one step of undo")  # fmt: skip
    taken.add_argument("source", type=Path, metavar="FILE")
    taken.add_argument("--from", choices=KINDS, dest="form", help="what it is (default: found out)")
    copied = add("copy", copy_command, "copy the photos that QUERY finds into a folder")
    copied.add_argument("query", metavar="QUERY")
    copied.add_argument("folder", type=Path, metavar="DIR")
    copied.add_argument("--convert", choices=sorted(FORMATS))
    copied.add_argument("--resize", type=count, metavar="N", help="the long side in pixels, at most")
    copied.add_argument("--strip-gps", action="store_true", help="without the place")
    fields = ", ".join("{" + each + "}" for each in FIELDS)
    copied.add_argument(
        "--name", default="{name}", metavar="TEMPLATE", help=f"made of {fields}; / makes folders"
    )


def export_command(options: Namespace, output: Output) -> int:
    """Write the catalog's decisions, or a selection in another form."""
    with reading(options) as library:
        ports = library.exchange.ports
        if options.form is None:
            count = output.drive("exporting", ports.export(options.target))
        elif options.form == "keywords":
            count = ports.keywords(options.target)
        elif options.form == "csv":
            count = output.drive(
                "exporting", ports.csv(options.target, _found(library, options.query, output))
            )
        else:
            found = _found(library, options.query, output)
            count = output.drive("exporting", ports.gallery(options.target, found, options.query or "Photos"))
    what = {None: "lines", "keywords": "tags", "csv": "photos", "gallery": "photos"}[options.form]
    counted = f"1 {what[:-1]}" if count == 1 else f"{count:,} {what}"
    output.record({"target": str(options.target), what: count}, f"{counted} written to {options.target}")
    return 0


def _found(library: Library, query: str, output: Output) -> list[int]:
    output.drive("indexing", library.index())
    found = library.find(query)
    if found.hint:
        output.say(found.hint)
    return [int(each) for each in found.ids]


def import_command(options: Namespace, output: Output) -> int:
    """Take decisions in; 1 when photos of them are not in this library."""
    with open_library(options, output) as library:
        change, done = library.exchange.ports.take_in(options.source, options.form)
        output.drive("indexing", library.index())
    for path in done.unknown:
        output.error(f"{path} is not in the library.")
    output.record(
        {"photos": done.photos, "missing": done.missing, "tags": done.tags, "changed": len(change.photos)},
        f"{words.photos(done.photos)} and {words.counted(done.tags, 'tag')} taken in,"
        f" {words.counted(done.missing, 'photo is', 'photos are')} not in the library",
    )
    return 1 if done.missing else 0


def copy_command(options: Namespace, output: Output) -> int:
    """Copy photos out."""
    wish = CopyWish(options.convert, options.resize, options.strip_gps, options.name)
    with reading(options) as library:
        ids = _found(library, options.query, output)
        done = output.drive("copying", library.exchange.copy(ids, options.folder, wish))
    for path, reason in done.problems:
        output.error(f"{path}: {reason}")
    output.record(
        {"copied": done.copied, "failed": done.failed},
        f"{words.photos(done.copied)} copied to {options.folder}",
    )
    return 1 if done.failed else 0
