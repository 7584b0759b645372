"""xmp: tags into sidecars and files, and back."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from ..core.catalog.exchange import MODES, Conflict
from ..core.errors import UsageError
from ..library import Library, words
from ..library.writing import FileDifference, Written
from .opening import open_library, reading
from .output import Output

_ACTIONS: Final = ("write", "read", "restore", "conflicts", "folder")


def add_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Declare the commands; ``add`` is the parser's own."""
    xmp = add(
        "xmp", xmp_command, "write what was decided into sidecars or files, and read what others changed"
    )
    xmp.add_argument("action", choices=_ACTIONS, help="write and read take a QUERY, restore takes FILEs, conflicts"
                     " FILEs or nothing, folder a DIR and never, sidecar, file or default")  # fmt: skip
    xmp.add_argument("words", nargs="*", metavar="QUERY|FILE")
    where = xmp.add_mutually_exclusive_group()
    where.add_argument(
        "--sidecar", action="store_const", const="sidecar", dest="mode", help="into IMG.jpg.xmp"
    )
    where.add_argument(
        "--embed", action="store_const", const="file", dest="mode", help="into the file itself"
    )
    xmp.add_argument("--dry-run", action="store_true", help="only show what would change")
    xmp.add_argument("--keep", choices=("ours", "theirs", "both"), help="settle conflicts this way")


def xmp_command(options: Namespace, output: Output) -> int:
    """Run one of the actions."""
    return _RUN[options.action](options, output)


def _write(options: Namespace, output: Output) -> int:
    opened = reading(options) if options.dry_run and options.read_only else open_library(options, output)
    with opened as library:
        ids = _found(library, options, output)
        if options.mode is None and not _somewhere(library):
            raise UsageError(
                "Writing metadata is off. Say --sidecar or --embed, or allow it for a folder with:"
                " photomgr xmp folder DIR sidecar"
            )
        done = output.drive("writing", library.exchange.write(ids, options.mode, dry=options.dry_run))
    for each in done.differences:
        output.record(_difference(each), _shown(each))
    return _end(done, "would be written" if options.dry_run else "written", output)


def _somewhere(library: Library) -> bool:
    """Whether the setting or a folder's rule lets anything be written."""
    modes = set(library.exchange.folder_modes().values())
    return str(library.settings.get("write_metadata")) != "never" or bool(modes - {"never"})


def _found(library: Library, options: Namespace, output: Output) -> list[int]:
    """The photos that the query finds; without one all that the person decided on."""
    query = " ".join(options.words)
    if not query:
        return library.exchange.decided()
    output.drive("indexing", library.index())
    found = library.find(query)
    if found.hint:
        output.say(found.hint)
    return [int(each) for each in found.ids]


def _difference(each: FileDifference) -> dict[str, Any]:
    fields = [
        {"field": one.field, "before": list(one.before), "after": list(one.after)} for one in each.differences
    ]
    return {
        "path": str(each.path),
        "new": each.new,
        "target": "sidecar" if each.sidecar else "file",
        "instead": each.instead or None,
        "fields": fields,
    }


def _shown(each: FileDifference) -> str:
    note = f" ({'new' if each.new else 'sidecar'}{': ' + each.instead if each.instead else ''})"
    lines = [f"{each.path}{note if each.new or each.instead else ''}"]
    return "\n    ".join([*lines, *(one.text() for one in each.differences)])


def _end(done: Written, verb: str, output: Output) -> int:
    for path, reason in done.problems:
        output.error(f"{path}: {reason}")
    output.say(
        f"{words.counted(done.files, 'file')} of {words.photos(done.photos)} {verb},"
        f" {words.photos(done.unchanged)} needed nothing,"
        f" {done.failed:,} failed"
    )
    return 1 if done.failed else 0


def _read(options: Namespace, output: Output) -> int:
    with open_library(options, output) as library:
        folders = {photo.folder for photo in library.photos(_found(library, options, output))}
        found = output.drive(
            "reading", library.scan(only=sorted(folders)) if options.words else library.scan()
        )
        output.drive("indexing", library.index())
        waiting = len(library.exchange.conflicts())
    record = {"changed": found.changed, "conflicts": waiting}
    output.record(
        record,
        f"{words.photos(found.changed)} changed, {words.counted(waiting, 'conflict waits', 'conflicts wait')}",
    )
    return 0


def _restore(options: Namespace, output: Output) -> int:
    with open_library(options, output) as library:
        ids, missing = _files(library, options, output)
        if not options.words:
            raise UsageError("Say which files shall be as they were.")
        done = output.drive("restoring", library.exchange.restore(ids))
    output.record(
        {"photos": done.photos, "files": done.files},
        f"{words.counted(done.files, 'file is as it was', 'files are as they were')}",
    )
    return _end(done, "restored", output) or int(missing > 0)


def _files(library: Library, options: Namespace, output: Output) -> tuple[list[int], int]:
    ids, missing = [], 0
    for name in options.words:
        photo = library.photo_at(Path(name))
        if photo is None:
            missing += 1
            output.error(f"{name} is not in the library.")
        else:
            ids.append(photo.id)
    return ids, missing


def _conflicts(options: Namespace, output: Output) -> int:
    opened = open_library(options, output) if options.keep else reading(options)
    with opened as library:
        ids, missing = _files(library, options, output)
        conflicts = library.exchange.conflicts(ids if options.words else None)
        paths = {photo.id: str(photo.path) for photo in library.photos([each.photo for each in conflicts])}
        if options.keep:
            library.exchange.settle(conflicts, options.keep)
        for each in conflicts:
            record = asdict(each) | {"path": paths.get(each.photo, ""), "kept": options.keep}
            del record["photo"]
            output.record(record, f"{record['path']}: {said(each)}")
        if options.keep:
            output.drive("indexing", library.index())
    if not conflicts:
        output.say("No conflict waits.")
    return int(missing > 0)


def said(conflict: Conflict) -> str:
    """A conflict in words."""
    ours, theirs = ", ".join(conflict.ours) or "nothing", ", ".join(conflict.theirs) or "nothing"
    if conflict.field == "tag":
        return f"you took “{conflict.tag}” off, another program added it"
    if conflict.field == "tags":
        return f"you renamed to {ours}, another program to {theirs}; both are there"
    return f"{conflict.field}: you have {ours}, another program wrote {theirs}"


def _folder(options: Namespace, output: Output) -> int:
    if not options.words:
        with reading(options) as library:
            for path, mode in sorted(library.exchange.folder_modes().items()):
                name = path.decode("utf-8", "surrogateescape")
                output.record({"folder": name, "mode": mode}, f"{mode:<8} {name}")
        return 0
    if len(options.words) != 2 or options.words[1] not in (*MODES, "default"):
        raise UsageError("Say: photomgr xmp folder DIR never|sidecar|file|default")
    folder, mode = Path(options.words[0]), options.words[1]
    with open_library(options, output) as library:
        library.exchange.set_folder_mode(folder, None if mode == "default" else mode)
    output.record({"folder": str(folder), "mode": mode}, f"{folder}: {mode}")
    return 0


_RUN: Final = {
    "write": _write,
    "read": _read,
    "restore": _restore,
    "conflicts": _conflicts,
    "folder": _folder,
}
