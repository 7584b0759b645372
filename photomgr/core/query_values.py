"""The fields of the search language and the values that they take: dates, numbers, flags.

A new field is a line in one of these tables (and, for text and numbers, a column of the index).
"""

from __future__ import annotations

import math
import re
from typing import Final

#: Fields that hold words; each is a field of the index.
TEXT_FIELDS: Final = frozenset(
    {"tag", "maybe", "rejected", "folder", "name", "ext", "camera", "lens", "label", "title"}
)
NUMBER_FIELDS: Final = frozenset({"rating"})
DATE_FIELDS: Final = frozenset({"date", "added"})
FLAGS: Final[dict[str, tuple[str, ...]]] = {
    "is": ("untagged", "unreviewed", "unreadable", "offline", "gone"),
    "has": ("gps", "date"),
}

_OTHER_NAMES: Final = {
    "tags": "tag",
    "suggested": "maybe",
    "in": "folder",
    "path": "folder",
    "file": "name",
    "filename": "name",
    "type": "ext",
    "color": "label",
    "colour": "label",
    "caption": "title",
    "stars": "rating",
    "taken": "date",
}
FIELD_NAMES: Final = tuple(sorted(TEXT_FIELDS | NUMBER_FIELDS | DATE_FIELDS | FLAGS.keys()))
FIELD_ALIASES: Final = {name: name for name in FIELD_NAMES} | _OTHER_NAMES

#: What each field wants, as the end of a sentence that begins with its name.
FIELD_HELP: Final[dict[str, str]] = {
    "tag": 'needs a tag after it, such as tag:beach, tag:"new york" or tag:* for any',
    "maybe": "needs a tag after it, such as maybe:beach",
    "rejected": "needs a tag after it, such as rejected:beach",
    "folder": 'needs a folder after it, such as folder:"2019/Hawaii"',
    "name": "needs a file name or its beginning, such as name:IMG_20*",
    "ext": "needs a kind of file, such as ext:heic",
    "camera": "needs a camera, such as camera:nikon",
    "lens": "needs a lens, such as lens:50mm",
    "label": "needs a colour, such as label:red",
    "title": "needs a word, such as title:birthday",
    "rating": "takes stars from 0 to 5, such as rating:3, rating:>=3 or rating:2..4",
    "date": "takes dates such as date:2019, date:2019-06..2019-09 or date:>=2019-06-21",
    "added": "takes dates such as added:2024 or added:>=2024-06",
    "is": "knows " + ", ".join(FLAGS["is"]),
    "has": "knows " + ", ".join(FLAGS["has"]),
}

FIRST_DATE: Final = 1
LAST_DATE: Final = 10**14
_FIRST_YEAR, _LAST_YEAR = 1800, 2199  # other numbers of four digits are words

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_COMPARE = re.compile(r"(>=|<=|>|<|=)?(.*)", re.DOTALL)


def _one_date(text: str) -> tuple[int, int] | None:
    """[low, high) of a year, month or day as numbers YYYYMMDDhhmmss."""
    found = _DATE.fullmatch(text)
    if found is None or not text.isascii():
        return None
    year, month, day = (int(part) if part else 0 for part in found.groups())
    if not _FIRST_YEAR <= year <= _LAST_YEAR or month > 12 or day > 31:
        return None
    if (found[2] and month == 0) or (found[3] and day == 0):
        return None
    unit = 10**10 if not month else 10**8 if not day else 10**6
    low = year * 10**10 + month * 10**8 + day * 10**6
    return low, low + unit


def date_span(text: str, partial: bool = False) -> tuple[int, int] | None:
    """[low, high) of ``2019-06``, ``>=2019`` or ``2018..2019-03`` as numbers YYYYMMDDhhmmss, else None.

    With ``partial`` the text may end in the middle of a date (``2019-0``, ``2019..``).
    """
    if partial:
        text = re.sub(r"(?<=\d{4})(-\d{2})?-0?$", r"\1", text)
    if ".." in text:
        first, _, last = text.partition("..")
        low = _one_date(first) if first else (FIRST_DATE, 0)
        high = _one_date(last) if last else (0, LAST_DATE)
        if partial and low is not None and high is None:
            high = (0, LAST_DATE)
        if low is None or high is None or not (first or last):
            return None
        return low[0], high[1]
    found = _COMPARE.fullmatch(text)
    span = _one_date(found[2]) if found is not None else None
    if found is None or span is None:
        return None
    match found[1]:
        case ">=":
            return span[0], LAST_DATE
        case ">":
            return span[1], LAST_DATE
        case "<=":
            return FIRST_DATE, span[1]
        case "<":
            return FIRST_DATE, span[0]
    return span


def _one_number(text: str) -> float | None:
    if re.fullmatch(r"\d{1,12}([.,]\d{1,6})?", text) is None or not text.isascii():
        return None
    return float(text.replace(",", "."))


def number_span(text: str) -> tuple[float, float] | None:
    """[low, high] of ``3``, ``>=3``, ``<3`` or ``2..4``, else None."""
    if ".." in text:
        first, _, last = text.partition("..")
        low = _one_number(first) if first else -math.inf
        high = _one_number(last) if last else math.inf
        return None if low is None or high is None or not (first or last) else (low, high)
    found = _COMPARE.fullmatch(text)
    value = _one_number(found[2]) if found is not None else None
    if found is None or value is None:
        return None
    match found[1]:
        case ">=":
            return value, math.inf
        case ">":
            return math.nextafter(value, math.inf), math.inf
        case "<=":
            return -math.inf, value
        case "<":
            return -math.inf, math.nextafter(value, -math.inf)
    return value, value


def packed_date(text: str | None) -> int:
    """``YYYY-MM-DD…`` as the number YYYYMMDDhhmmss, 0 when there is none or it is no date."""
    digits = "".join(c for c in (text or "")[:19] if "0" <= c <= "9")[:14]
    return int(digits.ljust(14, "0")) if len(digits) >= 4 else 0
