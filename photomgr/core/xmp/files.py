"""Moves single files, never over another one."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil

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
        if error.errno != errno.EXDEV:  # another drive
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
