"""File names made of a pattern: ``{year}/{month}/{name}`` for one photo after the other."""

from __future__ import annotations

import os
import re
import string
from typing import Any, Final

from ..core.errors import UsageError
from ..core.records import Photo

FIELDS: Final = ("name", "ext", "n", "year", "month", "day", "time", "camera", "rating", "folder")
_UNSAFE: Final = re.compile(r'[\x00-\x1f<>:"|?*\\]')


def check(pattern: str) -> None:
    """Raises UsageError for a pattern that cannot make names."""
    try:
        for _, name, _, _ in string.Formatter().parse(pattern):
            if name is not None and name not in FIELDS:
                raise UsageError(f"A name is made of {', '.join('{' + each + '}' for each in FIELDS)}.")
        pattern.format(**dict.fromkeys(FIELDS, 1))
    except (ValueError, KeyError, IndexError) as error:
        raise UsageError(f"The name pattern cannot be read: {error}.") from error


def has_fields(pattern: str) -> bool:
    """Whether a text is more than one plain name. Raises UsageError where it cannot be read."""
    check(pattern)
    return any(name is not None for _, name, _, _ in string.Formatter().parse(pattern))


def parts_of(pattern: str, photo: Photo, number: int) -> list[str]:
    """What the pattern makes of the ``number``-th photo: folders, then the name without its ending.

    Every part is one that all systems take; there is at least one. Raises UsageError when a format does not fit.
    """
    try:
        name = pattern.format(**_fields(photo, number)).strip()
    except ValueError as error:
        raise UsageError(f"The name pattern does not fit {photo.display_name}: {error}.") from error
    parts = [_UNSAFE.sub("_", part).strip(". ") for part in name.split("/")]
    return [part for part in parts if part] or [f"{number:04}"]


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
