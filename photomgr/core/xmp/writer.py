"""Bytes into the place of a file: wholly old or wholly new, whatever happens on the way.

The new bytes go to a hidden file beside the old one, onto the disk, and only then under its name. Rights,
extended attributes and owner stay; the time of writing does when asked.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from ..containers import stamp_ns

_SIDE_BY_SIDE: Final = 16
PART: Final = b".photomgr-part"


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which file it was that was read: its size, time and number; None stands for no file."""

    size: int
    mtime_ns: int
    inode: int


def stamp_of(path: bytes) -> Stamp | None:
    """The stamp of the file at ``path``, links followed; None where there is none. Raises OSError."""
    try:
        info = os.stat(path)
    except FileNotFoundError:
        return None
    return Stamp(info.st_size, stamp_ns(info), info.st_ino)


def part_of(path: bytes) -> bytes:
    """The hidden name beside ``path`` under which its successor is written."""
    folder, name = os.path.split(path)
    return os.path.join(folder, b"." + name[:200] + PART)


def prepare(
    path: bytes, data: bytes, *, keep_time: bool, mtime_ns: int | None = None, flush: bool = True
) -> bytes:
    """Write ``data`` beside ``path``, onto the disk, looking like the file that is there now.

    ``keep_time``: with its time of writing; ``mtime_ns`` gives another one. Without ``flush`` the caller sees to it
    that the part is on the disk (``flush_files``). Returns the part's name. Raises OSError, and then leaves nothing
    behind.
    """
    part = part_of(path)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(part)  # of a write that was killed
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            if os.path.exists(path):
                _look_like(path, part, keep_time)
            if mtime_ns is not None:
                os.utime(part, ns=(mtime_ns, mtime_ns))
            if flush:
                os.fsync(out.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise
    return part


def _look_like(path: bytes, part: bytes, keep_time: bool) -> None:
    info = os.stat(path)
    written = os.stat(part)
    shutil.copystat(path, part)
    if not keep_time:
        os.utime(part, ns=(written.st_atime_ns, written.st_mtime_ns))
    if hasattr(os, "chown") and (info.st_uid, info.st_gid) != (written.st_uid, written.st_gid):
        with contextlib.suppress(PermissionError):  # only root gives files away
            os.chown(part, info.st_uid, info.st_gid)
            os.chmod(part, stat.S_IMODE(info.st_mode))


def replace(part: bytes, path: bytes) -> None:
    """Give a prepared part its name. Raises OSError."""
    os.replace(part, path)


def drop(part: bytes) -> None:
    """Take a prepared part away again."""
    with contextlib.suppress(OSError):
        os.unlink(part)


def flush_files(paths: Iterable[bytes]) -> dict[bytes, OSError]:
    """Put files onto the disk, side by side, which a disk does faster than one by one; what failed, and why."""
    failed: dict[bytes, OSError] = {}

    def flush(path: bytes) -> None:
        try:
            handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            failed[path] = error

    with ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="photomgr-flush") as pool:
        list(pool.map(flush, paths))
    return failed


def flush_folders(folders: Iterable[bytes]) -> None:
    """Make renames in these folders survive a power failure, where the system has a way to."""
    if os.name != "posix":
        return
    for folder in set(folders):
        with contextlib.suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
