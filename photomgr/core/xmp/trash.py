"""What lies in the system's trash, and back out of it.

Freedesktop.org's trash says where each file was, Windows' $Recycle.Bin too. macOS keeps that to itself: there a file
is known by its name, and by its size where that is told.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote

from .files import move

_SYSTEM: Final[str] = sys.platform
_EPOCH: Final = 116_444_736_000_000_000  # 1970 in the 100 ns since 1601 that Windows counts


class Trashed(NamedTuple):
    """A file in a trash: where it was, since when it is there (the larger the later), and what tells of it."""

    original: bytes
    when: float
    file: bytes
    note: bytes = b""


def bring_back(path: bytes, size: int | None = None) -> bool:
    """Put the file that was trashed last from ``path`` back there; False where it is not found.

    ``size`` in bytes is that of the file, where it is known. Raises OSError, PhotomgrError.
    """
    found = [each for each in _all(path) if _same(each.original, path) and _fits(each, size)]
    if not found:
        return False
    newest = max(found, key=lambda each: each.when)
    move(newest.file, path)
    if newest.note:
        with contextlib.suppress(OSError):
            os.unlink(newest.note)
    return True


def can_look() -> bool:
    """Whether this system lets us find again what we put into the trash."""
    if _SYSTEM != "darwin":
        return True
    try:
        os.listdir(Path.home() / ".Trash")  # only with the permission that macOS calls Full Disk Access
    except OSError:
        return False
    return True


def _same(original: bytes, path: bytes) -> bool:
    return original == path or (os.name == "nt" and original.lower() == path.lower())


def _fits(each: Trashed, size: int | None) -> bool:
    try:
        return size is None or os.path.getsize(each.file) == size
    except OSError:
        return False


def _all(path: bytes) -> Iterator[Trashed]:
    if _SYSTEM == "win32":
        drive = os.path.splitdrive(path)[0]
        yield from recycled(os.path.join(drive + b"\\", b"$Recycle.Bin"))
    elif _SYSTEM == "darwin":
        yield from nameless(os.fsencode(Path.home() / ".Trash"), path)
        yield from nameless(os.path.join(_top(path), b".Trashes", b"%d" % os.getuid()), path)
    else:
        for trash in _freedesktop(path):
            yield from described(trash)


def _top(path: bytes) -> bytes:
    """The folder on which the file system that holds ``path`` is mounted."""
    top = os.path.dirname(path)
    while not os.path.ismount(top) and os.path.dirname(top) != top:
        top = os.path.dirname(top)
    return top


def _freedesktop(path: bytes) -> Iterator[bytes]:
    home = os.environ.get("XDG_DATA_HOME") or os.path.join(Path.home(), ".local", "share")
    yield os.fsencode(os.path.join(home, "Trash"))
    if hasattr(os, "getuid"):
        top = _top(path)
        yield os.path.join(top, b".Trash", b"%d" % os.getuid())
        yield os.path.join(top, b".Trash-%d" % os.getuid())


def _names(folder: bytes) -> list[bytes]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def described(trash: bytes) -> Iterator[Trashed]:
    """What a trash after the Freedesktop.org Trash specification 1.0 holds."""
    folder = os.path.join(trash, b"info")
    top = os.path.dirname(trash)
    if os.path.basename(top) == b".Trash":
        top = os.path.dirname(top)
    for name in _names(folder):
        info = os.path.join(folder, name)
        file = os.path.join(trash, b"files", name.removesuffix(b".trashinfo"))
        try:
            with open(info, encoding="utf-8", errors="replace") as text:
                said = dict(line.strip().split("=", 1) for line in text if "=" in line)
            when = os.stat(info).st_mtime
        except OSError:
            continue
        digits = "".join(each for each in said.get("DeletionDate", "") if each.isdigit())[:14]
        where = os.fsencode(unquote(said.get("Path", ""), errors="surrogateescape"))
        if os.path.lexists(file):
            original = where if os.path.isabs(where) else os.path.join(top, where)
            yield Trashed(original, float(digits or 0) + when % 1, file, info)


def recycled(bin_: bytes) -> Iterator[Trashed]:
    """What the $Recycle.Bin of a drive holds that we may read: $I… files tell of the $R… beside them.

    A $I file: version (1 or 2), size and time as 64 bits each, then the path in UTF-16: of 260 characters in
    version 1, with its length before it as 32 bits in version 2.
    """
    for person in _names(bin_):
        folder = os.path.join(bin_, person)
        for name in _names(folder):
            file = os.path.join(folder, b"$R" + name[2:])
            if not name.startswith(b"$I") or not os.path.lexists(file):
                continue
            note = os.path.join(folder, name)
            try:
                with open(note, "rb") as stream:
                    data = stream.read(1 << 17)
            except OSError:
                continue
            version = int.from_bytes(data[:8], "little")
            when = (int.from_bytes(data[16:24], "little") - _EPOCH) / 1e7
            text = data[24:544] if version == 1 else data[28 : 28 + 2 * int.from_bytes(data[24:28], "little")]
            where = text.decode("utf-16-le", "replace").partition("\0")[0]
            yield Trashed(os.fsencode(where), when, file, note)


def nameless(trash: bytes, path: bytes) -> Iterator[Trashed]:
    """Files of a trash that does not say where they were, which may be the one from ``path``: by their names.

    One that met another of its name has the time of day behind its own: ``IMG_1 12.30.05.jpg``.
    """
    stem, ending = os.path.splitext(os.path.basename(path))
    for name in _names(trash):
        mine, its_ending = os.path.splitext(name)
        renamed = mine.startswith(stem + b" ") and mine[len(stem) + 1 :].replace(b".", b"").isdigit()
        if its_ending == ending and (mine == stem or renamed):
            file = os.path.join(trash, name)
            with contextlib.suppress(OSError):
                yield Trashed(path, os.stat(file).st_ctime, file)
