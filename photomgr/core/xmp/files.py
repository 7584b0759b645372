"""Moves single files, never over another one, and finds what the system's trash holds."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from ..errors import PhotomgrError
from .writer import flush_folders, part_of


def move(start: bytes, goal: bytes) -> None:
    """Move a file, to another drive too. Raises PhotomgrError when something is there already, OSError."""
    if os.path.lexists(goal) and not _is_respelled(start, goal):
        raise PhotomgrError(f"There is a file called {os.fsdecode(os.path.basename(goal))} already.")
    os.makedirs(os.path.dirname(goal), exist_ok=True)
    try:
        os.rename(start, goal)
    except OSError as error:
        if error.errno != 18:  # EXDEV: another drive
            raise
        part = part_of(goal)
        try:
            shutil.copy2(start, part)
            with open(part, "rb+") as written:
                os.fsync(written.fileno())
            os.replace(part, goal)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(part)
            raise
        os.unlink(start)
    flush_folders((os.path.dirname(start), os.path.dirname(goal)))


def _is_respelled(start: bytes, goal: bytes) -> bool:
    """img.jpg to IMG.jpg on a disk that takes both names for one."""
    return start != goal and start.lower() == goal.lower() and os.path.samefile(start, goal)


def bring_back(path: bytes) -> bool:
    """Put the file that was trashed last from ``path`` back there; False where it is not found.

    After the FreeDesktop.org Trash specification; other systems' trash cans cannot be asked.
    """
    newest: tuple[str, bytes, bytes] | None = None
    for trash in _trashes(path):
        for info, original, when in _trashed(trash):
            name = os.path.basename(info)[: -len(b".trashinfo")]
            file = os.path.join(trash, b"files", name)
            if original == path and os.path.lexists(file) and (newest is None or when > newest[0]):
                newest = (when, file, info)
    if newest is None:
        return False
    move(newest[1], path)
    with contextlib.suppress(OSError):
        os.unlink(newest[2])
    return True


def _trashes(path: bytes) -> Iterator[bytes]:
    home = os.environ.get("XDG_DATA_HOME") or os.path.join(Path.home(), ".local", "share")
    yield os.fsencode(os.path.join(home, "Trash"))
    if hasattr(os, "getuid"):
        top = os.path.dirname(path)
        while not os.path.ismount(top) and os.path.dirname(top) != top:
            top = os.path.dirname(top)
        yield os.path.join(top, b".Trash", b"%d" % os.getuid())
        yield os.path.join(top, b".Trash-%d" % os.getuid())


def _trashed(trash: bytes) -> Iterator[tuple[bytes, bytes, str]]:
    """(info file, where it was, when) of everything in a trash can."""
    folder = os.path.join(trash, b"info")
    try:
        names = os.listdir(folder)
    except OSError:
        return
    top = os.path.dirname(trash)
    if os.path.basename(top) == b".Trash":
        top = os.path.dirname(top)
    for name in names:
        info = os.path.join(folder, name)
        try:
            with open(info, encoding="utf-8", errors="replace") as file:
                said = dict(line.strip().split("=", 1) for line in file if "=" in line)
        except OSError:
            continue
        where = os.fsencode(unquote(said.get("Path", ""), errors="surrogateescape"))
        yield info, where if os.path.isabs(where) else os.path.join(top, where), said.get("DeletionDate", "")
