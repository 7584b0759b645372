"""Copies of photos for others: converted, smaller, without the place, under names of a pattern."""

from __future__ import annotations

import io
import os
import re
import shutil
import string
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from ..core import images
from ..core.errors import PhotomgrError, UsageError
from ..core.records import Photo
from ..core.xmp.packet import dressed, without_place
from ..core.xmp.wish import Wish
from ..jobs import Job, Progress

if TYPE_CHECKING:
    from .facade import Library

FORMATS: Final = {"jpeg": (".jpg", "JPEG"), "webp": (".webp", "WEBP"), "png": (".png", "PNG")}
FIELDS: Final = ("name", "ext", "n", "year", "month", "day", "time", "camera", "rating", "folder")
_QUALITY: Final[dict[str, dict[str, Any]]] = {
    "jpeg": {"quality": 90, "optimize": True},
    "webp": {"quality": 88},
    "png": {},
}
_UNSAFE: Final = re.compile(r'[\x00-\x1f<>:"|?*\\]')


@dataclass(frozen=True, slots=True)
class CopyWish:
    """What the copies shall be. ``convert`` one of FORMATS or None, ``resize`` the long side in pixels."""

    convert: str | None = None
    resize: int | None = None
    strip_gps: bool = False
    name: str = "{name}"


@dataclass(slots=True)
class Copied:
    """How copying went."""

    copied: int
    failed: int
    problems: list[tuple[str, str]]


def copy(library: Library, ids: Sequence[int], folder: Path, wish: CopyWish) -> Job[Copied]:
    """Copy photos into a folder, which is made; nothing there is overwritten. Raises UsageError, PhotomgrError."""
    _check(wish)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PhotomgrError(f"{folder} cannot be made: {error.strerror}.") from error
    result = Copied(0, 0, [])
    wishes = library.catalog.exchange.wishes(ids, {})
    taken: set[str] = set()
    for number, photo in enumerate(library.photos(ids), 1):
        try:
            _copy(photo, number, folder, wish, wishes[photo.id], taken)
            result.copied += 1
        except (OSError, PhotomgrError) as error:
            result.failed += 1
            reason = str(error) if isinstance(error, PhotomgrError) else f"{error.strerror}."
            result.problems.append((str(photo.path), reason))
        yield Progress(number, len(ids), photo.display_name)
    return result


def _check(wish: CopyWish) -> None:
    if wish.convert is not None and wish.convert not in FORMATS:
        raise UsageError(f"Photos are converted to {', '.join(FORMATS)}, not {wish.convert}.")
    try:
        for _, name, _, _ in string.Formatter().parse(wish.name):
            if name is not None and name not in FIELDS:
                raise UsageError(f"A name is made of {', '.join('{' + each + '}' for each in FIELDS)}.")
        wish.name.format(**dict.fromkeys(FIELDS, 1))
    except (ValueError, KeyError, IndexError) as error:
        raise UsageError(f"The name pattern cannot be read: {error}.") from error


def _copy(photo: Photo, number: int, folder: Path, wish: CopyWish, said: Wish, taken: set[str]) -> None:
    suffix = photo.path.suffix
    embedded = suffix.casefold() in (".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff")
    convert = wish.convert or ("jpeg" if wish.resize or (wish.strip_gps and not embedded) else None)
    if convert is None:
        target = _place(photo, number, folder, wish, suffix, taken)
        if wish.strip_gps:
            _put(target, without_place(photo.path.read_bytes()), photo)
        else:
            shutil.copy2(photo.path, target)
        return
    suffix, kind = FORMATS[convert]
    image = images.decode(photo.path, short_side=None)
    if wish.resize and max(image.size) > wish.resize:
        image.thumbnail((wish.resize, wish.resize), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, kind, **_QUALITY[convert])
    data = dressed(out.getvalue(), photo.path.read_bytes(), said, strip_place=wish.strip_gps)
    _put(_place(photo, number, folder, wish, suffix, taken), data, photo)


def _put(target: Path, data: bytes, photo: Photo) -> None:
    with target.open("xb") as file:
        file.write(data)
    os.utime(target, ns=(photo.mtime_ns, photo.mtime_ns))


def _place(photo: Photo, number: int, folder: Path, wish: CopyWish, suffix: str, taken: set[str]) -> Path:
    """A free path for a copy; the pattern's own slashes make folders below ``folder``."""
    name = wish.name.format(**_fields(photo, number)).strip()
    parts = [_UNSAFE.sub("_", part).strip(". ") for part in name.split("/")]
    parts = [part for part in parts if part] or [f"{number:04}"]
    base = folder.joinpath(*parts)
    base.parent.mkdir(parents=True, exist_ok=True)
    for again in range(1, 100_000):
        target = base.with_name(base.name + (f"-{again}" if again > 1 else "") + suffix)
        if str(target).casefold() not in taken and not target.exists():
            taken.add(str(target).casefold())
            return target
    raise PhotomgrError(f"There are too many files called {base.name}.")


def _fields(photo: Photo, number: int) -> dict[str, Any]:
    taken = photo.metadata.taken or photo.added
    stem, _, suffix = photo.display_name.rpartition(".")
    return {
        "name": (stem or suffix).replace("/", "_"),
        "ext": suffix,
        "n": number,
        "year": taken[:4],
        "month": taken[5:7],
        "day": taken[8:10],
        "time": taken[11:19].replace(":", ""),
        "camera": (photo.metadata.camera or "unknown").replace("/", "_"),
        "rating": photo.rating,
        "folder": os.path.basename(photo.path.parent).replace("/", "_"),
    }
