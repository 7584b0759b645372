"""Photos inside a tar, seen as the program sees photos in a folder; one that is broken does not stop the others."""

from __future__ import annotations

import os
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from photomgr.annotate.visual import VisualModel
from photomgr.core import images
from photomgr.core.errors import ImageError, ModelError
from photomgr.core.thumbnails import SHORT_SIDE

THREADS = min(8, os.cpu_count() or 2)
"""Photos that are looked at side by side."""
_PLAIN = 30
"""Bytes of a WebP file that say that it holds nothing but pixels."""


def picture(content: bytes, suffix: str = "", short_side: int = SHORT_SIDE) -> Image.Image:
    """RGB, upright and in sRGB, with at least ``short_side`` pixels if the photo has them. Raises ImageError."""
    if content[:4] == b"RIFF" and content[8:16] == b"WEBPVP8 " and len(content) > _PLAIN:
        try:
            return Image.open(BytesIO(content), formats=("WEBP",)).convert("RGB")
        except (OSError, ValueError, SyntaxError) as error:
            raise ImageError(f"The picture data is damaged: {error}.") from error
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"photo{suffix}"
        file.write_bytes(content)
        return images.decode(file, short_side=short_side)


def plain(name: str) -> str:
    """A name in a tar as a table would write it: without ``./`` in front."""
    return str(PurePosixPath(name))


class Archive:
    """A tar of photos by their names. Raises ModelError when it cannot be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with tarfile.open(path, "r:") as tar:
                self._places = {
                    plain(member.name): (member.offset_data, member.size) for member in tar if member.isreg()
                }
        except tarfile.TarError as error:
            why = "it ends too early" if _ends_early(error) else "it is no plain, uncompressed tar archive"
            raise ModelError(f"The photos {path} cannot be read: {why}.") from error
        except OSError as error:
            raise ModelError(f"The photos {path} cannot be read: {error.strerror}.") from error

        names = Counter(PurePosixPath(name).name for name in self._places)
        # A table may leave the folders out, where that leaves no doubt.
        self._short = {short: name for name in self._places if names[short := PurePosixPath(name).name] == 1}

    def _place(self, name: str) -> tuple[int, int] | None:
        asked = plain(name)
        found = self._places.get(asked)
        return self._places.get(self._short.get(asked, "")) if found is None else found

    def __contains__(self, name: str) -> bool:
        return self._place(name) is not None

    def __iter__(self) -> Iterator[str]:
        """Names in the tar's order."""
        return iter(self._places)

    def photo(self, name: str, short_side: int = SHORT_SIDE) -> Image.Image:
        """One photo, see :func:`picture`. Several threads may ask at once."""
        place = self._place(name)
        if place is None:
            raise ModelError(f"The photo {name} is not in {self.path}.")
        offset, size = place
        try:
            with self.path.open("rb") as stream:
                stream.seek(offset)
                content = stream.read(size)
        except OSError as error:
            raise ModelError(f"The photos {self.path} cannot be read: {error.strerror}.") from error
        return picture(content, PurePosixPath(name).suffix, short_side)


def _ends_early(error: tarfile.TarError) -> bool:
    return "unexpected end of data" in str(error)


class TarPictures:
    """Photos of a tar by their place in a list, decoded when they are asked for."""

    def __init__(self, archive: Path, files: Sequence[str], model: VisualModel) -> None:
        self._archive, self._files, self._model = Archive(archive), tuple(files), model

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, part: slice) -> NDArray[np.uint8]:
        """Pixels [n, 3, S, S]; several threads may ask at once."""
        found = [self._model.prepare(self.photo(name)) for name in self._files[part]]
        return np.stack(found) if found else np.zeros((0, 3, self._model.size, self._model.size), np.uint8)

    def photo(self, name: str, short_side: int = SHORT_SIDE) -> Image.Image:
        """One of them as it is stored, see :func:`picture`. Raises ModelError when it is broken."""
        try:
            return self._archive.photo(name, short_side)
        except ImageError as error:
            raise ModelError(f"The photo {name} in {self._archive.path} cannot be read: {error}") from error
