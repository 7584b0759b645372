"""Thumbnails on disk: JPEG, 384 pixels on the long side, one file for each content hash.

The folder is a cache: any file in it may vanish or be cut short by a power failure at any moment, and is
then made again. Files appear whole or not at all, whichever threads and processes write.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import shutil
import threading
from pathlib import Path
from typing import Final

from PIL import Image

LONG_SIDE: Final = 384
QUALITY: Final = 85
# What to ask the decoder for: the short side of a 4:3 thumbnail. Squarer pictures come out a little smaller.
SHORT_SIDE: Final = 288
# bford.info/cachedir: backups and our own scanner pass a folder by that holds this in CACHEDIR.TAG.
CACHE_TAG: Final = b"Signature: 8a477f597d28d172789f06886806bc55"

_START, _END = b"\xff\xd8", b"\xff\xd9"


class Thumbnails:
    """The thumbnails below one folder, which is created when the first one is stored."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._base = os.fspath(folder)
        self._numbers = itertools.count()

    def path(self, content: bytes) -> Path:
        """Where the thumbnail for a content hash is, or would be."""
        return Path(self._path(content))

    def _path(self, content: bytes) -> str:
        name = content.hex()
        return f"{self._base}{os.sep}{name[:2]}{os.sep}{name}-{LONG_SIDE}.jpg"

    def has(self, content: bytes) -> bool:
        """Whether a thumbnail was stored (one system call)."""
        return os.path.exists(self._path(content))

    def get(self, content: bytes) -> bytes | None:
        """The encoded JPEG; None when there is none or it is not whole."""
        try:
            with open(self._path(content), "rb") as file:
                data = file.read()
        except OSError:
            return None
        if data.startswith(_START) and data.endswith(_END):
            return data
        return None

    def store(self, content: bytes, image: Image.Image) -> bytes:
        """Scale an upright RGB picture down, keep it as the thumbnail and return the encoded JPEG.

        A picture that is already small is kept at its size. Raises OSError when the disk is full.
        """
        data = encode(image)
        target = self._path(content)
        temporary = f"{target}.{os.getpid()}-{threading.get_ident()}-{next(self._numbers)}.tmp"
        try:
            self._write(temporary, data)
            os.replace(temporary, target)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        return data

    def adopt(self, before: bytes, content: bytes) -> None:
        """The picture of one content is that of another too: only metadata around it changed."""
        if self.has(before) and not self.has(content):
            with contextlib.suppress(OSError):  # it is made again when it is asked for
                self._make_folder(os.path.dirname(self._path(content)))
                shutil.copyfile(self._path(before), self._path(content))

    def _write(self, path: str, data: bytes) -> None:
        flags = (
            os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        )
        try:
            handle = os.open(path, flags, 0o600)
        except FileNotFoundError:
            self._make_folder(os.path.dirname(path))
            handle = os.open(path, flags, 0o600)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
        finally:
            os.close(handle)

    def _make_folder(self, folder: str) -> None:
        os.makedirs(self._base, mode=0o700, exist_ok=True)
        tag = os.path.join(self._base, "CACHEDIR.TAG")
        if not os.path.exists(tag):
            with open(tag, "wb") as file:
                file.write(
                    CACHE_TAG + b"\n# Thumbnails of photomgr, which it makes again when they are gone.\n"
                )
        os.makedirs(folder, mode=0o700, exist_ok=True)

    def clear(self) -> None:
        """Throw all thumbnails away. Those being stored meanwhile by others may stay."""
        for shard in self._shards():
            shutil.rmtree(shard, ignore_errors=True)

    def size_on_disk(self) -> int:
        """Bytes that the thumbnails take, as the sum of their lengths."""
        total = 0
        for shard in self._shards():
            with contextlib.suppress(OSError), os.scandir(shard) as entries:
                for entry in entries:
                    with contextlib.suppress(OSError):
                        total += entry.stat(follow_symlinks=False).st_size
        return total

    def _shards(self) -> list[str]:
        try:
            with os.scandir(self._base) as entries:
                return [entry.path for entry in entries if len(entry.name) == 2 and entry.is_dir()]
        except OSError:
            return []


def encode(image: Image.Image) -> bytes:
    """The picture as a thumbnail's JPEG: RGB in, at most LONG_SIDE pixels on the long side."""
    longest = max(image.size)
    if longest > LONG_SIDE:
        size = (
            max(1, round(image.width * LONG_SIDE / longest)),
            max(1, round(image.height * LONG_SIDE / longest)),
        )
        image = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    if image.mode != "RGB":
        image = image.convert("RGB")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, subsampling=2, comment=b"")  # Pillow would copy the photo's
    return out.getvalue()
