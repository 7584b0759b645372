"""Copies of photos for others: converted, smaller, without the place, under names of a pattern.

A file that is copied as it is brings its sidecars along; one that is made anew has in itself what was decided.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from ..core import images
from ..core.errors import PhotomgrError, UsageError
from ..core.metadata import sidecar_names
from ..core.records import Photo
from ..core.shots import FILM, kind_of_name
from ..core.xmp.copies import dressed, without_place
from ..core.xmp.placing import is_shared
from ..core.xmp.wish import Wish
from ..jobs import Job, Progress
from . import templates

if TYPE_CHECKING:
    from .facade import Library

FORMATS: Final = {"jpeg": (".jpg", "JPEG"), "webp": (".webp", "WEBP"), "png": (".png", "PNG")}
_QUALITY: Final[dict[str, dict[str, Any]]] = {
    "jpeg": {"quality": 90, "optimize": True},
    "webp": {"quality": 88},
    "png": {},
}


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
    templates.check(wish.name)


def _copy(photo: Photo, number: int, folder: Path, wish: CopyWish, said: Wish, taken: set[str]) -> None:
    suffix = photo.path.suffix
    if kind_of_name(photo.name) == FILM:
        if wish.strip_gps:
            raise PhotomgrError("The place cannot be taken out of a film: it was not copied.")
        _whole(photo, _place(photo, number, folder, wish, suffix, taken))
        return
    embedded = suffix.casefold() in (".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff")
    convert = wish.convert or ("jpeg" if wish.resize or (wish.strip_gps and not embedded) else None)
    if convert is None:
        target = _place(photo, number, folder, wish, suffix, taken)
        if wish.strip_gps:
            _put(target, without_place(photo.path.read_bytes()), photo)
        else:
            _whole(photo, target)
        return
    suffix, kind = FORMATS[convert]
    image = images.decode(photo.path, short_side=None)
    if wish.resize and max(image.size) > wish.resize:
        image.thumbnail((wish.resize, wish.resize), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, kind, **_QUALITY[convert])
    data = dressed(out.getvalue(), photo.path.read_bytes(), said, strip_place=wish.strip_gps)
    _put(_place(photo, number, folder, wish, suffix, taken), data, photo)


def _whole(photo: Photo, target: Path) -> None:
    """The file as it is, and the sidecars that speak for it alone."""
    shutil.copy2(photo.path, target)
    for path in dict.fromkeys(sidecar_names(photo.name, photo.folder)):
        stem, ending = os.path.splitext(os.fsdecode(os.path.basename(path)))
        full = stem.casefold() == photo.path.name.casefold()
        goal = target.with_name(target.name + ending) if full else target.with_suffix(ending)
        if os.path.isfile(path) and not is_shared(path, photo.name) and not goal.exists():
            shutil.copy2(path, os.fsencode(goal))


def _put(target: Path, data: bytes, photo: Photo) -> None:
    with target.open("xb") as file:
        file.write(data)
    os.utime(target, ns=(photo.mtime_ns, photo.mtime_ns))


def _place(photo: Photo, number: int, folder: Path, wish: CopyWish, suffix: str, taken: set[str]) -> Path:
    """A free path for a copy; the pattern's own slashes make folders below ``folder``."""
    parts = templates.parts_of(wish.name, photo, number)
    base = folder.joinpath(*parts)
    base.parent.mkdir(parents=True, exist_ok=True)
    for again in range(1, 100_000):
        target = base.with_name(base.name + (f"-{again}" if again > 1 else "") + suffix)
        if str(target).casefold() not in taken and not target.exists():
            taken.add(str(target).casefold())
            return target
    raise PhotomgrError(f"There are too many files called {base.name}.")
